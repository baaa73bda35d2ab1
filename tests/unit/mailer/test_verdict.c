#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mailer/verdict.h"

static enum verdict
judge(struct verdict_rules *v, enum stage stage, const char *reply,
      const char **rule)
{
	struct outcome o;
	enum verdict got;

	outcome_init(&o);
	o.stage = stage;
	if (reply[0] >= '2' && reply[0] <= '5') {
		char text[1024];

		snprintf(text, sizeof text, "%s\r\n", reply);
		o.fate = FATE_REFUSED;
		outcome_reply(&o, slice_z(text));
	} else {
		o.fate = FATE_ABORTED;
		snprintf(o.fault, sizeof o.fault, "%s", reply);
	}
	got = verdict_of(v, &o, rule);
	outcome_fini(&o);
	return got;
}

/* Replies as large providers and common servers give them. */
static const struct {
	enum stage stage;
	const char *reply;
	enum verdict want;
} replies[] = {
    /* no reply */
    {STAGE_CONNECT, "Connection refused", VERDICT_NEXT_EXCHANGER},
    {STAGE_CONNECT, "connect timeout", VERDICT_NEXT_EXCHANGER},
    {STAGE_CONNECT, "Operation not permitted", VERDICT_OURS},
    {STAGE_GREETING, "peer closed", VERDICT_NEXT_EXCHANGER},
    {STAGE_TLS, "TLS handshake: certificate has expired",
     VERDICT_NEXT_EXCHANGER},
    {STAGE_AUTH, "AUTH needs TLS, and there is none", VERDICT_OURS},
    {STAGE_AUTH, "reply timeout", VERDICT_RETRY},
    {STAGE_CONTENT, "write timeout", VERDICT_RETRY},
    {STAGE_MAIL, "cancelled", VERDICT_RETRY},
    /* before a message */
    {STAGE_GREETING,
     "554 5.7.1 Service unavailable; Client host [192.0.2.1] "
     "blocked using zen.spamhaus.org",
     VERDICT_POLICY_BLOCK},
    {STAGE_GREETING, "554 no SMTP service here", VERDICT_NEXT_EXCHANGER},
    {STAGE_GREETING, "421 4.7.0 too many connections from your address",
     VERDICT_SLOW_DOWN},
    {STAGE_GREETING, "421 busy", VERDICT_NEXT_EXCHANGER},
    {STAGE_AUTH, "535 5.7.8 Authentication failed", VERDICT_OURS},
    {STAGE_AUTH, "454 4.7.0 Temporary authentication failure", VERDICT_RETRY},
    /* greylisting and rate */
    {STAGE_RCPT,
     "450 4.2.0 <x@y.example>: Recipient address rejected: "
     "Greylisted, see http://postgrey.example",
     VERDICT_RETRY_LATER},
    {STAGE_RCPT, "451 4.7.1 Greylisting in action, please come back later",
     VERDICT_RETRY_LATER},
    {STAGE_MAIL,
     "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily "
     "deferred due to unexpected volume",
     VERDICT_SLOW_DOWN},
    {STAGE_DOT,
     "421 4.7.28 Our system has detected an unusual rate of "
     "unsolicited mail",
     VERDICT_SLOW_DOWN},
    {STAGE_RCPT, "452 4.5.3 Too many recipients", VERDICT_SLOW_DOWN},
    {STAGE_MAIL,
     "451 4.7.650 The mail server [192.0.2.1] has been "
     "temporarily rate limited",
     VERDICT_SLOW_DOWN},
    {STAGE_RCPT, "450 4.7.1 rate limit exceeded", VERDICT_SLOW_DOWN},
    {STAGE_RCPT, "450 4.7.1 rate limit exceeded, try again later",
     VERDICT_SLOW_DOWN},
    {STAGE_RCPT, "450 4.7.1 Please try again later", VERDICT_RETRY_LATER},
    /* the mailbox */
    {STAGE_RCPT,
     "550-5.1.1 The email account that you tried to reach does "
     "not exist.\r\n550 5.1.1 Please try",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "550 5.1.1 <x@y.example>: Recipient address rejected: User "
     "unknown in local recipient table",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 5.5.0 Requested action not taken: mailbox unavailable",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 5.4.1 Recipient address rejected: Access denied",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 No such user here", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 Requested action not taken: mailbox unavailable",
     VERDICT_BAD_ADDRESS},
    {STAGE_DOT,
     "554 delivery error: dd This user doesn't have a "
     "yahoo.example account",
     VERDICT_BAD_ADDRESS},
    {STAGE_DOT,
     "550 5.2.1 The email account that you tried to reach is "
     "disabled",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "556 5.1.10 Recipient address has null MX",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "452 4.2.2 The email account that you tried to reach is "
     "over quota",
     VERDICT_MAILBOX_FULL},
    {STAGE_DOT, "552 5.2.2 Over quota", VERDICT_MAILBOX_FULL},
    {STAGE_RCPT, "552 Mailbox full", VERDICT_MAILBOX_FULL},
    {STAGE_RCPT,
     "450 4.2.1 The user you are trying to contact is receiving "
     "mail too quickly",
     VERDICT_RETRY},
    /* policy */
    {STAGE_DOT,
     "550-5.7.26 This mail has been blocked because the sender is "
     "unauthenticated.",
     VERDICT_POLICY_BLOCK},
    {STAGE_MAIL,
     "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't "
     "sent. Please contact your Internet service provider since "
     "part of their network is on our block list (S3150).",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT, "554 5.7.9 Message not accepted for policy reasons",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT, "554 Message refused", VERDICT_POLICY_BLOCK},
    {STAGE_MAIL, "550 5.7.1 Not from here", VERDICT_POLICY_BLOCK},
    {STAGE_DOT,
     "550 5.7.1 Our system has detected that this message is likely "
     "unsolicited mail",
     VERDICT_POLICY_BLOCK},
    /* one recipient's own choice */
    {STAGE_RCPT, "550 5.7.1 Recipient does not take mail from you",
     VERDICT_OURS},
    {STAGE_DOT, "550 5.7.1 Not accepted by this user", VERDICT_OURS},
    {STAGE_RCPT,
     "554 5.7.1 Service unavailable; Sender address blocked using "
     "dnsbl.example",
     VERDICT_POLICY_BLOCK},
    /* us */
    {STAGE_DOT, "552 5.3.4 Message size exceeds fixed maximum message size",
     VERDICT_OURS},
    {STAGE_MAIL, "552 Message size exceeds fixed limit", VERDICT_OURS},
    {STAGE_RCPT, "554 5.7.1 <x@y.example>: Relay access denied", VERDICT_OURS},
    {STAGE_RCPT, "550 relaying denied", VERDICT_OURS},
    {STAGE_MAIL, "530 5.7.0 Must issue a STARTTLS command first", VERDICT_OURS},
    {STAGE_MAIL, "503 5.5.1 nested MAIL", VERDICT_OURS},
    {STAGE_DOT, "550 5.6.0 Lone CR or LF in body", VERDICT_OURS},
    /* the rest */
    {STAGE_RCPT, "451 4.3.0 Temporary lookup failure", VERDICT_RETRY},
    {STAGE_DOT, "451 Requested action aborted: local error in processing",
     VERDICT_RETRY},
    {STAGE_DOT, "450 4.4.2 timeout", VERDICT_RETRY},
    {STAGE_MAIL, "521 host does not accept mail", VERDICT_NEXT_EXCHANGER},
};

