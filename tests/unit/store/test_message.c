#include "tests/unit/store/store.h"

#include "store/attempt.h"
#include "store/content.h"
#include "store/event.h"
#include "store/lane.h"
#include "store/message.h"
#include "store/notice.h"
#include "store/stats.h"

#define KIND_DEFERRED 36
#define KIND_ACCEPTED 35
#define KIND_OPENED 44
#define KIND_CLICKED 45

static struct arena arena;

static int
message_open(void **state)
{
	arena_init(&arena, 64 << 20);
	if (place_open(state))
		return -1;
	return db_begin(((struct place *)*state)->db, &error) ? -1 : 0;
}

static int
message_close(void **state)
{
	db_rollback(((struct place *)*state)->db);
	arena_fini(&arena);
	return place_clear(state);
}

#define SAME(a, b) assert_true(slice_eq((a), (b)))

static struct message
message_new(struct db *db, const char *address, int64_t next_us)
{
	struct message m = {
	    .mref = ref_new(),
	    .customer = SLICE("c1"),
	    .brand = SLICE("default"),
	    .address = slice_z(address),
	    .contact = SLICE("k1"),
	    .template = SLICE("reminder"),
	    .next_us = next_us,
	    .not_after_us = 9000,
	    .created_us = 50,
	};

	OK(message_insert(db, &m, SLICE("b.example"), &error));
	return m;
}

static void
test_a_message_is_kept(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct message m = message_new(db, "a@b.example", 100), out;

	assert_true(m.id > 0 && m.lane > 0);
	m.state = MESSAGE_ACCEPTED;
	m.reason = SLICE("r");
	m.attempts = 2;
	m.uncertain = 1;
	m.instance = 4;
	m.subject = SLICE("Hola");
	m.message_id = SLICE("<x@b>");
	m.size = 77;
	m.sha256 = SLICE("01234567890123456789012345678901");
	m.facts = 9;
	m.reply = SLICE("250 ok");
	m.queue_id = SLICE("Q1");
	m.accepted_us = 500;
	OK(message_update(db, &m, &error));
	OK(message_update_attempt(db, &m, &error));
	OK(message_update_queue_id(db, &m, &error));
	OK(message_get(db, m.mref, &arena, &out, &error));
	assert_int_equal(out.id, m.id);
	SAME(out.customer, m.customer);
	SAME(out.address, m.address);
	SAME(out.contact, m.contact);
	SAME(out.template, m.template);
	SAME(out.reason, m.reason);
	SAME(out.subject, m.subject);
	SAME(out.message_id, m.message_id);
	SAME(out.sha256, m.sha256);
	SAME(out.reply, m.reply);
	SAME(out.queue_id, m.queue_id);
	assert_int_equal(out.state, MESSAGE_ACCEPTED);
	assert_true(out.next_us == 100 && out.not_after_us == 9000);
	assert_true(out.attempts == 2 && out.uncertain == 1);
	assert_true(out.instance == 4 && out.size == 77 && out.facts == 9);
	assert_true(out.accepted_us == 500 && out.created_us == 50);
	assert_int_equal(message_get_id(db, 99, &arena, &out, &error),
			 RC_NOTFOUND);
}

static void
test_a_recipient_has_a_notice_once(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct message m = message_new(db, "a@b.example", 100);
	struct message other = message_new(db, "a@b.example", 100), out, *all;
	size_t n;

	OK(message_tie(db, &m, 1, &error));
	OK(message_tie(db, &m, 2, &error));
	assert_int_equal(message_tie(db, &other, 1, &error), RC_STATE);
	OK(message_list_notice(db, 2, &arena, &all, &n, &error));
	assert_int_equal(n, 1);
	OK(message_retie(db, 2, &other, &error));
	OK(message_get_tied(db, 2, m.channel, m.address, &arena, &out, &error));
	assert_int_equal(out.id, other.id);
}

static size_t
ready(struct db *db, const char *brand, int64_t now_us, struct lane **out)
{
	size_t n;

	OK(lane_list_ready(db, slice_z(brand),
			   (struct lane_place){INT64_MIN, 0}, now_us, 10,
			   &arena, out, &n, &error));
	return n;
}

