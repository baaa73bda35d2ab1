#include "tests/unit/queue/fixture.h"

#include "base/clock.h"
#include "queue/hand.h"
#include "queue/happenings.h"
#include "queue/outbox.h"
#include "queue/state.h"
#include "store/message.h"
#include "store/notice.h"

#define DUE "2026-11-18"		     /* a Wednesday */
#define PROFORMA_TIME "2026-11-03T12:30:00Z" /* its opening */

/* ---- operations ---- */

struct take {
	struct claim_batch batch;
	size_t limit;
};

static enum rc
run_take(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct take *t = arg;
	struct message *list;
	size_t n = fixture_messages(f, "c1", -1, &list);

	if (n == 0)
		return err_set(e, RC_NOTFOUND, "no message");
	return claims_take(&f->q, db, list[0].lane, clock_wall_us(), 10, &f->a,
			   &t->batch, e);
}

static enum rc
run_journal(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return claims_journal(&f->q, db, &((struct take *)arg)->batch,
			      SLICE(""), e);
}

static enum rc
run_end(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return claims_end(&f->q, db, arg, 1, e);
}

static enum rc
run_hand(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct hand_result out;

	return hand_apply(&f->q, db, arg, &f->a, &out, e);
}

/* Claims and journals the one message that waits. */
static struct claim *
begin(struct fixture *f, struct take *t)
{
	OK(fixture_do(f, run_take, t, e));
	assert_int_equal(t->batch.n, 1);
	OK(fixture_do(f, run_journal, t, e));
	return &t->batch.claims[0];
}

static void
end(struct fixture *f, struct take *t, enum claim_end how)
{
	struct claim_verdict v = {.claim = &t->batch.claims[0],
				  .end = how,
				  .verdict = "a test's",
				  .wait_us = SECOND_US,
				  .facts = FACT_MX_ACCEPTED,
				  .suppress = how == CLAIM_FAILED};

	OK(fixture_do(f, run_end, &v, e));
	claims_free(&f->q, &t->batch);
}

static struct message *
only_message(struct fixture *f)
{
	struct message *list;

	assert_int_equal(fixture_messages(f, "c1", -1, &list), 1);
	return &list[0];
}

/* A proforma of invoice i1 that waits. */
static void
make_one(struct fixture *f)
{
	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at(PROFORMA_TIME);
	fixture_plan(f);
	assert_int_equal(only_message(f)->state, MESSAGE_QUEUED);
}

/* ---- tests ---- */

