#include "templates/href.h"

#include <unicode/utf8.h>

#include "base/idn.h"

/* References that HTML takes without a semicolon too.  latin1[i] stands for
 * U+00A0 + i. */
static const char *const latin1[96] = {
    "nbsp",   "iexcl",	"cent",	  "pound",  "curren", "yen",	"brvbar",
    "sect",   "uml",	"copy",	  "ordf",   "laquo",  "not",	"shy",
    "reg",    "macr",	"deg",	  "plusmn", "sup2",   "sup3",	"acute",
    "micro",  "para",	"middot", "cedil",  "sup1",   "ordm",	"raquo",
    "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",
    "Atilde", "Auml",	"Aring",  "AElig",  "Ccedil", "Egrave", "Eacute",
    "Ecirc",  "Euml",	"Igrave", "Iacute", "Icirc",  "Iuml",	"ETH",
    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",	"times",
    "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",	"aring",
    "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",	"igrave",
    "iacute", "icirc",	"iuml",	  "eth",    "ntilde", "ograve", "oacute",
    "ocirc",  "otilde", "ouml",	  "divide", "oslash", "ugrave", "uacute",
    "ucirc",  "uuml",	"yacute", "thorn",  "yuml",
};

static const struct {
	const char *name;
	uint32_t code;
	bool semicolon; /* only with one */
} others[] = {
    {"amp", '&', false},  {"AMP", '&', false},	   {"lt", '<', false},
    {"LT", '<', false},	  {"gt", '>', false},	   {"GT", '>', false},
    {"quot", '"', false}, {"QUOT", '"', false},	   {"COPY", 0xa9, false},
    {"REG", 0xae, false}, {"apos", '\'', true},	   {"num", '#', true},
    {"sol", '/', true},	  {"equals", '=', true},   {"quest", '?', true},
    {"colon", ':', true}, {"period", '.', true},   {"lowbar", '_', true},
    {"plus", '+', true},  {"percnt", '%', true},   {"commat", '@', true},
    {"Tab", '\t', true},  {"NewLine", '\n', true},
};

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_alpha(c) || is_digit(c);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static uint32_t
named(struct slice name, bool semicolon)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (slice_eq_z(name, others[i].name) &&
		    (semicolon || !others[i].semicolon))
			return others[i].code;
	for (uint32_t i = 0; i < 96; i++)
		if (slice_eq_z(name, latin1[i]))
			return 0xa0 + i;
	return 0;
}

static void
add_code(struct sbuf *out, uint32_t code)
{
	char utf8[4];
	int32_t n = 0;

	U8_APPEND_UNSAFE(utf8, n, code);
	sbuf_add(out, slice_of(utf8, (size_t)n));
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* s begins behind "&#".  Returns its length, 0 when it is no reference, -1
 * when we are not sure. */
static ptrdiff_t
numeric(struct slice s, struct sbuf *out)
{
	bool hex = s.n && (s.p[0] == 'x' || s.p[0] == 'X');
	size_t i = hex, digits = 0;
	uint32_t code = 0;

	for (; i < s.n && (hex ? hex_digit(s.p[i]) >= 0 : is_digit(s.p[i]));
	     i++, digits++) {
		code = code * (hex ? 16u : 10u) + (uint32_t)hex_digit(s.p[i]);
		if (code > 0x10ffff)
			return -1;
	}
	if (digits == 0)
		return 0;
	if (code == 0 || (code >= 0x80 && code < 0xa0) || U_IS_SURROGATE(code))
		return -1;
	add_code(out, code);
	return (ptrdiff_t)i + (i < s.n && s.p[i] == ';');
}

/* s begins behind "&".  As numeric(). */
static ptrdiff_t
reference(struct slice s, struct sbuf *out)
{
	size_t n = 0;
	uint32_t code;
	bool semicolon;

	if (s.n && s.p[0] == '#') {
		ptrdiff_t got = numeric(slice_skip(s, 1), out);

		return got > 0 ? got + 1 : got;
	}
	while (n < s.n && n < 40 && is_alnum(s.p[n]))
		n++;
	semicolon = n < s.n && s.p[n] == ';';
	code = n ? named(slice_of(s.p, n), semicolon) : 0;
	if (semicolon && n && !code)
		return -1;
	if (!code || (!semicolon && n < s.n && s.p[n] == '='))
		return 0;
	add_code(out, code);
	return (ptrdiff_t)n + semicolon;
}

static bool
is_url_blank(char c)
{
	return (unsigned char)c <= ' ';
}

/* Tabs and line breaks go wherever they are, others at the ends; also those
 * that came from references. */
static void
strip(struct sbuf *out, size_t from)
{
	size_t end = out->n, to = from, i = from;

	while (i < end && is_url_blank(out->p[i]))
		i++;
	while (end > i && is_url_blank(out->p[end - 1]))
		end--;
	for (; i < end; i++) {
		char c = out->p[i];

		if (c != '\t' && c != '\n' && c != '\r')
			out->p[to++] = c;
	}
	out->n = to;
}

bool
href_decode(struct slice raw, struct sbuf *out)
{
	size_t from = out->n;

	while (raw.n) {
		ptrdiff_t at = slice_find_c(raw, '&'), used;

		if (at < 0)
			break;
		sbuf_add(out, slice_of(raw.p, (size_t)at));
		raw = slice_skip(raw, (size_t)at + 1);
		used = reference(raw, out);
		if (used < 0) {
			sbuf_cut(out, from);
			return false;
		}
		if (used == 0)
			sbuf_add_c(out, '&');
		raw = slice_skip(raw, (size_t)used);
	}
	sbuf_add(out, raw);
	if (!sbuf_ok(out)) {
		sbuf_cut(out, from);
		return false;
	}
	strip(out, from);
	return true;
}

static size_t
scheme_length(struct slice url)
{
	size_t n =
	    slice_ieq(slice_of(url.p, url.n < 5 ? url.n : 5), SLICE("https"))
		? 5
		: 4;

	return url.n > n && url.p[n] == ':' &&
		       slice_ieq(slice_of(url.p, 4), SLICE("http"))
		   ? n
		   : 0;
}

bool
href_is_web(struct slice url)
{
	return scheme_length(url) > 0;
}

static struct slice
authority(struct slice url)
{
	size_t n = scheme_length(url), end = 0;

	url = slice_skip(url, n + 1);
	if (!n || !slice_starts(url, SLICE("//")))
		return SLICE("");
	url = slice_skip(url, 2);
	while (end < url.n && !memchr("/?#", url.p[end], 3))
		end++;
	return slice_of(url.p, end);
}

struct slice
href_host(struct slice url)
{
	struct slice rest = authority(url), host = slice_cut(&rest, ':');

	for (size_t i = 0; i < host.n; i++)
		if (!is_alnum(host.p[i]) && host.p[i] != '-' &&
		    host.p[i] != '.' && (unsigned char)host.p[i] < 0x80)
			return SLICE("");
	for (size_t i = 0; i < rest.n; i++)
		if (!is_digit(rest.p[i]))
			return SLICE("");
	return host;
}

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static void
add_ascii(struct sbuf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x80)
			sbuf_add_c(out, s.p[i]);
		else
			sbuf_addf(out, "%%%02X", c);
	}
}

