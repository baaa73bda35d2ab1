#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/thread.h"
#include "templates/locale.h"

static struct locale *
get(const char *name, const char *zone)
{
	struct locale *l = NULL;
	struct err e;

	if (locale_get(slice_z(name), slice_z(zone), &l, &e))
		fail_msg("%s", e.text);
	return l;
}

static void
test_money(void **state)
{
	static const struct {
		const char *locale, *amount, *currency, *wanted;
	} rows[] = {
	    {"es_AR", "12345.67", "ARS", "$\u00a012.345,67"},
	    {"es_AR", "10", "USD", "US$\u00a010,00"},
	    {"es_ES", "12345.67", "EUR", "12.345,67\u00a0\u20ac"},
	    {"it_IT", "0.5", "EUR", "0,50\u00a0\u20ac"},
	    {"en_US", "1234.5", "USD", "$1,234.50"},
	    {"en_US", "1234", "JPY", "\u00a51,234"},
	    {"en_US", "1.2345", "BHD", "BHD\u00a01.235"},
	    {"en_US", "0.005", "USD", "$0.01"},
	    {"en_US", "-0.005", "USD", "-$0.01"},
	    {"en_US", "2.675", "USD", "$2.68"},
	    {"en_US", "0.5", "JPY", "\u00a51"},
	    {"en_US", "99999999999999999999.99", "USD",
	     "$99,999,999,999,999,999,999.99"},
	    /* CLDR shows these without decimals; ISO 4217 has them. */
	    {"en_US", "10.25", "RSD", "RSD\u00a010.25"},
	    {"en_US", "10.125", "IQD", "IQD\u00a010.125"},
	};
	struct sbuf b;
	struct err e;

	(void)state;
	sbuf_init(&b, 1024);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sbuf_reset(&b);
		assert_int_equal(locale_add_money(get(rows[i].locale, "UTC"),
						  slice_z(rows[i].amount),
						  slice_z(rows[i].currency), &b,
						  &e),
				 RC_OK);
		assert_string_equal(sbuf_z(&b), rows[i].wanted);
	}
	sbuf_fini(&b);
}

static void
test_bad_numbers(void **state)
{
	static const char *const bad[] = {"",	  "-",	 ".5",	 "5.", "1e5",
					  "1,5",  "+1",	 " 1",	 "1 ", "NaN",
					  "0x10", "--1", "1.2.3"};
	struct locale *l = get("es", "UTC");
	struct sbuf b;
	struct err e;

	(void)state;
	sbuf_init(&b, 1024);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    locale_add_money(l, slice_z(bad[i]), SLICE("EUR"), &b, &e),
		    RC_INVALID);
		assert_int_equal(
		    locale_add_number(l, slice_z(bad[i]), 2, &b, &e),
		    RC_INVALID);
	}
	assert_int_equal(locale_add_money(l, SLICE("1"), SLICE("EURO"), &b, &e),
			 RC_INVALID);
	assert_int_equal(locale_add_money(l, SLICE("1"), SLICE("eur"), &b, &e),
			 RC_INVALID);
	assert_int_equal(b.n, 0);
	sbuf_fini(&b);
}

static void
test_dates(void **state)
{
	static const struct {
		const char *locale;
		enum locale_date how;
		const char *wanted;
	} rows[] = {
	    {"es_AR", LOCALE_DATE_LONG, "21 de noviembre de 2026"},
	    {"es_AR", LOCALE_DATE_SHORT, "21/11/2026"},
	    {"es_AR", LOCALE_DATE_FULL, "s\u00e1bado, 21 de noviembre de 2026"},
	    {"es_AR", LOCALE_DATE_WEEKDAY, "s\u00e1bado, 21 de noviembre"},
	    {"es_AR", LOCALE_DATE_DAY, "21 de noviembre"},
	    {"es_AR", LOCALE_DATE_MONTH, "noviembre de 2026"},
	    {"it_IT", LOCALE_DATE_LONG, "21 novembre 2026"},
	    {"it_IT", LOCALE_DATE_FULL, "sabato 21 novembre 2026"},
	    {"en_US", LOCALE_DATE_LONG, "November 21, 2026"},
	    {"en_US", LOCALE_DATE_SHORT, "11/21/2026"},
	    {"en_GB", LOCALE_DATE_LONG, "21 November 2026"},
	};
	struct sbuf b;
	struct err e;

	(void)state;
	sbuf_init(&b, 1024);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sbuf_reset(&b);
		assert_int_equal(
		    locale_add_date(get(rows[i].locale, "America/New_York"),
				    date_of(2026, 11, 21), rows[i].how, &b, &e),
		    RC_OK);
		assert_string_equal(sbuf_z(&b), rows[i].wanted);
	}
	sbuf_fini(&b);
}

/* No zone is told by the name of its file. */
static void
test_cities(void **state)
{
	static const struct {
		const char *locale, *zone, *wanted;
	} rows[] = {
	    {"es_AR", "America/Argentina/Buenos_Aires", "Buenos Aires"},
	    {"es_AR", "America/Sao_Paulo", "São Paulo"},
	    {"it_IT", "Europe/Rome", "Roma"},
	    {"en_US", "Europe/Rome", "Rome"},
	    {"es", "America/Mexico_City", "Ciudad de México"},
	    {"en_US", "UTC", ""},
	    {"es_AR", "Etc/GMT+3", ""},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct locale *l = get(rows[i].locale, rows[i].zone);
		struct sbuf b;

		sbuf_init(&b, 1024);
		assert_int_equal(locale_add_city(l, &b, &e), RC_OK);
		assert_string_equal(sbuf_z(&b), rows[i].wanted);
		sbuf_fini(&b);
	}
}

