#include "tests/unit/queue/fixture.h"

#include "base/clock.h"
#include "proof/ledger.h"
#include "store/event.h"

/* Two that billing names, and one besides. */
static const struct contact contacts[] = {
    {.id = SLICE_INIT("k1"),
     .role = SLICE_INIT("billing"),
     .email = SLICE_INIT("ana@cliente.example"),
     .since = DATE_NONE},
    {.id = SLICE_INIT("k2"),
     .role = SLICE_INIT("billing"),
     .email = SLICE_INIT("beto@cliente.example"),
     .since = DATE_NONE},
    {.id = SLICE_INIT("k3"),
     .role = SLICE_INIT("technical"),
     .email = SLICE_INIT("cleo@cliente.example"),
     .since = DATE_NONE},
};

/* Releases what is due when a step of i1 is. */
static void
go_to(struct fixture *f, const char *step)
{
	char when[TIME_SIZE];

	time_format(fixture_step(f, "i1", step, DUE)->release_us, when);
	fixture_at(when);
	fixture_plan(f);
}

/* Tries what waits: an address fails for good, the others are given back. */
static void
refuse(struct fixture *f, const char *address)
{
	struct take t;
	bool found = false;

	OK(fixture_do(f, fixture_run_take, &t, e));
	OK(fixture_do(f, fixture_run_journal, &t, e));
	for (size_t i = 0; i < t.batch.n; i++) {
		struct claim_verdict v = {.claim = &t.batch.claims[i],
					  .end = CLAIM_DEFERRED,
					  .verdict = "a test's",
					  .wait_us = SECOND_US};

		if (slice_eq_z(v.claim->m.address, address)) {
			v.end = CLAIM_FAILED;
			v.suppress = found = true;
		}
		OK(fixture_do(f, fixture_run_end, &v, e));
	}
	claims_free(&f->q, &t.batch);
	assert_true(found);
	clock_advance(MINUTE_US);
}

static int
count_events(struct fixture *f, enum kind kind)
{
	struct customer c;
	struct event *list;
	size_t n;
	int count = 0;

	OK(customer_get(f->db, SLICE("c1"), &f->a, &c, e));
	OK(event_list(f->db, c.ref, &f->a, &list, &n, e));
	for (size_t i = 0; i < n; i++)
		count += list[i].kind == (int)kind;
	return count;
}

static void
start(struct fixture *f, const char *step)
{
	fixture_contacts(f, "c1", contacts, 3);
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	go_to(f, step);
}

static void
test_who_is_left_out_is_said(void **state)
{
	struct fixture *f = *state;
	struct message *list;

	start(f, "proforma");
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 2);
	refuse(f, "ana@cliente.example");
	assert_int_equal(count_events(f, KIND_CONTACT_SKIPPED), 0);
	go_to(f, "reminder-1");
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 3);
	assert_int_equal(count_events(f, KIND_CONTACT_SKIPPED), 1);
}

static void
test_what_an_act_needs_goes_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct message *list;

	start(f, "pre-suspension");
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 2);
	refuse(f, "ana@cliente.example");
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 2);
	refuse(f, "beto@cliente.example");
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 1);
	assert_true(slice_eq_z(list[0].address, "cleo@cliente.example"));
	assert_int_equal(count_events(f, KIND_CUSTOMER_UNREACHABLE), 0);
	assert_int_equal(fixture_step(f, "i1", "pre-suspension", DUE)->state,
			 NOTICE_RELEASED);
	refuse(f, "cleo@cliente.example");
	assert_int_equal(count_events(f, KIND_CUSTOMER_UNREACHABLE), 1);
	assert_int_equal(count_events(f, KIND_ALARM_RAISED), 1);
	assert_int_equal(fixture_step(f, "i1", "pre-suspension", DUE)->state,
			 NOTICE_DONE);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_who_is_left_out_is_said),
	    TEST(test_what_an_act_needs_goes_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
