#ifndef QUEUE_HALT_H
#define QUEUE_HALT_H

#include "queue/queue.h"
#include "store/message.h"

/*
 * Pauses and holds of more than one message, for those that were claimed
 * before: queue->halts counts them, and who sees it changed asks the store
 * again before DATA.  What stops one message goes by its phase.
 */

/* A pause or a hold is in the transaction at hand; once that is committed, and
 * before it is answered, it counts.  Thread: writer. */
void halt_note(struct queue *q);

/* It counts at once: for what no transaction tells.  Thread: any. */
void halt_now(struct queue *q);

/* What keeps a claimed message from beginning DATA. */
enum halt {
	HALT_NONE,
	HALT_ONE,  /* this one: its customer is held, it is too late */
	HALT_LANE, /* all of its destination */
};

/* Asks once more.  seen: queue->halts when it was claimed; brought up to date
 * where it may go.  *why: "paused", "held", "customer_hold", "not_after",
 * "observe" or "store", where the store cannot be asked; NULL: it may go.  db:
 * a reader without a snapshot. */
enum halt halt_ask(struct queue *q, struct db *db, const struct message *m,
		   uint64_t *seen, struct arena *a, const char **why);

#endif
