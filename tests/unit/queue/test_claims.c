#include "tests/unit/queue/fixture.h"

#include "base/clock.h"
#include "queue/hand.h"
#include "queue/state.h"

static void
test_an_accepted_message_ends_its_notice(void **state)
{
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	fixture_begin(f, &t);
	assert_int_equal(fixture_message(f)->state, MESSAGE_CLAIMED);
	fixture_end(f, &t, CLAIM_ACCEPTED);
	assert_int_equal(fixture_message(f)->state, MESSAGE_ACCEPTED);
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_DONE);
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
}

/* It was accepted when the server said so, not when it came to be stored. */
static void
test_times_are_those_of_the_session(void **state)
{
	struct claim_verdict v = {.end = CLAIM_ACCEPTED, .verdict = "accepted"};
	struct fixture *f = *state;
	struct attempt *list;
	struct take t;
	size_t n;

	fixture_proforma(f);
	v.claim = fixture_begin(f, &t);
	v.started_us = clock_wall_us() + 1;
	v.ended_us = v.started_us + 1;
	fixture_at("2026-11-03T13:30:00Z");
	OK(fixture_do(f, fixture_run_end, &v, e));
	assert_int_equal(fixture_message(f)->accepted_us, v.ended_us);
	OK(attempt_list(f->db, v.claim->m.id, false, &f->a, &list, &n, e));
	assert_int_equal(list[0].started_us, v.started_us);
	assert_int_equal(list[0].ended_us, v.ended_us);
	claims_free(&f->q, &t.batch);
}

static void
test_paid_before_data_stops_it(void **state)
{
	struct fixture *f = *state;
	struct put paid;
	struct take t;
	struct claim *c;

	fixture_proforma(f);
	c = fixture_begin(f, &t);
	paid = fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	assert_int_equal(paid.result.in_flight.n, 0);
	assert_false(phase_go(f->q.phases, c->slot));
	fixture_end(f, &t, CLAIM_STOPPED);
	assert_int_equal(fixture_message(f)->state, MESSAGE_CANCELLED);
}

/* A stop whose transaction was rolled back leaves the row as it was. */
static void
test_a_stop_that_nothing_tells_waits_a_little(void **state)
{
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	fixture_begin(f, &t);
	assert_true(phase_stop(f->q.phases, fixture_message(f)->mref));
	fixture_end(f, &t, CLAIM_STOPPED);
	assert_int_equal(fixture_message(f)->state, MESSAGE_DEFERRED);
	assert_true(fixture_message(f)->next_us > clock_wall_us());
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
}

/* What could not be stopped is named; and it does not go a second time. */
static void
test_paid_in_flight_is_not_tried_again(void **state)
{
	static const enum claim_end ends[] = {CLAIM_DEFERRED, CLAIM_UNCERTAIN,
					      CLAIM_UNTRIED};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct fixture *f = *state;
		struct put paid;
		struct take t;
		struct claim *c;

		fixture_proforma(f);
		c = fixture_begin(f, &t);
		assert_true(phase_go(f->q.phases, c->slot));
		paid = fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
		assert_int_equal(paid.result.in_flight.n, 1);
		fixture_end(f, &t, ends[i]);
		fixture_at("2026-11-03T13:30:00Z");
		OK(fixture_do(f, fixture_run_take, &t, e));
		assert_int_equal(t.batch.n, 0);
		assert_int_equal(fixture_message(f)->state, MESSAGE_CANCELLED);
		assert_true(slice_eq_z(fixture_message(f)->reason, "paid"));
		assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
				 NOTICE_CANCELLED);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_a_moved_date_in_flight_ends_the_retry(void **state)
{
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	assert_true(phase_go(f->q.phases, fixture_begin(f, &t)->slot));
	fixture_invoice(f, "i1", "c1", "2026-12-18", 2, INVOICE_OPEN);
	fixture_end(f, &t, CLAIM_DEFERRED);
	fixture_at("2026-11-03T13:30:00Z");
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_true(slice_eq_z(fixture_message(f)->reason, "superseded"));
}

/* It may have arrived: a reopening revives the step, and sends nothing. */
static void
test_a_reopening_sends_no_uncertain_one_again(void **state)
{
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_UNCERTAIN);
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	assert_int_equal(fixture_message(f)->state, MESSAGE_CANCELLED);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	fixture_plan(f);
	assert_int_equal(fixture_message(f)->uncertain, 1);
	assert_int_equal(fixture_message(f)->state, MESSAGE_CANCELLED);
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_DONE);
	assert_true(slice_eq_z(fixture_step(f, "i1", "proforma", DUE)->reason,
			       "uncertain"));
}

