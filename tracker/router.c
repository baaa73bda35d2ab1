/*
 * A tree of segments: a node has literal children, at most one child for any
 * segment, and at most one row a method for "the rest".
 *
 * 1. A path is matched by its raw segments; only parameters are decoded, later,
 *    so an escaped slash never makes a segment.
 * 2. Literal children win over the parameter, that over the rest; a branch
 *    that leads nowhere is left for the next.
 */
#include "tracker/router.h"

#include <stdlib.h>

#include "base/mem.h"

struct node {
	struct slice text; /* of the segment that leads here */
	struct node *literals, *next;
	struct node *any;
	const struct http_route *rows[HTTP_OTHER];  /* path ends here */
	const struct http_table *owner[HTTP_OTHER]; /* of rows */
	const struct http_route *rest[HTTP_OTHER];
	const struct http_table *rest_owner[HTTP_OTHER];
};

struct router {
	struct node *root;
	const struct http_table **tables;
	size_t n;
};

static const char *const method_names[] = {
    [HTTP_GET] = "GET",	      [HTTP_HEAD] = "HEAD",
    [HTTP_POST] = "POST",     [HTTP_PUT] = "PUT",
    [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
    [HTTP_OTHER] = "other",
};

const char *
http_method_name(enum http_method m)
{
	return method_names[m];
}

enum segment { SEG_LITERAL, SEG_ANY, SEG_REST, SEG_BAD };

static enum segment
segment_kind(struct slice s, bool last)
{
	if (slice_find_c(s, '{') < 0 && slice_find_c(s, '}') < 0)
		return SEG_LITERAL;
	if (s.n < 3 || s.p[0] != '{' || s.p[s.n - 1] != '}')
		return SEG_BAD;
	if (slice_ends(s, SLICE("...}")))
		return last && s.n > 5 ? SEG_REST : SEG_BAD;
	return SEG_ANY;
}

static struct node *
child_literal(struct node *at, struct slice text)
{
	struct node *c = at->literals;

	while (c && !slice_eq(c->text, text))
		c = c->next;
	if (!c) {
		c = MEM_NEW(struct node);
		c->text = text;
		c->next = at->literals;
		at->literals = c;
	}
	return c;
}

static enum rc
row_set(const struct http_route *rows[], const struct http_table *owners[],
	const struct http_table *t, const struct http_route *row, struct err *e)
{
	if (rows[row->method])
		return err_set(e, RC_INVALID,
			       "route %s %s answers what %s does",
			       http_method_name(row->method), row->pattern,
			       rows[row->method]->pattern);
	rows[row->method] = row;
	owners[row->method] = t;
	return RC_OK;
}

static enum rc
row_add(struct router *r, const struct http_table *t,
	const struct http_route *row, struct err *e)
{
	struct slice rest = slice_z(row->pattern);
	struct node *at = r->root;
	unsigned params = 0;

	if (row->method >= HTTP_OTHER || row->method == HTTP_HEAD ||
	    !slice_starts(rest, SLICE("/")) || !row->handle ||
	    (row->runs == HTTP_STREAM) != (row->body != NULL))
		return err_set(e, RC_INVALID, "route %s is malformed",
			       row->pattern);
	rest = slice_skip(rest, 1);
	for (;;) {
		struct slice s = slice_cut(&rest, '/');
		enum segment kind = segment_kind(s, rest.p == NULL);

		params += kind == SEG_ANY || kind == SEG_REST;
		if (kind == SEG_BAD || params > HTTP_PARAMS_MAX)
			return err_set(e, RC_INVALID, "route %s is malformed",
				       row->pattern);
		if (kind == SEG_REST)
			return row_set(at->rest, at->rest_owner, t, row, e);
		if (kind == SEG_LITERAL)
			at = child_literal(at, s);
		else
			at = at->any ? at->any
				     : (at->any = MEM_NEW(struct node));
		if (!rest.p)
			return row_set(at->rows, at->owner, t, row, e);
	}
}

enum rc
router_new(const struct http_table *tables, size_t n, struct router **out,
	   struct err *e)
{
	struct router *r = MEM_NEW(struct router);

	r->root = MEM_NEW(struct node);
	r->tables = mem_alloc(n * sizeof(*r->tables));
	r->n = n;
	for (size_t i = 0; i < n; i++) {
		r->tables[i] = &tables[i];
		for (size_t k = 0; k < tables[i].n; k++) {
			enum rc rc =
			    row_add(r, &tables[i], &tables[i].routes[k], e);
			if (rc) {
				router_free(r);
				return rc;
			}
		}
	}
	*out = r;
	return RC_OK;
}

static void
node_free(struct node *n)
{
	while (n) {
		struct node *next = n->next;

		node_free(n->literals);
		node_free(n->any);
		free(n);
		n = next;
	}
}

void
router_free(struct router *r)
{
	if (!r)
		return;
	node_free(r->root);
	free(r->tables);
	free(r);
}

/* Notes what the path answers, and the row if it is the method's. */
static bool
take(const struct http_route *const rows[],
     const struct http_table *const owners[], enum http_method method,
     struct router_match *m)
{
	enum http_method want = method == HTTP_HEAD ? HTTP_GET : method;
	bool any = false;

	for (unsigned i = 0; i < HTTP_OTHER; i++) {
		if (!rows[i])
			continue;
		any = true;
		m->allow |= 1u << i;
		if (i == HTTP_GET)
			m->allow |= 1u << HTTP_HEAD;
	}
	if (any && want != HTTP_OTHER && rows[want]) {
		m->route = rows[want];
		m->table = owners[want];
	}
	return m->route != NULL;
}

/* rest.p is NULL when the path has ended.  Depth is that of the patterns. */
static bool
walk(const struct node *at, struct slice rest, enum http_method method,
     struct router_match *m)
{
	struct slice after = rest, s;
	size_t params = m->params_n;

	if (!rest.p)
		return take(at->rows, at->owner, method, m);
	s = slice_cut(&after, '/');
	for (const struct node *c = at->literals; c; c = c->next)
		if (slice_eq(c->text, s) && walk(c, after, method, m))
			return true;
	if (s.n > 0 && at->any && params < HTTP_PARAMS_MAX) {
		m->params[m->params_n++] = s;
		if (walk(at->any, after, method, m))
			return true;
		m->params_n = params;
	}
	if (take(at->rest, at->rest_owner, method, m)) {
		m->params[m->params_n++] = rest;
		return true;
	}
	return false;
}

void
router_find(const struct router *r, enum http_method method, struct slice path,
	    struct router_match *out)
{
	*out = (struct router_match){0};
	if (path.n == 0 || path.p[0] != '/')
		return;
	(void)walk(r->root, slice_of(path.p + 1, path.n - 1), method, out);
}

void
router_allow(unsigned allow, struct sbuf *out)
{
	allow |= 1u << HTTP_OPTIONS;
	for (unsigned i = 0, first = 1; i < HTTP_OTHER; i++) {
		if (!(allow & 1u << i))
			continue;
		sbuf_add_z(out, first ? "" : ", ");
		sbuf_add_z(out, method_names[i]);
		first = 0;
	}
}

void
router_each(const struct router *r,
	    void (*fn)(void *owner, const struct http_route *row), void *owner)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->tables[i]->n; k++)
			fn(owner, &r->tables[i]->routes[k]);
}
