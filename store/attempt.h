#ifndef STORE_ATTEMPT_H
#define STORE_ATTEMPT_H

#include "base/arena.h"
#include "store/db.h"

struct attempt {
	int64_t id, message, instance;
	int number;
	int64_t started_us, ended_us;
	struct slice outcome, reply, peer;
	int code;
	struct slice transcript;
};

/* Journals an attempt before the connection, and completes it after, its start
 * included.
 * transcript: by content_pack(); "" for none. */
enum rc attempt_begin(struct db *db, struct attempt *t, struct err *e) MUST_USE;
enum rc attempt_end(struct db *db, const struct attempt *t,
		    struct slice transcript, struct err *e) MUST_USE;
enum rc attempt_list(struct db *db, int64_t message, bool transcripts,
		     struct arena *a, struct attempt **out, size_t *n,
		     struct err *e) MUST_USE;

#endif
