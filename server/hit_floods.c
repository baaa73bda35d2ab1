#include "server/hit_floods.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/mem.h"
#include "base/thread.h"
#include "proof/ledger.h"
#include "store/journal.h"
#include "tracker/hit.h"

#define LOOK_MS 1000
#define HOURS_MAX ((size_t)256 << 20)
#define PAYLOAD_MAX 512

struct hit_floods {
	struct writer *writer;
	struct thread thread;
	struct bell stop;
	int64_t hour; /* before which all is told */
};

struct close_op {
	struct write_op op;
	int64_t now_us;
};

static enum rc
append(struct db *db, const struct hit_hour *list, size_t n, struct err *e)
{
	static const char *const names[HIT_KINDS] = {[HIT_OPEN] = "opens",
						     [HIT_CLICK] = "clicks",
						     [HIT_VIEW] = "views",
						     [HIT_VISIT] = "visits"};
	char hex[REF_HEX], since[TIME_SIZE], until[TIME_SIZE];
	struct sbuf b;
	enum rc rc;

	ref_hex(list->ref, hex);
	time_format(list->hour * HOUR_US, since);
	time_format((list->hour + 1) * HOUR_US, until);
	sbuf_init(&b, PAYLOAD_MAX);
	sbuf_addf(&b, "{\"mref\":\"%s\",\"since\":\"%s\",\"until\":\"%s\"", hex,
		  since, until);
	for (size_t i = 0; i < n; i++)
		if (list[i].kind > 0 && list[i].kind < HIT_KINDS)
			sbuf_addf(&b, ",\"%s\":%lld", names[list[i].kind],
				  (long long)list[i].count);
	sbuf_add_c(&b, '}');
	rc = ledger_append(db, KIND_MESSAGE_FLOODED, list->ref, sbuf_slice(&b),
			   e);
	sbuf_fini(&b);
	return rc;
}

/* What an older version counted by hour had its event, and another key. */
static bool
is_ours(const struct hit_hour *h)
{
	return h->hour > INT64_C(400000);
}

static enum rc
run_close(struct write_op *op, struct db *db, struct err *e)
{
	const struct close_op *x = (const struct close_op *)op;
	struct hit_ground ground;
	struct hit_hour *list;
	struct arena a;
	size_t n, k;
	enum rc rc;

	arena_init(&a, HOURS_MAX);
	rc = hit_hours(db, x->now_us / HOUR_US, &a, &list, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i = k) {
		for (k = i + 1; k < n && ref_eq(list[k].ref, list[i].ref) &&
				list[k].hour == list[i].hour;)
			k++;
		rc = hit_look(db, list[i].ref, &a, &ground, e);
		if (rc == RC_OK && is_ours(&list[i]))
			rc = append(db, &list[i], k - i, e);
		if (rc == RC_NOTFOUND)
			rc = RC_OK; /* erased since */
	}
	arena_fini(&a);
	return rc == RC_OK ? hit_days_prune(db, x->now_us / HOUR_US,
					    x->now_us / DAY_US, e)
			   : rc;
}

/* A store that takes nothing is tried again. */
static void
run(void *arg)
{
	struct hit_floods *f = arg;

	while (!bell_wait(&f->stop, LOOK_MS)) {
		struct close_op x = {.op = {.run = run_close},
				     .now_us = clock_wall_us()};
		struct err e = {0};

		if (x.now_us / HOUR_US != f->hour &&
		    writer_do(f->writer, &x.op, &e) == RC_OK)
			f->hour = x.now_us / HOUR_US;
	}
}

struct hit_floods *
hit_floods_start(struct writer *w)
{
	struct hit_floods *f = MEM_NEW(struct hit_floods);

	f->writer = w;
	bell_init(&f->stop);
	thread_start(&f->thread, "hit-floods", run, f);
	return f;
}

void
hit_floods_stop(struct hit_floods *f)
{
	if (f == NULL)
		return;
	bell_ring(&f->stop);
	thread_join(&f->thread);
	bell_fini(&f->stop);
	free(f);
}
