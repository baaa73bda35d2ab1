#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mailer/retell.h"

#define EHLO                                                                   \
	"250-mx.b.example at your service\r\n250-PIPELINING\r\n"               \
	"250-SIZE 1000\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n"         \
	"250-STARTTLS\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-SMTPUTF8\r\n"   \
	"250-AUTH GSSAPI LOGIN PLAIN\r\n250-X-ODD 1\r\n250 DSN\r\n"
#define TOLD                                                                   \
	"250-peer\r\n250-PIPELINING\r\n250-DSN\r\n250-SIZE 1000\r\n"           \
	"250-8BITMIME\r\n"

static void
ehlo_is_told_by_what_it_may_know(void **state)
{
	struct told t = {.n = 0};

	(void)state;
	retell_ehlo(&t, slice_z(EHLO), false);
	assert_true(slice_eq_z(slice_of(t.text, t.n), TOLD "250 END\r\n"));
	t.n = 0;
	retell_ehlo(&t, slice_z(EHLO), true);
	assert_true(slice_eq_z(slice_of(t.text, t.n),
			       TOLD "250-AUTH PLAIN\r\n250 END\r\n"));
}

static void
replies_are_told_as_one_line_of_ascii(void **state)
{
	struct told t = {.n = 0};

	(void)state;
	retell_reply(&t, 250,
		     SLICE("250-2.1.0 \xc3\xa1\tb\r\n250 2.0.0 two\r\n"));
	assert_true(slice_eq_z(slice_of(t.text, t.n), "250 2.1.0 ???b\r\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ehlo_is_told_by_what_it_may_know),
	    cmocka_unit_test(replies_are_told_as_one_line_of_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
