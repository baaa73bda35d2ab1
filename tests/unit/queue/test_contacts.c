#include "tests/unit/queue/fixture.h"

#include "base/clock.h"
#include "proof/ledger.h"
#include "queue/contacts.h"
#include "queue/hand.h"
#include "store/act.h"
#include "store/event.h"

#define OLD "ana@cliente.example"
#define NEW "ana@client.example"

static void
put_address(struct fixture *f, const char *address)
{
	struct contact k = {.id = SLICE("k1"),
			    .role = SLICE("billing"),
			    .email = slice_z(address),
			    .since = DATE_NONE};

	fixture_contacts(f, "c1", &k, 1);
}

/* Releases a step of i1 to OLD. */
static void
start(struct fixture *f, const char *step)
{
	char when[TIME_SIZE];

	put_address(f, OLD);
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	time_format(fixture_step(f, "i1", step, DUE)->release_us, when);
	fixture_at(when);
	fixture_plan(f);
}

/* The only message in a state, to an address. */
static struct message *
one(struct fixture *f, int state, const char *address)
{
	struct message *list;

	assert_int_equal(fixture_messages(f, "c1", state, &list), 1);
	assert_true(slice_eq_z(list->address, address));
	return list;
}

static void
none_waits_for(struct fixture *f, const char *address)
{
	struct message *list;
	size_t n = fixture_messages(f, "c1", -1, &list);

	for (size_t i = 0; i < n; i++)
		assert_true(!slice_eq_z(list[i].address, address) ||
			    list[i].state == MESSAGE_CANCELLED ||
			    list[i].state == MESSAGE_FAILED);
}

static struct notice *
suspension(struct fixture *f)
{
	return fixture_step(f, "i1", "pre-suspension", DUE);
}

static int
count_unreachable(struct fixture *f)
{
	struct customer c;
	struct event *list;
	size_t n;
	int count = 0;

	OK(customer_get(f->db, SLICE("c1"), &f->a, &c, e));
	OK(event_list(f->db, c.ref, &f->a, &list, &n, e));
	for (size_t i = 0; i < n; i++)
		count += list[i].kind == KIND_CUSTOMER_UNREACHABLE;
	return count;
}

static void
test_what_waits_follows_a_corrected_address(void **state)
{
	struct fixture *f = *state;
	struct take t;

	start(f, "proforma");
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_DEFERRED);
	put_address(f, NEW);
	assert_true(slice_eq_z(one(f, MESSAGE_CANCELLED, OLD)->reason,
			       "contact_changed"));
	one(f, MESSAGE_QUEUED, NEW);
	put_address(f, NEW); /* said again */
	one(f, MESSAGE_QUEUED, NEW);
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_RELEASED);
	put_address(f, OLD); /* and taken back */
	one(f, MESSAGE_QUEUED, OLD);
}

static void
test_what_is_claimed_is_stopped_or_asked_at_its_next_attempt(void **state)
{
	for (int going = 0; going < 2; going++) {
		struct fixture *f = *state;
		struct take t;

		start(f, "proforma");
		fixture_begin(f, &t);
		if (going)
			assert_true(
			    phase_go(f->q.phases, t.batch.claims[0].slot));
		put_address(f, NEW);
		one(f, going ? MESSAGE_CLAIMED : MESSAGE_CANCELLED, OLD);
		fixture_end(f, &t, going ? CLAIM_DEFERRED : CLAIM_STOPPED);
		clock_advance(MINUTE_US);
		OK(fixture_do(f, fixture_run_take, &t, e));
		for (size_t i = 0; i < t.batch.n; i++)
			assert_true(
			    slice_eq_z(t.batch.claims[i].m.address, NEW));
		claims_free(&f->q, &t.batch);
		none_waits_for(f, OLD);
		fixture_free(state);
		fixture_make(state);
	}
}

static void
test_what_is_held_is_asked_when_it_goes_on(void **state)
{
	struct hand_order order = {.what = HAND_HOLD, .by_message = true};
	struct fixture *f = *state;
	struct take t;

	start(f, "proforma");
	order.mref = fixture_message(f)->mref;
	OK(fixture_do(f, fixture_run_hand, &order, e));
	put_address(f, NEW);
	assert_true(one(f, MESSAGE_QUEUED, OLD)->held);
	order.what = HAND_RESUME;
	OK(fixture_do(f, fixture_run_hand, &order, e));
	OK(fixture_do(f, fixture_run_take, &t, e));
	assert_int_equal(t.batch.n, 0);
	one(f, MESSAGE_CANCELLED, OLD);
	one(f, MESSAGE_QUEUED, NEW);
}

