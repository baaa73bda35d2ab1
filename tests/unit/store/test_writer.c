#include "tests/unit/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/event.h"
#include "store/request.h"
#include "store/writer.h"

/* Takes a key and a place in the ledger. */
struct put {
	struct write_op op;
	struct slice answer;
	struct ref ref;
	struct err e;
	char key[32];
	bool fails;
	int answers;
	enum rc rc;
};

static enum rc
put_run(struct write_op *op, struct db *db, struct err *e)
{
	struct put *p = (struct put *)op;
	struct request_row row = {.key = slice_z(p->key), .answer = p->answer};
	struct event ev = {.kind = 1, .ref = p->ref};
	struct event_number number;
	enum rc rc;

	if ((rc = request_put(db, &row, 1, e)) ||
	    (rc = db_event_number(db, p->ref, 1, &number, e)))
		return rc;
	ev.position = number.position;
	ev.seq = number.seq;
	if ((rc = event_insert(db, &ev, e)))
		return rc;
	return p->fails ? err_set(e, RC_INVALID, "no") : RC_OK;
}

static void
put_done(struct write_op *op, enum rc rc, const struct err *e)
{
	struct put *p = (struct put *)op;

	p->rc = rc;
	p->e = *e;
	p->answers++;
	if (rc != e->rc)
		p->answers = 100;
}

static void
put_init(struct put *p, int i)
{
	*p = (struct put){.op = {.run = put_run, .done = put_done},
			  .ref = ref_new()};
	(void)snprintf(p->key, sizeof(p->key), "k%d", i);
}

/* Keys that are there: as many as events, whose places leave no gap. */
static int64_t
keys_count(const char *path)
{
	int64_t n = 0, events = 0;
	struct db *db;
	struct arena a;

	arena_init(&a, 1 << 20);
	OK(db_open(path, DB_READ, &db, &error));
	for (int i = 0; i < 5000; i++) {
		struct request_row row;
		char key[32];

		(void)snprintf(key, sizeof(key), "k%d", i);
		n += request_get(db, slice_z(key), &a, &row, &error) == RC_OK;
		arena_reset(&a);
	}
	OK(event_count(db, &events, &error));
	db_close(db);
	arena_fini(&a);
	return n == events ? n : -1;
}

static void
test_what_fails_takes_nothing_along(void **state)
{
	struct place *p = *state;
	struct writer *w;
	struct put ops[300];

	OK(writer_start(p->path, 1000, &w, &error));
	for (int i = 0; i < 300; i++) {
		put_init(&ops[i], i);
		ops[i].fails = i % 3 == 1;
		assert_int_equal(writer_submit(w, &ops[i].op), RC_OK);
	}
	writer_stop(w);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(ops[i].answers, 1);
		assert_int_equal(ops[i].rc, i % 3 == 1 ? RC_INVALID : RC_OK);
	}
	assert_int_equal(keys_count(p->path), 200);
}

/* Those that are sure share a transaction without savepoints: one that fails
 * has the others run again, and all others' changes are there once. */
static void
test_what_is_sure_and_fails_takes_nothing_along(void **state)
{
	struct place *p = *state;
	struct writer *w;
	struct put ops[400];

	OK(writer_start(p->path, 1000, &w, &error));
	for (int i = 0; i < 400; i++) {
		put_init(&ops[i], i);
		ops[i].op.sure = i % 100 < 80;
		ops[i].fails = i % 40 == 39 || i % 100 == 90;
		assert_int_equal(writer_submit(w, &ops[i].op), RC_OK);
	}
	writer_stop(w);
	for (int i = 0; i < 400; i++) {
		assert_int_equal(ops[i].answers, 1);
		assert_int_equal(ops[i].rc, ops[i].fails ? RC_INVALID : RC_OK);
	}
	assert_int_equal(keys_count(p->path), 400 - 10 - 4);
}

struct hundred {
	struct writer *w;
	int first, ok;
};

