#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "templates/datum.h"

static void
test_maps_of_all_sizes(void **state)
{
	struct datum *map;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	map = datum_map(&a);
	for (int i = 0; i < 100; i++) {
		char *key = arena_printf(&a, "key-%d", i);

		datum_set(map, key, datum_int(&a, i));
		datum_set(map, "again", datum_int(&a, i));
		for (int k = 0; k <= i; k += 7)
			assert_int_equal(
			    datum_number(
				datum_get(map, arena_printf(&a, "key-%d", k))),
			    k);
		assert_null(datum_get(map, "key-x"));
	}
	assert_int_equal(datum_count(map), 101);
	assert_int_equal(datum_number(datum_get(map, "again")), 99);
	assert_true(slice_eq_z(datum_key(map, 1), "again"));
	assert_true(slice_eq_z(datum_key(map, 100), "key-99"));
	arena_fini(&a);
}

static void
test_from_json(void **state)
{
	json_t *j = json_loads("{\"a\":{\"b\":[1,\"x\",null,true,1.21,-3]},"
			       "\"e\":{},\"s\":\"\\u00e1\"}",
			       0, NULL);
	const struct datum *d, *b;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	d = datum_from_json(&a, j);
	json_decref(j);
	b = datum_path(d, "a.b");
	assert_int_equal(datum_count(b), 6);
	assert_int_equal(datum_number(datum_at(b, 0)), 1);
	assert_true(slice_eq_z(datum_slice(datum_at(b, 1)), "x"));
	assert_int_equal(datum_kind(datum_at(b, 2)), DATUM_NULL);
	assert_int_equal(datum_kind(datum_at(b, 3)), DATUM_BOOL);
	assert_true(slice_eq_z(datum_slice(datum_at(b, 4)), "1.21"));
	assert_int_equal(datum_number(datum_at(b, 5)), -3);
	assert_true(slice_eq_z(datum_slice(datum_get(d, "s")), "\u00e1"));
	assert_null(datum_path(d, "a.b.c"));
	assert_null(datum_path(d, "x.y"));
	assert_null(datum_get(NULL, "x"));
	arena_fini(&a);
}

static void
test_truth(void **state)
{
	struct datum *list;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	list = datum_list(&a);
	assert_false(datum_true(NULL));
	assert_false(datum_true(datum_null(&a)));
	assert_false(datum_true(datum_bool(&a, false)));
	assert_false(datum_true(datum_int(&a, 0)));
	assert_false(datum_true(datum_text_z(&a, "")));
	assert_false(datum_true(datum_text_z(&a, NULL)));
	assert_false(datum_true(datum_date(&a, DATE_NONE)));
	assert_false(datum_true(list));
	datum_add(list, datum_null(&a));
	assert_true(datum_true(list));
	assert_true(datum_true(datum_int(&a, -1)));
	assert_true(datum_true(datum_text_z(&a, "0")));
	assert_true(datum_true(datum_map(&a)));
	assert_true(datum_true(datum_money(&a, (struct money){0, "EUR"})));
	assert_true(datum_true(datum_date(&a, 0)));
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_maps_of_all_sizes),
	    cmocka_unit_test(test_from_json),
	    cmocka_unit_test(test_truth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
