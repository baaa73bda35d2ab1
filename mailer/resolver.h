#ifndef MAILER_RESOLVER_H
#define MAILER_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>
#include <unbound.h>

#include "base/err.h"

/* Questions to the DNS, answered by libunbound on a thread of its own within a
 * time that the asker sets. */
struct resolver;

struct resolver_config {
	const char *resolv_conf;  /* NULL: the system's */
	const char *trust_anchor; /* file of the root's DNSKEY or DS; NULL:
				   * Debian's, where it is installed */
	const char *forward; /* "127.0.0.1@5300", in their place; NULL: none */
};

/* resolv.conf is read again when it changes.
 * Owns: the caller, resolver_free().  Fails: RC_IO. */
enum rc resolver_new(const struct resolver_config *c, struct resolver **out,
		     struct err *e) MUST_USE;
void resolver_free(struct resolver *r);

/* Answers all who wait, now and later, with RC_AGAIN.  Thread: any. */
void resolver_stop(struct resolver *r);
bool resolver_stopped(const struct resolver *r);

enum {
	RESOLVER_A = 1,
	RESOLVER_MX = 15,
	RESOLVER_TXT = 16,
	RESOLVER_AAAA = 28,
	RESOLVER_TLSA = 52,
};

struct answer {
	struct ub_result *r; /* NULL where there are no data */
	bool exists;	     /* the name itself */
	bool secure;	     /* signed (DNSSEC), data or their absence */
};

/* Asks, and waits until clock_mono_us() says until_us.
 * Owns: the caller, answer_fini(), where it is RC_OK.
 * Fails: RC_NOTFOUND (no such record: out says what else is known), RC_AGAIN
 * (no answer, a server's failure, or a bogus one; the text says which).
 * Thread: any. */
enum rc resolver_ask(struct resolver *r, const char *name, int type,
		     int64_t until_us, struct answer *out,
		     struct err *e) MUST_USE;
void answer_fini(struct answer *a);

#endif
