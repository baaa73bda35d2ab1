#include "tracker/jobs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"

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
	struct fifo *queue;
	struct worker *workers;
	unsigned n;
};

static _Thread_local int self = -1;

int
jobs_self(void)
{
	return self;
}

static void
work(void *arg)
{
	struct worker *w = arg;
	struct job *j;

	self = w->number;
	while ((j = fifo_take(w->jobs->queue, -1)) != NULL) {
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

	j->queue = fifo_new("jobs", cap);
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
	fifo_close(j->queue);
	for (unsigned i = 0; i < j->n; i++)
		thread_join(&j->workers[i].thread);
	fifo_free(j->queue);
	free(j->workers);
	free(j);
}

enum rc
jobs_put(struct jobs *j, void (*run)(void *arg), void *arg)
{
	struct job *job = MEM_NEW(struct job);
	enum rc rc;

	job->run = run;
	job->arg = arg;
	rc = fifo_put(j->queue, job);
	if (rc)
		free(job);
	return rc;
}

size_t
jobs_waiting(struct jobs *j)
{
	return fifo_count(j->queue);
}