struct told {
	enum kind kind;
	struct ref mref;
};

static enum rc
run_told(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct told *x = arg;

	(void)f;
	return ledger_append(db, x->kind, x->mref, SLICE("{}"), e);
}

/* A fetch shows that its bytes have left, also one before the reply's time ran
 * out; but not one of what was refused then. */
static void
test_what_arrived_is_not_sent_again(void **state)
{
	static const struct {
		enum kind before, after; /* its end became unknown */
		int state;
	} rows[] = {
	    {0, 0, MESSAGE_CLAIMED},
	    {KIND_MESSAGE_CLICKED, 0, MESSAGE_CANCELLED},
	    {KIND_MESSAGE_OPENED, 0, MESSAGE_CANCELLED},
	    {KIND_MESSAGE_VIEWED, 0, MESSAGE_CANCELLED},
	    {KIND_MESSAGE_CLASSIFIED, 0, MESSAGE_CLAIMED},
	    {0, KIND_MESSAGE_CLASSIFIED, MESSAGE_CLAIMED},
	    {0, KIND_MESSAGE_OPENED, MESSAGE_CANCELLED},
	    {0, KIND_MESSAGE_CLICKED, MESSAGE_CANCELLED},
	    {0, KIND_MESSAGE_VIEWED, MESSAGE_CANCELLED},
	    {0, KIND_MESSAGE_ANSWERED, MESSAGE_CANCELLED},
	    {0, KIND_MESSAGE_OBJECTED, MESSAGE_CANCELLED},
	    {0, KIND_MESSAGE_REPLIED, MESSAGE_CANCELLED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture *f = *state;
		struct told x;
		struct take t;

		fixture_proforma(f);
		fixture_begin(f, &t);
		x.mref = fixture_message(f)->mref;
		if ((x.kind = rows[i].before) != 0)
			OK(fixture_do(f, run_told, &x, e));
		fixture_end(f, &t, CLAIM_UNCERTAIN);
		if ((x.kind = rows[i].after) != 0)
			OK(fixture_do(f, run_told, &x, e));
		fixture_at("2026-11-03T13:30:00Z");
		OK(fixture_do(f, fixture_run_take, &t, e));
		assert_int_equal(fixture_message(f)->state, rows[i].state);
		if (rows[i].state == MESSAGE_CANCELLED) {
			assert_true(
			    slice_eq_z(fixture_message(f)->reason, "arrived"));
			assert_true(slice_eq_z(
			    fixture_step(f, "i1", "proforma", DUE)->reason,
			    ""));
		}
		claims_free(&f->q, &t.batch);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_a_fetch_of_what_was_refused_is_no_arrival(void **state)
{
	struct fixture *f = *state;
	struct told x = {.kind = KIND_MESSAGE_OPENED};
	struct take t;

	fixture_proforma(f);
	fixture_begin(f, &t);
	x.mref = fixture_message(f)->mref;
	OK(fixture_do(f, run_told, &x, e));
	fixture_end(f, &t, CLAIM_DEFERRED);
	fixture_at("2026-11-03T13:30:00Z");
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_UNCERTAIN);
	fixture_at("2026-11-03T14:30:00Z");
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 1);
	claims_free(&f->q, &t.batch);
}

/* One mail about i1 and i2, whose end is unknown. */
static struct ref
make_uncertain_pair(struct fixture *f)
{
	struct take t;

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_invoice(f, "i2", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at(PROFORMA_TIME);
	fixture_plan(f);
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_UNCERTAIN);
	return fixture_message(f)->mref;
}

/* The old bytes would ask for what is paid; what is still owed goes on in a
 * message of its own, no sooner, and marked. */
static void
test_what_is_left_of_an_uncertain_one_goes_on_marked(void **state)
{
	struct fixture *f = *state;
	struct message *list;
	struct ref old = make_uncertain_pair(f);
	int64_t next = fixture_message(f)->next_us;
	struct take t;

	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 2);
	assert_true(ref_eq(list[1].mref, old));
	assert_int_equal(list[1].state, MESSAGE_CANCELLED);
	assert_int_equal(list[1].uncertain, 1);
	assert_int_equal(list[0].state, MESSAGE_QUEUED);
	assert_int_equal(list[0].uncertain, 1);
	assert_int_equal(list[0].attempts, 0);
	assert_int_equal(list[0].sha256.n, 0);
	assert_int_equal(list[0].next_us, next);
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	fixture_at("2026-11-03T13:30:00Z");
	fixture_begin(f, &t);
	assert_false(ref_eq(t.batch.claims[0].m.mref, old));
	fixture_end(f, &t, CLAIM_ACCEPTED);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_ACCEPTED, &list), 1);
	assert_int_equal(list[0].uncertain, 1);
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_CANCELLED);
	assert_true(
	    slice_eq_z(fixture_step(f, "i2", "proforma", DUE)->reason, ""));
}

