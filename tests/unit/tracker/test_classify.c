/* From the events of a message to what is told of it, and when. */
#include "tests/unit/tracker/fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/thread.h"
#include "conf/policy.h"
#include "proof/ledger.h"
#include "store/event.h"
#include "store/message.h"
#include "tracker/classifier.h"

#define PHONE                                                                  \
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) "              \
	"AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1"
#define WINDOWS                                                                \
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "        \
	"Chrome/124.0.0.0 Safari/537.36"
#define SENT "2026-11-03T12:30:00Z"

static const char conf_text[] =
    "general { hostname = \"a.example\" origin = \"a.example/log\" }\n"
    "policy \"default\" { time_zone = \"UTC\" }\n"
    "brand \"default\" { id = 1 title = \"1\" from_address = "
    "\"b@a.example\" return_domain = \"r.a.example\" "
    "public_url = \"https://n.a.example\" "
    "locale = es time_zone = \"UTC\" }\n";

/* A store with one message in it, accepted at SENT. */
static struct bench {
	struct fixture f;
	struct classifier *c;
	struct message m;
	struct conf_box *conf;
	struct bell tick; /* never rings */
} b;

static void
clock_at(const char *when)
{
	int64_t to, now = clock_wall_us();

	assert_true(time_parse(slice_z(when), &to));
	while (now < to)
		now = clock_advance(to - now);
}

static const struct agents *
rules_of(const char *file)
{
	const struct agents *rules;

	OK(classifier_read(b.c, file, &rules, e));
	return rules;
}

static void
accept_by(uint32_t fact, const char *when)
{
	b.m.state = MESSAGE_ACCEPTED;
	b.m.facts |= fact;
	assert_true(time_parse(slice_z(when), &b.m.accepted_us));
	fixture_do(&b.f, fixture_update, &b.m);
}

static int
setup(void **state)
{
	struct classifier_config config;
	const struct conf *conf;

	(void)state;
	fixture_open(&b.f, SENT);
	bell_init(&b.tick);
	OK(conf_parse(slice_z(conf_text), "/test/acuse.conf", &conf, e));
	b.conf = conf_box_new(conf);
	config = (struct classifier_config){
	    .writer = b.f.writer, .db_path = b.f.path, .conf = b.conf};
	b.c = classifier_new(&config);
	classifier_use(b.c, rules_of(""));
	b.m = (struct message){.mref = ref_new(),
			       .customer = SLICE("c1"),
			       .brand = SLICE("default"),
			       .address = SLICE("ana@cliente.example"),
			       .template = SLICE("reminder")};
	fixture_do(&b.f, fixture_insert, &b.m);
	accept_by(FACT_MX_ACCEPTED, SENT);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	classifier_stop(b.c);
	classifier_free(b.c);
	bell_fini(&b.tick);
	conf_box_free(b.conf);
	return fixture_close(&b.f);
}

struct hit_event {
	enum kind kind;
	const char *at, *agent, *address;
	int link;
};

static enum rc
run_hit(struct db *db, void *arg, struct err *e)
{
	const struct hit_event *h = arg;
	bool answer = h->kind == KIND_MESSAGE_ANSWERED ||
		      h->kind == KIND_MESSAGE_OBJECTED;
	char hex[REF_HEX];
	struct sbuf s;
	enum rc rc;

	ref_hex(b.m.mref, hex);
	sbuf_init(&s, 4096);
	sbuf_addf(&s,
		  "{\"mref\":\"%s\",\"at\":\"%s\",\"method\":\"%s\","
		  "\"link\":%d,\"agent\":\"%s\",\"address\":\"%s\"}",
		  hex, h->at, answer ? "POST" : "GET", h->link, h->agent,
		  h->address);
	rc = ledger_append(db, answer ? KIND_MESSAGE_SUBMITTED : h->kind,
			   b.m.mref, sbuf_slice(&s), e);
	sbuf_reset(&s);
	sbuf_addf(&s, "{\"mref\":\"%s\",\"at\":\"%s\",\"answer\":\"received\"}",
		  hex, h->at);
	if (rc == RC_OK && answer)
		rc = ledger_append(db, h->kind, b.m.mref, sbuf_slice(&s), e);
	sbuf_fini(&s);
	return rc;
}

