#ifndef TRACKER_LIMIT_H
#define TRACKER_LIMIT_H

#include "tracker/addr.h"

/*
 * Bounds how often an address may try what could be guessed (a link, a key): a
 * bucket that fills at a rate, for each address.  Of fixed size: many
 * addresses share a bucket, so it errs on the side of refusing.
 */
struct limit;

/* burst tries at once, then per_minute; both 1 to 10,000. */
struct limit *limit_new(unsigned burst, unsigned per_minute);
void limit_free(struct limit *l);

/* Takes a try away: 0, or the microseconds until there is one again.  An IPv6
 * network of 64 bits is one address; what came by a Unix socket is not
 * bounded.  Thread: any; now_us: clock_mono. */
int64_t limit_take(struct limit *l, struct addr a, int64_t now_us);

#endif
