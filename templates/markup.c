#include "templates/markup.h"

#define NAME(lit) lit, sizeof(lit) - 1

struct element {
	const char *name;
	size_t n;
	enum markup_element element;
};

static const struct element elements[] = {
    {NAME("a"), MARKUP_A},	    {NAME("area"), MARKUP_AREA},
    {NAME("body"), MARKUP_BODY},    {NAME("td"), MARKUP_TD},
    {NAME("p"), MARKUP_P},	    {NAME("div"), MARKUP_DIV},
    {NAME("script"), MARKUP_RAW},   {NAME("style"), MARKUP_RAW},
    {NAME("textarea"), MARKUP_RAW}, {NAME("title"), MARKUP_RAW},
    {NAME("xmp"), MARKUP_RAW},	    {NAME("iframe"), MARKUP_RAW},
    {NAME("noembed"), MARKUP_RAW},  {NAME("noframes"), MARKUP_RAW},
};

static const struct {
	const char *name;
	size_t n;
} attributes[MARKUP_ATTRIBUTES] = {
    [MARKUP_HREF] = {NAME("href")},
    [MARKUP_TRACK] = {NAME("data-track")},
};

void
markup_init(struct markup *m, struct slice html)
{
	*m = (struct markup){.html = html};
}

const struct slice *
markup_attribute(const struct markup_tag *t, enum markup_attribute a)
{
	return t->has[a] ? &t->values[a] : NULL;
}

enum class { SPACE = 1, SLASH = 2, CLOSE = 4, EQUALS = 8 };

static const unsigned char classes[256] = {
    [' '] = SPACE,  ['\n'] = SPACE, ['\t'] = SPACE, ['\r'] = SPACE,
    ['\f'] = SPACE, ['/'] = SLASH,  ['>'] = CLOSE,  ['='] = EQUALS,
};

/* Goes on until a byte of these classes, or the end. */
static void
skip_until(struct markup *m, unsigned wanted)
{
	const unsigned char *p = (const unsigned char *)m->html.p;
	size_t at = m->at, n = m->html.n;

	while (at < n && !(classes[p[at]] & wanted))
		at++;
	m->at = at;
}

static void
skip_while(struct markup *m, unsigned these)
{
	const unsigned char *p = (const unsigned char *)m->html.p;
	size_t at = m->at, n = m->html.n;

	while (at < n && (classes[p[at]] & these))
		at++;
	m->at = at;
}

static struct slice
since(const struct markup *m, size_t from)
{
	return slice_of(m->html.p + from, m->at - from);
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
		    classes[(unsigned char)s.p[name.n]] &
			(SPACE | CLOSE | SLASH))
			break;
	}
	m->at -= 2;
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
	skip_until(m, SPACE | CLOSE);
	return since(m, from);
}

static void
keep_attribute(struct markup_tag *t, struct slice name, struct slice value,
	       struct slice whole)
{
	for (int a = 0; a < MARKUP_ATTRIBUTES; a++) {
		if (name.n != attributes[a].n || t->has[a] ||
		    !slice_ieq(name, slice_of(attributes[a].name, name.n)))
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

		skip_while(m, SPACE | SLASH);
		if (m->at == m->html.n)
			return false;
		if (p[m->at] == '>') {
			m->at++;
			return true;
		}
		after = m->at++; /* a name may begin with "=" */
		skip_until(m, SPACE | SLASH | CLOSE | EQUALS);
		name = since(m, after);
		after = m->at;
		skip_while(m, SPACE);
		if (m->at < m->html.n && p[m->at] == '=') {
			m->at++;
			skip_while(m, SPACE);
			value = take_value(m);
			after = m->at;
		}
		m->at = after;
		keep_attribute(t, name, value,
			       slice_of(p + from, after - from));
	}
}

static enum markup_element
element_of(struct slice name)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		const struct element *e = &elements[i];

		if (name.n == e->n && (name.p[0] | 0x20) == e->name[0] &&
		    slice_ieq(name, slice_of(e->name, e->n)))
			return e->element;
	}
	return name.n > 2 && (name.p[0] | 0x20) == 'v' && name.p[1] == ':'
		   ? MARKUP_VML
		   : MARKUP_OTHER;
}

/* m stands at "<" or "</" and a letter. */
static bool
take_tag(struct markup *m, struct markup_tag *t)
{
	size_t from = m->at, name;

	t->closing = m->html.p[from + 1] == '/';
	m->at += t->closing ? 2 : 1;
	t->conditional = m->conditional;
	name = m->at;
	skip_until(m, SPACE | SLASH | CLOSE);
	t->name = since(m, name);
	t->element = element_of(t->name);
	if (!take_attributes(m, t))
		return false;
	t->whole = slice_of(m->html.p + from, m->at - from);
	if (!t->closing && t->element == MARKUP_RAW)
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
