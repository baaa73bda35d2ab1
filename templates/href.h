#ifndef TEMPLATES_HREF_H
#define TEMPLATES_HREF_H

#include "base/sbuf.h"

/* Adds what a browser makes of an attribute's value: references decoded, white
 * space at the ends and line breaks taken out.  False when we cannot be sure
 * what that is (a named reference that is not of the old ones, a number that
 * browsers remap); out is then as it was.  Ref: HTML, 13.2.5.73 and on. */
bool href_decode(struct slice raw, struct sbuf *out);

/* The scheme's part before ':' is one of http and https. */
bool href_is_web(struct slice url);

/* Cuts the host out of a web URL, without port; empty when the URL has user
 * information, no host, or a host with characters that hosts do not have. */
struct slice href_host(struct slice url);

/* Adds a web URL in ASCII, which leads where it did: its host in A-labels, all
 * else past ASCII percent-encoded.  False: its host has no such form.
 * Ref: RFC 3987 3.1 */
bool href_ascii(struct slice url, struct sbuf *out);

/* True when text reads as an address: "www.example.com", "https://…",
 * "example.com/pay". */
bool href_text_is_address(struct slice text);

#endif
