#ifndef TRACKER_HIT_ALARMS_H
#define TRACKER_HIT_ALARMS_H

#include "base/sbuf.h"
#include "store/writer.h"

/*
 * Events of the ledger that say what went wrong with hits, each once however
 * many it was: alarm.raised when it begins, alarm.cleared when it is over.
 *   hits_lost      answered without room in the journal
 *   hits_refused   set aside: the ledger takes them never
 *   drain_stalled  waiting for a ledger that takes none
 *   journal_late   answered before they are on disk, which keeps them waiting
 */

/* How hits fare: counts since the start, and what is so now. */
struct hit_health {
	uint64_t kept, lost;	 /* by the journal; lost: ever */
	uint64_t moved, refused; /* by the ledger */
	bool stalled;
	bool late; /* the journal is */
};

struct hit_alarms_config {
	struct writer *writer;
	void (*look)(void *owner, struct hit_health *out); /* Thread: its own */
	void *owner;
	int64_t stall_us; /* shorter ones are none; 5 s where 0 */
	int64_t quiet_us; /* well for so long, it is over; 10 s where 0 */
};

/* Starts the thread that looks once a second; what an earlier process raised
 * and did not clear is raised still.  What the store does not take now is
 * appended once it does.  Fails: what the store does. */
struct hit_alarms;
enum rc hit_alarms_start(const struct hit_alarms_config *c,
			 struct hit_alarms **out, struct err *e) MUST_USE;
void hit_alarms_stop(struct hit_alarms *a);

/* Adds a gauge for each.  Thread: any. */
void hit_alarms_metrics(const struct hit_alarms *a, struct sbuf *out);

#endif
