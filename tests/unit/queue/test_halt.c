#include "queue/halt.h"

#include "base/clock.h"
#include "queue/answers.h"
#include "queue/customers.h"
#include "queue/hand.h"
#include "tests/unit/queue/fixture.h"

static enum rc
pause_all(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return queue_pause(&f->q, db, SLICE("look"), SLICE("me"), e);
}

static enum rc
resume_all(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return queue_resume(&f->q, db, SLICE("me"), e);
}

static enum rc
hand(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct hand_order order = {.what = *(enum hand_what *)arg,
				   .domain = SLICE("cliente.example"),
				   .by = SLICE("me")};
	struct hand_result out;

	return hand_apply(&f->q, db, &order, &f->a, &out, e);
}

static enum rc
hold_customer(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return customers_hold(&f->q, db, SLICE("c1"), *(int64_t *)arg,
			      SLICE("court"), SLICE("me"), &f->a, e);
}

static void
must_say(struct fixture *f, struct claim *c, enum halt want, const char *reason)
{
	const char *why;

	assert_int_equal(halt_ask(&f->q, f->db, &c->m, &c->halts, &f->a, &why),
			 want);
	if (reason == NULL)
		assert_null(why);
	else
		assert_string_equal(why, reason);
}

static void
test_a_pause_reaches_what_is_claimed(void **state)
{
	struct fixture *f = *state;
	struct claim *c;
	struct take t;

	fixture_proforma(f);
	c = fixture_begin(f, &t);
	must_say(f, c, HALT_NONE, NULL);
	OK(fixture_do(f, pause_all, NULL, e));
	must_say(f, c, HALT_LANE, "paused");
	must_say(f, c, HALT_LANE, "paused");
	OK(fixture_do(f, resume_all, NULL, e));
	must_say(f, c, HALT_NONE, NULL);
	fixture_end(f, &t, CLAIM_ACCEPTED);
}

static void
test_a_held_destination_reaches_what_is_claimed(void **state)
{
	enum hand_what hold = HAND_HOLD, resume = HAND_RESUME;
	struct fixture *f = *state;
	struct claim *c;
	struct take t;

	fixture_proforma(f);
	c = fixture_begin(f, &t);
	OK(fixture_do(f, hand, &hold, e));
	must_say(f, c, HALT_LANE, "held");
	OK(fixture_do(f, hand, &resume, e));
	must_say(f, c, HALT_NONE, NULL);
	fixture_end(f, &t, CLAIM_ACCEPTED);
}

/* Who looked for ready destinations may have looked before the hold. */
static void
test_nothing_is_claimed_of_a_held_destination(void **state)
{
	enum hand_what hold = HAND_HOLD;
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	OK(fixture_do(f, hand, &hold, e));
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
}

static void
test_a_held_customer_reaches_what_is_claimed(void **state)
{
	int64_t until = INT64_MAX;
	struct fixture *f = *state;
	struct claim *c;
	struct take t;

	fixture_proforma(f);
	c = fixture_begin(f, &t);
	OK(fixture_do(f, hold_customer, &until, e));
	must_say(f, c, HALT_ONE, "customer_hold");
	fixture_end(f, &t, CLAIM_STOPPED);
}

/* What was due meanwhile goes as the hold ends, or at its new end. */
static void
test_a_customers_hold_puts_off_no_longer_than_it_stands(void **state)
{
	int64_t until = INT64_MAX;
	struct fixture *f = *state;
	struct message *m;
	struct take t;

	fixture_proforma(f);
	OK(fixture_do(f, hold_customer, &until, e));
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	m = fixture_message(f);
	assert_true(slice_eq_z(m->reason, "customer_hold"));
	assert_true(m->next_us > clock_wall_us());
	until = clock_wall_us() + MINUTE_US;
	OK(fixture_do(f, hold_customer, &until, e));
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_true(fixture_message(f)->next_us == until);
	until = 0;
	OK(fixture_do(f, hold_customer, &until, e));
	assert_true(slice_eq_z(fixture_message(f)->reason, ""));
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_ACCEPTED);
}

