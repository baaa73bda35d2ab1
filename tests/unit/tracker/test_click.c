#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "tracker/click.h"
#include "tracker/hits.h"
#include "tracker/target.h"

/* Whatever a stranger makes of our links, they lead where we signed, or
 * nowhere: each mutation goes the way of a request's target, through the
 * route table, the decoding of its parts, and the check.  ACUSE_SLOW=1 asks
 * for a million; MUTATIONS= and SEED= choose. */

#define MUTATIONS 100000
#define MUTATIONS_SLOW 1000000
#define LINKS 20
#define EVIL "https://evil.example/"

struct link {
	const struct token_key *key;
	struct ref ref;
	uint16_t index;
	char to[TOKEN_DESTINATION_MAX + 1];
	char token[TOKEN_TEXT + 1];
	struct sbuf encoded; /* the destination's part of the path */
};

struct place {
	char dir[32];
	struct keyring *keys;
	struct link links[LINKS];
	struct hits *hits;
	struct http_table table;
	struct router *router;
	struct arena arena;
	uint64_t seed, n;
};

static const struct {
	const char *id, *state;
} key_files[] = {
    {"00010001", "retired"},
    {"00010002", "active"},
    {"00010003", "revoked"},
    {"00020001", "active"},
};

static const char *const destinations[] = {
    "https://pay.example/pay/1042?a=1&b=2",
    "http://pay.example/",
    "https://other.example/x#y",
    "https://pay.example/pay/1042?a=1&b=3",
};

static void
make_keys(struct place *p)
{
	char path[64], text[200];

	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/acuse-click-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(path, sizeof(path), "%s/keys", p->dir);
	assert_int_equal(dir_make(path, 0700, NULL), RC_OK);
	for (size_t i = 0; i < sizeof(key_files) / sizeof(key_files[0]); i++) {
		/* all of the same secret: the key's id alone differs */
		int n = snprintf(text, sizeof(text),
				 "acuse-token-key v1\nstate %s\nsecret %064d\n",
				 key_files[i].state, 7);

		(void)snprintf(path, sizeof(path), "%s/keys/token-%s", p->dir,
			       key_files[i].id);
		assert_int_equal(
		    file_write(path, slice_of(text, (size_t)n), 0600, NULL),
		    RC_OK);
	}
	assert_int_equal(keyring_load(p->dir, &p->keys, NULL), RC_OK);
}

