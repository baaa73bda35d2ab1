/*
 * 1. n <= max always; p is NULL exactly while cap is 0.
 * 2. cap is at least n + 1 once there is memory: the NUL of sbuf_z() fits.
 */
#include "base/sbuf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define CAP_FIRST 256

void
sbuf_init(struct sbuf *b, size_t max)
{
	*b = (struct sbuf){.max = max};
}

void
sbuf_fini(struct sbuf *b)
{
	free(b->p);
	*b = (struct sbuf){.max = b->max};
}

void
sbuf_reset(struct sbuf *b)
{
	b->n = 0;
	b->over = false;
}

void
sbuf_cut(struct sbuf *b, size_t n)
{
	if (n > b->n)
		die("cutting a buffer of %zu bytes to %zu", b->n, n);
	b->n = n;
	b->over = false;
}

static void
reserve(struct sbuf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : CAP_FIRST;

	if (n + 1 <= b->cap)
		return;
	while (cap < n + 1)
		cap = cap > b->max / 2 ? b->max + 1 : cap * 2;
	b->p = mem_grow(b->p, cap);
	b->cap = cap;
}

const char *
sbuf_z(struct sbuf *b)
{
	reserve(b, b->n);
	b->p[b->n] = '\0';
	return b->p;
}

char *
sbuf_room(struct sbuf *b, size_t n)
{
	if (b->over || n > b->max - b->n) {
		b->over = true;
		return NULL;
	}
	reserve(b, b->n + n);
	return b->p + b->n;
}

void
sbuf_add_z(struct sbuf *b, const char *z)
{
	sbuf_add(b, slice_z(z));
}

void
sbuf_add_int(struct sbuf *b, int64_t v)
{
	uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (v < 0)
		digits[--at] = '-';
	sbuf_add(b, slice_of(digits + at, sizeof(digits) - at));
}

void
sbuf_addf(struct sbuf *b, const char *fmt, ...)
{
	va_list ap, again;
	char *to;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		die("cannot format \"%s\"", fmt);
	to = sbuf_room(b, (size_t)n);
	if (to) {
		(void)vsnprintf(to, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

static const char *const html_entities[256] = {
    ['&'] = "&amp;",  ['<'] = "&lt;",	['>'] = "&gt;",
    ['"'] = "&quot;", ['\''] = "&#39;",
};

void
sbuf_add_html(struct sbuf *b, struct slice s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *entity = html_entities[(unsigned char)s.p[i]];

		if (entity) {
			sbuf_add(b, slice_of(s.p + from, i - from));
			sbuf_add_z(b, entity);
			from = i + 1;
		}
	}
	sbuf_add(b, slice_of(s.p + from, s.n - from));
}

/* Ref: RFC 3986, 2.3. */
static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void
sbuf_add_url(struct sbuf *b, struct slice s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		const char escape[] = {'%', hex[c >> 4], hex[c & 15]};

		if (is_unreserved(s.p[i]))
			sbuf_add_c(b, s.p[i]);
		else
			sbuf_add(b, slice_of(escape, sizeof(escape)));
	}
}

static void
add_json_ascii(struct sbuf *b, char c)
{
	static const char names[256] = {
	    ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
	    ['\n'] = 'n', ['\r'] = 'r',	 ['\t'] = 't',
	};
	char name = names[(unsigned char)c];

	if (name) {
		sbuf_add_c(b, '\\');
		sbuf_add_c(b, name);
	} else if ((unsigned char)c < 0x20 || c == 0x7f) {
		sbuf_addf(b, "\\u%04x", (unsigned)c);
	} else {
		sbuf_add_c(b, c);
	}
}

void
sbuf_add_json(struct sbuf *b, struct slice s)
{
	sbuf_add_c(b, '"');
	while (s.n) {
		size_t length = s.p[0] ? slice_utf8_next(s) : 1;

		if (length == 1)
			add_json_ascii(b, s.p[0]);
		else if (length == 0)
			sbuf_add_z(b, "\xef\xbf\xbd");
		else
			sbuf_add(b, slice_of(s.p, length));
		s = slice_skip(s, length ? length : 1);
	}
	sbuf_add_c(b, '"');
}

void
sbuf_add_header(struct sbuf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			b->over = true;
	sbuf_add(b, s);
}
