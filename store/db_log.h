#ifndef STORE_DB_LOG_H
#define STORE_DB_LOG_H

#include "store/db.h"

/* From now on commits leave the write-ahead log to db_checkpoint(). */
void db_defer_checkpoints(struct db *db);

/* Frames in the log as of the last commit. */
int db_log_frames(const struct db *db);

/* Whether the last commit had something to write: one that had not says
 * nothing of the disk. */
bool db_wrote(const struct db *db);

/* Moves what is in the log, up to the oldest that a reader still needs, into
 * the database.  Fails: RC_AGAIN (another handle does it), RC_IO. */
enum rc db_checkpoint(struct db *db, struct err *e) MUST_USE;

#endif
