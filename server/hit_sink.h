#ifndef SERVER_HIT_SINK_H
#define SERVER_HIT_SINK_H

#include "queue/queue.h"
#include "tracker/drain.h"

/* Where the hit journal goes: events of the ledger, and the offset with them
 * in one transaction. */
struct hit_sink;

/* Fails: RC_IO (reader). */
enum rc hit_sink_new(struct queue *q, const char *db_path,
		     struct hit_sink **out, struct err *e) MUST_USE;
void hit_sink_free(struct hit_sink *s);
struct drain_sink hit_sink_drain(struct hit_sink *s);

#endif
