#include "queue/hand.h"

#include "tests/unit/queue/fixture.h"

#define MANY 5001 /* more destinations than are looked at in one go */

static enum rc
make_lanes(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	enum rc rc = RC_OK;

	(void)f;
	(void)arg;
	for (int i = 0; rc == RC_OK && i < MANY; i++) {
		char domain[32];
		int64_t id;

		snprintf(domain, sizeof(domain), "d%d.example", i);
		rc = lane_find(db, SLICE("default"), slice_z(domain), &id, e);
	}
	return rc;
}

static enum rc
make_old_lane(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	int64_t id;

	(void)f;
	(void)arg;
	return lane_find(db, SLICE("old"), SLICE("x.example"), &id, e);
}

static void
test_all_is_all_however_many_destinations(void **state)
{
	struct hand_order cancel = {.what = HAND_CANCEL, .all = true};
	struct fixture *f = *state;

	OK(fixture_do(f, make_lanes, NULL, e));
	fixture_proforma(f);
	OK(fixture_do(f, fixture_run_hand, &cancel, e));
	assert_int_equal(fixture_message(f)->state, MESSAGE_CANCELLED);
}

static void
test_a_brand_that_is_not_there_is_refused(void **state)
{
	struct hand_order hold = {.what = HAND_HOLD, .brand = SLICE("other")};
	struct fixture *f = *state;
	struct lane_held *holds;
	struct err refused;
	size_t n;

	assert_int_equal(fixture_do(f, fixture_run_hand, &hold, &refused),
			 RC_INVALID);
	assert_non_null(strstr(refused.text, "there is default"));
	OK(lane_holds(f->db, 10, &f->a, &holds, &n, e));
	assert_int_equal(n, 0);
}

/* One that a reload took away still has what it left. */
static void
test_a_brand_of_an_earlier_configuration_is_let_go(void **state)
{
	struct hand_order order = {.what = HAND_HOLD, .brand = SLICE("old")};
	struct fixture *f = *state;
	struct lane_held *holds;
	size_t n;

	OK(fixture_do(f, make_old_lane, NULL, e));
	OK(fixture_do(f, fixture_run_hand, &order, e));
	OK(lane_holds(f->db, 10, &f->a, &holds, &n, e));
	assert_int_equal(n, 1);
	assert_true(slice_eq_z(holds[0].brand, "old"));
	order.what = HAND_RESUME;
	OK(fixture_do(f, fixture_run_hand, &order, e));
	OK(lane_holds(f->db, 10, &f->a, &holds, &n, e));
	assert_int_equal(n, 0);
}

/* A destination is its name in lower case, as lanes have it. */
static void
test_a_domain_in_capitals_is_the_same(void **state)
{
	struct hand_order cancel = {.what = HAND_CANCEL,
				    .domain = SLICE("Cliente.EXAMPLE")};
	struct fixture *f = *state;

	fixture_proforma(f);
	OK(fixture_do(f, fixture_run_hand, &cancel, e));
	assert_int_equal(fixture_message(f)->state, MESSAGE_CANCELLED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_make, fixture_free)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(test_all_is_all_however_many_destinations),
	    TEST(test_a_brand_that_is_not_there_is_refused),
	    TEST(test_a_brand_of_an_earlier_configuration_is_let_go),
	    TEST(test_a_domain_in_capitals_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
