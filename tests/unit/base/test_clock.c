#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define START INT64_C(1795284245000000)

/* The clock cannot be left again, so each test has a process of its own. */
static void
in_child(void (*run)(const char *path))
{
	char dir[] = "/tmp/acuse-clock-XXXXXX", path[64];
	pid_t child;
	int status;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/clock", dir);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		run(path);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	(void)unlink(path);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(status, 0);
}

static void
must(bool ok)
{
	if (!ok)
		_exit(1);
}

#define MUST(e)                                                                \
	do {                                                                   \
		if (!(e)) {                                                    \
			(void)fprintf(stderr, "%d: %s\n", __LINE__, #e);       \
			must(false);                                           \
		}                                                              \
	} while (0)

static void
drive(const char *path)
{
	struct err e;

	MUST(!clock_is_fast());
	clock_limit(0);
	MUST(clock_share(path, START, 1000, &e) == RC_OK);
	MUST(clock_is_fast());
	MUST(clock_wall_us() == START);
	MUST(clock_advance(5) == START + 5000);
	MUST(clock_advance(0) == START + 5000);
	MUST(clock_advance(-5) == START + 5000);
	MUST(clock_advance(INT64_MAX) == START + 5000);
	MUST(clock_wall_us() == START + 5000);
	clock_limit(START + 7000);
	MUST(clock_advance(5) == START + 7000);
	clock_limit(START);
	MUST(clock_advance(5) == START + 7000);
	clock_limit(INT64_MAX);
	MUST(clock_advance(1) == START + 8000);
	MUST(clock_wait_ms(START, 50) == 0);
	MUST(clock_wait_ms(START + 8001, 50) == 1);
	MUST(clock_wait_ms(START + 8000 + 10 * SECOND_US, 50) == 10);
	MUST(clock_wait_ms(START + 8001 + 10 * SECOND_US, 50) == 11);
	MUST(clock_wait_ms(INT64_MAX, 50) == 50);
	MUST(clock_wait_ms(INT64_MIN, 50) == 0);
}

static void
driver_is_held_by_limits(void **state)
{
	(void)state;
	in_child(drive);
}

/* A follower sets a limit and dies: it holds the time while it lives only. */
static void
follow(const char *path)
{
	int to_parent[2];
	struct err e;
	pid_t child;
	char c;

	MUST(pipe(to_parent) == 0);
	MUST(clock_share(path, START, 1, &e) == RC_OK);
	child = fork();
	if (child == 0) {
		MUST(clock_follow(path, &e) == RC_OK);
		MUST(clock_wall_us() == START);
		clock_limit(START + 10);
		MUST(write(to_parent[1], "x", 1) == 1);
		for (;;)
			(void)pause();
	}
	MUST(read(to_parent[0], &c, 1) == 1);
	MUST(clock_advance(100) == START + 10);
	MUST(clock_advance(100) == START + 10);
	MUST(kill(child, SIGKILL) == 0);
	MUST(waitpid(child, NULL, 0) == child);
	MUST(clock_advance(100) == START + 110);
}

static void
dead_followers_hold_nothing(void **state)
{
	(void)state;
	in_child(follow);
}

static void
reopen(const char *path)
{
	struct err e;

	MUST(clock_share(path, START, 10, &e) == RC_OK);
	MUST(clock_advance(1) == START + 10);
	MUST(clock_share(path, START + 999, 1000, &e) == RC_OK);
	MUST(clock_wall_us() == START + 10);
	MUST(clock_advance(1) == START + 1010);
}

static void
time_stands_at_what_the_file_says(void **state)
{
	(void)state;
	in_child(reopen);
}

static void
refuse(const char *path)
{
	char zeros[4096] = "";
	struct err e;

	MUST(clock_follow(path, &e) == RC_NOTFOUND);
	MUST(clock_share(path, START, 0, &e) == RC_INVALID);
	MUST(clock_share(path, -1, 1, &e) == RC_INVALID);
	MUST(file_write(path, SLICE("acuseclk"), 0600, &e) == RC_OK);
	MUST(clock_follow(path, &e) == RC_INVALID);
	MUST(clock_share(path, START, 1, &e) == RC_INVALID);
	MUST(file_write(path, slice_of(zeros, 4096), 0600, &e) == RC_OK);
	MUST(clock_follow(path, &e) == RC_INVALID);
	MUST(!clock_is_fast());
	memcpy(zeros, "acuseclk", 8);
	MUST(file_write(path, slice_of(zeros, 4096), 0600, &e) == RC_OK);
	MUST(clock_follow(path, &e) == RC_INVALID); /* speed 0 */
}

static void
files_that_are_no_clock_are_refused(void **state)
{
	(void)state;
	in_child(refuse);
}

static void
the_file_is_as_documented(const char *path)
{
	struct err e;
	struct sbuf b;
	int64_t v[2];
	int64_t slot[2];

	MUST(clock_share(path, START, 77, &e) == RC_OK);
	clock_limit(START + 1);
	sbuf_init(&b, 5000);
	MUST(file_read(path, 5000, &b, &e) == RC_OK);
	MUST(b.n == 4096 && memcmp(b.p, "acuseclk", 8) == 0);
	memcpy(v, b.p + 8, sizeof(v));
	MUST(v[0] == START && v[1] == 77);
	memcpy(slot, b.p + 64, sizeof(slot));
	MUST(slot[0] == getpid() && slot[1] == START + 1);
	memcpy(slot, b.p + 80, sizeof(slot));
	MUST(slot[0] == 0);
	sbuf_fini(&b);
}

static void
layout(void **state)
{
	(void)state;
	in_child(the_file_is_as_documented);
}

static void
system_clocks(void **state)
{
	int64_t before = clock_mono_us();

	(void)state;
	assert_true(clock_wall_us() > INT64_C(1500000000) * SECOND_US);
	assert_true(clock_mono_us() >= before);
	assert_int_equal(clock_wait_ms(clock_wall_us() - 5, 100), 0);
	assert_int_equal(clock_wait_ms(clock_wall_us() + DAY_US, 100), 100);
	assert_int_equal(clock_advance(5000) / DAY_US,
			 clock_wall_us() / DAY_US);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(driver_is_held_by_limits),
	    cmocka_unit_test(dead_followers_hold_nothing),
	    cmocka_unit_test(time_stands_at_what_the_file_says),
	    cmocka_unit_test(files_that_are_no_clock_are_refused),
	    cmocka_unit_test(layout),
	    cmocka_unit_test(system_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
