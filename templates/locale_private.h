#ifndef TEMPLATES_LOCALE_PRIVATE_H
#define TEMPLATES_LOCALE_PRIVATE_H

#include <unicode/ucasemap.h>
#include <unicode/udat.h>
#include <unicode/ulistformatter.h>
#include <unicode/unum.h>
#include <unicode/upluralrules.h>

#include "templates/locale.h"
#include "templates/memo.h"
#include "templates/zone.h"

/* What locale's own files share: numbers, dates and words. */

#define MONEY_MAX 8
#define UTF16_MAX 256

enum pattern {
	PATTERN_TIME = LOCALE_DATES,
	PATTERN_DATETIME,
	PATTERN_DATETIME_SHORT,
	PATTERNS,
};

struct money_format {
	char currency[4];
	bool code;
	UNumberFormat *f;
};

struct formats {
	char name[LOCALE_SIZE];
	char tag[LOCALE_SIZE];
	unsigned holds;
	UDateFormat *dates[PATTERNS];
	struct money_format money[MONEY_MAX];
	size_t money_next;
	UNumberFormat *number, *percent;
	UPluralRules *plural;
	UCaseMap *cases;
	UListFormatter *list;
	struct memo dates_made, money_made;
};

struct locale {
	struct formats *f;
	const struct zone *zone;
	UDateFormat *zone_name;
};

/* Fails: RC_BUG always. */
enum rc locale_icu_err(struct err *e, const char *what, UErrorCode st);

/* Adds n units of UTF-16 that ICU made; st is what it said. */
enum rc locale_add_utf16(const UChar *s, int32_t n, UErrorCode st,
			 const char *what, struct sbuf *out,
			 struct err *e) MUST_USE;

/* How many bytes at the start of s lie in a range. */
size_t locale_span(struct slice s, char lo, char hi);

/* What was added since out had from bytes. */
static inline struct slice
locale_added(const struct sbuf *out, size_t from)
{
	return slice_of(out->p + from, out->n - from);
}

#endif
