#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include "base/arena.h"
#include "store/db_ledger.h"

/* A row of the ledger; proof/ makes them, this only keeps them. */
struct event {
	int64_t position;
	int kind; /* number of proof/kinds.def */
	int64_t time_us;
	struct ref ref;
	uint32_t seq;
	struct slice entry, salt, payload; /* salt, payload: empty if erased */
};

/* Adds the row of a number that db_event_number() gave. */
enum rc event_insert(struct db *db, const struct event *ev,
		     struct err *e) MUST_USE;
/* All of a subject, by seq. */
enum rc event_list(struct db *db, struct ref ref, struct arena *a,
		   struct event **out, size_t *n, struct err *e) MUST_USE;
/* The newest of a subject that are of two kinds, newest first. */
enum rc event_list_of(struct db *db, struct ref ref, const int kinds[2],
		      size_t limit, struct arena *a, struct event **out,
		      size_t *n, struct err *e) MUST_USE;
/* By position, from one on. */
enum rc event_list_from(struct db *db, int64_t position, size_t limit,
			struct arena *a, struct event **out, size_t *n,
			struct err *e) MUST_USE;
/* What all of an event is but its entry and its secrets. */
struct event_head {
	int64_t position;
	int kind;
	int64_t time_us;
	struct ref ref;
};
/* Heads by position, from one on. */
enum rc event_heads(struct db *db, int64_t position, size_t limit,
		    struct arena *a, struct event_head **out, size_t *n,
		    struct err *e) MUST_USE;
/* The position of a subject's last event of a kind for which is() is true; -1
 * where it has none. */
enum rc event_last_of(struct db *db, struct ref ref, bool (*is)(int kind),
		      int64_t *position, struct err *e) MUST_USE;
/* Destroys salt and payload of an event, whose entry stays, and gives its seq;
 * within db_secure() they are overwritten.  RC_NOTFOUND: it has none left.
 * Thread: writer. */
enum rc event_destroy(struct db *db, int64_t position, uint32_t *seq,
		      struct err *e) MUST_USE;
/* Tells the index by subject of an event that waited, if it is not told.
 * Thread: writer. */
enum rc event_settle(struct db *db, struct ref ref, uint32_t seq,
		     int64_t position, struct err *e) MUST_USE;
/* The next seq of a subject: 0 where it has no event.  Thread: writer. */
enum rc event_next_seq(struct db *db, struct ref ref, int64_t *out,
		       struct err *e) MUST_USE;
/* Reads the row of a query on an event's columns, in their order.
 * Owns: the query; its slices are valid until the next row. */
void event_read(struct query *q, struct event *ev);

/* Leaves of the ledger. */
enum rc event_count(struct db *db, int64_t *n, struct err *e) MUST_USE;

#endif
