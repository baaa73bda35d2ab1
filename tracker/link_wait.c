#include "tracker/link_wait.h"

#include "tracker/link_reply.h"
#include "tracker/link_scope.h"

#define BODY_MAX 65536 /* as the portal takes */

static void
reply_revoked(struct http_request *rq, struct conf_box *box, uint32_t key_id)
{
	const struct conf *c = conf_box_get(box);
	uint16_t number = (uint16_t)(key_id >> 16);
	const struct brand *b = conf_brand_number(c, number);

	link_reply_revoked(rq, box, number, slice_z(b ? b->public_url : ""));
	conf_unref(c);
}

static void
handle_page(struct http_request *rq)
{
	struct hits *h = rq->owner;
	const struct keyring *keys = keys_box_get(hits_keys(h));
	struct token t;
	enum rc rc = link_scope_check(rq, keys, &t);

	if (rc != RC_OK)
		hits_count_bad(h, rq, rc);
	if (rc == RC_STATE)
		reply_revoked(rq, hits_conf(h), t.key_id);
	else if (rc != RC_OK)
		link_reply_bad(rq, hits_conf(h), keys);
	else
		link_reply_wait(rq, hits_conf(h));
}

static void
handle_cut(struct http_request *rq)
{
	struct hits *h = rq->owner;
	struct slice rest = rq->params[0];

	hits_count_bad(h, rq, RC_DENIED);
	rq->params[0] = slice_cut(&rest, '/'); /* it tells the brand */
	link_reply_bad(rq, hits_conf(h), keys_box_get(hits_keys(h)));
}

static void
handle_home(struct http_request *rq)
{
	link_reply_home(rq, hits_conf(rq->owner));
}

static void
handle_robots(struct http_request *rq)
{
	http_reply(rq, 200, "text/plain; charset=utf-8",
		   SLICE(LINK_REPLY_ROBOTS));
}

/* clang-format off */
#define PAGE(verb, path, what) \
	{.method = (verb), .pattern = (path), .scope = (what), \
	 .any_query = true, .any_shape = true, .body_max = BODY_MAX, \
	 .handle = handle_page, .doc = "Not now"}
#define CUT(path) \
	{.method = HTTP_GET, .pattern = (path), .any_query = true, \
	 .any_shape = true, .handle = handle_cut, .doc = "A link that was cut"}
#define OWN(path, what) \
	{.method = HTTP_GET, .pattern = (path), .any_query = true, \
	 .handle = (what), .doc = "As ever"}
/* clang-format on */

static const struct http_route routes[] = {
    CUT("/area/{token...}"),
    CUT("/m/{token...}"),
    CUT("/a/{token...}"),
    CUT("/u/{token...}"),
    PAGE(HTTP_GET, "/area/{token}/{expiry}", "area"),
    PAGE(HTTP_GET, "/m/{token}", "view"),
    PAGE(HTTP_GET, "/a/{token}", "answer"),
    PAGE(HTTP_POST, "/a/{token}", "answer"),
    PAGE(HTTP_GET, "/u/{token}", "leave"),
    PAGE(HTTP_POST, "/u/{token}", "leave"),
    OWN("/robots.txt", handle_robots),
    OWN("/", handle_home),
};

struct http_table
link_wait_table(struct hits *hits)
{
	return (struct http_table){
	    .routes = routes,
	    .n = sizeof(routes) / sizeof(routes[0]),
	    .owner = hits,
	};
}
