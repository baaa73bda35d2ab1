#include "templates/place.h"

/*
 * A small part of the HTML tokenizer: enough to tell text from attributes and
 * raw elements in source that we or the operator wrote.
 *
 *   TEXT -'<'-> LT -letter-> NAME -space-> SPACE -letter-> ATTR -'='-> EQ
 *   EQ -quote-> DQ | SQ -quote-> SPACE -'>'-> TEXT, or RAW for script & co.
 *   LT -'!'-> BANG -"--"-> COMMENT_START -> COMMENT -"-->"-> TEXT
 *
 * "<!--[if" and "<![endif]" are DECL up to their '>', so that what stands in a
 * conditional comment is followed as HTML.
 */
enum state {
	S_TEXT,
	S_LT,
	S_NAME,
	S_END_NAME,
	S_SPACE,
	S_ATTR,
	S_AFTER_ATTR,
	S_EQ,
	S_DQ,
	S_SQ,
	S_UNQUOTED,
	S_BANG,
	S_DECL,
	S_COMMENT_START,
	S_COMMENT,
	S_RAW,
	S_RAW_LT,
	S_RAW_END,
};

static const char *const state_names[] = {
    [S_TEXT] = "text",
    [S_LT] = "a tag's name",
    [S_NAME] = "a tag's name",
    [S_END_NAME] = "a tag's name",
    [S_SPACE] = "a tag",
    [S_ATTR] = "an attribute's name",
    [S_AFTER_ATTR] = "a tag",
    [S_EQ] = "an unquoted attribute",
    [S_DQ] = "an attribute that takes no values",
    [S_SQ] = "an attribute that takes no values",
    [S_UNQUOTED] = "an unquoted attribute",
    [S_BANG] = "a declaration",
    [S_DECL] = "a declaration",
    [S_COMMENT_START] = "a comment",
    [S_COMMENT] = "a comment",
};

/* Of attributes and of raw elements; KIND_PLAIN is 0, so that it is what is
 * not in a table. */
enum kind { KIND_PLAIN, KIND_URL, KIND_CSS, KIND_REFUSED, KIND_RCDATA };

struct named {
	const char *name;
	enum kind kind;
};

static const struct named attributes[] = {
    {"href", KIND_URL},		  {"src", KIND_URL},
    {"xlink:href", KIND_URL},	  {"action", KIND_URL},
    {"formaction", KIND_URL},	  {"background", KIND_URL},
    {"cite", KIND_URL},		  {"poster", KIND_URL},
    {"longdesc", KIND_URL},	  {"data", KIND_URL},
    {"style", KIND_CSS},	  {"srcdoc", KIND_REFUSED},
    {"srcset", KIND_REFUSED},	  {"ping", KIND_REFUSED},
    {"http-equiv", KIND_REFUSED},
};

static const struct {
	const char *name;
	enum kind kind;
	const char *in; /* for errors */
} raw_elements[] = {
    {"script", KIND_REFUSED, "<script>"},
    {"style", KIND_CSS, "<style>"},
    {"title", KIND_RCDATA, "<title>"},
    {"textarea", KIND_RCDATA, "<textarea>"},
};

