#ifndef QUEUE_PLANNER_H
#define QUEUE_PLANNER_H

#include "queue/queue.h"
#include "queue/state.h"

/* The thread that finds due notices, looks again, and releases them. */
struct planner;

struct planner *planner_start(struct queue *q);
void planner_stop(struct planner *p);

/* One round, in the writer's thread: releases, holds, skips or moves what is
 * due at now, at most limit notices; *more says whether some may be left, and
 * *next_us when the next one falls due. */
enum rc planner_round(struct queue *q, struct db *db, int64_t now_us,
		      size_t limit, bool *more, int64_t *next_us,
		      struct err *e) MUST_USE;

/* Sends a planned or held notice now, whatever its window. */
enum rc planner_send_now(struct queue *q, struct db *db, struct ref notice,
			 struct err *e) MUST_USE;

/* Hold, resume or cancel one notice by hand.  Fails: RC_NOTFOUND, RC_STATE. */
enum rc planner_notice(struct queue *q, struct db *db, struct ref notice,
		       enum notice_event ev, struct slice reason,
		       struct err *e) MUST_USE;

#endif
