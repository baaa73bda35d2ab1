#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "mailer/rests.h"

static void
test_a_hop_rests_for_all_but_who_tries(void **state)
{
	struct rests *r = rests_new();
	int64_t now = clock_wall_us();
	struct rest rest;

	(void)state;
	assert_false(rests_find(r, "relay/out", 8, now, &rest));
	rests_set(r, "relay/out", (struct rest){7, now + MINUTE_US});
	rests_set(r, "d.example", (struct rest){9, now + HOUR_US});
	assert_true(rests_find(r, "relay/out", 8, now, &rest));
	assert_int_equal(rest.lane, 7);
	assert_true(rest.until_us == now + MINUTE_US);
	assert_false(rests_find(r, "relay/out", 7, now, &rest));
	assert_false(rests_find(r, "relay/out", 8, now + MINUTE_US, &rest));
	rests_set(r, "relay/out", (struct rest){0, 0});
	assert_false(rests_find(r, "relay/out", 8, now, &rest));
	assert_true(rests_find(r, "d.example", 8, now, &rest));
	rests_clear(r);
	assert_false(rests_find(r, "d.example", 8, now, &rest));
	rests_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_hop_rests_for_all_but_who_tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
