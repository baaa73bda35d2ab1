#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"

#define ITEMS 20000

struct shared {
	struct fifo *fifo;
	struct mutex lock;
	struct bell bell;
	size_t taken;
	char name[16];
	bool blocked;
};

static void
look_around(void *arg)
{
	struct shared *s = arg;
	sigset_t mask;

	(void)pthread_getname_np(pthread_self(), s->name, sizeof(s->name));
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	s->blocked = sigismember(&mask, SIGTERM) == 1;
	bell_ring(&s->bell);
}

static void
threads_have_a_name_and_no_signals(void **state)
{
	struct shared s = {0};
	struct thread t;
	sigset_t mask;

	(void)state;
	bell_init(&s.bell);
	thread_start(&t, "a-name-of-more-than-15", look_around, &s);
	assert_true(bell_wait(&s.bell, 10000));
	thread_join(&t);
	assert_string_equal(s.name, "a-name-of-more-");
	assert_true(s.blocked);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGTERM), 0);
	bell_fini(&s.bell);
}

static void
bells(void **state)
{
	struct bell b;
	struct pollfd p = {.events = POLLIN};

	(void)state;
	bell_init(&b);
	p.fd = b.fd;
	assert_false(bell_wait(&b, 0));
	bell_ring(&b);
	bell_ring(&b);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_true(bell_wait(&b, -1));
	assert_false(bell_wait(&b, 1));
	bell_ring(&b);
	bell_clear(&b);
	bell_clear(&b);
	assert_int_equal(poll(&p, 1, 0), 0);
	bell_fini(&b);
}

static void
open_it(void *arg)
{
	latch_open(arg);
}

static void
a_latch_opens_once_and_stays_open(void **state)
{
	struct latch l;
	struct thread t;

	(void)state;
	latch_init(&l, "latch");
	assert_false(latch_wait(&l, 0));
	assert_false(latch_wait(&l, 1));
	thread_start(&t, "opener", open_it, &l);
	assert_true(latch_wait(&l, 10000));
	assert_true(latch_wait(&l, 0));
	thread_join(&t);
	latch_fini(&l);
}

static void
fifos_are_bounded_and_in_order(void **state)
{
	struct fifo *f = fifo_new("test", 2);
	int a, b, c;

	(void)state;
	assert_null(fifo_take(f, 0));
	for (int round = 0; round < 3; round++) {
		assert_int_equal(fifo_put(f, &a), RC_OK);
		assert_int_equal(fifo_put(f, &b), RC_OK);
		assert_int_equal(fifo_put(f, &c), RC_LIMIT);
		assert_int_equal(fifo_count(f), 2);
		assert_ptr_equal(fifo_take(f, -1), &a);
		assert_int_equal(fifo_put(f, &c), RC_OK);
		assert_ptr_equal(fifo_take(f, 5), &b);
		assert_ptr_equal(fifo_take(f, 0), &c);
	}
	assert_int_equal(fifo_put(f, &a), RC_OK);
	fifo_close(f);
	assert_int_equal(fifo_put(f, &b), RC_STATE);
	assert_ptr_equal(fifo_take(f, -1), &a);
	assert_null(fifo_take(f, -1));
	fifo_free(f);
	fifo_free(NULL);
}

static void
take_all(void *arg)
{
	struct shared *s = arg;

	while (fifo_take(s->fifo, -1)) {
		mutex_lock(&s->lock);
		s->taken++;
		mutex_unlock(&s->lock);
	}
}

static void
nothing_is_lost_between_threads(void **state)
{
	struct shared s = {.fifo = fifo_new("test", 16)};
	struct thread takers[3];
	int item;

	(void)state;
	mutex_init(&s.lock, "count");
	for (size_t i = 0; i < 3; i++)
		thread_start(&takers[i], "taker", take_all, &s);
	for (size_t i = 0; i < ITEMS;) {
		if (fifo_put(s.fifo, &item) == RC_OK)
			i++;
		else
			(void)sched_yield();
	}
	fifo_close(s.fifo);
	for (size_t i = 0; i < 3; i++)
		thread_join(&takers[i]);
	assert_int_equal(s.taken, ITEMS);
	mutex_fini(&s.lock);
	fifo_free(s.fifo);
}

static void
waiting_ends_at_its_time(void **state)
{
	struct fifo *f = fifo_new("test", 1);
	int64_t start_us = clock_mono_us();

	(void)state;
	assert_null(fifo_take(f, 20));
	assert_true(clock_mono_us() - start_us >= 19000);
	fifo_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(threads_have_a_name_and_no_signals),
	    cmocka_unit_test(bells),
	    cmocka_unit_test(a_latch_opens_once_and_stays_open),
	    cmocka_unit_test(fifos_are_bounded_and_in_order),
	    cmocka_unit_test(nothing_is_lost_between_threads),
	    cmocka_unit_test(waiting_ends_at_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
