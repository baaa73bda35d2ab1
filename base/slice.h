#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes.  p may be NULL only where n is 0. */
struct slice {
	const char *p;
	size_t n;
};

#define SLICE(lit) ((struct slice){"" lit, sizeof(lit) - 1})

/* The same in a static table. */
#define SLICE_INIT(lit)                                                        \
	{                                                                      \
		"" lit, sizeof(lit) - 1                                        \
	}

/* Printf arguments for "%.*s". */
#define SLICE_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* n bytes at p, borrowed. */
static inline struct slice
slice_of(const void *p, size_t n)
{
	return (struct slice){(const char *)p, n};
}

/* A C string as a slice; NULL gives the empty one. */
static inline struct slice
slice_z(const char *z)
{
	return (struct slice){z ? z : "", z ? strlen(z) : 0};
}

/* Equal bytes. */
static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Equal to a C string; NULL counts as empty. */
static inline bool
slice_eq_z(struct slice a, const char *z)
{
	return slice_eq(a, slice_z(z));
}

/* Order by bytes, as memcmp then length: <0, 0 or >0. */
int slice_cmp(struct slice a, struct slice b);

/* Equal when ASCII letters are folded. */
bool slice_ieq(struct slice a, struct slice b);

/* True when s begins with prefix. */
bool slice_starts(struct slice s, struct slice prefix);

/* True when s ends with suffix. */
bool slice_ends(struct slice s, struct slice suffix);

/* Index of c in s; -1 when absent. */
static inline ptrdiff_t
slice_find_c(struct slice s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

/* Index of needle in s; -1 when absent. */
ptrdiff_t slice_find(struct slice s, struct slice needle);

/* s without its first n bytes; empty when it has fewer. */
static inline struct slice
slice_skip(struct slice s, size_t n)
{
	return n < s.n ? slice_of(s.p + n, s.n - n) : slice_of("", 0);
}

/* s without ASCII space, tab, CR and LF at its ends. */
struct slice slice_trim(struct slice s);

/* Cuts the part before sep off *rest and returns it; the separator goes.
 * Without one it returns all and leaves *rest empty with p NULL. */
struct slice slice_cut(struct slice *rest, char sep);

/* Parses all of s as a decimal integer within [min, max]. */
bool slice_int(struct slice s, int64_t min, int64_t max, int64_t *out);

/* Bytes of the well-formed UTF-8 character that s starts with; 0 where there is
 * none, or it is NUL. */
size_t slice_utf8_next(struct slice s);

/* True when s is well-formed UTF-8 without NUL. */
bool slice_utf8(struct slice s);

/* True when s holds a C0 control character or DEL. */
bool slice_has_control(struct slice s);

#endif