static void
test_what_may_have_arrived_stays(void **state)
{
	struct fixture *f = *state;
	struct message *list;
	struct take t;

	start(f, "proforma");
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_UNCERTAIN);
	put_address(f, NEW);
	one(f, MESSAGE_UNCERTAIN, OLD);
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 1);
}

static void
test_who_was_removed_is_not_written_to(void **state)
{
	struct fixture *f = *state;
	struct message *list;

	start(f, "pre-suspension");
	fixture_contacts(f, "c1", NULL, 0);
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 1);
	one(f, MESSAGE_CANCELLED, OLD);
	assert_int_equal(suspension(f)->state, NOTICE_DONE);
	assert_int_equal(count_unreachable(f), 1);
	put_address(f, NEW);
	assert_int_equal(suspension(f)->state, NOTICE_PLANNED);
	fixture_plan(f);
	one(f, MESSAGE_QUEUED, NEW);
}

/* Refused at OLD. */
static void
refuse(struct fixture *f, const char *step)
{
	struct take t;

	start(f, step);
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_FAILED);
	assert_int_equal(fixture_step(f, "i1", step, DUE)->state, NOTICE_DONE);
}

static void
test_a_new_address_gets_what_an_act_needs(void **state)
{
	struct fixture *f = *state;

	refuse(f, "pre-suspension");
	put_address(f, OLD);
	assert_int_equal(suspension(f)->state, NOTICE_DONE);
	put_address(f, NEW);
	assert_int_equal(suspension(f)->state, NOTICE_PLANNED);
	fixture_plan(f);
	one(f, MESSAGE_QUEUED, NEW);
	one(f, MESSAGE_FAILED, OLD);
}

static void
test_a_dispute_holds_what_is_planned_again(void **state)
{
	struct fixture *f = *state;

	refuse(f, "pre-suspension");
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_DISPUTED);
	put_address(f, NEW);
	assert_int_equal(suspension(f)->state, NOTICE_HELD);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	assert_int_equal(suspension(f)->state, NOTICE_PLANNED);
}

static enum rc
run_announce(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct act_row *rows;
	size_t n;
	enum rc rc = act_list_invoice(db, SLICE("i1"), &f->a, &rows, &n, e);

	(void)arg;
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rows[i].state = ACT_ANNOUNCED;
		rc = act_put(db, &rows[i], e);
	}
	return rc;
}

static void
test_nothing_else_is_planned_again(void **state)
{
	struct fixture *f = *state;
	struct take t;

	refuse(f, "proforma"); /* no act needs it */
	put_address(f, NEW);
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_DONE);
	fixture_free(state);
	fixture_make(state);
	f = *state;
	refuse(f, "pre-suspension");
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	put_address(f, NEW);
	assert_int_equal(suspension(f)->state, NOTICE_DONE);
	fixture_free(state);
	fixture_make(state);
	f = *state;
	refuse(f, "pre-suspension");
	OK(fixture_do(f, run_announce, NULL, e));
	put_address(f, NEW);
	assert_int_equal(suspension(f)->state, NOTICE_DONE);
	fixture_free(state);
	fixture_make(state);
	f = *state;
	start(f, "pre-suspension");
	fixture_begin(f, &t);
	fixture_end(f, &t, CLAIM_ACCEPTED);
	put_address(f, NEW);
	assert_int_equal(suspension(f)->state, NOTICE_DONE);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_what_waits_follows_a_corrected_address),
	    TEST(test_what_is_claimed_is_stopped_or_asked_at_its_next_attempt),
	    TEST(test_what_is_held_is_asked_when_it_goes_on),
	    TEST(test_what_may_have_arrived_stays),
	    TEST(test_who_was_removed_is_not_written_to),
	    TEST(test_a_new_address_gets_what_an_act_needs),
	    TEST(test_a_dispute_holds_what_is_planned_again),
	    TEST(test_nothing_else_is_planned_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
