#include "store/meta.h"

enum rc
meta_get_int(struct db *db, const char *key, int64_t *out, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_META_GET);
	bind_z(&q, 0, key);
	return query_int(&q, out, e);
}

enum rc
meta_set_int(struct db *db, const char *key, int64_t v, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_META_SET);
	bind_z(&q, 0, key);
	bind_int(&q, 1, v);
	return query_run(&q, e);
}

enum rc
meta_get_text(struct db *db, const char *key, struct sbuf *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_META_GET);
	bind_z(&q, 0, key);
	rc = query_row(&q, e);
	if (rc == RC_OK)
		sbuf_add(out, column_text(&q, 0));
	query_close(&q);
	return rc;
}

enum rc
meta_set_text(struct db *db, const char *key, struct slice v, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_META_SET);
	bind_z(&q, 0, key);
	bind_text(&q, 1, v);
	return query_run(&q, e);
}
