#include "mailer/mailer.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "mailer/late.h"
#include "mailer/pace.h"
#include "mailer/turns.h"
#include "mailer/worker.h"

/* Invariants.
 * 1. The dispatcher alone knows how each hop is served; workers tell it by the
 *    queue of finished jobs.
 * 2. A job is owned by one thread at a time: dispatcher -> todo -> worker ->
 *    done -> dispatcher.
 * 3. Brands take turns, and so do the lanes of each; a turn is one batch
 *    (turns.h).  So no brand and no destination starves another.
 * 4. Hops whose last batch went well have c.workers sessions that nobody else
 *    may take, and one more for a hop that has none: they never wait for one
 *    that does not answer.  Who takes long moves on to as many sessions of the
 *    slow, and comes back after a short batch.  All others share as many
 *    scouts, and of these the ones that failed last time at most half; a first
 *    try waits less long for a connection and for replies.  So a good hop that
 *    is new waits for the first tries before its own, never for the later ones
 *    of the dead; and each costs one such try, once.
 * 5. A batch that took TURN_US begins nothing more while another hop waits for
 *    its session. */

#define WORKERS_MAX 64
#define SEATS_MAX (3 * WORKERS_MAX + 1)
#define SLOW_US (3 * SECOND_US)
#define TURN_US (15 * SECOND_US)
#define ROUND_WAIT_MS 20 /* before lanes that a round did not get to */
#define JOB_ARENA_MAX (1024u << 20)

