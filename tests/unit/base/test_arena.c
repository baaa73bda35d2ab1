#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

#include "base/arena.h"

static void
objects_are_zeroed_and_aligned(void **state)
{
	static const char zeros[70000];
	struct arena a;

	(void)state;
	arena_init(&a, (size_t)64 << 20);
	for (int round = 0; round < 3; round++) {
		for (size_t n = 0; n < 70000; n = n * 3 + 1) {
			void *p = arena_alloc(&a, n);

			assert_int_equal((uintptr_t)p % alignof(max_align_t),
					 0);
			assert_memory_equal(p, zeros, n);
			memset(p, 0xaa, n);
		}
		arena_reset(&a);
		assert_int_equal(a.used, 0);
	}
	arena_fini(&a);
}

static void
objects_do_not_overlap(void **state)
{
	unsigned char *p[600];
	struct arena a;

	(void)state;
	arena_init(&a, (size_t)64 << 20);
	for (size_t i = 0; i < 600; i++) {
		p[i] = arena_alloc(&a, i * 7 + 1);
		memset(p[i], (int)(i & 0xff), i * 7 + 1);
	}
	for (size_t i = 0; i < 600; i++)
		for (size_t j = 0; j < i * 7 + 1; j++)
			assert_int_equal(p[i][j], i & 0xff);
	arena_fini(&a);
}

static void
texts(void **state)
{
	struct arena a;
	struct slice s;

	(void)state;
	arena_init(&a, 1 << 20);
	s = arena_dup(&a, SLICE("abc"));
	assert_true(slice_eq_z(s, "abc"));
	assert_int_equal(s.p[3], '\0');
	assert_string_equal(arena_z(&a, (struct slice){NULL, 0}), "");
	assert_string_equal(arena_printf(&a, "%s-%d", "n", 12), "n-12");
	arena_fini(&a);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(objects_are_zeroed_and_aligned),
	    cmocka_unit_test(objects_do_not_overlap),
	    cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
