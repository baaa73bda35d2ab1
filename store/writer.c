/*
 * 1. Only this thread touches db.
 * 2. An operation is in the queue, in batch[], or answered: exactly one.  Once
 *    writer_submit() said RC_OK, done() is called once, whatever happens.
 * 3. done() is called only when no transaction is open: for an operation that
 *    changed nothing too, since it may have read what others of its batch
 *    wrote.
 * 4. lock guards what is above "thread" in struct writer; it is never held
 *    while an operation runs.
 *
 * A batch of one needs no savepoint: its failure rolls back all there is.  Nor
 * do those at the head of a transaction that are sure: copies of the pages that
 * it changed were a quarter of what the writer did for a message.
 */
#include "store/writer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "store/checkpoint.h"
#include "store/db_ledger.h"
#include "store/db_log.h"

#define BATCH_OPS 512
#define BATCH_BYTES ((size_t)4 << 20)
#define KEPT_LONG_US (8 * SECOND_US)	  /* past the wait for who locks it */
#define SETTLE_US (20 * SECOND_US / 1000) /* nobody wrote for so long */

struct writer {
	struct mutex lock;
	pthread_cond_t work, room, left;
	struct write_op *first, **last;
	size_t waiting, cap, running, callers;
	bool idle, stopping;

	struct thread thread;
	struct db *db;
	struct checkpoint *checkpoint;
	struct write_op *batch[BATCH_OPS];
	struct err *failures[BATCH_OPS]; /* of operations, by place */
	bool failing;			 /* commits fail: said once */
	_Atomic int64_t begun_us;	 /* a transaction, or 0 */
	void (*committed)(void *arg);
	void *committed_arg;
};

static void
cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) ||
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) ||
	    pthread_cond_init(c, &attr))
		die("making a condition");
	(void)pthread_condattr_destroy(&attr);
}

/* ---- the queue ---- */

static void
push(struct writer *w, struct write_op *op)
{
	op->next = NULL;
	*w->last = op;
	w->last = &op->next;
	w->waiting++;
	if (w->idle)
		(void)pthread_cond_signal(&w->work);
}

enum rc
writer_submit(struct writer *w, struct write_op *op)
{
	enum rc rc = RC_OK;

	mutex_lock(&w->lock);
	if (w->stopping)
		rc = RC_STATE;
	else if (writer_kept_us(w) > KEPT_LONG_US)
		rc = RC_AGAIN;
	else if (w->waiting >= w->cap)
		rc = RC_LIMIT;
	else
		push(w, op);
	mutex_unlock(&w->lock);
	return rc;
}

enum rc
writer_submit_alone(struct writer *w, struct write_op *op)
{
	enum rc rc = RC_OK;

	mutex_lock(&w->lock);
	if (w->stopping)
		rc = RC_STATE;
	else
		push(w, op);
	mutex_unlock(&w->lock);
	return rc;
}

size_t
writer_backlog(struct writer *w)
{
	size_t n;

	mutex_lock(&w->lock);
	n = w->waiting + w->running;
	mutex_unlock(&w->lock);
	return n;
}

int64_t
writer_kept_us(const struct writer *w)
{
	int64_t begun_us = atomic_load(&w->begun_us);

	return begun_us ? clock_mono_us() - begun_us : 0;
}

/* False where nobody came within the time that settling waits for. */
static bool
work_wait(struct writer *w)
{
	int64_t by_us = clock_mono_us() + SETTLE_US;
	struct timespec by = {.tv_sec = by_us / SECOND_US,
			      .tv_nsec = by_us % SECOND_US * 1000};

	if (!db_unsettled(w->db)) {
		(void)pthread_cond_wait(&w->work, &w->lock.m);
		return true;
	}
	return pthread_cond_timedwait(&w->work, &w->lock.m, &by) != ETIMEDOUT;
}

/* Moves what waits into batch[] and says how many; 0 at the end, or where the
 * index of events may be settled meanwhile. */
static size_t
take(struct writer *w, bool *settle)
{
	size_t n = 0;

	mutex_lock(&w->lock);
	w->running = 0;
	w->idle = true;
	*settle = false;
	while (w->first == NULL && !w->stopping && !*settle)
		*settle = !work_wait(w);
	w->idle = false;
	while (w->first && n < BATCH_OPS) {
		w->batch[n++] = w->first;
		w->first = w->first->next;
	}
	if (w->first == NULL)
		w->last = &w->first;
	w->waiting -= n;
	w->running = n;
	(void)pthread_cond_broadcast(&w->room);
	mutex_unlock(&w->lock);
	return n;
}

