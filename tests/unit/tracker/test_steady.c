/* A clock that is wrong for a moment, or at a start, destroys nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/thread.h"
#include "proof/ledger.h"
#include "store/message.h"
#include "tracker/classifier.h"
#include "tracker/steady.h"

#define OK(call)                                                               \
	do {                                                                   \
		struct err err_ = {0}, *e = &err_;                             \
		enum rc rc_ = (call);                                          \
		if (rc_ != RC_OK)                                              \
			fail_msg("%s: %s: %s", #call, rc_name(rc_), e->text);  \
	} while (0)

static const char conf_text[] =
    "general { hostname = \"a.example\" origin = \"a.example/log\" }\n"
    "policy \"default\" { time_zone = \"UTC\" }\n"
    "brand \"one\" { id = 1 title = \"1\" from_address = \"b@a.example\" "
    "return_domain = \"r.a.example\" public_url = \"https://n.a.example\" "
    "locale = es time_zone = \"UTC\" visitor_days = 30 }\n";

static struct bench {
	char dir[64], path[96];
	struct writer *writer;
	struct classifier *c;
	struct conf_box *conf;
	struct message m;
	_Atomic bool paused;
} b;

/* The system's clocks, put forward: here for the C library's. */
static _Atomic int64_t wall_ahead_s, mono_ahead_s;

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, id, t);

	t->tv_sec += id == CLOCK_REALTIME    ? wall_ahead_s
		     : id == CLOCK_MONOTONIC ? mono_ahead_s
					     : 0;
	return rc;
}

static enum rc
run_job(struct write_op *op, struct db *db, struct err *e)
{
	enum rc rc = message_insert(db, &b.m, SLICE("cliente.example"), e);

	(void)op;
	return rc == RC_OK
		   ? ledger_append(db, KIND_MESSAGE_OPENED, b.m.mref,
				   SLICE("{\"address\":\"203.0.113.77\"}"), e)
		   : rc;
}

static enum rc
paused(struct db *db, bool *out, struct err *e)
{
	(void)db;
	(void)e;
	*out = b.paused;
	return RC_OK;
}

static int
setup(void **state)
{
	struct write_op job = {.run = run_job};
	struct classifier_config config;
	const struct agents *rules;
	const struct conf *conf;

	(void)state;
	wall_ahead_s = mono_ahead_s = 0;
	b.paused = false;
	(void)snprintf(b.dir, sizeof(b.dir), "/tmp/acuse-steady-XXXXXX");
	assert_non_null(mkdtemp(b.dir));
	(void)snprintf(b.path, sizeof(b.path), "%s/acuse.db", b.dir);
	OK(db_create(b.path, e));
	OK(writer_start(b.path, 64, &b.writer, e));
	OK(conf_parse(slice_z(conf_text), "/test/acuse.conf", &conf, e));
	b.conf = conf_box_new(conf);
	config = (struct classifier_config){.writer = b.writer,
					    .db_path = b.path,
					    .conf = b.conf,
					    .paused = paused};
	b.c = classifier_new(&config);
	OK(classifier_read(b.c, "", &rules, e));
	classifier_use(b.c, rules);
	b.m = (struct message){.mref = ref_new(),
			       .customer = SLICE("c1"),
			       .brand = SLICE("one"),
			       .address = SLICE("ana@cliente.example"),
			       .template = SLICE("reminder")};
	OK(writer_do(b.writer, &job, e));
	return 0;
}

static int
teardown(void **state)
{
	char command[96];

	(void)state;
	classifier_stop(b.c);
	classifier_free(b.c);
	conf_box_free(b.conf);
	writer_stop(b.writer);
	(void)snprintf(command, sizeof(command), "rm -r %s", b.dir);
	return system(command);
}

/* Lets the thread look once, as a process does that starts and is stopped, of
 * which some hours go by between. */
static void
run_for(int hours)
{
	struct bell tick;

	bell_init(&tick);
	OK(classifier_start(b.c, e));
	for (int i = 0; i < 2000 && classifier_due(b.c); i++)
		bell_wait(&tick, 5);
	assert_false(classifier_due(b.c));
	wall_ahead_s += hours * 3600;
	mono_ahead_s += hours * 3600;
	classifier_stop(b.c);
	bell_fini(&tick);
}

static bool
is_kept(void)
{
	struct event *list;
	struct arena a;
	struct db *db;
	bool out = false;
	size_t n;

	OK(db_open(b.path, DB_READ, &db, e));
	arena_init(&a, 16u << 20);
	OK(event_list(db, b.m.mref, &a, &list, &n, e));
	for (size_t i = 0; i < n; i++)
		if (list[i].kind == KIND_MESSAGE_OPENED)
			out = list[i].payload.n > 0;
	arena_fini(&a);
	db_close(db);
	return out;
}

static void
away(int days)
{
	wall_ahead_s += days * 86400;
}

static void
test_a_wrong_clock_at_a_start_destroys_nothing(void **state)
{
	(void)state;
	away(200);
	run_for(0);
	assert_true(is_kept());
	away(-200);
	run_for(25);
	run_for(25);
	assert_true(is_kept());
}

static void
test_a_clock_that_was_even_for_a_day_is_believed(void **state)
{
	(void)state;
	run_for(2);
	away(40);
	run_for(12);
	run_for(13);
	assert_true(is_kept());
	b.paused = true;
	run_for(0);
	assert_true(is_kept());
	b.paused = false;
	run_for(0);
	assert_false(is_kept());
}

/* A process that ran on while the clock jumped forgets nothing by it, nor the
 * next one. */
static void
test_a_jump_begins_the_day_anew(void **state)
{
	(void)state;
	run_for(30);
	OK(classifier_start(b.c, e));
	away(40);
	classifier_stop(b.c);
	run_for(0);
	assert_true(is_kept());
}

static void
test_the_clocks_are_compared_over_all_of_the_time(void **state)
{
	struct steady s = {0};
	int64_t t = 0;

	(void)state;
	/* A clock that creeps is no better than one that leaps. */
	for (int i = 0; i < 12; i++, t += HOUR_US)
		assert_int_equal(
		    steady_parted(&s, t + i * 11 * MINUTE_US / 2, t), i == 11);
	assert_false(steady_enough(&s, t));
	assert_false(steady_enough(&s, t + DAY_US - 2 * HOUR_US));
	assert_true(steady_enough(&s, t + DAY_US));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_a_wrong_clock_at_a_start_destroys_nothing, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		test_a_clock_that_was_even_for_a_day_is_believed, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(test_a_jump_begins_the_day_anew,
					    setup, teardown),
	    cmocka_unit_test(test_the_clocks_are_compared_over_all_of_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
