#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include "base/sbuf.h"

/* Encoders add to out; decoders refuse anything not canonical (stray bits,
 * padding where there is none, characters of another alphabet) and return
 * false, leaving out as it was.  Ref: RFC 4648. */
void hex_encode(struct slice in, struct sbuf *out);
bool hex_decode(struct slice in, uint8_t *out, size_t n);
void base64_encode(struct slice in, struct sbuf *out);
bool base64_decode(struct slice in, struct sbuf *out);
void base64url_encode(struct slice in, struct sbuf *out); /* no padding */
bool base64url_decode(struct slice in, struct sbuf *out);
void base32_encode(struct slice in, struct sbuf *out); /* lower, no padding */
bool base32_decode(struct slice in, struct sbuf *out); /* any case */

#endif
