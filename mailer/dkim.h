#ifndef MAILER_DKIM_H
#define MAILER_DKIM_H

#include "base/err.h"
#include "base/sign.h"

/* Signatures of messages: rsa-sha256 and ed25519-sha256, relaxed/relaxed, the
 * whole body.  Ref: RFC 6376, RFC 8463, RFC 8301. */

#define DKIM_KEYS_MAX 4

struct dkim_key {
	const char *domain, *selector;
	struct sign_key *key;
};

/* Adds a DKIM-Signature for each of the n keys (the first on top), and the
 * message behind them.  From and the X-Evidence headers are signed once more
 * than they are there, so that none can be added.
 * message: complete, CRLF lines.  rewrites: enum relay_rewrites of conf/;
 * those headers are left out.
 * Fails: RC_INVALID (not a message, over DKIM_KEYS_MAX), RC_LIMIT (out is
 * full), RC_IO (the library).  Thread: any. */
enum rc dkim_sign(struct slice message, const struct dkim_key *keys, size_t n,
		  uint32_t rewrites, int64_t now_us, struct sbuf *out,
		  struct err *e) MUST_USE;

/* What is behind the signatures that dkim_sign() put on top of a message: all
 * of it where there is none.  *covers: those of enum relay_rewrites whose
 * headers they sign. */
struct slice dkim_behind(struct slice message, uint32_t *covers);

/* Adds a key's DNS record as a line of a zone file, in strings of at most 255
 * bytes: "s1._domainkey.example. IN TXT ( "v=DKIM1; ..." "..." )". */
void dkim_dns_record(const struct dkim_key *key, struct sbuf *out);

/* Adds the record's text alone, as a resolver would join it. */
void dkim_dns_text(const struct dkim_key *key, struct sbuf *out);

#endif
