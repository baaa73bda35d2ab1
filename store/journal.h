#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/arena.h"
#include "store/db.h"

/* The hit journal's offsets, by segment; 0 for an unknown one. */
enum rc journal_offset_get(struct db *db, struct slice segment, int64_t *out,
			   struct err *e) MUST_USE;
enum rc journal_offset_set(struct db *db, struct slice segment, int64_t v,
			   struct err *e) MUST_USE;
/* What decides on a hit of a message. */
struct hit_ground {
	struct slice brand;
	struct slice consent; /* of its customer; empty where there is none */
	int64_t next_seq;     /* of the message */
};
/* Owns: a.  Fails: RC_NOTFOUND (no such message).  Thread: writer. */
enum rc hit_look(struct db *db, struct ref mref, struct arena *a,
		 struct hit_ground *out, struct err *e) MUST_USE;
/* The time of a message's event of a seq; 0 where that is gone. */
enum rc hit_time(struct db *db, struct ref mref, int64_t seq, int64_t *out,
		 struct err *e) MUST_USE;
/* Of a message's events of a kind, from a seq and from a time on. */
enum rc hit_count(struct db *db, struct ref mref, int64_t seq, int kind,
		  int64_t from_us, int64_t *out, struct err *e) MUST_USE;

/* Counts of hits of a message and a kind (below 8): of a day, and, below zero,
 * of those of an hour that have no event. */
#define HIT_DAY_KEY(day, kind) ((int32_t)((day)*8 + (kind)))
#define HIT_HOUR_KEY(hour, kind) (-HIT_DAY_KEY(hour, kind))

struct hit_hour {
	struct ref ref;
	int64_t hour; /* since 1970 */
	int kind;
	int64_t count;
};

/* Counts n more under a key and gives the new count. */
enum rc hit_day_add(struct db *db, struct ref ref, int32_t key, int64_t n,
		    int64_t *count, struct err *e) MUST_USE;

/* The counts of hours before this one, by message and hour.  Owns: a. */
enum rc hit_hours(struct db *db, int64_t hour, struct arena *a,
		  struct hit_hour **out, size_t *n, struct err *e) MUST_USE;

/* Removes those, and counts of days before this one.  Thread: writer. */
enum rc hit_days_prune(struct db *db, int64_t hour, int64_t day,
		       struct err *e) MUST_USE;

/* Counts n more opens of a brand's mails on a day, of nobody in particular. */
enum rc counted_opens_add(struct db *db, int64_t brand, int32_t day, int64_t n,
			  struct err *e) MUST_USE;

#endif