static enum rc
run_accepted(struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return ledger_append(db, KIND_MESSAGE_ACCEPTED, b.m.mref, SLICE("{}"),
			     e);
}

static void
hit(enum kind kind, const char *at, const char *agent, const char *address,
    int link)
{
	struct hit_event h = {kind, at, agent, address, link};
	int64_t us;

	assert_true(time_parse(slice_z(at), &us));
	if (us > clock_wall_us())
		clock_at(at);
	fixture_do(&b.f, run_hit, &h);
}

static void
opened(const char *at, const char *agent)
{
	hit(KIND_MESSAGE_OPENED, at, agent, "203.0.113.0", 0);
}

static void
clicked(const char *at, int link)
{
	hit(KIND_MESSAGE_CLICKED, at, WINDOWS, "203.0.113.0", link);
}

static struct judgement
ask(void)
{
	struct judgement j;

	OK(classifier_ask(b.c, b.f.db, b.m.mref, &b.f.a, &j, e));
	return j;
}

/* The message's classifications; the last one's payload. */
static size_t
told(struct slice *last)
{
	struct event *list;
	size_t n, found = 0;

	OK(event_list(b.f.db, b.m.mref, &b.f.a, &list, &n, e));
	for (size_t i = 0; i < n; i++) {
		if (list[i].kind != KIND_MESSAGE_CLASSIFIED)
			continue;
		found++;
		if (last)
			*last = list[i].payload;
	}
	return found;
}

static uint32_t
facts(void)
{
	struct message m;

	OK(message_get(b.f.db, b.m.mref, &b.f.a, &m, e));
	return m.facts & (FACT_MACHINE | FACT_PERSON_LIKELY);
}

static bool
says(struct slice payload, const char *words)
{
	return slice_find(payload, slice_z(words)) >= 0;
}

static void
test_a_prefetch_is_a_machine(void **state)
{
	struct slice p;

	(void)state;
	opened("2026-11-03T12:30:05Z", "Mozilla/5.0");
	assert_string_equal(ask().class, "machine");
	assert_int_equal(told(&p), 1);
	assert_true(says(p, "\"facts\":[\"machine\"]"));
	assert_true(says(p, "\"rule\":\"apple-prefetch\""));
	assert_true(says(p, "\"counted_from\":\"" SENT "\""));
	assert_int_equal(facts(), FACT_MACHINE);
}

static void
test_an_open_says_nothing_of_reading(void **state)
{
	(void)state;
	opened("2026-11-03T14:00:00Z", PHONE);
	opened("2026-11-04T14:00:00Z", PHONE);
	opened("2026-11-05T14:00:00Z", PHONE);
	assert_string_equal(ask().class, "undetermined");
	assert_int_equal(facts(), 0);
}

static void
test_machine_and_person_are_told_apart(void **state)
{
	struct slice p;

	(void)state;
	clicked("2026-11-03T12:30:40Z", 1);
	clicked("2026-11-03T12:30:40.500Z", 2);
	clicked("2026-11-03T12:30:41Z", 3);
	hit(KIND_MESSAGE_CLICKED, "2026-11-03T18:00:00Z", PHONE, "198.51.100.0",
	    1);
	assert_string_equal(ask().class, "person_likely");
	assert_int_equal(told(&p), 1);
	assert_true(says(p, "\"facts\":[\"machine\",\"person_likely\"]"));
	assert_int_equal(facts(), FACT_MACHINE | FACT_PERSON_LIKELY);
}

static void
test_asked_twice_it_tells_once(void **state)
{
	(void)state;
	opened("2026-11-03T12:30:05Z", "Mozilla/5.0");
	assert_true(ask().payload.n > 0);
	assert_int_equal(ask().payload.n, 0);
	assert_int_equal(told(NULL), 1);
}

