#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "mailer/pace.h"

static const struct route_limits limits = {3, 0, 50};

static size_t
may(struct pace *p, int64_t lane)
{
	int64_t again = INT64_MAX;

	return pace_allowance(p, &limits, lane, &again);
}

static void
test_slow_start_and_its_end(void **state)
{
	static const struct pace_end well = {.well = true},
				     slow = {.well = true, .slow = true},
				     deferred = {.deferred = 3},
				     failed = {.block_us = MINUTE_US};
	struct paces *paces = paces_new();
	struct pace *p = pace_find(paces, "d.example");
	struct lane lane = {.id = 1};

	(void)state;
	assert_ptr_equal(p, pace_find(paces, "d.example"));
	assert_int_equal(pace_trust(p, &lane), TRUST_UNKNOWN);
	assert_int_equal(may(p, 1), 50);
	pace_begin(p, 50);
	assert_int_equal(may(p, 1), 0);
	pace_done(p, 1, &well);
	assert_int_equal(pace_trust(p, &lane), TRUST_PROVED);
	pace_begin(p, 50);
	assert_int_equal(may(p, 1), 50);
	pace_begin(p, 50);
	/* A batch of nothing but deferrals proves nothing. */
	pace_done(p, 1, &deferred);
	assert_int_equal(p->proved, 1);
	assert_int_equal(p->deferred, 3);
	pace_done(p, 1, &well);
	pace_done(p, 1, &well) /* of one that began before */;
	p->connections = 3;
	assert_int_equal(may(p, 1), 0);
	pace_done(p, 1, &slow);
	assert_int_equal(pace_trust(p, &lane), TRUST_SLOW);
	pace_done(p, 1, &well);
	assert_int_equal(pace_trust(p, &lane), TRUST_PROVED);
	pace_done(p, 1, &failed);
	assert_int_equal(p->proved, 0);
	assert_int_equal(pace_trust(p, &lane), TRUST_FAILED);
	p->connections = 0;
	lane.failures = 1;
	p->failed = false;
	assert_int_equal(pace_trust(p, &lane), TRUST_FAILED);
	paces_sweep(paces);
	paces_free(paces);
}

/* Where a relay fails, one lane asks again, and the others wait. */
static void
test_a_hop_rests_for_all(void **state)
{
	static const struct pace_end failed = {.block_us = HOUR_US,
					       .together = true},
				     alone = {.block_us = HOUR_US},
				     well = {.well = true};
	struct paces *paces = paces_new();
	struct pace *p = pace_find(paces, "relay/out");
	int64_t again = INT64_MAX;

	(void)state;
	pace_begin(p, 1);
	pace_done(p, 7, &failed);
	assert_int_equal(may(p, 8), 0);
	assert_int_equal(pace_allowance(p, &limits, 8, &again), 0);
	assert_true(again < clock_wall_us() + 16 * MINUTE_US);
	assert_int_equal(may(p, 7), 50);
	pace_begin(p, 1);
	pace_done(p, 7, &well);
	assert_int_equal(may(p, 8), 50);
	pace_begin(p, 1);
	pace_done(p, 7, &failed);
	paces_wake(paces);
	assert_int_equal(may(p, 8), 50);
	pace_begin(p, 1);
	pace_done(p, 7, &alone);
	assert_int_equal(may(p, 8), 50);
	paces_free(paces);
}

/* Who took some, and then wants a rest, is not dead. */
static void
test_a_rest_is_no_failure(void **state)
{
	static const struct pace_end rest = {.well = true,
					     .block_us = MINUTE_US};
	struct paces *paces = paces_new();
	struct pace *p = pace_find(paces, "d.example");
	struct lane lane = {.id = 1};

	(void)state;
	p->proved = 3;
	pace_begin(p, 1);
	pace_done(p, 1, &rest);
	assert_int_equal(pace_trust(p, &lane), TRUST_UNKNOWN);
	pace_begin(p, 1);
	assert_int_equal(may(p, 1), 0);
	paces_free(paces);
}

static void
test_messages_a_minute(void **state)
{
	static const struct route_limits slow = {3, 60, 50};
	struct paces *paces = paces_new();
	struct pace *p = pace_find(paces, "d.example");
	int64_t again = INT64_MAX;

	(void)state;
	p->proved = 3;
	assert_int_equal(pace_allowance(p, &slow, 1, &again), 50);
	pace_begin(p, 50);
	assert_int_equal(pace_allowance(p, &slow, 1, &again), 10);
	assert_true(again == INT64_MAX);
	pace_begin(p, 10);
	assert_int_equal(pace_allowance(p, &slow, 1, &again), 0);
	assert_true(again <= clock_wall_us() + MINUTE_US);
	paces_free(paces);
}

/* Eight 4xx in a row, but no greylisting, and none since one was taken. */
static void
test_deferrals_in_a_row(void **state)
{
	static const struct claim_verdict later = {.end = CLAIM_DEFERRED,
						   .code = 451},
					  taken = {.end = CLAIM_ACCEPTED,
						   .code = 250};
	struct pace_end end = {.deferred = 6};
	struct target to = {.connect_ms = 40000, .reply_ms = 8000};

	(void)state;
	assert_false(pace_weigh(&end, VERDICT_RETRY, &later));
	assert_false(pace_weigh(&end, VERDICT_RETRY_LATER, &later));
	assert_false(pace_weigh(&end, VERDICT_MAILBOX_FULL, &later));
	assert_true(!end.well && end.deferred == 7);
	assert_true(pace_weigh(&end, VERDICT_RETRY, &later));
	assert_false(pace_weigh(&end, VERDICT_ACCEPTED, &taken));
	assert_true(end.well && end.deferred == 0);
	assert_true(pace_backoff_us(0) == MINUTE_US);
	assert_true(pace_backoff_us(99) == 4 * HOUR_US);
	pace_first_try(&to);
	assert_int_equal(to.connect_ms, 10000);
	assert_int_equal(to.reply_ms, 8000);
	to.connect_ms = 8000;
	pace_first_try(&to);
	assert_int_equal(to.connect_ms, 5000);
}

static void
test_our_fault_is_told_once_an_acceptance(void **state)
{
	struct paces *paces = paces_new();
	struct pace *p = pace_find(paces, "d.example");

	(void)state;
	assert_false(pace_ours(p, true));
	assert_true(pace_ours(p, true));
	assert_true(pace_ours(p, false));
	assert_false(pace_ours(p, true));
	/* It outlives the rest that follows. */
	p->used_us -= 30 * MINUTE_US;
	paces_sweep(paces);
	assert_true(pace_ours(pace_find(paces, "d.example"), true));
	paces_free(paces);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slow_start_and_its_end),
	    cmocka_unit_test(test_a_hop_rests_for_all),
	    cmocka_unit_test(test_a_rest_is_no_failure),
	    cmocka_unit_test(test_messages_a_minute),
	    cmocka_unit_test(test_deferrals_in_a_row),
	    cmocka_unit_test(test_our_fault_is_told_once_an_acceptance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
