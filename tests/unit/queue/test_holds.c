#include "tests/unit/queue/fixture.h"

#include "base/clock.h"
#include "proof/ledger.h"
#include "queue/hand.h"
#include "queue/happenings.h"
#include "store/event.h"

/* The worker's end tells its own reason, and leaves the hold's. */
static void
test_a_dispute_of_a_claimed_one_ends_with_the_dispute(void **state)
{
	static const enum claim_end ends[] = {CLAIM_STOPPED, CLAIM_UNTRIED,
					      CLAIM_DEFERRED, CLAIM_UNCERTAIN};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct fixture *f = *state;
		struct take t;

		fixture_proforma(f);
		fixture_begin(f, &t);
		fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_DISPUTED);
		assert_false(phase_go(f->q.phases, t.batch.claims[0].slot));
		fixture_end(f, &t, ends[i]);
		assert_true(fixture_message(f)->held);
		assert_true(slice_eq_z(fixture_message(f)->reason, "disputed"));
		fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
		assert_false(fixture_message(f)->held);
		fixture_at("2026-11-03T13:30:00Z");
		OK(fixture_do(f, fixture_run_take, &t, e));
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

		fixture_proforma(f);
		fixture_begin(f, &t);
		hold.mref = fixture_message(f)->mref;
		OK(fixture_do(f, fixture_run_hand, &hold, e));
		fixture_end(f, &t, ends[i]);
		assert_true(fixture_message(f)->held);
		assert_true(
		    slice_eq_z(fixture_message(f)->reason, "by hand: a call"));
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

		fixture_proforma(f);
		fixture_begin(f, &t);
		hold.mref = fixture_message(f)->mref;
		if (ends[i] == CLAIM_STOPPED)
			OK(fixture_do(f, fixture_run_hand, &hold, e));
		fixture_end(f, &t, ends[i]);
		assert_true(fixture_message(f)->held);
		fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_OPEN);
		assert_true(fixture_message(f)->held);
		fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_DISPUTED);
		fixture_invoice(f, "i1", "c1", DUE, 4, INVOICE_OPEN);
		assert_true(fixture_message(f)->held);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_a_hold_by_hand_outlives_the_dispute(void **state)
{
	struct hand_order hold = {.what = HAND_HOLD, .by_message = true};
	struct fixture *f = *state;

	fixture_proforma(f);
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_DISPUTED);
	assert_true(fixture_message(f)->held);
	hold.mref = fixture_message(f)->mref;
	OK(fixture_do(f, fixture_run_hand, &hold, e));
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	assert_true(fixture_message(f)->held);
	hold.what = HAND_RESUME;
	OK(fixture_do(f, fixture_run_hand, &hold, e));
	assert_false(fixture_message(f)->held);
}

static void
test_a_dispute_in_flight_holds_the_retry(void **state)
{
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	assert_true(phase_go(f->q.phases, fixture_begin(f, &t)->slot));
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_DISPUTED);
	fixture_end(f, &t, CLAIM_DEFERRED);
	fixture_at("2026-11-03T13:30:00Z");
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_true(fixture_message(f)->held);
	assert_int_equal(fixture_message(f)->state, MESSAGE_DEFERRED);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 1);
	claims_free(&f->q, &t.batch);
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
	assert_int_equal(fixture_message(f)->state, MESSAGE_QUEUED);
	return p;
}

