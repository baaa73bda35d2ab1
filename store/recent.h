#ifndef STORE_RECENT_H
#define STORE_RECENT_H

#include "store/event.h"

/*
 * What the index of events by subject (event_index) has yet to be told.  Each
 * entry told at once is a page of it, anywhere, that the log and the checkpoint
 * write whole; so those of a flood wait in event_recent, a few pages, and move
 * in the index's order, some to a page.  The writing handle keeps in memory
 * which wait; readers look at both tables, within one statement.
 */
struct recent;

/* Of a writing handle: with what a former process left waiting.
 * Fails: what db does. */
enum rc recent_load(struct db *db, struct recent **out, struct err *e) MUST_USE;
void recent_free(struct recent *r);

/* One more than the last seq that waits of a subject, or 0. */
int64_t recent_next_seq(const struct recent *r, struct ref ref);

/* Has an event, whose row the transaction adds, wait. */
enum rc recent_add(struct recent *r, struct db *db, const struct event *ev,
		   struct err *e) MUST_USE;

/* How many were added in this transaction; recent_undo() takes back all past
 * a number of them. */
size_t recent_added(const struct recent *r);
void recent_undo(struct recent *r, size_t added);

/* Tells the index, last thing of a transaction, of those that wait past what
 * may, or of some of all.  recent_committed() says that it was committed,
 * recent_undo(r, 0) that it was not.  next: the ledger's next position. */
enum rc recent_settle(struct recent *r, struct db *db, bool all,
		      struct err *e) MUST_USE;
void recent_committed(struct recent *r, int64_t next);

/* Other than some 260,000, for tests. */
void recent_waiting_max(struct recent *r, size_t n);

/* Whether event_recent has rows. */
bool recent_any(const struct recent *r);

#endif
