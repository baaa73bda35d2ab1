#ifndef STORE_API_KEY_H
#define STORE_API_KEY_H

#include "base/arena.h"
#include "store/db.h"

/* API keys, stored as SHA-256; scopes: bits of enum api_scope. */
enum api_scope { SCOPE_SEND = 1, SCOPE_READ = 2, SCOPE_ADMIN = 4 };
struct api_key {
	int64_t id;
	struct slice name;
	uint32_t scopes;
	int64_t created_us, revoked_us;
	uint8_t hash[32]; /* as read; api_key_insert() takes its own */
};
enum rc api_key_insert(struct db *db, const struct api_key *k,
		       const uint8_t hash[32], struct err *e) MUST_USE;
enum rc api_key_list(struct db *db, struct arena *a, struct api_key **out,
		     size_t *n, struct err *e) MUST_USE;

/* Fails: RC_NOTFOUND when no live key has that name. */
enum rc api_key_revoke(struct db *db, struct slice name, int64_t now_us,
		       struct err *e) MUST_USE;

#endif
