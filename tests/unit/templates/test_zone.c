#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/thread.h"
#include "templates/zone.h"

static void
test_names(void **state)
{
	static const char *const good[] = {"UTC", "Europe/Madrid", "Etc/GMT+3",
					   "America/Argentina/Buenos_Aires"};
	static const char *const bad[] = {"",
					  "Mars/Olympus",
					  "europe/madrid",
					  "GMT+05:00",
					  "Etc/Unknown",
					  "Europe/Madrid\n",
					  "Europe/Madrid\x80",
					  " UTC"};
	const struct zone *z;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(zone_open(slice_z(good[i]), &z, &e), RC_OK);
		assert_string_equal(zone_name(z), good[i]);
		assert_ptr_equal(zone_find(slice_z(good[i])), z);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(zone_open(slice_z(bad[i]), &z, &e),
				 RC_INVALID);
}

static void
test_to_utc(void **state)
{
	static const struct {
		const char *zone, *date;
		int minute;
		const char *utc;
	} rows[] = {
	    {"UTC", "2026-11-21", 540, "2026-11-21T09:00:00Z"},
	    {"Europe/Madrid", "2026-03-28", 540, "2026-03-28T08:00:00Z"},
	    {"Europe/Madrid", "2026-03-29", 119, "2026-03-29T00:59:00Z"},
	    {"Europe/Madrid", "2026-03-29", 150, "2026-03-29T01:30:00Z"},
	    {"Europe/Madrid", "2026-03-29", 180, "2026-03-29T01:00:00Z"},
	    {"Europe/Madrid", "2026-10-25", 150, "2026-10-25T00:30:00Z"},
	    {"Europe/Madrid", "2026-10-25", 180, "2026-10-25T02:00:00Z"},
	    {"Europe/Madrid", "2026-10-25", 540, "2026-10-25T08:00:00Z"},
	    {"America/New_York", "2026-11-01", 90, "2026-11-01T05:30:00Z"},
	    {"America/New_York", "2026-03-08", 150, "2026-03-08T07:30:00Z"},
	    {"Asia/Kathmandu", "2026-01-01", 0, "2025-12-31T18:15:00Z"},
	    {"America/Argentina/Buenos_Aires", "2026-11-21", 1440,
	     "2026-11-22T03:00:00Z"},
	    {"Pacific/Apia", "2011-12-30", 600, "2011-12-30T20:00:00Z"},
	    {"Australia/Lord_Howe", "2026-10-04", 135, "2026-10-03T15:45:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct zone *z = zone_find(slice_z(rows[i].zone));
		char utc[TIME_SIZE];
		int32_t date;

		assert_true(date_parse(slice_z(rows[i].date), &date));
		time_format(zone_to_utc(z, date, rows[i].minute), utc);
		assert_string_equal(utc, rows[i].utc);
	}
}

/* Every hour of some years comes back as the local time that it is. */
static void
test_there_and_back(void **state)
{
	static const char *const names[] = {
	    "Europe/London", "America/Sao_Paulo", "Africa/Casablanca",
	    "Australia/Lord_Howe", "UTC"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct zone *z = zone_find(slice_z(names[i]));
		int64_t us = date_of(2017, 1, 1) * DAY_US;

		for (int h = 0; h < 12 * 366 * 24; h++, us += HOUR_US) {
			int64_t back;
			int32_t date;
			int minute;

			zone_local(z, us, &date, &minute);
			assert_true(minute >= 0 && minute < 1440);
			back = zone_to_utc(z, date, minute);
			/* The second time around is taken for the first. */
			if (back != us)
				assert_true(us > back && us - back <= HOUR_US &&
					    zone_offset_s(z, back) !=
						zone_offset_s(z, us));
		}
	}
}

static void
find_many(void *arg)
{
	static const char *const names[] = {"Europe/Rome", "Europe/Paris",
					    "Asia/Tokyo", "Africa/Cairo"};
	const struct zone **found = arg;

	for (size_t i = 0; i < 4; i++)
		found[i] = zone_find(slice_z(names[i]));
}

static void
test_threads_find_the_same(void **state)
{
	const struct zone *found[4][4];
	struct thread t[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		thread_start(&t[i], "zone", find_many, found[i]);
	for (int i = 0; i < 4; i++)
		thread_join(&t[i]);
	for (int i = 1; i < 4; i++)
		assert_memory_equal(found[i], found[0], sizeof(found[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threads_find_the_same),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_to_utc),
	    cmocka_unit_test(test_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
