#include "tests/unit/store/store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "store/event.h"
#include "store/meta.h"

static void
test_create_refuses_what_is_there(void **state)
{
	struct place *p = *state;

	assert_int_equal(db_create(p->path, &error), RC_STATE);
}

static void
test_open_never_creates(void **state)
{
	struct place *p = *state;
	struct db *db;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/away", p->folder);
	assert_int_equal(db_open(path, DB_WRITE, &db, &error), RC_NOTFOUND);
	assert_int_equal(access(path, F_OK), -1);
}

static void
test_open_refuses_other_files(void **state)
{
	struct place *p = *state;
	struct db *db;
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/away", p->folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(close(fd), 0);
	assert_int_equal(db_open(path, DB_WRITE, &db, &error), RC_STATE);
}

static void
test_open_refuses_rubbish(void **state)
{
	struct place *p = *state;
	struct db *db;
	FILE *f = fopen(p->path, "r+");

	assert_non_null(f);
	assert_int_equal(fputs("This is a letter, not a database.", f) < 0, 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(db_open(p->path, DB_WRITE, &db, &error), RC_IO);
}

/* Each prepares what it asks when it does: what cannot be asked any more is
 * told, and the next question has its answer. */
static void
test_reader_survives_a_lost_table(void **state)
{
	struct place *p = *state;
	struct db *reader;
	struct query q;
	int64_t version;

	OK(db_open(p->path, DB_READ, &reader, &error));
	OK(db_script(p->db, "DROP TABLE customers", "test", &error));
	for (int i = 0; i < 2; i++) {
		query_open(&q, reader, STMT_CUSTOMER_GET);
		bind_text(&q, 0, SLICE("c1"));
		assert_int_equal(query_row(&q, &error), RC_BUG);
		assert_non_null(strstr(error.text, "customers"));
		query_close(&q);
	}
	query_open(&q, reader, STMT_USER_VERSION);
	OK(query_int(&q, &version, &error));
	db_close(reader);
}

/* A program that was downgraded must not write what it does not know. */
static void
test_open_refuses_a_newer_schema(void **state)
{
	struct place *p = *state;
	struct db *db;

	OK(db_open(p->path, DB_WRITE, &db, &error));
	OK(db_script(db, "PRAGMA user_version = 999", "test", &error));
	db_close(db);
	assert_int_equal(db_open(p->path, DB_WRITE, &db, &error), RC_STATE);
	assert_int_equal(db_open(p->path, DB_READ, &db, &error), RC_STATE);
}

/* Whoever holds the file's write lock longer than we wait is told of. */
static void
test_two_writers(void **state)
{
	struct place *p = *state;
	struct db *db;

	OK(db_open(p->path, DB_WRITE, &db, &error));
	OK(db_script(db, "PRAGMA busy_timeout = 1", "test", &error));
	OK(db_begin(p->db, &error));
	assert_int_equal(db_begin(db, &error), RC_AGAIN);
	db_rollback(p->db);
	OK(db_begin(db, &error));
	db_rollback(db);
	db_close(db);
}

static void
test_modes_private(void **state)
{
	struct place *p = *state;
	struct stat st;

	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* Appends an event and says which number it got. */
static struct event_number
event_add(struct db *db, struct ref ref, int64_t now_us)
{
	struct event ev = {.kind = 44, .ref = ref};
	struct event_number number;

	OK(db_event_number(db, ref, now_us, &number, &error));
	ev.position = number.position;
	ev.time_us = number.time_us;
	ev.seq = number.seq;
	OK(event_insert(db, &ev, &error));
	return number;
}

#define EVENT(db, ref, now_us, p, s, t)                                        \
	do {                                                                   \
		struct event_number number_ = event_add(db, ref, now_us);      \
		assert_int_equal(number_.position, p);                         \
		assert_int_equal(number_.seq, s);                              \
		assert_int_equal(number_.time_us, t);                          \
	} while (0)

static void
test_rollback_and_undo(void **state)
{
	struct place *p = *state;
	struct ref ref = ref_new(), other = ref_new();
	int64_t v = -1;

	OK(db_begin(p->db, &error));
	OK(meta_set_int(p->db, "a", 1, &error));
	EVENT(p->db, ref, 5, 0, 0, 5);
	OK(db_savepoint(p->db, &error));
	OK(meta_set_int(p->db, "a", 2, &error));
	EVENT(p->db, ref, 9, 1, 1, 9);
	db_undo(p->db);
	EVENT(p->db, ref, 3, 1, 1, 5);
	EVENT(p->db, other, 3, 2, 0, 5);
	OK(db_commit(p->db, &error));
	OK(meta_get_int(p->db, "a", &v, &error));
	assert_int_equal(v, 1);

	OK(db_begin(p->db, &error));
	OK(meta_set_int(p->db, "a", 3, &error));
	EVENT(p->db, ref, 50, 3, 2, 50);
	db_rollback(p->db);
	OK(db_begin(p->db, &error));
	EVENT(p->db, ref, 4, 3, 2, 5);
	OK(db_commit(p->db, &error));
	OK(meta_get_int(p->db, "a", &v, &error));
	assert_int_equal(v, 1);
}

/* A subject's counter outlives its rows. */
static void
test_seq_outlives_rows(void **state)
{
	struct place *p = *state;
	struct ref ref = ref_new();

	OK(db_begin(p->db, &error));
	EVENT(p->db, ref, 5, 0, 0, 5);
	EVENT(p->db, ref, 5, 1, 1, 5);
	EVENT(p->db, ref_new(), 5, 2, 0, 5);
	OK(db_script(p->db, "DELETE FROM events WHERE position < 2", "prune",
		     &error));
	EVENT(p->db, ref, 5, 3, 2, 5);
	OK(db_commit(p->db, &error));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_create_refuses_what_is_there,
					    place_make, place_clear),
	    cmocka_unit_test_setup_teardown(test_open_never_creates, place_make,
					    place_clear),
	    cmocka_unit_test_setup_teardown(test_open_refuses_other_files,
					    place_make, place_clear),
	    cmocka_unit_test_setup_teardown(test_open_refuses_rubbish,
					    place_make, place_clear),
	    cmocka_unit_test_setup_teardown(test_open_refuses_a_newer_schema,
					    place_make, place_clear),
	    cmocka_unit_test_setup_teardown(test_reader_survives_a_lost_table,
					    place_open, place_clear),
	    cmocka_unit_test_setup_teardown(test_two_writers, place_open,
					    place_clear),
	    cmocka_unit_test_setup_teardown(test_modes_private, place_make,
					    place_clear),
	    cmocka_unit_test_setup_teardown(test_rollback_and_undo, place_open,
					    place_clear),
	    cmocka_unit_test_setup_teardown(test_seq_outlives_rows, place_open,
					    place_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
