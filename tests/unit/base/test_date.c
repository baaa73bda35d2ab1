#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "base/clock.h"
#include "base/date.h"

static void
dates_refuse_what_is_not_exact(void **state)
{
	static const char *const rows[] = {
	    "",		  "2026-02-30",	 "2026-02-29",	"2100-02-29",
	    "2026-00-10", "2026-13-01",	 "2026-04-31",	"2026-01-00",
	    "1969-12-31", "26-01-01",	 "2026-1-01",	"2026-01-1",
	    "2026/01/01", "2026-01-01 ", " 2026-01-01", "2026-01-01T",
	    "+026-01-01", "2026-01-32",	 "20260101",	"10000-01-01",
	    "2026-01-0a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int32_t date = 5;

		assert_false(date_parse(slice_z(rows[i]), &date));
		assert_int_equal(date, 5);
	}
}

/* Every day of 1970 to 9999 against the C library's calendar. */
static void
dates_go_round(void **state)
{
	char text[DATE_SIZE];

	(void)state;
	for (int32_t date = 0; date <= 2932896; date += date < 50000 ? 1 : 97) {
		time_t at = (time_t)date * 86400;
		int year, month, day;
		int32_t back = -1;
		struct tm tm;

		assert_non_null(gmtime_r(&at, &tm));
		date_split(date, &year, &month, &day);
		assert_int_equal(year, tm.tm_year + 1900);
		assert_int_equal(month, tm.tm_mon + 1);
		assert_int_equal(day, tm.tm_mday);
		assert_int_equal(date_weekday(date), tm.tm_wday);
		assert_int_equal(date_of(year, month, day), date);
		date_format(date, text);
		assert_true(date_parse(slice_z(text), &back));
		assert_int_equal(back, date);
	}
}

static void
edges_of_the_calendar(void **state)
{
	char text[DATE_SIZE];
	int32_t date;

	(void)state;
	assert_true(date_parse(SLICE("2024-02-29"), &date));
	assert_true(date_parse(SLICE("2000-02-29"), &date));
	assert_true(date_parse(SLICE("9999-12-31"), &date));
	date_format(date + 1, text);
	assert_string_equal(text, "");
	date_format(DATE_NONE, text);
	assert_string_equal(text, "");
	assert_int_equal(date_of(2026, 2, 30), DATE_NONE);
	assert_int_equal(date_of(10000, 1, 1), DATE_NONE);
}

static void
times(void **state)
{
	static const struct {
		const char *text;
		int64_t us; /* -1: refused */
	} rows[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"1970-01-01T00:00:00.5Z", 500000},
	    {"1970-01-01T00:00:00.1234567Z", 123456},
	    {"1970-01-01T02:00:00+02:00", 0},
	    {"1969-12-31T23:00:00-01:00", -1},
	    {"1970-01-01t00:00:01z", 1000000},
	    {"1970-01-02T00:00:00-00:30", DAY_US + 30 * MINUTE_US},
	    {"2026-11-21T18:04:05Z", INT64_C(1795284245000000)},
	    {"1970-01-01T00:30:00+01:00", -1},
	    {"2026-02-30T00:00:00Z", -1},
	    {"2026-01-01T24:00:00Z", -1},
	    {"2026-01-01T00:60:00Z", -1},
	    {"2026-01-01T00:00:60Z", -1},
	    {"2026-01-01T00:00:00", -1},
	    {"2026-01-01T00:00:00.Z", -1},
	    {"2026-01-01 00:00:00Z", -1},
	    {"2026-01-01T00:00:00+0100", -1},
	    {"2026-01-01T00:00:00+24:00", -1},
	    {"2026-01-01T00:00:00Zx", -1},
	    {"2026-01-01T0:00:00Z", -1},
	    {"2026-01-01", -1},
	    {"", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t us = -1;

		assert_int_equal(time_parse(slice_z(rows[i].text), &us),
				 rows[i].us >= 0);
		assert_true(us == rows[i].us);
	}
}

static void
times_are_printed(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00Z"},
	    {INT64_C(1795284245000999), "2026-11-21T18:04:05Z"},
	    {INT64_C(1795284245007000), "2026-11-21T18:04:05.007Z"},
	    {INT64_C(253402300799999999), "9999-12-31T23:59:59.999Z"},
	    {INT64_C(253402300800000000), ""},
	    {-1, ""},
	    {INT64_MAX, ""},
	    {INT64_MIN, ""},
	};
	char text[TIME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		time_format(rows[i].us, text);
		assert_string_equal(text, rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_refuse_what_is_not_exact),
	    cmocka_unit_test(dates_go_round),
	    cmocka_unit_test(edges_of_the_calendar),
	    cmocka_unit_test(times),
	    cmocka_unit_test(times_are_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
