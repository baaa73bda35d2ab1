#include "tests/unit/store/store.h"

#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/codec.h"
#include "proof/ledger.h"

static void
test_kinds_are_each_once(void **state)
{
	static const struct {
		int number;
		const char *name;
	} kinds[] = {
#define KIND(number, id, name, fields) {(number), (name)},
#include "proof/kinds.def"
#undef KIND
	};
	bool used[256] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int number = 0;

		assert_in_range(kinds[i].number, 1, 255);
		assert_false(used[kinds[i].number]);
		used[kinds[i].number] = true;
		assert_string_equal(kind_name(kinds[i].number), kinds[i].name);
		assert_true(kind_parse(slice_z(kinds[i].name), &number));
		assert_int_equal(number, kinds[i].number);
	}
	assert_null(kind_name(0));
	assert_false(kind_parse(SLICE("message"), &(int){0}));
}

/* Numbers stand in signed entries; these were given away first. */
static void
test_kinds_keep_their_numbers(void **state)
{
	(void)state;
	assert_int_equal(KIND_INVOICE_PLANNED, 1);
	assert_int_equal(KIND_NOTICE_RELEASED, 16);
	assert_int_equal(KIND_MESSAGE_CREATED, 32);
	assert_int_equal(KIND_MESSAGE_ACCEPTED, 35);
	assert_int_equal(KIND_MESSAGE_CLASSIFIED, 50);
	assert_int_equal(KIND_REPORT_CLAIMED, 64);
	assert_int_equal(KIND_CUSTOMER_ERASED, 85);
	assert_int_equal(KIND_CONTACT_CHANGED, 96);
	assert_int_equal(KIND_GATE_ALLOWED, 113);
	assert_int_equal(KIND_SENDING_PAUSED, 128);
	assert_int_equal(KIND_KEY_ROTATED, 144);
	assert_int_equal(KIND_ALARM_RAISED, 160);
}

/* Computed by a program apart (struct.pack and hashlib). */
static void
test_an_entry_byte_by_byte(void **state)
{
	static const char want_hex[] =
	    "0123000001a1ee565e7b00112233445566778899aabbccddeeff00000007"
	    "e3200f1153089fb9d8b5eaa789aae3b708d15633f11259d70cb10939fe6cb789";
	uint8_t salt[32], commit[32], entry[ENTRY_SIZE], want[ENTRY_SIZE];
	struct ref ref;

	(void)state;
	assert_true(ref_parse(SLICE("00112233445566778899aabbccddeeff"), &ref));
	for (int i = 0; i < 32; i++)
		salt[i] = (uint8_t)i;
	ledger_commit(salt,
		      SLICE("{\"mref\":\"00112233445566778899aabbccddeeff\","
			    "\"attempt\":1}"),
		      commit);
	ledger_entry(KIND_MESSAGE_ACCEPTED, INT64_C(1795000000123), ref, 7,
		     commit, entry);
	assert_true(hex_decode(slice_z(want_hex), want, sizeof(want)));
	assert_memory_equal(entry, want, ENTRY_SIZE);
}

/* Twelve events of three subjects. */
static void
fill(struct db *db, struct ref refs[3])
{
	for (int i = 0; i < 3; i++)
		refs[i] = ref_new();
	OK(db_begin(db, &error));
	for (int i = 0; i < 12; i++)
		OK(ledger_append(db, KIND_MESSAGE_OPENED, refs[i % 3],
				 SLICE("{\"at\":1}"), &error));
	OK(db_commit(db, &error));
}

static void
test_events_are_kept_and_audited(void **state)
{
	struct place *p = *state;
	uint8_t root[32], want[32], leaf[32];
	struct ref refs[3], ledger;
	struct event *events;
	struct arena a;
	struct tree t;
	int64_t n = -1;
	size_t count;

	arena_init(&a, 1 << 20);
	OK(ledger_audit(p->db, &n, root, &error));
	assert_int_equal(n, 0);
	fill(p->db, refs);
	OK(ledger_audit(p->db, &n, root, &error));
	assert_int_equal(n, 12);
	OK(event_count(p->db, &n, &error));
	assert_int_equal(n, 12);
	OK(event_list_from(p->db, 0, 100, &a, &events, &count, &error));
	tree_init(&t);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(events[i].position, i);
		assert_int_equal(events[i].seq, i / 3);
		tree_leaf(events[i].entry.p, ENTRY_SIZE, leaf);
		tree_add(&t, leaf);
	}
	tree_root(&t, want);
	assert_memory_equal(root, want, 32);
	OK(event_list(p->db, refs[1], &a, &events, &count, &error));
	assert_int_equal(count, 4);
	assert_int_equal(events[3].position, 10);
	assert_true(slice_eq_z(events[3].payload, "{\"at\":1}"));
	OK(ledger_ref(p->db, &ledger, &error));
	arena_fini(&a);
}