static void
replies_as_servers_give_them(void **state)
{
	struct verdict_rules *v = *state;
	uint64_t unknown = verdict_unknown();
	bool ok = true;

	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		const char *rule;
		enum verdict got =
		    judge(v, replies[i].stage, replies[i].reply, &rule);

		if (got == replies[i].want)
			continue;
		ok = false;
		print_error("%s \"%s\": %s by %s, not %s\n",
			    stage_name(replies[i].stage), replies[i].reply,
			    verdict_name(got), rule,
			    verdict_name(replies[i].want));
	}
	assert_true(ok);
	assert_int_equal(verdict_unknown(), unknown);
}

static void
fates_that_need_no_reply(void **state)
{
	struct verdict_rules *v = *state;
	const char *rule = NULL;
	struct outcome o;

	outcome_init(&o);
	o.fate = FATE_ACCEPTED;
	assert_int_equal(verdict_of(v, &o, &rule), VERDICT_ACCEPTED);
	assert_string_equal(rule, "");
	o.fate = FATE_UNCERTAIN;
	assert_int_equal(verdict_of(v, &o, &rule), VERDICT_UNCERTAIN);
	assert_string_equal(rule, "");
	o.fate = FATE_STOPPED;
	assert_int_equal(verdict_of(v, &o, NULL), VERDICT_STOPPED);
	o.fate = FATE_INVALID;
	o.stage = STAGE_INPUT;
	assert_int_equal(verdict_of(v, &o, NULL), VERDICT_OURS);
	o.stage = STAGE_MAIL;
	o.enhanced[0] = 5, o.enhanced[1] = 6, o.enhanced[2] = 7;
	snprintf(o.fault, sizeof o.fault, "the peer does not offer SMTPUTF8");
	assert_int_equal(verdict_of(v, &o, NULL), VERDICT_BAD_ADDRESS);
	o.enhanced[2] = 3;
	snprintf(o.fault, sizeof o.fault, "the peer does not offer 8BITMIME");
	assert_int_equal(verdict_of(v, &o, NULL), VERDICT_OURS);
	outcome_fini(&o);
}

