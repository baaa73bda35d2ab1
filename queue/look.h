#ifndef QUEUE_LOOK_H
#define QUEUE_LOOK_H

#include "queue/queue.h"
#include "store/customer.h"
#include "store/invoice.h"

/*
 * Looking again at notices that are due, in the transaction that releases them.
 */
struct look {
	struct queue *q;
	struct db *db;
	const struct conf *conf;
	struct arena *a;
	int64_t now;
	bool forced;	   /* by hand: whatever its window and caps */
	struct slice more; /* of the release's payload */

	/* of the notice at hand; look_release() fills it in */
	struct customer customer;
	const struct policy *policy;
	const struct policy_step *step; /* NULL: made by an event, or by hand */
	struct invoice invoice;
};

/* Why the step of a planned notice would be skipped as its invoice is now
 * ("auto_renew", "no_auto_renew"); NULL: it would not. */
const char *look_unwanted(const struct conf *conf, const struct notice *n,
			  const struct invoice *i);

/* Looks again at a planned notice: releases it with those that go out together
 * with it, holds, skips or moves it.  Any other is left as it is.
 * Fails: RC_NOTFOUND, RC_IO, RC_LIMIT.  Thread: writer. */
enum rc look_release(struct look *l, struct ref notice, struct err *e) MUST_USE;

#endif
