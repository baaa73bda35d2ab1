#include "tracker/ranges.h"

#include "base/json.h"
#include "base/mem.h"
#include "tracker/addr.h"

#define COVERED_MOST (UINT64_C(1) << 28)
#define RANGES_MAX ((size_t)1000000)
#define JSON_BYTES_MAX ((size_t)64 << 20)
#define WIDEST_V4 (96 + 8)
#define WIDEST_V6 16

struct range {
	struct addr a;
	unsigned bits;
};

struct list {
	struct range *p;
	size_t n, cap;
	struct addr_set *special;
};

/* RFC 6890: what nobody reaches over the net.  Whoever holds any of it holds
 * all of IPv4, or visitors behind a proxy of one's own. */
static const char *const special[] = {
    "0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10",	 "127.0.0.0/8",
    "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
    "fc00::/7",	      "fe80::/10",     "ff00::/8",
};

static struct addr_set *
special_new(void)
{
	struct addr_set *s = addr_set_new();

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (addr_set_add(s, slice_z(special[i]), 1, NULL) != RC_OK)
			die("ranges: a range of the table");
	return s;
}

static unsigned
widest(struct addr a)
{
	return addr_is_v4(a) ? WIDEST_V4 : WIDEST_V6;
}

static enum rc
add(struct list *l, struct slice s, const char *at, struct err *e)
{
	struct range r;
	enum rc rc = addr_range_parse(s, &r.a, &r.bits, e);

	if (rc != RC_OK)
		return err_at(e, rc, at, "%.200s", e->text);
	if (r.bits < widest(r.a))
		return err_at(e, RC_INVALID, at,
			      "\"%.*s\" is wider than any list has it",
			      SLICE_ARG(s));
	if (addr_eq(r.a, (struct addr){{0}}))
		return err_at(e, RC_INVALID, at, "\"%.*s\" is nobody's",
			      SLICE_ARG(s));
	if (addr_set_find(l->special, r.a) ||
	    addr_set_touches(l->special, r.a, r.bits))
		return err_at(e, RC_INVALID, at,
			      "\"%.*s\" has addresses of no public network",
			      SLICE_ARG(s));
	if (l->n == RANGES_MAX)
		return err_set(e, RC_LIMIT, "more than %zu ranges", RANGES_MAX);
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 1024;
		l->p = mem_grow(l->p, l->cap * sizeof(*l->p));
	}
	l->p[l->n++] = r;
	return RC_OK;
}

/* ---- a range a line ---- */

static enum rc
read_lines(struct list *l, struct slice text, struct err *e)
{
	enum rc rc = RC_OK;

	for (int line = 1; rc == RC_OK && text.p; line++) {
		struct slice s = slice_cut(&text, '\n');
		char at[32];

		s = slice_cut(&s, '#');
		s = slice_trim(slice_cut(&s, ','));
		(void)snprintf(at, sizeof(at), "line %d", line);
		if (s.n > 0)
			rc = add(l, s, at, e);
	}
	return rc;
}

/* ---- a TXT record ---- */

static bool
separates(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '"';
}

/* What it names by ip4 and ip6.  Ref: RFC 7208, 5.6. */
static enum rc
read_spf(struct list *l, struct slice text, struct err *e)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && text.n > 0) {
		struct slice word = text;

		word.n = 0;
		while (word.n < text.n && !separates(text.p[word.n]))
			word.n++;
		text = slice_skip(text, word.n < text.n ? word.n + 1 : word.n);
		if (slice_starts(word, SLICE("ip4:")) ||
		    slice_starts(word, SLICE("ip6:")))
			rc = add(l, slice_skip(word, 4), "v=spf1", e);
	}
	return rc;
}

/* ---- JSON ---- */

