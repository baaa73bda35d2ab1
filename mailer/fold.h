#ifndef MAILER_FOLD_H
#define MAILER_FOLD_H

#include "base/sbuf.h"

/* One header as it grows, folded at 78 characters.  What it is given is UTF-8
 * without control characters: its caller has checked. */
struct fold {
	struct sbuf *out;
	size_t col; /* length of the last line */
};

/* "Name:", a new header. */
void fold_begin(struct fold *f, struct sbuf *out, const char *name);

/* A space and what may not be broken, on a new line where it does not fit. */
void fold_token(struct fold *f, struct slice token);

/* Unstructured text: words, and encoded words where it must be.
 * Ref: RFC 5322 2.2.1, RFC 2047 5 (1). */
void fold_text(struct fold *f, struct slice text);

/* A phrase, as before an address: atoms, a quoted string, or encoded words.
 * Ref: RFC 5322 3.2.5, RFC 2047 5 (3). */
void fold_phrase(struct fold *f, struct slice phrase);

/* "; name=value" in the form that value needs.  Ref: RFC 2231. */
void fold_parameter(struct fold *f, const char *name, struct slice value);

/* Ends the header's last line. */
void fold_end(struct fold *f);

#endif
