/*
 * 1. A batch is taken by the sink once: it is tried with the same hits until
 *    the sink commits.  Where it refuses them for good, smaller parts are tried
 *    down to the one hit that is at fault; the journal is read past that when
 *    the sink has committed so, and never past ASIDE_MOST in a row: then it is
 *    not the hits.
 * 2. Whoever else writes waits for a batch: one that took long is followed by
 *    one of half its size, one that took little by one of twice its size.
 */
#include "tracker/drain.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

#define LOOK_MS 500
#define RETRY_FIRST_MS 50
#define RETRY_LAST_MS 2000
#define WIPE_AFTER_US (10 * MINUTE_US)
#define ASIDE_MOST 16
#define KEPT_LONG_US (10 * SECOND_US)
#define BATCH_LEAST 256
#define BATCH_LONG_US (50 * SECOND_US / 1000)
#define BATCH_SHORT_US (20 * SECOND_US / 1000)

struct drain {
	struct journal_reader *reader;
	struct drain_sink sink;
	struct thread thread;
	struct bell bell;
	_Atomic bool stopping;
	_Atomic int64_t stop_by_us;
	struct hit hits[DRAIN_BATCH];
	size_t batch; /* how many of them are read at a time */
	uint32_t segments[JOURNAL_WRITERS_MAX]; /* last said consumed */
	_Atomic bool stalled;
	_Atomic int64_t taking_us; /* since when the sink has a batch, or 0 */
	int64_t kept_us; /* since when what was moved stands there, or 0 */
	unsigned aside_row;
	_Atomic bool wipe;
	_Atomic int64_t wipe_after_us;
	_Atomic uint64_t moved, batches, retries, aside;
	_Atomic int64_t lag_us;
};

static bool
out_of_time(const struct drain *d)
{
	return atomic_load(&d->stopping) &&
	       clock_mono_us() >= atomic_load(&d->stop_by_us);
}

static void
say_stalled(struct drain *d, const struct err *e)
{
	if (!atomic_exchange(&d->stalled, true))
		LOG(DRAIN_STALLED, LOG_ERR(e));
}

static void
say_resumed(struct drain *d)
{
	if (atomic_exchange(&d->stalled, false))
		LOG(DRAIN_RESUMED, LOG_I("retries", atomic_load(&d->retries)));
}

static void
batch_fit(struct drain *d, int64_t took_us)
{
	if (took_us > BATCH_LONG_US && d->batch > BATCH_LEAST)
		d->batch /= 2;
	else if (took_us < BATCH_SHORT_US && d->batch < DRAIN_BATCH)
		d->batch *= 2;
}

/* RC_OK when it is committed, RC_AGAIN when there is no more time, else what
 * the sink says for good of these hits. */
static enum rc
part_take(struct drain *d, size_t from, size_t n,
	  const struct journal_offset *after, struct err *e)
{
	int wait_ms = RETRY_FIRST_MS;

	for (;;) {
		int64_t start_us = clock_mono_us();
		enum rc rc;

		atomic_store(&d->taking_us, start_us);
		rc = d->sink.take(d->sink.owner, d->hits + from, n, after, e);
		atomic_store(&d->taking_us, 0);
		if (rc == RC_OK) {
			batch_fit(d, clock_mono_us() - start_us);
			break;
		}
		atomic_fetch_add(&d->retries, 1);
		if (rc != RC_AGAIN && rc != RC_IO && n > 0 &&
		    d->aside_row < ASIDE_MOST)
			return rc;
		say_stalled(d, e);
		if (out_of_time(d))
			return RC_AGAIN;
		(void)bell_wait(&d->bell, wait_ms);
		wait_ms =
		    wait_ms * 2 > RETRY_LAST_MS ? RETRY_LAST_MS : wait_ms * 2;
	}
	say_resumed(d);
	return RC_OK;
}

/* The journal goes on behind a hit that is refused for good. */
static bool
set_aside(struct drain *d, const struct hit *h,
	  const struct journal_offset *after, const struct err *why)
{
	struct err e = {0};
	char hex[REF_HEX];

	if (part_take(d, 0, 0, after, &e) != RC_OK)
		return false;
	ref_hex(h->mref, hex);
	LOG(HIT_REFUSED, LOG_Z("mref", hex), LOG_I("kind", h->kind),
	    LOG_I("writer", after->writer), LOG_I("segment", after->segment),
	    LOG_I("ends", after->at), LOG_ERR(why));
	d->aside_row++;
	atomic_fetch_add(&d->aside, 1);
	return true;
}

static bool
batch_take(struct drain *d, size_t n, const struct journal_offset *after)
{
	struct journal_offset o = *after;
	size_t part = n;

	for (size_t from = 0; from < n;) {
		struct err e = {0};
		enum rc rc;

		part = part < n - from ? part : n - from;
		o.at = d->hits[from + part - 1].end;
		rc = part_take(d, from, part, &o, &e);
		if (rc == RC_AGAIN)
			return false;
		if (rc != RC_OK && part > 1) {
			part /= 2;
			continue;
		}
		if (rc != RC_OK && !set_aside(d, &d->hits[from], &o, &e))
			return false;
		if (rc == RC_OK)
			d->aside_row = 0;
		from += part;
		part = n;
	}
	atomic_fetch_add(&d->moved, n);
	atomic_fetch_add(&d->batches, 1);
	atomic_store(&d->lag_us, clock_wall_us() - d->hits[n - 1].time_us);
	return true;
}

