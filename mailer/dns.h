#ifndef MAILER_DNS_H
#define MAILER_DNS_H

#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"
#include "mailer/target.h"

/* What mail has to ask of the DNS: exchangers with their addresses and TLSA
 * records, and texts.  Each call takes at most 20 s. */
struct dns;

struct dns_config {
	const char *resolv_conf;  /* NULL: the system's */
	const char *trust_anchor; /* file of the root's DNSKEY or DS; NULL:
				   * Debian's, where it is installed */
	const char *forward; /* "127.0.0.1@5300", in their place; NULL: none */
	uint16_t port;	     /* of exchangers; 0: 25 */
};

/* Owns: the caller, dns_free().  Fails: RC_IO. */
enum rc dns_new(const struct dns_config *c, struct dns **out,
		struct err *e) MUST_USE;
void dns_free(struct dns *d);

/* Answers all who wait, now and later, with RC_AGAIN.  Thread: any. */
void dns_stop(struct dns *d);
bool dns_stopped(const struct dns *d);

struct dns_exchanger {
	const char *host; /* A-labels, without the last dot */
	int preference;
	struct sockaddr_storage *addresses; /* IPv6 first */
	size_t addresses_n;
	const char *fault; /* why it cannot, or must not, be used now; NULL */
	bool secure;	   /* MX and addresses were signed (DNSSEC) */
	bool dane;	   /* it has TLSA records: never without TLS */
	const char *tlsa_base;		/* the name that they stand under */
	const struct target_tlsa *tlsa; /* those of a use that mail has */
	size_t tlsa_n;
};

/* The exchangers of a domain (A-labels), by preference, equal ones in random
 * order; without an MX the domain itself.  One whose addresses or TLSA records
 * cannot be told for sure now has a fault and no address.  Owns: the arena.
 * Fails: RC_INVALID (null MX: no mail will ever go there), RC_NOTFOUND (there
 * is no such domain, now; it may be one that was not renewed in time), RC_AGAIN
 * (no answer, or a bogus one; the text says which). Thread: any.  Ref: RFC
 * 5321 5.1, RFC 7505, RFC 7672 2.1, 2.2. */
enum rc dns_exchangers(struct dns *d, struct slice domain, struct arena *a,
		       struct dns_exchanger **out, size_t *n,
		       struct err *e) MUST_USE;

/* The texts of a name, each with its strings joined.  Owns: the arena.
 * Fails: RC_NOTFOUND, RC_AGAIN.  Thread: any. */
enum rc dns_texts(struct dns *d, const char *name, struct arena *a,
		  struct slice **out, size_t *n, struct err *e) MUST_USE;

/* The addresses of a host, port 0.  Owns: the arena.
 * Fails: RC_NOTFOUND (it has none), RC_AGAIN.  Thread: any. */
enum rc dns_addresses(struct dns *d, const char *host, struct arena *a,
		      struct sockaddr_storage **out, size_t *n,
		      struct err *e) MUST_USE;

#endif
