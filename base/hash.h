#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/err.h"
#include "base/slice.h"

#define SHA256_SIZE 32

/* SHA-256 of the parts, one after the other. */
void sha256(const struct slice *parts, size_t n, uint8_t out[SHA256_SIZE]);
void sha256_of(struct slice s, uint8_t out[SHA256_SIZE]);

/* HMAC-SHA-256 of the parts, one after the other. */
void hmac_sha256(struct slice key, const struct slice *parts, size_t n,
		 uint8_t out[SHA256_SIZE]);

/* Compares in time that does not depend on where they differ. */
bool secret_eq(const void *a, const void *b, size_t n);

/* Clears memory in a way that compilers keep. */
void secret_wipe(void *p, size_t n);

#endif
