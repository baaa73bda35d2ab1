#ifndef QUEUE_CLAIMS_H
#define QUEUE_CLAIMS_H

#include "queue/queue.h"
#include "store/attempt.h"
#include "store/lane.h"
#include "store/message.h"

/*
 * What a mail worker takes from the queue and gives back.  Each call is one
 * operation in the writer's thread.
 */

/* A claimed message, ready to be sent. */
struct claim {
	struct message m;
	int slot;		/* of queue->phases */
	struct attempt attempt; /* journaled once composed */
	struct slice bytes;	/* filled by the composer, or stored before */
	struct slice packed;	/* by content_pack(), where they are new */
	struct slice anew;	/* why it was composed once more, or "" */
	bool dropped;		/* stopped meanwhile: leave it out */
	int tries; /* attempts in which a server said something, with this */
	int ours;  /* earlier ones whose verdict was our fault */
	uint64_t halts; /* of the queue, then: halt_ask() */
};

struct claim_batch {
	struct lane lane;
	struct claim *claims;
	size_t n;
};

/* Why a message that is due waits on: its customer is held. */
#define CLAIMS_CUSTOMER_HOLD "customer_hold"

/* Takes up to limit due messages of one lane; those that may no longer go
 * (paid, cancelled, past their not-after, held) are ended here with their
 * event.  out->n is 0 where nothing is left, or sending is paused. */
enum rc claims_take(struct queue *q, struct db *db, int64_t lane,
		    int64_t now_us, size_t limit, struct arena *a,
		    struct claim_batch *out, struct err *e) MUST_USE;

/* Stores what was composed, journals the attempts (message.attempted), before
 * a connection is opened.  more: facts of the way, as members of the payload
 * ("\"mode\":\"mx\",\"host\":\"mx1.example\""). */
enum rc claims_journal(struct queue *q, struct db *db,
		       struct claim_batch *batch, struct slice more,
		       struct err *e) MUST_USE;

/* Ends those of the messages that are too late and wait unclaimed, whatever
 * keeps them, with their event; but what an act needs outlives a dispute. */
enum rc claims_expire(struct queue *q, struct db *db, const int64_t *ids,
		      size_t n, int64_t now_us, struct err *e) MUST_USE;

/* What came of one attempt. */
enum claim_end {
	CLAIM_ACCEPTED,
	CLAIM_DEFERRED, /* try again after wait_us (0: the retry table) */
	CLAIM_FAILED,	/* for good */
	CLAIM_UNCERTAIN,
	CLAIM_UNTRIED, /* nothing was said of it: again soon, no attempt */
	CLAIM_PASSED,  /* the same; it keeps its place before who was tried */
	CLAIM_STOPPED, /* stopped by a payment or by hand before its DATA */
	CLAIM_UNFIT,   /* it cannot be composed: held, with an alarm */
};

struct claim_verdict {
	struct claim *claim;
	enum claim_end end;
	const char *verdict; /* "mailbox_full", "policy_block" … */
	bool suppress;	     /* the address is bad: no more to it */
	bool elsewhere;	     /* deferred: tell others meanwhile */
	bool nowhere;	     /* deferred: its domain is not there */
	uint32_t facts;	     /* enum fact, when accepted */
	int64_t wait_us;
	struct slice reply, queue_id, peer, reason;
	struct slice transcript;      /* by content_pack() */
	int64_t started_us, ended_us; /* wall clock; 0: as it is committed */
	int code;
	struct slice more; /* members for the event's payload */
};

/* Commits verdicts: state, event, attempt, suppression, notices settled, lane
 * back-off.  Frees the phase slots (after the commit, by the caller calling
 * claims_free()). */
enum rc claims_end(struct queue *q, struct db *db,
		   const struct claim_verdict *verdicts, size_t n,
		   struct err *e) MUST_USE;
void claims_free(struct queue *q, struct claim_batch *batch);

/* Gives a claim back whose verdict the store refuses for good, as a death
 * would: uncertain where the server took it, or may have, else to be tried
 * again; with an alarm, and without what was said. */
#define CLAIMS_UNRECORDED "unrecorded"
enum rc claims_release(struct queue *q, struct db *db,
		       const struct claim_verdict *v, struct err *e) MUST_USE;

/* At start: resolves claims that earlier instances left, by their phases.
 * Gives how many became uncertain. */
enum rc claims_recover(struct queue *q, struct db *db, size_t *uncertain,
		       size_t *requeued, struct err *e) MUST_USE;

/* Stores a lane's blocked_us, failures, reason and said (back-off by
 * destination); blocked_us 0: it went well, which lifts no block that stands.
 * A loud reason (halt_is_loud()) stops what is claimed of it elsewhere, and
 * raises an alarm, which stands until the lane has accepted a message, or rests
 * for another loud reason.  hop: what it shares with other lanes, a relay, and
 * the alarm with it: one for all; "" : nothing. */
enum rc claims_block_lane(struct queue *q, struct db *db, const struct lane *as,
			  struct slice hop, bool accepted,
			  struct err *e) MUST_USE;

#endif
