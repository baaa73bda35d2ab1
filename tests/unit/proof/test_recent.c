#include "tests/unit/store/store.h"

#include <string.h>

#include "proof/ledger.h"
#include "store/recent.h"

#define SUBJECTS 40
#define WAITING_MAX 300
#define ROUNDS 400

/* What the ledger should hold: events of each subject. */
struct model {
	struct ref refs[SUBJECTS];
	uint32_t events[SUBJECTS];
	int64_t all;
};

/* xorshift32: the same in each run. */
static unsigned
dice(unsigned n)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % n;
}

static void
append(struct db *db, struct model *m, unsigned i)
{
	OK(ledger_append(db, KIND_MESSAGE_OPENED, m->refs[i], SLICE("{}"),
			 &error));
	m->events[i]++;
	m->all++;
}

/* Both handles find each subject's events, once each and in their order. */
static void
look(struct place *p, struct db *reader, const struct model *m)
{
	struct db *handles[] = {p->db, reader};
	uint8_t root[32];
	struct arena a;
	int64_t n;

	arena_init(&a, 1 << 22);
	for (size_t h = 0; h < 2; h++) {
		unsigned i = dice(SUBJECTS);
		struct event *list;
		size_t found;

		OK(event_list(handles[h], m->refs[i], &a, &list, &found,
			      &error));
		assert_int_equal(found, m->events[i]);
		for (size_t k = 0; k < found; k++)
			assert_int_equal(list[k].seq, k);
		arena_reset(&a);
	}
	arena_fini(&a);
	OK(ledger_audit(reader, &n, root, &error));
	assert_int_equal(n, m->all);
}

/* An operation of many events, or of few, some of which fail. */
static void
operation(struct db *db, struct model *m)
{
	struct model before = *m;
	bool many = dice(3) > 0;
	unsigned n = many ? dice(200) : dice(5);

	OK(db_savepoint(db, &error));
	if (many)
		db_index_later(db);
	while (n--)
		append(db, m, dice(SUBJECTS));
	if (dice(5) > 0) {
		OK(db_release(db, &error));
		return;
	}
	db_undo(db);
	*m = before;
}

static void
transaction(struct db *db, struct model *m)
{
	struct model before = *m;

	OK(db_begin(db, &error));
	for (unsigned n = dice(4); n; n--)
		operation(db, m);
	OK(db_settle(db, false, &error));
	if (dice(6) > 0) {
		OK(db_commit(db, &error));
		return;
	}
	db_rollback(db);
	*m = before;
}

static void
reopen(struct place *p)
{
	db_close(p->db);
	OK(db_open(p->path, DB_WRITE, &p->db, &error));
	OK(db_begin(p->db, &error));
	db_rollback(p->db);
}

static void
waiting_few(struct db *db)
{
	OK(db_begin(db, &error));
	db_index_later(db);
	recent_waiting_max(db_index_waits(db), WAITING_MAX);
	db_rollback(db);
}

static void
settle_all(struct db *db)
{
	for (int i = 0; db_unsettled(db); i++) {
		assert_true(i < 100);
		OK(db_begin(db, &error));
		OK(db_settle(db, true, &error));
		OK(db_commit(db, &error));
	}
}

/* Whatever is taken back, settled, or left by a process that ended. */
static void
test_each_event_is_found_wherever_its_entry_is(void **state)
{
	struct place *p = *state;
	struct model m = {.all = 0};
	struct db *reader;

	OK(db_open(p->path, DB_READ, &reader, &error));
	for (unsigned i = 0; i < SUBJECTS; i++)
		m.refs[i] = ref_new();
	waiting_few(p->db);
	for (int i = 0; i < ROUNDS; i++) {
		transaction(p->db, &m);
		if (dice(40) == 0) {
			reopen(p);
			waiting_few(p->db);
		}
		if (dice(60) == 0)
			settle_all(p->db);
		if (dice(10) == 0)
			look(p, reader, &m);
	}
	assert_true(m.all > 20000);
	settle_all(p->db);
	look(p, reader, &m);
	db_close(reader);
}

static int64_t
rows(struct db *db, struct sbuf *b)
{
	struct query q;
	int64_t n = 0;

	sbuf_reset(b);
	query_open(&q, db, STMT_EVENT_RECENT_ALL);
	while (query_row(&q, &error) == RC_OK)
		n++;
	query_close(&q);
	return n;
}