static void
segments_free(struct drain *d, const struct journal_offset *o)
{
	struct err e = {0};

	if (d->segments[o->writer] == o->segment)
		return;
	d->segments[o->writer] = o->segment;
	if (journal_consumed(d->reader, o, &e) != RC_OK)
		LOG(JOURNAL_FAILED, LOG_ERR(&e));
}

/* What was taken need not stay on disk.  Who asks means all that was written
 * until then, so that waits until it has caught up. */
static void
wipe(struct drain *d, bool caught_up)
{
	bool asked = caught_up && atomic_exchange(&d->wipe, false);
	struct err e = {0};

	if (!asked && (d->kept_us == 0 || clock_mono_us() - d->kept_us <
					      atomic_load(&d->wipe_after_us)))
		return;
	d->kept_us = 0;
	if (journal_wipe(d->reader, &e) != RC_OK)
		LOG(JOURNAL_FAILED, LOG_ERR(&e));
}

/* Caught up: nor need a segment stay in which nothing stood. */
static void
rest(struct drain *d)
{
	struct journal_offset at;

	for (unsigned i = 0; i < JOURNAL_WRITERS_MAX; i++)
		if (journal_at(d->reader, i, &at))
			segments_free(d, &at);
	wipe(d, true);
}

static void
drain_run(void *arg)
{
	struct drain *d = arg;

	for (;;) {
		struct journal_offset after;
		struct err e = {0};
		size_t n = 0;
		enum rc rc =
		    journal_read(d->reader, d->hits, d->batch, &n, &after, &e);

		if (rc)
			say_stalled(d, &e);
		if (n > 0 && !batch_take(d, n, &after))
			return;
		if (n > 0) {
			segments_free(d, &after);
			if (d->kept_us == 0)
				d->kept_us = clock_mono_us();
			wipe(d, false);
		} else if (rc == RC_OK) {
			say_resumed(d);
			rest(d);
		}
		if (n == 0 && atomic_load(&d->stopping)) {
			atomic_store(&d->wipe, true);
			wipe(d, rc == RC_OK);
			return;
		}
		if (out_of_time(d))
			return;
		if (n == 0)
			(void)bell_wait(&d->bell, LOOK_MS);
	}
}

enum rc
drain_start(const char *dir, const struct drain_sink *sink, struct drain **out,
	    struct err *e)
{
	struct journal_offset offsets[JOURNAL_WRITERS_MAX];
	size_t n = JOURNAL_WRITERS_MAX;
	struct journal_reader *reader;
	struct drain *d;
	enum rc rc = journal_reader_new(dir, &reader, e);

	if (rc)
		return rc;
	rc = sink->offsets(sink->owner, offsets, &n, e);
	if (rc) {
		journal_reader_free(reader);
		return err_add(e, "offsets of the journal");
	}
	for (size_t i = 0; i < n; i++)
		journal_seek(reader, &offsets[i]);
	d = MEM_NEW(struct drain);
	d->reader = reader;
	d->sink = *sink;
	d->batch = DRAIN_BATCH;
	d->kept_us = clock_mono_us(); /* what the last process left */
	atomic_store(&d->wipe_after_us, WIPE_AFTER_US);
	bell_init(&d->bell);
	thread_start(&d->thread, "drain", drain_run, d);
	*out = d;
	return RC_OK;
}

void
drain_nudge(struct drain *d)
{
	bell_ring(&d->bell);
}

void
drain_wipe(struct drain *d)
{
	atomic_store(&d->wipe, true);
	bell_ring(&d->bell);
}

void
drain_wipe_after(struct drain *d, int64_t us)
{
	atomic_store(&d->wipe_after_us, us);
	bell_ring(&d->bell);
}

void
drain_stop(struct drain *d, int grace_ms)
{
	if (!d)
		return;
	atomic_store(&d->stop_by_us,
		     clock_mono_us() + grace_ms * INT64_C(1000));
	atomic_store(&d->stopping, true);
	bell_ring(&d->bell);
	thread_join(&d->thread);
	journal_reader_free(d->reader);
	bell_fini(&d->bell);
	free(d);
}

/* So long that it is as good as a refusal. */
static bool
kept(const struct drain *d)
{
	int64_t since_us = atomic_load(&d->taking_us);

	return since_us && clock_mono_us() - since_us > KEPT_LONG_US;
}

void
drain_stats(const struct drain *d, struct drain_stats *out)
{
	*out = (struct drain_stats){
	    .hits = atomic_load(&d->moved),
	    .batches = atomic_load(&d->batches),
	    .retries = atomic_load(&d->retries),
	    .aside = atomic_load(&d->aside),
	    .lag_us = atomic_load(&d->lag_us),
	    .stalled = atomic_load(&d->stalled) || kept(d),
	};
}
