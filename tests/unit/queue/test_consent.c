/* Who may be tracked, and whose word on it is the last. */
#include "queue/consent.h"

#include "base/clock.h"
#include "base/date.h"
#include "proof/ledger.h"
#include "store/customer.h"
#include "tests/unit/queue/fixture.h"

static enum rc
run_give(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return consent_give(db, SLICE("c1"), arg, &f->a, e);
}

static enum rc
run_withdraw(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return consent_withdraw(db, slice_z(arg), SLICE("link"), SLICE(""),
				&f->a, e);
}

static enum rc
give(struct fixture *f, const char *at, const char *text)
{
	struct consent x = {.source = SLICE("client area"),
			    .text = slice_z(text),
			    .by = SLICE("whmcs")};

	assert_true(time_parse(slice_z(at), &x.at_us));
	return fixture_do(f, run_give, &x, &fixture_error);
}

static enum rc
withdraw(struct fixture *f, const char *customer)
{
	char id[16];

	(void)snprintf(id, sizeof(id), "%s", customer);
	return fixture_do(f, run_withdraw, id, &fixture_error);
}

static struct customer
customer(struct fixture *f)
{
	struct customer c;

	OK(customer_get(f->db, SLICE("c1"), &f->a, &c, e));
	return c;
}

static size_t
count(struct fixture *f, enum kind kind, const char *has)
{
	struct event *list;
	size_t n, found = 0;

	OK(event_list(f->db, customer(f).ref, &f->a, &list, &n, e));
	for (size_t i = 0; i < n; i++)
		found += list[i].kind == (int)kind &&
			 slice_find(list[i].payload, slice_z(has)) >= 0;
	return found;
}

static void
is(struct tracks t, enum tracking opens, bool links)
{
	assert_int_equal(t.opens, opens);
	assert_int_equal(t.links, links);
}

static void
test_what_may_be_recorded(void **state)
{
	struct fixture *f = *state;
	struct brand b = {.opens = TRACKING_OFF,
			  .opens_asked = TRACKING_INDIVIDUAL,
			  .links_asked = true};

	fixture_customer(f, "c1");
	fixture_at("2026-11-03T12:00:00Z");
	is(consent_tracks(&b, customer(f).consent), TRACKING_OFF, false);
	OK(give(f, "2026-11-03T11:00:00Z", "\"withdrawn_at\""));
	assert_false(consent_withdrawn(customer(f).consent));
	is(consent_tracks(&b, customer(f).consent), TRACKING_INDIVIDUAL, true);
	b.opens_asked = TRACKING_AGGREGATE;
	b.links_asked = false;
	is(consent_tracks(&b, customer(f).consent), TRACKING_AGGREGATE, false);
	b.opens = TRACKING_INDIVIDUAL;
	b.links = true;
	is(consent_tracks(&b, SLICE("")), TRACKING_INDIVIDUAL, true);
	OK(withdraw(f, "c1"));
	is(consent_tracks(&b, customer(f).consent), TRACKING_OFF, false);
}

static void
test_each_word_is_one_event(void **state)
{
	struct fixture *f = *state;

	fixture_customer(f, "c1");
	fixture_at("2026-11-03T12:00:00Z");
	for (int i = 0; i < 2; i++)
		OK(give(f, "2026-11-03T11:00:00Z", "You may."));
	assert_int_equal(
	    count(f, KIND_CUSTOMER_CONSENTED,
		  "{\"customer\":\"c1\",\"at\":\"2026-11-03T11:00:00Z\","
		  "\"source\":\"client area\",\"text\":\"You may.\","
		  "\"by\":\"whmcs\"}"),
	    1);
	OK(give(f, "2026-11-03T11:30:00Z", "You may."));
	assert_int_equal(count(f, KIND_CUSTOMER_CONSENTED, ""), 2);
	for (int i = 0; i < 2; i++)
		OK(withdraw(f, "c1"));
	assert_int_equal(count(f, KIND_CUSTOMER_WITHDREW, "\"link\""), 1);
	assert_int_equal(withdraw(f, "nobody"), RC_NOTFOUND);
}

static void
test_an_old_consent_undoes_no_withdrawal(void **state)
{
	struct fixture *f = *state;

	fixture_customer(f, "c1");
	fixture_at("2026-11-03T12:00:00Z");
	OK(give(f, "2026-11-03T11:00:00Z", "You may."));
	OK(withdraw(f, "c1"));
	fixture_at("2026-11-05T12:00:00Z");
	assert_int_equal(give(f, "2026-11-03T11:00:00Z", "You may."), RC_STATE);
	assert_int_equal(give(f, "2026-11-03T12:00:00Z", "You may."), RC_STATE);
	assert_true(consent_withdrawn(customer(f).consent));
	assert_true(consent_was_given(customer(f).consent));
	assert_int_equal(give(f, "2026-11-06T12:00:00Z", "You may."),
			 RC_INVALID);
	OK(give(f, "2026-11-05T11:59:00Z", "You may."));
	assert_false(consent_withdrawn(customer(f).consent));
	assert_false(consent_was_given(customer(f).consent));
}

static void
test_who_never_consented_objects(void **state)
{
	struct fixture *f = *state;

	fixture_customer(f, "c1");
	fixture_at("2026-11-03T12:00:00Z");
	OK(withdraw(f, "c1"));
	assert_true(consent_withdrawn(customer(f).consent));
	assert_false(consent_was_given(customer(f).consent));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_what_may_be_recorded),
	    TEST(test_each_word_is_one_event),
	    TEST(test_an_old_consent_undoes_no_withdrawal),
	    TEST(test_who_never_consented_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
