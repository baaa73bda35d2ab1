#ifndef MAILER_WORKER_PRIVATE_H
#define MAILER_WORKER_PRIVATE_H

#include "mailer/history.h"
#include "mailer/pending.h"
#include "mailer/worker.h"

/* A message of a batch. */
struct sending {
	struct claim *claim;
	struct transport_message tm;
	bool ready; /* composed, journaled, without a verdict yet */
	bool asked; /* given to the session at hand */
	bool kept;  /* the session at hand is in its history */
	struct history history;
	/* What stands if no later exchanger says otherwise. */
	struct claim_verdict refused;
	const char *halt; /* why a pause or a hold stopped it */
};

/* A batch with a worker. */
struct run {
	struct worker *w;
	struct job *job;
	const struct brand *brand;
	struct route route;
	struct target *hop;
	bool last_hop;
	struct sending *list;
	size_t n;
	bool answered;	       /* it said something of a message */
	bool accepted;	       /* and that it takes one */
	bool late;	       /* its turn is over */
	bool unheard;	       /* nothing is known of it: we stopped all */
	bool starved;	       /* nor here: this machine lacks something */
	struct slice said;     /* the session's transcript, for histories */
	const char *handshake; /* why the last one with this hop failed */
	const char *halt;      /* why nothing more of the batch may go */
	struct slice told;     /* what its destination rests for, verbatim */
	struct arena shelf;    /* what the store is to keep, until it does */
	struct sbuf scratch;
	struct pending pending;
};

/* What a lane rests for, and what waits of it, where this machine lacks
 * descriptors, memory or ports: no failure of the destination. */
#define WORKER_UNREACHABLE "unreachable"
#define WORKER_PUT_OFF "put_off" /* by a reply to a session as a whole */
#define WORKER_STARVED "starved"
#define WORKER_STARVED_US (10 * SECOND_US)

/* How long its destination rests, if it is to. */
int64_t worker_backoff_us(const struct run *r);

/* Takes in what a verdict on a message says of its destination; changes v where
 * it is the destination's. */
void worker_weigh(struct run *r, enum verdict verdict, struct claim_verdict *v);

/* The same of a last session in which no message was answered. */
void worker_weigh_session(struct run *r);

/* Commits how the destination is: that it rests, or that it went well. */
void worker_rest(struct run *r);

#endif
