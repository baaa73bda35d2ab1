#ifndef MAILER_SENT_H
#define MAILER_SENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ref.h"
#include "base/slice.h"

/* A message as people see it, from its exact bytes. */
struct sent {
	struct slice html; /* UTF-8; empty: it has text alone */
	struct slice text;
	const struct slice *attachments; /* names of files */
	size_t attachments_n;
};

/* Reads a message: the HTML that a mail program would show, pictures within
 * the message turned into data:, and the plain text.
 * Owns: the arena.  Fails: RC_INVALID (no message, or nothing to show),
 * RC_LIMIT (larger than a page may be). */
enum rc sent_read(struct slice bytes, struct arena *a, struct sent *out,
		  struct err *e) MUST_USE;

/* The HTML without the <img> tags that are pixels: whose address begins with
 * prefix (the brand's "https://notices.example.com/o/"), or has the path of a
 * pixel of this message, or of nobody, on any host: the brand may have had
 * another when it was sent. */
struct slice sent_without_pixel(struct slice html, struct slice prefix,
				struct ref mref, struct arena *a);

#endif
