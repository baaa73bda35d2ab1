#include "portal/page.h"

#include "base/clock.h"
#include "base/embedded.h"
#include "base/log.h"
#include "conf/color.h"
#include "portal/portal_private.h"
#include "tracker/hits_page.h"
#include "tracker/http_hand.h"
#include "tracker/jobs.h"
#include "tracker/languages.h"
#include "tracker/link_brand.h"
#include "tracker/link_scope.h"

#define WORDS_MAX 65536
#define HTML "text/html; charset=utf-8"
#define SHOWN_ANYHOW                                                           \
	"<!doctype html><meta charset=\"utf-8\"><title>Error</title>"          \
	"<p>Error 500"

/* ---- opening ---- */

/* The language of Accept-Language most wanted that there are pages for, as a
 * locale; empty where there is none. */
static struct slice
asked_locale(struct page *pg)
{
	const struct catalog *catalog = materials_catalog(pg->materials);
	struct slice list[LANGUAGES_MAX];
	size_t n =
	    languages_read(http_header_in(pg->rq, "Accept-Language"), list);

	for (size_t i = 0; i < n; i++) {
		struct slice name = list[i];
		char *z;

		if (name.n >= LOCALE_SIZE)
			continue;
		z = arena_z(&pg->arena, name);
		for (char *p = z; *p != '\0'; p++)
			*p = *p == '-' ? '_' : *p;
		name = slice_z(z);
		if (!locale_valid(name))
			name.n = 2;
		if (catalog_has(catalog, SLICE("words"), slice_of(z, 2)))
			return name;
	}
	return SLICE("");
}

enum rc
page_open(struct page *pg, struct http_request *rq, struct err *e)
{
	struct portal *p = rq->owner;

	*pg = (struct page){.portal = p, .rq = rq};
	arena_init(&pg->arena, PAGE_ARENA);
	pg->now_us = clock_wall_us();
	pg->materials = materials_box_get(p->c.materials);
	pg->conf = conf_box_get(p->c.queue->conf);
	pg->brand = link_brand_host(pg->conf, rq);
	pg->data = datum_map(&pg->arena);
	pg->locale = asked_locale(pg);
	pg->zone = slice_z(pg->brand ? pg->brand->time_zone : "UTC");
	pg->db = p->readers[jobs_self()];
	return db_snapshot(pg->db, e);
}

void
page_close(struct page *pg)
{
	db_snapshot_end(pg->db);
	materials_release(pg->materials);
	conf_unref(pg->conf);
	arena_fini(&pg->arena);
}

/* ---- whose page ---- */

bool
page_token(struct page *pg, struct token *out)
{
	const struct brand *b;
	enum rc rc =
	    link_scope_check(pg->rq, materials_keys(pg->materials), out);

	if (rc == RC_OK || rc == RC_STATE) {
		b = conf_brand_number(pg->conf, (uint16_t)(out->key_id >> 16));
		if (b == NULL)
			rc = RC_DENIED;
		else
			pg->brand = b;
	}
	if (rc == RC_OK)
		return true;
	if (pg->brand == NULL)
		pg->brand = link_brand_claimed(
		    pg->conf, materials_keys(pg->materials), pg->rq->params[0]);
	page_send(pg, rc == RC_STATE ? 410 : 404,
		  rc == RC_STATE ? "revoked-link" : "bad-link");
	return false;
}

bool
page_message(struct page *pg, const struct token *t, struct message *m,
	     struct customer *c)
{
	struct err e = {0};
	enum rc rc = message_get(pg->db, t->ref, &pg->arena, m, &e);

	/* another brand's key opens nothing */
	if (rc == RC_OK && !slice_eq_z(m->brand, pg->brand->name))
		rc = RC_NOTFOUND;
	if (rc == RC_OK)
		rc = customer_get(pg->db, m->customer, &pg->arena, c, &e);
	if (rc == RC_OK) {
		pg->locale = c->locale;
		pg->zone = c->time_zone;
		return true;
	}
	if (rc == RC_NOTFOUND)
		page_send(pg, 404, "bad-link");
	else
		page_fail(pg, &e);
	return false;
}

struct slice
page_link(struct page *pg, const char *path, enum token_purpose purpose,
	  struct ref ref)
{
	const struct token_key *key =
	    keyring_active(materials_keys(pg->materials), pg->brand->number);
	struct slice out;
	struct sbuf b;

