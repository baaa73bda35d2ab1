#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/db.h"

/*
 * The thread that owns the only writing handle.  Operations wait in a bounded
 * queue; as many as have come are run in one transaction, each in a savepoint
 * of its own where it needs one, and all are answered after COMMIT: what was
 * answered is on disk.
 */
struct writer;

/* One operation, embedded in the caller's own struct.  run() may be called
 * again after a failed commit; it must start from its inputs alone. */
struct write_op {
	struct write_op *next;
	/* Thread: writer.  Anything but RC_OK rolls its savepoint back. */
	enum rc (*run)(struct write_op *op, struct db *db, struct err *e);
	/* After COMMIT, or after the failure.  Thread: writer; never blocks.
	 * May free the operation. */
	void (*done)(struct write_op *op, enum rc rc, const struct err *e);
	/* It fails seldom, so that it goes without a savepoint among others
	 * like it; where one of them does fail, all are run again. */
	bool sure;
	enum rc rc;
};

/* Opens the database and starts the thread; cap operations may wait. */
enum rc writer_start(const char *path, size_t cap, struct writer **out,
		     struct err *e) MUST_USE;

/* Calls this after each COMMIT, before who waited is answered; set it before
 * the first operation.  Thread: writer; never blocks. */
void writer_on_commit(struct writer *w, void (*call)(void *arg), void *arg);

/* Ends it after all that waits was committed. */
void writer_stop(struct writer *w);

/* Hands an operation over.  Fails: RC_LIMIT (queue full), RC_AGAIN (a
 * transaction has been kept for long: it would wait as well), RC_STATE
 * (stopping); then done is not called.  Thread: any. */
enum rc writer_submit(struct writer *w, struct write_op *op) MUST_USE;

/* The same however full the queue is: for one who has no other operation
 * there, and waits for this one before handing over another.  Fails: RC_STATE.
 * Thread: any. */
enum rc writer_submit_alone(struct writer *w, struct write_op *op) MUST_USE;

/* Runs an operation and waits for its commit; done is not called.  Waits for
 * room when the queue is full.  Thread: any but the writer's and the loops'. */
enum rc writer_do(struct writer *w, struct write_op *op,
		  struct err *e) MUST_USE;

/* Operations that wait or run now. */
size_t writer_backlog(struct writer *w);

/* For how long the disk, or whoever holds the store, has kept what runs now;
 * 0 where nothing does.  Thread: any. */
int64_t writer_kept_us(const struct writer *w);

#endif
