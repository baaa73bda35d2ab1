#ifndef TRACKER_STEADY_H
#define TRACKER_STEADY_H

#include "store/writer.h"

/*
 * Whether the wall clock may be believed with what cannot be undone: for a day
 * of running it went on as the monotonic one did.  A clock that jumped, or that
 * stands elsewhere at a start than where it was left, has to show it anew.
 */
struct steady {
	int64_t wall_us, mono_us; /* both clocks when it began, or a start */
	int64_t carried_us;	  /* agreed before that start */
	int64_t kept_us;	  /* monotonic: when it was last written down */
};

/* A clock that is off by less shows in no lifetime that counts days. */
#define STEADY_JUMP_US HOUR_US
#define STEADY_AWAY_US DAY_US /* nothing ran for so long at most */

/* Goes on from what an earlier process kept.  *far: the clock stands too far
 * from there, or behind.  Fails: those of meta_get_int(). */
enum rc steady_start(struct steady *s, struct db *db, int64_t wall_us,
		     int64_t mono_us, bool *far, struct err *e) MUST_USE;

/* Compares the two; true where they parted since the last look, from which on
 * they have to agree anew. */
bool steady_parted(struct steady *s, int64_t wall_us, int64_t mono_us);

/* True where they have agreed for a day. */
bool steady_enough(const struct steady *s, int64_t mono_us);

/* Writes down how far it came.  Fails: those of writer_do(). */
enum rc steady_keep(struct steady *s, struct writer *w, int64_t wall_us,
		    int64_t mono_us, struct err *e) MUST_USE;

#endif
