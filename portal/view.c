#include "mailer/sent.h"
#include "portal/entry.h"
#include "portal/page.h"
#include "portal/portal_private.h"
#include "store/content.h"
#include "tracker/http_hand.h"

/* What was sent is foreign, be it HTML or text: it runs nothing, posts nothing,
 * and has no origin. */
#define SENT_POLICY                                                            \
	"sandbox allow-popups allow-popups-to-escape-sandbox; "                \
	"default-src 'none'; img-src https: data:; "                           \
	"style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "     \
	"frame-ancestors 'none'"
#define PIXEL_PATH "/o/"

static enum rc
read_content(struct page *pg, const struct message *m, struct sent *out,
	     struct err *e)
{
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, CONTENT_MAX);
	rc = content_get(pg->db, m->id, &b, e);
	if (rc == RC_OK)
		rc = sent_read(sbuf_slice(&b), &pg->arena, out, e);
	sbuf_fini(&b);
	return rc;
}

static struct slice
without_pixel(struct page *pg, const struct message *m, struct slice html)
{
	struct slice pixel = slice_z(
	    arena_printf(&pg->arena, "%s" PIXEL_PATH, pg->brand->public_url));

	return sent_without_pixel(html, pixel, m->mref, &pg->arena);
}

static void
reply_html(struct http_request *rq, struct slice html)
{
	http_reply(rq, 200, "text/html; charset=utf-8", html);
	http_header(rq, "Content-Security-Policy", SLICE(SENT_POLICY));
	http_header(rq, "Referrer-Policy", SLICE("no-referrer"));
	http_header(rq, "X-Frame-Options", SLICE("DENY"));
}

static enum rc
render_text(struct page *pg, const struct message *m, struct slice text,
	    struct slice *out, struct err *e)
{
	enum rc rc = page_speak(pg, e);

	if (rc != RC_OK)
		return rc;
	datum_set(pg->data, "subject",
		  datum_text(&pg->arena, m->subject.n
					     ? m->subject
					     : entry_title(pg, m->template)));
	datum_set(pg->data, "text", datum_text(&pg->arena, text));
	return page_render(pg, "message", out, e);
}

/* True when a message was shown: a hit. */
static bool
show(struct page *pg, const struct token *t)
{
	struct err e = {0};
	struct customer c;
	struct message m;
	struct slice html;
	struct sent sent;
	enum rc rc;

	if (!page_message(pg, t, &m, &c))
		return false;
	rc = read_content(pg, &m, &sent, &e);
	if (rc == RC_NOTFOUND) { /* not made yet, or erased */
		page_send(pg, 404, "no-content");
		return false;
	}
	if (rc != RC_OK) {
		page_fail(pg, &e);
		return false;
	}
	html = without_pixel(pg, &m, sent.html);
	if (sent.html.n == 0)
		rc = render_text(pg, &m, sent.text, &html, &e);
	if (rc != RC_OK) {
		page_fail(pg, &e);
		return false;
	}
	reply_html(pg->rq, html);
	return true;
}

void
view_handle(struct http_request *rq)
{
	struct portal *p = rq->owner;
	bool shown = false;
	struct err e = {0};
	struct token t;
	struct page pg;

	if (page_open(&pg, rq, &e) != RC_OK)
		page_fail(&pg, &e);
	else if (page_token(&pg, &t))
		shown = show(&pg, &t);
	page_close(&pg);
	if (!shown || p->c.hits == NULL)
		return;
	http_suspend(rq);
	hits_finish(p->c.hits, rq, HIT_VIEW, &t);
}
