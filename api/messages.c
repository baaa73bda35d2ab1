#include "api/answer.h"
#include "api/handlers.h"
#include "api/render.h"
#include "queue/state.h"
#include "store/attempt.h"
#include "store/content.h"

/* ---- a list ---- */

static enum rc
read_filter(struct reading *r, struct message_filter *f, struct err *e)
{
	struct slice state = http_query(r->rq, "state");
	struct page page = {.at = {INT64_MAX, 0}};
	enum rc rc = answer_page(r->rq, 2, &page, e);

	if (rc != RC_OK)
		return rc;
	*f = (struct message_filter){
	    .customer = http_query(r->rq, "customer"),
	    .invoice = http_query(r->rq, "invoice"),
	    .address = http_query(r->rq, "email"),
	    .message_id = http_query(r->rq, "message_id"),
	    .queue_id = http_query(r->rq, "queue_id"),
	    .state = state.n > 0 ? message_state_parse(state) : -1,
	    .before_us = page.at[0],
	    .before_id = page.at[1],
	    .limit = page.limit + 1,
	};
	if (state.n > 0 && f->state < 0)
		return err_set(e, RC_INVALID, "there is no state \"%.*s\"",
			       SLICE_ARG(state));
	return RC_OK;
}

static enum rc
read_messages(struct reading *r, struct err *e)
{
	struct message_filter f;
	struct message *list;
	int64_t last[2] = {0};
	size_t n, shown;
	enum rc rc = read_filter(r, &f, e);

	if (rc == RC_OK)
		rc = message_list(r->db, &f, r->a, &list, &n, e);
	if (rc != RC_OK)
		return rc;
	shown = n < f.limit ? n : f.limit - 1;
	member_open(&r->out, NULL, '{');
	member_open(&r->out, "items", '[');
	for (size_t i = 0; i < shown; i++) {
		member_open(&r->out, NULL, '{');
		render_message(&r->out, &list[i]);
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
	if (shown > 0) {
		last[0] = list[shown - 1].created_us;
		last[1] = list[shown - 1].id;
	}
	answer_next(&r->out, shown < n, last, 2);
	member_close(&r->out, '}');
	return RC_OK;
}

void
message_list_handle(struct http_request *rq)
{
	answer_read(rq, read_messages);
}

/* ---- one ---- */

static enum rc
get_message(struct reading *r, struct message *out, struct err *e)
{
	struct ref mref;
	enum rc rc = answer_ref(r->rq, "message", &mref, e);

	return rc == RC_OK ? message_get(r->db, mref, r->a, out, e) : rc;
}

static enum rc
add_its_notices(struct reading *r, const struct message *m, struct err *e)
{
	struct notice *list;
	size_t n;
	enum rc rc = notice_list_message(r->db, m->id, r->a, &list, &n, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, "notices", '[');
	for (size_t i = 0; i < n; i++) {
		member_open(&r->out, NULL, '{');
		member_ref(&r->out, "id", list[i].ref);
		member_text(&r->out, "step", list[i].step);
		member_text_or_null(&r->out, "invoice", list[i].invoice);
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
	return RC_OK;
}

static enum rc
read_message(struct reading *r, struct err *e)
{
	struct message m;
	enum rc rc = get_message(r, &m, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	render_message(&r->out, &m);
	rc = add_its_notices(r, &m, e);
	member_close(&r->out, '}');
	return rc;
}

void
message_get_handle(struct http_request *rq)
{
	answer_read(rq, read_message);
}

/* ---- its events ---- */

static enum rc
read_events(struct reading *r, struct err *e)
{
	struct page page = {.at = {0}};
	struct event *list;
	struct message m;
	int64_t from, end;
	size_t n;
	enum rc rc = answer_page(r->rq, 1, &page, e);

	if (rc == RC_OK)
		rc = get_message(r, &m, e);
	if (rc == RC_OK)
		rc = event_list(r->db, m.mref, r->a, &list, &n, e);
	if (rc != RC_OK)
		return rc;
	from = page.at[0] < (int64_t)n ? page.at[0] : (int64_t)n;
	end = from + (int64_t)page.limit;
	member_open(&r->out, NULL, '{');
	render_events(&r->out, "items", list, n, (size_t)from, (size_t)end,
		      r->a);
	answer_next(&r->out, end < (int64_t)n, &end, 1);
	member_close(&r->out, '}');
	return RC_OK;
}

void
message_events_handle(struct http_request *rq)
{
	answer_read(rq, read_events);
}

/* ---- its bytes ---- */

static enum rc
read_content(struct reading *r, struct err *e)
{
	struct message m;
	char hex[REF_HEX];
	enum rc rc = get_message(r, &m, e);

	if (rc == RC_OK)
		rc = content_get(r->db, m.id, &r->out, e);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc,
			       "there is no such message, or it was not "
			       "composed yet");
	if (rc != RC_OK)
		return rc;
	ref_hex(m.mref, hex);
	http_reply(r->rq, 200, "message/rfc822", sbuf_slice(&r->out));
	http_header(r->rq, "Content-Disposition",
		    slice_z(arena_printf(
			r->a, "attachment; filename=\"%s.eml\"", hex)));
	r->replied = true;
	return RC_OK;
}

void
message_content_handle(struct http_request *rq)
{
	answer_read(rq, read_content);
}

/* ---- as the queue sees it ---- */

static enum rc
add_attempts(struct reading *r, const struct message *m, struct err *e)
{
	struct attempt *list;
	size_t n;
	enum rc rc = attempt_list(r->db, m->id, true, r->a, &list, &n, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, "attempts", '[');
	for (size_t i = 0; i < n; i++) {
		member_open(&r->out, NULL, '{');
		member_int(&r->out, "attempt", list[i].number);
		member_time(&r->out, "started_at", list[i].started_us);
		member_time(&r->out, "ended_at", list[i].ended_us);
		member_text_or_null(&r->out, "outcome", list[i].outcome);
		member_int(&r->out, "code", list[i].code);
		member_text_or_null(&r->out, "reply", list[i].reply);
		member_text_or_null(&r->out, "peer", list[i].peer);
		member_text_or_null(&r->out, "transcript", list[i].transcript);
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
	return RC_OK;
}

static enum rc
read_queued(struct reading *r, struct err *e)
{
	struct message m;
	enum rc rc = get_message(r, &m, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	member_open(&r->out, "message", '{');
	render_message(&r->out, &m);
	rc = add_its_notices(r, &m, e);
	member_close(&r->out, '}');
	if (rc == RC_OK)
		rc = add_attempts(r, &m, e);
	member_close(&r->out, '}');
	return rc;
}

void
queue_message_handle(struct http_request *rq)
{
	answer_read(rq, read_queued);
}