void
place_init(struct place_track *p)
{
	*p = (struct place_track){.state = S_TEXT};
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
name_start(struct place_track *p)
{
	p->n = 0;
}

static void
name_add(struct place_track *p, char c)
{
	if (p->n + 1 < sizeof(p->name))
		p->name[p->n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	else
		p->n = sizeof(p->name);
}

static bool
name_is(const struct place_track *p, const char *name)
{
	return p->n < sizeof(p->name) &&
	       slice_eq_z(slice_of(p->name, p->n), name);
}

static int
name_kind(const struct place_track *p, const struct named *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name_is(p, table[i].name))
			return table[i].kind;
	return KIND_PLAIN;
}

static void
value_start(struct place_track *p, int state)
{
	size_t n = sizeof(attributes) / sizeof(attributes[0]);

	p->state = state;
	p->begun = p->mixed = false;
	p->kind = name_kind(p, attributes, n);
	if (p->n > 2 && p->name[0] == 'o' && p->name[1] == 'n')
		p->kind = KIND_REFUSED;
}

static void
element_start(struct place_track *p)
{
	size_t n = sizeof(raw_elements) / sizeof(raw_elements[0]);

	p->raw = 0;
	for (size_t i = 0; i < n; i++)
		if (name_is(p, raw_elements[i].name))
			p->raw = (int)i + 1;
}

static void
tag_end(struct place_track *p)
{
	p->state = p->raw ? S_RAW : S_TEXT;
	p->kind = p->raw ? raw_elements[p->raw - 1].kind : KIND_PLAIN;
}

static void
in_tag(struct place_track *p, char c)
{
	if (c == '>') {
		tag_end(p);
	} else if (is_space(c) || c == '/') {
		p->state = p->state == S_ATTR ? S_AFTER_ATTR : p->state;
		p->state = c == '/' ? S_SPACE : p->state;
	} else if (c == '=' && p->state != S_SPACE) {
		p->state = S_EQ;
	} else {
		if (p->state != S_ATTR)
			name_start(p);
		name_add(p, c);
		p->state = S_ATTR;
	}
}

static void
after_equals(struct place_track *p, char c)
{
	if (c == '"' || c == '\'')
		value_start(p, c == '"' ? S_DQ : S_SQ);
	else if (c == '>')
		tag_end(p);
	else if (!is_space(c))
		value_start(p, S_UNQUOTED);
}

static void
in_value(struct place_track *p, char c)
{
	char end = p->state == S_DQ ? '"' : '\'';

	if (c == end)
		p->state = S_SPACE;
	else if (!is_space(c))
		p->begun = true;
}

static void
in_name(struct place_track *p, char c)
{
	bool start = p->state == S_NAME;

	if (c != '>' && c != '/' && !is_space(c)) {
		name_add(p, c);
		return;
	}
	p->raw = 0;
	if (start)
		element_start(p);
	p->state = S_SPACE;
	if (c == '>')
		tag_end(p);
}

static void
after_lt(struct place_track *p, char c)
{
	name_start(p);
	if (c == '!') {
		p->state = S_BANG;
	} else if (c == '/') {
		p->state = S_END_NAME;
	} else if (c == '?') {
		p->state = S_DECL;
	} else if (is_letter(c)) {
		p->state = S_NAME;
		name_add(p, c);
	} else {
		p->state = c == '<' ? S_LT : S_TEXT;
	}
}

static void
in_bang(struct place_track *p, char c)
{
	name_add(p, c);
	if (name_is(p, "--")) {
		p->state = S_COMMENT_START;
		p->dashes = 0;
	} else if (c == '>') {
		p->state = S_TEXT;
	} else if (!name_is(p, "-")) {
		p->state = S_DECL;
	}
}

static void
in_comment(struct place_track *p, char c)
{
	bool start = p->state == S_COMMENT_START;

	if (start && c == '[') {
		p->state = S_DECL;
	} else if (c == '>' && (p->dashes >= 2 || start)) {
		p->state = S_TEXT;
	} else if (c == '-') {
		p->dashes++;
	} else {
		p->dashes = 0;
		p->state = S_COMMENT;
	}
}

static void
in_raw(struct place_track *p, char c)
{
	if (p->state == S_RAW_END && !is_letter(c)) {
		bool ends = name_is(p, raw_elements[p->raw - 1].name);

		p->state = S_RAW;
		if (ends) {
			p->state = S_SPACE;
			p->raw = 0;
			p->kind = KIND_PLAIN;
			in_tag(p, c);
		}
	} else if (p->state == S_RAW_END) {
		name_add(p, c);
	} else if (p->state == S_RAW_LT && c == '/') {
		p->state = S_RAW_END;
		name_start(p);
	} else {
		p->state = c == '<' ? S_RAW_LT : S_RAW;
	}
}

static void
feed(struct place_track *p, char c)
{
	switch ((enum state)p->state) {
	case S_TEXT:
		p->state = c == '<' ? S_LT : S_TEXT;
		break;
	case S_LT:
		after_lt(p, c);
		break;
	case S_NAME:
	case S_END_NAME:
		in_name(p, c);
		break;
	case S_SPACE:
	case S_ATTR:
	case S_AFTER_ATTR:
		in_tag(p, c);
		break;
	case S_EQ:
		after_equals(p, c);
		break;
	case S_DQ:
	case S_SQ:
		in_value(p, c);
		break;
	case S_UNQUOTED:
		if (c == '>')
			tag_end(p);
		else if (is_space(c))
			p->state = S_SPACE;
		break;
	case S_BANG:
		in_bang(p, c);
		break;
	case S_DECL:
		p->state = c == '>' ? S_TEXT : S_DECL;
		break;
	case S_COMMENT_START:
	case S_COMMENT:
		in_comment(p, c);
		break;
	case S_RAW:
	case S_RAW_LT:
	case S_RAW_END:
		in_raw(p, c);
		break;
	}
}

void
place_feed(struct place_track *p, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		feed(p, s.p[i]);
}

static enum place
attribute_value(struct place_track *p)
{
	bool begun = p->begun;

	p->begun = true;
	switch ((enum kind)p->kind) {
	case KIND_URL:
		if (p->mixed)
			return PLACE_NONE;
		return begun ? PLACE_URL_PART : PLACE_URL;
	case KIND_CSS:
		return PLACE_CSS;
	case KIND_REFUSED:
		return PLACE_NONE;
	case KIND_PLAIN:
	case KIND_RCDATA:
		break;
	}
	return PLACE_ATTR;
}

enum place
place_value(struct place_track *p)
{
	if (p->state == S_TEXT)
		return PLACE_TEXT;
	if (p->state == S_DQ || p->state == S_SQ)
		return attribute_value(p);
	if (p->state == S_RAW && p->kind == KIND_CSS)
		return PLACE_CSS;
	if (p->state == S_RAW && p->kind == KIND_RCDATA)
		return PLACE_ATTR;
	return PLACE_NONE;
}

bool
place_same(const struct place_track *a, const struct place_track *b)
{
	return a->state == b->state && a->kind == b->kind;
}

enum place_room
place_room(const struct place_track *p)
{
	if (p->state == S_TEXT || (p->state == S_RAW && p->kind == KIND_RCDATA))
		return PLACE_ANY;
	if (p->state == S_RAW && p->kind == KIND_CSS)
		return PLACE_STYLE;
	if ((p->state == S_DQ || p->state == S_SQ) && p->kind != KIND_REFUSED)
		return PLACE_WORDS;
	return PLACE_NO_ROOM;
}

void
place_join(struct place_track *p, const struct place_track *before)
{
	bool in_url =
	    (p->state == S_DQ || p->state == S_SQ) && p->kind == KIND_URL;

	p->mixed = in_url && (p->begun != before->begun || before->mixed);
}

const char *
place_name(const struct place_track *p)
{
	if (p->mixed)
		return "a URL that a section began";
	if (p->state == S_RAW || p->state == S_RAW_LT || p->state == S_RAW_END)
		return raw_elements[p->raw - 1].in;
	return state_names[p->state];
}

/* ---- values ---- */

/* What happens to a byte of a value. */
enum act {
	KEEP,
	ESCAPE, /* & < > " ' */
	BLANK,	/* tab and line breaks: a space in plain text */
	DROP,	/* other control characters */
	LOOK,	/* 0xe2: may begin a bidirectional override */
};

static enum act
act_of(unsigned char c)
{
	switch (c) {
	case '&':
	case '<':
	case '>':
	case '"':
	case '\'':
		return ESCAPE;
	case '\t':
	case '\n':
	case '\r':
		return BLANK;
	case 0x7f:
		return DROP;
	case 0xe2:
		return LOOK;
	default:
		return c < 0x20 ? DROP : KEEP;
	}
}

/* U+202A to U+202E and U+2066 to U+2069 turn the text around them; U+2028 and
 * U+2029 break lines and paragraphs. */
static bool
is_override(struct slice s, size_t i)
{
	unsigned char b = i + 2 < s.n ? (unsigned char)s.p[i + 1] : 0;
	unsigned char c = b ? (unsigned char)s.p[i + 2] : 0;

	return (b == 0x80 && c >= 0xa8 && c <= 0xae) ||
	       (b == 0x81 && c >= 0xa6 && c <= 0xa9);
}

static void
add_escaped(char c, struct sbuf *out)
{
	switch (c) {
	case '&':
		sbuf_add(out, SLICE("&amp;"));
		break;
	case '<':
		sbuf_add(out, SLICE("&lt;"));
		break;
	case '>':
		sbuf_add(out, SLICE("&gt;"));
		break;
	case '"':
		sbuf_add(out, SLICE("&quot;"));
		break;
	default:
		sbuf_add(out, SLICE("&#39;"));
	}
}

/* Returns how many bytes of s at i are dealt with. */
static size_t
add_special(enum place place, struct slice s, size_t i, struct sbuf *out)
{
	char c = s.p[i];

	switch (act_of((unsigned char)c)) {
	case ESCAPE:
		if (place == PLACE_PLAIN || place == PLACE_LINES)
			sbuf_add_c(out, c);
		else
			add_escaped(c, out);
		return 1;
	case BLANK:
		sbuf_add_c(out, place == PLACE_PLAIN ? ' ' : c);
		return 1;
	case LOOK:
		if (is_override(s, i))
			return 3;
		sbuf_add_c(out, c);
		return 1;
	case DROP:
		return 1;
	case KEEP:
		break;
	}
	sbuf_add_c(out, c);
	return 1;
}

static void
add_clean(enum place place, struct slice s, struct sbuf *out)
{
	size_t i = 0, run = 0;

	while (i < s.n) {
		if (act_of((unsigned char)s.p[i]) == KEEP) {
			i++;
			continue;
		}
		sbuf_add(out, slice_of(s.p + run, i - run));
		i += add_special(place, s, i, out);
		run = i;
	}
	if (run < i)
		sbuf_add(out, slice_of(s.p + run, i - run));
}

static bool
is_alnum(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

static enum rc
add_css(struct slice s, struct sbuf *out, struct err *e)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && !memchr(" #%(),-.", s.p[i], 8))
			return err_set(
			    e, RC_INVALID,
			    "has characters that CSS values here may "
			    "not have");
	sbuf_add(out, s);
	return RC_OK;
}

