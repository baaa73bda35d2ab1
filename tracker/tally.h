#ifndef TRACKER_TALLY_H
#define TRACKER_TALLY_H

#include <stdint.h>

#include "base/err.h"

/* A count that processes share, and that outlives them: a small file, mapped,
 * whose space is taken when it is made. */
struct tally;

/* Opens the file, making it where it is absent.  Owns: the caller,
 * tally_close().  Fails: RC_IO (no room for it, too). */
enum rc tally_open(const char *path, struct tally **out,
		   struct err *e) MUST_USE;
void tally_close(struct tally *t);

/* Thread: any. */
void tally_add(struct tally *t, uint64_t n);
uint64_t tally_get(const struct tally *t);

#endif