/* The link to the one before holds: if that arrived, it told of both. */
static void
test_what_is_left_waits_for_no_more_if_the_first_arrived(void **state)
{
	struct fixture *f = *state;
	struct told x = {KIND_MESSAGE_CLICKED, make_uncertain_pair(f)};
	struct message *list;
	struct take t;

	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	OK(fixture_do(f, run_told, &x, e));
	fixture_at("2026-11-03T13:30:00Z");
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_CANCELLED, &list),
			 2);
	assert_true(slice_eq_z(list[0].reason, "arrived"));
	assert_int_equal(fixture_step(f, "i2", "proforma", DUE)->state,
			 NOTICE_DONE);
	assert_true(
	    slice_eq_z(fixture_step(f, "i2", "proforma", DUE)->reason, ""));
}

static void
test_a_reopening_sends_what_was_never_tried(void **state)
{
	struct fixture *f = *state;
	struct message *list;

	fixture_proforma(f);
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	fixture_plan(f);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 1);
}

static void
test_a_bad_address_is_suppressed_for_what_waits_too(void **state)
{
	struct fixture *f = *state;
	struct message *list;
	struct take t;

	fixture_proforma(f);
	fixture_invoice(f, "i2", "c1", "2026-11-19", 1, INVOICE_OPEN);
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_FAILED);
	assert_int_equal(fixture_message(f)->state, MESSAGE_FAILED);
	fixture_at("2026-11-04T12:30:00Z");
	fixture_plan(f);
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 1);
	assert_true(
	    slice_eq_z(fixture_step(f, "i2", "proforma", "2026-11-19")->reason,
		       "suppressed"));
}

static void
test_past_its_not_after_it_expires(void **state)
{
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_DEFERRED);
	fixture_at("2026-11-12T12:30:00Z");
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_int_equal(fixture_message(f)->state, MESSAGE_EXPIRED);
	assert_true(slice_eq_z(fixture_step(f, "i1", "proforma", DUE)->reason,
			       "undelivered"));
}

static enum rc
run_recover(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	size_t *counts = arg;

	f->q.instance++;
	return claims_recover(&f->q, db, &counts[0], &counts[1], e);
}

static void
reopen_phases(struct fixture *f)
{
	char path[96];

	phases_close(f->q.phases);
	snprintf(path, sizeof(path), "%s/phases", f->dir);
	OK(phases_open(path, 64, &f->q.phases, e));
}