static void
the_unknown_goes_by_its_first_digit_and_is_counted(void **state)
{
	struct verdict_rules *v = verdict_rules_new();
	uint64_t unknown = verdict_unknown();
	const char *rule;

	assert_int_equal(judge(v, STAGE_RCPT, "499 x", &rule), VERDICT_RETRY);
	assert_string_equal(rule, "first digit");
	assert_int_equal(judge(v, STAGE_RCPT, "599 x", NULL), VERDICT_OURS);
	assert_int_equal(judge(v, STAGE_DOT, "599 x", NULL), VERDICT_OURS);
	assert_int_equal(verdict_unknown(), unknown + 3);
	verdict_rules_free(v);
	/* Those built in hide none of them, and other rules forget none. */
	assert_int_equal(judge(*state, STAGE_RCPT, "499 x", &rule),
			 VERDICT_RETRY);
	assert_string_equal(rule, "first digit");
	assert_int_equal(verdict_unknown(), unknown + 4);
}

/* Whatever a row says, and whatever code comes at a place where it means
 * nothing. */
static void
nothing_but_an_acceptance_is_accepted(void **state)
{
	struct verdict_rules *v = verdict_rules_new();
	struct err e = {0};

	assert_int_equal(
	    verdict_rules_add(v, "f", SLICE("dot 2xx * * -> accepted\n"), &e),
	    RC_OK);
	assert_int_equal(judge(v, STAGE_DOT, "250 Ok", NULL), VERDICT_RETRY);
	assert_int_equal(judge(*state, STAGE_DATA, "250 Ok", NULL),
			 VERDICT_RETRY);
	verdict_rules_free(v);
}

static void
an_operators_rows_come_first(void **state)
{
	struct verdict_rules *v = verdict_rules_new();
	struct err e = {0};
	const char *rule;

	(void)state;
	assert_int_equal(
	    verdict_rules_add(v, "mine.conf",
			      SLICE("# a comment\n\n"
				    "RCPT,MAIL 55x 5.x.1 /own \\/ rule/ -> "
				    "retry_later # because\n"),
			      &e),
	    RC_OK);
	assert_int_equal(
	    verdict_rules_add(v, "rest.conf", SLICE("* * * * -> ours\n"), &e),
	    RC_OK);
	assert_int_equal(judge(v, STAGE_RCPT, "550 5.9.1 OWN / Rule", &rule),
			 VERDICT_RETRY_LATER);
	assert_string_equal(rule, "mine.conf:3");
	assert_int_equal(judge(v, STAGE_RCPT, "550 5.9.2 own / rule", &rule),
			 VERDICT_OURS);
	assert_string_equal(rule, "rest.conf:1");
	assert_int_equal(judge(v, STAGE_DATA, "550 5.9.1 own / rule", NULL),
			 VERDICT_OURS);
	assert_int_equal(judge(v, STAGE_RCPT, "560 5.9.1 own / rule", NULL),
			 VERDICT_OURS);
	verdict_rules_free(v);
}

