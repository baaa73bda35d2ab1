#ifndef QUEUE_HAPPENINGS_H
#define QUEUE_HAPPENINGS_H

#include "queue/invoices.h"
#include "store/event.h"

/* POST /v1/events: what happened in billing, once by its id. */
struct happening {
	struct slice id, type, customer, invoice, service;
	int64_t at_us;
	struct slice data;   /* the JSON object */
	struct money amount; /* payment.received; currency "" : none */
	struct money balance;
	int32_t retry_on; /* payment.failed; DATE_NONE */
};

/* Types that are known, NULL-terminated, for the edge. */
extern const char *const happening_types[];

/* Applies it: sets balances, plans the notice that the policy's "on" names.
 * The notices made are listed in out (arena).  Twice the same id changes
 * nothing and lists the same.  Fails: RC_INVALID (pointer), RC_STATE (same id,
 * other content). */
enum rc happenings_post(struct queue *q, struct db *db,
			const struct happening *h, const uint8_t hash[32],
			struct arena *a, struct notice **out, size_t *n,
			struct in_flight *in_flight, struct err *e) MUST_USE;

/* POST /v1/notices: one notice by hand.  key: once-only, "" : none. */
struct request {
	struct slice key, template, customer, invoice, service, to, data;
	int64_t not_before_us, not_after_us; /* 0: none */
};
enum rc request_post(struct queue *q, struct db *db, const struct request *r,
		     struct arena *a, struct notice *out,
		     struct err *e) MUST_USE;

#endif
