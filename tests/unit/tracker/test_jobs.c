#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdatomic.h>

#include "base/thread.h"
#include "tracker/jobs.h"

struct gate {
	struct bell entered, leave;
	_Atomic int done;
	_Atomic int numbers; /* bits of the threads that were seen */
};

static void
wait_at_gate(void *arg)
{
	struct gate *g = arg;

	atomic_fetch_or(&g->numbers, 1 << jobs_self());
	bell_ring(&g->entered);
	(void)bell_wait(&g->leave, -1);
	bell_ring(&g->leave);
	atomic_fetch_add(&g->done, 1);
}

static void
test_full_queue_refuses(void **state)
{
	struct jobs *j = jobs_new(2, 3);
	struct gate g = {.done = 0};
	int put = 0;

	(void)state;
	bell_init(&g.entered);
	bell_init(&g.leave);
	assert_int_equal(jobs_self(), -1);
	assert_int_equal(jobs_put(j, JOBS_FIRST, wait_at_gate, &g), RC_OK);
	assert_true(bell_wait(&g.entered, 10000));
	assert_int_equal(jobs_put(j, JOBS_FIRST, wait_at_gate, &g), RC_OK);
	assert_true(bell_wait(&g.entered, 10000));
	while (jobs_put(j, JOBS_FIRST, wait_at_gate, &g) == RC_OK)
		put++;
	assert_int_equal(put, 3);
	assert_int_equal(jobs_waiting(j), 3);
	assert_int_equal(jobs_put(j, JOBS_FIRST, wait_at_gate, &g), RC_LIMIT);
	bell_ring(&g.leave);
	jobs_free(j);
	assert_int_equal(atomic_load(&g.done), 5);
	assert_int_equal(atomic_load(&g.numbers), 3);
	bell_fini(&g.entered);
	bell_fini(&g.leave);
}

static _Atomic int order_n;
static char order[16];

static void
note_first(void *arg)
{
	(void)arg;
	order[atomic_fetch_add(&order_n, 1)] = 'f';
}

static void
note_other(void *arg)
{
	(void)arg;
	order[atomic_fetch_add(&order_n, 1)] = 'o';
}

/* A flood of visitors takes no room from billing, and is not starved by it. */
static void
test_lanes(void **state)
{
	struct jobs *j = jobs_new(1, 6);
	struct gate g = {.done = 0};

	(void)state;
	bell_init(&g.entered);
	bell_init(&g.leave);
	assert_int_equal(jobs_put(j, JOBS_OTHERS, wait_at_gate, &g), RC_OK);
	assert_true(bell_wait(&g.entered, 10000));
	for (int i = 0; i < 6; i++)
		assert_int_equal(jobs_put(j, JOBS_OTHERS, note_other, NULL),
				 RC_OK);
	assert_int_equal(jobs_put(j, JOBS_OTHERS, note_other, NULL), RC_LIMIT);
	for (int i = 0; i < 6; i++)
		assert_int_equal(jobs_put(j, JOBS_FIRST, note_first, NULL),
				 RC_OK);
	assert_int_equal(jobs_put(j, JOBS_FIRST, note_first, NULL), RC_LIMIT);
	assert_int_equal(jobs_waiting(j), 12);
	bell_ring(&g.leave);
	jobs_free(j);
	assert_string_equal(order, "ffofffofoooo");
	bell_fini(&g.entered);
	bell_fini(&g.leave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_full_queue_refuses),
	    cmocka_unit_test(test_lanes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
