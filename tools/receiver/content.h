#ifndef RECEIVER_CONTENT_H
#define RECEIVER_CONTENT_H

#include "base/sbuf.h"

/* The content of a message as it comes in: DATA's lines without their dots, or
 * BDAT's bytes as they are. */
struct content {
	struct sbuf bytes;
	uint64_t n; /* bytes of content so far, those past the bound too */
	int line;   /* where in a line DATA is, content.c */
	bool done;  /* the final dot came */
};

/* What tests ask of a content's form. */
struct content_form {
	uint64_t bare_cr, bare_lf;
	size_t longest_line; /* without its CRLF */
	bool eight_bit, nul;
	struct slice evidence_ref; /* X-Evidence-Ref; empty: none */
	struct slice message_id;
};

/* Keeps at most max bytes; more are counted, and sbuf_ok() of bytes is false.
 */
void content_init(struct content *c, size_t max);
void content_fini(struct content *c);

/* Ready for the next message; gives large memory back. */
void content_reset(struct content *c);

/* Takes DATA's bytes up to the final "<CRLF>.<CRLF>", which ends it alone
 * (never a bare LF), and returns how many of in it used.  Ref: RFC 5321 4.5.2,
 * 4.1.1.4: the CRLF before the dot belongs to the content. */
size_t content_take_data(struct content *c, struct slice in);

/* Takes bytes of a BDAT chunk. */
void content_take_chunk(struct content *c, struct slice in);

/* Looks at the whole content.  Owns: the slices borrow from it. */
void content_examine(struct slice content, struct content_form *out);

#endif
