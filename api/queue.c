#include "queue/queue.h"

#include "api/answer.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/render.h"
#include "base/clock.h"
#include "mailer/route.h"
#include "queue/hand.h"
#include "store/lane.h"
#include "store/stats.h"

#define HOLDS_MAX 1000

/* ---- what waits ---- */

/* In a word: whether anything keeps it.  shared: what it shares with others
 * rests. */
static const char *
state_of(const struct lane_load *l, bool shared, int64_t now)
{
	if (l->lane.held)
		return "held";
	if (l->lane.blocked_us > now)
		return "resting";
	if (l->waiting == 0)
		return l->held > 0 ? "held" : "idle";
	if (l->lane.ready_us > now)
		return "later";
	return shared ? "resting" : "due";
}

/* What keeps all mail that goes the same way, and which of it tries again. */
static enum rc
add_hop(struct reading *r, const char *hop, const struct rest *rest,
	struct err *e)
{
	struct sbuf *b = &r->out;
	struct lane tries;
	enum rc rc = lane_get(r->db, rest->lane, r->a, &tries, e);

	if (rc != RC_OK)
		return rc;
	member_open(b, "hop", '{');
	member_text(b, "name", slice_z(hop));
	member_time(b, "rests_until", rest->until_us);
	member_text(b, "brand", tries.brand);
	member_text(b, "domain", tries.domain);
	member_text_or_null(b, "reason", tries.reason);
	member_text_or_null(b, "reply", tries.said);
	member_close(b, '}');
	return RC_OK;
}

static enum rc
add_lane(struct reading *r, const struct conf *conf, const struct lane_load *l,
	 struct err *e)
{
	struct sbuf *b = &r->out;
	int64_t now = clock_wall_us();
	struct route_limits limits;
	char hop[ROUTE_HOP_MAX];
	struct rest rest;
	bool shared;
	enum rc rc = RC_OK;

	route_hop(conf, l->lane.brand, l->lane.domain, hop, &limits);
	shared = rests_find(r->api->c.rests, hop, l->lane.id, now, &rest);
	member_open(b, NULL, '{');
	member_text(b, "brand", l->lane.brand);
	member_text(b, "domain", l->lane.domain);
	member_text(b, "state", slice_z(state_of(l, shared, now)));
	member_int(b, "waiting", l->waiting);
	member_int(b, "held_messages", l->held);
	member_time(b, "ready_at",
		    l->lane.ready_us == INT64_MAX ? 0 : l->lane.ready_us);
	member_time(b, "blocked_until",
		    l->lane.blocked_us > now ? l->lane.blocked_us : 0);
	member_int(b, "failures", l->lane.failures);
	member_bool(b, "held", l->lane.held);
	member_text_or_null(b, "reason", l->lane.reason);
	member_text_or_null(b, "reply", l->lane.said);
	member_text_or_null(b, "alarm", l->lane.alarm);
	if (shared)
		rc = add_hop(r, hop, &rest, e);
	else
		member_null(b, "hop");
	member_close(b, '}');
	return rc;
}

static enum rc
add_lanes(struct reading *r, const struct lane_load *list, size_t n,
	  struct err *e)
{
	const struct conf *conf = conf_box_get(r->api->c.queue->conf);
	enum rc rc = RC_OK;

	member_open(&r->out, "items", '[');
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = add_lane(r, conf, &list[i], e);
	member_close(&r->out, ']');
	conf_unref(conf);
	return rc;
}

