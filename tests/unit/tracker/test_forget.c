/* What is kept of visitors goes when its time is over, and what is told of them
 * stays. */
#include "tests/unit/tracker/fixture.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "proof/ledger.h"
#include "store/customer.h"
#include "store/message.h"
#include "tracker/classify.h"
#include "tracker/forget.h"

#define SECRET "203.0.113.77"
#define PADDING 6000 /* past a page: what is freed is not written to again */
#define START "2026-01-01T00:00:00Z"

static const char conf_text[] =
    "general { hostname = \"a.example\" origin = \"a.example/log\" }\n"
    "policy \"default\" { time_zone = \"UTC\" }\n"
    "brand \"one\" { id = 1 title = \"1\" from_address = \"b@a.example\" "
    "return_domain = \"r.a.example\" public_url = \"https://n.a.example\" "
    "locale = es time_zone = \"UTC\" visitor_days = 30 }\n"
    "brand \"two\" { id = 2 title = \"2\" from_address = \"b@a.example\" "
    "return_domain = \"r.a.example\" public_url = \"https://m.a.example\" "
    "locale = es time_zone = \"UTC\" visitor_days = 90 }\n";

static struct bench {
	struct fixture f;
	const struct conf *conf;
	struct message one, two; /* of the brands */
} b;

static enum rc
run_customer(struct db *db, void *arg, struct err *e)
{
	return customer_put(db, arg, e);
}

static enum rc
append_visit(struct db *db, enum kind kind, const struct message *m,
	     struct err *e)
{
	struct sbuf hit;
	enum rc rc;

	sbuf_init(&hit, 65536);
	sbuf_addf(&hit, "{\"agent\":\"%0*d\",\"address\":\"" SECRET "\"",
		  PADDING, 1);
	sbuf_addf(&hit, ",\"signals\":\"%0*d\"}", PADDING, 2);
	rc = ledger_append(db, kind, m->mref, sbuf_slice(&hit), e);
	sbuf_fini(&hit);
	return rc;
}

/* A hit, judged as a machine's, and an answer with its request. */
static enum rc
run_visit(struct db *db, void *arg, struct err *e)
{
	const struct message *m = arg;
	enum rc rc = append_visit(db, KIND_MESSAGE_OPENED, m, e);

	if (rc == RC_OK)
		rc = ledger_append(
		    db, KIND_MESSAGE_CLASSIFIED, m->mref,
		    SLICE("{\"hits\":[{\"seq\":0,\"class\":\"machine\"}]}"), e);
	if (rc == RC_OK)
		rc = append_visit(db, KIND_MESSAGE_SUBMITTED, m, e);
	if (rc == RC_OK)
		rc = ledger_append(db, KIND_MESSAGE_ANSWERED, m->mref,
				   SLICE("{\"answer\":\"received\"}"), e);
	return rc;
}

static int
setup(void **state)
{
	static struct customer c = {.id = SLICE_INIT("c1"),
				    .brand = SLICE_INIT("one"),
				    .name = SLICE_INIT("Ana"),
				    .locale = SLICE_INIT("es"),
				    .time_zone = SLICE_INIT("UTC"),
				    .groups = SLICE_INIT("[]")};
	struct message m = {.customer = SLICE("c1"),
			    .address = SLICE("ana@cliente.example"),
			    .template = SLICE("reminder")};

	(void)state;
	fixture_open(&b.f, START);
	OK(conf_parse(slice_z(conf_text), "/test/acuse.conf", &b.conf, e));
	c.ref = ref_new();
	fixture_do(&b.f, run_customer, &c);
	b.one = b.two = m;
	b.one.mref = ref_new();
	b.one.brand = SLICE("one");
	b.two.mref = ref_new();
	b.two.brand = SLICE("two");
	fixture_do(&b.f, fixture_insert, &b.one);
	fixture_do(&b.f, fixture_insert, &b.two);
	fixture_do(&b.f, run_visit, &b.one);
	fixture_do(&b.f, run_visit, &b.two);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	conf_unref(b.conf);
	return fixture_close(&b.f);
}

