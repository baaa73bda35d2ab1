#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US (60 * MINUTE_US)
#define DAY_US (24 * HOUR_US)

/* Microseconds since the epoch, UTC: for schedules and evidence.  The
 * system's, or the one of clock_share()/clock_follow(). */
int64_t clock_wall_us(void);

/* Microseconds of a real monotonic clock: for deadlines and back-off. */
int64_t clock_mono_us(void);

/*
 * The fast clock of the demo and of tests: a mapped file of 4,096 bytes,
 * little-endian, that all take part in:
 *
 *   0   8 bytes  "acuseclk"
 *   8   i64      now, microseconds since the epoch; only the driver writes it
 *   16  i64      speed, wall microseconds a real microsecond
 *   64  32 slots of 16 bytes: i64 pid (0: free), i64 limit: the driver never
 *       goes past the limit of a live pid, so that who has something to do at
 *       a moment sets it there and moves it on when done.
 *
 * All fields are read and written whole (atomically).
 */
struct clock_file;

/* Makes or opens the file as its driver: time stands at what the file says,
 * else at start_us.  From now on clock_wall_us() reads it.
 * Fails: RC_IO, RC_INVALID (not such a file). */
enum rc clock_share(const char *path, int64_t start_us, int64_t speed,
		    struct err *e) MUST_USE;

/* Reads the time from the file that another process drives.
 * Fails: RC_NOTFOUND, RC_IO, RC_INVALID. */
enum rc clock_follow(const char *path, struct err *e) MUST_USE;

/* True after clock_share() or clock_follow(). */
bool clock_is_fast(void);

/* Driver only: moves time on by the speed times real_us, up to the lowest
 * limit of a live participant.  Returns the time it is now. */
int64_t clock_advance(int64_t real_us);

/* Sets this process's limit (takes a slot at the first call); INT64_MAX for
 * none.  Does nothing where the clock is the system's. */
void clock_limit(int64_t limit_us);

/* Real milliseconds from now to wall time due_us, at least 0, at most max_ms;
 * on a fast clock divided by its speed, at least 1 while due is ahead. */
int clock_wait_ms(int64_t due_us, int max_ms);

#endif
