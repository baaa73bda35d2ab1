#ifndef QUEUE_NOWHERE_H
#define QUEUE_NOWHERE_H

#include "queue/queue.h"
#include "store/message.h"

/* Mail to domains that are not there: mistyped, or not renewed in time. */

/* Why nobody could be reached. */
#define NOWHERE_REASON "no_domain"

#define NOWHERE_TRIES 3
#define NOWHERE_WAIT_US HOUR_US

/* After a message was deferred because its domain is not there: once it was so
 * NOWHERE_TRIES times over NOWHERE_WAIT_US, its customer cannot be reached, for
 * each of its notices that an act depends on and that nobody else has or may
 * get.  It is told once, long before the message gets too late, since billing
 * can correct the address. */
enum rc nowhere_tell(struct db *db, const struct message *m, struct arena *a,
		     struct err *e) MUST_USE;

#endif
