/*
 * 1. Nothing outside of db*.c names SQLite.
 * 2. A statement is prepared once, by the first that opens it (a writer's all,
 *    at its start), and open at most once; open_n counts those that are.
 * 3. last is the ledger's next position and last time as this handle's
 *    transaction sees them; db_undo() puts back what db_savepoint() saw.  After
 *    a rollback its position is -1: read again when the next one begins.
 * 4. A file that is not at its path any more is never committed to (writer.c
 *    asks db_check_file() before).
 */
#include "store/db_private.h"

#include <errno.h>

#include "base/date.h"
#include "store/recent.h"

static const struct {
	const char *name, *sql;
} statements[] = {
#define STATEMENT(id, sql) {#id, sql},
#include "store/statements.def"
#undef STATEMENT
};

/* SQLite tells FULL only of ENOSPC, and no errno of a failed COMMIT. */
static bool
no_space(int code)
{
	return (code & 0xff) == SQLITE_FULL || errno == ENOSPC ||
	       errno == EDQUOT || errno == EFBIG;
}

static enum rc
rc_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return RC_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return RC_AGAIN;
	case SQLITE_CONSTRAINT:
		return code == SQLITE_CONSTRAINT_NOTNULL ? RC_BUG : RC_STATE;
	case SQLITE_TOOBIG:
		return RC_LIMIT;
	case SQLITE_NOMEM:
		die("out of memory in the database");
	case SQLITE_ERROR:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_MISMATCH:
		return RC_BUG;
	default:
		return RC_IO;
	}
}

enum rc
db_fail(struct db *db, int code, const char *what, struct err *e)
{
	enum rc rc = rc_of(code);
	const char *text = db->h ? sqlite3_errmsg(db->h) : sqlite3_errstr(code);

	if (rc == RC_IO && no_space(code))
		return err_set(e, rc, "%s: the disk is full (%s)", what, text);
	return err_set(e, rc, "%s: %s", what, text);
}

