#ifndef STORE_CONTENT_H
#define STORE_CONTENT_H

#include "base/sbuf.h"
#include "store/db.h"

/*
 * Bytes are kept packed: a header of one byte, the number of the zstd
 * dictionary in store/dictionary (0: none), then a zstd frame.
 */
#define CONTENT_MAX ((size_t)64 << 20)

/* Packs; slow enough to be done before the writer's turn.  Thread: any. */
void content_pack(struct slice bytes, struct sbuf *out);
/* Fails: RC_IO (not what content_pack() made), RC_LIMIT. */
enum rc content_unpack(struct slice packed, struct sbuf *out,
		       struct err *e) MUST_USE;

/* The exact bytes of a message; packed ones as content_pack() gave them. */
enum rc content_put_packed(struct db *db, int64_t message, struct slice packed,
			   struct err *e) MUST_USE;
enum rc content_put(struct db *db, int64_t message, struct slice bytes,
		    struct err *e) MUST_USE;
enum rc content_get(struct db *db, int64_t message, struct sbuf *out,
		    struct err *e) MUST_USE;

#endif
