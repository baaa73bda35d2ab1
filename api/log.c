#include "api/answer.h"
#include "api/handlers.h"
#include "api/render.h"

/* The communications log of a customer: each notice with its messages, what
 * was not sent and why included. */

static enum rc
add_events(struct reading *r, struct ref subject, struct err *e)
{
	struct event *list;
	size_t n;
	enum rc rc = event_list(r->db, subject, r->a, &list, &n, e);

	if (rc != RC_OK)
		return rc;
	render_events(&r->out, "events", list, n, 0, n, r->a);
	return RC_OK;
}

static enum rc
add_message(struct reading *r, const struct message *m, struct err *e)
{
	enum rc rc;

	member_open(&r->out, NULL, '{');
	render_message(&r->out, m);
	rc = add_events(r, m->mref, e);
	member_close(&r->out, '}');
	return rc;
}

static enum rc
add_entry(struct reading *r, const struct notice *n, struct err *e)
{
	struct message *list;
	bool sent = false;
	size_t count;
	enum rc rc = message_list_notice(r->db, n->id, r->a, &list, &count, e);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < count; i++)
		sent |= list[i].accepted_us > 0;
	member_open(&r->out, NULL, '{');
	member_time(&r->out, "at",
		    n->released_us > 0 ? n->released_us : n->due_us);
	render_notice(&r->out, n);
	member_bool(&r->out, "sent", sent);
	member_open(&r->out, "messages", '[');
	for (size_t i = 0; rc == RC_OK && i < count; i++)
		rc = add_message(r, &list[i], e);
	member_close(&r->out, ']');
	if (rc == RC_OK)
		rc = add_events(r, n->ref, e);
	member_close(&r->out, '}');
	return rc;
}

/* One more than the limit is read, to know whether there are more; those due at
 * one moment come together. */
static size_t
page_end(const struct notice *list, size_t n, size_t limit)
{
	size_t end = limit;

	if (n <= limit)
		return n;
	while (end < n && list[end].due_us == list[end - 1].due_us)
		end++;
	return end;
}

static enum rc
read_log(struct reading *r, struct err *e)
{
	struct customer c;
	struct notice *list;
	struct page page = {.at = {INT64_MAX}};
	size_t n, end;
	enum rc rc = answer_page(r->rq, 1, &page, e);

	if (rc == RC_OK)
		rc = customer_get(r->db, r->rq->params[0], r->a, &c, e);
	if (rc == RC_OK)
		rc = notice_list_customer(r->db, c.id, page.at[0],
					  page.limit + 1, r->a, &list, &n, e);
	if (rc != RC_OK)
		return rc;
	end = page_end(list, n, page.limit);
	member_open(&r->out, NULL, '{');
	member_open(&r->out, "items", '[');
	for (size_t i = 0; rc == RC_OK && i < end; i++)
		rc = add_entry(r, &list[i], e);
	member_close(&r->out, ']');
	answer_next(&r->out, n > page.limit,
		    end > 0 ? &list[end - 1].due_us : NULL, 1);
	/* What is no notice's: suppressed, unreachable, alarms, holds. */
	if (rc == RC_OK && page.at[0] == INT64_MAX)
		rc = add_events(r, c.ref, e);
	member_close(&r->out, '}');
	return rc;
}

void
customer_log_handle(struct http_request *rq)
{
	answer_read(rq, read_log);
}
