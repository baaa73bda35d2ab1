#include "store/suppression.h"

#include "store/rows.h"

static void
suppression_read(struct query *q, struct arena *a, struct suppression *s)
{
	s->brand = arena_dup(a, column_text(q, 0));
	s->address = arena_dup(a, column_text(q, 1));
	s->reason = arena_dup(a, column_text(q, 2));
	s->message = column_ref(q, 3);
	s->created_us = column_int(q, 4);
	s->left_us = column_int(q, 5);
}

enum rc
suppression_get(struct db *db, struct slice brand, const uint8_t hash[32],
		struct arena *a, struct suppression *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_SUPPRESSION_GET);
	bind_text(&q, 0, brand);
	bind_blob(&q, 1, slice_of(hash, 32));
	rc = query_row(&q, e);
	if (rc == RC_OK)
		suppression_read(&q, a, out);
	query_close(&q);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "that address is not suppressed");
	return rc;
}

enum rc
suppression_put(struct db *db, const struct suppression *s,
		const uint8_t hash[32], struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_SUPPRESSION_PUT);
	bind_text(&q, 0, s->brand);
	bind_blob(&q, 1, slice_of(hash, 32));
	bind_text(&q, 2, s->address);
	bind_text(&q, 3, s->reason);
	bind_ref(&q, 4, s->message);
	bind_int(&q, 5, s->created_us);
	return query_run(&q, e);
}

enum rc
suppression_leave(struct db *db, const struct suppression *s,
		  const uint8_t hash[32], struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_SUPPRESSION_LEAVE);
	bind_text(&q, 0, s->brand);
	bind_blob(&q, 1, slice_of(hash, 32));
	bind_text(&q, 2, s->address);
	bind_ref(&q, 3, s->message);
	bind_int(&q, 4, s->created_us);
	return query_run(&q, e);
}

static enum rc
run_of_one(struct db *db, enum stmt which, struct slice brand,
	   const uint8_t hash[32], struct err *e)
{
	struct query q;

	query_open(&q, db, which);
	bind_text(&q, 0, brand);
	bind_blob(&q, 1, slice_of(hash, 32));
	return query_run(&q, e);
}

enum rc
suppression_delete(struct db *db, struct slice brand, const uint8_t hash[32],
		   struct err *e)
{
	enum rc rc = run_of_one(db, STMT_SUPPRESSION_LIFT, brand, hash, e);

	if (rc != RC_OK || db_changes(db) > 0)
		return rc;
	rc = run_of_one(db, STMT_SUPPRESSION_DELETE, brand, hash, e);
	if (rc == RC_OK && db_changes(db) == 0)
		return err_set(e, RC_NOTFOUND,
			       "that address is not suppressed");
	return rc;
}

enum rc
suppression_list(struct db *db, size_t limit, struct arena *a,
		 struct suppression **out, size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct suppression);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_SUPPRESSION_LIST);
	bind_int(&q, 0, (int64_t)limit);
	while ((rc = query_row(&q, e)) == RC_OK)
		suppression_read(&q, a, rows_add(&rows));
	query_close(&q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}