bool
href_ascii(struct slice url, struct sbuf *out)
{
	struct slice host = href_host(url);
	char name[IDN_ROOM];
	size_t at;

	if (is_ascii(url)) {
		sbuf_add(out, url);
		return true;
	}
	if (host.n > 0 && !is_ascii(host)) {
		if (!idn_ascii(host, name))
			return false;
		at = (size_t)(host.p - url.p);
		sbuf_add(out, slice_of(url.p, at));
		sbuf_add_z(out, name);
		url = slice_skip(url, at + host.n);
	}
	add_ascii(out, url);
	return true;
}

/* ---- what a link's text looks like ---- */

static const char *const file_names[] = {
    "pdf", "doc", "docx", "xls", "xlsx", "odt", "ods", "zip", "txt",
    "csv", "xml", "png",  "jpg", "jpeg", "gif", "eml", "p7m",
};

static bool
is_top_level(struct slice label)
{
	if (label.n < 2)
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!is_alpha(label.p[i]) && (unsigned char)label.p[i] < 0x80)
			return false;
	for (size_t i = 0; i < sizeof(file_names) / sizeof(file_names[0]); i++)
		if (slice_ieq(label, slice_z(file_names[i])))
			return false;
	return true;
}

/* Labels of a host, the last one alphabetic, or four numbers. */
static bool
is_host(struct slice s)
{
	struct slice rest = s, label = {NULL, 0};
	size_t labels = 0, numbers = 0;

	while (rest.p) {
		bool number = true;

		label = slice_cut(&rest, '.');
		if (label.n == 0 || label.n > 63)
			return false;
		for (size_t i = 0; i < label.n; i++) {
			if (!is_alnum(label.p[i]) && label.p[i] != '-' &&
			    (unsigned char)label.p[i] < 0x80)
				return false;
			number = number && is_digit(label.p[i]);
		}
		labels++;
		numbers += number;
	}
	return labels > 1 &&
	       (is_top_level(label) || (labels == 4 && numbers == 4));
}

static struct slice
next_word(struct slice *s)
{
	size_t n = 0;
	struct slice word;

	while (s->n && is_space(s->p[0]))
		*s = slice_skip(*s, 1);
	while (n < s->n && !is_space(s->p[n]))
		n++;
	word = slice_of(s->p, n);
	*s = slice_skip(*s, n);
	return word;
}

bool
href_text_is_address(struct slice text)
{
	struct slice rest = text, first = next_word(&rest), word = first;
	struct slice host, path;
	bool alone = slice_trim(rest).n == 0;

	for (; word.n; word = next_word(&rest))
		if (slice_find(word, SLICE("://")) >= 0 ||
		    (word.n > 4 &&
		     slice_ieq(slice_of(word.p, 4), SLICE("www."))))
			return true;
	while (first.n && memchr(".,;:!?)", first.p[first.n - 1], 7))
		first.n--;
	path = first;
	host = slice_cut(&path, '/');
	host = slice_cut(&host, ':');
	return alone && is_host(host);
}
