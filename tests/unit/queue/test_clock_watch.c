/* A clock that is wrong pauses sending, while the server runs and at a start.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "queue/clock_watch.h"

static _Atomic int64_t ahead_s;

/* In place of libc's. */
int
clock_gettime(clockid_t clock, struct timespec *out)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, out);

	if (clock == CLOCK_REALTIME)
		out->tv_sec += (time_t)atomic_load(&ahead_s);
	return rc;
}

static struct bench {
	char dir[64], path[96];
	struct queue q;
	struct err e;
} b;

static int
setup(void **state)
{
	(void)state;
	log_init(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR);
	atomic_store(&ahead_s, 0);
	b = (struct bench){.dir = "/tmp/acuse-clock-XXXXXX"};
	if (mkdtemp(b.dir) == NULL)
		return -1;
	(void)snprintf(b.path, sizeof(b.path), "%s/acuse.db", b.dir);
	return db_create(b.path, &b.e) ||
	       writer_start(b.path, 16, &b.q.writer, &b.e);
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	writer_stop(b.q.writer);
	(void)snprintf(command, sizeof(command), "rm -r %s", b.dir);
	return system(command);
}

struct ask_op {
	struct write_op op;
	bool paused;
};

static enum rc
run_begin(struct write_op *op, struct db *db, struct err *e)
{
	(void)op;
	return clock_watch_begin(&b.q, db, clock_wall_us(), e);
}

static enum rc
run_ask(struct write_op *op, struct db *db, struct err *e)
{
	struct sbuf reason;
	enum rc rc;

	sbuf_init(&reason, 4096);
	rc = queue_paused(db, &reason, e);
	((struct ask_op *)op)->paused = rc == RC_OK;
	sbuf_fini(&reason);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
run_resume(struct write_op *op, struct db *db, struct err *e)
{
	(void)op;
	return queue_resume(&b.q, db, SLICE("test"), e);
}

static void run(enum rc (*fn)(struct write_op *, struct db *, struct err *))
{
	struct write_op op = {.run = fn};

	assert_int_equal(writer_do(b.q.writer, &op, &b.e), RC_OK);
}

static bool
is_paused(void)
{
	struct ask_op ask = {.op = {.run = run_ask}};

	assert_int_equal(writer_do(b.q.writer, &ask.op, &b.e), RC_OK);
	return ask.paused;
}

static void
test_a_start(void **state)
{
	static const struct {
		int64_t later_s;
		bool paused;
	} rows[] = {
	    {0, false},
	    {60, false},
	    {-3000, false},
	    {3 * 86400 - 60, false},
	    {-2 * 3600, true},
	    {-20LL * 365 * 86400, true},
	    {3 * 86400 + 3600, true},
	    {400LL * 86400, true},
	};

	(void)state;
	run(run_begin);
	assert_false(is_paused());
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		atomic_fetch_add(&ahead_s, rows[i].later_s);
		run(run_begin);
		if (is_paused() != rows[i].paused)
			fail_msg("row %zu", i);
		run(run_resume);
		/* looked at by a person: what is now is right */
		run(run_begin);
		assert_false(is_paused());
	}
}

static void
test_while_it_runs(void **state)
{
	static const struct {
		int64_t jump_s;
		bool paused;
	} rows[] = {{3000, false}, {-3000, false}, {7200, true}, {-7200, true}};
	struct clock_watch c = {0};

	(void)state;
	clock_watch_look(&c, &b.q);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		atomic_fetch_add(&ahead_s, rows[i].jump_s);
		clock_watch_look(&c, &b.q);
		if (is_paused() != rows[i].paused)
			fail_msg("row %zu", i);
		run(run_resume);
		clock_watch_look(&c, &b.q);
		assert_false(is_paused());
	}
}

/* What a server that runs for long saw last is when it ended. */
static void
test_a_long_run_and_a_start(void **state)
{
	struct clock_watch c = {0};

	(void)state;
	run(run_begin);
	clock_watch_look(&c, &b.q);
	for (int i = 0; i < 200; i++) { /* as half-hours pass */
		atomic_fetch_add(&ahead_s, 1800);
		clock_watch_look(&c, &b.q);
	}
	run(run_begin);
	assert_false(is_paused());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_start, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_while_it_runs, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_a_long_run_and_a_start, setup,
					    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