/* While others write without a pause too, what waits goes, bit by bit. */
static void
test_what_waits_goes_with_what_others_write(void **state)
{
	struct place *p = *state;
	struct model m = {.all = 0};
	struct sbuf b;

	sbuf_init(&b, 100);
	for (unsigned i = 0; i < SUBJECTS; i++)
		m.refs[i] = ref_new();
	OK(db_begin(p->db, &error));
	db_index_later(p->db);
	for (int i = 0; i < 20000; i++)
		append(p->db, &m, dice(SUBJECTS));
	OK(db_settle(p->db, false, &error));
	OK(db_commit(p->db, &error));
	assert_int_equal(rows(p->db, &b), 20000);
	for (int i = 0; i < 500; i++) {
		OK(db_begin(p->db, &error));
		append(p->db, &m, dice(SUBJECTS));
		OK(db_settle(p->db, false, &error));
		OK(db_commit(p->db, &error));
	}
	/* but for the run that is not over */
	assert_true(rows(p->db, &b) < 8192);
	sbuf_fini(&b);
}

static void
test_an_event_that_waits_is_not_removed(void **state)
{
	struct place *p = *state;
	struct model m = {.refs = {ref_new()}};

	OK(db_begin(p->db, &error));
	db_index_later(p->db);
	append(p->db, &m, 0);
	OK(db_commit(p->db, &error));
	assert_int_not_equal(
	    db_script(p->db, "DELETE FROM events", "prune", &error), RC_OK);
	settle_all(p->db);
	OK(db_script(p->db, "DELETE FROM events", "prune", &error));
	OK(db_begin(p->db, &error));
	db_rollback(p->db);
}

/* The schema before the index stood beside the events. */
static const char old_schema[] =
    "BEGIN; CREATE TABLE old (position INTEGER PRIMARY KEY,"
    " kind INTEGER NOT NULL, time_us INTEGER NOT NULL, ref BLOB NOT NULL,"
    " seq INTEGER NOT NULL, entry BLOB NOT NULL, salt BLOB, payload BLOB,"
    " UNIQUE (ref, seq));"
    "INSERT INTO old SELECT * FROM events; DROP TABLE events;"
    "DROP TABLE event_index; DROP TABLE event_recent;"
    "ALTER TABLE old RENAME TO events;"
    "CREATE INDEX events_kind ON events (kind, time_us, ref);"
    "CREATE TRIGGER events_removed AFTER DELETE ON events BEGIN"
    " INSERT INTO subjects (ref, next_seq) VALUES (old.ref, old.seq + 1)"
    " ON CONFLICT DO UPDATE SET next_seq = max(next_seq, excluded.next_seq);"
    " END; CREATE INDEX messages_message_id ON messages (message_id);"
    "DROP INDEX customers_held; DROP INDEX invoices_terms;"
    "DROP INDEX messages_queue;"
    "CREATE INDEX messages_queue ON messages (lane, next_us)"
    " WHERE (state = 0 OR state = 2 OR state = 5) AND held = 0;"
    "DROP INDEX contents_message; ALTER TABLE contents DROP COLUMN message;"
    "ALTER TABLE contents RENAME COLUMN id TO message;"
    "DROP INDEX lanes_turn; DROP INDEX lanes_go;"
    "ALTER TABLE lanes DROP COLUMN go_us;"
    "CREATE INDEX lanes_ready ON lanes (ready_us)"
    " WHERE ready_us IS NOT NULL;"
    "CREATE INDEX lanes_turn ON lanes (brand, ready_us)"
    " WHERE ready_us IS NOT NULL;"
    "ALTER TABLE lanes DROP COLUMN said;"
    "ALTER TABLE lanes DROP COLUMN alarm;"
    "ALTER TABLE suppressions DROP COLUMN left_us;"
    "ALTER TABLE suppressions DROP COLUMN left_message;"
    "PRAGMA user_version = 5; COMMIT";

static void
test_an_older_store_is_brought_up_to_date(void **state)
{
	struct place *p = *state;
	struct model m = {.all = 0};
	struct db *reader;

	for (unsigned i = 0; i < SUBJECTS; i++)
		m.refs[i] = ref_new();
	OK(db_begin(p->db, &error));
	for (int i = 0; i < 500; i++)
		append(p->db, &m, dice(SUBJECTS));
	OK(db_commit(p->db, &error));
	OK(db_script(p->db, old_schema, "old schema", &error));
	reopen(p);
	OK(db_open(p->path, DB_READ, &reader, &error));
	for (int i = 0; i < 10; i++) {
		transaction(p->db, &m);
		look(p, reader, &m);
	}
	db_close(reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_each_event_is_found_wherever_its_entry_is, place_open,
		place_clear),
	    cmocka_unit_test_setup_teardown(
		test_what_waits_goes_with_what_others_write, place_open,
		place_clear),
	    cmocka_unit_test_setup_teardown(
		test_an_event_that_waits_is_not_removed, place_open,
		place_clear),
	    cmocka_unit_test_setup_teardown(
		test_an_older_store_is_brought_up_to_date, place_open,
		place_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
