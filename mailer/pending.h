#ifndef MAILER_PENDING_H
#define MAILER_PENDING_H

#include <stdatomic.h>

#include "base/arena.h"
#include "queue/claims.h"

/*
 * Verdicts on their way to the store: many a commit where replies come fast,
 * none later than a fraction of a second where they do not.
 */
struct pending {
	struct queue *queue;
	const atomic_bool *stop; /* end soon: do not wait for the store */
	bool lost; /* it was stopped, and the store failed: no more tries */
	struct err why;
	struct claim_verdict *list;
	size_t n;
	int64_t flushed_us; /* clock_mono_us() */
};

/* None yet.  Owns: the arena; what verdicts point to must outlive it. */
void pending_init(struct pending *p, struct queue *q, const atomic_bool *stop,
		  struct arena *a);

/* Takes a verdict, and commits those that have waited. */
void pending_put(struct pending *p, const struct claim_verdict *v);

/* Notes what came of a try: whether another is worth while at a stop. */
void pending_note(struct pending *p, enum rc rc, const struct err *e);

/* Commits those that have waited; call it now and then while nothing comes. */
void pending_tick(struct pending *p);

/* Commits all, however long the store takes to recover; what it refuses for
 * good goes by claims_release(), and where it refuses that too, or at a stop,
 * the claim keeps its slot, so that the next start resolves it. */
void pending_flush(struct pending *p);

#endif
