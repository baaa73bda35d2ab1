#ifndef STORE_MESSAGE_H
#define STORE_MESSAGE_H

#include "base/arena.h"
#include "store/db.h"

enum message_state {
	MESSAGE_QUEUED,
	MESSAGE_CLAIMED,
	MESSAGE_DEFERRED,
	MESSAGE_ACCEPTED,
	MESSAGE_FAILED,
	MESSAGE_UNCERTAIN,
	MESSAGE_EXPIRED,
	MESSAGE_CANCELLED,
	MESSAGE_DELIVERED,
	MESSAGE_BOUNCED,
	MESSAGE_COMPLAINED,
	MESSAGE_STATES,
};

enum message_channel { MESSAGE_BY_EMAIL };

struct message {
	int64_t id;
	struct ref mref;
	struct slice customer, brand, address, contact, template;
	int channel; /* enum message_channel */
	int64_t lane;
	int state; /* enum message_state */
	struct slice reason;
	bool held;
	int64_t next_us, not_after_us;
	int attempts;	  /* begun */
	int uncertain;	  /* of them, with an unknown end */
	int64_t instance; /* who claimed it */
	struct slice subject, message_id;
	int64_t size;
	struct slice sha256; /* empty until composed */
	uint32_t facts;	     /* enum fact of conf/policy.h */
	struct slice reply, queue_id;
	int64_t accepted_us, created_us;
};

/* Inserts and gives m->id; makes the lane for (brand, domain) where needed.
 * domain: of the address, lower-case A-labels. */
enum rc message_insert(struct db *db, struct message *m, struct slice domain,
		       struct err *e) MUST_USE;
/* Ties it to a notice.  RC_STATE: that recipient has that notice already. */
enum rc message_tie(struct db *db, const struct message *m, int64_t notice,
		    struct err *e) MUST_USE;
/* Moves a notice of m's recipient from another message to m. */
enum rc message_retie(struct db *db, int64_t notice, const struct message *m,
		      struct err *e) MUST_USE;
/* The message that carries a notice to an address.  Fails: RC_NOTFOUND. */
enum rc message_get_tied(struct db *db, int64_t notice, int channel,
			 struct slice address, struct arena *a,
			 struct message *out, struct err *e) MUST_USE;
enum rc message_get(struct db *db, struct ref mref, struct arena *a,
		    struct message *out, struct err *e) MUST_USE;
enum rc message_get_id(struct db *db, int64_t id, struct arena *a,
		       struct message *out, struct err *e) MUST_USE;
/* Its state and what goes with it; wakes the lane where it may be claimed. */
enum rc message_update(struct db *db, const struct message *m,
		       struct err *e) MUST_USE;
/* Before an attempt: how many there were, and what it is made of. */
enum rc message_update_attempt(struct db *db, const struct message *m,
			       struct err *e) MUST_USE;
/* The peer's id of it. */
enum rc message_update_queue_id(struct db *db, const struct message *m,
				struct err *e) MUST_USE;
/* Takes the facts of mask from it and gives it those of facts, whatever else of
 * it changes meanwhile. */
enum rc message_set_facts(struct db *db, struct ref mref, uint32_t mask,
			  uint32_t facts, struct err *e) MUST_USE;
/* Lets go of what is held in a lane as unfit to be sent: not of what a person
 * holds, a dispute, or a doubt whether it arrived.  *changed: messages.
 * Thread: writer. */
enum rc message_let_go(struct db *db, int64_t lane, int64_t *changed,
		       struct err *e) MUST_USE;
/* Newest first: created before before_us, or then and with an id below
 * before_id (0 for the first page).  Filters left empty do not count; state -1:
 * any. */
struct message_filter {
	struct slice customer, invoice, address, message_id, queue_id;
	int state;
	int64_t before_us, before_id;
	size_t limit;
};
enum rc message_list(struct db *db, const struct message_filter *f,
		     struct arena *a, struct message **out, size_t *n,
		     struct err *e) MUST_USE;
enum rc message_list_notice(struct db *db, int64_t notice, struct arena *a,
			    struct message **out, size_t *n,
			    struct err *e) MUST_USE;

/* Those of a customer that wait, are held or under way. */
enum rc message_list_open(struct db *db, struct slice customer, struct arena *a,
			  struct message **out, size_t *n,
			  struct err *e) MUST_USE;

/* Those of a customer that wait unheld for a reason. */
enum rc message_list_held_off(struct db *db, struct slice customer,
			      struct slice reason, struct arena *a,
			      struct message **out, size_t *n,
			      struct err *e) MUST_USE;

/* When the first of those that wait, held or not, gets too late, INT64_MAX:
 * none waits; and those that are too late by now_us.  Takes some 60 ms for each
 * million that wait. */
enum rc message_first_late(struct db *db, int64_t *out, struct err *e) MUST_USE;
enum rc message_list_late(struct db *db, int64_t now_us, size_t limit,
			  struct arena *a, int64_t **ids, size_t *n,
			  struct err *e) MUST_USE;

/* Those of a brand that wait unheld and were composed already. */
enum rc message_list_composed(struct db *db, struct slice brand, size_t limit,
			      struct arena *a, int64_t **ids, size_t *n,
			      struct err *e) MUST_USE;

/* Claims of instances before this one, to be resolved at start. */
enum rc message_list_orphans(struct db *db, int64_t instance, size_t limit,
			     struct arena *a, struct message **out, size_t *n,
			     struct err *e) MUST_USE;

/* Reads all rows of a query on a message's columns, and closes it.  For store/
 * alone. */
enum rc message_read_all(struct query *q, struct arena *a, struct message **out,
			 size_t *n, struct err *e) MUST_USE;

#endif
