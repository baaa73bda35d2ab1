#ifndef TRACKER_DRAIN_H
#define TRACKER_DRAIN_H

#include "tracker/journal.h"

/* Where hits go: the ledger. */
struct drain_sink {
	void *owner;
	/* The offsets that the ledger holds; at most JOURNAL_WRITERS_MAX. */
	enum rc (*offsets)(void *owner, struct journal_offset *out, size_t *n,
			   struct err *e);
	/* Takes n hits of one writer and, in the same transaction, that it
	 * stands at after; returns once that is committed.  n may be 0.
	 * RC_AGAIN and RC_IO (a full disk too) are tried again with the same
	 * hits, paced; any other refusal is taken for that of a hit, which is
	 * found, set aside and said loudly. */
	enum rc (*take)(void *owner, const struct hit *hits, size_t n,
			const struct journal_offset *after, struct err *e);
};

#define DRAIN_BATCH 1024 /* at most: fewer where they take long */

/* Starts the thread that moves the journal's records into the sink, within a
 * second or two of their writing.  Fails: RC_IO. */
struct drain;
enum rc drain_start(const char *dir, const struct drain_sink *sink,
		    struct drain **out, struct err *e) MUST_USE;

/* Looks now rather than soon.  Thread: any. */
void drain_nudge(struct drain *d);

/* Asks that what the ledger has taken be destroyed in the journal (after an
 * erasure), as soon as it has caught up.  Without being asked it does so when
 * the oldest of it has stood there for ten minutes, whatever comes meanwhile.
 * Thread: any. */
void drain_wipe(struct drain *d);

/* Other than ten minutes, for tests.  Thread: any. */
void drain_wipe_after(struct drain *d, int64_t us);

/* Moves what is there (at most for grace_ms) and ends the thread. */
void drain_stop(struct drain *d, int grace_ms);

struct drain_stats {
	uint64_t hits, batches, retries; /* hits: those set aside too */
	uint64_t aside;			 /* that the sink refused for good */
	int64_t lag_us; /* of the newest hit moved, when it was moved */
	bool stalled; /* now: the sink takes nothing, or nothing can be read */
};

/* Counts since the start.  Thread: any. */
void drain_stats(const struct drain *d, struct drain_stats *out);

#endif
