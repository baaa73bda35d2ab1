/* What recipients answer: told once, and holding acts no longer than said. */
#include "queue/answers.h"

#include "base/clock.h"
#include "proof/ledger.h"
#include "tests/unit/queue/fixture.h"

#define DUE "2026-11-18" /* a Wednesday */

static enum rc
run_answer(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	return answers_take(&f->q, db, arg, &f->a, e);
}

/* The message of c1 about i1, sent on a Tuesday. */
static struct message
sent(struct fixture *f)
{
	struct message *list;

	fixture_customer(f, "c1");
	fixture_invoice(f, "i1", "c1", DUE, 1, INVOICE_OPEN);
	fixture_at("2026-11-03T12:30:00Z");
	fixture_plan(f);
	assert_int_equal(fixture_messages(f, "c1", -1, &list), 1);
	return list[0];
}

static enum rc
say(struct fixture *f, struct ref mref, enum answer_kind kind, const char *text)
{
	struct answer x = {.mref = mref,
			   .kind = kind,
			   .text = slice_z(text),
			   .paid_on = SLICE(""),
			   .paid_by = SLICE(""),
			   .reference = SLICE(""),
			   .visit = SLICE("{\"agent\":\"x\"}")};

	return fixture_do(f, run_answer, &x, &fixture_error);
}

static size_t
count(struct fixture *f, struct ref ref, int kind)
{
	struct event *list;
	size_t n, found = 0;

	OK(event_list(f->db, ref, &f->a, &list, &n, e));
	for (size_t i = 0; i < n; i++)
		found += list[i].kind == kind;
	return found;
}

static void
held_until(struct fixture *f, const char *when)
{
	char text[TIME_SIZE];
	struct invoice i;

	OK(invoice_get(f->db, SLICE("i1"), &f->a, &i, e));
	time_format(i.objected_until_us, text);
	assert_string_equal(text, when);
}

static void
test_an_objection_holds_for_business_days(void **state)
{
	struct fixture *f = *state;
	struct message m = sent(f);

	fixture_at("2026-11-06T15:00:00Z"); /* a Friday */
	assert_int_equal(say(f, m.mref, ANSWER_PAID, ""), RC_OK);
	held_until(f, "2026-11-13T15:00:00Z");
	assert_int_equal(count(f, m.mref, KIND_MESSAGE_OBJECTED), 1);
}

static void
test_it_holds_once_a_due_date(void **state)
{
	struct fixture *f = *state;
	struct message m = sent(f);

	fixture_at("2026-11-06T15:00:00Z");
	assert_int_equal(say(f, m.mref, ANSWER_PAID, ""), RC_OK);
	fixture_at("2026-11-09T15:00:00Z");
	assert_int_equal(say(f, m.mref, ANSWER_WRONG, "too much"), RC_OK);
	held_until(f, "2026-11-13T15:00:00Z");
	assert_int_equal(count(f, m.mref, KIND_MESSAGE_OBJECTED), 2);
	fixture_invoice(f, "i1", "c1", "2026-12-18", 2, INVOICE_OPEN);
	assert_int_equal(say(f, m.mref, ANSWER_NOT_ME, ""), RC_OK);
	held_until(f, "2026-11-16T15:00:00Z");
}

static void
test_billing_does_not_undo_a_hold(void **state)
{
	struct fixture *f = *state;
	struct message m = sent(f);

	fixture_at("2026-11-06T15:00:00Z");
	assert_int_equal(say(f, m.mref, ANSWER_PAID, ""), RC_OK);
	fixture_invoice(f, "i1", "c1", DUE, 2, INVOICE_OPEN);
	held_until(f, "2026-11-13T15:00:00Z");
}

static void
test_received_confirms_and_holds_nothing(void **state)
{
	struct fixture *f = *state;
	struct message m = sent(f);

	for (int i = 0; i < 3; i++)
		assert_int_equal(say(f, m.mref, ANSWER_RECEIVED, ""), RC_OK);
	assert_int_equal(count(f, m.mref, KIND_MESSAGE_ANSWERED), 1);
	assert_int_equal(count(f, m.mref, KIND_MESSAGE_SUBMITTED), 1);
	OK(message_get(f->db, m.mref, &f->a, &m, e));
	assert_true(m.facts & FACT_CONFIRMED);
	held_until(f, "1970-01-01T00:00:00Z");
}

