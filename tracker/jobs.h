#ifndef TRACKER_JOBS_H
#define TRACKER_JOBS_H

#include <stddef.h>

#include "base/err.h"

/* Job threads: everything that a request needs and that may block.  Each has
 * its number, by which handlers find what is theirs (a reader). */
struct jobs;

/* Who waits: each lane has room of its own.  The first goes first, but for
 * each fourth turn, which is the other's. */
enum job_lane { JOBS_FIRST, JOBS_OTHERS, JOB_LANES };

/* Starts n threads over lanes of at most cap each. */
struct jobs *jobs_new(unsigned n, size_t cap);

/* Runs what is queued, then ends. */
void jobs_free(struct jobs *j);

/* Calls run(arg) on a job thread.  Fails: RC_LIMIT (the lane is full),
 * RC_STATE. */
enum rc jobs_put(struct jobs *j, enum job_lane lane, void (*run)(void *arg),
		 void *arg) MUST_USE;

/* The number of the calling job thread, 0 to n - 1; -1 elsewhere. */
int jobs_self(void);
size_t jobs_waiting(struct jobs *j); /* in all lanes */

#endif
