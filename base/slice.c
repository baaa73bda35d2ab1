#include "base/slice.h"

#include "base/eight.h"

int
slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	return d ? d : (a.n > b.n) - (a.n < b.n);
}

static unsigned char
fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool
slice_ieq(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

bool
slice_starts(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && slice_eq(slice_of(s.p, prefix.n), prefix);
}

bool
slice_ends(struct slice s, struct slice suffix)
{
	return s.n >= suffix.n &&
	       slice_eq(slice_skip(s, s.n - suffix.n), suffix);
}

ptrdiff_t
slice_find(struct slice s, struct slice needle)
{
	const char *at;

	if (needle.n <= 1)
		return needle.n ? slice_find_c(s, needle.p[0]) : 0;
	at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return at ? at - s.p : -1;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice
slice_trim(struct slice s)
{
	while (s.n && is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct slice
slice_cut(struct slice *rest, char sep)
{
	struct slice part = *rest;
	ptrdiff_t at = slice_find_c(part, sep);

	if (at < 0) {
		*rest = (struct slice){NULL, 0};
		return part;
	}
	part.n = (size_t)at;
	rest->p += at + 1;
	rest->n -= (size_t)at + 1;
	return part;
}

bool
slice_int(struct slice s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = s.n && s.p[0] == '-';
	int64_t v = 0;

	s = negative ? slice_skip(s, 1) : s;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int digit = s.p[i] - '0';

		if (digit < 0 || digit > 9 ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, negative ? -digit : digit, &v))
			return false;
	}
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

/* Length of the well-formed sequence at p, 0 where there is none.  The bounds
 * of the second byte rule out overlong forms, surrogates and what lies past
 * U+10FFFF.  Ref: Unicode, table 3-7. */
static size_t
utf8_length(const unsigned char *p, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (p[0] < 0x80)
		return p[0] ? 1 : 0;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		length = 2;
	else if ((p[0] & 0xf0) == 0xe0)
		length = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		length = 4;
	else
		return 0;
	low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : low;
	high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : high;
	if (n < length || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

size_t
slice_utf8_next(struct slice s)
{
	return s.n ? utf8_length((const unsigned char *)s.p, s.n) : 0;
}

/* Bytes of ASCII without NUL that s begins with, but for some of the last. */
static size_t
ascii_length(struct slice s)
{
	size_t n = 0;

	for (; s.n - n >= 8; n += 8) {
		uint64_t w = eight_load(s.p + n);
		uint64_t odd = eight_high(w) | eight_below(w, 1);

		if (odd)
			return n + eight_first(odd);
	}
	return n;
}

bool
slice_utf8(struct slice s)
{
	while (s.n) {
		size_t length = ascii_length(s);

		if (length == 0)
			length = slice_utf8_next(s);

		if (length == 0)
			return false;
		s = slice_skip(s, length);
	}
	return true;
}

bool
slice_has_control(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}
