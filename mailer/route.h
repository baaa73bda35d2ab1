#ifndef MAILER_ROUTE_H
#define MAILER_ROUTE_H

#include "conf/conf.h"
#include "mailer/sts.h"

/* By which way mail leaves for a domain: a relay, exchangers that the operator
 * names, or those of the DNS. */
struct route {
	const struct relay *relay; /* NULL: straight to the exchangers */
	const struct destination *destination;
	struct target *hops; /* to be tried in this order */
	size_t hops_n;
};

/* What finding a way asks. */
struct route_ask {
	const struct conf *conf;
	struct dns *dns;
	struct sts *sts;
	const struct brand *brand;
	struct slice domain; /* lower-case A-labels */
};

/* Finds the way for a brand and a domain, and what is demanded of each hop:
 * DANE where there are TLSA records, else MTA-STS, else what the configuration
 * says.  Owns: the arena.  Fails: RC_INVALID (the domain takes no mail),
 * RC_NOTFOUND (there is no such domain now), RC_AGAIN (DNS; or no exchanger may
 * be used, the text says which and why), RC_IO, RC_CONFIG (a relay's password
 * file; there is no such relay), RC_DENIED (its exchangers are at private
 * addresses, or this machine, and those are not allowed). Ref: RFC 5321 5.1,
 * RFC 7672 2.2, RFC 8461 2, 5. */
enum rc route_find(const struct route_ask *ask, struct arena *a,
		   struct route *out, struct err *e) MUST_USE;

/* What is counted together, and how fast it may be served. */
struct route_limits {
	int connections, per_minute, per_connection; /* 0: no limit */
};

#define ROUTE_HOP_MAX 320

/* The name under which connections, rate and back-off of a brand's mail to a
 * domain are counted: "relay/NAME"; for a brand that is not configured any
 * more "brand/NAME"; else the domain.  Limits: of the row "relay/NAME", or
 * those of relays; of the domain's row. */
void route_hop(const struct conf *conf, struct slice brand, struct slice domain,
	       char key[ROUTE_HOP_MAX], struct route_limits *limits);

/* "192.0.2.1:25" or "[2001:db8::1]:25". */
const char *route_address(const struct target *hop, struct arena *a);

#endif
