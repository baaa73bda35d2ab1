#ifndef QUEUE_CLOCK_WATCH_H
#define QUEUE_CLOCK_WATCH_H

#include "queue/queue.h"

/*
 * A wall clock that is wrong would release, or skip, what is not due: sending
 * is paused, for a person to look, where it leaps away from the monotonic one,
 * and at a start where it is far from when the server last ran.  A fast clock
 * is never wrong.
 */

/* At a start, before anything is sent or planned: an hour before what was last
 * seen, or days after.  Thread: writer. */
enum rc clock_watch_begin(struct queue *q, struct db *db, int64_t now_us,
			  struct err *e) MUST_USE;

struct clock_watch {
	int64_t wall_us, mono_us;
	int64_t seen_us; /* wall clock; when it was put on record */
};

/* Looks at the clock as it is now, each second or so; the first time there is
 * nothing to compare with.  Thread: the planner's. */
void clock_watch_look(struct clock_watch *c, struct queue *q);

#endif
