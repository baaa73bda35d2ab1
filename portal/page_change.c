#include "base/log.h"
#include "portal/page.h"
#include "portal/portal_private.h"

void
page_change_prepare(struct page *pg, struct page_change *x)
{
	struct slice html = SLICE("");
	struct err e = {0};

	x->rq = pg->rq;
	if (page_render(pg, "busy", &html, &e) != RC_OK)
		LOG(PAGE_FAILED, LOG_Z("page", "busy"), LOG_ERR(&e));
	x->busy = arena_dup(&pg->rq->arena, html);
}

static void
reply_busy(struct page_change *x, enum rc rc)
{
	struct http_request *rq = x->rq;

	http_reply(rq, rc == RC_LIMIT ? 429 : 503, "text/html; charset=utf-8",
		   x->busy);
	http_header(rq, "Retry-After", SLICE("60"));
	http_header(rq, "Content-Security-Policy",
		    SLICE("default-src 'none'; style-src 'unsafe-inline'; "
			  "img-src https: data:; frame-ancestors 'none'"));
}

/* Thread: writer. */
static void
change_done(struct write_op *op, enum rc rc, const struct err *e)
{
	struct page_change *x = (struct page_change *)op;

	if (rc != RC_OK) {
		LOG(PAGE_FAILED, LOG_Z("page", "change"), LOG_ERR(e));
		reply_busy(x, rc);
	}
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
	reply_busy(x, RC_AGAIN);
	http_finish(x->rq);
}
