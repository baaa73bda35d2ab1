#include "queue/planner.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "queue/clock_watch.h"
#include "queue/customers.h"
#include "queue/gate.h"
#include "queue/look.h"
#include "queue/outbox.h"
#include "queue/revival.h"
#include "queue/state.h"
#include "store/act.h"

#define ROUND_LIMIT 200

struct planner {
	struct queue *q;
	struct thread thread;
	atomic_bool stop;
};

static enum rc
holds_over(struct look *l, struct err *e)
{
	struct slice *ids;
	size_t n;
	enum rc rc = customer_list_hold_over(l->db, l->now, ROUND_LIMIT, l->a,
					     &ids, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = customers_hold(l->q, l->db, ids[i], 0, SLICE("over"),
				    SLICE("planner"), l->a, e);
	return rc;
}

/* An act whose time has come: told when the gate opens, else asked again. */
static enum rc
act(struct look *l, struct act_row *row, struct err *e)
{
	struct gate_question ask = {.action = row->act,
				    .invoice = row->invoice};
	struct gate_answer answer;
	struct invoice i;
	struct sbuf b;
	enum rc rc = invoice_get(l->db, row->invoice, l->a, &i, e);

	if (rc == RC_OK) {
		ask.customer = i.customer;
		rc =
		    gate_decide(l->conf, l->db, &ask, l->now, l->a, &answer, e);
	}
	if (rc != RC_OK)
		return rc;
	if (!answer.allow) {
		row->opens_us = answer.ask_again_us > l->now
				    ? answer.ask_again_us
				    : l->now + HOUR_US;
		return act_put(l->db, row, e);
	}
	row->state = ACT_ANNOUNCED;
	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"act\":");
	sbuf_add_json(&b, row->act);
	sbuf_add_z(&b, ",\"invoice\":");
	sbuf_add_json(&b, row->invoice);
	sbuf_add_c(&b, '}');
	rc = ledger_append(l->db, KIND_ACT_DUE, i.ref, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc == RC_OK ? act_put(l->db, row, e) : rc;
}

static enum rc
acts(struct look *l, struct err *e)
{
	struct act_row *rows;
	size_t n;
	enum rc rc =
	    act_list_due(l->db, l->now, ROUND_LIMIT, l->a, &rows, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = act(l, &rows[i], e);
	return rc;
}

/* Sending may be off altogether: then time passes and nothing is released. */
static enum rc
may_send(struct look *l, bool *out, struct err *e)
{
	struct sbuf b;
	enum rc rc;

	*out = false;
	if (!l->conf->send)
		return RC_OK;
	sbuf_init(&b, 4096);
	rc = queue_paused(l->db, &b, e);
	sbuf_fini(&b);
	*out = rc == RC_NOTFOUND;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
guard_blast(struct look *l, size_t due, bool *go, struct err *e)
{
	int64_t recent;
	bool allowed;
	enum rc rc;

	if (l->conf->blast_limit <= 0)
		return RC_OK;
	rc = queue_blast_allowed(l->db, l->now, &allowed, e);
	if (rc != RC_OK || allowed)
		return rc;
	rc = notice_count_released(l->db, l->now - HOUR_US, &recent, e);
	if (rc != RC_OK || recent + (int64_t)due <= l->conf->blast_limit)
		return rc;
	*go = false;
	return queue_pause(l->q, l->db, slice_z(queue_blast_reason), SLICE(""),
			   e);
}

static enum rc
round_inner(struct look *l, size_t limit, bool *more, int64_t *next_us,
	    struct err *e)
{
	struct notice *due;
	size_t n;
	bool go;
	enum rc rc = may_send(l, &go, e);

	if (rc != RC_OK || !go)
		return rc;
	rc = holds_over(l, e);
	if (rc == RC_OK)
		rc = acts(l, e);
	if (rc == RC_OK)
		rc = notice_list_due(l->db, l->now, limit, l->a, &due, &n, e);
	if (rc == RC_OK && n > 0)
		rc = guard_blast(l, n, &go, e);
	if (rc != RC_OK || !go)
		return rc;
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = look_release(l, due[i].ref, e);
	*more = n == limit;
	return rc == RC_OK ? notice_next(l->db, next_us, e) : rc;
}

enum rc
planner_round(struct queue *q, struct db *db, int64_t now_us, size_t limit,
	      bool *more, int64_t *next_us, struct err *e)
{
	const struct conf *conf = conf_box_get(q->conf);
	struct arena a;
	struct look l = {
	    .q = q, .db = db, .conf = conf, .a = &a, .now = now_us};
	enum rc rc;

	*more = false;
	*next_us = INT64_MAX;
	arena_init(&a, 256u << 20);
	rc = round_inner(&l, limit, more, next_us, e);
	arena_fini(&a);
	conf_unref(conf);
	return rc;
}

enum rc
planner_release(struct queue *q, struct db *db, struct ref notice,
		struct err *e)
{
	const struct conf *conf = conf_box_get(q->conf);
	struct arena a;
	struct look l = {
	    .q = q, .db = db, .conf = conf, .a = &a, .now = clock_wall_us()};
	struct notice n;
	bool go;
	enum rc rc;

	arena_init(&a, 64u << 20);
	rc = notice_get(db, notice, &a, &n, e);
	if (rc == RC_OK)
		rc = may_send(&l, &go, e);
	if (rc == RC_OK && go)
		rc = guard_blast(&l, 1, &go, e);
	if (rc == RC_OK && go && n.release_us <= l.now)
		rc = look_release(&l, notice, e);
	arena_fini(&a);
	conf_unref(conf);
	return rc;
}

/* The member of the payload that says who asked. */
static struct slice
by_member(const struct planner_order *order, struct arena *a)
{
	struct slice out;
	struct sbuf b;

	if (order->by.n == 0)
		return SLICE("");
	sbuf_init(&b, 4096);
	sbuf_add_z(&b, "\"by\":");
	sbuf_add_json(&b, order->by);
	out = arena_dup(a, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}

/* What was planned again for this alone, and ended anew, stays as it was. */
static enum rc
check_sent(struct db *db, struct ref notice, struct arena *a, struct err *e)
{
	struct notice n;
	enum rc rc = notice_get(db, notice, a, &n, e);

	if (rc != RC_OK || n.state == NOTICE_RELEASED || n.state == NOTICE_HELD)
		return rc;
	return err_set(e, RC_STATE, "the notice cannot be sent: %s: %.*s",
		       notice_state_name(n.state), SLICE_ARG(n.reason));
}

enum rc
planner_send_now(struct queue *q, struct db *db,
		 const struct planner_order *order, struct err *e)
{
	const struct conf *conf = conf_box_get(q->conf);
	struct arena a;
	struct look l = {.q = q,
			 .db = db,
			 .conf = conf,
			 .a = &a,
			 .now = clock_wall_us(),
			 .forced = true};
	struct notice n;
	bool again;
	enum rc rc;

	arena_init(&a, 64u << 20);
	rc = notice_get(db, order->notice, &a, &n, e);
	if (rc == RC_OK && n.state == NOTICE_HELD)
		rc = notice_apply(db, &n, NOTICE_EV_RESUME, SLICE(""),
				  by_member(order, &a), e);
	again = rc == RC_OK && n.state != NOTICE_PLANNED;
	if (again)
		rc = revival_by_hand(db, &n, by_member(order, &a), &a, e);
	l.more = by_member(order, &a);
	if (rc == RC_OK)
		rc = look_release(&l, order->notice, e);
	if (rc == RC_OK && again)
		rc = check_sent(db, order->notice, &a, e);
	arena_fini(&a);
	conf_unref(conf);
	return rc;
}

/* A person's reason is told from ours, which go of themselves. */
static struct slice
by_hand(const struct planner_order *order, struct arena *a)
{
	if (order->ev == NOTICE_EV_RESUME)
		return SLICE("");
	if (order->reason.n == 0)
		return SLICE("by hand");
	return slice_z(
	    arena_printf(a, "by hand: %.*s", SLICE_ARG(order->reason)));
}

static enum rc
take_back(struct queue *q, struct db *db, const struct notice *n,
	  struct slice reason, struct slice more, struct arena *a,
	  struct err *e)
{
	struct in_flight out;
	enum rc rc = outbox_stop_notice(q, db, n, reason, more, a, &out, e);

	if (rc == RC_OK && out.n > 0)
		return err_set(e, RC_STATE, "its message is being sent now");
	return rc;
}

enum rc
planner_notice(struct queue *q, struct db *db,
	       const struct planner_order *order, struct err *e)
{
	struct slice reason;
	struct arena a;
	struct notice n;
	enum rc rc;

	arena_init(&a, 16u << 20);
	reason = by_hand(order, &a);
	rc = notice_get(db, order->notice, &a, &n, e);
	if (rc == RC_NOTFOUND)
		rc = err_set(e, RC_NOTFOUND, "there is no such notice");
	else if (rc == RC_OK && n.state == NOTICE_RELEASED &&
		 order->ev == NOTICE_EV_CANCEL)
		rc = take_back(q, db, &n, reason, by_member(order, &a), &a, e);
	else if (rc == RC_OK)
		rc = notice_apply(db, &n, order->ev, reason,
				  by_member(order, &a), e);
	arena_fini(&a);
	queue_wake_planner(q);
	return rc;
}

/* ---- the thread ---- */

struct round_op {
	struct write_op op;
	struct queue *q;
	bool more;
	int64_t next_us;
};

static enum rc
run_round(struct write_op *op, struct db *db, struct err *e)
{
	struct round_op *r = (struct round_op *)op;

	return planner_round(r->q, db, clock_wall_us(), ROUND_LIMIT, &r->more,
			     &r->next_us, e);
}

static void
run_planner(void *arg)
{
	struct planner *p = arg;
	struct clock_watch clock = {0};

	while (!atomic_load(&p->stop)) {
		struct round_op r = {
		    .op = {.run = run_round}, .q = p->q, .next_us = INT64_MAX};
		struct err e;
		int wait_ms = 1000;

		clock_watch_look(&clock, p->q);
		if (writer_do(p->q->writer, &r.op, &e) != RC_OK)
			LOG(PLANNER_FAILED, LOG_ERR(&e));
		else if (r.more)
			continue;
		else
			wait_ms = clock_wait_ms(r.next_us, 1000);
		bell_wait(&p->q->plan, wait_ms);
	}
}

struct planner *
planner_start(struct queue *q)
{
	struct planner *p = MEM_NEW(struct planner);

	p->q = q;
	thread_start(&p->thread, "planner", run_planner, p);
	return p;
}

void
planner_stop(struct planner *p)
{
	if (p == NULL)
		return;
	atomic_store(&p->stop, true);
	bell_ring(&p->q->plan);
	thread_join(&p->thread);
	free(p);
}
