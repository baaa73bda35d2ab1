#include "tests/unit/queue/fixture.h"

#include "base/clock.h"
#include "proof/ledger.h"
#include "queue/recipients.h"
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

/* Tries what waits: an address fails for good, or its mailbox is full; the
 * others are given back. */
static void
answer(struct fixture *f, const char *address, bool full)
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
			v.end = full ? CLAIM_DEFERRED : CLAIM_FAILED;
			v.suppress = !full;
			v.wait_us = 4 * HOUR_US;
			v.elsewhere = found = true;
		}
		OK(fixture_do(f, fixture_run_end, &v, e));
	}
	claims_free(&f->q, &t.batch);
	assert_true(found);
	clock_advance(MINUTE_US);
}

static void
refuse(struct fixture *f, const char *address)
{
	answer(f, address, false);
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

static enum rc
run_suppress_as_before(struct fixture *f, struct db *db, void *arg,
		       struct err *e)
{
	struct suppression s = {.brand = SLICE("default"),
				.address = *(struct slice *)arg,
				.reason = SLICE("a test's")};
	uint8_t hash[32];

	queue_address_hash_old(&f->q, s.address, hash);
	return suppression_put(db, &s, hash, e);
}

/* A domain is one, in whichever of its two spellings. */
static void
test_a_suppression_knows_a_domains_spellings(void **state)
{
	static const char *const same[] = {"ana@b\xc3\xbc"
					   "cher.example",
					   "Ana@B\xc3\x9c"
					   "CHER.example",
					   "ana@xn--bcher-kva.example",
					   "ana@XN--BCHER-KVA.example"};
	struct fixture *f = *state;
	uint8_t hash[32], first[32];
	struct slice before = slice_z(same[0]);
	struct suppression s;

	queue_address_hash(&f->q, before, first);
	for (size_t i = 1; i < sizeof(same) / sizeof(*same); i++) {
		queue_address_hash(&f->q, slice_z(same[i]), hash);
		assert_memory_equal(hash, first, sizeof(hash));
	}
	queue_address_hash(&f->q, SLICE("ana@bucher.example"), hash);
	assert_memory_not_equal(hash, first, sizeof(hash));
	OK(fixture_do(f, run_suppress_as_before, &before, e));
	OK(recipients_suppression(&f->q, f->db, SLICE("default"), before, &f->a,
				  &s, hash, e));
	assert_memory_not_equal(hash, first, sizeof(hash));
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

static void
test_a_full_mailbox_has_others_told(void **state)
{
	static const struct contact two[] = {
	    {.id = SLICE_INIT("k1"),
	     .role = SLICE_INIT("billing"),
	     .email = SLICE_INIT("ana@cliente.example"),
	     .since = DATE_NONE},
	    {.id = SLICE_INIT("k3"),
	     .role = SLICE_INIT("technical"),
	     .email = SLICE_INIT("cleo@cliente.example"),
	     .since = DATE_NONE},
	};
	struct fixture *f = *state;
	struct message *list;

	fixture_contacts(f, "c1", two, 2);
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	go_to(f, "proforma");
	answer(f, "ana@cliente.example", true);
	/* No act depends on that one. */
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 1);
	go_to(f, "pre-suspension");
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 1);
	answer(f, "ana@cliente.example", true);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 1);
	assert_true(slice_eq_z(list[0].address, "cleo@cliente.example"));
	answer(f, "cleo@cliente.example", true);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 0);
	assert_int_equal(count_events(f, KIND_CUSTOMER_UNREACHABLE), 0);
}

static void
run_to(int64_t us)
{
	while (clock_wall_us() < us)
		clock_advance(us - clock_wall_us());
}