static void
bad_rows_are_refused_by_file_and_line(void **state)
{
	static const char *const bad[] = {
	    "RCPT",
	    "RCPT 550 * *",
	    "RCPT 550 * * retry",
	    "RCPT 550 * * -> x",
	    "RCPT 550 * * -> uncertain",
	    "RCPT 550 * * -> accepted",
	    "dot 550 * * -> accepted",
	    "dot xxx * * -> accepted",
	    "dot - * * -> accepted",
	    "dot * * * -> accepted",
	    "RCPT,dot 250 * * -> accepted",
	    "* 250 * * -> accepted",
	    "RCPT 550 * * -> stopped",
	    "RCPX 550 * * -> retry",
	    "RCPT,,DATA 550 * * -> retry",
	    "RCPT 55 * * -> retry",
	    "RCPT 55y * * -> retry",
	    "RCPT 5500 * * -> retry",
	    "RCPT 550 5.1 * -> retry",
	    "RCPT 550 5.1.1.1 * -> retry",
	    "RCPT 550 5.1.y * -> retry",
	    "RCPT 550 * x -> retry",
	    "RCPT 550 * /x -> retry",
	    "RCPT 550 * // -> retry",
	    "RCPT 550 * /(/ -> retry",
	    "RCPT 550 * /x/ -> retry more",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct verdict_rules *v = verdict_rules_new();
		struct err e = {0};
		char text[128];

		snprintf(text, sizeof text, "* * * * -> ours\n%s\n", bad[i]);
		if (verdict_rules_add(v, "f.conf", slice_z(text), &e) !=
		    RC_INVALID)
			fail_msg("%s was taken", bad[i]);
		assert_string_equal(e.pointer, "f.conf:2");
		verdict_rules_free(v);
	}
}

/* A rule that backtracks for ever must not hold up the mail. */
static void
a_hostile_reply_is_judged_in_time(void **state)
{
	struct verdict_rules *v = verdict_rules_new();
	char reply[900] = "550 ";
	struct err e = {0};

	(void)state;
	assert_int_equal(verdict_rules_add(v, "f",
					   SLICE("* * * /^(a+)+$/ -> retry\n"
						 "* * * * -> ours\n"),
					   &e),
			 RC_OK);
	memset(reply + 4, 'a', sizeof reply - 5);
	reply[sizeof reply - 2] = '!';
	assert_int_equal(judge(v, STAGE_RCPT, reply, NULL), VERDICT_OURS);
	verdict_rules_free(v);
}

/* It is passed over even where it would fit in the end. */
static void
a_rule_that_costs_too_much_is_passed_over(void **state)
{
	struct verdict_rules *v = verdict_rules_new();
	struct err e = {0};

	(void)state;
	assert_int_equal(
	    verdict_rules_add(v, "f",
			      SLICE("* * * /^(?:(?:a|aa)+b|a+!)$/ -> retry\n"
				    "* * * * -> ours\n"),
			      &e),
	    RC_OK);
	assert_int_equal(judge(v, STAGE_RCPT, "550 aaa!", NULL), VERDICT_RETRY);
	assert_int_equal(
	    judge(v, STAGE_RCPT, "550 aaaaaaaaaaaaaaaaaaaaaaaaaaaa!", NULL),
	    VERDICT_OURS);
	verdict_rules_free(v);
}

static void
a_rule_reads_across_the_lines_of_a_reply(void **state)
{
	struct verdict_rules *v = verdict_rules_new();
	struct err e = {0};

	(void)state;
	assert_int_equal(
	    verdict_rules_add(v, "f",
			      SLICE("* * * /no such user here/ -> retry\n"
				    "* * * * -> ours\n"),
			      &e),
	    RC_OK);
	assert_int_equal(
	    judge(v, STAGE_RCPT, "550-no such\r\n550-user\r\n550 here", NULL),
	    VERDICT_RETRY);
	assert_int_equal(
	    judge(v, STAGE_RCPT, "550-no suchuser\r\n550 here", NULL),
	    VERDICT_OURS);
	verdict_rules_free(v);
}

static int
load(void **state)
{
	struct verdict_rules *v = NULL;
	struct err e = {0};

	if (verdict_rules_load(NULL, &v, &e) != RC_OK) {
		print_error("%s: %s\n", e.pointer, e.text);
		return -1;
	}
	*state = v;
	return 0;
}

static int
unload(void **state)
{
	verdict_rules_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_as_servers_give_them),
	    cmocka_unit_test(fates_that_need_no_reply),
	    cmocka_unit_test(
		the_unknown_goes_by_its_first_digit_and_is_counted),
	    cmocka_unit_test(nothing_but_an_acceptance_is_accepted),
	    cmocka_unit_test(an_operators_rows_come_first),
	    cmocka_unit_test(bad_rows_are_refused_by_file_and_line),
	    cmocka_unit_test(a_hostile_reply_is_judged_in_time),
	    cmocka_unit_test(a_rule_that_costs_too_much_is_passed_over),
	    cmocka_unit_test(a_rule_reads_across_the_lines_of_a_reply),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
