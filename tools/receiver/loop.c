/*
 * 1. A watch or timer that was taken out is never called again, also not in
 *    the round that is under way: an owner has one descriptor, and its own
 *    event is the only one of a round that may free it.
 * 2. heap[1] is the earliest timer; heap[t->place] == t for each armed one.
 */
#include "tools/receiver/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define ROUND 256

struct loop {
	int fd;
	bool stopped;
	struct timer **heap;
	size_t n, cap;
};

struct loop *
loop_new(void)
{
	struct loop *l = MEM_NEW(struct loop);

	l->fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->fd < 0)
		die("epoll_create1 failed");
	return l;
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	close(l->fd);
	free(l->heap);
	free(l);
}

void
loop_watch(struct loop *l, struct watch *w, uint32_t interest)
{
	struct epoll_event ev = {.events = interest, .data.ptr = w};

	if (w->added && w->interest == interest)
		return;
	if (epoll_ctl(l->fd, w->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd,
		      &ev) < 0)
		die("epoll_ctl failed");
	w->added = true;
	w->interest = interest;
}

void
loop_unwatch(struct loop *l, struct watch *w)
{
	if (w->added)
		(void)epoll_ctl(l->fd, EPOLL_CTL_DEL, w->fd, NULL);
	w->added = false;
}

static void
place(struct loop *l, struct timer *t, size_t at)
{
	l->heap[at] = t;
	t->place = at;
}

static void
sift(struct loop *l, struct timer *t, size_t at)
{
	while (at > 1 && l->heap[at / 2]->due_us > t->due_us) {
		place(l, l->heap[at / 2], at);
		at /= 2;
	}
	for (;;) {
		size_t child = at * 2;

		if (child < l->n &&
		    l->heap[child + 1]->due_us < l->heap[child]->due_us)
			child++;
		if (child > l->n || l->heap[child]->due_us >= t->due_us)
			break;
		place(l, l->heap[child], at);
		at = child;
	}
	place(l, t, at);
}

void
loop_timer_set(struct loop *l, struct timer *t, int64_t due_us)
{
	t->due_us = due_us;
	if (t->place == 0) {
		if (l->n + 2 > l->cap) {
			l->cap = l->cap ? l->cap * 2 : 64;
			l->heap = mem_grow(l->heap, l->cap * sizeof(*l->heap));
		}
		place(l, t, ++l->n);
	}
	sift(l, t, t->place);
}

void
loop_timer_clear(struct loop *l, struct timer *t)
{
	size_t at = t->place;
	struct timer *last;

	if (at == 0)
		return;
	t->place = 0;
	last = l->heap[l->n--];
	if (last != t)
		sift(l, last, at);
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
}

static int
time_left_ms(const struct loop *l)
{
	int64_t left_us;

	if (l->n == 0)
		return -1;
	left_us = l->heap[1]->due_us - clock_mono_us();
	if (left_us <= 0)
		return 0;
	return left_us > MINUTE_US ? 60000 : (int)((left_us + 999) / 1000);
}

static void
run_timers(struct loop *l)
{
	int64_t now_us = clock_mono_us();

	while (l->n && l->heap[1]->due_us <= now_us) {
		struct timer *t = l->heap[1];

		loop_timer_clear(l, t);
		t->fire(t);
	}
}

void
loop_run(struct loop *l)
{
	struct epoll_event events[ROUND];

	while (!l->stopped) {
		int n = epoll_wait(l->fd, events, ROUND, time_left_ms(l));

		if (n < 0 && errno != EINTR)
			die("epoll_wait failed");
		for (int i = 0; i < n; i++) {
			struct watch *w = events[i].data.ptr;

			w->ready(w, events[i].events);
		}
		run_timers(l);
	}
}
