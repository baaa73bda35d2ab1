#ifndef BASE_REF_H
#define BASE_REF_H

#include "base/err.h"
#include "base/slice.h"

#define REF_HEX 33 /* 32 lower-case hex digits and a NUL */

/* A random reference of a subject of the ledger: message (its mref), notice,
 * customer, invoice, or the ledger itself. */
struct ref {
	uint8_t b[16];
};

/* Fresh bytes from the system's generator; dies if there are none. */
void random_bytes(void *p, size_t n);
struct ref ref_new(void);
bool ref_eq(struct ref a, struct ref b);
void ref_hex(struct ref r, char out[REF_HEX]);

/* 32 hex digits, lower case alone. */
bool ref_parse(struct slice s, struct ref *out);

#endif
