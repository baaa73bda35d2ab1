#include "queue/halt.h"

#include "base/clock.h"
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_make, fixture_free)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(test_a_pause_reaches_what_is_claimed),
	    TEST(test_a_held_destination_reaches_what_is_claimed),
	    TEST(test_nothing_is_claimed_of_a_held_destination),
	    TEST(test_a_held_customer_reaches_what_is_claimed),
	    TEST(test_what_got_too_late_in_a_batch_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