static void
test_a_death_is_uncertain_past_the_first_byte_alone(void **state)
{
	static const struct {
		bool journaled, going, content;
		int state, uncertain;
	} rows[] = {
	    {false, false, false, MESSAGE_QUEUED, 0},
	    {true, false, false, MESSAGE_DEFERRED, 0},
	    {true, true, false, MESSAGE_DEFERRED, 0},
	    {true, true, true, MESSAGE_UNCERTAIN, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture *f = *state;
		size_t counts[2];
		struct take t;

		fixture_proforma(f);
		OK(fixture_do(f, fixture_run_take, &t, e));
		if (rows[i].journaled)
			OK(fixture_do(f, fixture_run_journal, &t, e));
		if (rows[i].going)
			assert_true(
			    phase_go(f->q.phases, t.batch.claims[0].slot));
		if (rows[i].content)
			phase_content(f->q.phases, t.batch.claims[0].slot);
		reopen_phases(f);
		OK(fixture_do(f, run_recover, counts, e));
		assert_int_equal(counts[0], rows[i].uncertain);
		assert_int_equal(counts[1], 1 - rows[i].uncertain);
		assert_int_equal(fixture_message(f)->state, rows[i].state);
		assert_int_equal(fixture_message(f)->uncertain,
				 rows[i].uncertain);
		fixture_free(state);
		fixture_make(state);
	}
}

/* Held between the claim and the journal, it is not tried, nor counted. */
static void
test_what_is_held_while_composed_is_left_out(void **state)
{
	struct hand_order hold = {.what = HAND_HOLD, .by_message = true};
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	OK(fixture_do(f, fixture_run_take, &t, e));
	hold.mref = fixture_message(f)->mref;
	OK(fixture_do(f, fixture_run_hand, &hold, e));
	OK(fixture_do(f, fixture_run_journal, &t, e));
	assert_true(t.batch.claims[0].dropped);
	assert_int_equal(fixture_message(f)->attempts, 0);
	assert_int_equal(fixture_message(f)->state, MESSAGE_QUEUED);
	assert_true(fixture_message(f)->held);
	claims_free(&f->q, &t.batch);
}

static void
test_an_earlier_instances_claim_is_not_ended(void **state)
{
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	fixture_begin(f, &t);
	f->q.instance++;
	fixture_end(f, &t, CLAIM_ACCEPTED);
	assert_int_equal(fixture_message(f)->state, MESSAGE_CLAIMED);
}

/* Without a place for its phase a payment could not stop it. */
static void
test_none_is_claimed_without_a_phase(void **state)
{
	struct fixture *f = *state;
	struct take t;
	int last = -1, slot;

	fixture_proforma(f);
	while ((slot = phase_claim(f->q.phases, ref_new())) >= 0)
		last = slot;
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_int_equal(fixture_message(f)->state, MESSAGE_QUEUED);
	assert_true(last >= 0);
	phase_free(f->q.phases, last);
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_ACCEPTED);
}

/* Nobody refused it: the steps of retries begin with the first who does. */
static void
test_an_outage_uses_up_no_retries(void **state)
{
	struct fixture *f = *state;
	const struct conf *conf = conf_box_get(f->q.conf);
	struct take t;

	fixture_proforma(f);
	for (int i = 0; i < 3; i++) {
		struct claim_verdict v = {.end = CLAIM_UNTRIED,
					  .verdict = "untried"};

		v.claim = fixture_begin(f, &t);
		assert_int_equal(v.claim->tries, 1);
		OK(fixture_do(f, fixture_run_end, &v, e));
		claims_free(&f->q, &t.batch);
		clock_advance(MINUTE_US);
	}
	assert_int_equal(fixture_message(f)->attempts, 3);
	for (int i = 0; i < 2; i++) {
		struct claim_verdict v = {.end = CLAIM_DEFERRED,
					  .verdict = "retry"};
		int64_t wait;

		v.claim = fixture_begin(f, &t);
		assert_int_equal(v.claim->tries, i + 1);
		OK(fixture_do(f, fixture_run_end, &v, e));
		claims_free(&f->q, &t.batch);
		wait = fixture_message(f)->next_us - clock_wall_us();
		assert_true(wait <= conf->retry_us[i]);
		assert_true(wait > conf->retry_us[i] - MINUTE_US);
		clock_advance(wait + SECOND_US);
	}
	conf_unref(conf);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_an_accepted_message_ends_its_notice),
	    TEST(test_times_are_those_of_the_session),
	    TEST(test_paid_before_data_stops_it),
	    TEST(test_a_stop_that_nothing_tells_waits_a_little),
	    TEST(test_paid_in_flight_is_not_tried_again),
	    TEST(test_a_moved_date_in_flight_ends_the_retry),
	    TEST(test_a_reopening_sends_no_uncertain_one_again),
	    TEST(test_what_arrived_is_not_sent_again),
	    TEST(test_a_fetch_of_what_was_refused_is_no_arrival),
	    TEST(test_what_is_left_of_an_uncertain_one_goes_on_marked),
	    TEST(test_what_is_left_waits_for_no_more_if_the_first_arrived),
	    TEST(test_a_reopening_sends_what_was_never_tried),
	    TEST(test_a_bad_address_is_suppressed_for_what_waits_too),
	    TEST(test_past_its_not_after_it_expires),
	    TEST(test_what_is_held_while_composed_is_left_out),
	    TEST(test_an_earlier_instances_claim_is_not_ended),
	    TEST(test_none_is_claimed_without_a_phase),
	    TEST(test_a_death_is_uncertain_past_the_first_byte_alone),
	    TEST(test_an_outage_uses_up_no_retries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
