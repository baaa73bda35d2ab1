#ifndef RECEIVER_LOOP_H
#define RECEIVER_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One thread, one epoll: descriptors and timers. */
struct loop;

/* A descriptor that is watched; embedded in who owns it. */
struct watch {
	int fd;
	uint32_t interest;
	bool added;
	void (*ready)(struct watch *w, uint32_t events);
};

/* A moment of clock_mono_us(); embedded in who owns it. */
struct timer {
	int64_t due_us;
	size_t place; /* in the heap, from 1; 0: not armed */
	void (*fire)(struct timer *t);
};

#define LOOP_OWNER(ptr, type, member)                                          \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Watches nothing.  Owns: the caller, loop_free(). */
struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Runs until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Sets what w waits for (EPOLLIN, ...); errors and hang-ups always come. */
void loop_watch(struct loop *l, struct watch *w, uint32_t interest);
void loop_unwatch(struct loop *l, struct watch *w);

/* Arms, moves or disarms a timer. */
void loop_timer_set(struct loop *l, struct timer *t, int64_t due_us);
void loop_timer_clear(struct loop *l, struct timer *t);

#endif
