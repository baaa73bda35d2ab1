#include "mailer/mailer.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "mailer/worker.h"
#include "store/lane.h"

/* Invariants.
 * 1. The dispatcher alone knows which destinations are served, how many
 *    connections each has and how much it sent this minute; workers tell it by
 *    the queue of finished jobs.
 * 2. A job is owned by one thread at a time: dispatcher -> todo -> worker ->
 *    done -> dispatcher.
 * 3. A lane that has waited longest goes first, and one batch at a time is
 *    taken for it: so no brand and no destination starves another.
 * 4. A destination gets a second connection once a first batch went well, and
 *    so on; those that failed last time share half of the workers.  So dead
 *    and stalling ones do not hold all of them. */

#define WORKERS_MAX 64
#define READY_MAX 256
#define JOB_ARENA_MAX (1024u << 20)

/* A destination in use, or used a minute ago. */
struct busy {
	struct busy *next;
	char domain[256];
	int connections;
	int proved;	   /* batches that went well since one did not */
	int sent;	   /* in the minute that began at minute_us */
	int64_t minute_us; /* clock_mono: rates are of real time */
};

struct mailer {
	struct mailer_config c;
	struct thread dispatcher, workers[WORKERS_MAX];
	struct fifo *todo, *done;
	struct db *db; /* the dispatcher's reader */
	struct worker w[WORKERS_MAX];
	_Atomic(struct job *) running[WORKERS_MAX];
	struct busy *busy;
	atomic_bool stop;
	atomic_uint under_way;
	unsigned doubtful; /* of them, to destinations that failed last time */
};

/* A worker's thread needs its own number. */
struct seat {
	struct mailer *m;
	unsigned i;
};

static void
job_free(struct job *j)
{
	transport_session_fini(&j->session);
	materials_release(j->materials);
	conf_unref(j->conf);
	arena_fini(&j->arena);
	free(j);
}

static struct job *
job_new(struct mailer *m)
{
	struct job *j = MEM_NEW(struct job);

	arena_init(&j->arena, JOB_ARENA_MAX);
	transport_session_init(&j->session);
	j->conf = conf_box_get(m->c.queue->conf);
	j->materials = materials_box_get(m->c.materials);
	return j;
}

static struct busy *
find_busy(struct mailer *m, struct slice domain)
{
	struct busy *b = m->busy;

	while (b != NULL && !slice_eq_z(domain, b->domain))
		b = b->next;
	if (b != NULL || domain.n >= sizeof(b->domain))
		return b;
	b = MEM_NEW(struct busy);
	memcpy(b->domain, domain.p, domain.n);
	b->next = m->busy;
	m->busy = b;
	return b;
}

/* Forgets destinations that rest, so that the list stays as long as what is
 * at work. */
static void
sweep_busy(struct mailer *m)
{
	for (struct busy **p = &m->busy; *p != NULL;) {
		struct busy *b = *p;

		if (b->connections > 0 ||
		    b->minute_us + MINUTE_US > clock_mono_us()) {
			p = &b->next;
			continue;
		}
		*p = b->next;
		free(b);
	}
}

/* Messages that may go to the destination now; 0: none before *again_us. */
static size_t
allowance(const struct destination *d, struct busy *b, int64_t *again_us)
{
	int64_t now = clock_mono_us();
	int most =
	    d->per_connection > 0 ? d->per_connection : TRANSPORT_BATCH_MAX;

	if (most > TRANSPORT_BATCH_MAX)
		most = TRANSPORT_BATCH_MAX;
	if (b->minute_us == 0 || now - b->minute_us >= MINUTE_US) {
		b->minute_us = now;
		b->sent = 0;
	}
	if (b->connections > b->proved ||
	    (d->connections > 0 && b->connections >= d->connections))
		return 0;
	if (d->per_minute > 0 && b->sent >= d->per_minute) {
		int64_t left = b->minute_us + MINUTE_US - now;

		if (clock_wall_us() + left < *again_us)
			*again_us = clock_wall_us() + left;
		return 0;
	}
	if (d->per_minute > 0 && most > d->per_minute - b->sent)
		most = d->per_minute - b->sent;
	return (size_t)most;
}

