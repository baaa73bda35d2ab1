#ifndef STORE_DB_PRIVATE_H
#define STORE_DB_PRIVATE_H

#include <sqlite3.h>
#include <sys/types.h>

#include "store/db.h"

/* Shared by store/db*.c alone. */

struct file_id {
	dev_t dev;
	ino_t ino;
	bool known;
};

struct ledger_mark {
	int64_t position, time_us;
};

struct db {
	sqlite3 *h;
	char *path, *wal_path;
	enum db_mode mode;
	struct file_id file, wal;
	sqlite3_stmt *stmts[STMT_COUNT];
	bool open[STMT_COUNT];
	int open_n;
	size_t bound_bytes;
	int log_frames; /* as of the last commit */
	bool wrote;	/* the last transaction, into the log */
	struct ledger_mark last, at_savepoint;
	struct recent *recent; /* of a writer */
	size_t recent_at_savepoint;
	bool index_later;
};

/* Has SQLite's memory kept by the thread that gives it back, for the next that
 * it asks for: each statement that runs takes and frees some pieces, five
 * hundred for a message sent.  Before SQLite is used. */
void db_memory_set_up(void);

/* The error of SQLite's code, in the words of its handle. */
enum rc db_fail(struct db *db, int code, const char *what,
		struct err *e) MUST_USE;

/* Prepares those that are not yet prepared. */
enum rc db_prepare_all(struct db *db, struct err *e) MUST_USE;

#endif
