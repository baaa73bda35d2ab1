#include "tests/unit/conf/conf_test.h"

#include "base/clock.h"
#include "base/date.h"

static void
offsets(void **state)
{
	static const struct {
		const char *text;
		struct policy_offset at;
		const char *act;
	} good[] = {
	    {"due-10d", {ANCHOR_DUE, 0, -10, UNIT_DAY}, ""},
	    {"due", {ANCHOR_DUE, 0, 0, UNIT_DAY}, ""},
	    {"issued+0d", {ANCHOR_ISSUED, 0, 0, UNIT_DAY}, ""},
	    {"expires-30d", {ANCHOR_EXPIRES, 0, -30, UNIT_DAY}, ""},
	    {"due+5bd", {ANCHOR_DUE, 0, 5, UNIT_BUSINESS_DAY}, ""},
	    {"suspend-24h", {ANCHOR_ACT, -1, -24, UNIT_HOUR}, "suspend"},
	    {"suspend_all-2bd",
	     {ANCHOR_ACT, -1, -2, UNIT_BUSINESS_DAY},
	     "suspend_all"},
	    {"duel-1d", {ANCHOR_ACT, -1, -1, UNIT_DAY}, "duel"},
	    {"due+3650d", {ANCHOR_DUE, 0, 3650, UNIT_DAY}, ""},
	};
	static const char *const bad[] = {
	    "",		 "due-",     "due-10",
	    "-10d",	 "due-10w",  "due--1d",
	    "due-1 d",	 "due - 1d", "due-1dd",
	    "due+3651d", "due-d",    "due-1d ",
	    " due-1d",	 "due-+1d",  "due+99999999999999999999d",
	};
	struct policy_offset at;
	struct slice act;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!policy_offset_parse(slice_z(good[i].text), &at, &act))
			fail_msg("%s", good[i].text);
		assert_int_equal(at.anchor, good[i].at.anchor);
		assert_int_equal(at.act, good[i].at.act);
		assert_int_equal(at.amount, good[i].at.amount);
		assert_int_equal(at.unit, good[i].at.unit);
		assert_true(slice_eq_z(act, good[i].act));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (policy_offset_parse(slice_z(bad[i]), &at, &act))
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

static void
windows(void **state)
{
	static const struct {
		const char *text;
		int days, from, to;
		bool customer;
	} good[] = {
	    {"mon-sat 09:00-19:00 customer", 0x7e, 540, 1140, true},
	    {"mon-thu 09:00-15:00", 0x1e, 540, 900, false},
	    {"sun 00:00-24:00", 0x01, 0, 1440, false},
	    {"sat-mon 10:30-10:31", 0x43, 630, 631, false},
	    {"mon,wed,fri 08:00-09:00", 0x2a, 480, 540, false},
	    {"sun-sat 08:00-09:00", 0x7f, 480, 540, false},
	    {"  mon   08:00-09:00   customer ", 0x02, 480, 540, true},
	};
	static const char *const bad[] = {
	    "",
	    "mon",
	    "mon-sat",
	    "mon 9:00-19:00",
	    "mon 19:00-09:00",
	    "mon 09:00-09:00",
	    "mon 09:00-24:01",
	    "mon 09:60-19:00",
	    "mon 09:00",
	    "mon 09:00-19:00 theirs",
	    "lun 09:00-19:00",
	    "mon- 09:00-19:00",
	    "mon, 09:00-19:00",
	    "mon 09:00-19:00 customer x",
	    "mon 25:00-26:00",
	    "mon -1:00-19:00",
	};
	struct policy_window w;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!policy_window_parse(slice_z(good[i].text), &w))
			fail_msg("%s", good[i].text);
		assert_true(w.set);
		assert_int_equal(w.days, good[i].days);
		assert_int_equal(w.from, good[i].from);
		assert_int_equal(w.to, good[i].to);
		assert_int_equal(w.customer, good[i].customer);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (policy_window_parse(slice_z(bad[i]), &w))
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

