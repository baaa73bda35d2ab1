#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/embedded.h"

static void
every_file_is_found_by_its_name(void **state)
{
	const struct embedded_file *f = NULL;
	size_t n = 0;

	(void)state;
	while ((f = embedded_next("", f))) {
		assert_ptr_equal(embedded_find(f->name), f);
		assert_int_equal(f->data[f->size], 0);
		n++;
	}
	assert_true(n > 0);
}

static void
a_prefix_gives_its_files_in_order(void **state)
{
	const struct embedded_file *f = NULL;
	const char *last = "";

	(void)state;
	while ((f = embedded_next("store/schema/", f))) {
		assert_true(strncmp(f->name, "store/schema/", 13) == 0);
		assert_true(strcmp(last, f->name) < 0);
		last = f->name;
	}
	assert_string_not_equal(last, "");
}

static void
what_is_absent_is_not_found(void **state)
{
	const char *const absent[] = {
	    "",	    "store/schema/", "store/schema/001",
	    "\x01", "zzz",	     "store/db.c"};

	(void)state;
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_null(embedded_find(absent[i]));
	assert_null(embedded_next("zzz", NULL));
	assert_null(embedded_next("store/schema/zzz", NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_file_is_found_by_its_name),
	    cmocka_unit_test(a_prefix_gives_its_files_in_order),
	    cmocka_unit_test(what_is_absent_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
