#include "api/answer.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/render.h"
#include "queue/planner.h"

/* ---- GET ---- */

static enum rc
read_notice(struct reading *r, struct err *e)
{
	struct message *list;
	struct notice n;
	struct ref ref;
	size_t count;
	enum rc rc = answer_ref(r->rq, "notice", &ref, e);

	if (rc == RC_OK)
		rc = notice_get(r->db, ref, r->a, &n, e);
	if (rc == RC_OK)
		rc = message_list_notice(r->db, n.id, r->a, &list, &count, e);
	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	render_notice(&r->out, &n);
	render_messages(&r->out, "messages", list, count);
	member_close(&r->out, '}');
	return RC_OK;
}

void
notice_get_handle(struct http_request *rq)
{
	answer_read(rq, read_notice);
}

/* ---- by hand ---- */

struct order {
	struct ref notice;
	struct slice reason;
};

static enum rc
parse_order(const struct change_ask *ask, void **what, struct err *e)
{
	struct order *o = ARENA_NEW(ask->a, struct order);

	*what = o;
	if (!ref_parse(ask->id, &o->notice))
		return err_set(e, RC_NOTFOUND, "there is no such notice");
	return parse_reason(ask->body, ask->a, &o->reason, e);
}

static struct planner_order
order_of(const struct change_run *r, enum notice_event ev)
{
	const struct order *o = r->what;

	return (struct planner_order){
	    .notice = o->notice, .ev = ev, .reason = o->reason, .by = r->by};
}

static enum rc
add_after(struct change_run *r, struct ref ref, struct err *e)
{
	struct sbuf *b = &r->out->body;
	struct message *list;
	struct notice n;
	size_t count;
	enum rc rc = notice_get(r->db, ref, r->a, &n, e);

	if (rc == RC_OK)
		rc = message_list_notice(r->db, n.id, r->a, &list, &count, e);
	if (rc != RC_OK)
		return rc;
	r->out->status = 200;
	member_open(b, NULL, '{');
	render_notice(b, &n);
	render_messages(b, "messages", list, count);
	member_close(b, '}');
	return RC_OK;
}

static enum rc
run_event(struct change_run *r, enum notice_event ev, struct err *e)
{
	struct planner_order order = order_of(r, ev);
	enum rc rc = planner_notice(r->api->c.queue, r->db, &order, e);

	return rc == RC_OK ? add_after(r, order.notice, e) : rc;
}

static enum rc
run_cancel(struct change_run *r, struct err *e)
{
	return run_event(r, NOTICE_EV_CANCEL, e);
}

static enum rc
run_hold(struct change_run *r, struct err *e)
{
	return run_event(r, NOTICE_EV_HOLD, e);
}

static enum rc
run_resume(struct change_run *r, struct err *e)
{
	return run_event(r, NOTICE_EV_RESUME, e);
}

static enum rc
run_send_now(struct change_run *r, struct err *e)
{
	struct planner_order order = order_of(r, NOTICE_EV_RELEASE);
	enum rc rc = planner_send_now(r->api->c.queue, r->db, &order, e);

	return rc == RC_OK ? add_after(r, order.notice, e) : rc;
}

#define ORDER(function)                                                        \
	{                                                                      \
		.body_max = SMALL_BODY_MAX, .parse = parse_order,              \
		.run = (function)                                              \
	}

void
notice_cancel_handle(struct http_request *rq)
{
	static const struct change_kind kind = ORDER(run_cancel);

	change_handle(rq, &kind, rq->params[0]);
}

void
notice_hold_handle(struct http_request *rq)
{
	static const struct change_kind kind = ORDER(run_hold);

	change_handle(rq, &kind, rq->params[0]);
}

void
notice_resume_handle(struct http_request *rq)
{
	static const struct change_kind kind = ORDER(run_resume);

	change_handle(rq, &kind, rq->params[0]);
}

void
notice_send_now_handle(struct http_request *rq)
{
	static const struct change_kind kind = ORDER(run_send_now);

	change_handle(rq, &kind, rq->params[0]);
}
