#include "store/journal.h"

#include "store/db_ledger.h"
#include "store/rows.h"

enum rc
journal_offset_get(struct db *db, struct slice segment, int64_t *out,
		   struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_JOURNAL_GET);
	bind_text(&q, 0, segment);
	rc = query_int(&q, out, e);
	if (rc == RC_NOTFOUND) {
		*out = 0;
		return RC_OK;
	}
	return rc;
}

enum rc
journal_offset_set(struct db *db, struct slice segment, int64_t v,
		   struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_JOURNAL_SET);
	bind_text(&q, 0, segment);
	bind_int(&q, 1, v);
	return query_run(&q, e);
}

enum rc
hit_look(struct db *db, struct ref mref, struct arena *a,
	 struct hit_ground *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_HIT_LOOK);
	bind_ref(&q, 0, mref);
	rc = query_row(&q, e);
	if (rc == RC_OK) {
		out->brand = arena_dup(a, column_text(&q, 0));
		out->consent = arena_dup(a, column_text(&q, 1));
		out->next_seq = db_next_seq(db, mref, column_int(&q, 2));
	}
	query_close(&q);
	return rc;
}

enum rc
hit_time(struct db *db, struct ref mref, int64_t seq, int64_t *out,
	 struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_HIT_TIME);
	bind_ref(&q, 0, mref);
	bind_int(&q, 1, seq);
	rc = query_int(&q, out, e);
	if (rc != RC_NOTFOUND)
		return rc;
	*out = 0;
	return RC_OK;
}

enum rc
hit_count(struct db *db, struct ref mref, int64_t seq, int kind,
	  int64_t from_us, int64_t *out, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_HIT_COUNT);
	bind_ref(&q, 0, mref);
	bind_int(&q, 1, seq);
	bind_int(&q, 2, kind);
	bind_int(&q, 3, from_us);
	return query_int(&q, out, e);
}

enum rc
hit_day_add(struct db *db, struct ref ref, int32_t key, int64_t n,
	    int64_t *count, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_HIT_DAY_ADD);
	bind_ref(&q, 0, ref);
	bind_int(&q, 1, key);
	bind_int(&q, 2, n);
	return query_int(&q, count, e);
}

enum rc
hit_hours(struct db *db, int64_t hour, struct arena *a, struct hit_hour **out,
	  size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct hit_hour);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_HIT_HOURS);
	bind_int(&q, 0, HIT_HOUR_KEY(hour, 0));
	while ((rc = query_row(&q, e)) == RC_OK) {
		struct hit_hour *h = rows_add(&rows);
		int64_t key = -column_int(&q, 1);

		h->ref = column_ref(&q, 0);
		h->hour = key / 8;
		h->kind = (int)(key % 8);
		h->count = column_int(&q, 2);
	}
	query_close(&q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
hit_days_prune(struct db *db, int64_t hour, int64_t day, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_HIT_DAYS_PRUNE);
	bind_int(&q, 0, HIT_HOUR_KEY(hour, 0));
	bind_int(&q, 1, HIT_DAY_KEY(day, 0));
	return query_run(&q, e);
}

enum rc
counted_opens_add(struct db *db, int64_t brand, int32_t day, int64_t n,
		  struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_COUNTED_OPENS_ADD);
	bind_int(&q, 0, brand);
	bind_int(&q, 1, day);
	bind_int(&q, 2, n);
	return query_run(&q, e);
}
