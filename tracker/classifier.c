/*
 * 1. A message is judged where the cursor passes its last hit, and nowhere
 *    else: a hit that comes later has a position that the cursor has not seen.
 * 2. The cursor (meta CURSOR) is written in the transaction of the events made
 *    up to it.  Where nothing was told it may lag: the same is found again, and
 *    again has nothing to tell.
 * 3. Times of the ledger never go back, so after a clock that was ahead they
 *    may lie in the future: such events are quiet half an hour after the clock
 *    was seen to be behind them.
 * 4. What is forgotten is gone for good, so it is never reckoned by a clock
 *    that may be wrong: steady.h, and nothing while sending is paused for what
 *    the program itself doubts.  A fast clock goes its own pace, and right.
 */
#include "tracker/classifier.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "store/event.h"
#include "store/meta.h"
#include "tracker/forget.h"
#include "tracker/steady.h"

#define CURSOR "classified"
#define HEADS 1000 /* events of a pass */
#define PACE_US (10 * SECOND_US)
#define LOOK_MS 60000
#define FAILED_MS 1000
#define ASKS 5 /* an event may come between judging and recording */
#define ARENA_MAX ((size_t)1 << 30)

struct classifier {
	struct classifier_config c;
	struct mutex lock; /* of rules */
	const struct agents *rules;
	struct thread thread;
	bool started;
	struct bell stop;
	struct db *db; /* of the thread */
	_Atomic int64_t due_us;
	_Atomic bool stopping;
	int64_t forget_us; /* when visits are looked at next */
	struct steady steady;
	/* events before ahead_to were ahead of the clock at ahead_us, or 0 */
	int64_t ahead_us, ahead_to;
};

/* ---- rules ---- */

struct classifier *
classifier_new(const struct classifier_config *config)
{
	struct classifier *c = MEM_NEW(struct classifier);

	c->c = *config;
	mutex_init(&c->lock, "classifier");
	bell_init(&c->stop);
	atomic_store(&c->due_us, INT64_MAX);
	return c;
}

void
classifier_free(struct classifier *c)
{
	if (c == NULL)
		return;
	agents_unref(c->rules);
	mutex_fini(&c->lock);
	bell_fini(&c->stop);
	free(c);
}

enum rc
classifier_read(const struct classifier *c, const char *file,
		const struct agents **out, struct err *e)
{
	enum rc rc = agents_load(file, c->c.refreshed, out, e);

	return rc == RC_OK ? RC_OK
			   : err_add(e, "rules on machines and persons");
}

void
classifier_use(struct classifier *c, const struct agents *rules)
{
	const struct agents *old;

	mutex_lock(&c->lock);
	old = c->rules;
	c->rules = rules;
	mutex_unlock(&c->lock);
	agents_unref(old);
}

const struct agents *
classifier_rules(struct classifier *c)
{
	const struct agents *rules;

	mutex_lock(&c->lock);
	rules = agents_ref(c->rules);
	mutex_unlock(&c->lock);
	return rules;
}

/* ---- recording ---- */

struct record_op {
	struct write_op op;
	const struct agents *rules;
	enum classify_why why;
	const struct judgement *list;
	size_t n;
	int64_t cursor; /* -1: it is another's */
	size_t told;
};

/* An event came after the judgement: it is made again from what the writer
 * sees, unless the cursor has another hit of the message before it. */
static enum rc
record_anew(struct record_op *x, struct db *db, const struct judgement *old,
	    struct err *e)
{
	struct judgement j;
	struct arena a;
	enum rc rc;

	arena_init(&a, ARENA_MAX);
	rc = classify_judge(x->rules, db, old->mref, x->why, &a, &j, e);
	if (rc == RC_OK && j.last_hit == old->last_hit) {
		rc = classify_record(db, &j, e);
		x->told += rc == RC_OK && j.payload.n > 0;
	}
	arena_fini(&a);
	return rc;
}