/* EVIDENCE.md: somebody who holds the link answered, whatever was said. */
static void
test_any_answer_confirms(void **state)
{
	struct fixture *f = *state;

	for (int kind = 0; kind < ANSWERS; kind++) {
		struct message m = sent(f);

		assert_false(m.facts & FACT_CONFIRMED);
		assert_int_equal(say(f, m.mref, (enum answer_kind)kind, "yes"),
				 RC_OK);
		OK(message_get(f->db, m.mref, &f->a, &m, e));
		assert_true(m.facts & FACT_CONFIRMED);
		fixture_free(state);
		fixture_make(state);
		f = *state;
	}
}

#define HITS 500
#define HITS_ROOM ((size_t)64 << 10) /* for far fewer of them */

static enum rc
run_hits(struct fixture *f, struct db *db, void *arg, struct err *e)
{
	struct ref *mref = arg;
	enum rc rc = RC_OK;
	struct sbuf b;

	(void)f;
	sbuf_init(&b, 4096);
	sbuf_addf(&b, "{\"agent\":\"%0500d\"}", 0);
	for (int i = 0; i < HITS && rc == RC_OK; i++)
		rc = ledger_append(db, KIND_MESSAGE_CLICKED, *mref,
				   sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

/* Whoever follows a link for days does not make answering it dear: what is not
 * asked for is not read. */
static void
test_hits_are_not_read(void **state)
{
	struct fixture *f = *state;
	struct message m = sent(f);
	struct event *list;
	struct arena a;
	size_t n;

	OK(say(f, m.mref, ANSWER_RECEIVED, ""));
	OK(fixture_do(f, run_hits, &m.mref, &fixture_error));
	OK(say(f, m.mref, ANSWER_WRONG, "first"));
	/* said again after another it is said anew */
	OK(say(f, m.mref, ANSWER_RECEIVED, ""));
	OK(say(f, m.mref, ANSWER_RECEIVED, ""));
	arena_init(&a, HITS_ROOM);
	OK(answers_list(f->db, m.mref, &a, &list, &n, e));
	assert_int_equal(n, 3);
	assert_int_equal(list[0].kind, KIND_MESSAGE_ANSWERED);
	assert_int_equal(list[1].kind, KIND_MESSAGE_OBJECTED);
	assert_int_equal(list[2].kind, KIND_MESSAGE_ANSWERED);
	arena_fini(&a);
	assert_true(count(f, m.mref, KIND_MESSAGE_CLICKED) == HITS);
}

static void
test_a_flood_is_refused_for_a_day(void **state)
{
	struct fixture *f = *state;
	struct message m = sent(f);
	char text[16];

	for (int i = 0; i < ANSWERS_A_DAY + 5; i++) {
		snprintf(text, sizeof(text), "%d", i);
		assert_int_equal(say(f, m.mref, ANSWER_WRONG, text),
				 i < ANSWERS_A_DAY ? RC_OK : RC_LIMIT);
	}
	assert_int_equal(count(f, m.mref, KIND_MESSAGE_OBJECTED),
			 ANSWERS_A_DAY);
	fixture_at("2026-11-04T13:00:00Z");
	assert_int_equal(say(f, m.mref, ANSWER_WRONG, "again"), RC_OK);
	assert_int_equal(say(f, ref_new(), ANSWER_WRONG, ""), RC_NOTFOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_make, fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_an_objection_holds_for_business_days),
	    TEST(test_it_holds_once_a_due_date),
	    TEST(test_billing_does_not_undo_a_hold),
	    TEST(test_received_confirms_and_holds_nothing),
	    TEST(test_any_answer_confirms),
	    TEST(test_hits_are_not_read),
	    TEST(test_a_flood_is_refused_for_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
