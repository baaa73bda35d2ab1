#include "store/schema.h"

#include "base/embedded.h"

#define APPLICATION_ID 1094931795 /* "ACUS" */
#define SCHEMA "store/schema/"

/* "store/schema/001.sql" is 1; 0 for another name. */
static int64_t
schema_number(const struct embedded_file *f)
{
	struct slice name = slice_skip(slice_z(f->name), sizeof(SCHEMA) - 1);
	int64_t number;

	if (!slice_ends(name, SLICE(".sql")))
		return 0;
	name.n -= 4;
	return slice_int(name, 1, 999, &number) ? number : 0;
}

static int64_t
schema_newest(void)
{
	const struct embedded_file *f = NULL;
	int64_t newest = 0;

	while ((f = embedded_next(SCHEMA, f)))
		if (schema_number(f) > newest)
			newest = schema_number(f);
	return newest;
}

static enum rc
pragma_int(struct db *db, enum stmt id, int64_t *out, struct err *e)
{
	struct query q;

	query_open(&q, db, id);
	return query_int(&q, out, e);
}

/* Not db_begin(), which wants the tables. */
static enum rc
begin(struct db *db, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_BEGIN_WRITE);
	return query_run(&q, e);
}

static enum rc
schema_apply(struct db *db, const struct embedded_file *f, struct err *e)
{
	int64_t version = 0;
	enum rc rc;

	if ((rc = begin(db, e)))
		return rc;
	if ((rc = db_script(db, (const char *)f->data, f->name, e)) ||
	    (rc = pragma_int(db, STMT_USER_VERSION, &version, e)))
		goto out;
	if (version != schema_number(f)) {
		rc = err_set(e, RC_BUG, "%s does not set its number", f->name);
		goto out;
	}
	rc = db_commit(db, e);
out:
	if (rc)
		db_rollback(db);
	return rc;
}

enum rc
schema_update(struct db *db, struct err *e)
{
	const struct embedded_file *f = NULL;
	int64_t version;
	enum rc rc = pragma_int(db, STMT_USER_VERSION, &version, e);

	while (rc == RC_OK && (f = embedded_next(SCHEMA, f)))
		if (schema_number(f) > version)
			rc = schema_apply(db, f, e);
	return rc;
}

enum rc
schema_check(struct db *db, struct err *e)
{
	int64_t id = 0, version = 0, newest = schema_newest();
	enum rc rc;

	if ((rc = pragma_int(db, STMT_APPLICATION_ID, &id, e)) ||
	    (rc = pragma_int(db, STMT_USER_VERSION, &version, e)))
		return rc;
	if (id != APPLICATION_ID)
		return err_set(e, RC_STATE, "%s is not a database of Acuse",
			       db_path(db));
	if (version > newest)
		return err_set(e, RC_STATE,
			       "%s has schema %d, this program knows %d: "
			       "use a newer program",
			       db_path(db), (int)version, (int)newest);
	if (version < newest && db_mode_of(db) == DB_READ)
		return err_set(e, RC_STATE,
			       "%s has schema %d, this program wants %d: "
			       "start the server once, it brings it up to date",
			       db_path(db), (int)version, (int)newest);
	return RC_OK;
}
