#ifndef QUEUE_RECIPIENTS_H
#define QUEUE_RECIPIENTS_H

#include "queue/queue.h"
#include "store/customer.h"
#include "store/message.h"
#include "store/notice.h"
#include "store/suppression.h"

/* Whom a notice goes to, and whom it may not go to any more. */

/* Contacts that a notice goes to. */
struct recipients {
	const struct contact **list;
	size_t n;
	const struct contact **left_out; /* their address takes no mail */
	size_t suppressed;
	size_t gone; /* left out: they left what is optional */
};

/* Whether a role is one of a notice's (comma separated; "" is "billing"). */
bool recipients_has_role(struct slice roles, struct slice role);

/* Finds them: those with one of its roles,
 * else, unless one of those left, all that have an address, once each.
 * optional: its class; who left gets the mandatory ones on. */
enum rc recipients_find(struct queue *q, struct db *db,
			const struct customer *c, struct slice roles,
			bool optional, struct arena *a, struct recipients *out,
			struct err *e) MUST_USE;

/* Those whom it would go to if nobody with one of its roles took mail. */
enum rc recipients_besides(struct queue *q, struct db *db,
			   const struct customer *c, struct slice roles,
			   struct arena *a, struct recipients *out,
			   struct err *e) MUST_USE;

/* What keeps mail of a brand from an address, however its domain is written;
 * hash: under which that is kept.  Fails: RC_NOTFOUND. */
enum rc recipients_suppression(struct queue *q, struct db *db,
			       struct slice brand, struct slice address,
			       struct arena *a, struct suppression *out,
			       uint8_t hash[32], struct err *e) MUST_USE;

/* Whether a message is of a class that its recipient may leave. */
enum rc recipients_may_leave(const struct conf *conf, struct db *db,
			     const struct message *m, struct arena *a,
			     bool *out, struct err *e) MUST_USE;

/* Whether a message's address takes no mail of its brand any more; who left
 * gets what is mandatory on. */
enum rc recipients_suppressed(struct queue *q, const struct conf *conf,
			      struct db *db, const struct message *m,
			      struct arena *a, bool *out,
			      struct err *e) MUST_USE;

#endif
