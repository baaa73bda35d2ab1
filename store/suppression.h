#ifndef STORE_SUPPRESSION_H
#define STORE_SUPPRESSION_H

#include "base/arena.h"
#include "store/db.h"

#define SUPPRESSION_LEFT "left" /* reason: from optional mail alone */

struct suppression {
	struct slice brand, address, reason;
	struct ref message;
	int64_t created_us;
	int64_t left_us; /* optional mail, whatever the reason; 0: not so */
};

/* Suppressed addresses, by brand and keyed hash of the folded address.
 * Fails: RC_NOTFOUND. */
enum rc suppression_get(struct db *db, struct slice brand,
			const uint8_t hash[32], struct arena *a,
			struct suppression *out, struct err *e) MUST_USE;
/* For a reason that keeps all mail: who left before has still left. */
enum rc suppression_put(struct db *db, const struct suppression *s,
			const uint8_t hash[32], struct err *e) MUST_USE;
/* From optional mail alone; reason is not looked at, and one that is there
 * already stays. */
enum rc suppression_leave(struct db *db, const struct suppression *s,
			  const uint8_t hash[32], struct err *e) MUST_USE;
/* Takes back what keeps all mail; of who left too that remains, and is taken
 * back by a second call. */
enum rc suppression_delete(struct db *db, struct slice brand,
			   const uint8_t hash[32], struct err *e) MUST_USE;
enum rc suppression_list(struct db *db, size_t limit, struct arena *a,
			 struct suppression **out, size_t *n,
			 struct err *e) MUST_USE;

#endif