static void
test_an_audit_finds_what_was_touched(void **state)
{
	static const struct {
		const char *sql, *text;
	} touched[] = {
	    {"UPDATE events SET payload = '{\"at\":2}' WHERE position = 7",
	     "event 7: payload is not what the entry commits to"},
	    {"UPDATE events SET salt = randomblob(32) WHERE position = 7",
	     "event 7: payload is not what the entry commits to"},
	    {"UPDATE events SET salt = NULL WHERE position = 7",
	     "event 7: salt and payload do not agree"},
	    {"UPDATE events SET kind = 45 WHERE position = 7",
	     "event 7: kind differs from the entry's"},
	    {"UPDATE events SET kind = 9 WHERE position = 7",
	     "event 7: of a kind that is not known"},
	    {"UPDATE events SET time_us = 5 WHERE position = 7",
	     "event 7: before the one that precedes it"},
	    {"UPDATE events SET time_us = time_us + 5000000"
	     " WHERE position = 11",
	     "event 11: time differs from the entry's"},
	    {"UPDATE events SET ref = randomblob(16) WHERE position = 11",
	     "event 11: subject or seq differs from the entry's"},
	    {"UPDATE events SET entry = x'00' WHERE position = 7",
	     "event 7: entry is not of 62 bytes"},
	    {"DELETE FROM events WHERE position = 7", "event 7: missing"},
	    {"DELETE FROM events WHERE position = 0", "event 0: missing"},
	};
	struct place *p = *state;
	struct ref refs[3];
	uint8_t root[32];
	int64_t n;

	fill(p->db, refs);
	for (size_t i = 0; i < sizeof(touched) / sizeof(touched[0]); i++) {
		OK(db_begin(p->db, &error));
		OK(db_script(p->db, touched[i].sql, "touch", &error));
		assert_int_equal(ledger_audit(p->db, &n, root, &error), RC_BUG);
		assert_string_equal(error.text, touched[i].text);
		db_rollback(p->db);
	}
	OK(ledger_audit(p->db, &n, root, &error));
}

/* A row whose entry was made anew, so that only the count can tell. */
static void
test_an_audit_finds_a_gap_in_a_subject(void **state)
{
	struct place *p = *state;
	struct ref refs[3];
	uint8_t root[32];
	int64_t n;

	fill(p->db, refs);
	OK(db_script(p->db, "DELETE FROM events WHERE position = 11", "touch",
		     &error));
	OK(db_begin(p->db, &error));
	db_rollback(p->db);
	OK(db_begin(p->db, &error));
	OK(ledger_append(p->db, KIND_MESSAGE_OPENED, refs[2], SLICE("{}"),
			 &error));
	OK(db_commit(p->db, &error));
	assert_int_equal(ledger_audit(p->db, &n, root, &error), RC_BUG);
	assert_string_equal(error.text,
			    "event 11: seq leaves a gap in its subject");
}

static void
test_erased_events_stay_in_the_tree(void **state)
{
	struct place *p = *state;
	uint8_t before[32], after[32];
	struct ref refs[3];
	int64_t n;

	fill(p->db, refs);
	OK(ledger_audit(p->db, &n, before, &error));
	OK(db_script(p->db,
		     "UPDATE events SET salt = NULL, payload = NULL"
		     " WHERE position < 6",
		     "erase", &error));
	OK(ledger_audit(p->db, &n, after, &error));
	assert_int_equal(n, 12);
	assert_memory_equal(before, after, 32);
}