static void
test_a_lane_wakes_for_its_first(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct message first = message_new(db, "a@b.example", 300);
	struct message second = message_new(db, "b@b.example", 200), *got;
	struct lane lane, *lanes;
	int64_t next;
	size_t n;

	assert_int_equal(first.lane, second.lane);
	assert_int_equal(ready(db, "default", 199, &lanes), 0);
	assert_int_equal(ready(db, "default", 200, &lanes), 1);
	OK(lane_claim(db, first.lane, 7, 250, 10, &arena, &got, &n, &error));
	assert_int_equal(n, 1);
	assert_int_equal(got[0].id, second.id);
	assert_int_equal(got[0].state, MESSAGE_CLAIMED);
	OK(lane_get(db, first.lane, &arena, &lane, &error));
	assert_int_equal(lane.ready_us, 300);
	OK(lane_claim(db, first.lane, 7, 400, 10, &arena, &got, &n, &error));
	assert_int_equal(n, 1);
	OK(lane_get(db, first.lane, &arena, &lane, &error));
	assert_true(lane.ready_us == INT64_MAX);
	first.state = MESSAGE_DEFERRED;
	first.next_us = 350;
	OK(message_update(db, &first, &error));
	OK(lane_get(db, first.lane, &arena, &lane, &error));
	assert_int_equal(lane.ready_us, 350);
	lane.blocked_us = 360;
	lane.failures = 3;
	lane.reason = SLICE("421");
	OK(lane_update(db, &lane, &error));
	assert_int_equal(ready(db, "default", 355, &lanes), 0);
	assert_int_equal(ready(db, "default", 360, &lanes), 1);
	assert_int_equal(lanes[0].failures, 3);
	OK(lane_next_ready(db, 355, &next, &error));
	assert_int_equal(next, 360);
	lane.held = true;
	OK(lane_update(db, &lane, &error));
	assert_int_equal(ready(db, "default", 360, &lanes), 0);
	OK(lane_next_ready(db, 355, &next, &error));
	assert_true(next == INT64_MAX);
}

/* One that is served goes behind the others, though what waits in it has
 * waited longest; and pages begin behind a place. */
static void
test_lanes_take_turns(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	static const char *const names[] = {"a", "b", "c"};
	struct lane *lanes;
	struct message *got, m = {.mref = ref_new(), .customer = SLICE("c1")};
	size_t n;

	for (int i = 0; i < 9; i++) {
		m.mref = ref_new();
		m.brand = slice_z(i < 6 ? "one" : "two");
		m.address = slice_z("x@y.example");
		m.template = SLICE("reminder");
		m.not_after_us = 9000;
		m.next_us = 100 + i;
		OK(message_insert(db, &m, slice_z(names[i % 3]), &error));
	}
	for (int i = 0; i < 4; i++) {
		struct slice brand;

		assert_int_equal(ready(db, "one", 200 + i, &lanes), 3);
		assert_true(slice_eq_z(lanes[0].domain, names[i % 3]));
		OK(lane_list_ready(
		    db, SLICE("one"),
		    (struct lane_place){lane_go_us(&lanes[0]), lanes[0].id},
		    200 + i, 10, &arena, &lanes, &n, &error));
		assert_int_equal(n, 2);
		assert_true(slice_eq_z(lanes[0].domain, names[(i + 1) % 3]));
		assert_int_equal(ready(db, "one", 200 + i, &lanes), 3);
		OK(lane_claim(db, lanes[0].id, 7, 200 + i, 1, &arena, &got, &n,
			      &error));
		OK(lane_next_brand(db, SLICE(""), &arena, &brand, &error));
		assert_true(slice_eq_z(brand, "one"));
		OK(lane_next_brand(db, brand, &arena, &brand, &error));
		assert_true(slice_eq_z(brand, "two"));
		assert_int_equal(
		    lane_next_brand(db, brand, &arena, &brand, &error),
		    RC_NOTFOUND);
	}
}

static void
test_held_ones_are_not_claimed(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct message m = message_new(db, "a@b.example", 100), *got;
	size_t n;

	m.held = true;
	OK(message_update(db, &m, &error));
	OK(lane_claim(db, m.lane, 7, 250, 10, &arena, &got, &n, &error));
	assert_int_equal(n, 0);
	m.held = false;
	OK(message_update(db, &m, &error));
	OK(lane_claim(db, m.lane, 7, 250, 10, &arena, &got, &n, &error));
	assert_int_equal(n, 1);
}

