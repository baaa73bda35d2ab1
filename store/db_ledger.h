#ifndef STORE_DB_LEDGER_H
#define STORE_DB_LEDGER_H

#include "store/db.h"

/* What the writing handle knows of the ledger: numbers, and which events the
 * index by subject has yet to be told of. */

/* The next leaf of the ledger: its position, its sequence number within its
 * subject, and its time, which is now_us but never before the last leaf's.
 * Undone with the operation when that fails.  event_insert() must follow
 * before another is asked for.  Thread: writer. */
struct event_number {
	int64_t position, time_us;
	uint32_t seq;
};
enum rc db_event_number(struct db *db, struct ref ref, int64_t now_us,
			struct event_number *out, struct err *e) MUST_USE;
/* The same where db_next_seq() gave the seq in this operation. */
enum rc db_event_number_at(struct db *db, int64_t seq, int64_t now_us,
			   struct event_number *out, struct err *e) MUST_USE;
/* The next seq of a subject, for which the index knows one.  Thread: any; that
 * of a reader is what the index knows. */
int64_t db_next_seq(const struct db *db, struct ref ref, int64_t known);

/* For the rest of this operation the index is told later of those that it
 * adds: for one that adds many. */
void db_index_later(struct db *db);
/* Where they wait meanwhile, or NULL. */
struct recent *db_index_waits(struct db *db);
/* Tells it of some, last thing before db_commit(): of those past what may
 * wait, or where nobody else writes of all.  db_unsettled(): some wait.
 * Fails: what db does. */
enum rc db_settle(struct db *db, bool all, struct err *e) MUST_USE;
bool db_unsettled(const struct db *db);

#endif
