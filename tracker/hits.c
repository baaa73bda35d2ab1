/*
 * 1. What a loop has in struct loop_hits is touched by who is at its helm, but
 * for its writer, which hits_flush() may be at when it no more is.
 * 2. The requests in "waiting" are held or suspended, their replies are set,
 * and their records are in the writer's rounds, in the same order; hits_round()
 * gives back whom nothing keeps waiting.
 * 3. Whatever becomes of the record, the request is answered.
 */
#include "tracker/hits.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tracker/click.h"
#include "tracker/http_canned.h"
#include "tracker/http_hand.h"
#include "tracker/link_reply.h"

#define KEYS_MAX 64

static const uint8_t pixel[43] = {
    'G', 'I',  'F',  '8',  '9', 'a',  1, 0, 1, 0,   0x80, 0, 0,	  0, 0,
    0,	 0xff, 0xff, 0xff, '!', 0xf9, 4, 1, 0, 0,   0,	  0, ',', 0, 0,
    0,	 0,    1,    0,	   1,	0,    0, 2, 2, 'D', 1,	  0, ';'};

static const struct http_field pixel_headers[] = {
    HTTP_FIELD("Cache-Control", "no-store, private"),
    HTTP_FIELD("Referrer-Policy", "no-referrer"),
    HTTP_FIELD("X-Content-Type-Options", "nosniff"),
};

/* Headers that the rules on machines and persons look at.  What decides comes
 * first: a hit's signals are cut at their bound. */
static const char *const signal_names[] = {
    "sec-purpose",
    "purpose",
    "x-purpose",
    "x-moz",
    "accept",
    "accept-language",
    "accept-encoding",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "sec-fetch-user",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "via",
    "from",
    "x-requested-with",
    "save-data",
    "dnt",
    "sec-gpc",
};
#define SIGNAL_VALUE_MAX 128

struct keys_box {
	const struct keyring *_Atomic now;
	struct keyring *all[KEYS_MAX];
	_Atomic size_t n;
};

struct loop_hits {
	struct journal_writer *writer;
	struct http_request **waiting;
	size_t waiting_n, waiting_cap;
	uint64_t answered; /* that waited, since the start */
	struct sbuf destination, signals;
	const struct conf *conf; /* of the round; NULL: not asked for yet */
	_Atomic uint64_t counts[HIT_KINDS], bad, revoked;
};

struct hits {
	struct keys_box *keys;
	struct conf_box *conf;
	struct journal *journal;
	struct loop_hits *loops;
	unsigned loops_n;
	struct http_canned *pixel;
};

struct keys_box *
keys_box_new(struct keyring *k)
{
	struct keys_box *b = MEM_NEW(struct keys_box);

	keys_box_set(b, k);
	return b;
}

void
keys_box_free(struct keys_box *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		keyring_free(b->all[i]);
	free(b);
}

const struct keyring *
keys_box_get(struct keys_box *b)
{
	return atomic_load(&b->now);
}

void
keys_box_set(struct keys_box *b, struct keyring *k)
{
	size_t n = atomic_load(&b->n);

	if (n == KEYS_MAX) {
		/* in use for moments alone; the oldest is long forgotten */
		keyring_free(b->all[0]);
		memmove(b->all, b->all + 1, (n - 1) * sizeof(b->all[0]));
		n--;
	}
	b->all[n] = k;
	atomic_store(&b->n, n + 1);
	atomic_store(&b->now, k);
}

static void
count(_Atomic uint64_t *c)
{
	atomic_fetch_add_explicit(c, 1, memory_order_relaxed);
}