/* ---- a batch ---- */

static void
op_fail(struct writer *w, size_t i, enum rc rc, const struct err *e)
{
	if (w->failures[i] == NULL)
		w->failures[i] = MEM_NEW(struct err);
	*w->failures[i] = *e;
	w->batch[i]->rc = rc;
}

static enum rc
op_call(struct writer *w, struct write_op *op, struct err *e)
{
	*e = (struct err){.rc = RC_OK};
	op->rc = op->run(op, w->db, e);
	db_assert_idle(w->db);
	return op->rc;
}

/* Fails only when the transaction is lost. */
static enum rc
op_run(struct writer *w, size_t i, bool alone, struct err *e)
{
	struct write_op *op = w->batch[i];
	enum rc rc;

	if (!alone && (rc = db_savepoint(w->db, e)))
		return rc;
	rc = op_call(w, op, e);
	if (rc)
		op_fail(w, i, rc, e);
	if (!db_in_transaction(w->db))
		return rc ? rc : err_set(e, RC_IO, "the transaction was lost");
	if (rc == RC_OK)
		return alone ? RC_OK : db_release(w->db, e);
	if (alone)
		db_rollback(w->db);
	else
		db_undo(w->db);
	return RC_OK;
}

/* A moved file is the operator's doing; to callers it is a store that does not
 * work now. */
static enum rc
commit(struct writer *w, struct err *e)
{
	enum rc rc;

	if (!db_in_transaction(w->db))
		return RC_OK;
	if ((rc = db_settle(w->db, false, e)))
		return rc;
	if (db_check_file(w->db, e))
		return e->rc = RC_IO;
	return db_commit(w->db, e);
}

static void
answer(struct writer *w, size_t from, size_t to)
{
	static const struct err none = {.rc = RC_OK};

	for (size_t i = from; i < to; i++) {
		struct write_op *op = w->batch[i];
		struct err *e = w->failures[i];

		w->batch[i] = NULL;
		w->failures[i] = NULL;
		op->done(op, op->rc, e ? e : &none);
		free(e);
	}
}

static void
tell(struct writer *w, enum rc rc, const struct err *e)
{
	if (rc && !w->failing) {
		LOG(STORE_FAILED, LOG_ERR(e));
		w->failing = true;
	} else if (rc == RC_OK && w->failing && db_wrote(w->db)) {
		LOG(STORE_RECOVERED, LOG_I("waiting", writer_backlog(w)));
		w->failing = false;
	}
}

/* Runs those at the head of batch[from..to) that are sure, without savepoints,
 * and says behind which; none where one fails. */
static enum rc
run_sure(struct writer *w, size_t from, size_t to, size_t *end, struct err *e)
{
	size_t i = from;

	for (;
	     i < to && w->batch[i]->sure && db_bound_bytes(w->db) < BATCH_BYTES;
	     i++) {
		if (op_call(w, w->batch[i], e) != RC_OK ||
		    !db_in_transaction(w->db)) {
			db_rollback(w->db);
			i = from;
			*e = (struct err){.rc = RC_OK};
			if (db_begin(w->db, e) != RC_OK)
				return e->rc;
			break;
		}
	}
	*end = i;
	return RC_OK;
}

/* Runs as many of batch[from..to) as one transaction takes and answers them;
 * says where the next begins. */
static size_t
transact(struct writer *w, size_t from, size_t to)
{
	struct err e = {.rc = RC_OK};
	bool alone = to - from == 1;
	size_t i = from;
	enum rc rc = db_begin(w->db, &e);

	if (rc == RC_OK && !alone)
		rc = run_sure(w, from, to, &i, &e);
	while (rc == RC_OK && i < to && db_bound_bytes(w->db) < BATCH_BYTES)
		rc = op_run(w, i++, alone, &e);
	if (rc == RC_OK)
		rc = commit(w, &e);
	else if (i == from)
		i = to;
	if (rc) {
		db_rollback(w->db);
		for (size_t k = from; k < i; k++)
			op_fail(w, k, rc, &e);
	}
	tell(w, rc, &e);
	if (rc == RC_OK && w->committed)
		w->committed(w->committed_arg);
	answer(w, from, i);
	return i;
}

/* What fails is tried again when the log has grown.  Where commits fail, the
 * disk may be full, and the log is room. */
static void
move(struct writer *w)
{
	struct err e;

	if (checkpoint_due(w->checkpoint, db_log_frames(w->db)) || w->failing)
		(void)!db_checkpoint(w->db, &e);
}