static void
add_url_part(struct slice s, struct sbuf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '@')
			sbuf_add_c(out, '@');
		else
			sbuf_add_url(out, slice_of(s.p + i, 1));
	}
}

static bool
scheme_allowed(struct slice s)
{
	static const char *const schemes[] = {"https", "http", "mailto", "tel",
					      "cid"};
	size_t n = 0;

	while (n < s.n && !memchr(":/?#", s.p[n], 4))
		n++;
	if (n == s.n || s.p[n] != ':')
		return !slice_starts(s, SLICE("//"));
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (slice_ieq(slice_of(s.p, n), slice_z(schemes[i])))
			return true;
	return false;
}

static enum rc
add_url(struct slice s, struct sbuf *out, struct err *e)
{
	if (s.n == 0)
		return err_set(e, RC_INVALID, "is an empty URL");
	if (!scheme_allowed(s))
		return err_set(e, RC_INVALID,
			       "is no http, https, mailto or tel URL");
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f ||
		    s.p[i] == '\\')
			return err_set(e, RC_INVALID,
				       "is a URL with spaces, backslashes or "
				       "control characters");
	sbuf_add_html(out, s);
	return RC_OK;
}

enum rc
place_add(enum place place, struct slice s, struct sbuf *out, struct err *e)
{
	switch (place) {
	case PLACE_SPEC_TEXT:
		sbuf_add(out, s);
		return RC_OK;
	case PLACE_SPEC_HTML:
		sbuf_add_html(out, s);
		return RC_OK;
	case PLACE_PLAIN:
	case PLACE_LINES:
	case PLACE_TEXT:
	case PLACE_ATTR:
		add_clean(place, s, out);
		return RC_OK;
	case PLACE_URL:
		return add_url(s, out, e);
	case PLACE_URL_PART:
		add_url_part(s, out);
		return RC_OK;
	case PLACE_CSS:
		return add_css(s, out, e);
	case PLACE_NONE:
		break;
	}
	return err_set(e, RC_BUG, "stands where no value may");
}
