#include "store/lane.h"

#include "store/meta.h"
#include "store/rows.h"

static void
lane_read(struct query *q, struct arena *a, struct lane *l)
{
	*l = (struct lane){.id = column_int(q, 0)};
	l->brand = arena_dup(a, column_text(q, 1));
	l->domain = arena_dup(a, column_text(q, 2));
	l->ready_us = column_null(q, 3) ? INT64_MAX : column_int(q, 3);
	l->blocked_us = column_int(q, 4);
	l->failures = (int)column_int(q, 5);
	l->held = column_int(q, 6) != 0;
	l->reason = arena_dup(a, column_text(q, 7));
	l->said = arena_dup(a, column_text(q, 8));
	l->alarm = arena_dup(a, column_text(q, 9));
}

enum rc
lane_find(struct db *db, struct slice brand, struct slice domain, int64_t *out,
	  struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_LANE_FIND);
	bind_text(&q, 0, brand);
	bind_text(&q, 1, domain);
	rc = query_int(&q, out, e);
	if (rc != RC_NOTFOUND)
		return rc;
	query_open(&q, db, STMT_LANE_INSERT);
	bind_text(&q, 0, brand);
	bind_text(&q, 1, domain);
	rc = query_run(&q, e);
	if (rc == RC_OK)
		*out = db_last_id(db);
	return rc;
}

enum rc
lane_wake(struct db *db, int64_t lane, int64_t at_us, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_LANE_WAKE);
	bind_int(&q, 0, lane);
	bind_int(&q, 1, at_us);
	return query_run(&q, e);
}

enum rc
lane_next_brand(struct db *db, struct slice after, struct arena *a,
		struct slice *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_LANE_NEXT_BRAND);
	bind_text(&q, 0, after);
	rc = query_row(&q, e);
	if (rc == RC_OK)
		*out = arena_dup(a, column_text(&q, 0));
	query_close(&q);
	return rc;
}

enum rc
lane_list_ready(struct db *db, struct slice brand, struct lane_place after,
		int64_t now_us, size_t limit, struct arena *a,
		struct lane **out, size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct lane);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_LANE_LIST_READY);
	bind_text(&q, 0, brand);
	bind_int(&q, 1, now_us);
	bind_int(&q, 2, after.go_us);
	bind_int(&q, 3, after.id);
	bind_int(&q, 4, (int64_t)limit);
	while ((rc = query_row(&q, e)) == RC_OK)
		lane_read(&q, a, rows_add(&rows));
	query_close(&q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
lane_next_ready(struct db *db, int64_t now_us, int64_t *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_LANE_NEXT_READY);
	bind_int(&q, 0, now_us);
	rc = query_row(&q, e);
	if (rc == RC_OK)
		*out = column_null(&q, 0) ? INT64_MAX : column_int(&q, 0);
	query_close(&q);
	return rc;
}

enum rc
lane_get(struct db *db, int64_t id, struct arena *a, struct lane *out,
	 struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_LANE_GET);
	bind_int(&q, 0, id);
	rc = query_row(&q, e);
	if (rc == RC_OK)
		lane_read(&q, a, out);
	query_close(&q);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "no such destination");
	return rc;
}

enum rc
lane_update(struct db *db, const struct lane *l, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_LANE_UPDATE);
	bind_int(&q, 0, l->id);
	bind_int(&q, 1, l->blocked_us);
	bind_int(&q, 2, l->failures);
	bind_int(&q, 3, l->held);
	bind_text(&q, 4, l->reason);
	bind_text(&q, 5, l->said);
	bind_text(&q, 6, l->alarm);
	return query_run(&q, e);
}

enum rc
lane_list(struct db *db, struct slice brand, struct slice domain,
	  int64_t after_id, size_t limit, struct arena *a,
	  struct lane_load **out, size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct lane_load);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_LANE_LIST);
	bind_text(&q, 0, brand);
	bind_text(&q, 1, domain);
	bind_int(&q, 2, after_id);
	bind_int(&q, 3, (int64_t)limit);
	while ((rc = query_row(&q, e)) == RC_OK) {
		struct lane_load *l = rows_add(&rows);

		lane_read(&q, a, &l->lane);
		l->waiting = column_int(&q, 10);
		l->held = column_int(&q, 11);
	}
	query_close(&q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
lane_hold(struct db *db, struct slice brand, struct slice domain,
	  struct slice why, int64_t *changed, struct err *e)
{
	struct sbuf key;
	struct query q;
	enum rc rc;

	sbuf_init(&key, 1024);
	sbuf_addf(&key, "held/%.*s/%.*s", SLICE_ARG(brand), SLICE_ARG(domain));
	rc = meta_set_text(db, sbuf_z(&key), why, e);
	sbuf_fini(&key);
	if (rc != RC_OK)
		return rc;
	query_open(&q, db, STMT_LANE_HOLD_ALL);
	rc = query_run(&q, e);
	*changed = rc == RC_OK ? db_changes(db) : 0;
	return rc;
}

enum rc
lane_holds(struct db *db, size_t limit, struct arena *a, struct lane_held **out,
	   size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct lane_held);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_LANE_HOLDS);
	bind_int(&q, 0, (int64_t)limit);
	while ((rc = query_row(&q, e)) == RC_OK) {
		struct lane_held *h = rows_add(&rows);
		struct slice key = arena_dup(a, column_text(&q, 0));

		slice_cut(&key, '/');
		h->brand = slice_cut(&key, '/');
		h->domain = key;
		h->why = arena_dup(a, column_text(&q, 1));
	}
	query_close(&q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* What is due already goes behind what is ready now. */
static enum rc
settle(struct db *db, int64_t lane, int64_t now_us, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_LANE_SETTLE);
	bind_int(&q, 0, lane);
	bind_int(&q, 1, now_us);
	return query_run(&q, e);
}

enum rc
lane_retry(struct db *db, int64_t lane, int64_t now_us, int64_t *changed,
	   struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_LANE_RETRY);
	bind_int(&q, 0, lane);
	bind_int(&q, 1, now_us);
	rc = query_run(&q, e);
	*changed = rc == RC_OK ? db_changes(db) : 0;
	if (rc != RC_OK)
		return rc;
	query_open(&q, db, STMT_LANE_UNBLOCK);
	bind_int(&q, 0, lane);
	rc = query_run(&q, e);
	return rc == RC_OK ? settle(db, lane, now_us, e) : rc;
}

enum rc
lane_messages(struct db *db, int64_t lane, bool claimed, size_t limit,
	      struct arena *a, struct message **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, claimed ? STMT_LANE_CLAIMED : STMT_LANE_WAITING);
	bind_int(&q, 0, lane);
	bind_int(&q, 1, (int64_t)limit);
	return message_read_all(&q, a, out, n, e);
}

static enum rc
take(struct db *db, struct message *m, int64_t instance, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_LANE_TAKE);
	bind_int(&q, 0, m->id);
	bind_int(&q, 1, instance);
	m->state = MESSAGE_CLAIMED;
	m->instance = instance;
	return query_run(&q, e);
}

enum rc
lane_claim(struct db *db, int64_t lane, int64_t instance, int64_t now_us,
	   size_t limit, struct arena *a, struct message **out, size_t *n,
	   struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_LANE_DUE);
	bind_int(&q, 0, lane);
	bind_int(&q, 1, now_us);
	bind_int(&q, 2, (int64_t)limit);
	rc = message_read_all(&q, a, out, n, e);
	for (size_t i = 0; rc == RC_OK && i < *n; i++)
		rc = take(db, &(*out)[i], instance, e);
	if (rc)
		return rc;
	return settle(db, lane, now_us, e);
}
