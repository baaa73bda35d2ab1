#ifndef MAILER_ROUTE_H
#define MAILER_ROUTE_H

#include "conf/conf.h"
#include "mailer/dns.h"

/* By which way mail leaves for a domain: a relay, exchangers that the operator
 * names, or those of the DNS. */
struct route {
	const struct relay *relay; /* NULL: straight to the exchangers */
	const struct destination *destination;
	struct target *hops; /* to be tried in this order */
	size_t hops_n;
};

/* Finds the way for a brand and a domain (lower-case A-labels).
 * Owns: the arena.  Fails: RC_INVALID (the domain takes no mail), RC_AGAIN
 * (DNS), RC_IO (a relay's password file), RC_DENIED (its exchangers are at
 * private addresses, and those are not allowed). */
enum rc route_find(const struct conf *conf, struct dns *dns,
		   const struct brand *brand, struct slice domain,
		   struct arena *a, struct route *out, struct err *e) MUST_USE;

/* "192.0.2.1:25" or "[2001:db8::1]:25". */
const char *route_address(const struct target *hop, struct arena *a);

#endif
