#include "queue/gate.h"

#include "base/clock.h"
#include "queue/answers.h"
#include "queue/state.h"
#include "tests/unit/queue/fixture.h"

/* DUE is a Wednesday; the act is due two days later, mon-thu 09:00-15:00 in
 * Buenos Aires, three hours behind UTC; its notice a day before. */
#define NOTICE_TIME "2026-11-21T12:00:00Z" /* a Saturday */
#define OPENS "2026-11-23T12:00:00Z"
#define CLOSES "2026-11-23T18:00:00Z"
#define NEXT_DAY "2026-11-24T12:00:00Z"

static int64_t
moment(const char *text)
{
	int64_t us;

	assert_true(time_parse(slice_z(text), &us));
	return us;
}

static struct gate_answer
ask(struct fixture *f, const char *when)
{
	const struct conf *conf = conf_box_get(f->q.conf);
	struct gate_question q = {.action = SLICE("suspend"),
				  .customer = SLICE("c1")};
	struct gate_answer out;

	OK(gate_decide(conf, f->db, &q, moment(when), &f->a, &out, e));
	conf_unref(conf);
	return out;
}

static void
must_deny(struct fixture *f, const char *when, const char *reason,
	  const char *again)
{
	struct gate_answer out = ask(f, when);

	assert_false(out.allow);
	assert_string_equal(out.reason, reason);
	assert_true(out.ask_again_us == (again == NULL ? 0 : moment(again)));
}

static void
must_allow(struct fixture *f, const char *when, const char *until)
{
	struct gate_answer out = ask(f, when);

	assert_string_equal(out.reason, "allowed");
	assert_true(out.allow);
	assert_true(out.valid_until_us == moment(until));
	assert_int_equal(out.proof_n, 1);
}

/* The notice before the act, tried at a moment. */
static void
warn_at(struct fixture *f, const char *when, enum claim_end how)
{
	struct take t;

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at(NOTICE_TIME);
	fixture_plan(f);
	fixture_at(when);
	fixture_begin(f, &t);
	fixture_end(f, &t, how);
}

static void
test_it_opens_with_its_window_and_closes_with_it(void **state)
{
	struct fixture *f = *state;

	warn_at(f, NOTICE_TIME, CLAIM_ACCEPTED);
	must_deny(f, "2026-11-23T11:59:00Z", "too_early", OPENS);
	must_allow(f, OPENS, "2026-11-23T13:00:00Z");
	must_allow(f, "2026-11-23T17:30:00Z", CLOSES);
	must_deny(f, CLOSES, "outside_window", NEXT_DAY);
}

static void
test_what_nobody_took_proves_nothing(void **state)
{
	static const enum claim_end ends[] = {CLAIM_DEFERRED, CLAIM_UNCERTAIN,
					      CLAIM_FAILED};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		warn_at(*state, NOTICE_TIME, ends[i]);
		must_deny(*state, OPENS, "missing", NULL);
		fixture_free(state);
		fixture_make(state);
	}
}

static enum rc
run_bounce(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	(void)f;
	return message_apply(db, arg, MESSAGE_EV_BOUNCE, SLICE("test"),
			     SLICE(""), e);
}

static void
test_what_came_back_proves_nothing(void **state)
{
	struct fixture *f = *state;

	warn_at(f, NOTICE_TIME, CLAIM_ACCEPTED);
	OK(fixture_do(f, run_bounce, fixture_message(f), e));
	must_deny(f, OPENS, "missing", NULL);
}

/* A day's notice is a day from when it was taken. */
static void
test_it_opens_no_earlier_than_the_lead_after_the_proof(void **state)
{
	struct fixture *f = *state;

	warn_at(f, "2026-11-23T11:00:00Z", CLAIM_ACCEPTED);
	must_deny(f, "2026-11-23T13:00:00Z", "too_early", NEXT_DAY);
	must_allow(f, NEXT_DAY, "2026-11-24T13:00:00Z");
}

/* Of two who were told the first counts. */
static void
test_the_earliest_proof_counts(void **state)
{
	const struct contact both[] = {
	    {.id = SLICE("k1"),
	     .role = SLICE("billing"),
	     .email = SLICE("ana@cliente.example"),
	     .since = DATE_NONE},
	    {.id = SLICE("k2"),
	     .role = SLICE("billing"),
	     .email = SLICE("beto@cliente.example"),
	     .since = DATE_NONE},
	};
	struct fixture *f = *state;
	struct take t;

	fixture_contacts(f, "c1", both, 2);
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at(NOTICE_TIME);
	fixture_plan(f);
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 2);
	OK(fixture_do(f, fixture_run_journal, &t, e));
	for (size_t i = 0; i < 2; i++) {
		struct claim_verdict v = {.claim = &t.batch.claims[i],
					  .end = CLAIM_ACCEPTED,
					  .verdict = "accepted",
					  .facts = FACT_MX_ACCEPTED};

		OK(fixture_do(f, fixture_run_end, &v, e));
		fixture_at("2026-11-23T11:00:00Z");
	}
	claims_free(&f->q, &t.batch);
	assert_true(ask(f, OPENS).allow);
	assert_int_equal(ask(f, OPENS).proof_n, 2);
}