/* Members that hold a range, or a list of them. */
static bool
is_range_key(const char *key)
{
	static const char *const keys[] = {
	    "ip_prefix",  "ipv6_prefix",     /* Amazon */
	    "ipv4Prefix", "ipv6Prefix",	     /* Google */
	    "ips",	  "addressPrefixes", /* Microsoft 365, Azure */
	    "cidr",			     /* Oracle */
	    "hooks",	  "web",
	    "actions", /* GitHub */
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static enum rc read_json(struct list *l, const json_t *v, const char *key,
			 struct err *e);

static enum rc
read_members(struct list *l, const json_t *o, struct err *e)
{
	/* jansson's iterators take what they only read as theirs to change */
	json_t *own = (json_t *)(uintptr_t)o;
	enum rc rc = RC_OK;

	for (void *i = json_object_iter(own); rc == RC_OK && i;
	     i = json_object_iter_next(own, i))
		rc = read_json(l, json_object_iter_value(i),
			       json_object_iter_key(i), e);
	return rc;
}

/* Depth is bounded by json_read(). */
static enum rc
read_json(struct list *l, const json_t *v, const char *key, struct err *e)
{
	enum rc rc = RC_OK;

	if (json_is_object(v))
		return read_members(l, v, e);
	for (size_t i = 0; rc == RC_OK && i < json_array_size(v); i++)
		rc = read_json(l, json_array_get(v, i), key, e);
	if (json_is_string(v) && is_range_key(key))
		rc = add(l, slice_z(json_string_value(v)), key, e);
	return rc;
}

static enum rc
read_whole_json(struct list *l, struct slice text, struct err *e)
{
	json_t *v;
	enum rc rc = json_read(text, JSON_BYTES_MAX, &v, e);

	if (rc != RC_OK)
		return rc;
	rc = read_json(l, v, "", e);
	json_decref(v);
	return rc;
}

/* ---- joining ---- */

static int
by_address(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	int d = memcmp(x->a.b, y->a.b, sizeof(x->a.b));

	return d != 0 ? d : (x->bits > y->bits) - (x->bits < y->bits);
}

/* True when the first bits of both are the same. */
static bool
begin_alike(struct addr x, struct addr y, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(x.b, y.b, whole) == 0 &&
	       (rest == 0 || (x.b[whole] ^ y.b[whole]) >> (8 - rest) == 0);
}

/* Two halves of what is still a range, x first. */
static bool
are_halves(const struct range *x, const struct range *y)
{
	return x->bits == y->bits && x->bits > widest(x->a) &&
	       begin_alike(x->a, y->a, x->bits - 1);
}

/* Sorted: what one holds comes behind it, and so does its other half. */
static void
join(struct list *l)
{
	size_t kept = 0;

	if (l->n > 0)
		qsort(l->p, l->n, sizeof(*l->p), by_address);
	for (size_t i = 0; i < l->n; i++) {
		struct range *top = kept > 0 ? &l->p[kept - 1] : NULL;

		if (top && begin_alike(top->a, l->p[i].a, top->bits))
			continue;
		l->p[kept++] = l->p[i];
		while (kept > 1 && are_halves(&l->p[kept - 2], &l->p[kept - 1]))
			l->p[--kept - 1].bits--;
	}
	l->n = kept;
}

/* Addresses of IPv4. */
static uint64_t
covered(const struct list *l)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (addr_is_v4(l->p[i].a) && l->p[i].bits >= 96)
			n += UINT64_C(1) << (128 - l->p[i].bits);
	return n;
}

enum rc
ranges_join(struct slice text, struct sbuf *out, struct ranges_count *count,
	    struct err *e)
{
	struct slice mark = SLICE("\xef\xbb\xbf"), start;
	struct list l = {NULL, 0, 0, special_new()};
	char word[ADDR_TEXT];
	enum rc rc;

	if (slice_starts(text, mark))
		text = slice_skip(text, mark.n);
	start = slice_trim(text);
	if (start.n > 0 && (start.p[0] == '{' || start.p[0] == '['))
		rc = read_whole_json(&l, text, e);
	else if (slice_find(text, SLICE("v=spf1")) >= 0)
		rc = read_spf(&l, text, e);
	else
		rc = read_lines(&l, text, e);
	if (rc == RC_OK && l.n == 0)
		rc = err_set(e, RC_INVALID, "there is no range in it");
	count->read = l.n;
	if (rc == RC_OK)
		join(&l);
	count->kept = l.n;
	if (rc == RC_OK && covered(&l) > COVERED_MOST)
		rc = err_set(e, RC_INVALID,
			     "it covers more than a sixteenth of IPv4");
	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		bool v4 = addr_is_v4(l.p[i].a) && l.p[i].bits >= 96;

		addr_format(l.p[i].a, word);
		sbuf_addf(out, "%s/%u\n", word,
			  v4 ? l.p[i].bits - 96 : l.p[i].bits);
	}
	free(l.p);
	addr_set_free(l.special);
	return rc;
}