static void *
hundred_run(void *arg)
{
	struct hundred *h = arg;

	for (int i = 0; i < 50; i++) {
		struct put op;
		struct err e;

		put_init(&op, h->first + i);
		op.fails = i % 10 == 9;
		h->ok += writer_do(h->w, &op.op, &e) ==
			 (op.fails ? RC_INVALID : RC_OK);
	}
	return NULL;
}

static void
test_a_hundred_threads(void **state)
{
	struct place *p = *state;
	struct hundred h[100];
	pthread_t t[100];
	struct writer *w;

	OK(writer_start(p->path, 16, &w, &error));
	for (int i = 0; i < 100; i++) {
		h[i] = (struct hundred){w, i * 50, 0};
		assert_int_equal(
		    pthread_create(&t[i], NULL, hundred_run, &h[i]), 0);
	}
	for (int i = 0; i < 100; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(h[i].ok, 50);
	}
	writer_stop(w);
	assert_int_equal(keys_count(p->path), 4500);
}

/* An operation that holds the writer from gate_close() to gate_open(). */
struct gate {
	struct write_op op;
	int entered[2], open[2];
};

static enum rc
gate_run(struct write_op *op, struct db *db, struct err *e)
{
	struct gate *g = (struct gate *)op;
	char c = 'x';

	(void)db;
	(void)e;
	return write(g->entered[1], &c, 1) == 1 && read(g->open[0], &c, 1) == 1
		   ? RC_OK
		   : RC_IO;
}

static void
gate_done(struct write_op *op, enum rc rc, const struct err *e)
{
	(void)op;
	(void)rc;
	(void)e;
}

static bool
gate_close(struct gate *g, struct writer *w)
{
	char c;

	*g = (struct gate){.op = {.run = gate_run, .done = gate_done}};
	return pipe(g->entered) == 0 && pipe(g->open) == 0 &&
	       writer_submit(w, &g->op) == RC_OK &&
	       read(g->entered[0], &c, 1) == 1;
}

static bool
gate_open(struct gate *g)
{
	return write(g->open[1], "x", 1) == 1;
}

static void
gate_fini(struct gate *g)
{
	for (int i = 0; i < 2; i++) {
		(void)close(g->entered[i]);
		(void)close(g->open[i]);
	}
}

static void
test_a_full_queue_says_so(void **state)
{
	struct place *p = *state;
	struct writer *w;
	struct put ops[5];
	struct gate g;
	int taken = 0;

	OK(writer_start(p->path, 3, &w, &error));
	assert_true(gate_close(&g, w));
	for (int i = 0; i < 5; i++) {
		put_init(&ops[i], i);
		taken += writer_submit(w, &ops[i].op) == RC_OK;
	}
	assert_int_equal(taken, 3);
	/* one who waits for nothing else there is let in */
	assert_int_equal(writer_submit_alone(w, &ops[3].op), RC_OK);
	assert_true(gate_open(&g));
	writer_stop(w);
	for (int i = 0; i <= taken; i++)
		assert_int_equal(ops[i].answers, 1);
	gate_fini(&g);
}

/* The same key twice in one batch: the second fails, the first stands. */
static void
test_one_key_twice_in_a_batch(void **state)
{
	struct place *p = *state;
	struct put ops[2];
	struct writer *w;
	struct gate g;

	OK(writer_start(p->path, 10, &w, &error));
	assert_true(gate_close(&g, w));
	for (int i = 0; i < 2; i++) {
		put_init(&ops[i], 7);
		assert_int_equal(writer_submit(w, &ops[i].op), RC_OK);
	}
	assert_true(gate_open(&g));
	writer_stop(w);
	gate_fini(&g);
	assert_int_equal(ops[0].rc, RC_OK);
	assert_int_equal(ops[1].rc, RC_STATE);
	assert_int_equal(keys_count(p->path), 1);
}