static enum rc
run_record(struct write_op *op, struct db *db, struct err *e)
{
	struct record_op *x = (struct record_op *)op;
	enum rc rc = RC_OK;

	x->told = 0;
	for (size_t i = 0; rc == RC_OK && i < x->n; i++) {
		rc = classify_record(db, &x->list[i], e);
		x->told += rc == RC_OK && x->list[i].payload.n > 0;
		if (rc == RC_STATE)
			rc = record_anew(x, db, &x->list[i], e);
		if (rc == RC_NOTFOUND)
			rc = RC_OK; /* erased meanwhile */
	}
	if (rc == RC_OK && x->cursor >= 0)
		rc = meta_set_int(db, CURSOR, x->cursor, e);
	return rc;
}

enum rc
classifier_ask(struct classifier *c, struct db *db, struct ref mref,
	       struct arena *a, struct judgement *out, struct err *e)
{
	const struct agents *rules = classifier_rules(c);
	struct record_op x = {.op = {.run = run_record},
			      .rules = rules,
			      .why = CLASSIFY_ASKED,
			      .list = out,
			      .n = 1,
			      .cursor = -1};
	enum rc rc = classify_judge(rules, db, mref, CLASSIFY_ASKED, a, out, e);

	for (int i = 0; i < ASKS && rc == RC_OK && out->payload.n > 0; i++) {
		rc = writer_do(c->c.writer, &x.op, e);
		if (rc != RC_OK || x.told > 0)
			break;
		rc = classify_judge(rules, db, mref, CLASSIFY_ASKED, a, out, e);
	}
	agents_unref(rules);
	return rc;
}

/* ---- a pass ---- */

struct candidate {
	struct ref mref;
	int64_t position;
};

static int
by_ref(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int d = memcmp(x->mref.b, y->mref.b, sizeof(x->mref.b));

	return d != 0
		   ? d
		   : (x->position > y->position) - (x->position < y->position);
}

/* The hits among the heads, the last one of each message. */
static size_t
last_hits(const struct event_head *heads, size_t n, struct candidate *out)
{
	size_t all = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (classify_is_hit(heads[i].kind))
			out[all++] =
			    (struct candidate){heads[i].ref, heads[i].position};
	qsort(out, all, sizeof(*out), by_ref);
	for (size_t i = 0; i < all; i++)
		if (i + 1 == all || !ref_eq(out[i].mref, out[i + 1].mref))
			out[kept++] = out[i];
	return kept;
}

static enum rc
judge_all(struct db *db, const struct candidate *list, size_t n,
	  struct record_op *x, struct arena *a, struct classify_pass *p,
	  struct err *e)
{
	struct judgement *out = ARENA_ARRAY(a, struct judgement, n + 1);

	x->list = out;
	for (size_t i = 0; i < n; i++) {
		struct judgement *j = &out[x->n];
		int64_t last;
		enum rc rc =
		    event_last_of(db, list[i].mref, classify_is_hit, &last, e);

		if (rc == RC_OK && last != list[i].position)
			continue;
		if (rc == RC_OK)
			rc = classify_judge(x->rules, db, list[i].mref, p->why,
					    a, j, e);
		if (rc == RC_NOTFOUND)
			continue; /* erased, or of a database that was lost */
		if (rc != RC_OK)
			return rc;
		if (j->last_hit != list[i].position)
			continue;
		p->judged++;
		x->n += j->payload.n > 0;
	}
	return RC_OK;
}

/* Where the pass ends, and when there will be something to do behind it. */
static size_t
pass_end(struct classify_pass *p, const struct event_head *heads, size_t n)
{
	size_t end = 0;

	while (end < n && (heads[end].time_us <= p->quiet_us ||
			   heads[end].position < p->quiet_to))
		end++;
	p->ahead =
	    end < n && heads[n - 1].time_us > p->quiet_us + CLASSIFY_QUIET_US;
	p->more = end == HEADS;
	p->next = end > 0 ? heads[end - 1].position + 1 : p->from;
	p->due_us = INT64_MAX;
	for (size_t i = end; i < n && p->due_us == INT64_MAX; i++)
		if (classify_is_hit(heads[i].kind) || i + 1 == HEADS)
			p->due_us = heads[i].time_us + CLASSIFY_QUIET_US;
	return end;
}

