#include "store/service.h"

#include "store/rows.h"

static void
service_read(struct query *q, struct arena *a, struct service *s)
{
	s->id = arena_dup(a, column_text(q, 0));
	s->customer = arena_dup(a, column_text(q, 1));
	s->name = arena_dup(a, column_text(q, 2));
	s->product = arena_dup(a, column_text(q, 3));
	s->status = (int)column_int(q, 4);
	s->expires_on = column_date(q, 5);
	s->auto_renew = column_int(q, 6) != 0;
}

enum rc
service_get(struct db *db, struct slice id, struct arena *a,
	    struct service *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_SERVICE_GET);
	bind_text(&q, 0, id);
	rc = query_row(&q, e);
	if (rc == RC_OK)
		service_read(&q, a, out);
	query_close(&q);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "no such service");
	return rc;
}

enum rc
service_put(struct db *db, const struct service *s, int64_t now_us,
	    struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_SERVICE_PUT);
	bind_text(&q, 0, s->id);
	bind_text(&q, 1, s->customer);
	bind_text(&q, 2, s->name);
	bind_text(&q, 3, s->product);
	bind_int(&q, 4, s->status);
	bind_date(&q, 5, s->expires_on);
	bind_int(&q, 6, s->auto_renew);
	bind_int(&q, 7, now_us);
	return query_run(&q, e);
}
