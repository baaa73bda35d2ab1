#ifndef STORE_NOTICE_H
#define STORE_NOTICE_H

#include "base/arena.h"
#include "store/db.h"

enum notice_state {
	NOTICE_PLANNED,
	NOTICE_RELEASED,
	NOTICE_DONE,
	NOTICE_HELD,
	NOTICE_CANCELLED,
	NOTICE_SKIPPED,
	NOTICE_STATES,
};

struct notice {
	int64_t id;
	struct ref ref;
	struct slice subject, step; /* once by (subject, step, anchor) */
	int32_t anchor;
	struct slice customer, invoice, service, brand, template, policy;
	uint8_t policy_version[8];
	bool critical;
	int64_t due_us;	    /* when it was meant to go */
	int64_t release_us; /* with the spread: when the planner takes it */
	int64_t not_after_us;
	int state; /* enum notice_state */
	struct slice reason;
	struct slice roles; /* comma-separated */
	struct slice data;  /* JSON given with the request or event, or "" */
	int64_t released_us, created_us;
};

/* Inserts and gives n->id.  Fails: RC_STATE when (subject, step, anchor) is
 * there already. */
enum rc notice_insert(struct db *db, struct notice *n, struct err *e) MUST_USE;
enum rc notice_get(struct db *db, struct ref ref, struct arena *a,
		   struct notice *out, struct err *e) MUST_USE;
enum rc notice_find(struct db *db, struct slice subject, struct slice step,
		    int32_t anchor, struct arena *a, struct notice *out,
		    struct err *e) MUST_USE;
/* Writes state, reason, due_us, release_us, not_after_us, released_us,
 * template, critical and policy_version. */
enum rc notice_update(struct db *db, const struct notice *n,
		      struct err *e) MUST_USE;
/* Writes state and reason alone, where nothing else changed: that touches fewer
 * indexes. */
enum rc notice_update_state(struct db *db, const struct notice *n,
			    struct err *e) MUST_USE;
/* Planned ones with release_us at or before now, soonest first. */
enum rc notice_list_due(struct db *db, int64_t now_us, size_t limit,
			struct arena *a, struct notice **out, size_t *n,
			struct err *e) MUST_USE;
/* Planned ones, without like itself, that would join it: same customer,
 * template, anchor, brand, due by horizon_us. */
enum rc notice_list_mates(struct db *db, const struct notice *like,
			  int64_t horizon_us, struct arena *a,
			  struct notice **out, size_t *n,
			  struct err *e) MUST_USE;
enum rc notice_list_invoice(struct db *db, struct slice invoice,
			    struct arena *a, struct notice **out, size_t *n,
			    struct err *e) MUST_USE;
/* Newest due first; those due before before_us.  More than limit where several
 * are due at the last one's moment: all of these are given. */
enum rc notice_list_customer(struct db *db, struct slice customer,
			     int64_t before_us, size_t limit, struct arena *a,
			     struct notice **out, size_t *n,
			     struct err *e) MUST_USE;
enum rc notice_list_message(struct db *db, int64_t message, struct arena *a,
			    struct notice **out, size_t *n,
			    struct err *e) MUST_USE;
/* release_us of the first planned one; INT64_MAX when none. */
enum rc notice_next(struct db *db, int64_t *release_us, struct err *e) MUST_USE;
/* Messages made since a moment for the customer, and not cancelled, for caps:
 * those of the address that has most.  template "": any. */
enum rc notice_count_sent(struct db *db, struct slice customer,
			  struct slice template, int64_t since_us, int64_t *n,
			  struct err *e) MUST_USE;

/* Notices released since a moment, all customers. */
enum rc notice_count_released(struct db *db, int64_t since_us, int64_t *n,
			      struct err *e) MUST_USE;

#endif
