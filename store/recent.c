/*
 * 1. An event whose row is in "events" has its entry in event_index, in
 *    event_recent, or, for a while, in both.
 * 2. Entries that wait stand in buckets by the first bits of their reference,
 *    which is random, each bucket in the order of adding.  What a transaction
 *    added is last in its bucket, and in log[], so that it can be taken back.
 * 3. hand goes round the buckets and empties them; what was added before it
 *    last passed the first bucket (before "cycle") is settled when it passes
 *    there again, and the runs of event_recent that end before then may go.
 * 4. What settling empties is forgotten when the transaction is committed.
 */
#include "store/recent.h"

#include <stdlib.h>

#include "base/mem.h"

#define BUCKET_BITS 12
#define BUCKETS (1u << BUCKET_BITS)
#define RUN_BITS 13 /* 006.sql says so too */

/* So many wait before the index is told of any: the more, the more of them go
 * to a page of it.  They take 32 bytes each. */
#define WAITING_MAX ((size_t)1 << 18)
#define STEP 2048 /* entries at a time where nobody else writes */
#define LITTLE 64 /* with each transaction that adds none */

struct entry {
	struct ref ref;
	uint32_t seq;
	int64_t position;
};

struct bucket {
	struct entry *p;
	uint32_t n, cap;
};

struct recent {
	struct bucket buckets[BUCKETS];
	size_t waiting, waiting_max;
	uint16_t *log; /* buckets of what this transaction added */
	size_t log_n, log_cap;
	unsigned hand, settled; /* buckets; of this transaction, from hand on */
	int64_t cycle, gone;	/* positions: all before gone may go */
	int64_t run;		/* the first in the table, or -1 */
	bool run_dropped, all_dropped;
	struct entry *sorted;
	size_t sorted_cap;
};

static unsigned
bucket_of(struct ref ref)
{
	return (unsigned)(ref.b[0] << 8 | ref.b[1]) >> (16 - BUCKET_BITS);
}

static void
add(struct recent *r, const struct entry *x)
{
	struct bucket *b = &r->buckets[bucket_of(x->ref)];

	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 16;
		b->p = mem_grow(b->p, b->cap * sizeof(*b->p));
	}
	b->p[b->n++] = *x;
	r->waiting++;
}

enum rc
recent_load(struct db *db, struct recent **out, struct err *e)
{
	struct recent *r = MEM_NEW(struct recent);
	struct query q;
	enum rc rc;

	r->run = -1;
	r->waiting_max = WAITING_MAX;
	query_open(&q, db, STMT_EVENT_RECENT_ALL);
	while ((rc = query_row(&q, e)) == RC_OK) {
		struct entry x = {
		    .ref = column_ref(&q, 1),
		    .seq = (uint32_t)column_int(&q, 2),
		    .position = column_int(&q, 3),
		};

		if (r->run < 0)
			r->run = column_int(&q, 0);
		add(r, &x);
	}
	query_close(&q);
	if (rc != RC_NOTFOUND) {
		recent_free(r);
		return rc;
	}
	*out = r;
	return RC_OK;
}

void
recent_free(struct recent *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < BUCKETS; i++)
		free(r->buckets[i].p);
	free(r->log);
	free(r->sorted);
	free(r);
}

int64_t
recent_next_seq(const struct recent *r, struct ref ref)
{
	const struct bucket *b = &r->buckets[bucket_of(ref)];
	int64_t next = 0;

	for (uint32_t i = 0; i < b->n; i++)
		if (ref_eq(b->p[i].ref, ref) && b->p[i].seq >= next)
			next = (int64_t)b->p[i].seq + 1;
	return next;
}