static void
test_what_an_act_needs_is_missed_aloud(void **state)
{
	struct fixture *f = *state;
	struct message *list;
	struct take t;

	start(f, "pre-suspension");
	answer(f, "ana@cliente.example", true);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_DEFERRED, &list), 2);
	/* One more try, then it is too late. */
	run_to(list[0].not_after_us - HOUR_US);
	answer(f, "ana@cliente.example", true);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_DEFERRED, &list), 2);
	run_to(list[0].not_after_us + SECOND_US);
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_EXPIRED, &list), 2);
	assert_int_equal(count_events(f, KIND_CUSTOMER_UNREACHABLE), 1);
	assert_int_equal(count_events(f, KIND_ALARM_RAISED), 1);
}

/* By a pause, say, of a week. */
static void
test_what_an_act_needs_outlives_what_we_held_up(void **state)
{
	struct fixture *f = *state;
	struct message *list;

	start(f, "pre-suspension");
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 2);
	run_to(list[0].not_after_us + SECOND_US);
	answer(f, "ana@cliente.example", true);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_DEFERRED, &list), 2);
	assert_true(list[0].not_after_us > clock_wall_us() + 4 * DAY_US);
	assert_int_equal(count_events(f, KIND_CUSTOMER_UNREACHABLE), 0);
}

/* All that waits finds no domain, some time after the last try. */
static void
find_nothing(struct fixture *f, int64_t after_us)
{
	struct take t;

	clock_advance(after_us);
	OK(fixture_do(f, fixture_run_take, &t, e));
	for (size_t i = 0; i < t.batch.n; i++) {
		struct claim_verdict v = {
		    .claim = &t.batch.claims[i],
		    .end = CLAIM_DEFERRED,
		    .verdict = "no_route",
		    .reason = SLICE("there is no domain cliente.example"),
		    .wait_us = SECOND_US,
		    .elsewhere = true,
		    .nowhere = true};

		OK(fixture_do(f, fixture_run_end, &v, e));
	}
	claims_free(&f->q, &t.batch);
}

/* Billing can correct it, where it is told while there is time. */
static void
test_a_domain_that_is_not_there_is_told_once(void **state)
{
	struct fixture *f = *state;
	struct message *list;

	start(f, "pre-suspension");
	find_nothing(f, SECOND_US);
	find_nothing(f, 5 * MINUTE_US);
	find_nothing(f, 15 * MINUTE_US);
	assert_int_equal(count_events(f, KIND_ALARM_RAISED), 0);
	find_nothing(f, HOUR_US);
	assert_int_equal(count_events(f, KIND_CUSTOMER_UNREACHABLE), 1);
	assert_int_equal(count_events(f, KIND_ALARM_RAISED), 1);
	find_nothing(f, 2 * HOUR_US);
	find_nothing(f, 4 * HOUR_US);
	assert_int_equal(count_events(f, KIND_ALARM_RAISED), 1);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_DEFERRED, &list), 2);
}

static void
test_who_has_another_address_is_no_alarm(void **state)
{
	struct contact two[] = {contacts[0], contacts[1]};
	struct fixture *f = *state;

	two[1].email = SLICE("ana@other.example");
	fixture_contacts(f, "c1", two, 2);
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	go_to(f, "pre-suspension");
	for (int i = 0; i < 4; i++)
		find_nothing(f, HOUR_US);
	assert_int_equal(count_events(f, KIND_ALARM_RAISED), 0);
}

static void
test_what_no_act_needs_is_no_alarm(void **state)
{
	struct fixture *f = *state;

	start(f, "proforma");
	for (int i = 0; i < 4; i++)
		find_nothing(f, HOUR_US);
	assert_int_equal(count_events(f, KIND_ALARM_RAISED), 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_who_is_left_out_is_said),
	    TEST(test_a_suppression_knows_a_domains_spellings),
	    TEST(test_what_an_act_needs_goes_elsewhere),
	    TEST(test_a_full_mailbox_has_others_told),
	    TEST(test_what_an_act_needs_is_missed_aloud),
	    TEST(test_what_an_act_needs_outlives_what_we_held_up),
	    TEST(test_a_domain_that_is_not_there_is_told_once),
	    TEST(test_who_has_another_address_is_no_alarm),
	    TEST(test_what_no_act_needs_is_no_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
