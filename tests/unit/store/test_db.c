#include "tests/unit/store/store.h"

#include <fcntl.h>
#include <sys/stat.h>

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
test_modes_private(void **state)
{
	struct place *p = *state;
	struct stat st;

	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
test_rollback_and_undo(void **state)
{
	struct place *p = *state;
	struct ref ref = ref_new();
	struct event_number number;
	int64_t v = -1;

	OK(db_begin(p->db, &error));
	OK(meta_set_int(p->db, "a", 1, &error));
	OK(db_event_number(p->db, ref, 5, &number, &error));
	assert_int_equal(number.position, 0);
	OK(db_savepoint(p->db, &error));
	OK(meta_set_int(p->db, "a", 2, &error));
	OK(db_event_number(p->db, ref, 9, &number, &error));
	assert_int_equal(number.position, 1);
	assert_int_equal(number.seq, 1);
	assert_int_equal(number.time_us, 9);
	db_undo(p->db);
	OK(db_event_number(p->db, ref, 3, &number, &error));
	assert_int_equal(number.position, 1);
	assert_int_equal(number.seq, 1);
	assert_int_equal(number.time_us, 5);
	OK(db_commit(p->db, &error));
	OK(meta_get_int(p->db, "a", &v, &error));
	assert_int_equal(v, 1);

	OK(db_begin(p->db, &error));
	OK(meta_set_int(p->db, "a", 3, &error));
	db_rollback(p->db);
	OK(meta_get_int(p->db, "a", &v, &error));
	assert_int_equal(v, 1);
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
	    cmocka_unit_test_setup_teardown(test_modes_private, place_make,
					    place_clear),
	    cmocka_unit_test_setup_teardown(test_rollback_and_undo, place_open,
					    place_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