static enum rc
run_object(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct invoice i;
	enum rc rc = invoice_get(db, SLICE("i1"), &f->a, &i, e);

	i.objected_until_us = *(int64_t *)arg;
	return rc == RC_OK ? invoice_put(db, &i, e) : rc;
}

static void
test_an_objection_shuts_it_for_its_time(void **state)
{
	struct fixture *f = *state;
	int64_t until = moment("2026-11-23T14:00:00Z");

	warn_at(f, NOTICE_TIME, CLAIM_ACCEPTED);
	OK(fixture_do(f, run_object, &until, e));
	must_deny(f, OPENS, "objection", "2026-11-23T14:00:00Z");
	must_allow(f, "2026-11-23T14:00:00Z", "2026-11-23T15:00:00Z");
}

static enum rc
run_answer(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return answers_take(&f->q, db, arg, &f->a, e);
}

/* Where no server's word is there; "not me" says that it reached another. */
static void
test_an_answer_of_theirs_proves_and_of_another_does_not(void **state)
{
	static const bool proves[ANSWERS] = {[ANSWER_RECEIVED] = true,
					     [ANSWER_PAID] = true,
					     [ANSWER_WRONG] = true};

	for (int kind = 0; kind < ANSWERS; kind++) {
		struct answer x = {.kind = (enum answer_kind)kind,
				   .text = SLICE(""),
				   .paid_on = SLICE(""),
				   .paid_by = SLICE(""),
				   .reference = SLICE(""),
				   .visit = SLICE("")};
		struct gate_answer out;

		warn_at(*state, NOTICE_TIME, CLAIM_UNCERTAIN);
		x.mref = fixture_message(*state)->mref;
		OK(fixture_do(*state, run_answer, &x, e));
		out = ask(*state, "2026-11-30T12:00:00Z");
		assert_string_equal(out.reason,
				    proves[kind] ? "allowed" : "missing");
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_what_is_not_owed_or_disputed_shuts_it(void **state)
{
	static const struct {
		int status;
		const char *reason;
	} rows[] = {
	    {INVOICE_PAID, "not_owed"},
	    {INVOICE_CANCELLED, "not_owed"},
	    {INVOICE_DISPUTED, "disputed"},
	    {INVOICE_PENDING, "payment_pending"},
	};
	struct fixture *f = *state;

	warn_at(f, NOTICE_TIME, CLAIM_ACCEPTED);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fixture_invoice(f, "i1", "c1", DUE, 2 + (int64_t)i,
				rows[i].status);
		must_deny(f, OPENS, rows[i].reason, NULL);
	}
	fixture_invoice(f, "i1", "c1", DUE, 9, INVOICE_OPEN);
	must_allow(f, OPENS, "2026-11-23T13:00:00Z");
}

/* One that allows it is enough; of those that do not, the soonest is told. */
static void
test_one_invoice_is_enough(void **state)
{
	struct fixture *f = *state;

	warn_at(f, NOTICE_TIME, CLAIM_ACCEPTED);
	fixture_invoice(f, "i2", "c1", "2026-11-25", 1, INVOICE_OPEN);
	fixture_invoice(f, "i3", "c1", DUE, 1, INVOICE_PAID);
	assert_true(ask(f, OPENS).allow);
	assert_true(slice_eq_z(ask(f, OPENS).invoice, "i1"));
	must_deny(f, NOTICE_TIME, "too_early", OPENS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_it_opens_with_its_window_and_closes_with_it),
	    TEST(test_what_nobody_took_proves_nothing),
	    TEST(test_what_came_back_proves_nothing),
	    TEST(test_it_opens_no_earlier_than_the_lead_after_the_proof),
	    TEST(test_the_earliest_proof_counts),
	    TEST(test_an_answer_of_theirs_proves_and_of_another_does_not),
	    TEST(test_an_objection_shuts_it_for_its_time),
	    TEST(test_what_is_not_owed_or_disputed_shuts_it),
	    TEST(test_one_invoice_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
