#ifndef STORE_LANE_H
#define STORE_LANE_H

#include "base/arena.h"
#include "store/message.h"

struct lane {
	int64_t id;
	struct slice brand, domain;
	struct slice reason; /* it rests for, or did last; "": it went well */
	struct slice said;   /* the reply, or the fault, that told it */
	struct slice alarm;  /* reason of the alarm that stands; "": none */
	/* When its first message gets due, or, if that has passed, when it was
	 * served last; INT64_MAX: nothing waits. */
	int64_t ready_us;
	int64_t blocked_us;
	int failures;
	bool held;
};

/* The lane of a brand and domain; made where there is none.  Thread: writer. */
enum rc lane_find(struct db *db, struct slice brand, struct slice domain,
		  int64_t *out, struct err *e) MUST_USE;

/* Makes the lane ready no later than at_us. */
enum rc lane_wake(struct db *db, int64_t lane, int64_t at_us,
		  struct err *e) MUST_USE;

/* The next brand by name, after the given one, that has something waiting in a
 * lane that is not held.
 * Fails: RC_NOTFOUND. */
enum rc lane_next_brand(struct db *db, struct slice after, struct arena *a,
			struct slice *out, struct err *e) MUST_USE;

/* A place in the order in which a brand's lanes take turns. */
struct lane_place {
	int64_t go_us, id; /* {INT64_MIN, 0}: before all of them */
};

/* When a lane may be served: ready, and rested. */
static inline int64_t
lane_go_us(const struct lane *l)
{
	return l->ready_us > l->blocked_us ? l->ready_us : l->blocked_us;
}

/* Lanes of a brand with something due and neither held nor blocked, behind a
 * place: those that were served, became ready, or ended their rest, longest ago
 * first. */
enum rc lane_list_ready(struct db *db, struct slice brand,
			struct lane_place after, int64_t now_us, size_t limit,
			struct arena *a, struct lane **out, size_t *n,
			struct err *e) MUST_USE;
/* When the next lane gets ready after now; INT64_MAX: none will. */
enum rc lane_next_ready(struct db *db, int64_t now_us, int64_t *out,
			struct err *e) MUST_USE;
enum rc lane_get(struct db *db, int64_t id, struct arena *a, struct lane *out,
		 struct err *e) MUST_USE;
/* Writes blocked_us, failures, held, reason, said and alarm. */
enum rc lane_update(struct db *db, const struct lane *l,
		    struct err *e) MUST_USE;
/* Lanes of a brand and domain (each "" for any), by id above after_id, and how
 * many messages wait in each. */
struct lane_load {
	struct lane lane;
	int64_t waiting;
	int64_t held; /* one by one: not among those */
};
enum rc lane_list(struct db *db, struct slice brand, struct slice domain,
		  int64_t after_id, size_t limit, struct arena *a,
		  struct lane_load **out, size_t *n, struct err *e) MUST_USE;

/* Holds the lanes of a brand and domain (one of them may be "" for any), and
 * those that are made later, keeping why; or takes that back (why "").
 * *changed: lanes whose state it changed.  Thread: writer. */
enum rc lane_hold(struct db *db, struct slice brand, struct slice domain,
		  struct slice why, int64_t *changed, struct err *e) MUST_USE;

/* The holds that stand, at most limit, and why, as lane_hold() was told. */
struct lane_held {
	struct slice brand, domain, why;
};
enum rc lane_holds(struct db *db, size_t limit, struct arena *a,
		   struct lane_held **out, size_t *n, struct err *e) MUST_USE;

/* Unblocks a lane and makes all that waits in it due.  *changed: messages.
 * Thread: writer. */
enum rc lane_retry(struct db *db, int64_t lane, int64_t now_us,
		   int64_t *changed, struct err *e) MUST_USE;

/* Messages of a lane that wait unheld, or are claimed. */
enum rc lane_messages(struct db *db, int64_t lane, bool claimed, size_t limit,
		      struct arena *a, struct message **out, size_t *n,
		      struct err *e) MUST_USE;

/* Due ones of a lane, soonest first; marks them claimed by the instance, and
 * puts the lane behind the others that are ready.  Thread: writer. */
enum rc lane_claim(struct db *db, int64_t lane, int64_t instance,
		   int64_t now_us, size_t limit, struct arena *a,
		   struct message **out, size_t *n, struct err *e) MUST_USE;

#endif
