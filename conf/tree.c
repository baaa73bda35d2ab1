/*
 * Why not libconfuse, which was tried first: it takes a file that ends inside
 * a section or a comment as whole (a policy cut short would lose its acts),
 * replaces "${NAME}" from the environment, reads 010 as 8, lets a repeated
 * option silently win, and forgets at what line an option stood, which checks
 * across options need.
 */
#include "conf/tree.h"

#include <stdio.h>

struct parser {
	const char *p, *end;
	const char *file;
	int line;
	int nodes;
	struct arena *a;
	struct err *e;
};

static enum rc fail(const struct parser *ps, enum rc rc, const char *fmt, ...)
    PRINTF(3, 4);

static enum rc at_line(struct err *e, enum rc rc, const char *file, int line,
		       const char *fmt, va_list ap)
    __attribute__((format(printf, 5, 0)));

static enum rc
at_line(struct err *e, enum rc rc, const char *file, int line, const char *fmt,
	va_list ap)
{
	char pointer[160];
	char text[512];

	(void)snprintf(pointer, sizeof(pointer), "%s:%d", file, line);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	return err_at(e, rc, pointer, "%s", text);
}

static enum rc
fail(const struct parser *ps, enum rc rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)at_line(ps->e, rc, ps->file, ps->line, fmt, ap);
	va_end(ap);
	return rc;
}

enum rc
tree_err(const struct tree_node *at, struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)at_line(e, RC_INVALID, at->file, at->line, fmt, ap);
	va_end(ap);
	return RC_INVALID;
}

enum rc
tree_err_file(const struct tree_node *at, struct err *e, const char *what,
	      const char *advice)
{
	enum rc rc = e->rc;
	struct err why = *e;

	(void)tree_err(at, e, "%s: %s: %s", what, why.text, advice);
	e->rc = rc;
	return rc;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_-+.:/*%", c) != NULL);
}

static bool
starts(const struct parser *ps, const char *z)
{
	size_t n = strlen(z);

	return (size_t)(ps->end - ps->p) >= n && memcmp(ps->p, z, n) == 0;
}

static void
skip_line(struct parser *ps)
{
	while (ps->p < ps->end && *ps->p != '\n')
		ps->p++;
}

static enum rc
skip_block(struct parser *ps)
{
	int opened = ps->line;

	for (ps->p += 2; ps->p < ps->end; ps->p++) {
		if (starts(ps, "*/")) {
			ps->p += 2;
			return RC_OK;
		}
		ps->line += *ps->p == '\n';
	}
	ps->line = opened;
	return fail(ps, RC_INVALID,
		    "the comment that opens here is never closed: end it with "
		    "\"*/\"");
}

/* Past blanks and comments, to the next token or the end. */
static enum rc
skip(struct parser *ps)
{
	while (ps->p < ps->end) {
		enum rc rc;
		char c = *ps->p;

		if (c == '\n') {
			ps->line++;
			ps->p++;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			ps->p++;
		} else if (c == '#' || starts(ps, "//")) {
			skip_line(ps);
		} else if (starts(ps, "/*")) {
			rc = skip_block(ps);
			if (rc)
				return rc;
		} else {
			return RC_OK;
		}
	}
	return RC_OK;
}

/* What stands at the parser, for a message. */
static const char *
found(const struct parser *ps)
{
	if (ps->p == ps->end)
		return "the end of the file";
	if ((unsigned char)*ps->p < 0x20 || *ps->p == 0x7f)
		return "a control character";
	if ((unsigned char)*ps->p >= 0x80)
		return "a character outside ASCII";
	return arena_printf(ps->a, "'%c'", *ps->p);
}

static struct slice
take_word(struct parser *ps)
{
	const char *from = ps->p;

	while (ps->p < ps->end && is_word(*ps->p)) {
		if (starts(ps, "//") || starts(ps, "/*"))
			break;
		ps->p++;
	}
	return slice_of(from, (size_t)(ps->p - from));
}

