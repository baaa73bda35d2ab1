#ifndef QUEUE_HAND_H
#define QUEUE_HAND_H

#include "queue/queue.h"

/* What an operator does to messages that wait, by hand. */
enum hand_what {
	HAND_HOLD,   /* they wait until told, or too late */
	HAND_RESUME, /* they go on */
	HAND_RETRY,  /* now, whatever the back-off */
	HAND_CANCEL, /* they never go */
};

/* To which: one message; those of a brand, of a destination, of both; or all.
 */
struct hand_order {
	enum hand_what what;
	bool by_message, all;
	struct ref mref;
	struct slice brand, domain;
	struct slice reason; /* "" : by hand */
	struct slice by;     /* who asks; in the event */
};

struct hand_result {
	/* messages; of a hold, destinations; of a resume, both together */
	int64_t changed;
	bool more;	   /* a bound was met: ask again for the rest */
	bool lifted;	   /* of a resume: a hold of that name stood */
	int64_t uncertain; /* cancelled, and may have arrived */
	struct slice kept; /* of a retry: what keeps it all the same, or "" */
};

/* Does it, with its event.  A brand or destination that is held stays so for
 * messages to come; all at once is sending paused.  Messages that have begun,
 * or are held one by one, are left by what is not about them alone; but a
 * resume lets go of what was held as our own fault.
 * Fails: RC_NOTFOUND, RC_INVALID (no such brand), RC_STATE (it has ended, or
 * begun, or its invoice is in dispute; or, of a retry, it is held, or all that
 * would go with it).  Thread: writer. */
enum rc hand_apply(struct queue *q, struct db *db,
		   const struct hand_order *order, struct arena *a,
		   struct hand_result *out, struct err *e) MUST_USE;

#endif
