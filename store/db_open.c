#include "store/db_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/meta.h"
#include "store/recent.h"
#include "store/schema.h"

#define WRITER_BUSY_MS 5000
#define READER_BUSY_MS 250

/*
 * No mmap: an I/O error would then be a SIGBUS instead of an answer.  What is
 * erased is overwritten by the erasure, which turns secure_delete on.  Readers
 * sort in temporary files: counting millions must not take their memory.
 */
static const char *const setup[] = {
    [DB_READ] = "PRAGMA cache_size = -1024;"
		"PRAGMA query_only = ON",
    [DB_WRITE] = "PRAGMA synchronous = FULL;"
		 "PRAGMA foreign_keys = OFF;"
		 "PRAGMA secure_delete = OFF;"
		 "PRAGMA temp_store = MEMORY;"
		 "PRAGMA cache_size = -8192;"
		 "PRAGMA journal_size_limit = 67108864",
    [DB_MOVE] = "PRAGMA synchronous = FULL",
};

static bool
file_look(const char *path, struct file_id *out)
{
	struct stat st;

	out->known = stat(path, &st) == 0;
	if (out->known) {
		out->dev = st.st_dev;
		out->ino = st.st_ino;
	}
	return out->known;
}

static bool
file_same(const char *path, const struct file_id *was)
{
	struct file_id is;

	return file_look(path, &is) && is.dev == was->dev && is.ino == was->ino;
}

static struct db *
db_new(const char *path, enum db_mode mode)
{
	static const char suffix[] = "-wal";
	size_t n = strlen(path);
	struct db *db = MEM_NEW(struct db);

	db->path = mem_z(slice_z(path));
	db->wal_path = mem_alloc(n + sizeof(suffix));
	memcpy(db->wal_path, path, n);
	memcpy(db->wal_path + n, suffix, sizeof(suffix));
	db->mode = mode;
	db->last.position = -1;
	return db;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (int i = 0; i < STMT_COUNT; i++)
		(void)sqlite3_finalize(db->stmts[i]);
	/* readers may outlive the writer, and cannot do it */
	if (db->mode == DB_WRITE)
		(void)sqlite3_wal_checkpoint_v2(
		    db->h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (sqlite3_close(db->h) != SQLITE_OK)
		die("closing %s: %s", db->path, sqlite3_errmsg(db->h));
	recent_free(db->recent);
	free(db->path);
	free(db->wal_path);
	free(db);
}

/* Statistics of memory cost a lock at each allocation, of all threads. */
static void
config_sqlite(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	db_memory_set_up();
}

static enum rc
db_connect(struct db *db, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int flags =
	    SQLITE_OPEN_NOMUTEX | (db->mode == DB_READ ? SQLITE_OPEN_READONLY
						       : SQLITE_OPEN_READWRITE);
	int code;

	(void)pthread_once(&once, config_sqlite);
	code = sqlite3_open_v2(db->path, &db->h, flags, NULL);
	if (code != SQLITE_OK)
		return db_fail(db, code, db->path, e);
	(void)sqlite3_extended_result_codes(db->h, 1);
	(void)sqlite3_busy_timeout(db->h, db->mode == DB_READ ? READER_BUSY_MS
							      : WRITER_BUSY_MS);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return db_script(db, setup[db->mode], db->path, e);
}

enum rc
db_open(const char *path, enum db_mode mode, struct db **out, struct err *e)
{
	struct db *db;
	enum rc rc;

	if (access(path, F_OK) != 0)
		return err_errno(e, path);
	db = db_new(path, mode);
	(void)file_look(path, &db->file);
	rc = db_connect(db, e);
	if (rc == RC_OK)
		rc = schema_check(db, e);
	if (rc == RC_OK && mode == DB_WRITE)
		rc = schema_update(db, e);
	if (rc == RC_OK && mode == DB_WRITE)
		rc = db_prepare_all(db, e);
	if (rc == RC_OK && mode == DB_WRITE)
		rc = recent_load(db, &db->recent, e);
	if (rc)
		db_close(db);
	else
		*out = db;
	return rc;
}

static enum rc
create_at(const char *path, struct err *e)
{
	char ledger[REF_HEX];
	struct db *db;
	enum rc rc;
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(e, path);
	(void)close(fd);
	db = db_new(path, DB_WRITE);
	if ((rc = db_connect(db, e)) ||
	    (rc = db_script(db, "PRAGMA journal_mode = WAL", path, e)) ||
	    (rc = schema_update(db, e)) || (rc = db_prepare_all(db, e)))
		goto out;
	ref_hex(ref_new(), ledger);
	rc = meta_set_text(db, "ledger", slice_z(ledger), e);
out:
	db_close(db);
	return rc;
}

/* Built under another name and published when it is whole, so that a death on
 * the way leaves no half-made database and an existing one is never touched. */
enum rc
db_create(const char *path, struct err *e)
{
	size_t n = strlen(path) + sizeof(".new");
	char *fresh = mem_alloc(n);
	enum rc rc;

	(void)snprintf(fresh, n, "%s.new", path);
	(void)unlink(fresh);
	rc = create_at(fresh, e);
	if (rc == RC_OK)
		rc = file_publish(fresh, path, e);
	if (rc)
		(void)unlink(fresh);
	free(fresh);
	return rc;
}

enum rc
db_check_file(struct db *db, struct err *e)
{
	if (!file_same(db->path, &db->file))
		return err_set(e, RC_STATE,
			       "%s was moved, removed or replaced: "
			       "put it back, or restart",
			       db->path);
	if (!db->wal.known)
		(void)file_look(db->wal_path, &db->wal);
	if (!db->wal.known || !file_same(db->wal_path, &db->wal))
		return err_set(e, RC_STATE,
			       "%s was moved, removed or replaced: restart",
			       db->wal_path);
	return RC_OK;
}
