#include "mailer/pending.h"

#include "base/clock.h"
#include "base/log.h"

#define COUNT_MAX 64
#define WAIT_US (100 * INT64_C(1000))
#define STORE_WAIT_MAX_MS 2000

void
pending_init(struct pending *p, struct queue *q, const atomic_bool *stop,
	     struct arena *a)
{
	p->queue = q;
	p->stop = stop;
	p->list = ARENA_ARRAY(a, struct claim_verdict, COUNT_MAX);
	p->n = 0;
	p->lost = false;
	p->flushed_us = clock_mono_us();
}

struct end_op {
	struct write_op op;
	struct queue *queue;
	const struct claim_verdict *verdicts;
	size_t n;
};

static enum rc
run_end(struct write_op *op, struct db *db, struct err *e)
{
	struct end_op *x = (struct end_op *)op;

	return claims_end(x->queue, db, x->verdicts, x->n, e);
}

/* What has no place on the disk now may have one soon; a verdict that the
 * store refuses will not become better. */
static bool
passing(enum rc rc)
{
	return rc == RC_IO || rc == RC_LIMIT || rc == RC_AGAIN;
}

void
pending_note(struct pending *p, enum rc rc, const struct err *e)
{
	if (rc == RC_OK || !passing(rc) || !atomic_load(p->stop))
		return;
	p->lost = true;
	p->why = *e;
}

/* Tries until the store takes it, or the mailer stops: then once, for all that
 * is left. */
static enum rc
persist(struct pending *p, struct write_op *op, struct err *e)
{
	int wait_ms = 50;
	enum rc rc;

	if (p->lost) {
		*e = p->why;
		return e->rc;
	}
	while ((rc = writer_do(p->queue->writer, op, e)) != RC_OK &&
	       passing(rc) && !atomic_load(p->stop)) {
		struct timespec pause = {wait_ms / 1000,
					 wait_ms % 1000 * 1000000L};

		nanosleep(&pause, NULL);
		if (wait_ms < STORE_WAIT_MAX_MS)
			wait_ms *= 2;
	}
	pending_note(p, rc, e);
	return rc;
}

static enum rc
run_release(struct write_op *op, struct db *db, struct err *e)
{
	struct end_op *x = (struct end_op *)op;

	return claims_release(x->queue, db, x->verdicts, e);
}

/* Once it is on record, somebody else may claim it. */
static void
give_up(struct pending *p, const struct claim_verdict *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (from[i].claim->slot >= 0)
			phase_free(p->queue->phases, from[i].claim->slot);
		from[i].claim->slot = -1;
	}
}

static void
commit(struct pending *p, const struct claim_verdict *from, size_t n)
{
	struct end_op x = {.op = {.run = run_end, .sure = true},
			   .queue = p->queue,
			   .verdicts = from,
			   .n = n};
	struct err e;
	enum rc rc = persist(p, &x.op, &e);

	if (rc == RC_OK) {
		give_up(p, from, n);
		return;
	}
	if (n > 1 && !passing(rc)) {
		for (size_t i = 0; i < n; i++)
			commit(p, &from[i], 1);
		return;
	}
	LOG(VERDICT_LOST, LOG_I("messages", n), LOG_ERR(&e));
	x.op.run = run_release;
	if (!passing(rc) && persist(p, &x.op, &e) == RC_OK) {
		give_up(p, from, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		from[i].claim->slot = -1;
}

void
pending_flush(struct pending *p)
{
	p->flushed_us = clock_mono_us();
	if (p->n > 0)
		commit(p, p->list, p->n);
	p->n = 0;
}

void
pending_tick(struct pending *p)
{
	if (p->n == COUNT_MAX ||
	    (p->n > 0 && clock_mono_us() - p->flushed_us > WAIT_US))
		pending_flush(p);
}

void
pending_put(struct pending *p, const struct claim_verdict *v)
{
	p->list[p->n++] = *v;
	pending_tick(p);
}