static void
test_orphans_are_of_earlier_instances(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct message m = message_new(db, "a@b.example", 100), *got;
	size_t n;

	OK(lane_claim(db, m.lane, 7, 250, 10, &arena, &got, &n, &error));
	OK(message_list_orphans(db, 7, 10, &arena, &got, &n, &error));
	assert_int_equal(n, 0);
	OK(message_list_orphans(db, 8, 10, &arena, &got, &n, &error));
	assert_int_equal(n, 1);
}

/* Five messages; each filter, and pages of one. */
static void
test_messages_by_filters(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct notice notice = {.ref = ref_new(),
				.subject = SLICE("invoice/i1"),
				.step = SLICE("s"),
				.invoice = SLICE("i1"),
				.customer = SLICE("c1")};
	struct message m[5], *got;
	struct {
		struct message_filter filter;
		size_t want;
	} cases[] = {
	    {{.state = -1}, 5},
	    {{.state = MESSAGE_ACCEPTED}, 1},
	    {{.state = -1, .customer = SLICE("c1")}, 5},
	    {{.state = -1, .customer = SLICE("c2")}, 0},
	    {{.state = -1, .address = SLICE("m3@b.example")}, 1},
	    {{.state = -1, .message_id = SLICE("own")}, 1},
	    {{.state = MESSAGE_QUEUED, .message_id = SLICE("own")}, 0},
	    {{.state = -1, .message_id = SLICE("own@else")}, 0},
	    {{.state = -1, .message_id = SLICE("3@b")}, 0},
	    {{.state = -1, .queue_id = SLICE("Q3")}, 1},
	    {{.state = -1, .queue_id = SLICE("Q4")}, 0},
	    {{.state = -1, .invoice = SLICE("i1")}, 2},
	    {{.state = -1, .invoice = SLICE("i1"), .customer = SLICE("c2")}, 0},
	    {{.state = -1,
	      .invoice = SLICE("i1"),
	      .address = SLICE("m3@b.example")},
	     1},
	};
	char hex[REF_HEX];
	size_t n;

	OK(notice_insert(db, &notice, &error));
	for (int i = 0; i < 5; i++)
		m[i] = message_new(db, arena_printf(&arena, "m%d@b.example", i),
				   100);
	OK(message_tie(db, &m[2], notice.id, &error));
	OK(message_tie(db, &m[3], notice.id, &error));
	m[3].state = MESSAGE_ACCEPTED;
	ref_hex(m[3].mref, hex);
	m[3].message_id = slice_z(arena_printf(&arena, "%s@b", hex));
	m[3].queue_id = SLICE("Q3");
	OK(message_update(db, &m[3], &error));
	OK(message_update_attempt(db, &m[3], &error));
	OK(message_update_queue_id(db, &m[3], &error));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message_filter *f = &cases[i].filter;
		size_t total = 0;

		f->before_us = 51;
		f->limit = 1;
		if (slice_eq_z(f->message_id, "own"))
			f->message_id = m[3].message_id;
		if (slice_eq_z(f->message_id, "own@else"))
			f->message_id =
			    slice_z(arena_printf(&arena, "%s@c", hex));
		do {
			OK(message_list(db, f, &arena, &got, &n, &error));
			total += n;
			if (n) {
				assert_true(f->before_id == 0 ||
					    got[0].id < f->before_id);
				f->before_us = got[0].created_us;
				f->before_id = got[0].id;
			}
		} while (n);
		assert_int_equal(total, cases[i].want);
	}
}

/* What was packed by a program that had no dictionary yet. */
static void
test_content_without_dictionary_is_read(void **state)
{
	static const char frame[] = "\0\x28\xb5\x2f\xfd\x20\x05\x29\0\0Hello";
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 16);
	OK(content_unpack(slice_of(frame, sizeof(frame) - 1), &out, &error));
	SAME(sbuf_slice(&out), SLICE("Hello"));
	sbuf_fini(&out);
}

