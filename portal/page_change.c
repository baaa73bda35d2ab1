#include "base/log.h"
#include "portal/page.h"
#include "portal/portal_private.h"

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
reply_failed(struct page_change *x, enum rc rc)
{
	struct http_request *rq = x->rq;
	bool many = rc == RC_LIMIT;

	http_reply(rq, many ? 429 : 503, "text/html; charset=utf-8",
		   many ? x->many : x->busy);
	http_header(rq, "Retry-After", many ? SLICE("3600") : SLICE("60"));
	http_header(rq, "Content-Security-Policy",
		    SLICE("default-src 'none'; style-src 'unsafe-inline'; "
			  "img-src https: data:; form-action 'self'; "
			  "base-uri 'none'; frame-ancestors 'none'"));
	/* under "no-referrer" the form would tell no origin */
	http_header(rq, "Referrer-Policy", SLICE("same-origin"));
	http_header(rq, "X-Frame-Options", SLICE("DENY"));
}

/* Thread: writer. */
static void
change_done(struct write_op *op, enum rc rc, const struct err *e)
{
	struct page_change *x = (struct page_change *)op;

	if (rc != RC_OK &&
	    rc != RC_LIMIT) /* what a visitor overdoes is theirs */
		LOG(PAGE_FAILED, LOG_Z("page", "change"), LOG_ERR(e));
	if (rc != RC_OK)
		reply_failed(x, rc);
	http_finish(x->rq);
}

void
page_change_submit(struct page_change *x)
{
	struct portal *p = x->rq->owner;
	enum rc rc;

	x->op.done = change_done;
	http_suspend(x->rq);
	rc = writer_submit(p->c.queue->writer, &x->op);
	if (rc == RC_OK)
		return;
	reply_failed(x, RC_AGAIN);
	http_finish(x->rq);
}
