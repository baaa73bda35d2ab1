#ifndef QUEUE_REVIVAL_H
#define QUEUE_REVIVAL_H

#include "queue/queue.h"
#include "store/customer.h"
#include "store/notice.h"

/* Notices that ended without having reached anybody, planned again. */

/* Why: its address may have mail again; somebody asks for it. */
#define REVIVAL_RESTORED "suppression_lifted"
#define REVIVAL_BY_HAND "by hand"

/* Plans again what an act needs of a customer and nobody got, unless that act
 * was due already or the invoice is settled. */
enum rc revival_customer(struct queue *q, struct db *db,
			 const struct customer *c, struct slice reason,
			 struct arena *a, struct err *e) MUST_USE;

/* The same for all customers of a brand that have a contact with an address,
 * which is suppressed no more.  Takes some 200 ms for each million contacts. */
enum rc revival_address(struct queue *q, struct db *db, struct slice brand,
			struct slice address, struct arena *a,
			struct err *e) MUST_USE;

/* Plans a done or skipped notice again that no server took; more: members of
 * the event's payload.  Fails: RC_STATE (it was taken, or may have been; its
 * invoice's due date is another). */
enum rc revival_by_hand(struct db *db, struct notice *n, struct slice more,
			struct arena *a, struct err *e) MUST_USE;

#endif
