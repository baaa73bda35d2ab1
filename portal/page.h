#ifndef PORTAL_PAGE_H
#define PORTAL_PAGE_H

#include "base/token.h"
#include "portal/portal.h"
#include "store/customer.h"
#include "store/message.h"
#include "store/writer.h"
#include "templates/catalog.h"

#define PAGE_MAX ((size_t)8 << 20)     /* bytes of HTML */
#define PAGE_ARENA ((size_t)128 << 20) /* what a page may gather */

/* A request for a page, on a job thread: who speaks (brand), to whom (locale,
 * zone), and what the template sees. */
struct page {
	struct portal *portal;
	struct http_request *rq;
	struct arena arena;
	struct materials *materials;
	const struct conf *conf;
	struct db *db;		   /* the job's reader */
	const struct brand *brand; /* NULL: unknown */
	struct slice locale, zone;
	bool embeddable; /* the brand's embed_origins may frame it */
	int64_t now_us;
	struct datum *data;
	const struct datum *words; /* set by page_speak() */
	struct locale *speaks;	   /* the same */
	bool shown;		   /* set by page_send(): what was asked for */
};

/* Begins and ends one.  The reader sees one moment in between. */
enum rc page_open(struct page *pg, struct http_request *rq,
		  struct err *e) MUST_USE;
void page_close(struct page *pg);

/* The same for a page.  False: refused, the reply is set. */
bool page_token(struct page *pg, struct token *out);

/* Reads the message of a token, and its customer, in whose language and zone
 * the page will speak.  False: the reply is set. */
bool page_message(struct page *pg, const struct token *t, struct message *m,
		  struct customer *c);

/* Loads the words of the page's language into the data.  Before page_word();
 * page_send() does it where nobody did. */
enum rc page_speak(struct page *pg, struct err *e) MUST_USE;

/* The word "PREFIX_NAME", or other where there is none. */
struct slice page_word(const struct page *pg, const char *prefix,
		       struct slice name, struct slice other);

/* Renders a page with the data, and replies with it.  Where rendering fails
 * the reply is 500, and that is logged. */
void page_send(struct page *pg, int status, const char *name);

/* The same into out, for a reply that is made later by page_reply(). */
enum rc page_render(struct page *pg, const char *name, struct slice *out,
		    struct err *e) MUST_USE;
void page_reply(struct http_request *rq, int status, const struct page *pg,
		struct slice html);

/* Replies with the page for a failure: 404, 429, 503, 500. */
void page_fail(struct page *pg, const struct err *e);

/* Records that a form was asked for, whose reply is set, and gives the request
 * back.  The last thing that a handler does. */
void page_visited(struct http_request *rq, const struct token *t,
		  enum hit_page page);

/* A change that a form asks for.  Its reply is set before, by page_send(), and
 * sent after the commit; where that fails, or does not come, the page that says
 * so goes instead.  Its texts are of the request's arena; run() allocates there
 * no more.
 */
struct page_change {
	struct write_op op;
	struct http_request *rq;
	struct slice busy;   /* the page for a failure */
	struct slice many;   /* for RC_LIMIT, where a change knows it */
	struct slice unsure; /* where the disk has not answered in time */
};

/* Renders what goes if the change fails: a page of ours with its form, so that
 * it can be sent again.  Empty where that fails, which is logged.  Owns: the
 * request's arena. */
struct slice page_change_render(struct page *pg, const char *name);

/* Suspends the request and submits the change; after page_close(). */
void page_change_submit(struct page_change *x);

/* A link of the brand's own, without scheme and host: "/a/TOKEN". */
struct slice page_link(struct page *pg, const char *path,
		       enum token_purpose purpose, struct ref ref);

/* True for a POST that may come from a page of the brand's, or from no page. */
bool page_same_origin(const struct page *pg);

/* The handlers. */
void area_handle(struct http_request *rq);
void view_handle(struct http_request *rq);
void answer_form_handle(struct http_request *rq);
void answer_post_handle(struct http_request *rq);
void preferences_form_handle(struct http_request *rq);
void preferences_post_handle(struct http_request *rq);

#endif
