#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H

#include "base/arena.h"
#include "store/db.h"

/* Once-only keys.  hash: SHA-256 of the request's body. */
struct request_row {
	struct slice key, answer;
	uint8_t hash[32];
	int status;
};
enum rc request_get(struct db *db, struct slice key, struct arena *a,
		    struct request_row *out, struct err *e) MUST_USE;
enum rc request_put(struct db *db, const struct request_row *r, int64_t now_us,
		    struct err *e) MUST_USE;

#endif
