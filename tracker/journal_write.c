/*
 * A loop fills a round of records; journal_write() puts it on disk, and may
 * have to wait for that.  If it does, another thread goes on with the loop.
 *
 * 1. There are two rounds: one is filled; the other is away from when it is
 *    handed over until the loop takes it back, which it may once it is settled.
 * 2. What is in struct pen is journal_write()'s alone, while there is a round
 *    for it.
 * 3. at is where the next record will stand in the segment; what lies before
 *    it was written.
 * 4. After a failure the segment is sealed and left (fd -1): what of it reached
 *    the disk is not known, and the next one is taken after a pause.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "tracker/journal_private.h"

#define ROUND_MAX ((size_t)64 << 20)
#define ROUND_LATE ((size_t)16 << 20)
#define ROUND_USUAL ((size_t)1 << 20)
#define RETRY_US SECOND_US
#define COMPLAIN_US (10 * SECOND_US)

struct round {
	struct sbuf records;
	size_t n;
	int64_t since_us; /* of the first of them */
	bool kept;	  /* on disk, all of it */
};

struct pen {
	struct journal *j;
	unsigned number;
	int lock; /* of the number; -1: it has none yet */
	int fd;
	struct segment segment;
	uint32_t at;
	int64_t retry_us, complained_us;
};

struct journal_writer {
	struct pen pen;
	struct round rounds[2];
	struct round *filling, *away; /* away: or NULL */
	_Atomic bool settled;	      /* the one that is away */
	int64_t complained_us;
	bool late;
	unsigned number;		     /* for the log */
	uint64_t appended, handed, answered; /* records, since the start */
	uint64_t unkept;		     /* rounds */
};

static void
lose(struct journal *j, size_t n, unsigned number, int64_t *complained_us,
     const struct err *e)
{
	int64_t now_us = clock_mono_us();
	uint64_t all = journal_lose(j, n);

	if (n == 0 || (*complained_us && now_us - *complained_us < COMPLAIN_US))
		return;
	*complained_us = now_us;
	LOG(HITS_LOST, LOG_I("lost", all), LOG_I("writer", number), LOG_ERR(e));
}

static void
segment_leave(struct pen *p)
{
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}

