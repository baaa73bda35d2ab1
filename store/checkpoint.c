/*
 * resting -> moving    the log is long (writer)
 *         -> ending    little of it is left (thread)
 *         -> resting   that was moved (writer)
 */
#include "store/checkpoint.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"
#include "store/db_log.h"

#define FRAMES_LONG 4000  /* 16 MB */
#define FRAMES_LITTLE 500 /* what a disk takes in some 10 ms */
#define FRAMES_MAX 32000  /* 128 MB */

enum state { RESTING, MOVING, ENDING };

struct checkpoint {
	struct db *db;
	struct thread thread;
	struct bell bell;
	_Atomic enum state state;
	_Atomic int frames;
	_Atomic bool stopping;
};

/* The writer adds while the thread moves, but more slowly: each pass has less
 * to do.  Where the disk is slower than that, the writer waits in the end. */
static void
move(struct checkpoint *c)
{
	int before, now;

	do {
		struct err e;

		before = atomic_load(&c->frames);
		if (db_checkpoint(c->db, &e) != RC_OK)
			break;
		now = atomic_load(&c->frames);
	} while (now - before > FRAMES_LITTLE && now < FRAMES_MAX &&
		 !atomic_load(&c->stopping));
}

static void
run(void *arg)
{
	struct checkpoint *c = arg;

	while (!atomic_load(&c->stopping)) {
		(void)bell_wait(&c->bell, -1);
		if (atomic_load(&c->state) != MOVING)
			continue;
		move(c);
		atomic_store(&c->state, ENDING);
	}
}

bool
checkpoint_due(struct checkpoint *c, int frames)
{
	atomic_store(&c->frames, frames);
	if (atomic_load(&c->state) == ENDING) {
		atomic_store(&c->state, RESTING);
		return true;
	}
	if (frames >= FRAMES_LONG && atomic_load(&c->state) == RESTING) {
		atomic_store(&c->state, MOVING);
		bell_ring(&c->bell);
	}
	return false;
}

enum rc
checkpoint_start(const char *path, struct checkpoint **out, struct err *e)
{
	struct checkpoint *c = MEM_NEW(struct checkpoint);
	enum rc rc = db_open(path, DB_MOVE, &c->db, e);

	if (rc) {
		free(c);
		return rc;
	}
	bell_init(&c->bell);
	thread_start(&c->thread, "checkpoint", run, c);
	*out = c;
	return RC_OK;
}

void
checkpoint_stop(struct checkpoint *c)
{
	if (c == NULL)
		return;
	atomic_store(&c->stopping, true);
	bell_ring(&c->bell);
	thread_join(&c->thread);
	bell_fini(&c->bell);
	db_close(c->db);
	free(c);
}
