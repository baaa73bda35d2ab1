#include "tests/unit/queue/fixture.h"

#include "base/clock.h"
#include "store/content.h"

static const char *const steps[] = {"proforma", "reminder-1", "reminder-2",
				    "reminder-final", "pre-suspension"};

#define STEPS (sizeof(steps) / sizeof(*steps))

static size_t
count_notices(struct fixture *f, const char *invoice)
{
	struct notice *list;
	size_t n;

	OK(notice_list_invoice(f->db, slice_z(invoice), &f->a, &list, &n, e));
	return n;
}

static void
test_an_invoice_plans_each_step_once(void **state)
{
	struct fixture *f = *state;

	fixture_customer(f, "c1");
	for (int i = 0; i < 100; i++)
		fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	assert_int_equal(count_notices(f, "i1"), STEPS);
	for (size_t i = 0; i < STEPS; i++) {
		struct notice *n = fixture_step(f, "i1", steps[i], DUE);

		assert_non_null(n);
		assert_int_equal(n->state, NOTICE_PLANNED);
	}
}

static void
test_a_late_retry_with_a_lower_rev_revives_nothing(void **state)
{
	struct fixture *f = *state;
	struct put late = {.id = "i1",
			   .customer = "c1",
			   .due = DUE,
			   .rev = 1,
			   .status = INVOICE_OPEN};
	struct err e;

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	assert_int_equal(fixture_put(f, &late, &e), RC_STATE);
	assert_string_equal(e.pointer, "/rev");
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_CANCELLED);
}

static void
test_paid_stops_all_and_reopened_revives_what_was_not_sent(void **state)
{
	struct fixture *f = *state;
	struct message *list;

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at("2026-11-03T12:30:00Z");
	fixture_plan(f);
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_RELEASED);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 1);
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 0);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_CANCELLED, &list),
			 1);
	for (size_t i = 0; i < STEPS; i++) {
		struct notice *n = fixture_step(f, "i1", steps[i], DUE);

		assert_int_equal(n->state, NOTICE_CANCELLED);
		assert_true(slice_eq_z(n->reason, "paid"));
	}
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_PLANNED);
	fixture_plan(f);
	/* The proforma had not gone: it goes now, once. */
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 1);
}

static enum rc
claim_all(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct claim_batch *b = arg;
	enum rc rc =
	    claims_take(&f->q, db, 1, clock_wall_us(), 10, &f->a, b, e);

	struct sbuf packed;

	sbuf_init(&packed, CONTENT_MAX);
	content_pack(SLICE("bytes"), &packed);
	for (size_t i = 0; rc == RC_OK && i < b->n; i++) {
		b->claims[i].bytes = SLICE("bytes");
		b->claims[i].packed = arena_dup(&f->a, sbuf_slice(&packed));
	}
	sbuf_fini(&packed);
	return rc == RC_OK ? claims_journal(&f->q, db, b, SLICE(""), e) : rc;
}

static enum rc
accept_all(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct claim_batch *b = arg;

	for (size_t i = 0; i < b->n; i++) {
		struct claim_verdict v = {.claim = &b->claims[i],
					  .end = CLAIM_ACCEPTED,
					  .verdict = "accepted",
					  .facts = FACT_MX_ACCEPTED,
					  .code = 250,
					  .reply = SLICE("250 2.0.0 Ok")};
		enum rc rc = claims_end(&f->q, db, &v, 1, e);

		if (rc != RC_OK)
			return rc;
	}
	claims_free(&f->q, b);
	return RC_OK;
}

static void
send_what_waits(struct fixture *f)
{
	struct claim_batch b = {.n = 0};

	OK(fixture_do(f, claim_all, &b, e));
	OK(fixture_do(f, accept_all, &b, e));
}

static void
test_a_message_under_way_is_stopped_before_data_and_named_after(void **state)
{
	struct fixture *f = *state;
	struct claim_batch b = {.n = 0};
	struct message *list;
	struct put p;

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at("2026-11-03T12:30:00Z");
	fixture_plan(f);
	OK(fixture_do(f, claim_all, &b, e));
	assert_int_equal(b.n, 1);
	p = fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	assert_int_equal(p.result.in_flight.n, 0);
	assert_false(phase_go(f->q.phases, b.claims[0].slot));
	claims_free(&f->q, &b);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_CANCELLED, &list),
			 1);

	fixture_customer(f, "c2");
	fixture_invoice(f, "i2", "c2", DUE, 1, INVOICE_OPEN);
	fixture_plan(f);
	memset(&b, 0, sizeof(b));
	OK(fixture_do(f, claim_all, &b, e));
	assert_int_equal(b.n, 1);
	assert_true(phase_go(f->q.phases, b.claims[0].slot));
	p = fixture_invoice(f, "i2", "c2", DUE, 2, INVOICE_PAID);
	assert_int_equal(p.result.in_flight.n, 1);
	assert_true(ref_eq(p.result.in_flight.mrefs[0], b.claims[0].m.mref));
	OK(fixture_do(f, accept_all, &b, e));
	assert_int_equal(fixture_messages(f, "c2", MESSAGE_ACCEPTED, &list), 1);
}