/* One made before contents had an order of their own has its message's id. */
static void
test_an_older_content_is_its_messages_alone(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct sbuf out;

	sbuf_init(&out, 100);
	OK(content_put(db, 7, SLICE("seven"), &error));
	OK(db_script(db, "UPDATE contents SET id = 7, message = NULL", "older",
		     &error));
	OK(content_put(db, 3, SLICE("three"), &error)); /* id 8 */
	OK(content_get(db, 7, &out, &error));
	OK(content_get(db, 3, &out, &error));
	SAME(sbuf_slice(&out), SLICE("seventhree"));
	assert_int_equal(content_get(db, 8, &out, &error), RC_NOTFOUND);
	OK(content_put(db, 7, SLICE("seven again"), &error));
	sbuf_reset(&out);
	OK(content_get(db, 7, &out, &error));
	SAME(sbuf_slice(&out), SLICE("seven again"));
	sbuf_fini(&out);
}

static void
test_content_is_kept_to_the_byte(void **state)
{
	static const char part[] = "A line that comes again.\r\n";
	struct db *db = ((struct place *)*state)->db;
	struct sbuf in, out, packed;

	sbuf_init(&in, 1 << 20);
	sbuf_init(&out, 1 << 20);
	sbuf_init(&packed, 1 << 20);
	assert_int_equal(content_get(db, 1, &out, &error), RC_NOTFOUND);
	for (int i = 0; i < 1000; i++)
		sbuf_add_z(&in, part);
	for (int i = 0; i < 256; i++)
		sbuf_add_c(&in, (char)i);
	OK(content_put(db, 1, sbuf_slice(&in), &error));
	OK(content_get(db, 1, &out, &error));
	SAME(sbuf_slice(&out), sbuf_slice(&in));
	content_pack(sbuf_slice(&in), &packed);
	assert_true(packed.n < in.n / 10);
	packed.p[0] = 9;
	assert_int_equal(content_unpack(sbuf_slice(&packed), &out, &error),
			 RC_IO);
	packed.p[0] = 0;
	assert_int_equal(content_unpack(sbuf_slice(&packed), &out, &error),
			 RC_IO);
	packed.p[0] = 1;
	packed.n--;
	assert_int_equal(content_unpack(sbuf_slice(&packed), &out, &error),
			 RC_IO);
	packed.n = 3;
	assert_int_equal(content_unpack(sbuf_slice(&packed), &out, &error),
			 RC_IO);
	sbuf_reset(&out);
	OK(content_put(db, 2, SLICE(""), &error));
	OK(content_get(db, 2, &out, &error));
	assert_int_equal(out.n, 0);
	sbuf_fini(&in);
	sbuf_fini(&out);
	sbuf_fini(&packed);
}

static void
test_attempts(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct attempt t = {
	    .message = 3, .instance = 4, .number = 1, .started_us = 10};
	struct attempt *all;
	struct sbuf packed;
	size_t n;

	OK(attempt_begin(db, &t, &error));
	assert_true(t.id > 0);
	assert_int_equal(attempt_begin(db, &t, &error), RC_STATE);
	OK(attempt_list(db, 3, true, &arena, &all, &n, &error));
	assert_int_equal(n, 1);
	assert_int_equal(all[0].ended_us, 0);
	assert_int_equal(all[0].transcript.n, 0);
	t.ended_us = 20;
	t.outcome = SLICE("accepted");
	t.code = 250;
	t.reply = SLICE("250 2.0.0 ok");
	t.peer = SLICE("mx.b.example");
	t.transcript = SLICE("S: 220 hi\r\n");
	sbuf_init(&packed, CONTENT_MAX);
	content_pack(t.transcript, &packed);
	OK(attempt_end(db, &t, sbuf_slice(&packed), &error));
	sbuf_fini(&packed);
	OK(attempt_list(db, 3, true, &arena, &all, &n, &error));
	SAME(all[0].transcript, t.transcript);
	SAME(all[0].reply, t.reply);
	SAME(all[0].outcome, t.outcome);
	SAME(all[0].peer, t.peer);
	assert_true(all[0].code == 250 && all[0].ended_us == 20);
	OK(attempt_list(db, 3, false, &arena, &all, &n, &error));
	assert_int_equal(all[0].transcript.n, 0);
}

static void
event_add(struct db *db, int kind, struct ref ref)
{
	struct event_number number;
	struct event ev = {.kind = kind, .ref = ref};

	OK(db_event_number(db, ref, 60, &number, &error));
	ev.position = number.position;
	ev.time_us = number.time_us;
	ev.seq = number.seq;
	OK(event_insert(db, &ev, &error));
}

