#include "portal/portal.h"

#include <stdlib.h>

#include "base/mem.h"
#include "portal/page.h"
#include "portal/portal_private.h"
#include "tracker/http_guess.h"
#include "tracker/link_reply.h"
#include "tracker/link_scope.h"

#define FORM_MAX 65536 /* bytes of an answer, at most */

/* Pages hold secrets in their addresses: none is kept, indexed or told on. */
static const struct http_field table_headers[] = {
    HTTP_FIELD("Cache-Control", "no-store, private"),
    HTTP_FIELD("X-Content-Type-Options", "nosniff"),
    HTTP_FIELD("X-Robots-Tag", "noindex, nofollow"),
};

static void
handle_home(struct http_request *rq)
{
	struct page pg;
	struct err e = {0};

	if (page_open(&pg, rq, &e) == RC_OK)
		page_send(&pg, 200, "home");
	else
		page_fail(&pg, &e);
	page_close(&pg);
}

static void
handle_robots(struct http_request *rq)
{
	http_reply(rq, 200, "text/plain; charset=utf-8",
		   SLICE(LINK_REPLY_ROBOTS));
}

/* A link that was cut, or has more behind it. */
static void
handle_cut(struct http_request *rq)
{
	const struct portal *p = rq->owner;
	struct materials *m = materials_box_get(p->c.materials);
	struct slice rest = rq->params[0];

	if (p->c.hits != NULL)
		hits_count_bad(p->c.hits, rq, RC_DENIED);

	rq->params[0] = slice_cut(&rest, '/'); /* it tells the brand */
	link_reply_bad(rq, p->c.queue->conf, materials_keys(m));
	materials_release(m);
}

/* clang-format off */
#define CUT(path) \
	{.method = HTTP_GET, .pattern = (path), .any_query = true, \
	 .any_shape = true, .handle = handle_cut, \
	 .doc = "A link that was cut: a page that says so"}
/* clang-format on */

static const struct http_route routes[] = {
    CUT("/area/{token...}"),
    CUT("/m/{token...}"),
    CUT("/a/{token...}"),
    CUT("/u/{token...}"),
    {.method = HTTP_GET,
     .pattern = "/area/{token}/{expiry}",
     .scope = "area",
     .runs = HTTP_JOB,
     .any_shape = true,
     .handle = area_handle,
     .doc = "The client area: all that was sent to a customer, and why"},
    {.method = HTTP_GET,
     .pattern = "/m/{token}",
     .scope = "view",
     .runs = HTTP_JOB,
     .durable = true,
     .any_query = true,
     .any_shape = true,
     .handle = view_handle,
     .doc = "A message as it was sent, without its pixel"},
    {.method = HTTP_GET,
     .pattern = "/a/{token}",
     .scope = "answer",
     .runs = HTTP_JOB,
     .any_query = true,
     .any_shape = true,
     .handle = answer_form_handle,
     .doc = "The page on which a recipient answers a message"},
    {.method = HTTP_POST,
     .pattern = "/a/{token}",
     .scope = "answer",
     .runs = HTTP_JOB,
     .durable = true,
     .any_query = true,
     .body_max = FORM_MAX,
     .handle = answer_post_handle,
     .doc = "An answer: received, already paid, wrong, not me"},
    {.method = HTTP_GET,
     .pattern = "/u/{token}",
     .scope = "leave",
     .runs = HTTP_JOB,
     .any_query = true,
     .any_shape = true,
     .handle = preferences_form_handle,
     .doc = "What a customer gets, and what is tracked"},
    {.method = HTTP_POST,
     .pattern = "/u/{token}",
     .scope = "leave",
     .runs = HTTP_JOB,
     .durable = true,
     .any_query = true,
     .body_max = FORM_MAX,
     .handle = preferences_post_handle,
     .doc = "Withdraws consent; unsubscribes in one click where allowed"},
    {.method = HTTP_GET,
     .pattern = "/robots.txt",
     .any_query = true,
     .handle = handle_robots,
     .doc = "Keeps robots away"},
    {.method = HTTP_GET,
     .pattern = "/",
     .runs = HTTP_JOB,
     .any_query = true,
     .handle = handle_home,
     .doc = "The brand's name and abuse contact"},
};

/* Whoever follows link after link that is not good is told so before a job
 * thread makes a page for it. */
static void
enter(struct http_request *rq)
{
	const struct portal *p = rq->owner;
	struct materials *m;
	struct token t;
	enum rc rc;

	if (rq->route->scope == NULL)
		return;
	m = materials_box_get(p->c.materials);
	rc = link_scope_check(rq, materials_keys(m), &t);
	materials_release(m);
	if (rc != RC_OK && p->c.hits != NULL)
		hits_count_bad(p->c.hits, rq, rc);
	if (rc == RC_DENIED && !http_guess(rq))
		link_reply_slow(rq, p->c.queue->conf);
}

enum rc
portal_new(const struct portal_config *config, struct portal **out,
	   struct err *e)
{
	struct portal *p = MEM_NEW(struct portal);

	p->c = *config;
	p->readers = mem_alloc((config->jobs + 1) * sizeof(struct db *));
	for (unsigned i = 0; i < config->jobs; i++) {
		enum rc rc =
		    db_open(config->db_path, DB_READ, &p->readers[i], e);

		if (rc != RC_OK) {
			portal_free(p);
			return rc;
		}
	}
	*out = p;
	return RC_OK;
}

void
portal_free(struct portal *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->c.jobs; i++)
		if (p->readers[i] != NULL)
			db_close(p->readers[i]);
	free(p->readers);
	free(p);
}

struct http_table
portal_table(struct portal *p)
{
	return (struct http_table){
	    .routes = routes,
	    .n = sizeof(routes) / sizeof(*routes),
	    .owner = p,
	    .enter = enter,
	    .reply_headers = table_headers,
	    .reply_headers_n = sizeof(table_headers) / sizeof(*table_headers),
	};
}