enum rc
db_script(struct db *db, const char *sql, const char *what, struct err *e)
{
	int code;

	errno = 0;
	code = sqlite3_exec(db->h, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? RC_OK : db_fail(db, code, what, e);
}

/* ---- statements ---- */

static void
must(struct db *db, enum stmt id, int code)
{
	if (code != SQLITE_OK)
		die("%s: %s", statements[id].name, sqlite3_errmsg(db->h));
}

static int
prepare(struct db *db, enum stmt id)
{
	if (db->stmts[id] != NULL)
		return SQLITE_OK;
	return sqlite3_prepare_v3(db->h, statements[id].sql, -1,
				  SQLITE_PREPARE_PERSISTENT, &db->stmts[id],
				  NULL);
}

enum rc
db_prepare_all(struct db *db, struct err *e)
{
	for (enum stmt i = 0; i < STMT_COUNT; i++) {
		int code = prepare(db, i);

		if (code != SQLITE_OK)
			return db_fail(db, code, statements[i].name, e);
	}
	return RC_OK;
}

/* One that cannot be prepared is bound to no avail; query_row() says why. */
void
query_open(struct query *q, struct db *db, enum stmt id)
{
	if (db->open[id])
		die("%s is open already", statements[id].name);
	*q = (struct query){.db = db, .id = id, .code = prepare(db, id)};
	if (q->code != SQLITE_OK)
		return;
	q->s = db->stmts[id];
	db->open[id] = true;
	db->open_n++;
}

void
query_close(struct query *q)
{
	if (q->s == NULL)
		return;
	(void)sqlite3_reset(q->s);
	(void)sqlite3_clear_bindings(q->s);
	q->db->open[q->id] = false;
	q->db->open_n--;
	q->s = NULL;
}

void
db_assert_idle(struct db *db)
{
	for (int i = 0; db->open_n && i < STMT_COUNT; i++)
		if (db->open[i])
			die("%s was left open", statements[i].name);
}

static void
bound(const struct query *q, int code)
{
	if (q->s != NULL)
		must(q->db, q->id, code);
}

void
bind_int(struct query *q, int i, int64_t v)
{
	bound(q, sqlite3_bind_int64(q->s, i + 1, v));
}

void
bind_text(struct query *q, int i, struct slice s)
{
	q->db->bound_bytes += s.n;
	bound(q, sqlite3_bind_text64(q->s, i + 1, s.n ? s.p : "", s.n,
				     SQLITE_STATIC, SQLITE_UTF8));
}

void
bind_z(struct query *q, int i, const char *z)
{
	bind_text(q, i, slice_z(z));
}

void
bind_blob(struct query *q, int i, struct slice s)
{
	q->db->bound_bytes += s.n;
	bound(q, sqlite3_bind_blob64(q->s, i + 1, s.n ? s.p : "", s.n,
				     SQLITE_STATIC));
}

/* Copied: the caller's is often a parameter. */
void
bind_ref(struct query *q, int i, struct ref r)
{
	bound(q, sqlite3_bind_blob(q->s, i + 1, r.b, sizeof(r.b),
				   SQLITE_TRANSIENT));
}

void
bind_date(struct query *q, int i, int32_t date)
{
	if (date == DATE_NONE)
		bind_null(q, i);
	else
		bind_int(q, i, date);
}

void
bind_null(struct query *q, int i)
{
	bound(q, sqlite3_bind_null(q->s, i + 1));
}

enum rc
query_row(struct query *q, struct err *e)
{
	int code;

	errno = 0;
	code = q->s != NULL ? sqlite3_step(q->s) : q->code;
	if (code == SQLITE_ROW)
		return RC_OK;
	if (code == SQLITE_DONE)
		return RC_NOTFOUND;
	return db_fail(q->db, code, statements[q->id].name, e);
}

enum rc
query_run(struct query *q, struct err *e)
{
	enum rc rc = query_row(q, e);

	if (rc == RC_OK)
		rc =
		    err_set(e, RC_BUG, "%s gives rows", statements[q->id].name);
	query_close(q);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
query_int(struct query *q, int64_t *out, struct err *e)
{
	enum rc rc = query_row(q, e);

	if (rc == RC_OK)
		*out = column_int(q, 0);
	query_close(q);
	return rc;
}

int64_t
db_changes(struct db *db)
{
	return sqlite3_changes64(db->h);
}

int64_t
db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->h);
}

int64_t
column_int(struct query *q, int i)
{
	return sqlite3_column_int64(q->s, i);
}

int32_t
column_date(struct query *q, int i)
{
	return column_null(q, i) ? DATE_NONE
				 : (int32_t)sqlite3_column_int(q->s, i);
}

struct slice
column_text(struct query *q, int i)
{
	const unsigned char *p = sqlite3_column_text(q->s, i);

	return slice_of(p ? (const void *)p : "",
			(size_t)sqlite3_column_bytes(q->s, i));
}

struct slice
column_blob(struct query *q, int i)
{
	const void *p = sqlite3_column_blob(q->s, i);

	return slice_of(p ? p : "", (size_t)sqlite3_column_bytes(q->s, i));
}

struct ref
column_ref(struct query *q, int i)
{
	struct slice s = column_blob(q, i);
	struct ref r = {{0}};

	if (s.n == sizeof(r.b))
		memcpy(r.b, s.p, sizeof(r.b));
	return r;
}

bool
column_null(struct query *q, int i)
{
	return sqlite3_column_type(q->s, i) == SQLITE_NULL;
}

/* ---- transactions ---- */

static enum rc
control(struct db *db, enum stmt id, struct err *e)
{
	struct query q;

	query_open(&q, db, id);
	return query_run(&q, e);
}