static size_t
run_on(int days, int64_t before)
{
	_Atomic bool stop = false;
	struct forget f = {.conf = b.conf,
			   .writer = b.f.writer,
			   .db = b.f.db,
			   .before = before,
			   .stop = &stop};
	int64_t start_us;

	assert_true(time_parse(SLICE(START), &start_us));
	OK(forget_run(&f, start_us + days * DAY_US + SECOND_US, e));
	return f.hits;
}

static struct event *
events_of(const struct message *m, size_t *n)
{
	struct event *list;

	OK(event_list(b.f.db, m->mref, &b.f.a, &list, n, e));
	return list;
}

static void
audit(void)
{
	uint8_t root[32];
	int64_t n;

	OK(ledger_audit(b.f.db, &n, root, e));
}

static void
test_a_visit_goes_when_its_time_is_over(void **state)
{
	struct event *list;
	size_t n;
	int classes[8];

	(void)state;
	assert_int_equal(run_on(29, INT64_MAX), 0);
	assert_int_equal(run_on(30, INT64_MAX), 2);
	list = events_of(&b.one, &n);
	assert_int_equal(n, 5);
	assert_int_equal(list[0].payload.n + list[0].salt.n, 0);
	assert_int_equal(list[2].payload.n + list[2].salt.n, 0);
	assert_true(list[1].payload.n > 0 && list[3].payload.n > 0);
	assert_int_equal(list[4].kind, KIND_MESSAGE_FORGOTTEN);
	assert_true(slice_find(list[4].payload, SLICE("\"hits\":[0,2]")) > 0);
	assert_true(
	    slice_find(list[4].payload, SLICE("\"visitor_days = 30\"")) > 0);
	classify_told(list, n, classes);
	assert_int_equal(classes[0], AGENT_MACHINE);
	(void)events_of(&b.two, &n);
	assert_int_equal(n, 4); /* that brand keeps them for longer */
	audit();
}

static void
test_once_is_enough(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(run_on(40, INT64_MAX), 2);
	assert_int_equal(run_on(41, INT64_MAX), 0);
	assert_int_equal(run_on(400, INT64_MAX), 2); /* the other brand's */
	assert_int_equal(run_on(800, INT64_MAX), 0);
	(void)events_of(&b.one, &n);
	assert_int_equal(n, 5);
	audit();
}

static void
test_what_was_not_judged_waits(void **state)
{
	(void)state;
	assert_int_equal(run_on(40, 0), 0);
	assert_int_equal(run_on(41, INT64_MAX), 2);
}

static enum rc
run_hold(struct db *db, void *arg, struct err *e)
{
	return customer_set_legal_hold(db, SLICE("c1"), arg != NULL, e);
}

static void
test_a_legal_hold_keeps_it(void **state)
{
	(void)state;
	fixture_do(&b.f, run_hold, &b);
	assert_int_equal(run_on(40, INT64_MAX), 0);
	assert_int_equal(run_on(41, INT64_MAX), 0);
	fixture_do(&b.f, run_hold, NULL);
	assert_int_equal(run_on(42, INT64_MAX), 2);
	audit();
}

static void
test_nothing_of_it_is_left_in_the_file(void **state)
{
	struct sbuf file;

	(void)state;
	assert_int_equal(run_on(400, INT64_MAX), 4);
	fixture_stop(&b.f);
	sbuf_init(&file, 64u << 20);
	OK(file_read(b.f.path, 64u << 20, &file, e));
	assert_true(slice_find(sbuf_slice(&file), SLICE("forgotten/1")) > 0);
	assert_true(slice_find(sbuf_slice(&file), SLICE(SECRET)) < 0);
	sbuf_fini(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(test_a_visit_goes_when_its_time_is_over),
	    TEST(test_once_is_enough),
	    TEST(test_what_was_not_judged_waits),
	    TEST(test_a_legal_hold_keeps_it),
	    TEST(test_nothing_of_it_is_left_in_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
