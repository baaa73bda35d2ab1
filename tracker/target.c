#include "tracker/target.h"

static bool
printable(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f || c == '#')
			return false;
	}
	return true;
}

/* What comes behind the authority of the absolute form. */
static bool
authority_skip(struct slice *rest)
{
	static const struct slice schemes[] = {SLICE_INIT("http://"),
					       SLICE_INIT("https://")};
	struct slice s = *rest;
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		if (s.n > schemes[i].n &&
		    slice_ieq(slice_of(s.p, schemes[i].n), schemes[i])) {
			s = slice_skip(s, schemes[i].n);
			while (n < s.n && s.p[n] != '/' && s.p[n] != '?')
				n++;
			*rest = slice_skip(s, n);
			return n > 0;
		}
	return s.n > 0 && s.p[0] == '/';
}

bool
target_split(struct slice target, struct slice *path, struct slice *query)
{
	struct slice rest = target;

	if (!printable(target) || !authority_skip(&rest))
		return false;
	*path = slice_cut(&rest, '?');
	if (path->n == 0)
		*path = SLICE("/");
	*query = rest;
	return true;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
text_fits(struct slice s, enum target_text kind)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (kind != TARGET_LINE &&
		    (c == '\t' || c == '\r' || c == '\n'))
			continue;
		if (c < ' ' || c == 0x7f)
			return false;
	}
	return slice_utf8(s);
}

/* An answer is not lost for a character that came along from elsewhere. */
struct slice
target_mended(struct slice in, struct arena *a)
{
	char *p = arena_alloc(a, in.n * 3 + 1);
	size_t n = 0;

	while (in.n > 0) {
		size_t len = slice_utf8_next(in);

		if (len == 0 && in.p[0] != 0) {
			memcpy(p + n, "\xef\xbf\xbd", 3);
			n += 3;
		} else if (!text_fits(slice_of(in.p, len ? len : 1),
				      TARGET_TEXT)) {
			p[n++] = ' ';
		} else {
			memcpy(p + n, in.p, len);
			n += len;
		}
		in = slice_skip(in, len ? len : 1);
	}
	return slice_of(p, n);
}

static bool
text_take(enum target_text kind, struct arena *a, struct slice *text)
{
	bool fits = text_fits(*text, kind);

	if (!fits && kind == TARGET_TYPED)
		*text = target_mended(*text, a);
	return fits || kind == TARGET_TYPED;
}

static bool
decode(struct slice in, bool plus, enum target_text kind, struct arena *a,
       struct slice *out)
{
	char *p;
	size_t n = 0;

	if (slice_find_c(in, '%') < 0 &&
	    !(plus && slice_find_c(in, '+') >= 0)) {
		*out = in;
		return text_take(kind, a, out);
	}
	p = arena_alloc(a, in.n + 1);
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (c == '%') {
			int hi = i + 2 < in.n ? hex_value(in.p[i + 1]) : -1;
			int lo = i + 2 < in.n ? hex_value(in.p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return false;
			c = (char)(hi << 4 | lo);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		p[n++] = c;
	}
	*out = slice_of(p, n);
	return text_take(kind, a, out);
}

bool
target_decode(struct slice in, enum target_text kind, struct arena *a,
	      struct slice *out)
{
	return decode(in, false, kind, a, out);
}

bool
target_fields(struct slice in, enum target_text kind, struct arena *a,
	      const struct http_field **out, size_t *n)
{
	struct http_field found[TARGET_FIELDS_MAX];
	struct http_field *copy;
	size_t count = 0;

	while (in.n > 0) {
		struct slice value = slice_cut(&in, '&');
		struct slice name = slice_cut(&value, '=');

		if (name.n == 0 && value.n == 0)
			continue;
		if (count == TARGET_FIELDS_MAX ||
		    !decode(name, true, kind, a, &found[count].name) ||
		    !decode(value, true, kind, a, &found[count].value))
			return false;
		if (!found[count].value.p)
			found[count].value = SLICE("");
		count++;
	}
	copy = ARENA_ARRAY(a, struct http_field, count ? count : 1);
	if (count)
		memcpy(copy, found, count * sizeof(found[0]));
	*out = copy;
	*n = count;
	return true;
}
