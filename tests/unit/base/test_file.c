#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

struct place {
	char dir[32], path[64];
	struct sbuf b;
	struct err e;
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/acuse-file-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof(p->path), "%s/name", p->dir);
	sbuf_init(&p->b, 1 << 20);
	*state = p;
	return 0;
}

/* Fails where a temporary file was left. */
static int
teardown(void **state)
{
	struct place *p = *state;

	(void)unlink(p->path);
	assert_int_equal(rmdir(p->dir), 0);
	sbuf_fini(&p->b);
	free(p);
	return 0;
}

static void
writes_replace(void **state)
{
	struct place *p = *state;
	struct stat st;

	assert_int_equal(file_write(p->path, SLICE("one\0two"), 0640, &p->e),
			 RC_OK);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(file_read(p->path, 7, &p->b, &p->e), RC_OK);
	assert_true(slice_eq(sbuf_slice(&p->b), SLICE("one\0two")));
	assert_int_equal(file_write(p->path, SLICE(""), 0600, &p->e), RC_OK);
	sbuf_reset(&p->b);
	assert_int_equal(file_read(p->path, 0, &p->b, &p->e), RC_OK);
	assert_int_equal(p->b.n, 0);
}

static void
creating_never_replaces(void **state)
{
	struct place *p = *state;

	assert_int_equal(file_create(p->path, SLICE("one"), 0600, &p->e),
			 RC_OK);
	assert_int_equal(file_create(p->path, SLICE("two"), 0600, &p->e),
			 RC_STATE);
	assert_int_equal(file_read(p->path, 100, &p->b, &p->e), RC_OK);
	assert_string_equal(sbuf_z(&p->b), "one");
}

static void
reading_is_bounded(void **state)
{
	struct place *p = *state;
	char *big = calloc(1, 100000);

	assert_int_equal(file_read(p->path, 9, &p->b, &p->e), RC_NOTFOUND);
	assert_int_equal(file_read(p->dir, 9, &p->b, &p->e), RC_IO);
	assert_int_equal(
	    file_write(p->path, slice_of(big, 100000), 0600, &p->e), RC_OK);
	assert_int_equal(file_read(p->path, 99999, &p->b, &p->e), RC_LIMIT);
	sbuf_reset(&p->b);
	assert_int_equal(file_read(p->path, 100000, &p->b, &p->e), RC_OK);
	assert_int_equal(p->b.n, 100000);
	free(big);
}

static void
failing_leaves_nothing(void **state)
{
	struct place *p = *state;

	assert_int_equal(file_write("/nowhere/at/all", SLICE("x"), 0600, &p->e),
			 RC_NOTFOUND);
	assert_int_equal(mkdir(p->path, 0700), 0);
	assert_int_equal(file_write(p->path, SLICE("x"), 0600, &p->e), RC_IO);
	assert_int_equal(rmdir(p->path), 0);
}

static void
directories(void **state)
{
	struct place *p = *state;
	char deep[128];

	(void)snprintf(deep, sizeof(deep), "%s/a//b/", p->dir);
	assert_int_equal(dir_make(deep, 0700, &p->e), RC_OK);
	assert_int_equal(dir_make(deep, 0700, &p->e), RC_OK);
	assert_int_equal(rmdir(deep), 0);
	(void)snprintf(deep, sizeof(deep), "%s/a", p->dir);
	assert_int_equal(rmdir(deep), 0);
	assert_int_equal(file_write(p->path, SLICE("x"), 0600, &p->e), RC_OK);
	assert_int_equal(dir_make(p->path, 0700, &p->e), RC_IO);
	(void)snprintf(deep, sizeof(deep), "%s/b", p->path);
	assert_int_equal(dir_make(deep, 0700, &p->e), RC_IO);
}

static void
a_lock_is_held_once(void **state)
{
	struct place *p = *state;
	char holder[64];
	int fd, again;

	assert_int_equal(lock_take(p->path, &fd, &p->e), RC_OK);
	assert_int_equal(lock_take(p->path, &again, &p->e), RC_STATE);
	(void)snprintf(holder, sizeof(holder), "held by process %d",
		       (int)getpid());
	assert_non_null(strstr(p->e.text, holder));
	assert_int_equal(close(fd), 0);
	assert_int_equal(lock_take(p->path, &again, &p->e), RC_OK);
	assert_int_equal(close(again), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(writes_replace, setup, teardown),
	    cmocka_unit_test_setup_teardown(creating_never_replaces, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(reading_is_bounded, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(failing_leaves_nothing, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(directories, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_lock_is_held_once, setup,
					    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
