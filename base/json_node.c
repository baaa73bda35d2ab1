#include "base/json_node.h"

#include "base/eight.h"

#define DEPTH_MAX 64

struct reader {
	struct arena *a;
	const char *at, *end;
	unsigned depth;
};

static bool read_value(struct reader *r, struct json_node *n);

static void
skip_space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' ||
				  *r->at == '\r' || *r->at == '\t'))
		r->at++;
}

static bool
take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* ---- texts ---- */

static bool
take_hex(struct reader *r, unsigned *out)
{
	*out = 0;
	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = *r->at++;

		*out <<= 4;
		if (c >= '0' && c <= '9')
			*out |= (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			*out |= (unsigned)((c | 32) - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* Not more bytes than its escape had. */
static char *
put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 63));
		*to++ = (char)(0x80 | (c >> 6 & 63));
	}
	*to++ = (char)(0x80 | (c & 63));
	return to;
}

static char *
take_unicode(struct reader *r, char *to)
{
	unsigned c, low;

	if (!take_hex(r, &c) || c == 0 || (c >= 0xdc00 && c < 0xe000))
		return NULL;
	if (c >= 0xd800 && c < 0xdc00) {
		if (!take(r, '\\') || !take(r, 'u') || !take_hex(r, &low) ||
		    low < 0xdc00 || low >= 0xe000)
			return NULL;
		c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
	}
	return put_utf8(to, c);
}

static char *
take_escape(struct reader *r, char *to)
{
	static const char as[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (take(r, 'u'))
		return take_unicode(r, to);
	found = r->at < r->end ? memchr(as, *r->at, sizeof(as) - 1) : NULL;
	if (found == NULL)
		return NULL;
	r->at++;
	*to++ = is[found - as];
	return to;
}

/* To where a text ends, or something is escaped in it, or must have been. */
static const char *
plain_end(const char *at, const char *end)
{
	for (; end - at >= 8; at += 8) {
		uint64_t w = eight_load(at);

		if (eight_same(w, '"') | eight_same(w, '\\') |
		    eight_below(w, ' '))
			break;
	}
	while (at < end && *at != '"' && *at != '\\' &&
	       (unsigned char)*at >= ' ')
		at++;
	return at;
}

/* What is escaped is written out, into room for all of the rest that may be
 * its. */
static bool
read_escaped(struct reader *r, const char *from, struct slice *out)
{
	size_t n = (size_t)(r->at - from), max = (size_t)(r->end - from);
	char *to, *text;

	while (n < max && from[n] != '"')
		n += from[n] == '\\' ? 2 : 1;
	if (n >= max)
		return false;
	text = to = arena_alloc(r->a, n);
	for (r->at = from; !take(r, '"');) {
		const char *end = plain_end(r->at, r->end);

		memcpy(to, r->at, (size_t)(end - r->at));
		to += end - r->at;
		r->at = end;
		if (take(r, '\\') && (to = take_escape(r, to)) == NULL)
			return false;
		if (r->at == r->end || (unsigned char)*r->at < ' ')
			return false;
	}
	*out = slice_of(text, (size_t)(to - text));
	return true;
}

static bool
read_text(struct reader *r, struct slice *out)
{
	const char *from = r->at;

	r->at = plain_end(from, r->end);
	*out = slice_of(from, (size_t)(r->at - from));
	return take(r, '"') || read_escaped(r, from, out);
}

/* ---- numbers, words ---- */

static bool
take_digits(struct reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > from;
}

static bool
read_number(struct reader *r, struct json_node *n)
{
	const char *from = r->at;

	(void)take(r, '-');
	if (!take(r, '0') && !take_digits(r))
		return false;
	if (take(r, '.') && !take_digits(r))
		return false;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			(void)take(r, '-');
		if (!take_digits(r))
			return false;
	}
	n->kind = JSON_NODE_NUMBER;
	n->text = slice_of(from, (size_t)(r->at - from));
	return true;
}

static bool
read_word(struct reader *r, struct slice word, enum json_node_kind kind,
	  struct json_node *n)
{
	struct slice rest = slice_of(r->at, (size_t)(r->end - r->at));

	if (!slice_starts(rest, word))
		return false;
	n->kind = kind;
	r->at += word.n;
	return true;
}

/* ---- what holds others ---- */

static bool
read_members(struct reader *r, struct json_node *n, char close)
{
	const struct json_node **tail = &n->first;

	skip_space(r);
	if (take(r, close))
		return true;
	do {
		struct json_node *m = ARENA_NEW(r->a, struct json_node);

		skip_space(r);
		if (close == '}') {
			if (!take(r, '"') || !read_text(r, &m->key))
				return false;
			skip_space(r);
			if (!take(r, ':'))
				return false;
		}
		if (!read_value(r, m))
			return false;
		*tail = m;
		tail = &m->next;
	} while (take(r, ','));
	return take(r, close);
}

static bool
read_holder(struct reader *r, struct json_node *n)
{
	bool object = *r->at++ == '{';

	n->kind = object ? JSON_NODE_OBJECT : JSON_NODE_LIST;
	if (++r->depth > DEPTH_MAX || !read_members(r, n, object ? '}' : ']'))
		return false;
	r->depth--;
	return true;
}

static bool
read_at(struct reader *r, struct json_node *n)
{
	switch (*r->at) {
	case '"':
		r->at++;
		n->kind = JSON_NODE_TEXT;
		return read_text(r, &n->text);
	case '{':
	case '[':
		return read_holder(r, n);
	case 't':
		return read_word(r, SLICE("true"), JSON_NODE_TRUE, n);
	case 'f':
		return read_word(r, SLICE("false"), JSON_NODE_FALSE, n);
	case 'n':
		return read_word(r, SLICE("null"), JSON_NODE_NULL, n);
	default:
		return read_number(r, n);
	}
}

static bool
read_value(struct reader *r, struct json_node *n)
{
	skip_space(r);
	if (r->at == r->end || !read_at(r, n))
		return false;
	skip_space(r);
	return true;
}

enum rc
json_node_read(struct arena *a, struct slice text, size_t max,
	       const struct json_node **out, struct err *e)
{
	struct reader r = {.a = a, .at = text.p, .end = text.p + text.n};
	struct json_node *n;

	if (text.n > max)
		return err_set(e, RC_LIMIT, "over %zu bytes of JSON", max);
	n = ARENA_NEW(a, struct json_node);
	if (text.n == 0 || !read_value(&r, n))
		return r.depth > DEPTH_MAX
			   ? err_set(e, RC_LIMIT, "JSON nested deeper than %d",
				     DEPTH_MAX)
			   : err_set(e, RC_INVALID,
				     "what is stored is no JSON");
	if (r.at != r.end)
		return err_set(e, RC_INVALID, "more than one value of JSON");
	*out = n;
	return RC_OK;
}

const struct json_node *
json_node_get(const struct json_node *object, const char *key)
{
	struct slice wanted = slice_z(key);

	if (object == NULL || object->kind != JSON_NODE_OBJECT)
		return NULL;
	for (const struct json_node *n = object->first; n; n = n->next)
		if (slice_eq(n->key, wanted))
			return n;
	return NULL;
}

struct slice
json_node_text(const struct json_node *n)
{
	return n != NULL && n->kind == JSON_NODE_TEXT ? n->text : SLICE("");
}