enum rc
recent_add(struct recent *r, struct db *db, const struct event *ev,
	   struct err *e)
{
	struct entry x = {ev->ref, ev->seq, ev->position};
	int64_t run = ev->position >> RUN_BITS;
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_EVENT_RECENT_ADD);
	bind_int(&q, 0, run);
	bind_ref(&q, 1, ev->ref);
	bind_int(&q, 2, ev->seq);
	bind_int(&q, 3, ev->position);
	if ((rc = query_run(&q, e)))
		return rc;
	if (r->log_n == r->log_cap) {
		r->log_cap = r->log_cap ? r->log_cap * 2 : 1024;
		r->log = mem_grow(r->log, r->log_cap * sizeof(*r->log));
	}
	r->log[r->log_n++] = (uint16_t)bucket_of(ev->ref);
	add(r, &x);
	if (r->run < 0)
		r->run = run;
	return RC_OK;
}

size_t
recent_added(const struct recent *r)
{
	return r->log_n;
}

void
recent_undo(struct recent *r, size_t added)
{
	while (r->log_n > added) {
		r->buckets[r->log[--r->log_n]].n--;
		r->waiting--;
	}
	r->settled = 0;
	r->run_dropped = r->all_dropped = false;
}

/* ---- settling ---- */

static int
by_subject(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = memcmp(x->ref.b, y->ref.b, sizeof(x->ref.b));

	return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static enum rc
bucket_settle(struct recent *r, const struct bucket *b, struct db *db,
	      struct err *e)
{
	if (b->n == 0)
		return RC_OK;
	if (b->n > r->sorted_cap) {
		r->sorted_cap = b->cap;
		r->sorted =
		    mem_grow(r->sorted, r->sorted_cap * sizeof(*r->sorted));
	}
	memcpy(r->sorted, b->p, b->n * sizeof(*b->p));
	qsort(r->sorted, b->n, sizeof(*r->sorted), by_subject);
	for (uint32_t i = 0; i < b->n; i++) {
		const struct entry *x = &r->sorted[i];
		enum rc rc = event_settle(db, x->ref, x->seq, x->position, e);

		if (rc)
			return rc;
	}
	return RC_OK;
}

/* Of the runs that may go, one at a time; of all, when none waits. */
static enum rc
drop(struct recent *r, struct db *db, bool all, struct err *e)
{
	struct query q;
	enum rc rc;

	if (all) {
		query_open(&q, db, STMT_EVENT_RECENT_DROP_ALL);
		rc = query_run(&q, e);
		r->all_dropped = rc == RC_OK;
		return rc;
	}
	if (r->run < 0 || (r->run + 1) << RUN_BITS > r->gone)
		return RC_OK;
	query_open(&q, db, STMT_EVENT_RECENT_DROP);
	bind_int(&q, 0, r->run);
	rc = query_run(&q, e);
	r->run_dropped = rc == RC_OK;
	return rc;
}

enum rc
recent_settle(struct recent *r, struct db *db, bool all, struct err *e)
{
	size_t most = all ? STEP : r->log_n ? 0 : LITTLE, done = 0;
	enum rc rc;

	if (!all && r->waiting > r->waiting_max)
		most = r->waiting - r->waiting_max;
	if (r->run < 0 || most == 0)
		return RC_OK;
	while (done < most && r->hand + r->settled < BUCKETS) {
		const struct bucket *b = &r->buckets[r->hand + r->settled];

		if ((rc = bucket_settle(r, b, db, e)))
			return rc;
		done += b->n;
		r->settled++;
	}
	return drop(r, db, all && r->waiting == 0, e);
}

void
recent_committed(struct recent *r, int64_t next)
{
	for (; r->settled; r->settled--) {
		struct bucket *b = &r->buckets[r->hand++];

		r->waiting -= b->n;
		free(b->p);
		*b = (struct bucket){.p = NULL};
	}
	if (r->hand == BUCKETS) {
		r->hand = 0;
		r->gone = r->cycle;
		r->cycle = next;
	}
	if (r->run_dropped)
		r->run++;
	if (r->all_dropped)
		r->run = -1;
	r->log_n = 0;
	r->run_dropped = r->all_dropped = false;
}

void
recent_waiting_max(struct recent *r, size_t n)
{
	r->waiting_max = n;
}

bool
recent_any(const struct recent *r)
{
	return r->run >= 0;
}
