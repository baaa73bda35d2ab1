#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/money.h"

static void
minor_units(void **state)
{
	static const struct {
		const char *code;
		int digits;
	} rows[] = {
	    {"ARS", 2}, {"EUR", 2},   {"USD", 2},  {"JPY", 0},	{"CLP", 0},
	    {"BHD", 3}, {"KWD", 3},   {"CLF", 4},  {"UYW", 4},	{"AED", 2},
	    {"ZWG", 2}, {"XXX", -1},  {"XAU", -1}, {"ars", -1}, {"", -1},
	    {"AR", -1}, {"ARSX", -1}, {"HRK", -1}, {"AAA", -1}, {"ZZZ", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(money_digits(slice_z(rows[i].code)),
				 rows[i].digits);
}

static void
amounts(void **state)
{
	static const struct {
		const char *text, *currency;
		bool ok;
		int64_t minor;
		const char *printed; /* NULL: as it was */
	} rows[] = {
	    {"12345.67", "ARS", true, 1234567, NULL},
	    {"-12345.67", "ARS", true, -1234567, NULL},
	    {"0", "ARS", true, 0, "0.00"},
	    {"0.05", "EUR", true, 5, NULL},
	    {"-0.05", "EUR", true, -5, NULL},
	    {"12.5", "EUR", true, 1250, "12.50"},
	    {"-0.00", "EUR", true, 0, "0.00"},
	    {"100", "JPY", true, 100, NULL},
	    {"0", "JPY", true, 0, NULL},
	    {"1.234", "BHD", true, 1234, NULL},
	    {"92233720368547758.07", "USD", true, INT64_MAX, NULL},
	    {"-92233720368547758.08", "USD", true, INT64_MIN, NULL},
	    {"92233720368547758.08", "USD", false, 0, NULL},
	    {"-92233720368547758.09", "USD", false, 0, NULL},
	    {"9223372036854775807", "JPY", true, INT64_MAX, NULL},
	    {"9223372036854775807", "USD", false, 0, NULL},
	    {"99999999999999999999", "JPY", false, 0, NULL},
	    {"0000000000000000000000000000000001", "JPY", false, 0, NULL},
	    {"1.234", "USD", false, 0, NULL},
	    {"1.230", "USD", false, 0, NULL},
	    {"1.0", "JPY", false, 0, NULL},
	    {"01.00", "USD", false, 0, NULL},
	    {"+1.00", "USD", false, 0, NULL},
	    {"--1.00", "USD", false, 0, NULL},
	    {"-", "USD", false, 0, NULL},
	    {"", "USD", false, 0, NULL},
	    {".", "USD", false, 0, NULL},
	    {".5", "USD", false, 0, NULL},
	    {"5.", "USD", false, 0, NULL},
	    {"1.2.3", "USD", false, 0, NULL},
	    {"1,00", "USD", false, 0, NULL},
	    {"1e2", "USD", false, 0, NULL},
	    {" 1", "USD", false, 0, NULL},
	    {"1 ", "USD", false, 0, NULL},
	    {"0x1", "USD", false, 0, NULL},
	    {"NaN", "USD", false, 0, NULL},
	    {"1.00", "usd", false, 0, NULL},
	    {"1.00", "XXX", false, 0, NULL},
	};
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 100);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct money m = {.minor = 77};
		struct err e;

		assert_int_equal(money_parse(slice_z(rows[i].text),
					     slice_z(rows[i].currency), &m, &e),
				 rows[i].ok ? RC_OK : RC_INVALID);
		assert_true(m.minor == (rows[i].ok ? rows[i].minor : 77));
		if (!rows[i].ok)
			continue;
		sbuf_reset(&b);
		money_add(&b, m);
		assert_string_equal(sbuf_z(&b), rows[i].printed
						    ? rows[i].printed
						    : rows[i].text);
	}
	sbuf_fini(&b);
}

static void
reasons_name_the_rule(void **state)
{
	struct money m;
	struct err e;

	(void)state;
	assert_int_equal(money_parse(SLICE("1.234"), SLICE("ARS"), &m, &e),
			 RC_INVALID);
	assert_string_equal(e.text, "ARS has 2 digits after the point, not 3");
	assert_int_equal(money_parse(SLICE("1"), SLICE("dollars"), &m, &e),
			 RC_INVALID);
	assert_string_equal(e.text, "\"dollars\" is no currency code");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(minor_units),
	    cmocka_unit_test(amounts),
	    cmocka_unit_test(reasons_name_the_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
