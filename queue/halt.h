#ifndef QUEUE_HALT_H
#define QUEUE_HALT_H

#include "queue/queue.h"
#include "store/message.h"

/*
 * What stops more than one message (a pause, a hold, an address or a
 * destination that takes no more), for those that were claimed before:
 * queue->halts counts it, and who sees that changed asks the store again before
 * MAIL and before DATA.  What stops one message goes by its phase.
 */

/* Something of the kind is in the transaction at hand; once that is committed,
 * and before it is answered, it counts.  Thread: writer. */
void halt_note(struct queue *q);

/* It counts at once: for what no transaction tells.  Thread: any. */
void halt_now(struct queue *q);

/* Whether a destination that is blocked for a reason ("policy_block", "ours")
 * stays so until somebody does something. */
bool halt_is_loud(struct slice reason);

/* What keeps a claimed message from beginning. */
enum halt {
	HALT_NONE,
	HALT_ONE,  /* this one: its customer, its address, it is too late */
	HALT_LANE, /* all of its destination */
};

/* Asks once more.  seen: queue->halts when it was claimed; brought up to date
 * where it may go.  *why: "paused", "held", "customer_hold", "suppressed",
 * "not_after", "observe", what a block is for, or "store", where the store
 * cannot be asked; NULL: it may go.  db: a reader without a snapshot.
 * Owns: the arena. */
enum halt halt_ask(struct queue *q, struct db *db, const struct message *m,
		   uint64_t *seen, struct arena *a, const char **why);

#endif