struct take_op {
	struct write_op op;
	struct mailer *m;
	struct job *job;
	int64_t lane;
	size_t limit;
};

static enum rc
run_take(struct write_op *op, struct db *db, struct err *e)
{
	struct take_op *t = (struct take_op *)op;

	/* After a failed commit it runs again: give back the slots first. */
	claims_free(t->m->c.queue, &t->job->batch);
	return claims_take(t->m->c.queue, db, t->lane, clock_wall_us(),
			   t->limit, &t->job->arena, &t->job->batch, e);
}

static bool
doubted(const struct lane *lane)
{
	return lane->failures > 0;
}

/* Takes a batch of a lane, where there is one, and hands it to a worker.
 * Fails: where the store does. */
static enum rc
take(struct mailer *m, const struct lane *lane, struct busy *b, size_t limit,
     bool *took)
{
	struct take_op t = {.op = {.run = run_take},
			    .m = m,
			    .job = job_new(m),
			    .lane = lane->id,
			    .limit = limit};
	struct err e;
	enum rc rc = writer_do(m->c.queue->writer, &t.op, &e);

	if (rc != RC_OK) {
		LOG(CLAIM_FAILED, LOG_ERR(&e));
		claims_free(m->c.queue, &t.job->batch);
	}
	*took = rc == RC_OK && t.job->batch.n > 0;
	if (!*took) {
		job_free(t.job);
		return rc;
	}
	b->connections++;
	b->sent += (int)t.job->batch.n;
	m->doubtful += doubted(&t.job->batch.lane);
	atomic_fetch_add(&m->under_way, 1);
	if (fifo_put(m->todo, t.job) != RC_OK)
		die("a job for which there is a worker does not fit");
	return RC_OK;
}

static void
collect(struct mailer *m)
{
	struct job *j;

	while ((j = fifo_take(m->done, 0)) != NULL) {
		struct busy *b = find_busy(m, j->batch.lane.domain);

		if (b != NULL) {
			b->connections--;
			b->proved =
			    j->block_reason[0] == '\0' ? b->proved + 1 : 0;
		}
		m->doubtful -= doubted(&j->batch.lane);
		atomic_fetch_sub(&m->under_way, 1);
		job_free(j);
	}
}

/* Gives work to all free workers; says when to look again. */
static int64_t
dispatch(struct mailer *m)
{
	const struct conf *conf = conf_box_get(m->c.queue->conf);
	int64_t now = clock_wall_us(), again = now + MINUTE_US, next;
	struct lane *lanes;
	struct arena a;
	struct err e;
	size_t n = 0;

	arena_init(&a, 64u << 20);
	if (lane_list_ready(m->db, now, READY_MAX, &a, &lanes, &n, &e) !=
	    RC_OK) {
		LOG(CLAIM_FAILED, LOG_ERR(&e));
		n = 0;
	}
	for (size_t i = 0; i < n && !atomic_load(&m->stop) &&
			   atomic_load(&m->under_way) < m->c.workers;
	     i++) {
		struct busy *b = find_busy(m, lanes[i].domain);
		size_t limit;
		bool took;

		if (b == NULL || (doubted(&lanes[i]) && m->doubtful > 0 &&
				  m->doubtful * 2 >= m->c.workers))
			continue;
		limit = allowance(conf_destination(conf, lanes[i].domain), b,
				  &again);
		if (limit == 0)
			continue;
		if (take(m, &lanes[i], b, limit, &took) != RC_OK)
			break; /* the store has to recover first */
		if (took)
			again = now;
	}
	if (lane_next_ready(m->db, now, &next, &e) == RC_OK && next < again)
		again = next;
	arena_fini(&a);
	conf_unref(conf);
	return again;
}