static void
test_moved_and_moved_back_sends_each_step_and_date_once(void **state)
{
	struct fixture *f = *state;
	struct message *list;

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at("2026-11-03T12:30:00Z");
	fixture_plan(f);
	send_what_waits(f);
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_DONE);
	fixture_invoice(f, "i1", "c1", "2026-11-25", 2, INVOICE_OPEN);
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_CANCELLED);
	assert_non_null(fixture_step(f, "i1", "due-changed", "2026-11-25"));
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_DONE);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_PLANNED);
	assert_int_equal(
	    fixture_step(f, "i1", "due-changed", "2026-11-25")->state,
	    NOTICE_CANCELLED);
	fixture_plan(f);
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 1);
}

static void
test_invoices_due_the_same_day_go_in_one_message(void **state)
{
	struct fixture *f = *state;
	struct message *list;
	struct notice *notices;
	size_t n;

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_invoice(f, "i2", "c1", DUE, 1, INVOICE_OPEN);
	fixture_invoice(f, "i3", "c1", "2026-11-19", 1, INVOICE_OPEN);
	fixture_at("2026-11-03T12:30:00Z");
	fixture_plan(f);
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 1);
	OK(notice_list_message(f->db, list[0].id, &f->a, &notices, &n, e));
	assert_int_equal(n, 2);
	/* One of them is paid: the other goes on, alone. */
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_PAID);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_CANCELLED, &list),
			 1);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 1);
	OK(notice_list_message(f->db, list[0].id, &f->a, &notices, &n, e));
	assert_int_equal(n, 1);
	assert_true(slice_eq_z(notices[0].invoice, "i2"));
}

static void
test_a_dispute_holds_and_its_end_lets_go_on(void **state)
{
	struct fixture *f = *state;
	struct claim_batch b = {.n = 0};

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at("2026-11-03T12:30:00Z");
	fixture_plan(f);
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_DISPUTED);
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_HELD);
	OK(fixture_do(f, claim_all, &b, e));
	assert_int_equal(b.n, 0);
	fixture_invoice(f, "i1", "c1", DUE, 3, INVOICE_OPEN);
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_PLANNED);
	OK(fixture_do(f, claim_all, &b, e));
	assert_int_equal(b.n, 1);
	claims_free(&f->q, &b);
}

static void
test_what_is_too_late_is_skipped_and_said(void **state)
{
	struct fixture *f = *state;

	fixture_customer(f, "c1");
	fixture_at("2026-11-10T12:00:00Z");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	assert_int_equal(fixture_step(f, "i1", "proforma", DUE)->state,
			 NOTICE_SKIPPED);
	assert_true(
	    slice_eq_z(fixture_step(f, "i1", "proforma", DUE)->reason, "late"));
	assert_int_equal(fixture_step(f, "i1", "reminder-2", DUE)->state,
			 NOTICE_PLANNED);
}

/* The act waits for it, so that to skip it would be to wait for ever. */
static void
test_what_an_act_needs_is_never_too_late(void **state)
{
	struct fixture *f = *state;
	struct message *list;

	fixture_customer(f, "c1");
	fixture_at("2026-12-28T15:00:00Z");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_plan(f);
	assert_int_equal(fixture_step(f, "i1", "reminder-final", DUE)->state,
			 NOTICE_SKIPPED);
	assert_int_equal(fixture_step(f, "i1", "pre-suspension", DUE)->state,
			 NOTICE_RELEASED);
	assert_int_equal(fixture_messages(f, "c1", MESSAGE_QUEUED, &list), 1);
	assert_true(list[0].not_after_us >= clock_wall_us() + 4 * DAY_US);
}

static void
test_who_renews_automatically_is_not_reminded(void **state)
{
	struct fixture *f = *state;
	struct put p = {.id = "i1",
			.customer = "c1",
			.due = DUE,
			.rev = 1,
			.status = INVOICE_OPEN,
			.auto_renew = true};

	fixture_customer(f, "c1");
	OK(fixture_put(f, &p, e));
	fixture_at("2026-11-09T12:30:00Z");
	fixture_plan(f);
	assert_int_equal(fixture_step(f, "i1", "reminder-1", DUE)->state,
			 NOTICE_SKIPPED);
	assert_true(slice_eq_z(fixture_step(f, "i1", "reminder-1", DUE)->reason,
			       "auto_renew"));
}

static void
test_an_unknown_customer_is_refused_by_name(void **state)
{
	struct fixture *f = *state;
	struct put p = {.id = "i1",
			.customer = "nobody",
			.due = DUE,
			.rev = 1,
			.status = INVOICE_OPEN};
	struct err e;

	assert_int_equal(fixture_put(f, &p, &e), RC_INVALID);
	assert_string_equal(e.pointer, "/customer");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_an_invoice_plans_each_step_once),
	    TEST(test_a_late_retry_with_a_lower_rev_revives_nothing),
	    TEST(test_paid_stops_all_and_reopened_revives_what_was_not_sent),
	    TEST(
		test_a_message_under_way_is_stopped_before_data_and_named_after),
	    TEST(test_moved_and_moved_back_sends_each_step_and_date_once),
	    TEST(test_invoices_due_the_same_day_go_in_one_message),
	    TEST(test_a_dispute_holds_and_its_end_lets_go_on),
	    TEST(test_what_is_too_late_is_skipped_and_said),
	    TEST(test_what_an_act_needs_is_never_too_late),
	    TEST(test_who_renews_automatically_is_not_reminded),
	    TEST(test_an_unknown_customer_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
