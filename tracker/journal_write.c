/*
 * A loop fills a round of records; a thread of its writer, the scribe, puts it
 * on disk.
 *
 * 1. A round is the loop's until it is in "work", the scribe's until it is in
 *    "done"; there are two, so one can be filled while the other is away.
 * 2. What is in struct scribe is touched by the scribe alone, once it runs.
 * 3. at is where the next record will stand in the segment; what lies before
 *    it was written.
 * 4. After a failure the segment is sealed and left (fd -1): what of it reached
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

struct round {
	struct sbuf records;
	size_t n;
	bool kept; /* on disk, all of it */
};

struct scribe {
	struct journal *j;
	unsigned number;
	int lock; /* of the number; -1: it has none yet */
	int fd;
	struct segment segment;
	uint32_t at;
	int64_t retry_us, complained_us;
	struct fifo *work, *done;
	struct thread thread;
};

struct journal_writer {
	struct scribe s;
	struct round rounds[2];
	struct round *filling;
	bool away;		  /* the other is */
	int64_t away_us, late_us; /* since when; nobody waits for it, or 0 */
};

static void
lose(struct scribe *s, size_t n, const struct err *e)
{
	int64_t now_us = clock_mono_us();
	uint64_t all = journal_lose(s->j, n);

	if (n == 0 ||
	    (s->complained_us && now_us - s->complained_us < COMPLAIN_US))
		return;
	s->complained_us = now_us;
	LOG(HITS_LOST, LOG_I("lost", all), LOG_I("writer", s->number),
	    LOG_ERR(e));
}

