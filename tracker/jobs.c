/*
 * 1. There is a turn for each job in a lane, put behind it: who takes a turn
 *    finds a job in one of them.
 */
#include "tracker/jobs.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"

#define OTHERS_EACH 4

struct job {
	void (*run)(void *arg);
	void *arg;
};

struct worker {
	struct jobs *jobs;
	struct thread thread;
	int number;
};

struct jobs {
	struct fifo *lanes[JOB_LANES], *turns;
	_Atomic unsigned turn;
	struct worker *workers;
	unsigned n;
};

static _Thread_local int self = -1;

int
jobs_self(void)
{
	return self;
}

/* Waits for one; NULL at the end. */
static struct job *
take(struct jobs *j)
{
	enum job_lane lane = JOBS_FIRST;
	struct job *job = NULL;

	if (fifo_take(j->turns, -1) == NULL)
		return NULL;
	if (atomic_fetch_add(&j->turn, 1) % OTHERS_EACH == OTHERS_EACH - 1)
		lane = JOBS_OTHERS;
	/* another may take from one what was put into the other behind us */
	for (; job == NULL; lane = !lane)
		job = fifo_take(j->lanes[lane], 0);
	return job;
}

static void
work(void *arg)
{
	struct worker *w = arg;
	struct job *j;

	self = w->number;
	while ((j = take(w->jobs)) != NULL) {
		struct job copy = *j;

		free(j);
		copy.run(copy.arg);
	}
}

struct jobs *
jobs_new(unsigned n, size_t cap)
{
	struct jobs *j = MEM_NEW(struct jobs);
	char name[16];

	for (size_t i = 0; i < JOB_LANES; i++)
		j->lanes[i] = fifo_new("jobs", cap);
	j->turns = fifo_new("turns of jobs", JOB_LANES * cap);
	j->workers = mem_alloc(n * sizeof(*j->workers));
	j->n = n;
	for (unsigned i = 0; i < n; i++) {
		j->workers[i].jobs = j;
		j->workers[i].number = (int)i;
		(void)snprintf(name, sizeof(name), "job-%u", i);
		thread_start(&j->workers[i].thread, name, work, &j->workers[i]);
	}
	return j;
}

void
jobs_free(struct jobs *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < JOB_LANES; i++)
		fifo_close(j->lanes[i]);
	fifo_close(j->turns);
	for (unsigned i = 0; i < j->n; i++)
		thread_join(&j->workers[i].thread);
	for (size_t i = 0; i < JOB_LANES; i++)
		fifo_free(j->lanes[i]);
	fifo_free(j->turns);
	free(j->workers);
	free(j);
}

enum rc
jobs_put(struct jobs *j, enum job_lane lane, void (*run)(void *arg), void *arg)
{
	struct job *job = MEM_NEW(struct job);
	enum rc rc;

	job->run = run;
	job->arg = arg;
	rc = fifo_put(j->lanes[lane], job);
	if (rc)
		free(job);
	else if (fifo_put(j->turns, j) != RC_OK)
		die("a job was put while the jobs were freed");
	return rc;
}

size_t
jobs_waiting(struct jobs *j)
{
	size_t n = 0;

	for (size_t i = 0; i < JOB_LANES; i++)
		n += fifo_count(j->lanes[i]);
	return n;
}