static void
make_link(struct place *p, size_t i)
{
	static const uint32_t ids[] = {0x10001, 0x10002, 0x10003, 0x20001};
	struct link *l = &p->links[i];
	struct sbuf b;

	l->key = keyring_find(p->keys, ids[i % 4]);
	memset(l->ref.b, (int)(i / 8), sizeof(l->ref.b));
	l->index = (uint16_t)(i % 3);
	(void)snprintf(l->to, sizeof(l->to), "%s", destinations[i / 4 % 4]);
	if (i >= 16) /* as long as can be */
		(void)snprintf(l->to, sizeof(l->to), "https://pay.example/%0*d",
			       TOKEN_DESTINATION_MAX - 20 - (int)i % 4, 1);
	sbuf_init(&b, 100);
	token_add(&b, l->key, TOKEN_CLICK, l->ref, l->index, slice_z(l->to));
	memcpy(l->token, sbuf_z(&b), sizeof(l->token));
	sbuf_fini(&b);
	sbuf_init(&l->encoded, 4096);
	base64url_encode(slice_z(l->to), &l->encoded);
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	const char *n = getenv("MUTATIONS"), *seed = getenv("SEED");

	p->n = getenv("ACUSE_SLOW") ? MUTATIONS_SLOW : MUTATIONS;
	if (n)
		p->n = strtoull(n, NULL, 10);
	p->seed = seed ? strtoull(seed, NULL, 10) : 1;
	make_keys(p);
	for (size_t i = 0; i < LINKS; i++)
		make_link(p, i);
	assert_int_equal(hits_new(NULL, NULL, NULL, 1, &p->hits, NULL), RC_OK);
	p->table = hits_table(p->hits);
	assert_int_equal(router_new(&p->table, 1, &p->router, NULL), RC_OK);
	arena_init(&p->arena, 1 << 20);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	char path[64];

	arena_fini(&p->arena);
	router_free(p->router);
	hits_free(p->hits);
	for (size_t i = 0; i < LINKS; i++)
		sbuf_fini(&p->links[i].encoded);
	keyring_free(p->keys);
	for (size_t i = 0; i < sizeof(key_files) / sizeof(key_files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/keys/token-%s", p->dir,
			       key_files[i].id);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/keys", p->dir);
	(void)rmdir(path);
	(void)rmdir(p->dir);
	free(p);
	return 0;
}

/* What a request's target leads to, as the server goes about it; false:
 * nowhere.  params: the decoded parts. */
static bool
follow(struct place *p, struct slice target, struct slice params[2],
       struct sbuf *to)
{
	struct router_match m;
	struct slice path, query;
	struct token t;

	arena_reset(&p->arena);
	if (!target_split(target, &path, &query))
		return false;
	router_find(p->router, HTTP_GET, path, &m);
	if (!m.route || m.params_n != 2)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (!target_decode(m.params[i], TARGET_LINE, &p->arena,
				   &params[i]))
			return false;
	return click_check(p->keys, params[0], params[1], to, &t) == RC_OK;
}

/* ---- what strangers do ---- */

static uint64_t
dice(struct place *p)
{
	p->seed ^= p->seed << 13;
	p->seed ^= p->seed >> 7;
	p->seed ^= p->seed << 17;
	return p->seed * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t
below(struct place *p, size_t n)
{
	return (size_t)(dice(p) >> 33) % n;
}

/* A link's path as it is changed: both parts, and what may follow. */
struct path {
	struct sbuf token, to, after;
};

static char
any_char(struct place *p)
{
	static const char chars[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	    "+/=.~%?&#@:;, \\\"'<>|\t\r\n\x01\x7f\x80\xff";

	return chars[below(p, sizeof(chars) - 1)];
}

static struct sbuf *
either(struct place *p, struct path *x)
{
	return below(p, 2) ? &x->token : &x->to;
}

static void
change_char(struct place *p, struct path *x)
{
	struct sbuf *b = either(p, x);
	char c, *at = &b->p[below(p, b->n)];

	do
		c = any_char(p);
	while (c == *at);
	*at = c;
}

static void
insert_char(struct place *p, struct path *x)
{
	struct sbuf *b = either(p, x);
	size_t at = below(p, b->n + 1);

	sbuf_add_c(b, 0);
	memmove(b->p + at + 1, b->p + at, b->n - 1 - at);
	b->p[at] = any_char(p);
}

static void
cut_end(struct place *p, struct path *x)
{
	struct sbuf *b = either(p, x);

	sbuf_cut(b, below(p, b->n));
}

static void
lengthen(struct place *p, struct path *x)
{
	static const char *const ends[] = {"A",	  "=",	 "==", "AA", "%00",
					   "%20", "%3D", "A=", "/",  "AAAA"};

	sbuf_add_z(either(p, x), ends[below(p, 10)]);
}

/* Decoded, changed, and encoded as if nothing were. */
static void
recode(struct sbuf *text, struct sbuf *bytes)
{
	sbuf_reset(text);
	base64url_encode(sbuf_slice(bytes), text);
	sbuf_fini(bytes);
}

static void
decoded(struct sbuf *text, struct sbuf *bytes)
{
	sbuf_init(bytes, 8192);
	assert_true(base64url_decode(sbuf_slice(text), bytes));
}

static void
flip_token_bit(struct place *p, struct path *x)
{
	struct sbuf b;
	char *at;

	decoded(&x->token, &b);
	at = &b.p[below(p, b.n)];
	*at = (char)(*at ^ 1 << below(p, 8));
	recode(&x->token, &b);
}

static void
flip_destination_bit(struct place *p, struct path *x)
{
	struct sbuf b;
	char *at;

	decoded(&x->to, &b);
	at = &b.p[below(p, b.n)];
	*at = (char)(*at ^ 1 << below(p, 8));
	recode(&x->to, &b);
}

static void
other_destination(struct place *p, struct path *x)
{
	static const char *const tails[] = {
	    "@evil.example", ".evil.example", "/../..",	 "#", "?",
	    "\r\nA: b",	     "%00",	      "\\@evil", " ", "/"};
	static const char *const whole[] = {
	    EVIL,     "//evil.example/",    "javascript:alert(1)",
	    "",	      "https:evil.example", "HTTPS://pay.example/",
	    "http://"};
	struct sbuf b;

	decoded(&x->to, &b);
	if (below(p, 2)) {
		sbuf_add_z(&b, tails[below(p, 10)]);
	} else {
		sbuf_reset(&b);
		sbuf_add_z(&b, whole[below(p, 7)]);
	}
	recode(&x->to, &b);
}

/* An index, or the id of another key, of another brand or none. */
static void
other_number(struct place *p, struct path *x)
{
	static const uint32_t ids[] = {0x10001, 0x10002, 0x10003, 0x20001,
				       0x10004, 0x30001, 0,	  0xffffffff};
	uint32_t id = ids[below(p, 8)];
	struct sbuf b;

	decoded(&x->token, &b);
	if (below(p, 2)) {
		b.p[22] = (char)(b.p[22] + 1 + (char)below(p, 255));
	} else {
		uint8_t old[4];

		memcpy(old, b.p + 1, 4);
		for (int i = 0; i < 4; i++)
			b.p[1 + i] = (char)(id >> (24 - 8 * i));
		if (memcmp(old, b.p + 1, 4) == 0)
			b.p[1] ^= 1;
	}
	recode(&x->token, &b);
}

static void
other_mac(struct place *p, struct path *x)
{
	uint8_t old[16];
	struct sbuf b;

	decoded(&x->token, &b);
	memcpy(old, b.p + 23, sizeof(old));
	for (size_t i = below(p, 16); i < sizeof(old); i++)
		b.p[23 + i] = below(p, 4) ? (char)dice(p) : 0;
	if (memcmp(old, b.p + 23, sizeof(old)) == 0)
		b.p[38] ^= 1;
	recode(&x->token, &b);
}

/* The same bytes in another spelling of base64, or nearly. */
static void
other_spelling(struct place *p, struct path *x)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct sbuf *b = either(p, x);
	char *last = &b->p[b->n - 1];

	switch (below(p, 3)) {
	case 0: /* bits that belong to no byte */
		*last = digits[(strchr(digits, *last) - digits) ^
			       (1 + (int)below(p, 3))];
		return;
	case 1:
		for (size_t i = 0; i < b->n; i++)
			b->p[i] = b->p[i] == '-'   ? '+'
				  : b->p[i] == '_' ? '/'
						   : b->p[i];
		sbuf_add_c(b, '=');
		return;
	default:
		for (size_t i = 0; i < b->n; i++)
			if (b->p[i] >= 'a' && b->p[i] <= 'z')
				b->p[i] = (char)(b->p[i] - 32);
		return;
	}
}

/* Some characters as %XX, once or twice over: once is the same link. */
static void
escape(struct place *p, struct path *x)
{
	struct sbuf *b = either(p, x), out;
	bool twice = below(p, 4) == 0, lower = below(p, 2);

	sbuf_init(&out, 1 << 16);
	for (size_t i = 0; i < b->n; i++) {
		if (below(p, 8))
			sbuf_add_c(&out, b->p[i]);
		else
			sbuf_addf(&out, lower ? "%s%02x" : "%s%02X",
				  twice ? "%25" : "%",
				  (unsigned)(unsigned char)b->p[i]);
	}
	sbuf_reset(b);
	sbuf_add(b, sbuf_slice(&out));
	sbuf_fini(&out);
}

/* A query, with names that a careless server would take: the same link. */
static void
add_query(struct place *p, struct path *x)
{
	static const char *const queries[] = {
	    "?url=" EVIL, "?to=" EVIL "&to=" EVIL, "?", "?a=1&a=2&%zz",
	    "?/c/x/y?token=AAAA"};

	sbuf_add_z(&x->after, queries[below(p, 5)]);
}

static void
break_path(struct place *p, struct path *x)
{
	static const char *const tails[] = {"/",    "//", "/x",	   "/..",
					    ";a=b", "#x", "/" EVIL};

	if (below(p, 2))
		sbuf_add_z(&x->after, tails[below(p, 7)]);
	else
		sbuf_add_z(&x->token, tails[below(p, 7)]);
}

static void
splice(struct place *p, struct path *x)
{
	const struct link *l = &p->links[below(p, LINKS)];
	struct sbuf *b = either(p, x);

	sbuf_reset(b);
	if (b == &x->token)
		sbuf_add_z(b, l->token);
	else
		sbuf_add(b, sbuf_slice(&l->encoded));
}

static void
other_purpose(struct place *p, struct path *x)
{
	const struct link *l = &p->links[below(p, LINKS)];
	enum token_purpose purpose =
	    (enum token_purpose)below(p, TOKEN_PURPOSES);

	if (purpose == TOKEN_CLICK)
		purpose = TOKEN_OPEN;
	sbuf_reset(&x->token);
	token_add(&x->token, l->key, purpose, l->ref, l->index,
		  below(p, 2) ? slice_z(l->to) : SLICE(""));
}

static void
noise(struct place *p, struct path *x)
{
	struct sbuf *b = either(p, x);

	for (size_t i = 0; i < b->n; i++)
		b->p[i] = any_char(p);
}

static const struct {
	const char *name;
	void (*change)(struct place *p, struct path *x);
	bool same; /* it may still be the same link */
} mutators[] = {
    {"a character changed", change_char, false},
    {"a character put in", insert_char, true}, /* "?" and "#" at the end */
    {"cut", cut_end, false},
    {"lengthened", lengthen, false},
    {"a bit of the token", flip_token_bit, false},
    {"a bit of the destination", flip_destination_bit, false},
    {"another destination", other_destination, false},
    {"another index or key", other_number, false},
    {"another MAC", other_mac, false},
    {"another spelling", other_spelling, true},
    {"escaped", escape, true},
    {"with a query", add_query, true},
    {"another path", break_path, false},
    {"another link's half", splice, true},
    {"another purpose's token", other_purpose, false},
    {"noise", noise, false},
};
#define MUTATORS (sizeof(mutators) / sizeof(mutators[0]))

/* ---- what holds ---- */

static bool
signed_so(const struct place *p, const struct slice params[2], struct slice to)
{
	for (size_t i = 0; i < LINKS; i++) {
		const struct link *l = &p->links[i];

		if (l->key->state != TOKEN_KEY_REVOKED &&
		    slice_eq_z(params[0], l->token) && slice_eq_z(to, l->to) &&
		    slice_eq(params[1], sbuf_slice(&l->encoded)))
			return true;
	}
	return false;
}

static void
target_of(const struct path *x, struct sbuf *out)
{
	sbuf_reset(out);
	sbuf_add_z(out, "/c/");
	sbuf_add(out, sbuf_slice(&x->token));
	sbuf_add_c(out, '/');
	sbuf_add(out, sbuf_slice(&x->to));
	sbuf_add(out, sbuf_slice(&x->after));
}

static void
path_begin(struct path *x, const struct link *l)
{
	sbuf_reset(&x->token);
	sbuf_reset(&x->to);
	sbuf_reset(&x->after);
	sbuf_add_z(&x->token, l->token);
	sbuf_add(&x->to, sbuf_slice(&l->encoded));
}

static void
path_init(struct path *x)
{
	sbuf_init(&x->token, 1 << 16);
	sbuf_init(&x->to, 1 << 16);
	sbuf_init(&x->after, 1 << 16);
}

static void
path_fini(struct path *x)
{
	sbuf_fini(&x->token);
	sbuf_fini(&x->to);
	sbuf_fini(&x->after);
}

static void
test_good_links_lead_where_they_say(void **state)
{
	struct place *p = *state;
	struct slice params[2];
	struct sbuf target, to;
	struct path x;

	sbuf_init(&target, 1 << 16);
	sbuf_init(&to, TOKEN_DESTINATION_MAX);
	path_init(&x);
	for (size_t i = 0; i < LINKS; i++) {
		const struct link *l = &p->links[i];
		bool lead = l->key->state != TOKEN_KEY_REVOKED;

		path_begin(&x, l);
		target_of(&x, &target);
		assert_int_equal(follow(p, sbuf_slice(&target), params, &to),
				 lead);
		assert_true(!lead || slice_eq_z(sbuf_slice(&to), l->to));
	}
	sbuf_fini(&target);
	sbuf_fini(&to);
	path_fini(&x);
}

static void
test_changed_links_lead_nowhere_else(void **state)
{
	struct place *p = *state;
	uint64_t led[MUTATORS] = {0};
	struct sbuf target, to;
	struct path x;

	sbuf_init(&target, 1 << 18);
	sbuf_init(&to, TOKEN_DESTINATION_MAX);
	path_init(&x);
	for (uint64_t i = 0; i < p->n; i++) {
		const struct link *l = &p->links[below(p, LINKS)];
		uint64_t seed = p->seed;
		size_t k = i % MUTATORS;
		struct slice params[2];

		path_begin(&x, l);
		mutators[k].change(p, &x);
		target_of(&x, &target);
		if (!follow(p, sbuf_slice(&target), params, &to))
			continue;
		led[k]++;
		if (!mutators[k].same || !signed_so(p, params, sbuf_slice(&to)))
			fail_msg("%s (SEED=%llu): %s leads to %s",
				 mutators[k].name, (unsigned long long)seed,
				 sbuf_z(&target), sbuf_z(&to));
	}
	/* what does not change the link must not break it */
	for (size_t k = 0; k < MUTATORS; k++)
		if (mutators[k].change == add_query)
			assert_true(led[k] > p->n / MUTATORS / 4);
	print_message("# %llu mutations\n", (unsigned long long)p->n);
	sbuf_fini(&target);
	sbuf_fini(&to);
	path_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_links_lead_where_they_say),
	    cmocka_unit_test(test_changed_links_lead_nowhere_else),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