struct slice
hits_signals(const struct http_request *rq, struct sbuf *b)
{
	sbuf_reset(b);
	for (size_t k = 0; k < sizeof(signal_names) / sizeof(signal_names[0]);
	     k++) {
		struct slice want = slice_z(signal_names[k]);

		for (size_t i = 0; i < rq->headers_n; i++) {
			struct slice name = rq->headers[i].name;
			struct slice value = rq->headers[i].value;

			if (name.n != want.n || !slice_ieq(name, want))
				continue;
			value.n = value.n > SIGNAL_VALUE_MAX ? SIGNAL_VALUE_MAX
							     : value.n;
			sbuf_add(b, want);
			sbuf_add(b, SLICE(": "));
			sbuf_add(b, value);
			sbuf_add_c(b, '\n');
		}
	}
	return sbuf_slice(b);
}

struct addr
hits_address_of(const struct brand *b, struct addr a)
{
	size_t keep = addr_is_v4(a) ? 15 : 6;

	if (b == NULL || b->visitor_address == VISITOR_NONE)
		keep = 0;
	else if (b->visitor_address == VISITOR_FULL)
		keep = sizeof(a.b);
	memset(a.b + keep, 0, sizeof(a.b) - keep);
	return a;
}

struct addr
hits_address_kept(const struct conf *conf, uint32_t key_id, struct addr a)
{
	return hits_address_of(
	    conf_brand_number(conf, (uint16_t)(key_id >> 16)), a);
}

/* The journal holds no more of an address than the ledger will. */
static struct addr
address_of(const struct hits *h, struct loop_hits *l, struct addr peer,
	   uint32_t key_id)
{
	if (!h->conf)
		return peer;
	if (!l->conf)
		l->conf = conf_box_get(h->conf);
	return hits_address_kept(l->conf, key_id, peer);
}

static enum hit_method
method_of(enum http_method m)
{
	switch (m) {
	case HTTP_HEAD:
		return HIT_HEAD;
	case HTTP_OPTIONS:
		return HIT_OPTIONS;
	case HTTP_POST:
		return HIT_POST;
	case HTTP_GET:
	case HTTP_PUT:
	case HTTP_DELETE:
	case HTTP_OTHER:
		break;
	}
	return HIT_GET;
}

static void
wait_add(struct loop_hits *l, struct http_request *rq)
{
	if (l->waiting_n == l->waiting_cap) {
		l->waiting_cap = l->waiting_cap ? l->waiting_cap * 2 : 256;
		l->waiting =
		    mem_grow(l->waiting, l->waiting_cap * sizeof(*l->waiting));
	}
	l->waiting[l->waiting_n++] = rq;
}

/* The pixel of a mail whose opens are only counted is nobody's: not even the
 * journal keeps by whom it was loaded. */
static void
visitor_of(const struct hits *h, struct loop_hits *l,
	   const struct http_request *rq, const struct token *t,
	   struct hit *out)
{
	static const struct ref nobody;

	if (ref_eq(t->ref, nobody))
		return;
	out->address = address_of(h, l, rq->peer, t->key_id);
	out->agent = http_header_in(rq, "User-Agent");
	out->signals = hits_signals(rq, &l->signals);
}

/* Puts the hit in the loop's round; the request, which is held or suspended, is
 * given back when that is on disk. */
static void
record(struct hits *h, struct http_request *rq, enum hit_kind kind,
       const struct token *t, struct slice destination)
{
	struct loop_hits *l = &h->loops[http_loop(rq)];
	struct hit hit = {
	    .time_us = rq->received_us,
	    .kind = kind,
	    .method = method_of(rq->method),
	    .key_id = t->key_id,
	    .mref = t->ref,
	    .index = t->index,
	    .destination = destination,
	};

	visitor_of(h, l, rq, t, &hit);
	count(&l->counts[kind]);
	if (!l->writer || !journal_append(l->writer, &hit)) {
		http_finish(rq);
		return;
	}
	wait_add(l, rq);
}

