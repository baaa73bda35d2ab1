#include "base/clock.h"
#include "base/log.h"
#include "portal/page.h"
#include "portal/portal_private.h"
#include "tracker/http_hand.h"

#define LATE_US (12 * SECOND_US)

struct slice
page_change_render(struct page *pg, const char *name)
{
	struct slice html = SLICE("");
	struct err e = {0};

	if (page_render(pg, name, &html, &e) != RC_OK)
		LOG(PAGE_FAILED, LOG_Z("page", name), LOG_ERR(&e));
	return arena_dup(&pg->rq->arena, html);
}

static void
reply(struct http_request *rq, int status, const char *retry, struct slice html)
{
	http_reply(rq, status, "text/html; charset=utf-8", html);
	http_header(rq, "Retry-After", slice_z(retry));
	http_header(rq, "Content-Security-Policy",
		    SLICE("default-src 'none'; style-src 'unsafe-inline'; "
			  "img-src https: data:; form-action 'self'; "
			  "base-uri 'none'; frame-ancestors 'none'"));
	/* under "no-referrer" the form would tell no origin */
	http_header(rq, "Referrer-Policy", SLICE("same-origin"));
	http_header(rq, "X-Frame-Options", SLICE("DENY"));
}

static void
reply_failed(const struct page_change *x, enum rc rc)
{
	if (rc == RC_LIMIT)
		reply(x->rq, 429, "3600", x->many);
	else
		reply(x->rq, 503, "60", x->busy);
}

/* The writer still has it.  Thread: the request's loop. */
static void
reply_unsure(struct http_request *rq)
{
	const struct page_change *x = rq->state;

	LOG(PAGE_LATE, LOG_Z("page", "change"));
	reply(rq, 503, "60", x->unsure);
}

/* Thread: writer. */
static void
change_done(struct write_op *op, enum rc rc, const struct err *e)
{
	struct page_change *x = (struct page_change *)op;

	if (rc != RC_OK &&
	    rc != RC_LIMIT) /* what a visitor overdoes is theirs */
		LOG(PAGE_FAILED, LOG_Z("page", "change"), LOG_ERR(e));
	if (rc != RC_OK && http_claim(x->rq))
		reply_failed(x, rc);
	http_finish(x->rq);
}

void
page_change_submit(struct page_change *x)
{
	struct portal *p = x->rq->owner;
	enum rc rc;

	x->op.done = change_done;
	x->rq->state = x;
	http_wait_until(x->rq, clock_mono_us() + LATE_US, reply_unsure);
	http_suspend(x->rq);
	rc = writer_submit(p->c.queue->writer, &x->op);
	if (rc == RC_OK)
		return;
	if (http_claim(x->rq))
		reply_failed(x, RC_AGAIN);
	http_finish(x->rq);
}
