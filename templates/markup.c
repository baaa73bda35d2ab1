#include "templates/markup.h"

/* Elements whose content is no markup. */
static const char *const raw_elements[] = {
    "script", "style",	"textarea", "title",
    "xmp",    "iframe", "noembed",  "noframes",
};

static const char *const attribute_names[MARKUP_ATTRIBUTES] = {
    [MARKUP_HREF] = "href",
    [MARKUP_TRACK] = "data-track",
};

void
markup_init(struct markup *m, struct slice html)
{
	*m = (struct markup){.html = html};
}

bool
markup_is(const struct markup_tag *t, const char *name)
{
	return slice_ieq(t->name, slice_z(name));
}

const struct slice *
markup_attribute(const struct markup_tag *t, enum markup_attribute a)
{
	return t->has[a] ? &t->values[a] : NULL;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct slice
rest(const struct markup *m)
{
	return slice_skip(m->html, m->at);
}

/* Goes behind the next needle, or to the end. */
static void
skip_past(struct markup *m, struct slice needle)
{
	ptrdiff_t n = slice_find(rest(m), needle);

	m->at = n < 0 ? m->html.n : m->at + (size_t)n + needle.n;
}

/* m stands at "<!". */
static void
skip_declaration(struct markup *m)
{
	struct slice s = rest(m);

	if (slice_starts(s, SLICE("<!-->")) ||
	    slice_starts(s, SLICE("<!--->"))) {
		/* What begins a part that all but MSO see. */
		m->conditional = false;
		skip_past(m, SLICE(">"));
	} else if (slice_starts(s, SLICE("<!--[if"))) {
		m->conditional = true;
		skip_past(m, SLICE(">"));
	} else if (slice_starts(s, SLICE("<!--"))) {
		m->at += 4;
		skip_past(m, SLICE("-->"));
	} else {
		if (slice_starts(s, SLICE("<![endif")))
			m->conditional = false;
		skip_past(m, SLICE(">"));
	}
}

/* Goes to the "</" that ends a raw element, or to the end. */
static void
skip_raw(struct markup *m, struct slice name)
{
	for (;;) {
		struct slice s;

		skip_past(m, SLICE("</"));
		s = rest(m);
		if (s.n == 0)
			return;
		if (s.n > name.n && slice_ieq(slice_of(s.p, name.n), name) &&
		    (is_space(s.p[name.n]) || s.p[name.n] == '>' ||
		     s.p[name.n] == '/'))
			break;
	}
	m->at -= 2;
}

static struct slice
take_name(struct markup *m)
{
	size_t from = m->at;
	const char *p = m->html.p;

	while (m->at < m->html.n && !is_space(p[m->at]) && p[m->at] != '/' &&
	       p[m->at] != '>')
		m->at++;
	return slice_of(p + from, m->at - from);
}

static struct slice
take_attribute_name(struct markup *m)
{
	size_t from = m->at;
	const char *p = m->html.p;

	do
		m->at++;
	while (m->at < m->html.n && !is_space(p[m->at]) && p[m->at] != '/' &&
	       p[m->at] != '>' && p[m->at] != '=');
	return slice_of(p + from, m->at - from);
}

static void
skip_spaces(struct markup *m)
{
	while (m->at < m->html.n && is_space(m->html.p[m->at]))
		m->at++;
}

/* m stands behind "=" and blanks. */
static struct slice
take_value(struct markup *m)
{
	const char *p = m->html.p;
	size_t from = m->at;

	if (from < m->html.n && (p[from] == '"' || p[from] == '\'')) {
		ptrdiff_t n =
		    slice_find_c(slice_skip(m->html, from + 1), p[from]);

		m->at = n < 0 ? m->html.n : from + (size_t)n + 2;
		return slice_of(p + from + 1, n < 0 ? 0 : (size_t)n);
	}
	while (m->at < m->html.n && !is_space(p[m->at]) && p[m->at] != '>')
		m->at++;
	return slice_of(p + from, m->at - from);
}

static void
keep_attribute(struct markup_tag *t, struct slice name, struct slice value,
	       struct slice whole)
{
	for (int a = 0; a < MARKUP_ATTRIBUTES; a++) {
		if (t->has[a] || !slice_ieq(name, slice_z(attribute_names[a])))
			continue;
		t->has[a] = true;
		t->values[a] = value;
		if (a == MARKUP_TRACK)
			t->track_whole = whole;
	}
}

/* Goes through the attributes to behind '>'; false when the tag has no end. */
static bool
take_attributes(struct markup *m, struct markup_tag *t)
{
	const char *p = m->html.p;

	for (;;) {
		size_t from = m->at, after;
		struct slice name, value = {NULL, 0};

		while (m->at < m->html.n &&
		       (is_space(p[m->at]) || p[m->at] == '/'))
			m->at++;
		if (m->at == m->html.n)
			return false;
		if (p[m->at] == '>') {
			m->at++;
			return true;
		}
		name = take_attribute_name(m);
		after = m->at;
		skip_spaces(m);
		if (m->at < m->html.n && p[m->at] == '=') {
			m->at++;
			skip_spaces(m);
			value = take_value(m);
			after = m->at;
		}
		m->at = after;
		keep_attribute(t, name, value,
			       slice_of(p + from, after - from));
	}
}

static bool
is_raw(const struct markup_tag *t)
{
	for (size_t i = 0; i < sizeof(raw_elements) / sizeof(raw_elements[0]);
	     i++)
		if (markup_is(t, raw_elements[i]))
			return true;
	return false;
}

/* m stands at "<" or "</" and a letter. */
static bool
take_tag(struct markup *m, struct markup_tag *t)
{
	size_t from = m->at;

	t->closing = m->html.p[from + 1] == '/';
	m->at += t->closing ? 2 : 1;
	t->conditional = m->conditional;
	t->name = take_name(m);
	if (!take_attributes(m, t))
		return false;
	t->whole = slice_of(m->html.p + from, m->at - from);
	if (!t->closing && is_raw(t))
		skip_raw(m, t->name);
	return true;
}

bool
markup_next(struct markup *m, struct markup_tag *t)
{
	size_t from = m->at;
	ptrdiff_t n = slice_find_c(rest(m), '<');
	struct slice s;

	*t = (struct markup_tag){.before = {NULL, 0}};
	if (m->at >= m->html.n)
		return false;
	m->at = n < 0 ? m->html.n : m->at + (size_t)n;
	t->before = slice_of(m->html.p + from, m->at - from);
	s = rest(m);
	if (s.n < 2) {
		m->at = m->html.n;
		return true;
	}
	if (is_letter(s.p[1]) ||
	    (s.n > 2 && s.p[1] == '/' && is_letter(s.p[2])))
		return take_tag(m, t);
	if (s.p[1] == '!')
		skip_declaration(m);
	else if (s.p[1] == '?' || s.p[1] == '/')
		skip_past(m, SLICE(">"));
	else
		m->at++;
	return true;
}