/* Finds and judges, all as of one moment. */
static enum rc
pass_read(struct db *db, struct classify_pass *p, struct record_op *x,
	  struct arena *a, struct err *e)
{
	struct candidate *list;
	struct event_head *heads;
	size_t n;
	enum rc rc = event_heads(db, p->from, HEADS, a, &heads, &n, e);

	if (rc != RC_OK)
		return rc;
	n = pass_end(p, heads, n);
	list = ARENA_ARRAY(a, struct candidate, n + 1);
	n = last_hits(heads, n, list);
	return judge_all(db, list, n, x, a, p, e);
}

static enum rc
pass(struct classifier *c, struct db *db, struct classify_pass *p, bool own,
     struct err *e)
{
	struct record_op x = {
	    .op = {.run = run_record}, .why = p->why, .cursor = -1};
	struct arena a;
	enum rc rc;

	p->judged = p->told = 0;
	arena_init(&a, ARENA_MAX);
	x.rules = classifier_rules(c);
	rc = db_snapshot(db, e);
	if (rc == RC_OK) {
		rc = pass_read(db, p, &x, &a, e);
		db_snapshot_end(db);
	}
	if (own)
		x.cursor = p->next;
	if (rc == RC_OK && (x.n > 0 || (own && p->next > p->from)))
		rc = writer_do(c->c.writer, &x.op, e);
	p->told = x.told;
	agents_unref(x.rules);
	arena_fini(&a);
	return rc;
}

enum rc
classifier_pass(struct classifier *c, struct db *db, struct classify_pass *p,
		struct err *e)
{
	return pass(c, db, p, false, e);
}

/* ---- the thread ---- */

/* Before which position events ahead of the clock are quiet; 0: none is. */
static int64_t
ahead_quiet(const struct classifier *c, int64_t now)
{
	return c->ahead_us > 0 && now - c->ahead_us >= CLASSIFY_QUIET_US
		   ? c->ahead_to
		   : 0;
}

static enum rc
ahead_mark(struct classifier *c, const struct classify_pass *p, int64_t now,
	   struct err *e)
{
	if (p->next >= c->ahead_to || now < c->ahead_us)
		c->ahead_us = c->ahead_to = 0;
	if (!p->ahead || c->ahead_us > 0)
		return RC_OK;
	c->ahead_us = now;
	return event_count(c->db, &c->ahead_to, e);
}

static enum rc
look(struct classifier *c, int64_t *cursor, int64_t *due_us, struct err *e)
{
	int64_t now = clock_wall_us();
	struct classify_pass p = {.from = *cursor,
				  .quiet_us = now - CLASSIFY_QUIET_US,
				  .quiet_to = ahead_quiet(c, now),
				  .why = CLASSIFY_QUIET};
	enum rc rc = pass(c, c->db, &p, true, e);

	if (rc == RC_OK)
		rc = ahead_mark(c, &p, now, e);
	if (rc != RC_OK)
		return rc;
	*cursor = p.next;
	*due_us = p.due_us < now + CLASSIFY_QUIET_US ? p.due_us
						     : now + CLASSIFY_QUIET_US;
	if (*due_us < now + PACE_US)
		*due_us = now + PACE_US;
	if (p.more)
		*due_us = now;
	return RC_OK;
}

/* What was kept of visitors for long enough, once it was judged. */
static void
forget(struct classifier *c, int64_t cursor)
{
	int64_t now = clock_wall_us();
	struct forget f = {.conf = conf_box_get(c->c.conf),
			   .writer = c->c.writer,
			   .db = c->db,
			   .before = cursor,
			   .stop = &c->stopping};
	struct err e = {0};

	if (forget_run(&f, now, &e) != RC_OK)
		LOG(FORGET_FAILED, LOG_ERR(&e));
	if (f.hits > 0)
		LOG(VISITORS_FORGOTTEN, LOG_I("hits", f.hits));
	conf_unref(f.conf);
	c->forget_us = now + DAY_US;
}