static void
test_what_got_too_late_in_a_batch_ends(void **state)
{
	struct fixture *f = *state;
	struct claim *c;
	struct take t;

	fixture_proforma(f);
	c = fixture_begin(f, &t);
	clock_advance(c->m.not_after_us + SECOND_US - clock_wall_us());
	must_say(f, c, HALT_ONE, "not_after");
	fixture_end(f, &t, CLAIM_STOPPED);
	assert_int_equal(fixture_message(f)->state, MESSAGE_EXPIRED);
}

static enum rc
leave(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return answers_leave(&f->q, db, *(struct ref *)arg, &f->a, e);
}

/* The step is mandatory: it is asked again, and goes on. */
static void
test_who_leaves_has_what_is_claimed_asked_again(void **state)
{
	struct fixture *f = *state;
	struct claim *c;
	struct take t;
	uint64_t before;

	fixture_proforma(f);
	c = fixture_begin(f, &t);
	before = c->halts;
	OK(fixture_do(f, leave, &c->m.mref, e));
	must_say(f, c, HALT_NONE, NULL);
	assert_true(c->halts > before);
	fixture_end(f, &t, CLAIM_ACCEPTED);
}

static enum rc
run_block(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	const struct lane *as = arg;

	return claims_block_lane(&f->q, db, as, SLICE(""), as->blocked_us == 0,
				 e);
}

static void
block(struct fixture *f, int64_t until_us, const char *reason)
{
	struct lane as = {.id = fixture_message(f)->lane,
			  .blocked_us = until_us,
			  .failures = until_us > 0,
			  .reason = slice_z(reason)};

	OK(fixture_do(f, run_block, &as, e));
}

static void
test_a_refusal_of_us_reaches_what_is_claimed(void **state)
{
	struct fixture *f = *state;
	struct claim *c;
	struct take t;

	fixture_proforma(f);
	c = fixture_begin(f, &t);
	block(f, clock_wall_us() + HOUR_US, "policy_block");
	must_say(f, c, HALT_LANE, "policy_block");
	fixture_end(f, &t, CLAIM_STOPPED);
}

/* Another connection to it may be doing well. */
static void
test_a_broken_connection_stops_no_other(void **state)
{
	struct fixture *f = *state;
	struct claim *c;
	struct take t;

	fixture_proforma(f);
	c = fixture_begin(f, &t);
	block(f, clock_wall_us() + HOUR_US, "unreachable");
	halt_now(&f->q);
	must_say(f, c, HALT_NONE, NULL);
	fixture_end(f, &t, CLAIM_ACCEPTED);
}

static void
test_a_block_stands_whoever_ends_well_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct take t;

	fixture_proforma(f);
	block(f, clock_wall_us() + HOUR_US, "policy_block");
	block(f, 0, "");
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	clock_advance(HOUR_US + SECOND_US);
	fixture_begin(f, &t);
	block(f, 0, "");
	assert_int_equal(t.batch.lane.failures, 1);
	fixture_end(f, &t, CLAIM_DEFERRED);
	clock_advance(HOUR_US);
	fixture_begin(f, &t);
	assert_int_equal(t.batch.lane.failures, 0);
	fixture_end(f, &t, CLAIM_ACCEPTED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_make, fixture_free)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(test_a_pause_reaches_what_is_claimed),
	    TEST(test_a_held_destination_reaches_what_is_claimed),
	    TEST(test_nothing_is_claimed_of_a_held_destination),
	    TEST(test_a_held_customer_reaches_what_is_claimed),
	    TEST(test_a_customers_hold_puts_off_no_longer_than_it_stands),
	    TEST(test_what_got_too_late_in_a_batch_ends),
	    TEST(test_who_leaves_has_what_is_claimed_asked_again),
	    TEST(test_a_refusal_of_us_reaches_what_is_claimed),
	    TEST(test_a_broken_connection_stops_no_other),
	    TEST(test_a_block_stands_whoever_ends_well_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