/* The text up to its closing quote, with its escapes still in it. */
static enum rc
raw_text(struct parser *ps, struct slice *out, bool *escaped)
{
	const char *from = ++ps->p;

	*escaped = false;
	for (; ps->p < ps->end && *ps->p != '"'; ps->p++) {
		if (*ps->p == '\n')
			break;
		if (*ps->p != '\\')
			continue;
		*escaped = true;
		if (++ps->p == ps->end || (*ps->p != '"' && *ps->p != '\\'))
			return fail(ps, RC_INVALID,
				    "after a backslash only '\"' or another "
				    "backslash may follow");
	}
	*out = slice_of(from, (size_t)(ps->p - from));
	if (ps->p == ps->end || *ps->p == '\n')
		return fail(ps, RC_INVALID,
			    "the text that opens on this line has no closing "
			    "'\"'");
	ps->p++;
	if (slice_has_control(*out))
		return fail(ps, RC_INVALID,
			    "the text holds a control character");
	return RC_OK;
}

static enum rc
take_text(struct parser *ps, struct slice *out)
{
	struct slice raw = {"", 0};
	bool escaped;
	size_t n = 0;
	char *z;
	enum rc rc = raw_text(ps, &raw, &escaped);

	if (rc || !escaped) {
		*out = raw;
		return rc;
	}
	z = arena_z(ps->a, raw);
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\')
			i++;
		z[n++] = raw.p[i];
	}
	*out = slice_of(z, n);
	return RC_OK;
}

static enum rc
take_scalar(struct parser *ps, struct slice *out)
{
	if (ps->p < ps->end && *ps->p == '"')
		return take_text(ps, out);
	if (ps->p < ps->end && is_word(*ps->p)) {
		*out = take_word(ps);
		if (out->n > 0)
			return RC_OK;
	}
	return fail(ps, RC_INVALID,
		    "expected a value (\"text\", a number or a word), found %s",
		    found(ps));
}

/* The values between '{' and '}', counted first, then kept. */
static enum rc
take_list(struct parser *ps, struct tree_node *n)
{
	struct slice *values = NULL;
	size_t cap = 0;
	enum rc rc;

	ps->p++;
	for (;;) {
		rc = skip(ps);
		if (rc)
			return rc;
		if (ps->p < ps->end && *ps->p == '}')
			break;
		if (n->values_n == cap) {
			struct slice *more;

			cap = cap ? 2 * cap : 4;
			more = ARENA_ARRAY(ps->a, struct slice, cap);
			if (values)
				memcpy(more, values,
				       n->values_n * sizeof(*values));
			values = more;
		}
		if (++ps->nodes > TREE_NODES_MAX)
			return fail(ps, RC_LIMIT, "over %d options and values",
				    TREE_NODES_MAX);
		rc = take_scalar(ps, &values[n->values_n]);
		if (rc)
			return rc;
		n->values_n++;
		rc = skip(ps);
		if (rc)
			return rc;
		if (ps->p < ps->end && *ps->p == ',')
			ps->p++;
		else if (ps->p == ps->end || *ps->p != '}')
			return fail(ps, RC_INVALID,
				    "expected ',' or '}' in the list of "
				    "\"%.*s\", found %s",
				    SLICE_ARG(n->name), found(ps));
	}
	ps->p++;
	n->values = values;
	n->kind = TREE_MANY;
	return RC_OK;
}

static enum rc
take_value(struct parser *ps, struct tree_node *n)
{
	struct slice *value;
	enum rc rc = skip(ps);

	if (rc)
		return rc;
	if (ps->p < ps->end && *ps->p == '{')
		return take_list(ps, n);
	value = ARENA_NEW(ps->a, struct slice);
	n->kind = TREE_ONE;
	n->values = value;
	n->values_n = 1;
	return take_scalar(ps, value);
}