static void
test_stats_add_up(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	const struct stats_query all = {
	    0,		 INT64_MAX,   KIND_DEFERRED, KIND_ACCEPTED,
	    KIND_OPENED, KIND_CLICKED};
	struct message m[4];
	struct stats stats;

	for (int i = 0; i < 6; i++) {
		struct notice n = {
		    .ref = ref_new(),
		    .subject = slice_z(arena_printf(&arena, "x%d", i)),
		    .state = i < 3 ? NOTICE_CANCELLED : NOTICE_PLANNED,
		    .reason = i < 2    ? SLICE("paid")
			      : i == 2 ? SLICE("hand")
				       : SLICE("")};
		OK(notice_insert(db, &n, &error));
	}
	for (int i = 0; i < 4; i++)
		m[i] = message_new(db, "a@b.example", 100);
	m[0].state = MESSAGE_ACCEPTED;
	OK(message_update(db, &m[0], &error));
	event_add(db, KIND_DEFERRED, m[0].mref);
	event_add(db, KIND_DEFERRED, m[0].mref);
	event_add(db, KIND_ACCEPTED, m[0].mref);
	event_add(db, KIND_ACCEPTED, m[1].mref);
	event_add(db, KIND_DEFERRED, m[2].mref);
	event_add(db, KIND_OPENED, m[0].mref);
	event_add(db, KIND_OPENED, m[0].mref);
	event_add(db, KIND_CLICKED, m[0].mref);
	event_add(db, KIND_OPENED, m[3].mref);
	OK(stats_get(db, &all, &arena, &stats, &error));
	assert_int_equal(stats.notices[NOTICE_CANCELLED], 3);
	assert_int_equal(stats.notices[NOTICE_PLANNED], 3);
	assert_int_equal(stats_count(&stats, NOTICE_CANCELLED, SLICE("paid")),
			 2);
	assert_int_equal(stats.messages[MESSAGE_ACCEPTED], 1);
	assert_int_equal(stats.messages[MESSAGE_QUEUED], 3);
	assert_int_equal(stats.deferred_then_accepted, 1);
	assert_int_equal(stats.opened, 2);
	assert_int_equal(stats.clicked, 1);
}

static void
test_due_work(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct notice notice = {.ref = ref_new(), .release_us = 80};
	struct message m, *got;
	struct lane lane;
	int64_t n = -1;
	size_t count;

	OK(store_due_work(db, 1000, DUE_ALL, &n, &error));
	assert_int_equal(n, 0);
	OK(notice_insert(db, &notice, &error));
	m = message_new(db, "a@b.example", 100);
	(void)message_new(db, "b@b.example", 100);
	OK(store_due_work(db, 79, DUE_ALL, &n, &error));
	assert_int_equal(n, 0);
	OK(store_due_work(db, 99, DUE_ALL, &n, &error));
	assert_int_equal(n, 1);
	OK(store_due_work(db, 100, DUE_ALL, &n, &error));
	assert_int_equal(n, 3);
	OK(store_due_work(db, 100, DUE_CLAIMED, &n, &error));
	assert_int_equal(n, 0);
	OK(lane_claim(db, m.lane, 1, 100, 1, &arena, &got, &count, &error));
	OK(store_due_work(db, 100, DUE_CLAIMED, &n, &error));
	assert_int_equal(n, 1);
	OK(lane_get(db, m.lane, &arena, &lane, &error));
	lane.blocked_us = 500;
	OK(lane_update(db, &lane, &error));
	OK(store_due_work(db, 100, DUE_ALL, &n, &error));
	assert_int_equal(n, 2);
	OK(store_due_work(db, 500, DUE_ALL, &n, &error));
	assert_int_equal(n, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, message_open, message_close)
	    T(test_a_message_is_kept),
	    T(test_a_recipient_has_a_notice_once),
	    T(test_a_lane_wakes_for_its_first),
	    T(test_lanes_take_turns),
	    T(test_held_ones_are_not_claimed),
	    T(test_orphans_are_of_earlier_instances),
	    T(test_messages_by_filters),
	    T(test_an_older_content_is_its_messages_alone),
	    T(test_content_is_kept_to_the_byte),
	    T(test_content_without_dictionary_is_read),
	    T(test_attempts),
	    T(test_stats_add_up),
	    T(test_due_work),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
