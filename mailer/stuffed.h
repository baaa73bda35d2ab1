#ifndef MAILER_STUFFED_H
#define MAILER_STUFFED_H

#include "base/slice.h"

/* A message as DATA carries it, dots stuffed, checked against the one that was
 * meant as it comes by in pieces.  Ref: RFC 5321 4.5.2. */

enum stuffed_state {
	STUFFED_OFF,  /* nothing is expected */
	STUFFED_LINE, /* at the start of a line */
	STUFFED_TEXT,
	STUFFED_DOT,	/* after a dot at the start of a line */
	STUFFED_DOT_CR, /* after that and a CR */
};

struct stuffed {
	struct slice message; /* CRLF lines */
	size_t at;	      /* how much of it came by */
	enum stuffed_state state;
};

enum stuffed_sort {
	STUFFED_HOLD,  /* more must come before it is known what it is */
	STUFFED_PASS,  /* these bytes */
	STUFFED_STUFF, /* a dot, and these bytes */
	STUFFED_END,   /* the final dot, with its CRLF, after all of it */
	STUFFED_EARLY, /* the final dot, and not all of it came */
	STUFFED_WRONG, /* not the message */
};

/* Takes a piece of what comes: *n bytes at the most, of which *n were looked at
 * afterwards. */
enum stuffed_sort stuffed_take(struct stuffed *s, const char *p, size_t *n);

/* How much of p, which begins a line, comes before the next line that begins
 * with a dot. */
size_t stuffed_until_dot(const char *p, size_t n);

#endif
