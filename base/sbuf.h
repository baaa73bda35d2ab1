#ifndef BASE_SBUF_H
#define BASE_SBUF_H

#include "base/err.h"
#include "base/slice.h"

/* A growing buffer up to a cap.  Overflow is sticky: later adds do nothing,
 * and sbuf_ok() says so once at the end. */
struct sbuf {
	char *p;
	size_t n, cap, max;
	bool over;
};

/* Starts empty; never grows past max bytes.  Nothing is allocated yet. */
void sbuf_init(struct sbuf *b, size_t max);
void sbuf_fini(struct sbuf *b);

/* Empties it and keeps the memory. */
void sbuf_reset(struct sbuf *b);

/* Cuts back to n bytes (n at most b->n) and forgets an overflow. */
void sbuf_cut(struct sbuf *b, size_t n);

/* False after an overflow, or after something that an escaping add refused. */
static inline bool
sbuf_ok(const struct sbuf *b)
{
	return !b->over;
}

/* The content.  Owns: the buffer; valid until the next add. */
static inline struct slice
sbuf_slice(const struct sbuf *b)
{
	return (struct slice){b->p ? b->p : "", b->n};
}

/* The content with a NUL behind it (not counted in n).
 * Owns: the buffer; valid until the next add. */
const char *sbuf_z(struct sbuf *b);

/* Makes room for n more bytes and returns where they go; NULL on overflow.
 * The caller writes up to n and adds what it wrote to b->n. */
char *sbuf_room(struct sbuf *b, size_t n);

/* Adds bytes as they are. */
static inline void
sbuf_add(struct sbuf *b, struct slice s)
{
	bool fits = s.n < b->cap - b->n && s.n <= b->max - b->n && !b->over;
	char *to = fits ? b->p + b->n : sbuf_room(b, s.n);

	if (to && s.n) {
		memcpy(to, s.p, s.n);
		b->n += s.n;
	}
}

/* Adds a C string as it is; NULL adds nothing. */
void sbuf_add_z(struct sbuf *b, const char *z);

/* Adds one byte. */
static inline void
sbuf_add_c(struct sbuf *b, char c)
{
	sbuf_add(b, slice_of(&c, 1));
}

/* Adds a number in decimal. */
void sbuf_add_int(struct sbuf *b, int64_t v);

/* Adds formatted text, as printf() would print it. */
void sbuf_addf(struct sbuf *b, const char *fmt, ...) PRINTF(2, 3);

/* HTML text or quoted attribute: & < > " ' as references. */
void sbuf_add_html(struct sbuf *b, struct slice s);

/* One URL component: everything but unreserved characters as %XX. */
void sbuf_add_url(struct sbuf *b, struct slice s);

/* A JSON string with its quotes; bad UTF-8 becomes U+FFFD. */
void sbuf_add_json(struct sbuf *b, struct slice s);

/* Part of a mail or HTTP header: CR, LF or NUL makes the buffer not ok. */
void sbuf_add_header(struct sbuf *b, struct slice s);

#endif
