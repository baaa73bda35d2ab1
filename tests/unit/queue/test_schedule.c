#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/date.h"
#include "conf/conf.h"
#include "queue/schedule.h"

#define CONF                                                                   \
	"general { hostname = \"a.h.example\" origin = \"a.h.example/log\" "   \
	"}\n"                                                                  \
	"brand \"default\" { id = 1 title = \"H\" "                            \
	"from_address = \"b@h.example\" return_domain = \"r.h.example\" "      \
	"public_url = \"https://n.h.example\" locale = \"es_AR\" "             \
	"time_zone = \"America/Argentina/Buenos_Aires\" "                      \
	"policy = \"p\" route = \"mx\" }\n"                                    \
	"policy \"p\" { time_zone = \"America/Argentina/Buenos_Aires\"\n"      \
	"window = \"mon-sat 09:00-19:00 customer\"\n"                          \
	"step \"d15\" { at = \"due-15d\" template = \"proforma\" }\n"          \
	"step \"d12\" { at = \"due-12d\" template = \"reminder\" }\n"          \
	"step \"bd3\" { at = \"due+3bd\" template = \"overdue\" }\n"           \
	"step \"warn\" { at = \"suspend-24h\" "                                \
	"template = \"pre-suspension\" }\n"                                    \
	"step \"last\" { at = \"terminate-7d\" "                               \
	"template = \"pre-deletion\" }\n"                                      \
	"act \"suspend\" { at = \"due+2d\" needs = {\"warn\"} "                \
	"proof = {\"mx_accepted\"} window = \"mon-thu 09:00-15:00\" }\n"       \
	"act \"terminate\" { at = \"due+25d\" needs = {\"last\"} "             \
	"proof = {\"mx_accepted\"} }\n"                                        \
	"}\n"

static const struct conf *conf;
static const struct policy *policy;

static int
load(void **state)
{
	struct err e;

	(void)state;
	if (conf_parse(SLICE(CONF), "/test/acuse.conf", &conf, &e) != RC_OK)
		fail_msg("%s %s", e.pointer, e.text);
	policy = conf_policy(conf, SLICE("p"));
	return 0;
}

static int
unload(void **state)
{
	(void)state;
	conf_unref(conf);
	return 0;
}

/* When a step of an invoice falls due, in UTC. */
static const char *
due(const char *step, const char *due_on, const char *zone)
{
	static char text[TIME_SIZE];
	struct anchors at = {.issued = DATE_NONE,
			     .expires = DATE_NONE,
			     .act_not_before = DATE_NONE,
			     .customer_zone = zone};
	struct step_time times[16];
	struct err e;
	size_t n;

	assert_true(date_parse(slice_z(due_on), &at.due));
	if (schedule_steps(policy, &at, times, &n, &e) != RC_OK)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < n; i++)
		if (strcmp(times[i].step->name, step) == 0)
			time_format(times[i].due_us, text);
	return text;
}