/* The second event holds the second hit alone, and the facts of both. */
static void
test_a_later_hit_is_told_alone(void **state)
{
	struct slice p;

	(void)state;
	opened("2026-11-03T12:30:05Z", "Mozilla/5.0");
	(void)ask();
	clicked("2026-11-03T18:00:00Z", 1);
	assert_string_equal(ask().class, "person_likely");
	assert_int_equal(told(&p), 2);
	assert_false(says(p, "apple-prefetch"));
	assert_true(says(p, "\"rule\":\"person\""));
	assert_int_equal(facts(), FACT_MACHINE | FACT_PERSON_LIKELY);
}

/* What came later changes what is thought of what came before. */
static void
test_a_later_hit_changes_an_earlier_one(void **state)
{
	struct slice p;

	(void)state;
	clicked("2026-11-03T12:30:30Z", 1);
	(void)ask();
	assert_int_equal(facts(), 0);
	hit(KIND_MESSAGE_ANSWERED, "2026-11-03T12:33:00Z", WINDOWS,
	    "198.51.100.0", 0);
	(void)ask();
	assert_int_equal(told(&p), 2);
	assert_true(says(p, "\"on\":\"click\""));
	assert_true(says(p, "\"on\":\"answer\""));
	assert_int_equal(facts(), FACT_PERSON_LIKELY);
}

/* Somebody else's answer makes no person of a scanner. */
static void
test_an_answer_speaks_for_its_own_visitor(void **state)
{
	struct slice p;

	(void)state;
	clicked("2026-11-03T12:30:01Z", 1);
	hit(KIND_MESSAGE_OBJECTED, "2026-11-03T13:10:00Z", PHONE,
	    "198.51.100.0", 0);
	(void)ask();
	assert_int_equal(told(&p), 1);
	assert_true(says(p, "\"link\":1,\"class\":\"undetermined\""));
	assert_true(says(p, "\"class\":\"person_likely\",\"rule\":\"person\""));
}

/* A relay's 250 is not the recipient's: nothing counts from it. */
static void
test_a_relay_says_when_it_left_alone(void **state)
{
	(void)state;
	b.m.facts = 0;
	accept_by(FACT_RELAY_ACCEPTED, SENT);
	opened("2026-11-03T12:29:59Z", PHONE);
	clicked("2026-11-03T18:00:00Z", 1);
	assert_string_equal(ask().class, "undetermined");
	assert_int_equal(facts(), FACT_MACHINE);
}

static void
test_who_has_not_got_it_cannot_read_it(void **state)
{
	(void)state;
	b.m.accepted_us = 0;
	b.m.facts = 0;
	b.m.state = MESSAGE_DEFERRED;
	fixture_do(&b.f, fixture_update, &b.m);
	clicked("2026-11-03T18:00:00Z", 1);
	assert_string_equal(ask().class, "machine");
}

/* An uncertain copy may have been read before another was accepted. */
static void
test_an_uncertain_copy_may_have_been_read(void **state)
{
	(void)state;
	b.m.uncertain = 1;
	accept_by(FACT_MX_ACCEPTED, "2026-11-03T20:00:00Z");
	clicked("2026-11-03T18:00:00Z", 1);
	assert_string_equal(ask().class, "undetermined");
}

struct attempt {
	struct judgement j;
	enum rc rc;
};

static enum rc
run_record(struct db *db, void *arg, struct err *e)
{
	struct attempt *x = arg;

	x->rc = classify_record(db, &x->j, e);
	return RC_OK;
}

/* Between judging and recording another hit came. */
static void
test_what_has_not_seen_all_is_not_recorded(void **state)
{
	const struct agents *rules = classifier_rules(b.c);
	struct attempt x;

	(void)state;
	opened("2026-11-03T12:30:05Z", "Mozilla/5.0");
	OK(classify_judge(rules, b.f.db, b.m.mref, CLASSIFY_QUIET, &b.f.a, &x.j,
			  e));
	agents_unref(rules);
	clicked("2026-11-03T18:00:00Z", 1);
	fixture_do(&b.f, run_record, &x);
	assert_int_equal(x.rc, RC_STATE);
	assert_int_equal(told(NULL), 0);
	assert_int_equal(facts(), 0);
}