static void
test_a_file_moved_away_is_noticed(void **state)
{
	struct place *p = *state;
	struct writer *w;
	struct put op;
	char away[128];

	(void)snprintf(away, sizeof(away), "%s/away", p->folder);
	OK(writer_start(p->path, 10, &w, &error));
	put_init(&op, 1);
	OK(writer_do(w, &op.op, &error));
	assert_int_equal(rename(p->path, away), 0);
	put_init(&op, 2);
	assert_int_equal(writer_do(w, &op.op, &error), RC_IO);
	assert_int_equal(rename(away, p->path), 0);
	put_init(&op, 3);
	OK(writer_do(w, &op.op, &error));
	writer_stop(w);
	assert_int_equal(keys_count(p->path), 2);
}

static void
test_a_log_moved_away_is_noticed(void **state)
{
	struct place *p = *state;
	struct writer *w;
	struct put op;
	char away[128], wal[128];

	(void)snprintf(away, sizeof(away), "%s/away", p->folder);
	(void)snprintf(wal, sizeof(wal), "%s-wal", p->path);
	OK(writer_start(p->path, 10, &w, &error));
	put_init(&op, 1);
	OK(writer_do(w, &op.op, &error));
	assert_int_equal(rename(wal, away), 0);
	put_init(&op, 2);
	assert_int_equal(writer_do(w, &op.op, &error), RC_IO);
	assert_int_equal(rename(away, wal), 0);
	writer_stop(w);
	assert_int_equal(keys_count(p->path), 1);
}

/* ---- a full disk, in a process of its own ---- */