/* This pragma acts when it is prepared, so it is no statement of ours. */
enum rc
db_secure(struct db *db, bool on, struct err *e)
{
	return db_script(
	    db, on ? "PRAGMA secure_delete = ON" : "PRAGMA secure_delete = OFF",
	    "secure_delete", e);
}

const char *
db_path(const struct db *db)
{
	return db->path;
}

enum db_mode
db_mode_of(const struct db *db)
{
	return db->mode;
}

bool
db_in_transaction(struct db *db)
{
	return !sqlite3_get_autocommit(db->h);
}

size_t
db_bound_bytes(struct db *db)
{
	return db->bound_bytes;
}

static enum rc
mark_load(struct db *db, struct err *e)
{
	struct ledger_mark mark = {.position = 0, .time_us = 0};
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_EVENT_LAST);
	rc = query_row(&q, e);
	if (rc == RC_OK) {
		mark.position = column_int(&q, 0) + 1;
		mark.time_us = column_int(&q, 1);
	}
	query_close(&q);
	if (rc && rc != RC_NOTFOUND)
		return rc;
	db->last = mark;
	return RC_OK;
}

enum rc
db_begin(struct db *db, struct err *e)
{
	enum rc rc = control(db, STMT_BEGIN_WRITE, e);

	if (rc)
		return rc;
	if (db->last.position < 0 && (rc = mark_load(db, e))) {
		db_rollback(db);
		return rc;
	}
	db->bound_bytes = 0;
	db->index_later = false;
	db->wrote = false;
	return RC_OK;
}

/* Whatever COMMIT says, what it left behind is taken back: half of a
 * transaction must not wait for the next one. */
enum rc
db_commit(struct db *db, struct err *e)
{
	enum rc rc = control(db, STMT_COMMIT, e);

	if (rc)
		db_rollback(db);
	else if (db->recent)
		recent_committed(db->recent, db->last.position);
	return rc;
}

void
db_rollback(struct db *db)
{
	struct err e;

	db->last.position = -1;
	if (db->recent)
		recent_undo(db->recent, 0);
	if (db_in_transaction(db) && control(db, STMT_ROLLBACK, &e) &&
	    db_in_transaction(db))
		die("rolling back: %s", e.text);
}

enum rc
db_savepoint(struct db *db, struct err *e)
{
	db->at_savepoint = db->last;
	db->recent_at_savepoint = recent_added(db->recent);
	db->index_later = false;
	return control(db, STMT_SAVEPOINT, e);
}

enum rc
db_release(struct db *db, struct err *e)
{
	return control(db, STMT_RELEASE, e);
}

/* An error may have ended the transaction already, savepoint and all. */
void
db_undo(struct db *db)
{
	struct err e;

	db->last = db->at_savepoint;
	recent_undo(db->recent, db->recent_at_savepoint);
	if (!db_in_transaction(db))
		return;
	if ((control(db, STMT_UNDO, &e) || control(db, STMT_RELEASE, &e)) &&
	    db_in_transaction(db))
		die("undoing: %s", e.text);
}

enum rc
db_snapshot(struct db *db, struct err *e)
{
	return control(db, STMT_BEGIN_READ, e);
}

void
db_snapshot_end(struct db *db)
{
	db_rollback(db);
}

void
db_explain(struct db *db, enum stmt id, struct sbuf *out)
{
	sqlite3_stmt *s = NULL;
	struct sbuf sql;

	sbuf_init(&sql, 1 << 16);
	sbuf_addf(&sql, "EXPLAIN QUERY PLAN %s", statements[id].sql);
	must(db, id, sqlite3_prepare_v2(db->h, sbuf_z(&sql), -1, &s, NULL));
	sbuf_addf(out, "%s\n", statements[id].name);
	while (sqlite3_step(s) == SQLITE_ROW)
		sbuf_addf(out, "  %s\n",
			  (const char *)sqlite3_column_text(s, 3));
	(void)sqlite3_finalize(s);
	sbuf_fini(&sql);
}