/* The policy of API.md, word for word, as it is installed. */
static void
default_policy(void **state)
{
	const struct policy *p;
	const struct conf *c;
	struct err e = {0};

	(void)state;
	if (conf_load("conf/acuse.conf", &c, &e))
		fail_msg("%s: %s", e.pointer, e.text);
	p = conf_policy(c, SLICE("default"));
	assert_non_null(p);
	assert_string_equal(p->time_zone, "America/Argentina/Buenos_Aires");
	assert_int_equal(p->window.days, 0x7e);
	assert_true(p->window.customer);
	assert_true(p->group_due_date);
	assert_int_equal(p->minimum.minor, 50000);
	assert_string_equal(p->minimum.currency, "ARS");
	assert_int_equal(p->cap_per_day, 3);
	assert_true(p->late_us == 36 * HOUR_US);
	assert_true(p->spread_us == 2 * HOUR_US);
	assert_int_equal(p->objection_hold_bd, 5);
	assert_int_equal(p->steps_n, 8);
	assert_int_equal(p->acts_n, 3);
	assert_int_equal(p->on_n, 3);
	assert_int_equal(p->holidays_n, 35);
	assert_int_equal(p->holidays[0], date_of(2026, 1, 1));
	assert_string_equal(p->steps[0].template, "proforma");
	assert_true(p->steps[0].attach_pdf);
	assert_false(p->steps[1].attach_pdf);
	assert_int_equal(p->steps[1].unless, COND_AUTO_RENEW_OK);
	assert_int_equal(p->steps[3].only, COND_AUTO_RENEW_OK);
	assert_string_equal(p->steps[0].roles[0], "billing");
	assert_null(p->steps[0].roles[1]);
	assert_int_equal(p->steps[0].channels, CHANNEL_EMAIL);
	assert_string_equal(p->steps[6].name, "pre-suspension-all");
	assert_int_equal(p->steps[6].at.act, 1);
	for (size_t i = 0; i < p->steps_n; i++)
		assert_int_equal(p->steps[i].critical, i >= 5);
	assert_string_equal(p->acts[1].name, "suspend_all");
	assert_int_equal(p->acts[1].needs_n, 1);
	assert_int_equal(p->acts[1].needs[0], 6);
	assert_int_equal(p->acts[1].proof, FACT_MX_ACCEPTED | FACT_DELIVERED |
					       FACT_CONFIRMED | FACT_HOLDER);
	assert_true(p->acts[0].window.set);
	assert_false(p->acts[1].window.set);
	assert_string_equal(p->on[2].event, "credit.low");
	assert_int_equal(p->on[2].cap_per_day, 1);
	assert_int_equal(p->on[0].cap_per_day, 0);
	conf_unref(c);
}

/* A stored version must not change for a comment or the order of options. */
static void
version_is_of_what_it_says(void **state)
{
	static const struct {
		const char *text;
		bool same;
	} cases[] = {
	    {"policy \"default\" { time_zone = \"UTC\" cap = \"3/day\" }",
	     true},
	    {"policy \"default\" {\n# why\ncap = \"3/day\" time_zone = UTC }",
	     true},
	    {"policy \"default\" { time_zone = UTC cap = \"3/day\" late = 36h "
	     "}",
	     true},
	    {"policy \"default\" { time_zone = UTC cap = \"2/day\" }", false},
	    {"policy \"default\" { time_zone = UTC cap = \"3/day\" "
	     "step \"a\" { at = due template = \"t\" } }",
	     false},
	};
	uint8_t first[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[2000];
		const struct conf *c;

		(void)snprintf(text, sizeof(text), "%s%s", GENERAL BRAND,
			       cases[i].text);
		c = must_parse(text);
		if (i == 0)
			memcpy(first, c->policies[0].version, 8);
		assert_int_equal(memcmp(first, c->policies[0].version, 8) == 0,
				 cases[i].same);
		conf_unref(c);
	}
}

#define STEP(name, at)                                                         \
	"step \"" name "\" { at = \"" at "\" template = \"t\" }\n"
#define PROOF "proof = {\"mx_accepted\"} "