static void
append(struct tree_node *parent, struct tree_node *n)
{
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
}

static enum rc take_items(struct parser *ps, struct tree_node *parent,
			  int depth);

/* A name has been taken: what follows tells an option from a section. */
static enum rc
take_item(struct parser *ps, struct tree_node *n, int depth)
{
	enum rc rc = skip(ps);

	if (rc)
		return rc;
	if (ps->p < ps->end && *ps->p == '=') {
		ps->p++;
		return take_value(ps, n);
	}
	n->kind = TREE_SECTION;
	if (ps->p < ps->end && *ps->p == '"') {
		rc = take_text(ps, &n->title);
		if (!rc)
			rc = skip(ps);
		if (rc)
			return rc;
	}
	if (ps->p == ps->end || *ps->p != '{')
		return fail(ps, RC_INVALID,
			    "expected '=' and a value, or '{', after \"%.*s\", "
			    "found %s",
			    SLICE_ARG(n->name), found(ps));
	if (depth == TREE_DEPTH_MAX)
		return fail(ps, RC_LIMIT, "sections inside sections past %d",
			    TREE_DEPTH_MAX);
	ps->p++;
	return take_items(ps, n, depth + 1);
}

static enum rc
take_items(struct parser *ps, struct tree_node *parent, int depth)
{
	for (;;) {
		struct tree_node *n;
		enum rc rc = skip(ps);

		if (rc)
			return rc;
		if (ps->p == ps->end && depth == 0)
			return RC_OK;
		if (ps->p == ps->end)
			return fail(ps, RC_INVALID,
				    "the file ends inside \"%.*s\", opened at "
				    "line %d: a '}' is missing",
				    SLICE_ARG(parent->name), parent->line);
		if (*ps->p == '}' && depth > 0) {
			ps->p++;
			return RC_OK;
		}
		if (!is_letter(*ps->p))
			return fail(ps, RC_INVALID,
				    "expected the name of an option or a "
				    "section, found %s",
				    found(ps));
		if (++ps->nodes > TREE_NODES_MAX)
			return fail(ps, RC_LIMIT, "over %d options and values",
				    TREE_NODES_MAX);
		n = ARENA_NEW(ps->a, struct tree_node);
		n->file = ps->file;
		n->line = ps->line;
		n->name = take_word(ps);
		append(parent, n);
		rc = take_item(ps, n, depth);
		if (rc)
			return rc;
	}
}

/* The line of the first byte that is not UTF-8 text. */
static int
bad_line(struct slice text)
{
	int line = 1;

	while (text.p) {
		if (!slice_utf8(slice_cut(&text, '\n')))
			break;
		line++;
	}
	return line;
}

enum rc
tree_parse(struct slice text, const char *file, struct arena *a,
	   struct tree_node **out, struct err *e)
{
	struct parser ps = {
	    .p = text.p,
	    .end = text.p + text.n,
	    .file = file,
	    .line = 1,
	    .a = a,
	    .e = e,
	};

	*out = ARENA_NEW(a, struct tree_node);
	(*out)->kind = TREE_SECTION;
	(*out)->file = file;
	(*out)->line = 1;
	if (text.n == 0)
		return RC_OK;
	if (text.n > TREE_TEXT_MAX)
		return fail(&ps, RC_LIMIT, "the file is over %zu bytes",
			    TREE_TEXT_MAX);
	if (!slice_utf8(text)) {
		ps.line = bad_line(text);
		return fail(&ps, RC_INVALID,
			    "the line is not UTF-8 text: save the file as "
			    "UTF-8");
	}
	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		ps.p += 3;
	return take_items(&ps, *out, 0);
}

const struct tree_node *
tree_find(const struct tree_node *section, const char *name)
{
	const struct tree_node *n;

	for (n = section->first; n; n = n->next) {
		if (slice_eq_z(n->name, name))
			return n;
	}
	return NULL;
}