	if (key == NULL)
		return SLICE("");
	sbuf_init(&b, 4096);
	sbuf_add_z(&b, path);
	token_add(&b, key, purpose, ref, 0, SLICE(""));
	out = arena_dup(&pg->arena, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}

bool
page_same_origin(const struct page *pg)
{
	const struct http_request *rq = pg->rq;
	struct slice site = http_header_in(rq, "Sec-Fetch-Site");
	struct slice origin = http_header_in(rq, "Origin");
	struct slice host = http_header_in(rq, "Host");

	if (site.p != NULL)
		return slice_eq_z(site, "same-origin") ||
		       slice_eq_z(site, "none");
	if (origin.p == NULL || slice_eq_z(origin, "null"))
		return true; /* mail providers' servers, old browsers */
	/* a proxy may have rewritten Host */
	return slice_ieq(url_host(origin), slice_cut(&host, ':')) ||
	       (pg->brand != NULL &&
		slice_ieq(url_host(origin),
			  url_host(slice_z(pg->brand->public_url))));
}

/* ---- words ---- */

/* Lines "key = text" into a map; what is no such line is left out. */
static void
add_words(struct page *pg, struct datum *map, struct slice text)
{
	while (text.p != NULL) {
		struct slice line = slice_cut(&text, '\n'), key;

		if (slice_find_c(line, '=') < 0)
			continue;
		key = slice_trim(slice_cut(&line, '='));
		datum_set_slice(map, key,
				datum_text(&pg->arena, slice_trim(line)));
	}
}

/* Words of ours, for those that an operator's file lacks. */
static void
add_built_in(struct page *pg, struct datum *map, struct slice locale)
{
	struct slice language = slice_cut(&locale, '_');
	const struct embedded_file *f = embedded_find(arena_printf(
	    &pg->arena, "templates/page/words.%.*s.html", SLICE_ARG(language)));

	if (f != NULL)
		add_words(pg, map, slice_of(f->data, f->size));
}

static enum rc
find_page(struct page *pg, const char *name, struct catalog_page *page,
	  struct locale **l, struct err *e)
{
	enum rc rc = catalog_page(
	    materials_catalog(pg->materials), slice_z(name), pg->locale,
	    slice_z(pg->brand ? pg->brand->locale : "en"), page, e);

	return rc == RC_OK ? locale_get(slice_z(page->locale), pg->zone, l, e)
			   : rc;
}

static void
set_text(struct page *pg, struct datum *d, const char *key, const char *z)
{
	datum_set(d, key,
		  datum_text(&pg->arena, arena_dup(&pg->arena, slice_z(z))));
}

static void
set_brand(struct page *pg)
{
	static const struct brand none;
	const struct brand *b = pg->brand ? pg->brand : &none;
	struct datum *d = datum_map(&pg->arena);
	struct colors colors;

	colors_of(slice_z(b->color), &colors);
	set_text(pg, d, "title", b->title);
	set_text(pg, d, "website", b->website);
	datum_set(d, "host",
		  datum_text(
		      &pg->arena,
		      arena_dup(&pg->arena, url_host(slice_z(b->public_url)))));
	set_text(pg, d, "support_url", b->support_url);
	set_text(pg, d, "logo_url", b->logo_url);
	set_text(pg, d, "postal_address", b->postal_address);
	set_text(pg, d, "tax_id", b->tax_id);
	set_text(pg, d, "abuse_contact", b->abuse_contact);
	set_text(pg, d, "color", colors.fill);
	set_text(pg, d, "on_color", colors.on_fill);
	set_text(pg, d, "link_light", colors.light);
	set_text(pg, d, "link_dark", colors.dark);
	datum_set(pg->data, "brand", d);
}

enum rc
page_speak(struct page *pg, struct err *e)
{
	struct datum *words = datum_map(&pg->arena);
	struct catalog_page page;
	struct locale *l;
	struct sbuf b;
	enum rc rc = find_page(pg, "words", &page, &l, e);

	if (rc != RC_OK)
		return rc;
	pg->speaks = l;
	set_text(pg, pg->data, "lang", locale_tag(l));
	set_text(pg, pg->data, "dir", locale_rtl(l) ? "rtl" : "ltr");
	set_brand(pg);
	sbuf_init(&b, WORDS_MAX);
	rc = template_render(page.html, pg->data, l, &b, e);
	if (rc == RC_OK) {
		add_built_in(pg, words, SLICE("en"));
		add_built_in(pg, words, slice_z(page.locale));
		add_words(pg, words, arena_dup(&pg->arena, sbuf_slice(&b)));
		datum_set(pg->data, "w", words);
		pg->words = words;
	}
	sbuf_fini(&b);
	return rc;
}

struct slice
page_word(const struct page *pg, const char *prefix, struct slice name,
	  struct slice other)
{
	char key[128];
	const struct datum *d;