static void
give_back(struct loop_hits *l, uint64_t settled)
{
	size_t n = (size_t)(settled - l->answered);

	for (size_t i = 0; i < n; i++)
		http_finish(l->waiting[i]);
	l->answered = settled;
	l->waiting_n -= n;
	if (l->waiting_n > 0)
		memmove(l->waiting, l->waiting + n,
			l->waiting_n * sizeof(*l->waiting));
}

bool
hits_round(void *hits, unsigned loop)
{
	struct hits *h = hits;
	struct loop_hits *l = &h->loops[loop];

	conf_unref(l->conf);
	l->conf = NULL;
	if (!l->writer)
		return false;
	give_back(l, journal_settled(l->writer));
	return journal_hand(l->writer);
}

void
hits_flush(void *hits, unsigned loop)
{
	struct hits *h = hits;

	journal_write(h->loops[loop].writer);
}

struct handed {
	struct hits *h;
	enum hit_kind kind;
	struct token token;
};

static void
record_handed(struct http_request *rq, void *arg)
{
	struct handed *x = arg;

	record(x->h, rq, x->kind, &x->token, SLICE(""));
}

void
hits_finish(struct hits *h, struct http_request *rq, enum hit_kind kind,
	    const struct token *t)
{
	struct handed *x = ARENA_NEW(&rq->arena, struct handed);

	*x = (struct handed){h, kind, *t};
	http_in_loop(rq, record_handed, x);
}

struct keys_box *
hits_keys(const struct hits *h)
{
	return h->keys;
}

struct conf_box *
hits_conf(const struct hits *h)
{
	return h->conf;
}

void
hits_count_bad(struct hits *h, const struct http_request *rq, enum rc rc)
{
	struct loop_hits *l = &h->loops[http_loop(rq)];

	count(rc == RC_STATE ? &l->revoked : &l->bad);
}

/* The pixel is the same whatever the token, so that nothing can be learnt. */
static void
handle_open(struct http_request *rq)
{
	struct hits *h = rq->owner;
	struct token t;

	http_reply_canned(rq, h->pixel);
	if (rq->method == HTTP_POST)
		return;
	if (token_check(keys_box_get(h->keys), rq->params[0], TOKEN_OPEN,
			SLICE(""), &t) != RC_OK) {
		hits_count_bad(h, rq, RC_DENIED);
		return;
	}
	http_hold(rq);
	record(h, rq, HIT_OPEN, &t, SLICE(""));
}

static void
handle_click(struct http_request *rq)
{
	struct hits *h = rq->owner;
	struct loop_hits *l = &h->loops[http_loop(rq)];
	struct slice to;
	struct token t;
	enum rc rc = click_check(keys_box_get(h->keys), rq->params[0],
				 rq->params[1], &l->destination, &t);

	to = sbuf_slice(&l->destination);
	if (rc == RC_STATE) {
		hits_count_bad(h, rq, rc);
		link_reply_revoked(rq, h->conf, (uint16_t)(t.key_id >> 16), to);
		return;
	}
	if (rc) {
		hits_count_bad(h, rq, rc);
		link_reply_bad(rq, h->conf, keys_box_get(h->keys));
		return;
	}
	if (rq->method == HTTP_OPTIONS) {
		http_reply(rq, 204, "", SLICE(""));
		http_header(rq, "Allow", SLICE("GET, HEAD, OPTIONS"));
	} else {
		http_redirect(rq, 302, to);
	}
	http_header(rq, "Cache-Control", SLICE("no-store, private"));
	http_header(rq, "Referrer-Policy", SLICE("no-referrer"));
	http_hold(rq);
	record(h, rq, HIT_CLICK, &t, to);
}

/* A link that was cut before its destination, or has more behind it. */
static void
handle_cut(struct http_request *rq)
{
	struct hits *h = rq->owner;

	hits_count_bad(h, rq, RC_DENIED);
	link_reply_bad(rq, h->conf, keys_box_get(h->keys));
}

