#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* A named lock.  Mutexes live in base/ and store/ alone. */
struct mutex {
	pthread_mutex_t m;
	const char *name;
};

/* Makes an open lock; name must live as long.  Whoever takes it twice, or
 * opens what it does not hold, dies by that name. */
void mutex_init(struct mutex *m, const char *name);
void mutex_fini(struct mutex *m);

/* Waits until the lock is free, and holds it.  Thread: any. */
void mutex_lock(struct mutex *m);

/* Opens it.  Thread: the one that holds it. */
void mutex_unlock(struct mutex *m);

/* A thread with a name; all signals blocked. */
struct thread {
	pthread_t t;
};
void thread_start(struct thread *t, const char *name, void (*run)(void *),
		  void *arg);
void thread_join(struct thread *t);
/* Lets it end by itself: nobody joins it. */
void thread_detach(struct thread *t);

/* A bell: threads wait on it until it rings, a time passes, or it was rung
 * since they last looked.  On an eventfd, so that it can stand in poll(). */
struct bell {
	int fd;
};
void bell_init(struct bell *b);
void bell_fini(struct bell *b);
void bell_ring(struct bell *b); /* Thread: any; safe in a signal handler */
/* Waits at most timeout_ms (-1: for ever) and resets it; true if it rang. */
bool bell_wait(struct bell *b, int timeout_ms);
void bell_clear(struct bell *b);

/* A latch: opened once, by one thread, for others that wait for that.  It
 * takes no descriptor, so that making one cannot fail where they have run
 * out. */
struct latch {
	struct mutex lock;
	pthread_cond_t opened;
	bool open;
};
void latch_init(struct latch *l, const char *name);
void latch_fini(struct latch *l);
void latch_open(struct latch *l); /* Thread: any */
/* Waits until it is open, at most timeout_ms; true if it is. */
bool latch_wait(struct latch *l, int timeout_ms);

/* A bounded first-in first-out queue of pointers among threads; whoever puts
 * hands the object over. */
struct fifo;
struct fifo *fifo_new(const char *name, size_t cap);
void fifo_free(struct fifo *f);
/* RC_LIMIT when full, RC_STATE when closed. */
enum rc fifo_put(struct fifo *f, void *p) MUST_USE;
/* Takes one; waits at most timeout_ms (-1: for ever).  NULL when it timed out,
 * or is closed and empty. */
void *fifo_take(struct fifo *f, int timeout_ms);
size_t fifo_count(struct fifo *f);
/* No more puts; takers get what is left, then NULL. */
void fifo_close(struct fifo *f);

#endif
