#ifndef MAILER_TLS_H
#define MAILER_TLS_H

#include <openssl/ssl.h>

#include "base/err.h"
#include "mailer/outcome.h"
#include "mailer/target.h"

/* TLS towards mail servers: what to demand of a peer, and what it showed. */

/* Reads trust anchors from a PEM file, or the system's where it is NULL.  TLS
 * 1.2 at the least.  Fails: RC_IO, RC_INVALID.
 * Owns: the caller, SSL_CTX_free(). */
enum rc tls_context(const char *ca_file, SSL_CTX **out, struct err *e) MUST_USE;

/* A client of the target on a connected, non-blocking socket: SNI, the name to
 * verify, TLSA records.  NULL when the library fails.
 * Owns: the caller, SSL_free().  Ref: RFC 8446, RFC 7672. */
SSL *tls_client(SSL_CTX *ctx, const struct target *to, int fd);

/* Why a handshake failed.  Owns: the library, or static. */
const char *tls_reason(const SSL *ssl);

/* Fills f from a finished handshake; f->chain must be initialised. */
void tls_facts_fill(struct tls_facts *f, SSL *ssl, const struct target *to);

/* Adds by which policy it went, and what a policy in testing has against it;
 * without TLS too. */
void tls_facts_judge(struct tls_facts *f, const struct target *to);

#endif
