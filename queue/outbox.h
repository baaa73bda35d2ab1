#ifndef QUEUE_OUTBOX_H
#define QUEUE_OUTBOX_H

#include "queue/queue.h"
#include "store/customer.h"
#include "store/message.h"
#include "store/notice.h"

/* Messages as they are made from notices, and taken back before they go. */

/* Makes one message to one contact that carries the notices, appends
 * message.created, and queues it.  A notice that this address already has is
 * left out; RC_NOTFOUND when none is left. */
enum rc outbox_make(struct queue *q, struct db *db, const struct customer *c,
		    const struct contact *to, struct notice **notices, size_t n,
		    struct message *out, struct err *e) MUST_USE;

/* Nobody is left to tell: an event, and an alarm when an act depends on it. */
enum rc outbox_unreachable(struct db *db, const struct customer *c,
			   struct slice step, const char *reason, bool critical,
			   struct err *e) MUST_USE;

/* Why a message fails that was not tried (again): its address is suppressed. */
#define OUTBOX_SUPPRESSED "suppressed"

/* After a message failed for good: an act that depends on one of its notices
 * waits for no address that takes no mail.  Those notices go to the customer's
 * other contacts; where none is left, and none had them, it is unreachable.
 * So do all of a message that was not tried, as they would had they been
 * released a moment later. */
enum rc outbox_elsewhere(struct queue *q, struct db *db,
			 const struct message *m, struct arena *a,
			 struct err *e) MUST_USE;

/* Why a message ends, and a notice is planned again: billing changed its
 * customer's contacts; why a notice reached nobody: it has none to write to. */
#define OUTBOX_CONTACT_CHANGED "contact_changed"
#define OUTBOX_NO_ADDRESS "no_address"

/* Whether some message of a notice, but for one (0: none), has arrived, or may
 * yet. */
enum rc outbox_has_hope(struct db *db, const struct notice *n, int64_t but,
			struct arena *a, bool *out, struct err *e) MUST_USE;

/* While a message waits for room in its mailbox: its notices that an act
 * depends on, and that nobody else has or may get, go to contacts of other
 * roles too. */
enum rc outbox_meanwhile(struct queue *q, struct db *db,
			 const struct message *m, struct arena *a,
			 struct err *e) MUST_USE;

/* After a message got too late: for each of its notices that an act depends on,
 * and that nobody has or may get, the customer is unreachable. */
enum rc outbox_missed(struct db *db, const struct message *m, struct arena *a,
		      struct err *e) MUST_USE;

/* Whether an act waits for one of a message's notices. */
enum rc outbox_needed(struct db *db, const struct message *m, struct arena *a,
		      bool *out, struct err *e) MUST_USE;

/* Messages that had begun when it was asked to stop them. */
struct in_flight {
	struct ref *mrefs;
	size_t n;
};

/* False for what tells of something that has happened (a receipt): it goes
 * out whatever becomes of the invoice.  All else asks for its money, by a step
 * of the policy, an event or a person, and a payment takes it back. */
bool outbox_asks(const struct notice *n);

enum outbox_stop {
	OUTBOX_CANCEL, /* the invoice's part never goes */
	OUTBOX_HOLD,   /* it waits: disputed, payment pending */
};

/* Takes an invoice's notices out of all messages that wait or are claimed.  A
 * message with other notices too is replaced by one with those alone, which is
 * uncertain where it was.  What had begun is listed in out.  reason: of the
 * cancellation. */
enum rc outbox_stop(struct queue *q, struct db *db, struct slice invoice,
		    enum outbox_stop how, struct slice reason, struct arena *a,
		    struct in_flight *out, struct err *e) MUST_USE;

/* Cancels one released notice with its part of the messages that wait; more:
 * members of the events' payloads. */
enum rc outbox_stop_notice(struct queue *q, struct db *db,
			   const struct notice *notice, struct slice reason,
			   struct slice more, struct arena *a,
			   struct in_flight *out, struct err *e) MUST_USE;

/* Takes an invoice's notices out of one message of which nothing has begun, as
 * outbox_stop() does. */
enum rc outbox_take_out(struct queue *q, struct db *db, struct message *m,
			struct slice invoice, enum outbox_stop how,
			struct slice reason, struct arena *a,
			struct err *e) MUST_USE;

/* Whether a message is held by a dispute or a pending payment: what a person
 * holds, or what is unfit, is not billing's to let go. */
bool outbox_billing_holds(const struct message *m);

/* Lets held messages of an invoice go on. */
enum rc outbox_resume(struct queue *q, struct db *db, struct slice invoice,
		      struct arena *a, struct err *e) MUST_USE;

/* Why an uncertain message that has arrived is not sent again. */
#define OUTBOX_ARRIVED "arrived"

/* Whether a message of which an attempt was uncertain has shown that it
 * arrived: opened, clicked, viewed, answered, replied to, be it before the
 * reply's time ran out.  The same of the one that it replaces. */
enum rc outbox_arrived(struct db *db, const struct message *m, struct arena *a,
		       bool *out, struct err *e) MUST_USE;

/* Marks the notices of a message done when none of their messages is open. */
enum rc outbox_settle(struct db *db, const struct message *m, struct arena *a,
		      struct err *e) MUST_USE;
/* The same for one released notice. */
enum rc outbox_settle_notice(struct db *db, struct notice *n, struct arena *a,
			     struct err *e) MUST_USE;

#endif
