#include "store/recent.h"

#include "store/rows.h"

static void
bind_secret(struct query *q, int i, struct slice s)
{
	if (s.n)
		bind_blob(q, i, s);
	else
		bind_null(q, i);
}

static enum rc
index_add(struct db *db, enum stmt id, struct ref ref, uint32_t seq,
	  int64_t position, struct err *e)
{
	struct query q;

	query_open(&q, db, id);
	bind_ref(&q, 0, ref);
	bind_int(&q, 1, seq);
	bind_int(&q, 2, position);
	return query_run(&q, e);
}

enum rc
event_settle(struct db *db, struct ref ref, uint32_t seq, int64_t position,
	     struct err *e)
{
	return index_add(db, STMT_EVENT_INDEX_SETTLE, ref, seq, position, e);
}

enum rc
event_insert(struct db *db, const struct event *ev, struct err *e)
{
	struct recent *waits = db_index_waits(db);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_EVENT_INSERT);
	bind_int(&q, 0, ev->position);
	bind_int(&q, 1, ev->kind);
	bind_int(&q, 2, ev->time_us);
	bind_ref(&q, 3, ev->ref);
	bind_int(&q, 4, ev->seq);
	bind_blob(&q, 5, ev->entry);
	bind_secret(&q, 6, ev->salt);
	bind_secret(&q, 7, ev->payload);
	if ((rc = query_run(&q, e)))
		return rc;
	return waits ? recent_add(waits, db, ev, e)
		     : index_add(db, STMT_EVENT_INDEX_ADD, ev->ref, ev->seq,
				 ev->position, e);
}

void
event_read(struct query *q, struct event *ev)
{
	ev->position = column_int(q, 0);
	ev->kind = (int)column_int(q, 1);
	ev->time_us = column_int(q, 2);
	ev->ref = column_ref(q, 3);
	ev->seq = (uint32_t)column_int(q, 4);
	ev->entry = column_blob(q, 5);
	ev->salt = column_blob(q, 6);
	ev->payload = column_blob(q, 7);
}

static enum rc
list(struct query *q, struct arena *a, struct event **out, size_t *n,
     struct err *e)
{
	struct rows rows = ROWS(a, struct event);
	enum rc rc;

	while ((rc = query_row(q, e)) == RC_OK) {
		struct event *ev = rows_add(&rows);

		event_read(q, ev);
		ev->entry = arena_dup(a, ev->entry);
		ev->salt = arena_dup(a, ev->salt);
		ev->payload = arena_dup(a, ev->payload);
	}
	query_close(q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
event_list(struct db *db, struct ref ref, struct arena *a, struct event **out,
	   size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_EVENT_LIST);
	bind_ref(&q, 0, ref);
	return list(&q, a, out, n, e);
}

enum rc
event_list_of(struct db *db, struct ref ref, const int kinds[2], size_t limit,
	      struct arena *a, struct event **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_EVENT_LIST_OF);
	bind_ref(&q, 0, ref);
	bind_int(&q, 1, kinds[0]);
	bind_int(&q, 2, kinds[1]);
	bind_int(&q, 3, (int64_t)limit);
	return list(&q, a, out, n, e);
}

enum rc
event_list_from(struct db *db, int64_t position, size_t limit, struct arena *a,
		struct event **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_EVENT_LIST_FROM);
	bind_int(&q, 0, position);
	bind_int(&q, 1, (int64_t)limit);
	return list(&q, a, out, n, e);
}

enum rc
event_heads(struct db *db, int64_t position, size_t limit, struct arena *a,
	    struct event_head **out, size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct event_head);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_EVENT_HEADS);
	bind_int(&q, 0, position);
	bind_int(&q, 1, (int64_t)limit);
	while ((rc = query_row(&q, e)) == RC_OK) {
		struct event_head *h = rows_add(&rows);

		h->position = column_int(&q, 0);
		h->kind = (int)column_int(&q, 1);
		h->time_us = column_int(&q, 2);
		h->ref = column_ref(&q, 3);
	}
	query_close(&q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
event_last_of(struct db *db, struct ref ref, bool (*is)(int kind),
	      int64_t *position, struct err *e)
{
	struct query q;
	enum rc rc;

	*position = -1;
	query_open(&q, db, STMT_EVENT_BACKWARDS);
	bind_ref(&q, 0, ref);
	while ((rc = query_row(&q, e)) == RC_OK) {
		if (!is((int)column_int(&q, 1)))
			continue;
		*position = column_int(&q, 0);
		break;
	}
	query_close(&q);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
event_destroy(struct db *db, int64_t position, uint32_t *seq, struct err *e)
{
	struct query q;
	int64_t v;
	enum rc rc;

	query_open(&q, db, STMT_EVENT_DESTROY);
	bind_int(&q, 0, position);
	rc = query_int(&q, &v, e);
	*seq = rc == RC_OK ? (uint32_t)v : 0;
	return rc;
}

enum rc
event_next_seq(struct db *db, struct ref ref, int64_t *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_EVENT_SEQ);
	bind_ref(&q, 0, ref);
	rc = query_int(&q, out, e);
	*out = db_next_seq(db, ref, *out);
	return rc;
}

enum rc
event_count(struct db *db, int64_t *n, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_EVENT_LAST);
	rc = query_int(&q, n, e);
	if (rc == RC_OK)
		++*n;
	else if (rc == RC_NOTFOUND)
		*n = 0;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}
