#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "mailer/sts_kept.h"

#define NOW (1000 * DAY_US)
#define FULL 4096 /* what a short policy takes */

struct folder {
	char path[64];
	struct arena a;
};

static int
make(void **state)
{
	static struct folder f;

	snprintf(f.path, sizeof f.path, "/tmp/acuse-sts-XXXXXX");
	assert_non_null(mkdtemp(f.path));
	arena_init(&f.a, 1 << 20);
	*state = &f;
	return 0;
}

static int
gone(void **state)
{
	struct folder *f = *state;
	DIR *dir = opendir(f->path);
	struct dirent *i;

	while ((i = readdir(dir)) != NULL)
		(void)unlink(arena_printf(&f->a, "%s/%s", f->path, i->d_name));
	closedir(dir);
	arena_fini(&f->a);
	return rmdir(f->path);
}

static void
put(struct folder *f, const char *domain, int64_t fetched_us, int64_t max_age_s)
{
	struct sts_kept k = {.id = SLICE("1"), .fetched_us = fetched_us};

	k.text = slice_z(
	    arena_printf(&f->a,
			 "version: STSv1\nmode: enforce\nmx: mx.example\n"
			 "max_age: %lld\n",
			 (long long)max_age_s));
	sts_kept_save(f->path, slice_z(domain), &k);
}

static void
put_file(struct folder *f, const char *name, const char *text)
{
	struct err e;

	assert_int_equal(file_write(arena_printf(&f->a, "%s/%s", f->path, name),
				    slice_z(text), 0600, &e),
			 RC_OK);
}

static void
must_be_stale(struct folder *f, int64_t max_bytes, const char *const *want,
	      size_t n)
{
	struct sts_stale *list;

	assert_int_equal(sts_kept_stale(f->path, NOW, max_bytes, &f->a, &list),
			 n);
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t k = 0; k < n; k++)
			found |= slice_eq_z(list[k].domain, want[i]);
		if (!found)
			fail_msg("%s is kept", want[i]);
	}
}

static void
what_holds_no_longer_is_stale(void **state)
{
	static const char *const stale[] = {"expired.example",
					    "damaged.example", "empty.example"};
	struct folder *f = *state;

	put(f, "fresh.example", NOW - DAY_US, 86401);
	put(f, "expired.example", NOW - DAY_US, 86400);
	put_file(f, "damaged.example", "id 1\nfetched soon\n\n");
	put_file(f, "empty.example", "");
	put_file(f, "NOT-OURS", "");
	put_file(f, ".hidden", "");
	must_be_stale(f, INT64_MAX, stale, 3);
}

static void
what_was_fetched_longest_ago_goes_first(void **state)
{
	static const char *const oldest[] = {"c.example", "a.example"};
	struct folder *f = *state;

	put(f, "a.example", NOW - 2 * DAY_US, 864000);
	put(f, "b.example", NOW - DAY_US, 864000);
	put(f, "c.example", NOW - 3 * DAY_US, 864000);
	must_be_stale(f, 3 * FULL, NULL, 0);
	must_be_stale(f, 3 * FULL - 1, oldest, 1);
	must_be_stale(f, 2 * FULL - 1, oldest, 2);
}

static void
one_that_goes_is_gone(void **state)
{
	struct folder *f = *state;
	struct sts_kept k;

	put(f, "a.example", NOW, 1);
	assert_true(sts_kept_load(f->path, SLICE("a.example"), &f->a, &k));
	assert_int_equal(k.fetched_us, NOW);
	sts_kept_remove(f->path, SLICE("a.example"));
	assert_false(sts_kept_load(f->path, SLICE("a.example"), &f->a, &k));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, gone)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_holds_no_longer_is_stale),
	    TEST(what_was_fetched_longest_ago_goes_first),
	    TEST(one_that_goes_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