/* What is held as a brand, a destination or both, and by whom. */
static enum rc
add_holds(struct reading *r, struct err *e)
{
	struct lane_held *list;
	size_t n;
	enum rc rc = lane_holds(r->db, HOLDS_MAX, r->a, &list, &n, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, "holds", '[');
	for (size_t i = 0; i < n; i++) {
		member_open(&r->out, NULL, '{');
		member_text_or_null(&r->out, "brand", list[i].brand);
		member_text_or_null(&r->out, "domain", list[i].domain);
		if (slice_starts(list[i].why, SLICE("\""))) {
			sbuf_add_c(&r->out, ',');
			sbuf_add(&r->out, list[i].why);
		}
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
	return RC_OK;
}

/* Whether mail may go, and why not. */
static enum rc
add_sending(struct api *api, struct db *db, struct sbuf *b, bool *sending,
	    struct err *e)
{
	const struct conf *conf = conf_box_get(api->c.queue->conf);
	struct sbuf reason, by;
	int64_t since = 0;
	enum rc rc, known = RC_OK;

	sbuf_init(&reason, 4096);
	sbuf_init(&by, 4096);
	rc = queue_paused(db, &reason, e);
	if (rc == RC_OK)
		known = queue_paused_by(db, &by, &since, e);
	*sending = conf->send && rc == RC_NOTFOUND;
	member_bool(b, "sending", *sending);
	member_bool(b, "observe", !conf->send);
	member_text_or_null(b, "paused",
			    rc == RC_OK ? sbuf_slice(&reason) : SLICE(""));
	member_text_or_null(b, "paused_by", sbuf_slice(&by));
	member_time(b, "paused_at", since);
	sbuf_fini(&reason);
	sbuf_fini(&by);
	conf_unref(conf);
	return rc == RC_OK ? known : rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
read_queue(struct reading *r, struct err *e)
{
	struct lane_load *lanes;
	struct page page = {.at = {0}};
	int64_t due = 0;
	bool sending;
	size_t n, shown;
	enum rc rc = answer_page(r->rq, 1, &page, e);

	if (rc == RC_OK)
		rc = lane_list(r->db, http_query(r->rq, "brand"),
			       http_query(r->rq, "domain"), page.at[0],
			       page.limit + 1, r->a, &lanes, &n, e);
	if (rc != RC_OK)
		return rc;
	shown = n < page.limit ? n : page.limit;
	member_open(&r->out, NULL, '{');
	rc = add_sending(r->api, r->db, &r->out, &sending, e);
	if (rc == RC_OK)
		rc = store_due_work(r->db, clock_wall_us(),
				    sending ? DUE_ALL : DUE_CLAIMED, &due, e);
	member_int(&r->out, "due", due);
	if (rc == RC_OK)
		rc = add_holds(r, e);
	if (rc == RC_OK)
		rc = add_lanes(r, lanes, shown, e);
	answer_next(&r->out,
		    shown<n, shown> 0 ? &lanes[shown - 1].lane.id : NULL, 1);
	member_close(&r->out, '}');
	return rc;
}

void
queue_get_handle(struct http_request *rq)
{
	answer_read(rq, read_queue);
}

/* ---- by hand ---- */

static enum rc
parse_hand(const struct change_ask *ask, void **what, struct err *e)
{
	*what = ARENA_NEW(ask->a, struct scope_ask);
	return parse_scope(ask->body, ask->a, *what, e);
}

static enum rc
run_hand(struct change_run *r, enum hand_what what, struct err *e)
{
	const struct scope_ask *ask = r->what;
	struct hand_order order = {.what = what,
				   .by_message = ask->by_message,
				   .all = ask->all,
				   .mref = ask->mref,
				   .brand = ask->brand,
				   .domain = ask->domain,
				   .reason = ask->reason,
				   .by = r->by};
	struct hand_result result;
	struct sbuf *b = &r->out->body;
	enum rc rc =
	    hand_apply(r->api->c.queue, r->db, &order, r->a, &result, e);

	if (rc != RC_OK)
		return rc;
	r->out->status = 200;
	member_open(b, NULL, '{');
	member_int(b, "changed", result.changed);
	member_bool(b, "more", result.more);
	if (result.lifted)
		member_bool(b, "lifted", true);
	if (result.uncertain > 0)
		member_int(b, "uncertain", result.uncertain);
	if (result.kept.n > 0)
		member_text(b, "kept", result.kept);
	member_close(b, '}');
	return RC_OK;
}

static enum rc
run_hold(struct change_run *r, struct err *e)
{
	return run_hand(r, HAND_HOLD, e);
}

static enum rc
run_resume(struct change_run *r, struct err *e)
{
	return run_hand(r, HAND_RESUME, e);
}

static enum rc
run_retry(struct change_run *r, struct err *e)
{
	return run_hand(r, HAND_RETRY, e);
}

static enum rc
run_cancel(struct change_run *r, struct err *e)
{
	return run_hand(r, HAND_CANCEL, e);
}

#define HAND(function)                                                         \
	{                                                                      \
		.body_max = SMALL_BODY_MAX, .body_required = true,             \
		.parse = parse_hand, .run = (function)                         \
	}

void
queue_hold_handle(struct http_request *rq)
{
	static const struct change_kind kind = HAND(run_hold);

	change_handle(rq, &kind, SLICE(""));
}

void
queue_resume_handle(struct http_request *rq)
{
	static const struct change_kind kind = HAND(run_resume);

	change_handle(rq, &kind, SLICE(""));
}

void
queue_retry_handle(struct http_request *rq)
{
	static const struct change_kind kind = HAND(run_retry);

	change_handle(rq, &kind, SLICE(""));
}

void
queue_cancel_handle(struct http_request *rq)
{
	static const struct change_kind kind = HAND(run_cancel);

	change_handle(rq, &kind, SLICE(""));
}

/* ---- all sending ---- */

static enum rc
parse_why(const struct change_ask *ask, void **what, struct err *e)
{
	struct slice *reason = ARENA_NEW(ask->a, struct slice);

	*what = reason;
	return parse_reason(ask->body, ask->a, reason, e);
}

static enum rc
add_paused(struct change_run *r, struct err *e)
{
	bool sending;
	enum rc rc;

	r->out->status = 200;
	member_open(&r->out->body, NULL, '{');
	rc = add_sending(r->api, r->db, &r->out->body, &sending, e);
	member_close(&r->out->body, '}');
	return rc;
}

static enum rc
run_pause(struct change_run *r, struct err *e)
{
	const struct slice *reason = r->what;
	enum rc rc = queue_pause(r->api->c.queue, r->db, *reason, r->by, e);

	return rc == RC_OK ? add_paused(r, e) : rc;
}

static enum rc
run_sending_resume(struct change_run *r, struct err *e)
{
	enum rc rc = queue_resume(r->api->c.queue, r->db, r->by, e);

	return rc == RC_OK ? add_paused(r, e) : rc;
}

void
sending_pause_handle(struct http_request *rq)
{
	static const struct change_kind kind = {
	    .body_max = SMALL_BODY_MAX, .parse = parse_why, .run = run_pause};

	change_handle(rq, &kind, SLICE(""));
}

void
sending_resume_handle(struct http_request *rq)
{
	static const struct change_kind kind = {.body_max = SMALL_BODY_MAX,
						.parse = parse_why,
						.run = run_sending_resume};

	change_handle(rq, &kind, SLICE(""));
}
