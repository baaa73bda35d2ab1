#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ref.h"

static void
goes_round(void **state)
{
	char hex[REF_HEX];
	struct ref r, back;

	(void)state;
	for (int i = 0; i < 50; i++) {
		r = ref_new();
		ref_hex(r, hex);
		assert_true(ref_parse(slice_z(hex), &back));
		assert_true(ref_eq(r, back));
		assert_false(ref_eq(r, ref_new()));
	}
	assert_true(ref_parse(SLICE("000102030405060708090a0b0c0d0eff"), &r));
	assert_int_equal(r.b[1], 1);
	assert_int_equal(r.b[15], 0xff);
}

static void
one_form_alone(void **state)
{
	static const char *const rows[] = {
	    "",
	    "000102030405060708090a0b0c0d0ef",
	    "000102030405060708090a0b0c0d0ef00",
	    "000102030405060708090A0b0c0d0eff",
	    "000102030405060708090g0b0c0d0eff",
	    " 00102030405060708090a0b0c0d0eff",
	};
	struct ref r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(ref_parse(slice_z(rows[i]), &r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(goes_round),
	    cmocka_unit_test(one_form_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
