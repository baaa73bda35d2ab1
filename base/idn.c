#include "base/idn.h"

#include <pthread.h>
#include <unicode/uidna.h>

#include "base/err.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static UIDNA *rules; /* for as long as the program runs */

static void
open_rules(void)
{
	UErrorCode st = U_ZERO_ERROR;

	rules =
	    uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI |
				UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES,
			    &st);
	if (U_FAILURE(st))
		die("ICU's tables of domain names are missing");
}

bool
idn_ascii(struct slice domain, char out[IDN_ROOM])
{
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UErrorCode st = U_ZERO_ERROR;
	int32_t n;

	if (domain.n == 0 || domain.n >= IDN_ROOM)
		return false;
	(void)pthread_once(&once, open_rules);
	n = uidna_nameToASCII_UTF8(rules, domain.p, (int32_t)domain.n, out,
				   IDN_ROOM - 1, &info, &st);
	if (U_FAILURE(st) || info.errors != 0 || n <= 0)
		return false;
	out[n] = '\0';
	return true;
}
