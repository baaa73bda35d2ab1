#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tracker/limit.h"

static struct addr
addr_of(const char *z)
{
	struct addr a;

	assert_true(addr_parse(slice_z(z), &a));
	return a;
}

static void
test_burst_then_rate(void **state)
{
	struct limit *l = limit_new(5, 6);
	struct addr a = addr_of("192.0.2.1");
	int64_t now = 1000 * SECOND_US;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(limit_take(l, a, now), 0);
	assert_int_equal(limit_take(l, a, now), 10 * SECOND_US);
	assert_int_equal(limit_take(l, a, now + 9 * SECOND_US), SECOND_US);
	assert_int_equal(limit_take(l, a, now + 10 * SECOND_US), 0);
	assert_int_equal(limit_take(l, a, now + 10 * SECOND_US),
			 10 * SECOND_US);
	/* idle for an hour: the burst again, no more */
	now += HOUR_US;
	for (int i = 0; i < 5; i++)
		assert_int_equal(limit_take(l, a, now), 0);
	assert_int_not_equal(limit_take(l, a, now), 0);
	limit_free(l);
}

static void
test_addresses(void **state)
{
	struct limit *l = limit_new(1, 1);
	struct addr none = {{0}};
	int64_t now = SECOND_US;

	(void)state;
	assert_int_equal(limit_take(l, addr_of("2001:db8::1"), now), 0);
	assert_int_not_equal(limit_take(l, addr_of("2001:db8::ffff"), now), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(limit_take(l, none, now), 0);
	limit_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_burst_then_rate),
	    cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
