#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "tracker/drain.h"

/* A ledger that refuses now and then, and knows what it took. */
struct sink {
	struct journal_offset offset; /* of the one writer */
	_Atomic int64_t taken;
	_Atomic int64_t refuse; /* so many times before each batch */
	int64_t refused;
	int64_t aside; /* that were read past */
	size_t batch;  /* of the last refusal: the same must come again */
	bool wrong;
	bool broken; /* no hit is ever taken */
	bool keep;   /* a batch, until the bell rings */
	struct bell let_go;
	int64_t poison[2]; /* times of hits that are refused for good */
	size_t poison_n;
	enum rc poison_rc; /* of the first one; RC_BUG of others */
	struct bell moved;
};

#define AGENT "what a person left behind"

static char dir[64];

/* A journal with a writer, and the drain from it into the sink. */
struct bench {
	struct sink s;
	struct journal *j;
	struct journal_writer *w;
	struct drain *d;
};

static enum rc
offsets(void *owner, struct journal_offset *out, size_t *n, struct err *e)
{
	struct sink *s = owner;

	(void)e;
	*n = s->offset.segment != 0;
	out[0] = s->offset;
	return RC_OK;
}

static enum rc
poison_in(const struct sink *s, const struct hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->poison_n; k++)
			if (hits[i].time_us == s->poison[k])
				return k ? RC_BUG : s->poison_rc;
	return RC_OK;
}

static enum rc
take(void *owner, const struct hit *hits, size_t n,
     const struct journal_offset *after, struct err *e)
{
	struct sink *s = owner;
	int64_t at = atomic_load(&s->taken);
	enum rc rc;

	if (s->keep)
		(void)bell_wait(&s->let_go, -1);
	for (size_t i = 0; i < n; i++)
		s->wrong |= hits[i].time_us != at + s->aside + (int64_t)i;
	if (s->refused < s->refuse) {
		s->wrong |= s->refused > 0 && s->batch != n;
		s->batch = n;
		s->refused++;
		return err_set(e, RC_AGAIN, "locked");
	}
	rc = s->broken && n > 0 ? RC_BUG : poison_in(s, hits, n);
	if (rc != RC_OK)
		return err_set(e, rc, "what is this?");
	s->aside += n == 0;
	s->refused = 0;
	s->offset = *after;
	atomic_store(&s->taken, at + (int64_t)n);
	bell_ring(&s->moved);
	return RC_OK;
}

static int
setup(void **state)
{
	static struct bench b;
	struct journal_config c = {
	    .dir = dir, .segment_bytes = 64 << 10, .total_bytes = 8 << 20};
	struct err e;

	(void)snprintf(dir, sizeof(dir), "/tmp/acuse-drain-XXXXXX");
	log_init(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR);
	b = (struct bench){.s = {.refuse = 0}};
	bell_init(&b.s.moved);
	*state = &b;
	return mkdtemp(dir) == NULL || journal_open(&c, &b.j, &e) != RC_OK ||
	       journal_writer_new(b.j, &b.w, &e) != RC_OK;
}