/* The least number that nobody holds. */
static enum rc
number_take(struct pen *p, struct err *e)
{
	size_t n = strlen(p->j->path) + sizeof("/00.lock");
	char *path = mem_alloc(n);
	enum rc rc = RC_STATE;

	for (p->number = 0; p->number < JOURNAL_WRITERS_MAX; p->number++) {
		(void)snprintf(path, n, "%s/%02u.lock", p->j->path, p->number);
		rc = lock_take(path, &p->lock, e);
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
segment_next(struct pen *p, struct err *e)
{
	enum rc rc = RC_OK;

	if (clock_mono_us() < p->retry_us)
		return err_set(e, RC_IO, "the journal has no room");
	if (p->lock < 0)
		rc = number_take(p, e);
	if (rc == RC_OK)
		rc = segment_take(p->j, p->number, &p->segment, &p->fd, e);
	if (rc) {
		p->fd = -1;
		p->retry_us = clock_mono_us() + RETRY_US;
		return rc;
	}
	p->at = SEGMENT_HEADER;
	return RC_OK;
}

static enum rc
put_on_disk(struct pen *p, struct slice records, struct err *e)
{
	while (records.n > 0) {
		ssize_t n = pwrite(p->fd, records.p, records.n, (off_t)p->at);

		if (n <= 0)
			return err_errno(e, "writing the journal");
		records = slice_skip(records, (size_t)n);
		p->at += (uint32_t)n;
	}
	if (fdatasync(p->fd) != 0)
		return err_errno(e, "syncing the journal");
	return RC_OK;
}

/* Places as many records as the segment has room for; returns their bytes, and
 * takes their number off *n. */
static size_t
place(const struct pen *p, char *records, size_t bytes, size_t *n)
{
	size_t used = 0;

	while (used < bytes &&
	       p->at + used + HIT_RECORD_MAX <= p->segment.bytes) {
		used +=
		    hit_place(records + used, p->segment.nonce, p->at + used);
		--*n;
	}
	return used;
}

/* *left: of the round's records, those that are not on disk. */
static enum rc
round_write(struct pen *p, struct round *r, size_t *left, struct err *e)
{
	size_t done = 0;

	*left = r->n;
	while (done < r->records.n) {
		size_t n = *left, bytes;
		enum rc rc = p->fd < 0 ? segment_next(p, e) : RC_OK;

		if (rc)
			return rc;
		bytes = place(p, r->records.p + done, r->records.n - done, &n);
		if (bytes == 0) {
			segment_leave(p);
			continue;
		}
		rc = put_on_disk(p, slice_of(r->records.p + done, bytes), e);
		if (rc) {
			segment_seal(p->fd);
			segment_leave(p);
			p->retry_us = clock_mono_us() + RETRY_US;
			return rc;
		}
		done += bytes;
		*left = n;
	}
	return RC_OK;
}

void
journal_write(struct journal_writer *w)
{
	struct pen *p = &w->pen;
	struct round *r = w->away;
	struct err e = {0};
	size_t left;

	r->kept = round_write(p, r, &left, &e) == RC_OK;
	if (!r->kept)
		lose(p->j, left, p->number, &p->complained_us, &e);
	atomic_store(&w->settled, true);
}

static void
round_empty(struct round *r)
{
	r->n = 0;
	sbuf_reset(&r->records);
	if (r->records.cap > ROUND_USUAL)
		sbuf_fini(&r->records);
}

static void
round_back(struct journal_writer *w)
{
	int64_t since_us = w->away->since_us;

	w->unkept += !w->away->kept;
	round_empty(w->away);
	w->away = NULL;
	w->number = w->pen.number;
	if (!w->late) {
		w->answered = w->handed;
		return;
	}
	LOG(JOURNAL_IN_TIME, LOG_I("writer", w->number),
	    LOG_I("took_us", clock_mono_us() - since_us));
	w->late = false;
	w->filling->since_us = clock_mono_us(); /* nobody waits for it so far */
	atomic_fetch_sub(&w->pen.j->late, 1);
}

/* Whether somebody of a round has waited for as long as anybody has to. */
static bool
is_late(const struct journal_writer *w, const struct round *r)
{
	return r->n > 0 && clock_mono_us() - r->since_us >=
			       w->pen.j->patience_ms * INT64_C(1000);
}

uint64_t
journal_settled(struct journal_writer *w)
{
	if (w->away && atomic_load(&w->settled))
		round_back(w);
	if (!w->away ||
	    !(w->late || is_late(w, w->away) || is_late(w, w->filling)))
		return w->answered;
	if (!w->late) {
		w->late = true;
		atomic_fetch_add(&w->pen.j->late, 1);
		LOG(JOURNAL_LATE, LOG_I("writer", w->number));
	}
	w->answered = w->appended;
	return w->answered;
}

bool
journal_hand(struct journal_writer *w)
{
	if (w->away || w->filling->n == 0)
		return false;
	w->away = w->filling;
	w->handed = w->appended;
	atomic_store(&w->settled, false);
	w->filling = &w->rounds[w->away == &w->rounds[0]];
	return true;
}

bool
journal_sync(struct journal_writer *w)
{
	uint64_t unkept = w->unkept;

	(void)journal_settled(w);
	if (journal_hand(w))
		journal_write(w);
	return journal_settled(w) == w->appended && w->unkept == unkept;
}

bool
journal_append(struct journal_writer *w, const struct hit *h)
{
	struct round *r = w->filling;
	size_t most = w->away ? ROUND_LATE : ROUND_MAX;
	struct err e;

	if (r->records.n + HIT_RECORD_MAX > most) {
		(void)!err_set(&e, RC_LIMIT, "the journal's disk is late");
		lose(w->pen.j, 1, w->number, &w->complained_us, &e);
		return false;
	}
	if (r->n++ == 0)
		r->since_us = clock_mono_us();
	hit_encode(h, &r->records);
	w->appended++;
	return true;
}

enum rc
journal_writer_new(struct journal *j, struct journal_writer **out,
		   struct err *e)
{
	struct journal_writer *w = MEM_NEW(struct journal_writer);
	struct pen *p = &w->pen;

	*p = (struct pen){.j = j, .lock = -1, .fd = -1};
	if (number_take(p, e) == RC_LIMIT) {
		free(w);
		return RC_LIMIT;
	}
	w->filling = &w->rounds[0];
	for (size_t i = 0; i < 2; i++)
		sbuf_init(&w->rounds[i].records, ROUND_MAX);
	/* Without room now, or where nothing can be written, hits are answered
	 * all the same. */
	if (p->lock < 0 || segment_resume(j, p->number, &p->segment, &p->fd,
					  &p->at, e) != RC_OK)
		(void)!segment_next(p, e);
	w->number = p->number;
	*out = w;
	return RC_OK;
}

void
journal_writer_free(struct journal_writer *w)
{
	const struct timespec pause = {0, 10000000};

	if (!w)
		return;
	while (w->away && !atomic_load(&w->settled))
		(void)nanosleep(&pause, NULL);
	(void)journal_sync(w);
	segment_leave(&w->pen);
	for (size_t i = 0; i < 2; i++)
		sbuf_fini(&w->rounds[i].records);
	if (w->pen.lock >= 0)
		(void)close(w->pen.lock);
	free(w);
}
