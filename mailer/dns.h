#ifndef MAILER_DNS_H
#define MAILER_DNS_H

#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"
#include "mailer/target.h"

/* Finds a domain's mail exchangers: MX, then addresses, by libunbound. */
struct dns;

struct dns_config {
	const char *resolv_conf;  /* NULL: the system's */
	const char *trust_anchor; /* file of the root's DNSKEY or DS; NULL:
				   * Debian's, where it is installed */
	const char *forward;	  /* "127.0.0.1@5300", for tests; NULL */
	const char *hosts_file;	  /* NULL: none */
};

/* Owns: the caller, dns_free().  Fails: RC_IO. */
enum rc dns_new(const struct dns_config *c, struct dns **out,
		struct err *e) MUST_USE;
void dns_free(struct dns *d);

struct dns_exchanger {
	const char *host; /* A-labels, without the last dot */
	int preference;
	struct sockaddr_storage *addresses; /* port 25; IPv6 first */
	size_t addresses_n;
	bool secure; /* the answers were signed (DNSSEC) */
	const struct target_tlsa *tlsa;
	size_t tlsa_n;
};

/* The exchangers of a domain (A-labels), by preference, equal ones in random
 * order; without an MX the domain itself.  Owns: the arena.
 * Fails: RC_INVALID (null MX, or no such domain: no mail will ever go there),
 * RC_AGAIN (no answer, or a bogus one; the text says which).
 * Thread: any.  Ref: RFC 5321 5.1, RFC 7505, RFC 7672. */
enum rc dns_exchangers(struct dns *d, struct slice domain, struct arena *a,
		       struct dns_exchanger **out, size_t *n,
		       struct err *e) MUST_USE;

#endif