#define DEMAND(condition)                                                      \
	do {                                                                   \
		if (!(condition)) {                                            \
			dprintf(2, "# line %d: %s (%s)\n", __LINE__,           \
				#condition, error.text);                       \
			_exit(1);                                              \
		}                                                              \
	} while (0)

static void
limit_file_size(rlim_t bytes)
{
	struct rlimit l;

	DEMAND(getrlimit(RLIMIT_FSIZE, &l) == 0);
	l.rlim_cur = bytes;
	DEMAND(setrlimit(RLIMIT_FSIZE, &l) == 0);
}

static void
fill(struct writer *w, int from, int to, struct put *ops)
{
	static char bytes[20000];
	struct gate g;

	random_bytes(bytes, sizeof(bytes));
	DEMAND(gate_close(&g, w));
	for (int i = from; i < to; i++) {
		put_init(&ops[i], i);
		ops[i].answer = slice_of(bytes, sizeof(bytes));
		DEMAND(writer_submit(w, &ops[i].op) == RC_OK);
	}
	DEMAND(gate_open(&g));
	while (writer_backlog(w))
		(void)sched_yield();
	gate_fini(&g);
}

static enum rc
look(struct write_op *op, struct db *db, struct err *e)
{
	(void)op, (void)db, (void)e;
	return RC_OK;
}

static int
logged(int fd, const char *event)
{
	static char text[65536];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	int times = 0;

	DEMAND(n >= 0);
	text[n] = '\0';
	for (char *at = text; (at = strstr(at, event)) != NULL; at++)
		times++;
	return times;
}

/* Batches of ten until one does not fit; then there is room again. */
static void
full_disk(const char *path)
{
	static struct put ops[400];
	struct put idle = {.op = {.run = look, .done = put_done}};
	struct writer *w;
	int n = 0, kept = 0, log = memfd_create("log", 0);

	(void)signal(SIGXFSZ, SIG_IGN);
	log_init(log, LOG_INFO);
	DEMAND(writer_start(path, 1000, &w, &error) == RC_OK);
	limit_file_size(2 << 20);
	do {
		fill(w, n, n + 10, ops);
		for (int i = n; i < n + 10; i++) {
			DEMAND(ops[i].answers == 1);
			DEMAND(ops[i].rc == ops[n].rc);
			kept += ops[i].rc == RC_OK;
		}
		n += 10;
	} while (ops[n - 1].rc == RC_OK && n < 390);
	error = ops[n - 1].e;
	DEMAND(ops[n - 1].rc == RC_IO);
	DEMAND(strstr(ops[n - 1].e.text, "the disk is full") != NULL);
	DEMAND(logged(log, "store.failed") == 1);
	DEMAND(writer_do(w, &idle.op, &error) == RC_OK);
	DEMAND(logged(log, "store.recovered") == 0);
	limit_file_size(RLIM_INFINITY);
	fill(w, n, n + 10, ops);
	DEMAND(logged(log, "store.recovered") == 1);
	for (int i = n; i < n + 10; i++) {
		DEMAND(ops[i].rc == RC_OK);
		kept++;
	}
	writer_stop(w);
	DEMAND(keys_count(path) == kept);
	_exit(0);
}

static void
test_a_full_disk_loses_nothing_answered(void **state)
{
	struct place *p = *state;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		full_disk(p->path);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_a_kill_keeps_what_was_answered(void **state)
{
	struct place *p = *state;
	int fds[2], status, last = -1;
	struct writer *w;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		DEMAND(writer_start(p->path, 10, &w, &error) == RC_OK);
		for (int i = 0;; i++) {
			struct put op;

			put_init(&op, i);
			DEMAND(writer_do(w, &op.op, &error) == RC_OK);
			DEMAND(write(fds[1], &i, sizeof(i)) == sizeof(i));
		}
	}
	assert_int_equal(close(fds[1]), 0);
	while (last < 200)
		assert_int_equal(read(fds[0], &last, sizeof(last)),
				 sizeof(last));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	while (read(fds[0], &last, sizeof(last)) == sizeof(last))
		continue;
	assert_int_equal(close(fds[0]), 0);
	OK(writer_start(p->path, 10, &w, &error));
	writer_stop(w);
	assert_in_range(keys_count(p->path), last + 1, last + 2);
}

struct keep {
	struct write_op op;
	struct bell let_go;
};

static enum rc
keep_run(struct write_op *op, struct db *db, struct err *e)
{
	(void)db;
	(void)e;
	(void)bell_wait(&((struct keep *)op)->let_go, -1);
	return RC_OK;
}

static void
keep_done(struct write_op *op, enum rc rc, const struct err *e)
{
	(void)op;
	(void)rc;
	(void)e;
}

/* Where the disk does not answer, nobody is let in to wait for it. */
static void
test_what_keeps_it_is_told(void **state)
{
	struct place *p = *state;
	struct keep k = {.op = {.run = keep_run, .done = keep_done}};
	int64_t end_us = clock_mono_us() + 60 * SECOND_US;
	struct writer *w;
	struct bell pause;
	struct put op;
	struct err e;

	bell_init(&k.let_go);
	bell_init(&pause);
	OK(writer_start(p->path, 16, &w, &error));
	assert_int_equal(writer_kept_us(w), 0);
	assert_int_equal(writer_submit(w, &k.op), RC_OK);
	put_init(&op, 0);
	while (writer_kept_us(w) < 9 * SECOND_US) {
		assert_true(clock_mono_us() < end_us);
		(void)bell_wait(&pause, 10);
	}
	assert_int_equal(writer_submit(w, &op.op), RC_AGAIN);
	bell_ring(&k.let_go);
	assert_int_equal(writer_do(w, &op.op, &e), RC_OK);
	while (writer_kept_us(w) > 0) {
		assert_true(clock_mono_us() < end_us);
		(void)bell_wait(&pause, 1);
	}
	writer_stop(w);
	bell_fini(&k.let_go);
	bell_fini(&pause);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_make, place_clear)
	    T(test_what_fails_takes_nothing_along),
	    T(test_a_hundred_threads),
	    T(test_what_is_sure_and_fails_takes_nothing_along),
	    T(test_what_keeps_it_is_told),
	    T(test_a_full_queue_says_so),
	    T(test_one_key_twice_in_a_batch),
	    T(test_a_file_moved_away_is_noticed),
	    T(test_a_log_moved_away_is_noticed),
	    T(test_a_full_disk_loses_nothing_answered),
	    T(test_a_kill_keeps_what_was_answered),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