static void
keep_steady(struct classifier *c, int64_t wall, int64_t mono)
{
	struct err e = {0};

	if (steady_keep(&c->steady, c->c.writer, wall, mono, &e) != RC_OK)
		LOG(FORGET_FAILED, LOG_ERR(&e));
}

/* Whether it is time to destroy, by a wall clock that may be believed. */
static bool
forget_is_due(struct classifier *c)
{
	int64_t wall = clock_wall_us(), mono = clock_mono_us();
	bool paused = false;
	struct err e = {0};

	if (clock_is_fast())
		return wall >= c->forget_us;
	if (steady_parted(&c->steady, wall, mono)) {
		LOG(FORGET_WAITS, LOG_Z("why", "clock jumped"));
		c->forget_us = 0;
		keep_steady(c, wall, mono);
	}
	if (mono - c->steady.kept_us >= HOUR_US)
		keep_steady(c, wall, mono);
	if (!steady_enough(&c->steady, mono) || wall < c->forget_us)
		return false;
	if (c->c.paused != NULL && c->c.paused(c->db, &paused, &e) != RC_OK) {
		LOG(FORGET_FAILED, LOG_ERR(&e));
		return false;
	}
	return !paused;
}

static enum rc
start_steady(struct classifier *c, struct err *e)
{
	bool far;
	enum rc rc = steady_start(&c->steady, c->db, clock_wall_us(),
				  clock_mono_us(), &far, e);

	if (rc == RC_OK && far && !clock_is_fast())
		LOG(FORGET_WAITS, LOG_Z("why", "clock at start"));
	return rc;
}

static void
run(void *arg)
{
	struct classifier *c = arg;
	struct err e = {0};
	int64_t cursor = 0, due_us = 0;
	enum rc rc = meta_get_int(c->db, CURSOR, &cursor, &e);
	int wait_ms = 0;

	if (rc == RC_NOTFOUND)
		rc = RC_OK;
	while (!bell_wait(&c->stop, wait_ms)) {
		if (rc == RC_OK)
			rc = look(c, &cursor, &due_us, &e);
		if (rc == RC_OK) {
			if (forget_is_due(c))
				forget(c, cursor);
			atomic_store(&c->due_us, due_us);
			wait_ms = clock_wait_ms(due_us, LOOK_MS);
		} else {
			LOG(CLASSIFY_FAILED, LOG_ERR(&e));
			wait_ms = FAILED_MS;
			rc = meta_get_int(c->db, CURSOR, &cursor, &e);
			if (rc == RC_NOTFOUND)
				rc = RC_OK;
		}
	}
	if (!clock_is_fast() &&
	    !steady_parted(&c->steady, clock_wall_us(), clock_mono_us()))
		keep_steady(c, clock_wall_us(), clock_mono_us());
}

enum rc
classifier_start(struct classifier *c, struct err *e)
{
	enum rc rc = db_open(c->c.db_path, DB_READ, &c->db, e);

	if (rc == RC_OK)
		rc = start_steady(c, e);
	if (rc != RC_OK)
		return rc;
	atomic_store(&c->due_us, 0);
	atomic_store(&c->stopping, false);
	c->forget_us = 0;
	thread_start(&c->thread, "classifier", run, c);
	c->started = true;
	return RC_OK;
}

void
classifier_stop(struct classifier *c)
{
	if (c == NULL || !c->started)
		return;
	atomic_store(&c->stopping, true);
	bell_ring(&c->stop);
	thread_join(&c->thread);
	db_close(c->db);
	c->started = false;
}

bool
classifier_due(struct classifier *c)
{
	return c->started && clock_wall_us() >= atomic_load(&c->due_us);
}