/* What fails is tried again when the time comes again. */
static void
settle(struct writer *w)
{
	struct err e;

	if (db_begin(w->db, &e) != RC_OK)
		return;
	if (db_settle(w->db, true, &e) || commit(w, &e))
		db_rollback(w->db);
	move(w);
}

static void
run(void *p)
{
	struct writer *w = p;
	bool idle;
	size_t n;

	while ((n = take(w, &idle)) || idle) {
		atomic_store(&w->begun_us, clock_mono_us());
		if (idle)
			settle(w);
		for (size_t at = 0; at < n;) {
			at = transact(w, at, n);
			move(w);
			atomic_store(&w->begun_us, clock_mono_us());
		}
		atomic_store(&w->begun_us, 0);
	}
}

/* ---- start, stop ---- */

enum rc
writer_start(const char *path, size_t cap, struct writer **out, struct err *e)
{
	struct writer *w = MEM_NEW(struct writer);
	enum rc rc = db_open(path, DB_WRITE, &w->db, e);

	if (rc == RC_OK)
		rc = checkpoint_start(path, &w->checkpoint, e);
	if (rc) {
		db_close(w->db);
		free(w);
		return rc;
	}
	db_defer_checkpoints(w->db);
	mutex_init(&w->lock, "writer");
	cond_init(&w->work);
	cond_init(&w->room);
	cond_init(&w->left);
	w->last = &w->first;
	w->cap = cap;
	thread_start(&w->thread, "writer", run, w);
	*out = w;
	return RC_OK;
}

void
writer_on_commit(struct writer *w, void (*call)(void *arg), void *arg)
{
	w->committed = call;
	w->committed_arg = arg;
}

void
writer_stop(struct writer *w)
{
	if (w == NULL)
		return;
	mutex_lock(&w->lock);
	w->stopping = true;
	(void)pthread_cond_broadcast(&w->work);
	(void)pthread_cond_broadcast(&w->room);
	mutex_unlock(&w->lock);
	thread_join(&w->thread);
	mutex_lock(&w->lock);
	while (w->callers)
		(void)pthread_cond_wait(&w->left, &w->lock.m);
	mutex_unlock(&w->lock);
	checkpoint_stop(w->checkpoint);
	db_close(w->db);
	(void)pthread_cond_destroy(&w->work);
	(void)pthread_cond_destroy(&w->room);
	(void)pthread_cond_destroy(&w->left);
	mutex_fini(&w->lock);
	free(w);
}

/* ---- waiting for an operation ---- */

struct wait_op {
	struct write_op op;
	struct write_op *inner;
	struct writer *w;
	struct err *e;
	pthread_cond_t answered;
	bool over;
};

static enum rc
wait_run(struct write_op *op, struct db *db, struct err *e)
{
	struct wait_op *wait = (struct wait_op *)op;

	return wait->inner->run(wait->inner, db, e);
}

/* The struct is the waiter's stack: not to be touched once it is over. */
static void
wait_done(struct write_op *op, enum rc rc, const struct err *e)
{
	struct wait_op *wait = (struct wait_op *)op;
	struct writer *w = wait->w;

	mutex_lock(&w->lock);
	wait->inner->rc = rc;
	if (rc && wait->e)
		*wait->e = *e;
	wait->over = true;
	(void)pthread_cond_signal(&wait->answered);
	mutex_unlock(&w->lock);
}

enum rc
writer_do(struct writer *w, struct write_op *op, struct err *e)
{
	struct wait_op wait = {
	    .op = {.run = wait_run, .done = wait_done, .sure = op->sure},
	    .inner = op,
	    .w = w,
	    .e = e,
	};

	if (pthread_equal(pthread_self(), w->thread.t))
		die("the writer waits for itself");
	cond_init(&wait.answered);
	mutex_lock(&w->lock);
	w->callers++;
	while (w->waiting >= w->cap && !w->stopping)
		(void)pthread_cond_wait(&w->room, &w->lock.m);
	if (w->stopping) {
		op->rc = err_set(e, RC_STATE, "the store is stopping");
		wait.over = true;
	} else {
		push(w, &wait.op);
	}
	while (!wait.over)
		(void)pthread_cond_wait(&wait.answered, &w->lock.m);
	if (--w->callers == 0)
		(void)pthread_cond_signal(&w->left);
	mutex_unlock(&w->lock);
	(void)pthread_cond_destroy(&wait.answered);
	return op->rc;
}