/* ---- the cursor ---- */

static struct classify_pass
pass_from(int64_t from, const char *quiet)
{
	struct classify_pass p = {.from = from, .why = CLASSIFY_QUIET};

	assert_true(time_parse(slice_z(quiet), &p.quiet_us));
	OK(classifier_pass(b.c, b.f.db, &p, e));
	return p;
}

static void
test_quiet_is_half_an_hour_after_the_last(void **state)
{
	struct classify_pass p;
	int64_t want;

	(void)state;
	clicked("2026-11-03T18:00:00Z", 1);
	clicked("2026-11-03T18:20:00Z", 1);
	/* at 18:35: the first is old, the message is not quiet */
	p = pass_from(0, "2026-11-03T18:05:00Z");
	assert_int_equal(p.judged, 0);
	assert_true(time_parse(SLICE("2026-11-03T18:50:00Z"), &want));
	assert_int_equal(p.due_us, want);
	p = pass_from(p.next, "2026-11-03T18:20:00Z");
	assert_int_equal(p.judged, 1);
	assert_int_equal(p.told, 1);
	assert_int_equal(p.due_us, INT64_MAX);
	p = pass_from(p.next, "2026-11-03T23:20:00Z");
	assert_int_equal(p.judged, 0);
}

/* A death before the cursor was written finds the same, and tells nothing. */
static void
test_found_again_it_is_told_once(void **state)
{
	struct classify_pass p;

	(void)state;
	clicked("2026-11-03T18:00:00Z", 1);
	(void)pass_from(0, "2026-11-03T18:40:00Z");
	p = pass_from(0, "2026-11-03T18:40:00Z");
	assert_int_equal(p.judged, 1);
	assert_int_equal(p.told, 0);
	assert_int_equal(told(NULL), 1);
}

static bool
wait_told(size_t n)
{
	int64_t end = clock_mono_us() + 120 * SECOND_US;

	while (told(NULL) < n && clock_mono_us() < end)
		(void)bell_wait(&b.tick, 2);
	return told(NULL) == n;
}

static void
test_the_thread_looks_of_itself(void **state)
{
	(void)state;
	clicked("2026-11-03T18:00:00Z", 1);
	clock_at("2026-11-03T18:30:01Z");
	OK(classifier_start(b.c, e));
	assert_true(wait_told(1));
	while (classifier_due(b.c))
		(void)bell_wait(&b.tick, 1);
	classifier_stop(b.c);
	clock_at("2026-11-03T20:00:00Z");
	OK(classifier_start(b.c, e));
	while (classifier_due(b.c))
		(void)bell_wait(&b.tick, 1);
	assert_int_equal(told(NULL), 1);
}

/* Writes a field of the fast clock's file. */
static void
clock_field(off_t at, int64_t value)
{
	char path[96];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/clock", b.f.dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &value, sizeof(value), at), sizeof(value));
	(void)close(fd);
}

static void
test_a_clock_that_was_ahead_stops_nothing(void **state)
{
	int64_t now_us;

	(void)state;
	clock_field(16, SECOND_US); /* who waits for it looks at once */
	clicked("2026-11-06T18:00:00Z", 1);
	assert_true(time_parse(SLICE("2026-11-03T18:00:00Z"), &now_us));
	clock_field(8, now_us);
	OK(classifier_start(b.c, e));
	while (classifier_due(b.c))
		(void)bell_wait(&b.tick, 1);
	assert_int_equal(told(NULL), 0);
	clock_at("2026-11-03T18:31:00Z");
	assert_true(wait_told(1));
}