static void
segment_leave(struct scribe *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

/* The least number that nobody holds. */
static enum rc
number_take(struct scribe *s, struct err *e)
{
	size_t n = strlen(s->j->path) + sizeof("/00.lock");
	char *path = mem_alloc(n);
	enum rc rc = RC_STATE;

	for (s->number = 0; s->number < JOURNAL_WRITERS_MAX; s->number++) {
		(void)snprintf(path, n, "%s/%02u.lock", s->j->path, s->number);
		rc = lock_take(path, &s->lock, e);
		if (rc != RC_STATE)
			break;
	}
	free(path);
	if (rc == RC_STATE)
		return err_set(e, RC_LIMIT,
			       "the journal has at most %d "
			       "writers",
			       JOURNAL_WRITERS_MAX);
	return rc;
}

static enum rc
segment_next(struct scribe *s, struct err *e)
{
	enum rc rc = RC_OK;

	if (clock_mono_us() < s->retry_us)
		return err_set(e, RC_IO, "the journal has no room");
	if (s->lock < 0)
		rc = number_take(s, e);
	if (rc == RC_OK)
		rc = segment_take(s->j, s->number, &s->segment, &s->fd, e);
	if (rc) {
		s->fd = -1;
		s->retry_us = clock_mono_us() + RETRY_US;
		return rc;
	}
	s->at = SEGMENT_HEADER;
	return RC_OK;
}

static enum rc
put_on_disk(struct scribe *s, struct slice records, struct err *e)
{
	while (records.n > 0) {
		ssize_t n = pwrite(s->fd, records.p, records.n, (off_t)s->at);

		if (n <= 0)
			return err_errno(e, "writing the journal");
		records = slice_skip(records, (size_t)n);
		s->at += (uint32_t)n;
	}
	if (fdatasync(s->fd) != 0)
		return err_errno(e, "syncing the journal");
	return RC_OK;
}

/* Places as many records as the segment has room for; returns their bytes, and
 * takes their number off *n. */
static size_t
place(const struct scribe *s, char *records, size_t bytes, size_t *n)
{
	size_t used = 0;

	while (used < bytes &&
	       s->at + used + HIT_RECORD_MAX <= s->segment.bytes) {
		used +=
		    hit_place(records + used, s->segment.nonce, s->at + used);
		--*n;
	}
	return used;
}

/* *left: of the round's records, those that are not on disk. */
static enum rc
round_write(struct scribe *s, struct round *r, size_t *left, struct err *e)
{
	size_t done = 0;

	*left = r->n;
	while (done < r->records.n) {
		size_t n = *left, bytes;
		enum rc rc = s->fd < 0 ? segment_next(s, e) : RC_OK;

		if (rc)
			return rc;
		bytes = place(s, r->records.p + done, r->records.n - done, &n);
		if (bytes == 0) {
			segment_leave(s);
			continue;
		}
		rc = put_on_disk(s, slice_of(r->records.p + done, bytes), e);
		if (rc) {
			segment_seal(s->fd);
			segment_leave(s);
			s->retry_us = clock_mono_us() + RETRY_US;
			return rc;
		}
		done += bytes;
		*left = n;
	}
	return RC_OK;
}

static void
scribe_run(void *arg)
{
	struct scribe *s = arg;
	struct round *r;

	while ((r = fifo_take(s->work, -1)) != NULL) {
		struct err e = {0};
		size_t left;

		r->kept = round_write(s, r, &left, &e) == RC_OK;
		if (!r->kept)
			lose(s, left, &e);
		(void)!fifo_put(s->done, r);
	}
}

static void
late(struct journal_writer *w)
{
	w->late_us = w->away_us;
	atomic_fetch_add(&w->s.j->late, 1);
	LOG(JOURNAL_LATE, LOG_I("writer", w->s.number));
}

/* The round that is away, if it comes back within timeout_ms. */
static bool
round_back(struct journal_writer *w, int timeout_ms, bool *kept)
{
	struct round *r = fifo_take(w->s.done, timeout_ms);

	if (!r)
		return false;
	w->away = false;
	*kept = r->kept;
	r->n = 0;
	sbuf_reset(&r->records);
	if (w->late_us) {
		LOG(JOURNAL_IN_TIME, LOG_I("writer", w->s.number),
		    LOG_I("took_us", clock_mono_us() - w->late_us));
		w->late_us = 0;
		atomic_fetch_sub(&w->s.j->late, 1);
	}
	return true;
}

bool
journal_sync(struct journal_writer *w)
{
	bool kept;

	if (w->away && !round_back(w, 0, &kept))
		return w->filling->n == 0;
	if (w->filling->n == 0)
		return true;
	w->away_us = clock_mono_us();
	w->away = fifo_put(w->s.work, w->filling) == RC_OK;
	w->filling = &w->rounds[w->filling == &w->rounds[0]];
	if (round_back(w, w->s.j->patience_ms, &kept))
		return kept;
	late(w);
	return false;
}

bool
journal_append(struct journal_writer *w, const struct hit *h)
{
	struct round *r = w->filling;

	if (r->records.n + HIT_RECORD_MAX > ROUND_MAX)
		(void)journal_sync(w);
	r = w->filling;
	if (r->records.n + HIT_RECORD_MAX > ROUND_MAX) {
		(void)journal_lose(w->s.j, 1);
		return false;
	}
	hit_encode(h, &r->records);
	r->n++;
	return true;
}

enum rc
journal_writer_new(struct journal *j, struct journal_writer **out,
		   struct err *e)
{
	struct journal_writer *w = MEM_NEW(struct journal_writer);
	struct scribe *s = &w->s;

	*s = (struct scribe){.j = j, .lock = -1, .fd = -1};
	if (number_take(s, e) == RC_LIMIT) {
		free(w);
		return RC_LIMIT;
	}
	s->work = fifo_new("journal work", 1);
	s->done = fifo_new("journal done", 1);
	w->filling = &w->rounds[0];
	for (size_t i = 0; i < 2; i++)
		sbuf_init(&w->rounds[i].records, ROUND_MAX);
	/* Without room now, or where nothing can be written, hits are answered
	 * all the same. */
	if (s->lock < 0 || segment_resume(j, s->number, &s->segment, &s->fd,
					  &s->at, e) != RC_OK)
		(void)!segment_next(s, e);
	thread_start(&s->thread, "scribe", scribe_run, s);
	*out = w;
	return RC_OK;
}

void
journal_writer_free(struct journal_writer *w)
{
	bool kept;

	if (!w)
		return;
	while (w->away || w->filling->n > 0) {
		(void)journal_sync(w);
		if (w->away)
			(void)round_back(w, -1, &kept);
	}
	fifo_close(w->s.work);
	thread_join(&w->s.thread);
	segment_leave(&w->s);
	fifo_free(w->s.work);
	fifo_free(w->s.done);
	for (size_t i = 0; i < 2; i++)
		sbuf_fini(&w->rounds[i].records);
	if (w->s.lock >= 0)
		(void)close(w->s.lock);
	free(w);
}