static void
test_an_accepted_message_ends_its_notice(void **state)
{
	struct fixture *f = *state;
	struct take t;

	make_one(f);
	begin(f, &t);
	assert_int_equal(only_message(f)->state, MESSAGE_CLAIMED);
	end(f, &t, CLAIM_ACCEPTED);
	assert_int_equal(only_message(f)->state, MESSAGE_ACCEPTED);
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_DONE);
	OK(fixture_do(f, run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
}

static void
test_paid_before_data_stops_it(void **state)
{
	struct fixture *f = *state;
	struct put paid;
	struct take t;
	struct claim *c;

	make_one(f);
	c = begin(f, &t);
	paid = fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	assert_int_equal(paid.result.in_flight.n, 0);
	assert_false(phase_go(f->q.phases, c->slot));
	end(f, &t, CLAIM_STOPPED);
	assert_int_equal(only_message(f)->state, MESSAGE_CANCELLED);
}

/* A stop whose transaction was rolled back leaves the row as it was. */
static void
test_a_stop_that_nothing_tells_waits_a_little(void **state)
{
	struct fixture *f = *state;
	struct take t;

	make_one(f);
	begin(f, &t);
	assert_true(phase_stop(f->q.phases, only_message(f)->mref));
	end(f, &t, CLAIM_STOPPED);
	assert_int_equal(only_message(f)->state, MESSAGE_DEFERRED);
	assert_true(only_message(f)->next_us > clock_wall_us());
	OK(fixture_do(f, run_take, &t, e));
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

		make_one(f);
		c = begin(f, &t);
		assert_true(phase_go(f->q.phases, c->slot));
		paid = fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
		assert_int_equal(paid.result.in_flight.n, 1);
		end(f, &t, ends[i]);
		fixture_at("2026-11-03T13:30:00Z");
		OK(fixture_do(f, run_take, &t, e));
		assert_int_equal(t.batch.n, 0);
		assert_int_equal(only_message(f)->state, MESSAGE_CANCELLED);
		assert_true(slice_eq_z(only_message(f)->reason, "paid"));
		assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
				 NOTICE_CANCELLED);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_a_dispute_in_flight_holds_the_retry(void **state)
{
	struct fixture *f = *state;
	struct take t;

	make_one(f);
	assert_true(phase_go(f->q.phases, begin(f, &t)->slot));
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_DISPUTED);
	end(f, &t, CLAIM_DEFERRED);
	fixture_at("2026-11-03T13:30:00Z");
	OK(fixture_do(f, run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_true(only_message(f)->held);
	assert_int_equal(only_message(f)->state, MESSAGE_DEFERRED);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	OK(fixture_do(f, run_take, &t, e));
	assert_int_equal(t.batch.n, 1);
	claims_free(&f->q, &t.batch);
}

/* The worker's end tells its own reason, and leaves the hold's. */
static void
test_a_dispute_of_a_claimed_one_ends_with_the_dispute(void **state)
{
	static const enum claim_end ends[] = {CLAIM_STOPPED, CLAIM_UNTRIED,
					      CLAIM_DEFERRED, CLAIM_UNCERTAIN};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct fixture *f = *state;
		struct take t;

		make_one(f);
		begin(f, &t);
		fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_DISPUTED);
		assert_false(phase_go(f->q.phases, t.batch.claims[0].slot));
		end(f, &t, ends[i]);
		assert_true(only_message(f)->held);
		assert_true(slice_eq_z(only_message(f)->reason, "disputed"));
		fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
		assert_false(only_message(f)->held);
		fixture_at("2026-11-03T13:30:00Z");
		OK(fixture_do(f, run_take, &t, e));
		assert_int_equal(t.batch.n, 1);
		claims_free(&f->q, &t.batch);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_a_persons_hold_keeps_its_reason(void **state)
{
	static const enum claim_end ends[] = {CLAIM_STOPPED, CLAIM_DEFERRED,
					      CLAIM_UNCERTAIN, CLAIM_UNFIT};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct hand_order hold = {.what = HAND_HOLD,
					  .by_message = true,
					  .reason = SLICE("a call")};
		struct fixture *f = *state;
		struct take t;

		make_one(f);
		begin(f, &t);
		hold.mref = only_message(f)->mref;
		OK(fixture_do(f, run_hand, &hold, e));
		end(f, &t, ends[i]);
		assert_true(only_message(f)->held);
		assert_true(
		    slice_eq_z(only_message(f)->reason, "by hand: a call"));
		fixture_free(state);
		fixture_make(state);
	}
}

/* A nightly PUT is no order to let go of what an operator looks at. */
static void
test_billing_lets_go_of_its_own_holds_alone(void **state)
{
	static const enum claim_end ends[] = {CLAIM_UNFIT, CLAIM_STOPPED};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct hand_order hold = {.what = HAND_HOLD,
					  .by_message = true};
		struct fixture *f = *state;
		struct take t;

		make_one(f);
		begin(f, &t);
		hold.mref = only_message(f)->mref;
		if (ends[i] == CLAIM_STOPPED)
			OK(fixture_do(f, run_hand, &hold, e));
		end(f, &t, ends[i]);
		assert_true(only_message(f)->held);
		fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_OPEN);
		assert_true(only_message(f)->held);
		fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_DISPUTED);
		fixture_invoice(f, "i1", "c1", DUE, 4, INVOICE_OPEN);
		assert_true(only_message(f)->held);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_a_moved_date_in_flight_ends_the_retry(void **state)
{
	struct fixture *f = *state;
	struct take t;

	make_one(f);
	assert_true(phase_go(f->q.phases, begin(f, &t)->slot));
	fixture_invoice(f, "i1", "c1", "2026-12-18", 2, INVOICE_OPEN);
	end(f, &t, CLAIM_DEFERRED);
	fixture_at("2026-11-03T13:30:00Z");
	OK(fixture_do(f, run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_true(slice_eq_z(only_message(f)->reason, "superseded"));
}

/* It may have arrived: a reopening revives the step, and sends nothing. */
static void
test_a_reopening_sends_no_uncertain_one_again(void **state)
{
	struct fixture *f = *state;
	struct take t;

	make_one(f);
	begin(f, &t);
	end(f, &t, CLAIM_UNCERTAIN);
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	assert_int_equal(only_message(f)->state, MESSAGE_CANCELLED);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	fixture_plan(f);
	assert_int_equal(only_message(f)->uncertain, 1);
	assert_int_equal(only_message(f)->state, MESSAGE_CANCELLED);
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

		make_one(f);
		begin(f, &t);
		x.mref = only_message(f)->mref;
		if ((x.kind = rows[i].before) != 0)
			OK(fixture_do(f, run_told, &x, e));
		end(f, &t, CLAIM_UNCERTAIN);
		if ((x.kind = rows[i].after) != 0)
			OK(fixture_do(f, run_told, &x, e));
		fixture_at("2026-11-03T13:30:00Z");
		OK(fixture_do(f, run_take, &t, e));
		assert_int_equal(only_message(f)->state, rows[i].state);
		if (rows[i].state == MESSAGE_CANCELLED) {
			assert_true(
			    slice_eq_z(only_message(f)->reason, "arrived"));
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

	make_one(f);
	begin(f, &t);
	x.mref = only_message(f)->mref;
	OK(fixture_do(f, run_told, &x, e));
	end(f, &t, CLAIM_DEFERRED);
	fixture_at("2026-11-03T13:30:00Z");
	begin(f, &t);
	end(f, &t, CLAIM_UNCERTAIN);
	fixture_at("2026-11-03T14:30:00Z");
	OK(fixture_do(f, run_take, &t, e));
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
	begin(f, &t);
	end(f, &t, CLAIM_UNCERTAIN);
	return only_message(f)->mref;
}

/* The old bytes would ask for what is paid; what is still owed goes on in a
 * message of its own, no sooner, and marked. */
static void
test_what_is_left_of_an_uncertain_one_goes_on_marked(void **state)
{
	struct fixture *f = *state;
	struct message *list;
	struct ref old = make_uncertain_pair(f);
	int64_t next = only_message(f)->next_us;
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
	OK(fixture_do(f, run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	fixture_at("2026-11-03T13:30:00Z");
	begin(f, &t);
	assert_false(ref_eq(t.batch.claims[0].m.mref, old));
	end(f, &t, CLAIM_ACCEPTED);
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
	OK(fixture_do(f, run_take, &t, e));
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

	make_one(f);
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

	make_one(f);
	fixture_invoice(f, "i2", "c1", "2026-11-19", 1, INVOICE_OPEN);
	begin(f, &t);
	end(f, &t, CLAIM_FAILED);
	assert_int_equal(only_message(f)->state, MESSAGE_FAILED);
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

	make_one(f);
	begin(f, &t);
	end(f, &t, CLAIM_DEFERRED);
	fixture_at("2026-11-12T12:30:00Z");
	OK(fixture_do(f, run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_int_equal(only_message(f)->state, MESSAGE_EXPIRED);
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

		make_one(f);
		OK(fixture_do(f, run_take, &t, e));
		if (rows[i].journaled)
			OK(fixture_do(f, run_journal, &t, e));
		if (rows[i].going)
			assert_true(
			    phase_go(f->q.phases, t.batch.claims[0].slot));
		if (rows[i].content)
			phase_content(f->q.phases, t.batch.claims[0].slot);
		reopen_phases(f);
		OK(fixture_do(f, run_recover, counts, e));
		assert_int_equal(counts[0], rows[i].uncertain);
		assert_int_equal(counts[1], 1 - rows[i].uncertain);
		assert_int_equal(only_message(f)->state, rows[i].state);
		assert_int_equal(only_message(f)->uncertain, rows[i].uncertain);
		fixture_free(state);
		fixture_make(state);
	}
}

/* An invoice of a policy that a reload then takes away; its proforma waits. */
static struct put
make_one_of_a_lost_policy(struct fixture *f)
{
	struct put p = {.id = "i1",
			.customer = "c1",
			.due = DUE,
			.policy = "other",
			.rev = 1,
			.status = INVOICE_OPEN};

	fixture_policies(f, true);
	fixture_customer(f, "c1");
	OK(fixture_put(f, &p, e));
	fixture_at(PROFORMA_TIME);
	fixture_plan(f);
	assert_int_equal(only_message(f)->state, MESSAGE_QUEUED);
	return p;
}

static enum rc
run_payment(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	static const uint8_t hash[32];
	struct happening h = {.id = SLICE("e1"),
			      .type = SLICE("payment.received"),
			      .customer = SLICE("c1"),
			      .invoice = SLICE("i1"),
			      .data = SLICE("{}"),
			      .balance = {0, "ARS"},
			      .retry_on = DATE_NONE};
	struct notice *made;
	size_t n;

	return happenings_post(&f->q, db, &h, hash, &f->a, &made, &n, arg, e);
}

/* What stops an invoice, with its policy gone: by an event, or by a PUT. */
static enum rc
stop_by(struct fixture *f, struct put *p, int how, struct in_flight *in_flight)
{
	if (how < 0)
		return fixture_do(f, run_payment, in_flight, &fixture_error);
	p->rev++;
	p->status = how;
	return fixture_put(f, p, &fixture_error);
}

static void
test_a_payment_needs_no_policy(void **state)
{
	static const int ways[] = {-1, INVOICE_PAID, INVOICE_CANCELLED,
				   INVOICE_REFUNDED};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct fixture *f = *state;
		struct put p = make_one_of_a_lost_policy(f);
		struct in_flight in_flight;

		fixture_policies(f, false);
		assert_int_equal(stop_by(f, &p, ways[i], &in_flight), RC_OK);
		assert_int_equal(only_message(f)->state, MESSAGE_CANCELLED);
		assert_int_equal(
		    fixture_step(f, "i1", "reminder-1", DUE)->state,
		    NOTICE_CANCELLED);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_a_policy_lost_in_flight_stops_the_retry(void **state)
{
	static const int ways[] = {-1, INVOICE_PAID, INVOICE_CANCELLED,
				   INVOICE_DISPUTED};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct fixture *f = *state;
		struct put p = make_one_of_a_lost_policy(f);
		struct in_flight in_flight;
		struct take t;

		assert_true(phase_go(f->q.phases, begin(f, &t)->slot));
		fixture_policies(f, false);
		assert_int_equal(stop_by(f, &p, ways[i], &in_flight), RC_OK);
		end(f, &t, CLAIM_DEFERRED);
		fixture_at("2026-11-03T13:30:00Z");
		OK(fixture_do(f, run_take, &t, e));
		assert_int_equal(t.batch.n, 0);
		if (ways[i] == INVOICE_DISPUTED)
			assert_true(only_message(f)->held);
		else
			assert_int_equal(only_message(f)->state,
					 MESSAGE_CANCELLED);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_without_its_policy_nothing_new_is_planned(void **state)
{
	struct fixture *f = *state;
	struct put p = make_one_of_a_lost_policy(f);

	fixture_policies(f, false);
	p.rev = 2;
	p.status = INVOICE_DISPUTED;
	OK(fixture_put(f, &p, e));
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_HELD);
	assert_true(only_message(f)->held);
	p.rev = 3;
	p.status = INVOICE_OPEN;
	OK(fixture_put(f, &p, e));
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_PLANNED);
	assert_false(only_message(f)->held);
	p.rev = 4;
	p.due = "2026-12-18";
	assert_int_equal(fixture_put(f, &p, &fixture_error), RC_INVALID);
	assert_string_equal(fixture_error.pointer, "/policy");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_an_accepted_message_ends_its_notice),
	    TEST(test_paid_before_data_stops_it),
	    TEST(test_a_stop_that_nothing_tells_waits_a_little),
	    TEST(test_paid_in_flight_is_not_tried_again),
	    TEST(test_a_dispute_in_flight_holds_the_retry),
	    TEST(test_a_dispute_of_a_claimed_one_ends_with_the_dispute),
	    TEST(test_a_persons_hold_keeps_its_reason),
	    TEST(test_billing_lets_go_of_its_own_holds_alone),
	    TEST(test_a_moved_date_in_flight_ends_the_retry),
	    TEST(test_a_reopening_sends_no_uncertain_one_again),
	    TEST(test_what_arrived_is_not_sent_again),
	    TEST(test_a_fetch_of_what_was_refused_is_no_arrival),
	    TEST(test_what_is_left_of_an_uncertain_one_goes_on_marked),
	    TEST(test_what_is_left_waits_for_no_more_if_the_first_arrived),
	    TEST(test_a_reopening_sends_what_was_never_tried),
	    TEST(test_a_bad_address_is_suppressed_for_what_waits_too),
	    TEST(test_past_its_not_after_it_expires),
	    TEST(test_a_death_is_uncertain_past_the_first_byte_alone),
	    TEST(test_a_payment_needs_no_policy),
	    TEST(test_a_policy_lost_in_flight_stops_the_retry),
	    TEST(test_without_its_policy_nothing_new_is_planned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
