#include "queue/clock_watch.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/meta.h"

#define SEEN "clock_seen_us"
#define JUMP_US HOUR_US
#define AWAY_US (3 * DAY_US)
#define KEEP_US (10 * MINUTE_US)

struct watch_op {
	struct write_op op;
	struct queue *q;
	const char *reason; /* why sending is paused; NULL: it is not */
	int64_t now_us;
};

static enum rc
run(struct write_op *op, struct db *db, struct err *e)
{
	const struct watch_op *x = (struct watch_op *)op;
	enum rc rc = meta_set_int(db, SEEN, x->now_us, e);

	if (rc == RC_OK && x->reason != NULL)
		rc = queue_pause(x->q, db, slice_z(x->reason), SLICE(""), e);
	return rc;
}

enum rc
clock_watch_begin(struct queue *q, struct db *db, int64_t now_us, struct err *e)
{
	struct watch_op x = {.q = q, .now_us = now_us};
	int64_t seen_us = 0;
	enum rc rc = meta_get_int(db, SEEN, &seen_us, e);

	if (clock_is_fast())
		return RC_OK;
	if (rc != RC_OK && rc != RC_NOTFOUND)
		return rc;
	if (rc == RC_OK && now_us < seen_us - JUMP_US)
		x.reason = "the system's clock is behind the time when the "
			   "server last ran";
	else if (rc == RC_OK && now_us > seen_us + AWAY_US)
		x.reason = "the server has not run for days, or the system's "
			   "clock is ahead";
	if (x.reason != NULL)
		LOG(CLOCK_JUMPED, LOG_I("by_us", now_us - seen_us));
	return run(&x.op, db, e);
}

void
clock_watch_look(struct clock_watch *c, struct queue *q)
{
	struct watch_op x = {
	    .op = {.run = run}, .q = q, .now_us = clock_wall_us()};
	int64_t mono_us = clock_mono_us(), drift_us = 0;
	struct err e;

	if (clock_is_fast())
		return;
	if (c->mono_us)
		drift_us = (x.now_us - c->wall_us) - (mono_us - c->mono_us);
	c->wall_us = x.now_us;
	c->mono_us = mono_us;
	if (drift_us > JUMP_US || drift_us < -JUMP_US) {
		x.reason = "the system's clock jumped";
		LOG(CLOCK_JUMPED, LOG_I("by_us", drift_us));
	} else if (x.now_us - c->seen_us < KEEP_US) {
		return;
	}
	if (writer_do(q->writer, &x.op, &e) == RC_OK)
		c->seen_us = x.now_us;
	else
		LOG(PLANNER_FAILED, LOG_ERR(&e));
}