static const struct http_route routes[] = {
    {.method = HTTP_GET,
     .pattern = "/o/{token...}",
     .durable = true,
     .any_query = true,
     .any_shape = true,
     .handle = handle_open,
     .doc = "The pixel of a message; always the same picture"},
    {.method = HTTP_POST,
     .pattern = "/o/{token...}",
     .any_query = true,
     .any_shape = true,
     .handle = handle_open,
     .doc = "The same picture; nobody's mail program asks so: no hit"},
    {.method = HTTP_OPTIONS,
     .pattern = "/o/{token...}",
     .durable = true,
     .any_query = true,
     .any_shape = true,
     .handle = handle_open,
     .doc = "The same, as some scanners ask"},
    {.method = HTTP_GET,
     .pattern = "/c/{token}/{destination}",
     .scope = "click",
     .durable = true,
     .any_query = true,
     .any_shape = true,
     .handle = handle_click,
     .doc = "A link of a message: leads to its signed destination"},
    {.method = HTTP_OPTIONS,
     .pattern = "/c/{token}/{destination}",
     .scope = "click",
     .durable = true,
     .any_query = true,
     .handle = handle_click,
     .doc = "The same, as some scanners ask; leads nowhere"},
    {.method = HTTP_GET,
     .pattern = "/c/{token...}",
     .scope = "click",
     .any_query = true,
     .any_shape = true,
     .handle = handle_cut,
     .doc = "A link that was cut: a page that says so"},
};

struct http_table
hits_table(struct hits *h)
{
	return (struct http_table){
	    .routes = routes,
	    .n = sizeof(routes) / sizeof(routes[0]),
	    .owner = h,
	};
}

enum rc
hits_new(struct keys_box *keys, struct conf_box *conf, struct journal *journal,
	 unsigned loops, struct hits **out, struct err *e)
{
	struct hits *h = MEM_NEW(struct hits);

	h->keys = keys;
	h->conf = conf;
	h->journal = journal;
	h->loops_n = loops;
	h->loops = mem_alloc(loops * sizeof(*h->loops));
	for (unsigned i = 0; i < loops; i++) {
		struct loop_hits *l = &h->loops[i];
		enum rc rc = RC_OK;

		sbuf_init(&l->destination, TOKEN_DESTINATION_MAX);
		sbuf_init(&l->signals, 4096);
		if (journal)
			rc = journal_writer_new(journal, &l->writer, e);
		if (rc) {
			hits_free(h);
			return rc;
		}
	}
	h->pixel =
	    http_canned_new(200, "image/gif", pixel_headers,
			    sizeof(pixel_headers) / sizeof(pixel_headers[0]),
			    slice_of(pixel, sizeof(pixel)));
	*out = h;
	return RC_OK;
}

void
hits_free(struct hits *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i < h->loops_n; i++) {
		journal_writer_free(h->loops[i].writer);
		conf_unref(h->loops[i].conf);
		sbuf_fini(&h->loops[i].destination);
		sbuf_fini(&h->loops[i].signals);
		free(h->loops[i].waiting);
	}
	http_canned_free(h->pixel);
	free(h->loops);
	free(h);
}

void
hits_stats(const struct hits *h, struct hits_stats *out)
{
	*out = (struct hits_stats){
	    .lost = h->journal ? journal_lost(h->journal) : 0,
	    .lost_ever = h->journal ? journal_lost_ever(h->journal) : 0,
	    .late = h->journal && journal_late(h->journal),
	};
	for (unsigned i = 0; i < h->loops_n; i++) {
		const struct loop_hits *l = &h->loops[i];

		out->opens += atomic_load(&l->counts[HIT_OPEN]);
		out->clicks += atomic_load(&l->counts[HIT_CLICK]);
		out->views += atomic_load(&l->counts[HIT_VIEW]);
		out->visits += atomic_load(&l->counts[HIT_VISIT]);
		out->bad_tokens += atomic_load(&l->bad);
		out->revoked += atomic_load(&l->revoked);
	}
}