	snprintf(key, sizeof(key), "%s_%.*s", prefix, SLICE_ARG(name));
	d = datum_get(pg->words, key);
	return d ? datum_slice(d) : other;
}

/* ---- replies ---- */

enum rc
page_render(struct page *pg, const char *name, struct slice *out, struct err *e)
{
	struct catalog_page page;
	struct locale *l;
	struct sbuf b;
	enum rc rc = pg->words == NULL ? page_speak(pg, e) : RC_OK;

	if (rc == RC_OK)
		rc = find_page(pg, name, &page, &l, e);
	if (rc != RC_OK)
		return rc;
	sbuf_init(&b, PAGE_MAX);
	rc = template_render(page.html, pg->data, l, &b, e);
	*out = arena_dup(&pg->arena, sbuf_slice(&b));
	sbuf_fini(&b);
	return rc;
}

static void
add_policy(struct http_request *rq, const struct page *pg)
{
	struct sbuf b;

	sbuf_init(&b, 16384);
	sbuf_add_z(&b, "default-src 'none'; style-src 'unsafe-inline'; "
		       "img-src https: data:; form-action 'self'; "
		       "base-uri 'none'; frame-ancestors");
	if (!pg->embeddable || pg->brand->embed_origins == NULL ||
	    pg->brand->embed_origins[0] == NULL) {
		sbuf_add_z(&b, " 'none'");
		http_header(rq, "X-Frame-Options", SLICE("DENY"));
	} else {
		for (size_t i = 0; pg->brand->embed_origins[i] != NULL; i++) {
			sbuf_add_c(&b, ' ');
			sbuf_add_z(&b, pg->brand->embed_origins[i]);
		}
	}
	http_header(rq, "Content-Security-Policy", sbuf_slice(&b));
	sbuf_fini(&b);
	/* not "no-referrer", under which forms tell no origin */
	http_header(rq, "Referrer-Policy", SLICE("same-origin"));
}

void
page_reply(struct http_request *rq, int status, const struct page *pg,
	   struct slice html)
{
	http_reply(rq, status, HTML, html);
	add_policy(rq, pg);
}

void
page_send(struct page *pg, int status, const char *name)
{
	struct slice html;
	struct err e = {0};

	if (page_render(pg, name, &html, &e) == RC_OK) {
		page_reply(pg->rq, status, pg, html);
		pg->shown = status == 200;
		return;
	}
	LOG(PAGE_FAILED, LOG_Z("page", name), LOG_ERR(&e));
	http_reply(pg->rq, 500, HTML, SLICE(SHOWN_ANYHOW));
}

void
page_fail(struct page *pg, const struct err *e)
{
	static const struct {
		enum rc rc;
		int status;
		const char *page;
	} ways[] = {
	    {RC_NOTFOUND, 404, "bad-link"}, {RC_DENIED, 403, "refused"},
	    {RC_LIMIT, 429, "busy"},	    {RC_AGAIN, 503, "busy"},
	    {RC_IO, 503, "busy"},
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (ways[i].rc != e->rc)
			continue;
		if (ways[i].status >= 429)
			http_header(pg->rq, "Retry-After", SLICE("60"));
		page_send(pg, ways[i].status, ways[i].page);
		return;
	}
	LOG(PAGE_FAILED, LOG_Z("page", "error"), LOG_ERR(e));
	page_send(pg, 500, "error");
}

void
page_visited(struct http_request *rq, const struct token *t, enum hit_page page)
{
	const struct portal *p = rq->owner;
	struct token visited = *t;

	if (p->c.hits == NULL)
		return;
	visited.index = (uint16_t)page;
	http_suspend(rq);
	hits_finish(p->c.hits, rq, HIT_VISIT, &visited);
}