/* Whoever comes after the clock was set back has not come before the mail. */
static void
test_a_clock_that_went_back_makes_no_machine(void **state)
{
	struct slice p;
	int64_t now_us;

	(void)state;
	clock_at("2026-11-03T14:30:00Z");
	opened("2026-11-03T14:30:00Z", PHONE);
	assert_true(time_parse(SLICE("2026-11-03T11:00:00Z"), &now_us));
	clock_field(8, now_us);
	hit(KIND_MESSAGE_CLICKED, "2026-11-03T11:00:00Z", PHONE, "203.0.113.0",
	    1);
	assert_string_equal(ask().class, "undetermined");
	assert_int_equal(facts(), 0);
	hit(KIND_MESSAGE_ANSWERED, "2026-11-03T11:01:00Z", PHONE, "203.0.113.0",
	    0);
	(void)ask();
	assert_true(told(&p) > 0);
	assert_true(says(p, "\"class\":\"person_likely\",\"rule\":\"person\""));
	assert_int_equal(facts(), FACT_PERSON_LIKELY);
}

/* One clock for both, however far it is behind the ledger. */
static void
test_before_a_250_of_the_same_clock_is_a_machine(void **state)
{
	int64_t now_us;

	(void)state;
	clock_at("2026-11-06T12:00:00Z");
	opened("2026-11-06T12:00:00Z", PHONE);
	assert_true(time_parse(SLICE("2026-11-03T18:00:00Z"), &now_us));
	clock_field(8, now_us);
	accept_by(FACT_MX_ACCEPTED, "2026-11-03T18:00:00Z");
	fixture_do(&b.f, run_accepted, NULL);
	clicked("2026-11-03T17:59:59Z", 1);
	(void)ask();
	assert_int_equal(facts(), FACT_MACHINE);
}

/* ---- other rules ---- */

static void
write_rules(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
test_other_rules_tell_what_differs(void **state)
{
	struct classify_pass p = {.quiet_us = INT64_MAX, .why = CLASSIFY_AGAIN};
	char path[128];
	struct slice last;

	(void)state;
	opened("2026-11-03T14:00:00Z", PHONE);
	clicked("2026-11-03T18:00:00Z", 1);
	(void)ask();
	assert_int_equal(facts(), FACT_PERSON_LIKELY);
	(void)snprintf(path, sizeof(path), "%s/agents.conf", b.f.dir);
	write_rules(path, "rule \"all\" { on = {\"click\"} class = machine }");
	classifier_use(b.c, rules_of(path));
	OK(classifier_pass(b.c, b.f.db, &p, e));
	assert_int_equal(p.told, 1);
	assert_int_equal(told(&last), 2);
	assert_true(says(last, "\"why\":\"again\""));
	assert_true(says(last, "\"on\":\"click\""));
	assert_false(says(last, "\"on\":\"open\""));
	assert_int_equal(facts(), FACT_MACHINE);
	OK(classifier_pass(b.c, b.f.db, &p, e));
	assert_int_equal(p.told, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(test_a_prefetch_is_a_machine),
	    TEST(test_an_open_says_nothing_of_reading),
	    TEST(test_machine_and_person_are_told_apart),
	    TEST(test_asked_twice_it_tells_once),
	    TEST(test_a_later_hit_is_told_alone),
	    TEST(test_a_later_hit_changes_an_earlier_one),
	    TEST(test_an_answer_speaks_for_its_own_visitor),
	    TEST(test_a_relay_says_when_it_left_alone),
	    TEST(test_who_has_not_got_it_cannot_read_it),
	    TEST(test_an_uncertain_copy_may_have_been_read),
	    TEST(test_what_has_not_seen_all_is_not_recorded),
	    TEST(test_quiet_is_half_an_hour_after_the_last),
	    TEST(test_found_again_it_is_told_once),
	    TEST(test_the_thread_looks_of_itself),
	    TEST(test_a_clock_that_was_ahead_stops_nothing),
	    TEST(test_a_clock_that_went_back_makes_no_machine),
	    TEST(test_before_a_250_of_the_same_clock_is_a_machine),
	    TEST(test_other_rules_tell_what_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
