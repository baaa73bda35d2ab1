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

struct lane {
	int64_t id;
	struct slice brand, domain, reason;
	int64_t ready_us, blocked_us;
	int failures;
	bool held;
};

struct attempt {
	int64_t id, message, instance;
	int number;
	int64_t started_us, ended_us;
	struct slice outcome, reply, peer;
	int code;
	struct slice transcript; /* plain text; stored compressed */
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
/* Writes all fields that change after the insert. */
enum rc message_update(struct db *db, const struct message *m,
		       struct err *e) MUST_USE;
/* Makes the lane ready no later than at_us. */
enum rc lane_wake(struct db *db, int64_t lane, int64_t at_us,
		  struct err *e) MUST_USE;

/* Newest first, created before before_us.  Filters left empty do not count;
 * state -1: any. */
struct message_filter {
	struct slice customer, invoice, address, message_id, queue_id;
	int state;
	int64_t before_us;
	size_t limit;
};
enum rc message_list(struct db *db, const struct message_filter *f,
		     struct arena *a, struct message **out, size_t *n,
		     struct err *e) MUST_USE;
enum rc message_list_notice(struct db *db, int64_t notice, struct arena *a,
			    struct message **out, size_t *n,
			    struct err *e) MUST_USE;

/* Lanes with something due and neither held nor blocked, longest waiting
 * first. */
enum rc lane_list_ready(struct db *db, int64_t now_us, size_t limit,
			struct arena *a, struct lane **out, size_t *n,
			struct err *e) MUST_USE;
enum rc lane_get(struct db *db, int64_t id, struct arena *a, struct lane *out,
		 struct err *e) MUST_USE;
/* Writes blocked_us, failures, held and reason. */
enum rc lane_update(struct db *db, const struct lane *l,
		    struct err *e) MUST_USE;
/* Due ones of a lane, soonest first; marks them claimed by the instance, and
 * sets the lane's ready_us to what is left.  Thread: writer. */
enum rc lane_claim(struct db *db, int64_t lane, int64_t instance,
		   int64_t now_us, size_t limit, struct arena *a,
		   struct message **out, size_t *n, struct err *e) MUST_USE;
/* Claims of instances before this one, to be resolved at start. */
enum rc message_list_orphans(struct db *db, int64_t instance, size_t limit,
			     struct arena *a, struct message **out, size_t *n,
			     struct err *e) MUST_USE;

/* The exact bytes, stored compressed. */
enum rc content_put(struct db *db, int64_t message, struct slice bytes,
		    struct err *e) MUST_USE;
enum rc content_get(struct db *db, int64_t message, struct sbuf *out,
		    struct err *e) MUST_USE;

/* Journals an attempt before the connection, and completes it after.  Only
 * transcripts are compressed. */
enum rc attempt_begin(struct db *db, struct attempt *t, struct err *e) MUST_USE;
enum rc attempt_end(struct db *db, const struct attempt *t,
		    struct err *e) MUST_USE;
enum rc attempt_list(struct db *db, int64_t message, bool transcripts,
		     struct arena *a, struct attempt **out, size_t *n,
		     struct err *e) MUST_USE;

/* Suppressed addresses, by brand and keyed hash of the folded address. */
struct suppression {
	struct slice brand, address, reason;
	struct ref message;
	int64_t created_us;
};
enum rc suppression_get(struct db *db, struct slice brand,
			const uint8_t hash[32], struct arena *a,
			struct suppression *out, struct err *e) MUST_USE;
enum rc suppression_put(struct db *db, const struct suppression *s,
			const uint8_t hash[32], struct err *e) MUST_USE;
enum rc suppression_delete(struct db *db, struct slice brand,
			   const uint8_t hash[32], struct err *e) MUST_USE;
enum rc suppression_list(struct db *db, size_t limit, struct arena *a,
			 struct suppression **out, size_t *n,
			 struct err *e) MUST_USE;

#endif
