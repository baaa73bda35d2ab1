#ifndef MAILER_REPLY_H
#define MAILER_REPLY_H

#include "base/slice.h"

/* Replies of SMTP servers: lines of a code, "-" or " ", text, CRLF.
 * Ref: RFC 5321 4.2. */

#define REPLY_MAX 8192 /* bytes of a whole one */

/* Bytes of the whole reply that in starts with; 0 while more is needed; -1
 * when no reply starts so, or it would be longer than REPLY_MAX. */
ptrdiff_t reply_scan(struct slice in);

/* The three digits of a whole reply. */
int reply_code(struct slice reply);

/* Cuts the next line off *rest and gives its text, without code and CRLF;
 * false when there is none left. */
bool reply_line(struct slice *rest, struct slice *text);

/* The enhanced code at the start of the text.  False, and zeros, when there is
 * none, or its class is not that of the code.  Ref: RFC 2034, RFC 3463. */
bool reply_enhanced(struct slice reply, int out[3]);

/* True when a reply to EHLO offers the keyword; *param is what follows it, or
 * empty.  param may be NULL. */
bool reply_offers(struct slice ehlo, struct slice word, struct slice *param);

/* The queue id that common servers tell in their final 250; else empty. */
struct slice reply_queue_id(struct slice reply);

#endif
