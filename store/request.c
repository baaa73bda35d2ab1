#include "store/request.h"

static enum rc
fetch(struct query *q, struct arena *a, struct request_row *out, struct err *e)
{
	enum rc rc = query_row(q, e);

	if (rc == RC_OK) {
		struct slice hash = column_blob(q, 1);

		out->key = arena_dup(a, column_text(q, 0));
		if (hash.n == sizeof(out->hash))
			memcpy(out->hash, hash.p, hash.n);
		out->status = (int)column_int(q, 2);
		out->answer = arena_dup(a, column_text(q, 3));
	}
	query_close(q);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "that key was not used");
	return rc;
}

enum rc
request_get(struct db *db, struct slice key, struct arena *a,
	    struct request_row *out, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_REQUEST_GET);
	bind_text(&q, 0, key);
	return fetch(&q, a, out, e);
}

enum rc
request_put(struct db *db, const struct request_row *r, int64_t now_us,
	    struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_REQUEST_PUT);
	bind_text(&q, 0, r->key);
	bind_blob(&q, 1, slice_of(r->hash, sizeof(r->hash)));
	bind_int(&q, 2, r->status);
	bind_text(&q, 3, r->answer);
	bind_int(&q, 4, now_us);
	return query_run(&q, e);
}
