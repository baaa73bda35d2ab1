#ifndef MAILER_MIME_H
#define MAILER_MIME_H

#include "base/err.h"
#include "base/ref.h"
#include "base/sbuf.h"

/* The writer of messages: the same input gives the same bytes.  All texts are
 * UTF-8.  Ref: RFC 5322, 2045 to 2049, 2231, 2387, 8058. */

#define MIME_SUBJECT_MAX 998
#define MIME_NAME_MAX 512 /* of people and files, bytes */

struct mime_mailbox {
	struct slice name; /* of a person or firm; may be empty */
	struct slice address;
};

struct mime_part {
	struct slice type; /* "application/pdf" */
	struct slice name; /* file name; may be empty */
	struct slice content;
	struct slice content_id; /* "logo@host": shown in the HTML by cid: ;
				  * empty: attached */
};

struct mime {
	struct ref mref;	 /* boundaries come from it */
	int64_t date_us;	 /* wall clock */
	struct slice message_id; /* "id@host", without angle brackets */
	struct mime_mailbox from, to;
	struct mime_mailbox reply_to; /* address empty: no header */
	struct slice subject;
	struct slice language;	  /* Content-Language; may be empty */
	struct slice feedback_id; /* "step:class:brand"; may be empty */
	struct slice evidence_ref, evidence_checkpoint; /* empty: no header */
	struct slice unsubscribe_url; /* one click; empty on mandatory mail */
	struct slice text, html;      /* html empty: text alone */
	const struct mime_part *parts;
	size_t parts_n;
};

/* Adds the whole message: CRLF lines of at most 998 bytes, headers folded at
 * 78, 7-bit unless an address has non-ASCII bytes, no Return-Path, nor Bcc.
 * Fails: RC_INVALID, e->pointer names the field ("/subject"): control
 * characters, bad UTF-8 or length, not a mailbox; RC_LIMIT: out is full. */
enum rc mime_write(const struct mime *m, struct sbuf *out,
		   struct err *e) MUST_USE;

#endif