static int
teardown(void **state)
{
	struct bench *b = *state;
	char command[128];

	journal_writer_free(b->w);
	journal_close(b->j);
	bell_fini(&b->s.moved);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void
drain_begin(struct bench *b)
{
	struct drain_sink sink = {&b->s, offsets, take};
	struct err e;

	assert_int_equal(drain_start(dir, &sink, &b->d, &e), RC_OK);
}

static void
write_hits(struct journal_writer *w, int64_t from, int64_t n)
{
	for (int64_t i = from; i < from + n; i++) {
		struct hit h = {.time_us = i,
				.kind = HIT_OPEN,
				.method = HIT_GET,
				.agent = SLICE(AGENT)};

		assert_true(journal_append(w, &h));
	}
	assert_true(journal_sync(w));
}

static void
wait_taken(struct sink *s, int64_t n)
{
	int64_t end_us = clock_mono_us() + 120 * SECOND_US;

	while (atomic_load(&s->taken) < n) {
		assert_true(clock_mono_us() < end_us);
		(void)bell_wait(&s->moved, 100);
	}
	assert_int_equal(atomic_load(&s->taken), n);
}

/* Each hit goes in once and in order, whatever the ledger refuses, and over
 * stops: what a committed batch said is where the next drain begins. */
static void
test_once_and_in_order(void **state)
{
	struct bench *b = *state;
	struct drain_stats stats;

	b->s.refuse = 2;
	write_hits(b->w, 0, 10);
	drain_begin(b);
	wait_taken(&b->s, 10);
	write_hits(b->w, 10, 3000);
	drain_nudge(b->d);
	wait_taken(&b->s, 3010);
	/* They are counted once the sink has returned. */
	for (int i = 0; i < 200; i++) {
		drain_stats(b->d, &stats);
		if (stats.hits == 3010)
			break;
		(void)bell_wait(&b->s.moved, 100);
	}
	assert_int_equal(stats.hits, 3010);
	assert_true(stats.retries > 0);

	/* stopped while the ledger refuses: nothing is lost */
	b->s.refuse = INT64_MAX;
	write_hits(b->w, 3010, 5);
	drain_stop(b->d, 50);
	assert_int_equal(atomic_load(&b->s.taken), 3010);
	b->s.refuse = b->s.refused = 0;
	write_hits(b->w, 3015, 5);
	drain_begin(b);
	wait_taken(&b->s, 3020);
	/* what is there at a stop is moved first */
	write_hits(b->w, 3020, 2000);
	drain_stop(b->d, 20000);
	assert_int_equal(atomic_load(&b->s.taken), 5020);
	assert_false(b->s.wrong);
}

static void
wait_aside(struct drain *d, uint64_t n)
{
	int64_t end_us = clock_mono_us() + 120 * SECOND_US;
	struct drain_stats stats;

	for (drain_stats(d, &stats); stats.aside < n; drain_stats(d, &stats)) {
		assert_true(clock_mono_us() < end_us);
		(void)sched_yield();
	}
	assert_int_equal(stats.aside, n);
}

/* Two hits that the ledger never takes hold up none of the others, and are not
 * met again. */
static void
test_poison_is_set_aside(void **state)
{
	struct bench *b = *state;

	b->s.poison[0] = 5;
	b->s.poison[1] = 1999;
	b->s.poison_n = 2;
	b->s.poison_rc = RC_LIMIT;
	write_hits(b->w, 0, 2000);
	drain_begin(b);
	wait_taken(&b->s, 1998);
	wait_aside(b->d, 2);
	drain_stop(b->d, 1000);
	write_hits(b->w, 2000, 5);
	drain_begin(b);
	wait_taken(&b->s, 2003);
	drain_stop(b->d, 1000);
	assert_int_equal(b->s.aside, 2);
	assert_false(b->s.wrong);
}

/* A ledger that does not come back is stalled too. */
static void
test_kept_is_stalled(void **state)
{
	struct bench *b = *state;
	int64_t end_us = clock_mono_us() + 60 * SECOND_US;
	struct drain_stats stats = {0};

	b->s.keep = true;
	bell_init(&b->s.let_go);
	write_hits(b->w, 0, 10);
	drain_begin(b);
	while (!stats.stalled) {
		assert_true(clock_mono_us() < end_us);
		(void)bell_wait(&b->s.moved, 50);
		drain_stats(b->d, &stats);
	}
	bell_ring(&b->s.let_go);
	wait_taken(&b->s, 10);
	drain_stop(b->d, 1000);
	bell_fini(&b->s.let_go);
}

/* A ledger that takes no hit at all is what is at fault: some are set aside,
 * the others wait until it is mended. */
static void
test_not_all_are_poison(void **state)
{
	struct bench *b = *state;

	b->s.broken = true;
	write_hits(b->w, 0, 100);
	drain_begin(b);
	wait_aside(b->d, 16);
	drain_stop(b->d, 50);
	b->s.broken = false;
	drain_begin(b);
	wait_taken(&b->s, 84);
	drain_stop(b->d, 1000);
	assert_false(b->s.wrong);
}

/* A segment stands whole in one read. */
static bool
file_has(const char *path, struct slice what)
{
	static char bytes[64 << 10];
	FILE *f = fopen(path, "r");
	bool has = false;

	if (!f)
		return false;
	for (size_t n; (n = fread(bytes, 1, sizeof(bytes), f)) > 0;)
		has |= memmem(bytes, n, what.p, what.n) != NULL;
	(void)fclose(f);
	return has;
}

static bool
journal_has(struct slice what)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[512];
	bool has = false;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		has |= file_has(path, what);
	}
	(void)closedir(d);
	return has;
}

/* After an erasure nothing may be left of a hit, in use or recycled. */
static void
test_wiped_when_asked(void **state)
{
	struct bench *b = *state;
	int64_t end_us = clock_mono_us() + 120 * SECOND_US;

	write_hits(b->w, 0, 3000);
	assert_true(journal_has(SLICE(AGENT)));
	drain_begin(b);
	wait_taken(&b->s, 3000);
	drain_wipe(b->d);
	while (journal_has(SLICE(AGENT))) {
		assert_true(clock_mono_us() < end_us);
		(void)bell_wait(&b->s.moved, 50);
	}
	drain_stop(b->d, 1000);
}

/* Nor when the server goes away for a while. */
static void
test_wiped_at_the_end(void **state)
{
	struct bench *b = *state;

	write_hits(b->w, 0, 3000);
	drain_begin(b);
	wait_taken(&b->s, 3000);
	drain_stop(b->d, 20000);
	journal_writer_free(b->w);
	b->w = NULL;
	journal_close(b->j);
	b->j = NULL;
	assert_false(journal_has(SLICE(AGENT)));
}

/* What the ledger has is destroyed in time, however many more come. */
static void
test_wiped_under_a_trickle(void **state)
{
	struct hit first = {.kind = HIT_OPEN,
			    .method = HIT_GET,
			    .agent = SLICE("who came first")};
	struct bench *b = *state;
	int64_t end_us = clock_mono_us() + 120 * SECOND_US;

	drain_begin(b);
	drain_wipe_after(b->d, SECOND_US / 4);
	assert_true(journal_append(b->w, &first) && journal_sync(b->w));
	for (int64_t i = 1; journal_has(first.agent); i++) {
		assert_true(clock_mono_us() < end_us);
		write_hits(b->w, i, 1);
		drain_nudge(b->d);
		wait_taken(&b->s, i + 1);
	}
	drain_stop(b->d, 1000);
	assert_false(b->s.wrong);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_once_and_in_order, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_poison_is_set_aside, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_not_all_are_poison, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_wiped_under_a_trickle, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_kept_is_stalled, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_wiped_at_the_end, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_wiped_when_asked, setup,
					    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
