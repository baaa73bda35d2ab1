#include "tracker/link_reply.h"

#include "tracker/hits_page.h"
#include "tracker/http_guess.h"
#include "tracker/link_brand.h"

#define PAGE_MAX ((size_t)16 << 10)

static const struct http_field headers[] = {
    HTTP_FIELD("Cache-Control", "no-store, private"),
    HTTP_FIELD("Referrer-Policy", "no-referrer"),
    HTTP_FIELD("X-Content-Type-Options", "nosniff"),
    HTTP_FIELD("X-Frame-Options", "DENY"),
    HTTP_FIELD("X-Robots-Tag", "noindex, nofollow"),
    HTTP_FIELD("Content-Security-Policy",
	       "default-src 'none'; style-src 'unsafe-inline'; "
	       "img-src https: data:; "
	       "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"),
};

/* brand: NULL names nobody; host: of a good link that leads nowhere. */
static void
reply(struct http_request *rq, int status, enum hits_page page,
      const struct brand *brand, struct slice host)
{
	struct sbuf b;

	sbuf_init(&b, PAGE_MAX);
	hits_page(&b, page, brand, host, http_header_in(rq, "Accept-Language"));
	http_reply(rq, status, "text/html; charset=utf-8", sbuf_slice(&b));
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		http_header(rq, headers[i].name.p, headers[i].value);
	sbuf_fini(&b);
}

/* As reply(), where nothing but the host tells whose page it is. */
static void
reply_host(struct http_request *rq, struct conf_box *box, int status,
	   enum hits_page page)
{
	const struct conf *c = box ? conf_box_get(box) : NULL;

	reply(rq, status, page, c ? link_brand_host(c, rq) : NULL, SLICE(""));
	if (c)
		conf_unref(c);
}

void
link_reply_bad(struct http_request *rq, struct conf_box *box,
	       const struct keyring *keys)
{
	const struct conf *c = box ? conf_box_get(box) : NULL;
	const struct brand *b = c ? link_brand_host(c, rq) : NULL;
	bool more = http_guess(rq);

	if (c && !b && more)
		b = link_brand_claimed(c, keys, rq->params[0]);
	reply(rq, more ? 404 : 429, more ? HITS_PAGE_BAD : HITS_PAGE_SLOW, b,
	      SLICE(""));
	if (c)
		conf_unref(c);
}

void
link_reply_revoked(struct http_request *rq, struct conf_box *box,
		   uint16_t brand, struct slice destination)
{
	const struct conf *c = box ? conf_box_get(box) : NULL;
	const struct brand *b = c ? conf_brand_number(c, brand) : NULL;

	if (c && !b)
		b = link_brand_host(c, rq);
	reply(rq, 410, HITS_PAGE_REVOKED, b, url_host(destination));
	if (c)
		conf_unref(c);
}

void
link_reply_slow(struct http_request *rq, struct conf_box *box)
{
	reply_host(rq, box, 429, HITS_PAGE_SLOW);
}

void
link_reply_refusal(void *box, struct http_request *rq, int status)
{
	static const struct {
		int status;
		enum hits_page page;
	} pages[] = {
	    {404, HITS_PAGE_BAD},   {414, HITS_PAGE_BAD},
	    {413, HITS_PAGE_LARGE}, {429, HITS_PAGE_BUSY},
	    {503, HITS_PAGE_BUSY},  {431, HITS_PAGE_HEADERS},
	    {500, HITS_PAGE_FAULT},
	};
	enum hits_page page = HITS_PAGE_ODD;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (pages[i].status == status)
			page = pages[i].page;
	reply_host(rq, box, status, page);
}

void
link_reply_wait(struct http_request *rq, struct conf_box *box)
{
	reply_host(rq, box, 503,
		   rq->method == HTTP_POST ? HITS_PAGE_UNSAVED
					   : HITS_PAGE_WAIT);
	http_header(rq, "Retry-After", SLICE("120"));
}

void
link_reply_home(struct http_request *rq, struct conf_box *box)
{
	reply_host(rq, box, 200, HITS_PAGE_HOME);
}
