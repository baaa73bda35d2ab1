#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <stdatomic.h>

#include "base/thread.h"
#include "conf/conf.h"
#include "queue/phase.h"
#include "store/writer.h"

/* What the parts of queue/ share; made by server/ before the threads. */
struct queue {
	struct conf_box *conf;
	struct writer *writer;
	struct phases *phases;
	int64_t instance;	/* of this process: meta "instance" */
	uint8_t secret[32];	/* keys/suppression: hashes of addresses */
	struct bell plan;	/* a notice may be due */
	struct bell mail;	/* a message may be due */
	_Atomic uint64_t halts; /* pauses and holds so far: queue/halt.h */
	_Atomic uint64_t urges; /* by hand: try now, whatever rests */
	_Atomic uint64_t calls; /* transactions that rang mail */
	/* of the transaction at hand: what to tell and ring after it */
	bool halt_noted, urge_noted, wake_planner, wake_mailer;
};

/* A notice, or a message, may be due once the transaction at hand is committed:
 * who was woken before would not see it.  Thread: writer. */
void queue_wake_planner(struct queue *q);
void queue_wake_mailer(struct queue *q);

/* Counts the halts and urges of the transactions so far, and rings for what
 * they woke; for writer_on_commit(). */
void queue_committed(void *queue);

/* Hash under which an address is kept when it is suppressed: folded to lower
 * case, its domain as A-labels, keyed. */
void queue_address_hash(const struct queue *q, struct slice address,
			uint8_t out[32]);
/* The one of earlier versions, whose domain was as it was written. */
void queue_address_hash_old(const struct queue *q, struct slice address,
			    uint8_t out[32]);

/* The domain of a mailbox, as lower-case A-labels. */
struct slice queue_domain(struct slice address, struct arena *a);

/* Sending is paused by hand or by an alarm (meta "paused": the reason); kept
 * over a restart.  RC_NOTFOUND when it is not; the reason goes to out. */
enum rc queue_paused(struct db *db, struct sbuf *out, struct err *e) MUST_USE;
/* Who paused it last ("" : the program itself), and when (0: not known). */
enum rc queue_paused_by(struct db *db, struct sbuf *by, int64_t *at_us,
			struct err *e) MUST_USE;
/* Whether the program itself paused it, for something that it doubts. */
enum rc queue_paused_itself(struct db *db, bool *out, struct err *e) MUST_USE;
/* Pauses, appending the event.  No change when it is paused already.  by: who
 * asks; "" : the program itself. */
enum rc queue_pause(struct queue *q, struct db *db, struct slice reason,
		    struct slice by, struct err *e) MUST_USE;
/* After a pause for a blast, a person's word holds for an hour: see
 * queue_blast_allowed(). */
enum rc queue_resume(struct queue *q, struct db *db, struct slice by,
		     struct err *e) MUST_USE;

/* The reason of a pause because too much would go at once. */
extern const char queue_blast_reason[];

/* True while somebody has looked at it and let it go on. */
enum rc queue_blast_allowed(struct db *db, int64_t now_us, bool *out,
			    struct err *e) MUST_USE;

#endif