struct mailer {
	struct mailer_config c;
	struct thread dispatcher, workers[SEATS_MAX];
	unsigned seats, scouts;
	struct fifo *todo, *done;
	struct db *db; /* the dispatcher's reader */
	struct worker w[SEATS_MAX];
	_Atomic(struct job *) running[SEATS_MAX];
	struct turns *turns;
	struct paces *paces;
	struct late late;
	const struct conf *conf; /* of the last round */
	uint64_t urges;		 /* of the queue, then */
	atomic_bool stop;
	atomic_uint under_way;
	/* Of the sweep: more than a rest keeps something; or what was known
	 * of hops has changed. */
	bool waiting;
	int64_t again_us; /* of the sweep: when something may be served */
	_Atomic uint64_t rest_calls; /* of the queue, before that sweep */
	_Atomic int64_t rest_us;     /* mailer_rests(); 0: it does not */
	unsigned to[TRUSTS];	     /* of them, by seat */
	/* Of the round: a hop that found no seat, and whether it is alone. */
	const struct pace *waits[TRUSTS];
	bool crowd[TRUSTS];
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
has_seat(const struct mailer *m, enum trust trust, bool first)
{
	unsigned scouting = m->to[TRUST_UNKNOWN] + m->to[TRUST_FAILED];

	if (trust == TRUST_PROVED)
		return m->to[trust] < m->c.workers + first;
	if (trust == TRUST_SLOW)
		return m->to[trust] < m->c.workers;
	return scouting < m->scouts &&
	       (trust == TRUST_UNKNOWN || m->to[trust] < m->scouts / 2);
}

static bool
full(const struct mailer *m)
{
	return !has_seat(m, TRUST_PROVED, true) &&
	       !has_seat(m, TRUST_SLOW, true) &&
	       !has_seat(m, TRUST_UNKNOWN, true);
}

/* A hop finds no seat. */
static void
note_waiting(struct mailer *m, enum trust trust, const struct pace *pace)
{
	m->crowd[trust] |= m->waits[trust] != NULL && m->waits[trust] != pace;
	m->waits[trust] = pace;
}

static bool
others_wait(const struct mailer *m, const struct job *j)
{
	enum trust seat = j->seat;

	if (full(m) || m->crowd[seat] ||
	    (m->waits[seat] != NULL && m->waits[seat] != j->pace))
		return true;
	return seat == TRUST_FAILED && m->waits[TRUST_UNKNOWN] != NULL;
}

/* Batches that take long make room for the rest. */
static void
make_room(struct mailer *m)
{
	int64_t now = clock_mono_us();

	for (unsigned i = 0; i < m->seats; i++) {
		struct job *j = atomic_load(&m->running[i]);

		if (j == NULL || now - j->begun_us < SLOW_US)
			continue;
		j->pace->slow = true;
		if (j->seat == TRUST_PROVED && has_seat(m, TRUST_SLOW, false)) {
			m->to[j->seat]--;
			j->seat = TRUST_SLOW;
			m->to[j->seat]++;
		}
		if (now - j->begun_us > TURN_US && others_wait(m, j))
			atomic_store(&j->yield, true);
	}
}

/* Takes a batch of a lane, where there is one, and hands it to a worker.
 * Fails: where the store does. */
static enum rc
take(struct mailer *m, const struct lane *lane, struct pace *pace, size_t limit,
     bool *took)
{
	struct take_op t = {.op = {.run = run_take, .sure = true},
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
	t.job->pace = pace;
	t.job->trust = t.job->seat = pace_trust(pace, lane);
	t.job->begun_us = clock_mono_us();
	t.job->end.deferred = pace->deferred;
	pace_begin(pace, t.job->batch.n);
	m->to[t.job->seat]++;
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
		m->waiting = true;
		atomic_store(&m->rest_us, 0);
		j->end.block_us = j->block_us;
		j->end.slow = clock_mono_us() - j->begun_us >= SLOW_US;
		j->end.together = pace_is_shared(j->pace) ||
				  strcmp(j->block_reason, "slow_down") == 0;
		pace_done(j->pace, j->batch.lane.id, &j->end);
		rests_set(m->c.rests, j->pace->key,
			  (struct rest){j->pace->rest_lane, j->pace->rest_us});
		m->to[j->seat]--;
		atomic_fetch_sub(&m->under_way, 1);
		job_free(j);
	}
}

/* Serves a lane if it may be served now.  Fails: as the store. */
static enum rc
serve(struct mailer *m, const struct lane *lane, int64_t *again_us, bool *took)
{
	struct route_limits limits;
	char key[ROUTE_HOP_MAX];
	struct pace *pace;
	enum trust trust;
	size_t most;

	*took = false;
	route_hop(m->conf, lane->brand, lane->domain, key, &limits);
	pace = pace_find(m->paces, key);
	m->waiting |= !pace_rests(pace, lane->id);
	trust = pace_trust(pace, lane);
	most = pace_allowance(pace, &limits, lane->id, again_us);
	if (most == 0)
		return RC_OK;
	if (has_seat(m, trust, pace->connections == 0))
		return take(m, lane, pace, most, took);
	note_waiting(m, trust, pace);
	return RC_OK;
}

static bool
sending(struct mailer *m)
{
	struct sbuf why;
	struct err e;
	bool paused;

	if (!m->conf->send)
		return false;
	sbuf_init(&why, 4096);
	paused = queue_paused(m->db, &why, &e) != RC_NOTFOUND;
	sbuf_fini(&why);
	return !paused;
}

/* A sweep ends where anything may have changed of what it saw. */
static void
keep_sweep(struct mailer *m, int64_t now)
{
	uint64_t calls = atomic_load(&m->c.queue->calls);

	if (!m->waiting && calls == atomic_load(&m->rest_calls) &&
	    now < m->again_us)
		return;
	m->waiting = false;
	m->again_us = now + MINUTE_US;
	atomic_store(&m->rest_calls, calls);
	turns_sweep(m->turns);
}

/* When something may be due, or too late, that is not yet. */
static void
look_ahead(struct mailer *m, int64_t now, int64_t again)
{
	struct err e;
	int64_t next;

	if (lane_next_ready(m->db, now, &next, &e) == RC_OK && next < again)
		again = next;
	if (late_end(&m->late, m->c.queue, m->db, now, &again, &e) != RC_OK)
		LOG(CLAIM_FAILED, LOG_ERR(&e));
	if (again < m->again_us)
		m->again_us = again;
}

/* Gives work to all who are free; says when to look again. */
static int64_t
dispatch(struct mailer *m)
{
	int64_t now = clock_wall_us(), again = now + MINUTE_US;
	const struct lane *lane;
	struct arena a;
	struct err e;
	bool took;
	enum rc rc;

	atomic_store(&m->rest_us, 0);
	if (!sending(m))
		return again;
	keep_sweep(m, now);
	memset(m->waits, 0, sizeof m->waits);
	memset(m->crowd, 0, sizeof m->crowd);
	arena_init(&a, 64u << 20);
	rc = turns_begin(m->turns, m->db, now, &a, &e);
	while (rc == RC_OK && !full(m) && !atomic_load(&m->stop)) {
		rc = turns_next(m->turns, &lane, &e);
		if (rc != RC_OK)
			break;
		if (serve(m, lane, &again, &took) != RC_OK)
			break; /* the store has to recover first */
		if (!took)
			continue;
		turns_served(m->turns);
		again = now;
	}
	if (rc != RC_OK && rc != RC_NOTFOUND)
		LOG(CLAIM_FAILED, LOG_ERR(&e));
	look_ahead(m, now, again);
	if (rc == RC_NOTFOUND && !m->waiting && turns_swept(m->turns))
		atomic_store(&m->rest_us, m->again_us);
	arena_fini(&a);
	return m->again_us;
}

/* Who changed the configuration may have mended what hops rest for; who says
 * "now" wants it tried. */
static void
see_changes(struct mailer *m)
{
	const struct conf *conf = conf_box_get(m->c.queue->conf);
	uint64_t urges = atomic_load(&m->c.queue->urges);

	if (urges != m->urges || (m->conf != NULL && conf != m->conf)) {
		m->waiting = true;
		paces_wake(m->paces);
		rests_clear(m->c.rests);
	}
	if (m->conf != NULL)
		conf_unref(m->conf);
	m->conf = conf;
	m->urges = urges;
}

/* Nothing may be served before something changes. */
static bool
swept(const struct mailer *m)
{
	return !m->waiting && turns_swept(m->turns);
}

static void
run_dispatcher(void *arg)
{
	struct mailer *m = arg;

	while (!atomic_load(&m->stop)) {
		int wait_ms;

		collect(m);
		see_changes(m);
		paces_sweep(m->paces);
		sts_sweep(m->c.sts);
		wait_ms = clock_wait_ms(dispatch(m), 1000);
		make_room(m);
		if (full(m))
			wait_ms = 1000;
		else if (turns_cut(m->turns) && !swept(m) &&
			 wait_ms > ROUND_WAIT_MS)
			wait_ms = ROUND_WAIT_MS;
		bell_wait(&m->c.queue->mail, wait_ms);
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
		j->session.cancel = &m->w[i].cancel;
		atomic_store(&m->running[i], j);
		if (atomic_load(&m->stop))
			bell_ring(&m->w[i].cancel);
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
	m->scouts = m->c.workers < 2 ? 2 : m->c.workers;
	m->seats = m->c.workers + 1 + m->c.workers + m->scouts;
	m->turns = turns_new();
	m->paces = paces_new();
	m->todo = fifo_new("mail todo", SEATS_MAX);
	m->done = fifo_new("mail done", SEATS_MAX * 2);
	for (unsigned i = 0; i < SEATS_MAX; i++)
		m->w[i].cancel.fd = -1;
	rc = db_open(c->db_path, DB_READ, &m->db, e);
	for (unsigned i = 0; rc == RC_OK && i < m->seats; i++) {
		compose_room_init(&m->w[i].room);
		bell_init(&m->w[i].cancel);
		m->w[i].queue = c->queue;
		m->w[i].stop = &m->stop;
		m->w[i].transport = c->transport;
		m->w[i].dns = c->dns;
		m->w[i].sts = c->sts;
		rc = db_open(c->db_path, DB_READ, &m->w[i].db, e);
	}
	if (rc != RC_OK) {
		m->seats = 0;
		mailer_stop(m, 0, NULL);
		return rc;
	}
	for (unsigned i = 0; i < m->seats; i++) {
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

/* Breaks off all sessions, or those alone that this costs nothing. */
static void
cancel(struct mailer *m, bool all)
{
	for (unsigned i = 0; i < m->seats; i++)
		if (all || !atomic_load(&m->w[i].content))
			bell_ring(&m->w[i].cancel);
}

static void
cancel_after(struct mailer *m, int grace_ms, bool (*cut)(void))
{
	int64_t now = clock_mono_us();
	int64_t soon = now + grace_ms * INT64_C(1000);
	int64_t end = now + (m->conf != NULL ? m->conf->smtp_stop_us : 0);

	while (atomic_load(&m->under_way) > 0 && (now < soon || now < end)) {
		if (now >= soon)
			cancel(m, false);
		if (cut != NULL && cut())
			break;
		bell_wait(&m->c.queue->mail, 20);
		collect(m);
		now = clock_mono_us();
	}
	cancel(m, true);
}

void
mailer_stop(struct mailer *m, int grace_ms, bool (*cut)(void))
{
	if (m == NULL)
		return;
	atomic_store(&m->stop, true);
	bell_ring(&m->c.queue->mail);
	if (m->seats > 0) {
		thread_join(&m->dispatcher);
		cancel_after(m, grace_ms, cut);
	}
	fifo_close(m->todo);
	for (unsigned i = 0; i < m->seats; i++)
		thread_join(&m->workers[i]);
	collect(m);
	for (unsigned i = 0; i < SEATS_MAX; i++) {
		db_close(m->w[i].db);
		compose_room_fini(&m->w[i].room);
		bell_fini(&m->w[i].cancel);
	}
	db_close(m->db);
	turns_free(m->turns);
	paces_free(m->paces);
	if (m->conf != NULL)
		conf_unref(m->conf);
	fifo_free(m->todo);
	fifo_free(m->done);
	free(m);
}

bool
mailer_rests(const struct mailer *m, int64_t now_us)
{
	uint64_t calls = atomic_load(&m->rest_calls);

	return now_us < atomic_load(&m->rest_us) &&
	       calls == atomic_load(&m->rest_calls) &&
	       calls == atomic_load(&m->c.queue->calls) &&
	       atomic_load(&m->under_way) == 0;
}

unsigned
mailer_busy(const struct mailer *m)
{
	return atomic_load(&m->under_way);
}
