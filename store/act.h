#ifndef STORE_ACT_H
#define STORE_ACT_H

#include "base/arena.h"
#include "store/db.h"

enum act_state { ACT_WAITS, ACT_ANNOUNCED, ACT_OFF };

struct act_row {
	struct slice invoice, act;
	int32_t anchor;
	int64_t opens_us;
	int state; /* enum act_state */
};

/* Inserts, or updates opens_us and state. */
enum rc act_put(struct db *db, const struct act_row *r, struct err *e) MUST_USE;
enum rc act_list_due(struct db *db, int64_t now_us, size_t limit,
		     struct arena *a, struct act_row **out, size_t *n,
		     struct err *e) MUST_USE;
enum rc act_list_invoice(struct db *db, struct slice invoice, struct arena *a,
			 struct act_row **out, size_t *n,
			 struct err *e) MUST_USE;

#endif
