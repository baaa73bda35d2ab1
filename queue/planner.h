#ifndef QUEUE_PLANNER_H
#define QUEUE_PLANNER_H

#include "queue/queue.h"
#include "queue/state.h"

/* The thread that finds due notices, looks again, and releases them. */
struct planner;

/* Starts it.  Owns: the caller, planner_stop(). */
struct planner *planner_start(struct queue *q);
/* Ends it after the round at hand; NULL does nothing. */
void planner_stop(struct planner *p);

/* One round, in the writer's thread: releases, holds, skips or moves what is
 * due at now, at most limit notices; *more says whether some may be left, and
 * *next_us when the next one falls due. */
enum rc planner_round(struct queue *q, struct db *db, int64_t now_us,
		      size_t limit, bool *more, int64_t *next_us,
		      struct err *e) MUST_USE;

/* Releases a notice that was just made, where it is due and sending is on; else
 * it waits for its round. */
enum rc planner_release(struct queue *q, struct db *db, struct ref notice,
			struct err *e) MUST_USE;

/* What a person asks of one notice. */
struct planner_order {
	struct ref notice;
	enum notice_event ev; /* hold, resume or cancel */
	struct slice reason;  /* "" : by hand */
	struct slice by;      /* who asks; in the event */
};

/* Sends a planned or held notice now, whatever its window, or once more one
 * that ended and that no server took; ev is not looked at.
 * Fails: RC_NOTFOUND, RC_STATE (it was taken, or may have been; or it would end
 * as it did). */
enum rc planner_send_now(struct queue *q, struct db *db,
			 const struct planner_order *order,
			 struct err *e) MUST_USE;

/* Hold, resume or cancel one notice by hand; a released one is cancelled while
 * none of its messages has begun.  Fails: RC_NOTFOUND, RC_STATE. */
enum rc planner_notice(struct queue *q, struct db *db,
		       const struct planner_order *order,
		       struct err *e) MUST_USE;

#endif
