#ifndef MAILER_LATE_H
#define MAILER_LATE_H

#include "queue/queue.h"

/*
 * What waits past its time ends then, whatever keeps it: a destination that
 * rests or is held, a hold of its own, or another's turn.
 */
struct late {
	int64_t at_us;	  /* clock_wall: when the first one gets too late */
	int64_t looks_us; /* clock_mono: not before */
};

/* Ends what is too late by now_us, and brings *again_us forward to when the
 * next may be.  db: a reader.  Fails: as the store. */
enum rc late_end(struct late *l, struct queue *q, struct db *db, int64_t now_us,
		 int64_t *again_us, struct err *e) MUST_USE;

#endif
