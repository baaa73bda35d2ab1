#ifndef API_KEYS_H
#define API_KEYS_H

#include "store/api_key.h"

/* Who asks: an API key, or our own user by the Unix socket. */
struct caller {
	struct slice name;
	uint32_t scopes; /* enum api_scope */
};

extern const struct caller caller_socket;

/* All live keys as of one moment, so that a loop knows a caller without the
 * store.  Immutable; a change makes another. */
struct keys;

/* Reads them.  Owns: the caller, keys_free().  Thread: that of db. */
enum rc keys_load(struct db *db, struct keys **out, struct err *e) MUST_USE;
void keys_free(struct keys *k);

/* Whose secret it is; NULL for nobody's.  Compares hashes, each in the same
 * time.  Owns: k. */
const struct caller *keys_find(const struct keys *k, struct slice secret);

/* A list of those replaced, freed with the last. */
void keys_chain(struct keys *newest, struct keys *before);

/* Adds a new secret ("acuse_" and 32 characters); its hash is what is stored.
 */
void keys_mint(struct sbuf *secret, uint8_t hash[32]);

/* "send", "read", "admin"; 0 for another name. */
uint32_t keys_scope(const char *name);

#endif
