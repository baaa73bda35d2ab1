#include "tracker/link_reply.h"

#include "tracker/hits_page.h"
#include "tracker/http_guess.h"

#define BODY_MAX 16384 /* as the portal takes */
#define PAGE_MAX ((size_t)16 << 10)

static const struct http_field headers[] = {
    HTTP_FIELD("Cache-Control", "no-store, private"),
    HTTP_FIELD("Referrer-Policy", "no-referrer"),
    HTTP_FIELD("X-Content-Type-Options", "nosniff"),
    HTTP_FIELD("X-Frame-Options", "DENY"),
    HTTP_FIELD("X-Robots-Tag", "noindex, nofollow"),
    HTTP_FIELD("Content-Security-Policy",
	       "default-src 'none'; style-src 'unsafe-inline'; "
	       "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"),
};

/* What the brand is called that has the number, else whose host was asked for,
 * else that is the only one. */
static struct slice
brand_title(const struct conf *c, const struct http_request *rq,
	    uint16_t number)
{
	struct slice host = http_header_in(rq, "Host");
	const struct brand *b = number ? conf_brand_number(c, number) : NULL;

	host = slice_cut(&host, ':');
	for (size_t i = 0; i < c->brands_n && !b; i++)
		if (slice_ieq(url_host(slice_z(c->brands[i].public_url)), host))
			b = &c->brands[i];
	if (!b && c->brands_n == 1)
		b = &c->brands[0];
	return slice_z(b ? b->title : "");
}

static void
reply(struct http_request *rq, struct conf_box *box, int status, uint16_t brand,
      struct slice host)
{
	const struct conf *c = box ? conf_box_get(box) : NULL;
	struct slice languages = http_header_in(rq, "Accept-Language");
	struct slice title = c ? brand_title(c, rq, brand) : SLICE("");
	struct sbuf b;

	sbuf_init(&b, PAGE_MAX);
	if (status == 410)
		hits_page_revoked(&b, title, host, languages);
	else if (status == 429)
		hits_page_slow(&b, title, languages);
	else if (status == 503)
		hits_page_wait(&b, title, languages);
	else
		hits_page_bad(&b, title, languages);
	http_reply(rq, status, "text/html; charset=utf-8", sbuf_slice(&b));
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		http_header(rq, headers[i].name.p, headers[i].value);
	sbuf_fini(&b);
	if (c)
		conf_unref(c);
}

void
link_reply_bad(struct http_request *rq, struct conf_box *conf)
{
	reply(rq, conf, http_guess(rq) ? 404 : 429, 0, SLICE(""));
}

void
link_reply_revoked(struct http_request *rq, struct conf_box *conf,
		   uint16_t brand, struct slice destination)
{
	reply(rq, conf, 410, brand, url_host(destination));
}

void
link_reply_slow(struct http_request *rq, struct conf_box *conf)
{
	reply(rq, conf, 429, 0, SLICE(""));
}

static void
handle_wait(struct http_request *rq)
{
	reply(rq, rq->owner, 503, 0, SLICE(""));
	http_header(rq, "Retry-After", SLICE("120"));
}

/* clang-format off */
#define WAIT(verb, path) \
	{.method = (verb), .pattern = (path), .any_query = true, \
	 .any_shape = true, .body_max = BODY_MAX, .handle = handle_wait, \
	 .doc = "Not now"}
/* clang-format on */

static const struct http_route wait_routes[] = {
    WAIT(HTTP_GET, "/"),
    WAIT(HTTP_GET, "/m/{token...}"),
    WAIT(HTTP_GET, "/a/{token...}"),
    WAIT(HTTP_POST, "/a/{token...}"),
    WAIT(HTTP_GET, "/u/{token...}"),
    WAIT(HTTP_POST, "/u/{token...}"),
    WAIT(HTTP_GET, "/area/{token...}"),
};

struct http_table
link_reply_wait_table(struct conf_box *conf)
{
	return (struct http_table){
	    .routes = wait_routes,
	    .n = sizeof(wait_routes) / sizeof(wait_routes[0]),
	    .owner = conf,
	};
}
