#ifndef TRACKER_ADDR_H
#define TRACKER_ADDR_H

#include "base/err.h"
#include "base/slice.h"

#define ADDR_TEXT 46 /* the longest IPv6 text and a NUL */

/* An address of the network: IPv6, or IPv4 as ::ffff:a.b.c.d.  All zero where
 * there is none. */
struct addr {
	uint8_t b[16];
};

/* Parses "192.0.2.1", "2001:db8::1" or "[2001:db8::1]", without a port. */
bool addr_parse(struct slice s, struct addr *out);

/* IPv4 comes out dotted; the empty address as "-". */
void addr_format(struct addr a, char out[ADDR_TEXT]);
bool addr_eq(struct addr a, struct addr b);
bool addr_is_v4(struct addr a);

/* Same network: the first 24 bits of IPv4, 48 of IPv6. */
bool addr_same_net(struct addr a, struct addr b);

/* Parses "192.0.2.0/24", "2001:db8::/32" or one address; bits: of the prefix,
 * of 128.  Bits past the prefix must be 0.  Fails: RC_INVALID. */
enum rc addr_range_parse(struct slice range, struct addr *out, unsigned *bits,
			 struct err *e) MUST_USE;

/* Ranges with a number each, in a prefix tree: the longest range wins. */
struct addr_set;
struct addr_set *addr_set_new(void);
void addr_set_free(struct addr_set *s);

/* Adds a range.  value: 1 to INT_MAX; the last one given for a range stays.
 * Fails: RC_INVALID. */
enum rc addr_set_add(struct addr_set *s, struct slice range, int value,
		     struct err *e) MUST_USE;

/* The value of the longest range that holds a, or 0.  Thread: any, while
 * nothing is added. */
int addr_set_find(const struct addr_set *s, struct addr a);

/* True when a range holds any address that begins as the first bits of a. */
bool addr_set_touches(const struct addr_set *s, struct addr a, unsigned bits);

#endif
