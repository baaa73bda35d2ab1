#include "store/api_key.h"

#include "store/rows.h"

static void
api_key_read(struct query *q, struct arena *a, struct api_key *k)
{
	struct slice hash = column_blob(q, 5);

	k->id = column_int(q, 0);
	k->name = arena_dup(a, column_text(q, 1));
	k->scopes = (uint32_t)column_int(q, 2);
	k->created_us = column_int(q, 3);
	k->revoked_us = column_int(q, 4);
	if (hash.n == sizeof(k->hash))
		memcpy(k->hash, hash.p, hash.n);
}

enum rc
api_key_insert(struct db *db, const struct api_key *k, const uint8_t hash[32],
	       struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_API_KEY_INSERT);
	bind_text(&q, 0, k->name);
	bind_blob(&q, 1, slice_of(hash, 32));
	bind_int(&q, 2, k->scopes);
	bind_int(&q, 3, k->created_us);
	rc = query_run(&q, e);
	if (rc == RC_STATE)
		return err_set(e, rc, "a key of that name exists already");
	return rc;
}

enum rc
api_key_list(struct db *db, struct arena *a, struct api_key **out, size_t *n,
	     struct err *e)
{
	struct rows rows = ROWS(a, struct api_key);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_API_KEY_LIST);
	while ((rc = query_row(&q, e)) == RC_OK)
		api_key_read(&q, a, rows_add(&rows));
	query_close(&q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
api_key_revoke(struct db *db, struct slice name, int64_t now_us, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_API_KEY_REVOKE);
	bind_text(&q, 0, name);
	bind_int(&q, 1, now_us);
	rc = query_run(&q, e);
	if (rc == RC_OK && db_changes(db) == 0)
		return err_set(e, RC_NOTFOUND, "no live key of that name");
	return rc;
}