static enum rc
run_payment(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	static const uint8_t hash[32];
	struct happening h = {.id = SLICE("e1"),
			      .type = SLICE_INIT("payment.received"),
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
		assert_int_equal(fixture_message(f)->state, MESSAGE_CANCELLED);
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

		assert_true(phase_go(f->q.phases, fixture_begin(f, &t)->slot));
		fixture_policies(f, false);
		assert_int_equal(stop_by(f, &p, ways[i], &in_flight), RC_OK);
		fixture_end(f, &t, CLAIM_DEFERRED);
		fixture_at("2026-11-03T13:30:00Z");
		OK(fixture_do(f, fixture_run_take, &t, e));
		assert_int_equal(t.batch.n, 0);
		if (ways[i] == INVOICE_DISPUTED)
			assert_true(fixture_message(f)->held);
		else
			assert_int_equal(fixture_message(f)->state,
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
	assert_true(fixture_message(f)->held);
	p.rev = 3;
	p.status = INVOICE_OPEN;
	OK(fixture_put(f, &p, e));
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_PLANNED);
	assert_false(fixture_message(f)->held);
	p.rev = 4;
	p.due = "2026-12-18";
	assert_int_equal(fixture_put(f, &p, &fixture_error), RC_INVALID);
	assert_string_equal(fixture_error.pointer, "/policy");
}

/* All that the program held as its own fault goes on; not what a person holds,
 * or billing. */
static void
test_a_resume_of_all_lets_go_of_what_was_unfit(void **state)
{
	static const struct {
		struct hand_order order;
		bool by_hand, disputed, freed;
	} rows[] = {
	    {{.what = HAND_RESUME, .all = true}, false, false, true},
	    {{.what = HAND_RESUME, .brand = SLICE_INIT("default")},
	     false,
	     false,
	     true},
	    {{.what = HAND_RESUME, .domain = SLICE_INIT("cliente.example")},
	     false,
	     false,
	     true},
	    {{.what = HAND_RESUME, .domain = SLICE_INIT("other.example")},
	     false,
	     false,
	     false},
	    {{.what = HAND_RESUME, .all = true}, true, false, false},
	    {{.what = HAND_RESUME, .all = true}, false, true, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hand_order hold = {.what = HAND_HOLD,
					  .by_message = true};
		struct hand_order order = rows[i].order;
		struct fixture *f = *state;
		struct take t;

		fixture_proforma(f);
		fixture_begin(f, &t);
		hold.mref = fixture_message(f)->mref;
		if (rows[i].by_hand)
			OK(fixture_do(f, fixture_run_hand, &hold, e));
		if (rows[i].disputed)
			fixture_invoice(f, "i1", "c1", DUE, 2,
					INVOICE_DISPUTED);
		fixture_end(f, &t,
			    rows[i].disputed ? CLAIM_STOPPED : CLAIM_UNFIT);
		assert_true(fixture_message(f)->held);
		OK(fixture_do(f, fixture_run_hand, &order, e));
		assert_int_equal(!fixture_message(f)->held, rows[i].freed);
		OK(fixture_do(f, fixture_run_take, &t, e));
		assert_int_equal(t.batch.n, rows[i].freed);
		claims_free(&f->q, &t.batch);
		fixture_free(state);
		fixture_make(state);
	}
}

/* As the mailer does: what the store says is too late. */
static enum rc
run_expire(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	int64_t now = clock_wall_us(), first, *ids;
	size_t n;
	enum rc rc = message_first_late(db, &first, e);

	*(bool *)arg = rc == RC_OK && first < now;
	if (rc == RC_OK)
		rc = message_list_late(db, now, 10, &f->a, &ids, &n, e);
	return rc == RC_OK ? claims_expire(&f->q, db, ids, n, now, e) : rc;
}

static void
expire(struct fixture *f)
{
	bool some;

	OK(fixture_do(f, run_expire, &some, e));
	assert_true(some);
	OK(fixture_do(f, run_expire, &some, e));
	assert_false(some);
}

static int
count_events(struct fixture *f, enum kind kind)
{
	struct customer c;
	struct event *list;
	size_t n;
	int count = 0;

	OK(customer_get(f->db, SLICE("c1"), &f->a, &c, e));
	OK(event_list(f->db, c.ref, &f->a, &list, &n, e));
	for (size_t i = 0; i < n; i++)
		count += list[i].kind == (int)kind;
	return count;
}

/* A message of a step, as it waits. */
static void
make(struct fixture *f, const char *step)
{
	char when[TIME_SIZE];

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	time_format(fixture_step(f, "i1", step, DUE)->release_us, when);
	fixture_at(when);
	fixture_plan(f);
}

static void
test_what_a_person_holds_ends_at_its_time(void **state)
{
	static const char *const steps[] = {"proforma", "pre-suspension"};

	for (int needed = 0; needed < 2; needed++) {
		struct hand_order hold = {.what = HAND_HOLD,
					  .by_message = true,
					  .reason = SLICE("a call")};
		struct fixture *f = *state;

		make(f, steps[needed]);
		hold.mref = fixture_message(f)->mref;
		OK(fixture_do(f, fixture_run_hand, &hold, e));
		clock_advance(6 * DAY_US);
		expire(f);
		assert_int_equal(fixture_message(f)->state, MESSAGE_EXPIRED);
		assert_int_equal(
		    fixture_step(f, "i1", steps[needed], DUE)->state,
		    NOTICE_DONE);
		assert_int_equal(count_events(f, KIND_ALARM_RAISED), needed);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_what_is_unfit_ends_at_its_time(void **state)
{
	struct fixture *f = *state;
	struct take t;

	make(f, "pre-suspension");
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_UNFIT);
	clock_advance(6 * DAY_US);
	expire(f);
	assert_int_equal(fixture_message(f)->state, MESSAGE_EXPIRED);
	assert_int_equal(count_events(f, KIND_ALARM_RAISED), 1);
}

/* The act has not happened, and will not before it was told of. */
static void
test_what_an_act_needs_outlives_a_dispute(void **state)
{
	struct fixture *f = *state;
	struct take t;

	make(f, "pre-suspension");
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_DEFERRED);
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_DISPUTED);
	clock_advance(6 * DAY_US);
	expire(f);
	assert_true(fixture_message(f)->held);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 1);
	claims_free(&f->q, &t.batch);
}

static void
test_what_no_act_needs_ends_in_a_dispute(void **state)
{
	struct fixture *f = *state;

	make(f, "proforma");
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_DISPUTED);
	clock_advance(6 * DAY_US);
	expire(f);
	assert_int_equal(fixture_message(f)->state, MESSAGE_EXPIRED);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	assert_int_equal(fixture_message(f)->state, MESSAGE_EXPIRED);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_dispute_of_a_claimed_one_ends_with_the_dispute),
	    TEST(test_a_persons_hold_keeps_its_reason),
	    TEST(test_billing_lets_go_of_its_own_holds_alone),
	    TEST(test_a_hold_by_hand_outlives_the_dispute),
	    TEST(test_a_dispute_in_flight_holds_the_retry),
	    TEST(test_a_payment_needs_no_policy),
	    TEST(test_a_policy_lost_in_flight_stops_the_retry),
	    TEST(test_without_its_policy_nothing_new_is_planned),
	    TEST(test_a_resume_of_all_lets_go_of_what_was_unfit),
	    TEST(test_what_a_person_holds_ends_at_its_time),
	    TEST(test_what_is_unfit_ends_at_its_time),
	    TEST(test_what_an_act_needs_outlives_a_dispute),
	    TEST(test_what_no_act_needs_ends_in_a_dispute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
