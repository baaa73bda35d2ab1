#ifndef QUEUE_CONSENT_H
#define QUEUE_CONSENT_H

#include "conf/brand.h"
#include "queue/queue.h"

/* A customer's word on being tracked.  What is kept of it (struct customer) is
 * JSON: {at, source, text} of a consent; {withdrawn_at, given_at} of one that
 * was withdrawn; {withdrawn_at} of an objection to what was recorded on another
 * ground; "" while nothing was said. */

struct consent {
	int64_t at_us; /* when it was given */
	struct slice source, text;
	struct slice by; /* who tells it */
};

/* What may be recorded of one customer's mail. */
struct tracks {
	enum tracking opens;
	bool links;
};

/* What a brand records of a customer: nothing of who withdrew; of who
 * consented, what it asks for, without a further ground. */
struct tracks consent_tracks(const struct brand *b, struct slice consent);

/* True for the consent of a customer who withdrew it. */
bool consent_withdrawn(struct slice consent);

/* True where that customer had given one before: else they objected. */
bool consent_was_given(struct slice consent);

/* Keeps a customer's consent, and appends customer.consented; said twice it
 * changes nothing.  Thread: writer.  Fails: RC_NOTFOUND, RC_INVALID (at_us is
 * to come), RC_STATE (it was given before the last withdrawal, which stands);
 * both with the pointer. */
enum rc consent_give(struct db *db, struct slice customer,
		     const struct consent *x, struct arena *a,
		     struct err *e) MUST_USE;

/* Takes it back: no pixel and no counted links from now on, and no hit of
 * older mail is recorded.  Appends customer.withdrew; said twice it changes
 * nothing.  source: "link", "api".  by may be empty.  Thread: writer.  Fails:
 * RC_NOTFOUND. */
enum rc consent_withdraw(struct db *db, struct slice customer,
			 struct slice source, struct slice by, struct arena *a,
			 struct err *e) MUST_USE;

#endif
