#include "store/act.h"

#include "store/rows.h"

enum rc
act_put(struct db *db, const struct act_row *r, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_ACT_PUT);
	bind_text(&q, 0, r->invoice);
	bind_text(&q, 1, r->act);
	bind_int(&q, 2, r->anchor);
	bind_int(&q, 3, r->opens_us);
	bind_int(&q, 4, r->state);
	return query_run(&q, e);
}

static enum rc
list(struct query *q, struct arena *a, struct act_row **out, size_t *n,
     struct err *e)
{
	struct rows rows = ROWS(a, struct act_row);
	enum rc rc;

	while ((rc = query_row(q, e)) == RC_OK) {
		struct act_row *r = rows_add(&rows);

		r->invoice = arena_dup(a, column_text(q, 0));
		r->act = arena_dup(a, column_text(q, 1));
		r->anchor = (int32_t)column_int(q, 2);
		r->opens_us = column_int(q, 3);
		r->state = (int)column_int(q, 4);
	}
	query_close(q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
act_list_due(struct db *db, int64_t now_us, size_t limit, struct arena *a,
	     struct act_row **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_ACT_LIST_DUE);
	bind_int(&q, 0, now_us);
	bind_int(&q, 1, (int64_t)limit);
	return list(&q, a, out, n, e);
}

enum rc
act_list_invoice(struct db *db, struct slice invoice, struct arena *a,
		 struct act_row **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_ACT_LIST_INVOICE);
	bind_text(&q, 0, invoice);
	return list(&q, a, out, n, e);
}
