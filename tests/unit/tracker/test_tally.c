/* A count that a death keeps, and that processes share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracker/tally.h"

static char path[] = "/tmp/test-tally-XXXXXX";

static struct tally *
open_tally(void)
{
	struct tally *t = NULL;
	struct err e = {0};

	assert_int_equal(tally_open(path, &t, &e), RC_OK);
	return t;
}

static void
test_outlives_a_death(void **state)
{
	struct tally *t = open_tally(), *other;

	(void)state;
	assert_int_equal(tally_get(t), 0);
	tally_add(t, 3);
	for (int i = 0; i < 4; i++) {
		pid_t child = fork();

		if (child == 0) {
			other = open_tally();
			for (int k = 0; k < 1000; k++)
				tally_add(other, 1);
			(void)raise(SIGKILL);
		}
		assert_true(child > 0);
	}
	while (wait(NULL) > 0)
		;
	assert_int_equal(tally_get(t), 4003);
	tally_close(t);
	other = open_tally();
	assert_int_equal(tally_get(other), 4003);
	tally_close(other);
}

static void
test_no_room(void **state)
{
	struct rlimit none, was;
	struct tally *t = NULL;
	struct err e = {0};
	enum rc rc;

	(void)state;
	assert_int_equal(truncate(path, 0), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	none = was;
	none.rlim_cur = 4;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	rc = tally_open(path, &t, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(rc, RC_IO);
	assert_null(t);
	tally_close(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_outlives_a_death),
	    cmocka_unit_test(test_no_room),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	(void)close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return failed;
}