/* A time is shown on the reader's clock, and on the day that it is there. */
static void
test_times(void **state)
{
	int64_t us = INT64_C(1795311840) * 1000000; /* 2026-11-22T01:44Z */
	struct locale *l = get("es_ES", "America/Argentina/Buenos_Aires");
	struct sbuf b;
	struct err e;

	(void)state;
	sbuf_init(&b, 1024);
	assert_int_equal(locale_date_of(l, us), date_of(2026, 11, 21));
	assert_int_equal(locale_add_time(l, us, &b, &e), RC_OK);
	assert_string_equal(sbuf_z(&b), "22:44");
	sbuf_reset(&b);
	assert_int_equal(locale_add_datetime(l, us, true, &b, &e), RC_OK);
	assert_string_equal(sbuf_z(&b), "21/11/2026, 22:44");
	sbuf_reset(&b);
	assert_int_equal(locale_add_zone(l, us, &b, &e), RC_OK);
	assert_string_equal(sbuf_z(&b), "GMT-3");
	sbuf_reset(&b);
	assert_int_equal(
	    locale_add_time(get("en_US", "Europe/Madrid"), us, &b, &e), RC_OK);
	assert_string_equal(sbuf_z(&b), "2:44\u202fAM");
	sbuf_fini(&b);
}

static void
test_words(void **state)
{
	static const struct slice none[1];
	struct slice items[3];
	struct sbuf b;
	struct err e;

	(void)state;
	items[0] = SLICE("a");
	items[1] = SLICE("b");
	items[2] = SLICE("c");
	sbuf_init(&b, 1024);
	assert_int_equal(locale_add_list(get("es", ""), items, 3, &b, &e), 0);
	assert_int_equal(locale_add_list(get("es", ""), none, 0, &b, &e), 0);
	assert_string_equal(sbuf_z(&b), "a, b y c");
	sbuf_reset(&b);
	assert_int_equal(
	    locale_add_case(get("tr", ""), SLICE("i"), LOCALE_UPPER, &b, &e),
	    0);
	assert_int_equal(locale_add_case(get("es", ""), SLICE("\u00e1bC"),
					 LOCALE_CAPITAL, &b, &e),
			 0);
	assert_string_equal(sbuf_z(&b), "\u0130\u00c1bC");
	assert_int_equal(locale_plural(get("es", ""), 1), LOCALE_ONE);
	assert_int_equal(locale_plural(get("es", ""), 0), LOCALE_OTHER);
	assert_int_equal(locale_plural(get("ar", ""), 3), LOCALE_FEW);
	sbuf_fini(&b);
}

static void
test_names(void **state)
{
	static const char *const good[] = {"es", "es_AR", "zh_Hant_TW", "fil"};
	static const char *const bad[] = {"",	   "e",	    "ES",	  "xx",
					  "es-AR", "es_XX", "es_AR_x",	  "es_",
					  "es_ar", "C",	    "es_AR.UTF-8"};
	struct locale *l;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(locale_valid(slice_z(good[i])));
		assert_string_equal(locale_name(get(good[i], "")), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(locale_valid(slice_z(bad[i])));
		assert_int_equal(
		    locale_get(slice_z(bad[i]), SLICE("UTC"), &l, &e),
		    RC_INVALID);
	}
	assert_int_equal(locale_get(SLICE("es"), SLICE("x"), &l, &e),
			 RC_INVALID);
	assert_string_equal(locale_tag(get("es_AR", "")), "es-AR");
	assert_true(locale_rtl(get("ar", "")));
	assert_false(locale_rtl(get("es", "")));
}

/* More locales than are kept, in several threads, each with its own. */
static void
use_many(void *arg)
{
	static const char *const zones[] = {"UTC", "Europe/Rome", "Asia/Tokyo"};
	static const char *const names[] = {
	    "es", "it", "en", "de", "fr", "pt", "nl", "sv", "da", "fi",
	    "nb", "pl", "cs", "sk", "hu", "ro", "bg", "el", "tr", "uk",
	    "ru", "ja", "ko", "th", "vi", "id", "ms", "he", "ar", "fa",
	};
	struct sbuf b;
	struct err e;

	(void)arg;
	sbuf_init(&b, 1 << 16);
	for (int i = 0; i < 180; i++) {
		struct locale *l = get(names[i % 30], zones[i % 3]);

		sbuf_reset(&b);
		if (locale_add_money(l, SLICE("1.5"), SLICE("EUR"), &b, &e) ||
		    locale_add_time(l, i, &b, &e) || b.n == 0)
			die("%s", e.text);
	}
	sbuf_fini(&b);
}

static void
test_threads(void **state)
{
	struct thread t[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		thread_start(&t[i], "locale", use_many, NULL);
	for (int i = 0; i < 3; i++)
		thread_join(&t[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_money), cmocka_unit_test(test_bad_numbers),
	    cmocka_unit_test(test_dates), cmocka_unit_test(test_cities),
	    cmocka_unit_test(test_times), cmocka_unit_test(test_words),
	    cmocka_unit_test(test_names), cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
