#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include "base/arena.h"
#include "store/db.h"

/* A row of the ledger; proof/ makes them, this only keeps them. */
struct event {
	int64_t position;
	int kind; /* number of proof/kinds.def */
	int64_t time_us;
	struct ref ref;
	uint32_t seq;
	struct slice entry, salt, payload; /* salt, payload: empty if erased */
};

enum rc event_insert(struct db *db, const struct event *ev,
		     struct err *e) MUST_USE;
/* All of a subject, by seq. */
enum rc event_list(struct db *db, struct ref ref, struct arena *a,
		   struct event **out, size_t *n, struct err *e) MUST_USE;
/* By position, from one on. */
enum rc event_list_from(struct db *db, int64_t position, size_t limit,
			struct arena *a, struct event **out, size_t *n,
			struct err *e) MUST_USE;
/* Leaves of the ledger. */
enum rc event_count(struct db *db, int64_t *n, struct err *e) MUST_USE;

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

/* API keys, stored as SHA-256; scopes: bits of enum api_scope. */
enum api_scope { SCOPE_SEND = 1, SCOPE_READ = 2, SCOPE_ADMIN = 4 };
struct api_key {
	int64_t id;
	struct slice name;
	uint32_t scopes;
	int64_t created_us, revoked_us;
};
enum rc api_key_find(struct db *db, const uint8_t hash[32], struct arena *a,
		     struct api_key *out, struct err *e) MUST_USE;
enum rc api_key_insert(struct db *db, const struct api_key *k,
		       const uint8_t hash[32], struct err *e) MUST_USE;
enum rc api_key_list(struct db *db, struct arena *a, struct api_key **out,
		     size_t *n, struct err *e) MUST_USE;

/* The hit journal's offsets, by segment; 0 for an unknown one. */
enum rc journal_offset_get(struct db *db, struct slice segment, int64_t *out,
			   struct err *e) MUST_USE;
enum rc journal_offset_set(struct db *db, struct slice segment, int64_t v,
			   struct err *e) MUST_USE;
/* Counts n more hits of a message on a day and gives the day's new count. */
enum rc hit_day_add(struct db *db, struct ref ref, int32_t day, int64_t n,
		    int64_t *count, struct err *e) MUST_USE;

#endif