static void
test_days_fall_at_the_opening_by_the_customers_clock(void **state)
{
	static const struct {
		const char *step, *due, *zone, *want;
	} rows[] = {
	    /* Tuesday, 09:00 in Buenos Aires, Madrid, and Honolulu */
	    {"d15", "2026-11-18", "", "2026-11-03T12:00:00Z"},
	    {"d15", "2026-11-18", "Europe/Madrid", "2026-11-03T08:00:00Z"},
	    {"d15", "2026-11-18", "Pacific/Honolulu", "2026-11-03T19:00:00Z"},
	    /* a Sunday: the next opening is on Monday */
	    {"d15", "2026-11-16", "", "2026-11-02T12:00:00Z"},
	    /* across the end of summer time in Madrid */
	    {"d15", "2026-11-08", "Europe/Madrid", "2026-10-24T07:00:00Z"},
	    /* three business days after a Friday */
	    {"bd3", "2026-11-20", "", "2026-11-25T12:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(
		    due(rows[i].step, rows[i].due, rows[i].zone), rows[i].want);
}

static void
test_a_needed_step_leaves_its_whole_lead(void **state)
{
	static const struct {
		const char *step, *due, *want;
	} rows[] = {
	    /* the act opens on Wednesday 09:00: the day before */
	    {"warn", "2026-11-16", "2026-11-17T12:00:00Z"},
	    /* due + 2 is a Friday, the act opens on Monday; 24 h before is a
	     * closed Sunday: Saturday's opening is the last */
	    {"warn", "2026-11-18", "2026-11-21T12:00:00Z"},
	    /* terminate at 00:00 of due + 25; seven days before is a closed
	     * night: the opening of the day before that */
	    {"last", "2026-11-18", "2026-12-05T12:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(due(rows[i].step, rows[i].due, ""),
				    rows[i].want);
}

static void
test_a_late_acceptance_moves_the_act_on(void **state)
{
	static const struct {
		const char *step, *want;
	} rows[] = {
	    {"warn", "2026-11-19T20:30:00Z"}, /* 24 hours */
	    /* seven days, to the end of the minute */
	    {"last", "2026-11-25T20:31:00Z"},
	};
	int64_t accepted, after;
	char text[TIME_SIZE];
	struct err e;

	(void)state;
	assert_true(time_parse(SLICE("2026-11-18T20:30:59Z"), &accepted));
	accepted -= accepted % MINUTE_US;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct policy_step *step = policy->steps;

		while (strcmp(step->name, rows[i].step) != 0)
			step++;
		assert_int_equal(
		    schedule_after_lead(policy, step, accepted, &after, &e),
		    RC_OK);
		time_format(after, text);
		assert_string_equal(text, rows[i].want);
	}
}

/* Until the next one speaks; what an act needs, as long as mail is tried. */
static void
test_how_long_a_step_is_of_use(void **state)
{
	static const struct {
		const char *step, *want;
	} rows[] = {
	    {"d15", "2026-11-06T12:00:00Z"},  /* d12 */
	    {"d12", "2026-11-11T12:00:00Z"},  /* five days */
	    {"warn", "2026-11-26T12:00:00Z"}, /* though bd3 is on the 23rd */
	};
	struct anchors at = {.issued = DATE_NONE,
			     .expires = DATE_NONE,
			     .act_not_before = DATE_NONE};
	struct step_time times[16];
	char text[TIME_SIZE];
	struct err e;
	size_t n, k;

	(void)state;
	assert_true(date_parse(SLICE("2026-11-18"), &at.due));
	assert_int_equal(schedule_steps(policy, &at, times, &n, &e), RC_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (k = 0; strcmp(times[k].step->name, rows[i].step) != 0;)
			k++;
		time_format(times[k].not_after_us, text);
		assert_string_equal(text, rows[i].want);
	}
}

static void
test_acts_wait_for_their_window(void **state)
{
	static const struct {
		const char *due, *card, *want;
	} rows[] = {
	    {"2026-11-16", NULL, "2026-11-18T12:00:00Z"}, /* Wednesday */
	    /* Friday -> Monday */
	    {"2026-11-18", NULL, "2026-11-23T12:00:00Z"},
	    /* the card is tried again before that, and after */
	    {"2026-11-18", "2026-11-22", "2026-11-23T12:00:00Z"},
	    {"2026-11-18", "2026-11-24", "2026-11-24T12:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct anchors at = {.issued = DATE_NONE,
				     .expires = DATE_NONE,
				     .act_not_before = DATE_NONE};
		char text[TIME_SIZE];
		int64_t opens;
		struct err e;

		assert_true(date_parse(slice_z(rows[i].due), &at.due));
		if (rows[i].card != NULL)
			assert_true(date_parse(slice_z(rows[i].card),
					       &at.act_not_before));
		assert_int_equal(
		    schedule_act(policy, &policy->acts[0], &at, &opens, &e),
		    RC_OK);
		time_format(opens, text);
		assert_string_equal(text, rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_days_fall_at_the_opening_by_the_customers_clock),
	    cmocka_unit_test(test_a_needed_step_leaves_its_whole_lead),
	    cmocka_unit_test(test_a_late_acceptance_moves_the_act_on),
	    cmocka_unit_test(test_acts_wait_for_their_window),
	    cmocka_unit_test(test_how_long_a_step_is_of_use),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