static void
refuses_what_could_never_open(void **state)
{
	static const struct {
		const char *text;
		int line; /* after the two of GENERAL and BRAND */
		const char *says;
	} cases[] = {
	    {STEP("a", "suspend-1d"), 2, "neither due, issued, expires nor"},
	    {"act \"s\" { at = \"due+1d\" needs = {\"x\"} " PROOF "}\n", 2,
	     "no step \"x\""},
	    {STEP("a", "due") "act \"s\" {\nat = \"due+1d\" needs = {\"a\"} }",
	     3, "names no proof"},
	    {"act \"s\" { at = \"s+1d\" }", 2, "hangs on itself"},
	    {"act \"s\" { at = \"t+1d\" }\nact \"t\" { at = \"s+1d\" }", 2,
	     "hangs on itself"},
	    {"act \"s\" {\nat = \"due\" }\n"
	     "act \"t\" { at = \"u+1d\" }\n"
	     "act \"u\" { at = \"v+1d\" }\n"
	     "act \"v\" {\nat = \"t+1d\" }",
	     4, "hangs on itself"},
	    {STEP("a", "s+1d") "act \"s\" { at = \"due\" needs = {\"a\"} " PROOF
			       "}",
	     3, "would come after"},
	    {STEP("a", "s") "act \"s\" { at = \"due\" needs = {\"a\"} " PROOF
			    "}",
	     3, "would come after"},
	    {STEP("a", "t-1d") "act \"s\" { at = \"due\" needs = {\"a\"} " PROOF
			       "}\nact \"t\" { at = \"s+9d\" }",
	     3, "would come after"},
	    {"step \"a\" { at = \"due\" template = \"reminder\"\n"
	     "class = optional }\n"
	     "act \"s\" { at = \"due+1d\" needs = {\"a\"} " PROOF "}",
	     3, "cannot be optional"},
	    {"act \"due\" { at = \"due\" }", 2, "may not be called"},
	    {"act \"a-b\" { at = \"due\" }", 2, "its name is not"},
	    {STEP("a", "due") STEP("a", "due"), 3, "is there twice"},
	    {"step \"a\" { at = \"due\" }", 2, "\"template\" is missing"},
	    {"step \"a\" { template = \"t\" }", 2, "\"at\" is missing"},
	    {"step { at = \"due\" }", 2, "lacks its name"},
	    {STEP("a", "due-1w"), 2, "a time from \"due\""},
	    {"step \"a\" { at = due template = \"../x\" }", 2, "template"},
	    {"step \"a\" { at = due template = t only = {\"paid\"} }", 2,
	     "auto_renew_ok"},
	    {"step \"a\" { at = due template = t attach = {\"doc\"} }", 2,
	     "pdf"},
	    {"step \"a\" { at = due template = t attach = pdf }", 2,
	     "attach = {\"pdf\"}"},
	    {"step \"a\" { at = due template = t channels = {} }", 2,
	     "channels"},
	    {"act \"s\" { at = due proof = {\"seen\"} }", 2, "mx_accepted"},
	    {"act \"s\" { at = due proof = {\"holder\", \"holder\"} }", 2,
	     "twice"},
	    {"on \"payment.lost\" { template = t }", 2, "event of billing"},
	    {"on \"payment.failed\" { template = t cap = \"1/week\" }", 2,
	     "3/day"},
	    {"window = \"mon\"", 2, "days and hours"},
	    {"minimum = \"ARS\"", 2, "ARS 500"},
	    {"minimum = \"XXQ 5\"", 2, "minimum"},
	    {"minimum = \"ARS 5.001\"", 2, "minimum"},
	    {"minimum = \"ARS -5\"", 2, "minimum"},
	    {"cap = \"0/day\"", 2, "cap"},
	    {"late = \"1m\"", 2, "1h to 90d"},
	    {"late = 36", 2, "a time like"},
	    {"objection_hold = \"0bd\"", 2, "objection_hold"},
	    {"objection_hold = bd", 2, "objection_hold"},
	    {"holidays = \"no/such.txt\"", 2, "make the file"},
	    {"wndow = \"mon 09:00-10:00\"", 2, "do you mean \"window\""},
	    {"template = \"t\"", 2, "it belongs in \"step\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[4000];

		(void)snprintf(text, sizeof(text), "%s%s%s }", GENERAL BRAND,
			       POLICY_OPEN "\n", cases[i].text);
		must_refuse(text, cases[i].line + 2, cases[i].says);
	}
}

static void
takes_an_act_after_an_act(void **state)
{
	const struct conf *c =
	    must_parse(GENERAL BRAND POLICY_OPEN STEP("a", "s-1d") STEP(
		"b",
		"t-7d") "act \"s\" { at = \"due+2d\" needs = {\"a\"} " PROOF
			"}\n"
			"act \"t\" { at = \"s+20d\" needs = {\"a\", "
			"\"b\"} " PROOF "} objection_hold = 72h }");
	const struct policy *p = &c->policies[0];

	(void)state;
	assert_int_equal(p->acts[1].at.act, 0);
	assert_int_equal(p->acts[1].needs_n, 2);
	assert_int_equal(p->objection_hold_bd, 0);
	assert_true(p->objection_hold_us == 72 * HOUR_US);
	conf_unref(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(offsets),
	    cmocka_unit_test(windows),
	    cmocka_unit_test(default_policy),
	    cmocka_unit_test(version_is_of_what_it_says),
	    cmocka_unit_test(refuses_what_could_never_open),
	    cmocka_unit_test(takes_an_act_after_an_act),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
