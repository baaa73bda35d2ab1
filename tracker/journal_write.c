/*
 * 1. at is where the round's buffer will stand in the segment; what lies
 *    before it was written.
 * 2. After a failure the segment is sealed and left (fd -1): what of it reached
 *    the disk is not known, and the next one is taken after a pause.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "tracker/journal_private.h"

#define ROUND_MAX ((size_t)1 << 20)
#define RETRY_US SECOND_US
#define COMPLAIN_US (10 * SECOND_US)

struct journal_writer {
	struct journal *j;
	unsigned number;
	int lock, fd;
	struct segment segment;
	uint32_t at;
	struct sbuf round;
	size_t pending; /* records not yet synced, those written included */
	bool written;	/* some of them are */
	int64_t retry_us, complained_us;
};

static void
lose(struct journal_writer *w, size_t n, const struct err *e)
{
	int64_t now_us = clock_mono_us();
	uint64_t all = atomic_fetch_add(&w->j->lost, n) + n;

	if (n == 0 ||
	    (w->complained_us && now_us - w->complained_us < COMPLAIN_US))
		return;
	w->complained_us = now_us;
	LOG(HITS_LOST, LOG_I("lost", all), LOG_I("writer", w->number),
	    LOG_ERR(e));
}

static void
segment_leave(struct journal_writer *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
	w->pending = 0;
	w->written = false;
	sbuf_reset(&w->round);
}

static bool
fail(struct journal_writer *w, struct err *e)
{
	size_t n = w->pending;

	if (w->fd >= 0)
		segment_seal(w->fd);
	segment_leave(w);
	w->retry_us = clock_mono_us() + RETRY_US;
	lose(w, n, e);
	return false;
}

/* hits: so many are lost where there is no room for one. */
static bool
segment_next(struct journal_writer *w, size_t hits)
{
	struct err e = {0};

	if (clock_mono_us() < w->retry_us) {
		(void)err_set(&e, RC_IO, "the journal has no room");
		lose(w, hits, &e);
		return false;
	}
	if (segment_take(w->j, w->number, &w->segment, &w->fd, &e) != RC_OK) {
		w->fd = -1;
		w->pending = hits;
		return fail(w, &e);
	}
	w->at = SEGMENT_HEADER;
	return true;
}

static bool
round_write(struct journal_writer *w)
{
	size_t done = 0;
	struct err e = {0};

	while (done < w->round.n) {
		ssize_t n = pwrite(w->fd, w->round.p + done, w->round.n - done,
				   (off_t)(w->at + done));
		if (n <= 0) {
			(void)err_errno(&e, "writing the journal");
			return fail(w, &e);
		}
		done += (size_t)n;
	}
	w->at += (uint32_t)w->round.n;
	w->written |= done > 0;
	sbuf_reset(&w->round);
	return true;
}

bool
journal_sync(struct journal_writer *w)
{
	struct err e = {0};

	if (w->pending == 0)
		return true;
	if (!round_write(w))
		return false;
	if (fdatasync(w->fd) != 0) {
		(void)err_errno(&e, "syncing the journal");
		return fail(w, &e);
	}
	w->pending = 0;
	w->written = false;
	return true;
}

bool
journal_append(struct journal_writer *w, const struct hit *h)
{
	if (w->fd >= 0 &&
	    w->at + w->round.n + HIT_RECORD_MAX > w->segment.bytes) {
		if (journal_sync(w))
			segment_leave(w);
	}
	if (w->fd < 0 && !segment_next(w, 1))
		return false;
	if (w->round.n + HIT_RECORD_MAX > ROUND_MAX && !round_write(w))
		return journal_append(w, h);
	hit_encode(h, w->segment.nonce, w->at + w->round.n, &w->round);
	w->pending++;
	return true;
}

size_t
journal_pending(const struct journal_writer *w)
{
	return w->pending;
}

enum rc
journal_writer_new(struct journal *j, struct journal_writer **out,
		   struct err *e)
{
	size_t n = strlen(j->path) + sizeof("/00.lock");
	char *path = mem_alloc(n);
	struct journal_writer *w;
	enum rc rc = RC_STATE;
	unsigned number;
	int lock = -1;

	for (number = 0; number < JOURNAL_WRITERS_MAX; number++) {
		(void)snprintf(path, n, "%s/%02u.lock", j->path, number);
		rc = lock_take(path, &lock, e);
		if (rc != RC_STATE)
			break;
	}
	free(path);
	if (rc == RC_STATE)
		return err_set(e, RC_LIMIT,
			       "the journal has at most %d "
			       "writers",
			       JOURNAL_WRITERS_MAX);
	if (rc)
		return rc;
	w = MEM_NEW(struct journal_writer);
	w->j = j;
	w->number = number;
	w->lock = lock;
	w->fd = -1;
	sbuf_init(&w->round, ROUND_MAX);
	/* Without room now, hits are answered all the same. */
	if (segment_resume(j, number, &w->segment, &w->fd, &w->at, e) != RC_OK)
		(void)segment_next(w, 0);
	*out = w;
	return RC_OK;
}

void
journal_writer_free(struct journal_writer *w)
{
	if (!w)
		return;
	(void)journal_sync(w);
	segment_leave(w);
	sbuf_fini(&w->round);
	(void)close(w->lock);
	free(w);
}
