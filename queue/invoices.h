#ifndef QUEUE_INVOICES_H
#define QUEUE_INVOICES_H

#include "queue/outbox.h"
#include "store/invoice.h"

/* What billing tells of an invoice, and what that does to its notices.  All in
 * the writer's thread, one transaction a call. */

struct invoice_result {
	bool created;
	int64_t version;
	struct in_flight in_flight;
};

/* Stores an invoice and brings its notices in line with it: plans, replans,
 * stops, holds, resumes, revives.  i->ref, version, policy_version and times
 * are set here.  Fails: RC_STATE (stale rev), RC_INVALID (unknown customer or
 * policy, other customer's invoice; pointer set). */
enum rc invoices_put(struct queue *q, struct db *db, struct invoice *i,
		     struct arena *a, struct invoice_result *out,
		     struct err *e) MUST_USE;

/* The same for a stored invoice after something about it changed (payment,
 * failed charge); why goes into invoice.changed.  It needs no policy in the
 * configuration, nor does a PUT that pays, cancels or disputes. */
enum rc invoices_refresh(struct queue *q, struct db *db, struct invoice *i,
			 struct slice why, struct arena *a,
			 struct invoice_result *out, struct err *e) MUST_USE;

/* Looks again at the invoices of a message before it is tried: a payment, a
 * dispute or another due date may have come while nothing could stop it.  Takes
 * out what may not go; *go: it may go as it is.  m is claimed, and nothing of
 * it has begun. */
enum rc invoices_review(struct queue *q, struct db *db, struct message *m,
			struct arena *a, bool *go, struct err *e) MUST_USE;

/* True when it asks for money: open, with a balance over the minimum of p
 * (which may be NULL: any). */
bool invoice_owed(const struct policy *p, const struct invoice *i);

/* A charge will be tried and none has failed. */
bool invoice_auto_renew_ok(const struct invoice *i);

#endif
