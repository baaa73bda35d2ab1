#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include "store/db.h"

/*
 * A thread that moves the writer's log into the database, so that commits do
 * not wait for that.  The log begins anew only when none of it is left to move;
 * the writer itself moves the last few frames, since only then none are added.
 */
struct checkpoint;

/* Fails: as db_open(). */
enum rc checkpoint_start(const char *path, struct checkpoint **out,
			 struct err *e) MUST_USE;
void checkpoint_stop(struct checkpoint *c);

/* Says how many frames are in the log; true when the caller should move what
 * is left now.  Thread: writer, after a commit. */
bool checkpoint_due(struct checkpoint *c, int frames);

#endif
