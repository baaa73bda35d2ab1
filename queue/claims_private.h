#ifndef QUEUE_CLAIMS_PRIVATE_H
#define QUEUE_CLAIMS_PRIVATE_H

#include "queue/claims.h"
#include "queue/state.h"

/* From so many on, the index by subject may hear of their events later. */
#define CLAIMS_MANY 16

/* One operation on claims, in the writer's thread. */
struct claims_work {
	struct queue *q;
	struct db *db;
	const struct conf *conf;
	int64_t now;
	struct arena *a;
};

/* Begins it with an arena to be filled; ends it, and gives rc. */
void claims_work_start(struct claims_work *w, struct queue *q, struct db *db,
		       struct arena *a);
enum rc claims_work_end(struct claims_work *w, enum rc rc) MUST_USE;

/* Gives a claim back as if it had not been taken, due at a moment. */
enum rc claims_unclaim(struct claims_work *w, struct message *m,
		       int64_t next_us, struct err *e) MUST_USE;

/* Ends a message for good, and its notices where it was the last of theirs;
 * more: members of the event's payload. */
enum rc claims_finish(struct claims_work *w, struct message *m,
		      enum message_event ev, struct slice reason,
		      struct slice more, struct err *e) MUST_USE;

#endif
