#include "base/thread.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

static void
must(int error, const char *what, const char *name)
{
	if (error)
		die("%s %s: error %d", what, name, error);
}

/* Error checking, so that a lock taken twice dies instead of hanging. */
void
mutex_init(struct mutex *m, const char *name)
{
	pthread_mutexattr_t attr;

	m->name = name;
	must(pthread_mutexattr_init(&attr), "making mutex", name);
	must(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK),
	     "making mutex", name);
	must(pthread_mutex_init(&m->m, &attr), "making mutex", name);
	(void)pthread_mutexattr_destroy(&attr);
}

void
mutex_fini(struct mutex *m)
{
	must(pthread_mutex_destroy(&m->m), "ending mutex", m->name);
}

void
mutex_lock(struct mutex *m)
{
	must(pthread_mutex_lock(&m->m), "locking", m->name);
}

void
mutex_unlock(struct mutex *m)
{
	must(pthread_mutex_unlock(&m->m), "unlocking", m->name);
}

struct start {
	void (*run)(void *);
	void *arg;
	char name[16];
};

static void *
thread_main(void *p)
{
	struct start start = *(struct start *)p;

	free(p);
	(void)pthread_setname_np(pthread_self(), start.name);
	start.run(start.arg);
	return NULL;
}

void
thread_start(struct thread *t, const char *name, void (*run)(void *), void *arg)
{
	struct start *start = MEM_NEW(struct start);
	sigset_t all, before;

	start->run = run;
	start->arg = arg;
	memcpy(start->name, name, strnlen(name, sizeof(start->name) - 1));
	(void)sigfillset(&all);
	must(pthread_sigmask(SIG_SETMASK, &all, &before), "masking", name);
	must(pthread_create(&t->t, NULL, thread_main, start), "thread", name);
	must(pthread_sigmask(SIG_SETMASK, &before, NULL), "masking", name);
}

void
thread_join(struct thread *t)
{
	must(pthread_join(t->t, NULL), "joining", "thread");
}

void
thread_detach(struct thread *t)
{
	must(pthread_detach(t->t), "detaching", "thread");
}

void
bell_init(struct bell *b)
{
	b->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (b->fd < 0)
		die("eventfd: error %d", errno);
}

void
bell_fini(struct bell *b)
{
	if (b->fd >= 0)
		(void)close(b->fd);
	b->fd = -1;
}

/* A write that would block means that it rings already. */
void
bell_ring(struct bell *b)
{
	const uint64_t one = 1;
	int saved = errno;
	ssize_t done;

	do
		done = write(b->fd, &one, sizeof(one));
	while (done < 0 && errno == EINTR);
	errno = saved;
}

static bool
bell_take(struct bell *b)
{
	uint64_t count;
	ssize_t done;

	do
		done = read(b->fd, &count, sizeof(count));
	while (done < 0 && errno == EINTR);
	return done == sizeof(count);
}

void
bell_clear(struct bell *b)
{
	(void)bell_take(b);
}

bool
bell_wait(struct bell *b, int timeout_ms)
{
	struct pollfd p = {.fd = b->fd, .events = POLLIN};
	int64_t end_us = clock_mono_us() + timeout_ms * INT64_C(1000);
	int left_ms = timeout_ms;

	while (poll(&p, 1, left_ms) < 0 && errno == EINTR) {
		int64_t left_us = end_us - clock_mono_us();

		if (timeout_ms >= 0)
			left_ms = left_us > 0 ? (int)(left_us / 1000) : 0;
	}
	return bell_take(b);
}

static struct timespec
monotonic_after(int timeout_ms)
{
	int64_t us = clock_mono_us() + timeout_ms * INT64_C(1000);

	return (struct timespec){.tv_sec = us / SECOND_US,
				 .tv_nsec = us % SECOND_US * 1000};
}

static void
cond_init(pthread_cond_t *c, const char *name)
{
	pthread_condattr_t attr;

	must(pthread_condattr_init(&attr), "making", name);
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), "making", name);
	must(pthread_cond_init(c, &attr), "making", name);
	(void)pthread_condattr_destroy(&attr);
}

void
latch_init(struct latch *l, const char *name)
{
	mutex_init(&l->lock, name);
	cond_init(&l->opened, name);
	l->open = false;
}

void
latch_fini(struct latch *l)
{
	(void)pthread_cond_destroy(&l->opened);
	mutex_fini(&l->lock);
}

void
latch_open(struct latch *l)
{
	mutex_lock(&l->lock);
	l->open = true;
	(void)pthread_cond_broadcast(&l->opened);
	mutex_unlock(&l->lock);
}

bool
latch_wait(struct latch *l, int timeout_ms)
{
	struct timespec end = monotonic_after(timeout_ms);
	int error = 0;
	bool open;

	mutex_lock(&l->lock);
	while (!l->open && error == 0)
		error = pthread_cond_timedwait(&l->opened, &l->lock.m, &end);
	open = l->open;
	mutex_unlock(&l->lock);
	return open;
}

struct fifo {
	struct mutex lock;
	pthread_cond_t filled;
	size_t first, count, cap;
	bool closed;
	void *items[];
};

struct fifo *
fifo_new(const char *name, size_t cap)
{
	struct fifo *f = mem_alloc(sizeof(*f) + cap * sizeof(f->items[0]));

	f->cap = cap;
	mutex_init(&f->lock, name);
	cond_init(&f->filled, name);
	return f;
}

void
fifo_free(struct fifo *f)
{
	if (f == NULL)
		return;
	(void)pthread_cond_destroy(&f->filled);
	mutex_fini(&f->lock);
	free(f);
}

enum rc
fifo_put(struct fifo *f, void *p)
{
	enum rc rc = RC_OK;

	mutex_lock(&f->lock);
	if (f->closed)
		rc = RC_STATE;
	else if (f->count == f->cap)
		rc = RC_LIMIT;
	else
		f->items[(f->first + f->count++) % f->cap] = p;
	if (rc == RC_OK)
		(void)pthread_cond_signal(&f->filled);
	mutex_unlock(&f->lock);
	return rc;
}

void *
fifo_take(struct fifo *f, int timeout_ms)
{
	struct timespec end = monotonic_after(timeout_ms > 0 ? timeout_ms : 0);
	void *p = NULL;
	int error = 0;

	mutex_lock(&f->lock);
	while (f->count == 0 && !f->closed && timeout_ms != 0 && error == 0)
		error =
		    timeout_ms < 0
			? pthread_cond_wait(&f->filled, &f->lock.m)
			: pthread_cond_timedwait(&f->filled, &f->lock.m, &end);
	if (f->count) {
		p = f->items[f->first];
		f->first = (f->first + 1) % f->cap;
		f->count--;
	}
	mutex_unlock(&f->lock);
	return p;
}

size_t
fifo_count(struct fifo *f)
{
	size_t count;

	mutex_lock(&f->lock);
	count = f->count;
	mutex_unlock(&f->lock);
	return count;
}

void
fifo_close(struct fifo *f)
{
	mutex_lock(&f->lock);
	f->closed = true;
	(void)pthread_cond_broadcast(&f->filled);
	mutex_unlock(&f->lock);
}
