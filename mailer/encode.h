#ifndef MAILER_ENCODE_H
#define MAILER_ENCODE_H

#include "base/sbuf.h"

/* Content as mail carries it, in CRLF lines. */

/* Text as quoted-printable; each LF or CRLF in it is a line's end, and there
 * is one at the end.  Dots and "From " at the start of a line are encoded too,
 * so that nothing on the way has to touch them.  Ref: RFC 2045 6.7. */
void encode_qp(struct slice text, struct sbuf *out);

/* Bytes as base64 in lines of 76.  Ref: RFC 2045 6.8. */
void encode_base64(struct slice bytes, struct sbuf *out);

/* Text as base64 of its canonical form (CRLF). */
void encode_base64_text(struct slice text, struct sbuf *out);

/* True when quoted-printable would be the longer of the two. */
bool encode_prefers_base64(struct slice text);

#endif
