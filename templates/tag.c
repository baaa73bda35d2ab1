#include "templates/tag.h"

/*
 * Invariant: each tag looks at the blanks beside it alone, so that all of them
 * together look at a byte twice at most.
 */
bool
tag_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct delimiters {
	struct slice open, close;
};

static enum rc
set_delimiters(const struct template *t, const struct tag *tag,
	       struct delimiters *d, struct err *e)
{
	struct slice s = tag->content, first;
	size_t n = 0;

	while (n < s.n && !tag_is_blank(s.p[n]) && s.p[n] != '\n')
		n++;
	first = slice_of(s.p, n);
	s = slice_trim(slice_skip(s, n));
	if (first.n == 0 || s.n == 0 || slice_find_c(s, ' ') >= 0 ||
	    slice_find_c(first, '=') >= 0 || slice_find_c(s, '=') >= 0)
		return program_err(t, tag->start, e, RC_INVALID,
				   "wrong delimiters");
	d->open = first;
	d->close = s;
	return RC_OK;
}

static void
look_beside(struct slice s, size_t from, struct tag *tag)
{
	size_t i = tag->start;

	while (i > from && tag_is_blank(s.p[i - 1]))
		i--;
	tag->blank_before = i == 0 || s.p[i - 1] == '\n';
	tag->line_start = (uint32_t)i;
	i = tag->end;
	while (i < s.n && tag_is_blank(s.p[i]))
		i++;
	if (i + 1 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n')
		i++;
	tag->blank_after = i == s.n || s.p[i] == '\n';
	tag->line_end = (uint32_t)(i < s.n ? i + 1 : i);
}

/* The tag's kind and content, between its delimiters. */
static void
split_tag(struct slice inner, struct tag *tag)
{
	struct slice s = slice_trim(inner);

	if (s.n && memchr("#^/><$!&=", s.p[0], 9)) {
		tag->kind = s.p[0];
		s = slice_skip(s, 1);
		if (tag->kind == '=' && s.n && s.p[s.n - 1] == '=')
			s.n--;
	}
	s = slice_trim(s);
	if (memchr("></", tag->kind, 3) && tag->kind && s.n && s.p[0] == '*') {
		tag->dynamic = true;
		s = slice_trim(slice_skip(s, 1));
	}
	tag->content = s;
}

static enum rc
read_tag(const struct template *t, size_t start, const struct delimiters *d,
	 struct tag *tag, struct err *e)
{
	struct slice rest = slice_skip(t->source, start + d->open.n);
	bool triple = slice_eq_z(d->open, "{{") && rest.n && rest.p[0] == '{';
	ptrdiff_t n;

	*tag = (struct tag){.start = (uint32_t)start};
	rest = slice_skip(rest, triple);
	n = slice_find(rest, triple ? SLICE("}}}") : d->close);
	if (n < 0)
		return program_err(t, tag->start, e, RC_INVALID,
				   "tag has no end");
	split_tag(slice_of(rest.p, (size_t)n), tag);
	tag->end = (uint32_t)(rest.p - t->source.p) + (uint32_t)n +
		   (uint32_t)(triple ? 3 : d->close.n);
	if (triple && tag->kind)
		return program_err(t, tag->start, e, RC_INVALID,
				   "wrong tag in triple braces");
	if (triple)
		tag->kind = '{';
	if (tag->content.n == 0 && tag->kind != '!')
		return program_err(t, tag->start, e, RC_INVALID,
				   "tag is empty");
	return RC_OK;
}

enum rc
tag_find(const struct template *t, struct arena *a, struct tag **out, size_t *n,
	 struct err *e)
{
	struct delimiters d = {SLICE("{{"), SLICE("}}")};
	size_t at = 0, cap = 0;
	ptrdiff_t found;

	*out = NULL;
	*n = 0;
	while ((found = slice_find(slice_skip(t->source, at), d.open)) >= 0) {
		struct tag *tag;

		*out = program_room(a, *out, *n, &cap, sizeof(**out));
		tag = *out + (*n)++;
		if (read_tag(t, at + (size_t)found, &d, tag, e))
			return RC_INVALID;
		if (tag->kind == '=' && set_delimiters(t, tag, &d, e))
			return RC_INVALID;
		look_beside(t->source, at, tag);
		at = tag->end;
	}
	return RC_OK;
}
