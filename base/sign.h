#ifndef BASE_SIGN_H
#define BASE_SIGN_H

#include "base/sbuf.h"

/* A private key: RSA (DKIM, certificates) or Ed25519 (checkpoints, DKIM). */
struct sign_key;

enum sign_kind { SIGN_RSA, SIGN_ED25519 };

/* Reads a PEM private key (PKCS #8).  Fails: RC_IO, RC_INVALID (not a key, RSA
 * under 2,048 bits, or another kind).  Owns: the caller, sign_key_free(). */
enum rc sign_key_load(const char *path, struct sign_key **out,
		      struct err *e) MUST_USE;

/* Makes a key (RSA of 2,048 bits) and writes it as PEM, mode 0600, to a path
 * that must not exist.  Fails: RC_IO, RC_STATE (exists). */
enum rc sign_key_create(const char *path, enum sign_kind kind,
			struct err *e) MUST_USE;
void sign_key_free(struct sign_key *k);
enum sign_kind sign_key_kind(const struct sign_key *k);

/* Adds the signature to out: RSASSA-PKCS1-v1_5 with SHA-256 over data for RSA,
 * pure Ed25519 over data.  Thread: any, also at once. */
enum rc sign(struct sign_key *k, struct slice data, struct sbuf *out,
	     struct err *e) MUST_USE;

/* Adds the public key as DNS has it (p= of DKIM, before base64): DER
 * SubjectPublicKeyInfo for RSA, 32 bytes for Ed25519. */
void sign_key_public(const struct sign_key *k, struct sbuf *out);

#endif
