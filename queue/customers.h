#ifndef QUEUE_CUSTOMERS_H
#define QUEUE_CUSTOMERS_H

#include "queue/queue.h"
#include "store/customer.h"
#include "store/service.h"

/* What billing tells of its customers and their services.  Thread: writer. */

/* Stores a customer; contacts that appear, change or go append
 * contact.changed.  Sets c->ref, version and times.  Fails: RC_STATE (stale
 * rev), RC_INVALID (unknown brand, locale or zone; pointer set). */
enum rc customers_put(struct queue *q, struct db *db, struct customer *c,
		      struct arena *a, bool *created, struct err *e) MUST_USE;

/* Fails: RC_INVALID (unknown customer; pointer set). */
enum rc services_put(struct queue *q, struct db *db, const struct service *s,
		     struct arena *a, bool *created, struct err *e) MUST_USE;

/* Holds all of a customer's notices until a moment (HOLD_FOREVER: until told),
 * or with 0 lets them go on.  Fails: RC_NOTFOUND. */
enum rc customers_hold(struct queue *q, struct db *db, struct slice id,
		       int64_t until_us, struct slice reason, struct slice by,
		       struct arena *a, struct err *e) MUST_USE;

#endif
