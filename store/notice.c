#include "store/notice.h"

#include "store/rows.h"

enum rc
notice_insert(struct db *db, struct notice *n, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_NOTICE_INSERT);
	bind_ref(&q, 0, n->ref);
	bind_text(&q, 1, n->subject);
	bind_text(&q, 2, n->step);
	bind_int(&q, 3, n->anchor);
	bind_text(&q, 4, n->customer);
	bind_text(&q, 5, n->invoice);
	bind_text(&q, 6, n->service);
	bind_text(&q, 7, n->brand);
	bind_text(&q, 8, n->template);
	bind_text(&q, 9, n->policy);
	bind_blob(&q, 10, slice_of(n->policy_version, 8));
	bind_int(&q, 11, n->critical);
	bind_int(&q, 12, n->due_us);
	bind_int(&q, 13, n->release_us);
	bind_int(&q, 14, n->not_after_us);
	bind_int(&q, 15, n->state);
	bind_text(&q, 16, n->reason);
	bind_text(&q, 17, n->roles);
	bind_text(&q, 18, n->data);
	bind_int(&q, 19, n->released_us);
	bind_int(&q, 20, n->created_us);
	rc = query_run(&q, e);
	if (rc == RC_STATE)
		return err_set(e, rc, "that step is planned for that date");
	if (rc == RC_OK)
		n->id = db_last_id(db);
	return rc;
}

static void
notice_read(struct query *q, struct arena *a, struct notice *n)
{
	struct slice version = column_blob(q, 11);

	*n = (struct notice){.id = column_int(q, 0)};
	n->ref = column_ref(q, 1);
	n->subject = arena_dup(a, column_text(q, 2));
	n->step = arena_dup(a, column_text(q, 3));
	n->anchor = (int32_t)column_int(q, 4);
	n->customer = arena_dup(a, column_text(q, 5));
	n->invoice = arena_dup(a, column_text(q, 6));
	n->service = arena_dup(a, column_text(q, 7));
	n->brand = arena_dup(a, column_text(q, 8));
	n->template = arena_dup(a, column_text(q, 9));
	n->policy = arena_dup(a, column_text(q, 10));
	if (version.n == sizeof(n->policy_version))
		memcpy(n->policy_version, version.p, version.n);
	n->critical = column_int(q, 12) != 0;
	n->due_us = column_int(q, 13);
	n->release_us = column_int(q, 14);
	n->not_after_us = column_int(q, 15);
	n->state = (int)column_int(q, 16);
	n->reason = arena_dup(a, column_text(q, 17));
	n->roles = arena_dup(a, column_text(q, 18));
	n->data = arena_dup(a, column_text(q, 19));
	n->released_us = column_int(q, 20);
	n->created_us = column_int(q, 21);
}

static enum rc
fetch(struct query *q, struct arena *a, struct notice *out, struct err *e)
{
	enum rc rc = query_row(q, e);

	if (rc == RC_OK)
		notice_read(q, a, out);
	query_close(q);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "no such notice");
	return rc;
}

enum rc
notice_get(struct db *db, struct ref ref, struct arena *a, struct notice *out,
	   struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_GET);
	bind_ref(&q, 0, ref);
	return fetch(&q, a, out, e);
}

enum rc
notice_find(struct db *db, struct slice subject, struct slice step,
	    int32_t anchor, struct arena *a, struct notice *out, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_FIND);
	bind_text(&q, 0, subject);
	bind_text(&q, 1, step);
	bind_int(&q, 2, anchor);
	return fetch(&q, a, out, e);
}

enum rc
notice_update(struct db *db, const struct notice *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_UPDATE);
	bind_int(&q, 0, n->id);
	bind_int(&q, 1, n->state);
	bind_text(&q, 2, n->reason);
	bind_int(&q, 3, n->due_us);
	bind_int(&q, 4, n->release_us);
	bind_int(&q, 5, n->not_after_us);
	bind_int(&q, 6, n->released_us);
	bind_text(&q, 7, n->template);
	bind_int(&q, 8, n->critical);
	bind_blob(&q, 9, slice_of(n->policy_version, 8));
	return query_run(&q, e);
}

enum rc
notice_update_state(struct db *db, const struct notice *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_UPDATE_STATE);
	bind_int(&q, 0, n->id);
	bind_int(&q, 1, n->state);
	bind_text(&q, 2, n->reason);
	return query_run(&q, e);
}

/* All rows; past limit only those due with the last one before it. */
static enum rc
list(struct query *q, size_t limit, struct arena *a, struct notice **out,
     size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct notice);
	struct notice *last = NULL;
	enum rc rc;

	while ((rc = query_row(q, e)) == RC_OK) {
		if (rows.n >= limit &&
		    (last == NULL || last->due_us != column_int(q, 13)))
			break;
		last = rows_add(&rows);
		notice_read(q, a, last);
	}
	query_close(q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
notice_list_due(struct db *db, int64_t now_us, size_t limit, struct arena *a,
		struct notice **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_LIST_DUE);
	bind_int(&q, 0, now_us);
	bind_int(&q, 1, (int64_t)limit);
	return list(&q, SIZE_MAX, a, out, n, e);
}

enum rc
notice_list_mates(struct db *db, const struct notice *like, int64_t horizon_us,
		  struct arena *a, struct notice **out, size_t *n,
		  struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_LIST_MATES);
	bind_text(&q, 0, like->customer);
	bind_int(&q, 1, horizon_us);
	bind_text(&q, 2, like->template);
	bind_int(&q, 3, like->anchor);
	bind_text(&q, 4, like->brand);
	bind_int(&q, 5, like->id);
	return list(&q, SIZE_MAX, a, out, n, e);
}

enum rc
notice_list_invoice(struct db *db, struct slice invoice, struct arena *a,
		    struct notice **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_LIST_INVOICE);
	bind_text(&q, 0, invoice);
	return list(&q, SIZE_MAX, a, out, n, e);
}

enum rc
notice_list_customer(struct db *db, struct slice customer, int64_t before_us,
		     size_t limit, struct arena *a, struct notice **out,
		     size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_LIST_CUSTOMER);
	bind_text(&q, 0, customer);
	bind_int(&q, 1, before_us);
	return list(&q, limit, a, out, n, e);
}

enum rc
notice_list_message(struct db *db, int64_t message, struct arena *a,
		    struct notice **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_LIST_MESSAGE);
	bind_int(&q, 0, message);
	return list(&q, SIZE_MAX, a, out, n, e);
}

enum rc
notice_next(struct db *db, int64_t *release_us, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_NOTICE_NEXT);
	rc = query_row(&q, e);
	if (rc == RC_OK)
		*release_us =
		    column_null(&q, 0) ? INT64_MAX : column_int(&q, 0);
	query_close(&q);
	return rc;
}

enum rc
notice_count_sent(struct db *db, struct slice customer, struct slice template,
		  int64_t since_us, int64_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_COUNT_SENT);
	bind_text(&q, 0, customer);
	bind_text(&q, 1, template);
	bind_int(&q, 2, since_us);
	return query_int(&q, n, e);
}

enum rc
notice_count_released(struct db *db, int64_t since_us, int64_t *n,
		      struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_NOTICE_COUNT_RELEASED);
	bind_int(&q, 0, since_us);
	return query_int(&q, n, e);
}