static void
test_what_fails_leaves_no_gap(void **state)
{
	struct place *p = *state;
	struct ref ref = ref_new();
	uint8_t root[32];
	int64_t n;

	OK(db_begin(p->db, &error));
	OK(ledger_append(p->db, KIND_MESSAGE_OPENED, ref, SLICE("{}"), &error));
	OK(db_savepoint(p->db, &error));
	OK(ledger_append(p->db, KIND_MESSAGE_OPENED, ref, SLICE("{}"), &error));
	db_undo(p->db);
	OK(ledger_append(p->db, KIND_MESSAGE_OPENED, ref, SLICE("{}"), &error));
	OK(db_commit(p->db, &error));
	OK(db_begin(p->db, &error));
	OK(ledger_append(p->db, KIND_MESSAGE_OPENED, ref, SLICE("{}"), &error));
	db_rollback(p->db);
	OK(db_begin(p->db, &error));
	OK(ledger_append(p->db, KIND_MESSAGE_OPENED, ref, SLICE("{}"), &error));
	OK(db_commit(p->db, &error));
	OK(ledger_audit(p->db, &n, root, &error));
	assert_int_equal(n, 3);
}

static void
test_a_payload_is_an_object(void **state)
{
	struct place *p = *state;

	OK(db_begin(p->db, &error));
	assert_int_equal(ledger_append(p->db, KIND_MESSAGE_OPENED, ref_new(),
				       SLICE("[]"), &error),
			 RC_BUG);
	db_rollback(p->db);
	assert_int_equal(ledger_append(p->db, KIND_MESSAGE_OPENED, ref_new(),
				       SLICE("{}"), &error),
			 RC_BUG);
}

/* A clock of the test's own, by the layout of base/clock.h. */
static int64_t *
clock_make(const char *folder)
{
	char path[128], zero[4096] = "acuseclk";
	int64_t *now;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/away", folder);
	f = fopen(path, "w+");
	assert_non_null(f);
	zero[16] = 1;
	assert_int_equal(fwrite(zero, sizeof(zero), 1, f), 1);
	assert_int_equal(fflush(f), 0);
	now = mmap(NULL, sizeof(zero), PROT_READ | PROT_WRITE, MAP_SHARED,
		   fileno(f), 0);
	assert_true(now != MAP_FAILED);
	assert_int_equal(fclose(f), 0);
	now[1] = INT64_C(1700000000000000);
	OK(clock_follow(path, &error));
	return &now[1];
}

static void
test_time_never_goes_back(void **state)
{
	static const struct {
		int64_t step_us;
		const char *payload, *kept;
	} steps[] = {
	    {0, "{\"a\":1}", "{\"a\":1}"},
	    {-2000000, "{\"a\":1}",
	     "{\"a\":1,\"observed_at\":\"2023-11-14T22:13:18Z\"}"},
	    {0, "{ }", "{ \"observed_at\":\"2023-11-14T22:13:18Z\"}"},
	    {2000001, "{}", "{}"},
	};
	struct place *p = *state;
	struct ref ref = ref_new();
	struct event *events;
	int64_t *now, n;
	uint8_t root[32];
	struct arena a;
	size_t count;

	now = clock_make(p->folder);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		*now += steps[i].step_us;
		OK(db_begin(p->db, &error));
		OK(ledger_append(p->db, KIND_MESSAGE_OPENED, ref,
				 slice_z(steps[i].payload), &error));
		OK(db_commit(p->db, &error));
	}
	arena_init(&a, 1 << 20);
	OK(event_list(p->db, ref, &a, &events, &count, &error));
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(events[i].payload.p, steps[i].kept);
		assert_int_equal(events[i].time_us,
				 INT64_C(1700000000000000) + (i == 3));
	}
	OK(ledger_audit(p->db, &n, root, &error));
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_open, place_clear)
	    cmocka_unit_test(test_kinds_are_each_once),
	    cmocka_unit_test(test_kinds_keep_their_numbers),
	    cmocka_unit_test(test_an_entry_byte_by_byte),
	    T(test_events_are_kept_and_audited),
	    T(test_an_audit_finds_what_was_touched),
	    T(test_an_audit_finds_a_gap_in_a_subject),
	    T(test_erased_events_stay_in_the_tree),
	    T(test_what_fails_leaves_no_gap),
	    T(test_a_payload_is_an_object),
	    T(test_time_never_goes_back),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
