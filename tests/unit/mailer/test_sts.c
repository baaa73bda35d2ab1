#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mailer/sts.h"

static void
records_give_their_id_or_say_why_not(void **state)
{
	static const struct {
		const char *text;
		enum rc rc;
		const char *id;
	} rows[] = {
	    {"v=STSv1; id=20160831085700Z;", RC_OK, "20160831085700Z"},
	    {"v=STSv1;id=1", RC_OK, "1"},
	    {"v=STSv1 ; id=1 ; a.b-c_d=x!y ;", RC_OK, "1"},
	    {"v=STSv1; new=1; id=2", RC_OK, "2"},
	    {"v=STSv1; id=12345678901234567890123456789012", RC_OK,
	     "12345678901234567890123456789012"},
	    {"v=spf1 -all", RC_NOTFOUND, NULL},
	    {"", RC_NOTFOUND, NULL},
	    {" v=STSv1; id=1", RC_NOTFOUND, NULL},
	    {"V=STSv1; id=1", RC_NOTFOUND, NULL},
	    {"v=STSv12; id=1", RC_NOTFOUND, NULL},
	    {"v=STSv1", RC_NOTFOUND, NULL},
	    {"v=STSv1;", RC_INVALID, NULL},
	    {"v=STSv1; id=", RC_INVALID, NULL},
	    {"v=STSv1; id=a-b", RC_INVALID, NULL},
	    {"v=STSv1; id=123456789012345678901234567890123", RC_INVALID, NULL},
	    {"v=STSv1; id=1; id=1", RC_INVALID, NULL},
	    {"v=STSv1;; id=1", RC_INVALID, NULL},
	    {"v=STSv1; id=1; x", RC_INVALID, NULL},
	    {"v=STSv1; id=1; x=a=b", RC_INVALID, NULL},
	    {"v=STSv1; id=1; -x=a", RC_INVALID, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct slice id;
		struct err e;
		enum rc rc = sts_record(slice_z(rows[i].text), &id, &e);

		if (rc != rows[i].rc ||
		    (rc == RC_OK && !slice_eq_z(id, rows[i].id)))
			fail_msg("\"%s\": %s, id %.*s", rows[i].text,
				 rc_name(rc), SLICE_ARG(id));
	}
}

#define START "version: STSv1\nmode: enforce\n"

static void
policies_are_read_strictly(void **state)
{
	static const struct {
		const char *text;
		enum rc rc;
		enum sts_mode mode;
		size_t hosts;
		int64_t max_age_s;
	} rows[] = {
	    {START "mx: a.example\nmx: *.b.example\nmax_age: 604800\n", RC_OK,
	     STS_ENFORCE, 2, 604800},
	    {"max_age:1\r\nmx:\ta.example \t\r\nmode:testing\r\n"
	     "version:STSv1\r\n\r\n",
	     RC_OK, STS_TESTING, 1, 1},
	    {"version: STSv1\nmode: none\nmax_age: 0", RC_OK, STS_NONE, 0, 0},
	    /* The first one counts. */
	    {START "mode: none\nversion: x\nmx: a.b\nmax_age: 5\nmax_age: 6\n",
	     RC_OK, STS_ENFORCE, 1, 5},
	    /* What we need not know, and a year at most. */
	    {START "later: \xc3\xa9 x\nmx: a.b\nmax_age: 9999999999\n", RC_OK,
	     STS_ENFORCE, 1, 31557600},
	    {"", RC_INVALID, STS_NONE, 0, 0},
	    {"<html>", RC_INVALID, STS_NONE, 0, 0},
	    {START "max_age: 1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx: a.b\n", RC_INVALID, STS_NONE, 0, 0},
	    {"version: STSv1\nmx: a.b\nmax_age: 1\n", RC_INVALID, STS_NONE, 0,
	     0},
	    {"mode: enforce\nmx: a.b\nmax_age: 1\n", RC_INVALID, STS_NONE, 0,
	     0},
	    {"version: STSv2\nmode: enforce\nmx: a.b\nmax_age: 1\n", RC_INVALID,
	     STS_NONE, 0, 0},
	    {"version: STSv1\nmode: Enforce\nmx: a.b\nmax_age: 1\n", RC_INVALID,
	     STS_NONE, 0, 0},
	    {START "mx: a.b\nmax_age: -1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx: a.b\nmax_age: 12345678901\n", RC_INVALID, STS_NONE, 0,
	     0},
	    {START "mx: a.b\nmax_age: 1d\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx: *\nmax_age: 1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx: a.*.b\nmax_age: 1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx: *a.b\nmax_age: 1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx: a..b\nmax_age: 1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx: a.b.\nmax_age: 1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx: a b\nmax_age: 1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx:\nmax_age: 1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "\nmx: a.b\nmax_age: 1\n", RC_INVALID, STS_NONE, 0, 0},
	    {START "mx: a.b\nmax_age: 1\nno colon\n", RC_INVALID, STS_NONE, 0,
	     0},
	    {START "mx: a.b\nmax_age: 1\nx: \x01\n", RC_INVALID, STS_NONE, 0,
	     0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sts_policy p;
		struct err e;
		enum rc rc = sts_parse(slice_z(rows[i].text), &p, &e);

		if (rc != rows[i].rc)
			fail_msg("\"%s\": %s", rows[i].text, rc_name(rc));
		if (rc != RC_OK)
			continue;
		assert_int_equal(p.mode, rows[i].mode);
		assert_int_equal(p.hosts_n, rows[i].hosts);
		assert_int_equal(p.max_age_s, rows[i].max_age_s);
	}
}

static void
a_policy_too_long_is_none(void **state)
{
	static char text[STS_POLICY_MAX + 1];
	struct sts_policy p;
	struct err e;

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text, START "mx: a.b\nmax_age: 1", 47);
	assert_int_equal(sts_parse(slice_of(text, STS_POLICY_MAX), &p, &e),
			 RC_OK);
	assert_int_equal(sts_parse(slice_of(text, sizeof(text)), &p, &e),
			 RC_INVALID);
}

static void
a_star_stands_for_one_label(void **state)
{
	static const struct {
		const char *host;
		bool covered;
	} rows[] = {
	    {"mail.example.com", true},
	    {"MAIL.Example.com", true},
	    {"a.example.net", true},
	    {"A.EXAMPLE.NET", true},
	    {"a.b.example.net", false},
	    {"example.net", false},
	    {".example.net", false},
	    {"xexample.net", false},
	    {"a.xexample.net", false},
	    {"mail.example.com.x", false},
	    {"example.com", false},
	    {"x.mail.example.com", false},
	    {"", false},
	};
	struct sts_policy p;
	struct err e;

	(void)state;
	assert_int_equal(sts_parse(SLICE(START "mx: mail.example.com\n"
					       "mx: *.example.net\n"
					       "max_age: 1\n"),
				   &p, &e),
			 RC_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (sts_covers(&p, slice_z(rows[i].host)) != rows[i].covered)
			fail_msg("%s", rows[i].host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_give_their_id_or_say_why_not),
	    cmocka_unit_test(policies_are_read_strictly),
	    cmocka_unit_test(a_policy_too_long_is_none),
	    cmocka_unit_test(a_star_stands_for_one_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
