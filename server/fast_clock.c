#include "server/fast_clock.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/stats.h"

#define TICK_MS 1
#define STEP_MAX_US 5000 /* of real time: a pause is no leap */

struct fast_clock {
	struct queue *q;
	const struct mailer *mailer;
	struct db *db;
	bool (*busy)(void *arg);
	void *arg;
	struct thread thread;
	struct bell stop;
};

enum rc
fast_clock_parse(const char *text, int64_t *start_us, int64_t *speed,
		 struct err *e)
{
	struct slice rest = slice_z(text);
	struct slice start = slice_cut(&rest, ',');

	if (!time_parse(start, start_us) || !slice_int(rest, 1, 1000000, speed))
		return err_set(e, RC_USAGE,
			       "--clock takes START,SPEED, such as "
			       "2026-11-01T12:00:00Z,86400 (speed 1 to "
			       "1000000), not %s",
			       text);
	return RC_OK;
}

static bool
work_is_due(struct fast_clock *c)
{
	int64_t due = 1, now = clock_wall_us();
	const struct conf *conf;
	struct sbuf reason;
	enum due what;
	struct err e;
	bool paused;

	if (writer_backlog(c->q->writer) > 0 || c->busy(c->arg))
		return true;
	sbuf_init(&reason, 4096);
	paused = queue_paused(c->db, &reason, &e) == RC_OK;
	sbuf_fini(&reason);
	conf = conf_box_get(c->q->conf);
	paused |= !conf->send;
	conf_unref(conf);
	what = paused			      ? DUE_CLAIMED
	       : mailer_rests(c->mailer, now) ? DUE_NOTICES
					      : DUE_ALL;
	if (store_due_work(c->db, now, what, &due, &e) != RC_OK)
		LOG(STORE_FAILED, LOG_ERR(&e));
	return due > 0;
}

static void
run(void *arg)
{
	struct fast_clock *c = arg;
	int64_t last = clock_mono_us();

	while (!bell_wait(&c->stop, TICK_MS)) {
		int64_t now, step;

		if (work_is_due(c)) {
			last = clock_mono_us();
			continue;
		}
		now = clock_mono_us();
		step = now - last;
		last = now;
		clock_advance(step < STEP_MAX_US ? step : STEP_MAX_US);
	}
}

enum rc
fast_clock_start(struct queue *q, const struct mailer *m, const char *db_path,
		 bool (*busy)(void *arg), void *arg, struct fast_clock **out,
		 struct err *e)
{
	struct fast_clock *c = MEM_NEW(struct fast_clock);
	enum rc rc = db_open(db_path, DB_READ, &c->db, e);

	if (rc != RC_OK) {
		free(c);
		return rc;
	}
	c->q = q;
	c->mailer = m;
	c->busy = busy;
	c->arg = arg;
	bell_init(&c->stop);
	thread_start(&c->thread, "clock", run, c);
	*out = c;
	return RC_OK;
}

void
fast_clock_stop(struct fast_clock *c)
{
	if (c == NULL)
		return;
	bell_ring(&c->stop);
	thread_join(&c->thread);
	bell_fini(&c->stop);
	db_close(c->db);
	free(c);
}
