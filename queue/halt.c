#include "queue/halt.h"

#include "base/clock.h"
#include "queue/outbox.h"
#include "queue/recipients.h"
#include "store/customer.h"
#include "store/lane.h"

void
halt_note(struct queue *q)
{
	q->halt_noted = true;
}

void
halt_now(struct queue *q)
{
	atomic_fetch_add(&q->halts, 1);
}

bool
halt_is_loud(struct slice reason)
{
	return slice_eq_z(reason, "policy_block") || slice_eq_z(reason, "ours");
}

static bool
blocked(const struct lane *l)
{
	return halt_is_loud(l->reason) && l->blocked_us > clock_wall_us();
}

static enum rc
paused(struct db *db, bool *out, struct err *e)
{
	struct sbuf reason;
	enum rc rc;

	sbuf_init(&reason, 4096);
	rc = queue_paused(db, &reason, e);
	sbuf_fini(&reason);
	*out = rc == RC_OK;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum halt
look_by(const struct conf *conf, struct queue *q, struct db *db,
	const struct message *m, struct arena *a, const char **why)
{
	int64_t held_until;
	bool all, bad;
	struct lane lane;
	struct err e;

	*why = "store";
	if (paused(db, &all, &e) != RC_OK ||
	    lane_get(db, m->lane, a, &lane, &e) != RC_OK ||
	    customer_get_hold(db, m->customer, &held_until, &e) != RC_OK ||
	    recipients_suppressed(q, conf, db, m, a, &bad, &e) != RC_OK)
		return HALT_LANE;
	*why = all		? "paused"
	       : lane.held	? "held"
	       : blocked(&lane) ? arena_z(a, lane.reason)
	       : !conf->send	? "observe"
				: NULL;
	if (*why != NULL)
		return HALT_LANE;
	*why = held_until > clock_wall_us() ? "customer_hold"
	       : bad			    ? OUTBOX_SUPPRESSED
					    : NULL;
	return *why != NULL ? HALT_ONE : HALT_NONE;
}

static enum halt
look(struct queue *q, struct db *db, const struct message *m, struct arena *a,
     const char **why)
{
	const struct conf *conf = conf_box_get(q->conf);
	enum halt out = look_by(conf, q, db, m, a, why);

	conf_unref(conf);
	return out;
}

enum halt
halt_ask(struct queue *q, struct db *db, const struct message *m,
	 uint64_t *seen, struct arena *a, const char **why)
{
	uint64_t now;

	*why = "not_after";
	if (m->not_after_us < clock_wall_us())
		return HALT_ONE;
	*why = NULL;
	while ((now = atomic_load(&q->halts)) != *seen) {
		enum halt halt = look(q, db, m, a, why);

		if (halt != HALT_NONE)
			return halt;
		*seen = now;
	}
	return HALT_NONE;
}
