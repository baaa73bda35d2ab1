#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/ref.h"
#include "base/sbuf.h"

/*
 * A handle to the database: the writer's, or a reader's.  All SQL stands in
 * store/statements.def; other folders name statements and never write SQL.
 * This header is free of sqlite3; db*.c alone know it.
 */
struct db;
struct sqlite3_stmt;

enum stmt {
#define STATEMENT(id, sql) STMT_##id,
#include "store/statements.def"
#undef STATEMENT
	STMT_COUNT,
};

/* DB_MOVE: for db_checkpoint() alone. */
enum db_mode { DB_READ, DB_WRITE, DB_MOVE };

/* Makes the database with the newest schema; it must not exist.  Fails:
 * RC_STATE (exists), RC_IO. */
enum rc db_create(const char *path, struct err *e) MUST_USE;

/* Opens it.  A writer brings its schema up to date and prepares every
 * statement, so that bad SQL stops the start; a reader prepares each when it
 * is first asked.  Never creates it.
 * Fails: RC_NOTFOUND, RC_IO, RC_STATE (schema newer than the program). */
enum rc db_open(const char *path, enum db_mode mode, struct db **out,
		struct err *e) MUST_USE;
void db_close(struct db *db);

/* RC_STATE when the file at the path (or its write-ahead log) is no longer the
 * one that was opened: what is written now would be lost. */
enum rc db_check_file(struct db *db, struct err *e) MUST_USE;

/* Adds the name of a statement and, a line a step, how it finds its rows. */
void db_explain(struct db *db, enum stmt id, struct sbuf *out);

/* Runs SQL of an embedded schema file; what names it in errors. */
enum rc db_script(struct db *db, const char *sql, const char *what,
		  struct err *e) MUST_USE;

/* Whether what is deleted from now on is overwritten; it is not at first.
 * Fails: RC_IO. */
enum rc db_secure(struct db *db, bool on, struct err *e) MUST_USE;

/* The path that it was opened by.  Owns: db. */
const char *db_path(const struct db *db);
enum db_mode db_mode_of(const struct db *db);

/* A transaction of the writing handle, and within it savepoints, one at a
 * time.  Rolling back cannot fail; it also takes back ledger positions.  Only
 * store/writer.c and programs that hold the state directory's lock use them.
 * Fails: RC_AGAIN (another program writes), RC_IO (a full disk too). */
enum rc db_begin(struct db *db, struct err *e) MUST_USE;
enum rc db_commit(struct db *db, struct err *e) MUST_USE;
void db_rollback(struct db *db);
enum rc db_savepoint(struct db *db, struct err *e) MUST_USE;
enum rc db_release(struct db *db, struct err *e) MUST_USE;
void db_undo(struct db *db);

/* False once an error ended the transaction of itself. */
bool db_in_transaction(struct db *db);

/* Bytes of text and blobs bound since db_begin(). */
size_t db_bound_bytes(struct db *db);

/* Dies when a statement is still open: a query_close() is missing. */
void db_assert_idle(struct db *db);

/* From here to the end, a reader's queries all see the same moment; nothing
 * within a transaction.  Keep it short: it holds back the log's recycling. */
enum rc db_snapshot(struct db *db, struct err *e) MUST_USE;
void db_snapshot_end(struct db *db);

/* A statement in use.  Parameters and columns count from 0.
 *
 *	struct query q;
 *	query_open(&q, db, STMT_NOTICE_BY_ID);
 *	bind_int(&q, 0, id);
 *	rc = query_row(&q, e);      RC_OK: a row; RC_NOTFOUND: no more
 *	... column_int(&q, 0) ...
 *	query_close(&q);
 */
struct query {
	struct db *db;
	struct sqlite3_stmt *s;
	enum stmt id;
	int code; /* of preparing it */
};

/* A statement is open once at a time on a handle; a second opening is a bug
 * that ends the process. */
void query_open(struct query *q, struct db *db, enum stmt id);
void query_close(struct query *q);

/* Texts and blobs are not copied: they must live until query_close().  An
 * empty one is empty, not NULL; DATE_NONE is NULL. */
void bind_int(struct query *q, int i, int64_t v);
void bind_text(struct query *q, int i, struct slice s);
void bind_z(struct query *q, int i, const char *z);
void bind_blob(struct query *q, int i, struct slice s);
void bind_ref(struct query *q, int i, struct ref r);
void bind_date(struct query *q, int i, int32_t date);
void bind_null(struct query *q, int i);

/* Steps to the next row.  Fails: RC_NOTFOUND (no more rows; e is left as it
 * was), RC_AGAIN (busy), RC_STATE (a UNIQUE constraint refused it), RC_LIMIT
 * (a value that no row holds), RC_IO (a full disk too), RC_BUG. */
enum rc query_row(struct query *q, struct err *e) MUST_USE;

/* Runs a statement that returns no row, and closes it. */
enum rc query_run(struct query *q, struct err *e) MUST_USE;

/* Rows that the last finished statement of the handle changed. */
int64_t db_changes(struct db *db);
int64_t db_last_id(struct db *db);

/* Runs one that gives a single row of one integer, and closes it. */
enum rc query_int(struct query *q, int64_t *out, struct err *e) MUST_USE;

/* Columns of the row; NULL is 0, DATE_NONE or empty. */
int64_t column_int(struct query *q, int i);
int32_t column_date(struct query *q, int i);
/* Owns: the query; valid until the next row or query_close(). */
struct slice column_text(struct query *q, int i);
struct slice column_blob(struct query *q, int i);
struct ref column_ref(struct query *q, int i);
bool column_null(struct query *q, int i);

#endif
