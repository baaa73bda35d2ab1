#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

static void
compares_and_folds(void **state)
{
	(void)state;
	assert_true(slice_cmp(SLICE("a"), SLICE("b")) < 0);
	assert_true(slice_cmp(SLICE("ab"), SLICE("a")) > 0);
	assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
	assert_int_equal(slice_cmp((struct slice){NULL, 0}, SLICE("")), 0);
	assert_true(slice_ieq(SLICE("X-Mailer"), SLICE("x-mAILER")));
	assert_false(slice_ieq(SLICE("@"), SLICE("`")));
	assert_false(slice_ieq(SLICE("a"), SLICE("ab")));
	assert_true(slice_starts(SLICE("token-1"), SLICE("token-")));
	assert_false(slice_starts(SLICE("tok"), SLICE("token-")));
	assert_true(slice_ends(SLICE("a.eml"), SLICE(".eml")));
	assert_true(slice_ends(SLICE("a"), SLICE("")));
	assert_false(slice_ends(SLICE("eml"), SLICE(".eml")));
}

static void
finds(void **state)
{
	(void)state;
	assert_int_equal(slice_find_c(SLICE("a=b"), '='), 1);
	assert_int_equal(slice_find_c((struct slice){NULL, 0}, '='), -1);
	assert_int_equal(slice_find(SLICE("aab"), SLICE("ab")), 1);
	assert_int_equal(slice_find(SLICE("aab"), SLICE("c")), -1);
	assert_int_equal(slice_find(SLICE("aab"), SLICE("")), 0);
	assert_int_equal(slice_find(SLICE("a"), SLICE("ab")), -1);
}

static void
cuts_to_the_end(void **state)
{
	struct slice rest = SLICE("a,,b,");

	(void)state;
	assert_true(slice_eq_z(slice_cut(&rest, ','), "a"));
	assert_true(slice_eq_z(slice_cut(&rest, ','), ""));
	assert_true(slice_eq_z(slice_cut(&rest, ','), "b"));
	assert_non_null(rest.p);
	assert_true(slice_eq_z(slice_cut(&rest, ','), ""));
	assert_null(rest.p);
	assert_true(slice_eq_z(slice_trim(SLICE(" \t\r\n a b \n")), "a b"));
	assert_true(slice_eq_z(slice_trim(SLICE(" \n")), ""));
	assert_true(slice_eq_z(slice_skip(SLICE("abc"), 2), "c"));
	assert_int_equal(slice_skip(SLICE("abc"), 9).n, 0);
}

static void
integers(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
		bool ok;
		int64_t v;
	} rows[] = {
	    {"0", 0, 10, true, 0},
	    {"-5", -5, 5, true, -5},
	    {"-6", -5, 5, false, 0},
	    {"11", 0, 10, false, 0},
	    {"9223372036854775807", 0, INT64_MAX, true, INT64_MAX},
	    {"9223372036854775808", 0, INT64_MAX, false, 0},
	    {"-9223372036854775808", INT64_MIN, 0, true, INT64_MIN},
	    {"-9223372036854775809", INT64_MIN, 0, false, 0},
	    {"18446744073709551616", 0, INT64_MAX, false, 0},
	    {"", 0, 10, false, 0},
	    {"-", -9, 9, false, 0},
	    {"+1", 0, 10, false, 0},
	    {" 1", 0, 10, false, 0},
	    {"1x", 0, 10, false, 0},
	    {"0x1", 0, 10, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t v = 99;
		bool ok = slice_int(slice_z(rows[i].text), rows[i].min,
				    rows[i].max, &v);

		assert_int_equal(ok, rows[i].ok);
		assert_true(v == (ok ? rows[i].v : 99));
	}
}

static void
utf8(void **state)
{
	static const struct {
		struct slice text;
		bool ok;
	} rows[] = {
	    {SLICE_INIT(""), true},
	    {SLICE_INIT("Pérez €"), true},
	    {SLICE_INIT("\xf0\x9f\x98\x80"), true},
	    {SLICE_INIT("\xf4\x8f\xbf\xbf"), true},
	    {SLICE_INIT("a\0b"), false},
	    {SLICE_INIT("\x80"), false},
	    {SLICE_INIT("\xc0\x80"), false},	     /* overlong NUL */
	    {SLICE_INIT("\xc1\xbf"), false},	     /* overlong */
	    {SLICE_INIT("\xe0\x9f\xbf"), false},     /* overlong */
	    {SLICE_INIT("\xed\xa0\x80"), false},     /* surrogate */
	    {SLICE_INIT("\xf0\x8f\xbf\xbf"), false}, /* overlong */
	    {SLICE_INIT("\xf4\x90\x80\x80"), false}, /* past U+10FFFF */
	    {SLICE_INIT("\xf5\x80\x80\x80"), false},
	    {SLICE_INIT("\xe2\x82"), false}, /* cut short */
	    {SLICE_INIT("\xe2\x82\x41"), false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(slice_utf8(rows[i].text), rows[i].ok);
	assert_int_equal(slice_utf8_next(SLICE("é")), 2);
	assert_int_equal(slice_utf8_next((struct slice){NULL, 0}), 0);
	/* A bad byte is found wherever it stands in plain text. */
	for (size_t n = 1; n < 40; n++) {
		for (size_t at = 0; at < n; at++) {
			char text[40];

			memset(text, 'x', n);
			assert_true(slice_utf8(slice_of(text, n)));
			text[at] = '\0';
			assert_false(slice_utf8(slice_of(text, n)));
			text[at] = '\x80';
			assert_false(slice_utf8(slice_of(text, n)));
		}
	}
	assert_true(slice_has_control(SLICE("a\rb")));
	assert_true(slice_has_control(SLICE("a\x7f")));
	assert_true(slice_has_control(SLICE("\0")));
	assert_false(slice_has_control(SLICE("año")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(compares_and_folds),
	    cmocka_unit_test(finds),
	    cmocka_unit_test(cuts_to_the_end),
	    cmocka_unit_test(integers),
	    cmocka_unit_test(utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