static void
run_dispatcher(void *arg)
{
	struct mailer *m = arg;

	while (!atomic_load(&m->stop)) {
		int64_t again;

		collect(m);
		sweep_busy(m);
		again = dispatch(m);
		if (atomic_load(&m->under_way) >= m->c.workers)
			again = clock_wall_us() + MINUTE_US;
		bell_wait(&m->c.queue->mail, clock_wait_ms(again, 1000));
	}
}

static void
run_worker(void *arg)
{
	struct seat *seat = arg;
	struct mailer *m = seat->m;
	unsigned i = seat->i;
	struct job *j;

	free(seat);
	while ((j = fifo_take(m->todo, -1)) != NULL) {
		atomic_store(&m->running[i], j);
		if (atomic_load(&m->stop))
			transport_cancel(&j->session);
		worker_run(&m->w[i], j);
		atomic_store(&m->running[i], NULL);
		if (fifo_put(m->done, j) != RC_OK)
			die("a finished job does not fit");
		bell_ring(&m->c.queue->mail);
	}
}

enum rc
mailer_start(const struct mailer_config *c, struct mailer **out, struct err *e)
{
	struct mailer *m = MEM_NEW(struct mailer);
	enum rc rc;

	m->c = *c;
	if (m->c.workers > WORKERS_MAX)
		m->c.workers = WORKERS_MAX;
	m->todo = fifo_new("mail todo", WORKERS_MAX);
	m->done = fifo_new("mail done", WORKERS_MAX * 2);
	rc = db_open(c->db_path, DB_READ, &m->db, e);
	for (unsigned i = 0; rc == RC_OK && i < m->c.workers; i++) {
		compose_room_init(&m->w[i].room);
		m->w[i].queue = c->queue;
		m->w[i].stop = &m->stop;
		m->w[i].transport = c->transport;
		m->w[i].dns = c->dns;
		m->w[i].sts = c->sts;
		rc = db_open(c->db_path, DB_READ, &m->w[i].db, e);
	}
	if (rc != RC_OK) {
		m->c.workers = 0;
		mailer_stop(m, 0);
		return rc;
	}
	for (unsigned i = 0; i < m->c.workers; i++) {
		struct seat *seat = MEM_NEW(struct seat);
		char name[16];

		seat->m = m;
		seat->i = i;
		snprintf(name, sizeof(name), "mail-%u", i);
		thread_start(&m->workers[i], name, run_worker, seat);
	}
	thread_start(&m->dispatcher, "mail", run_dispatcher, m);
	*out = m;
	return RC_OK;
}

static void
cancel_after(struct mailer *m, int grace_ms)
{
	int64_t end = clock_mono_us() + grace_ms * INT64_C(1000);

	while (atomic_load(&m->under_way) > 0 && clock_mono_us() < end) {
		bell_wait(&m->c.queue->mail, 20);
		collect(m);
	}
	for (unsigned i = 0; i < m->c.workers; i++) {
		struct job *j = atomic_load(&m->running[i]);

		if (j != NULL)
			transport_cancel(&j->session);
	}
}

void
mailer_stop(struct mailer *m, int grace_ms)
{
	if (m == NULL)
		return;
	atomic_store(&m->stop, true);
	bell_ring(&m->c.queue->mail);
	if (m->c.workers > 0) {
		thread_join(&m->dispatcher);
		cancel_after(m, grace_ms);
	}
	fifo_close(m->todo);
	for (unsigned i = 0; i < m->c.workers; i++)
		thread_join(&m->workers[i]);
	collect(m);
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		db_close(m->w[i].db);
		compose_room_fini(&m->w[i].room);
	}
	db_close(m->db);
	while (m->busy != NULL) {
		struct busy *b = m->busy;

		m->busy = b->next;
		free(b);
	}
	fifo_free(m->todo);
	fifo_free(m->done);
	free(m);
}

unsigned
mailer_busy(const struct mailer *m)
{
	return atomic_load(&m->under_way);
}
