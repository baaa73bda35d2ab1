#include "tests/unit/store/store.h"

#include <string.h>
#include <sys/stat.h>

#include "store/meta.h"
#include "store/writer.h"

#define VALUE ((size_t)1 << 20)
#define WRITES 400
#define LOG_MAX ((off_t)200 << 20) /* of 400 MB written */

struct put {
	struct write_op op;
	struct slice value;
};

static enum rc
put_run(struct write_op *op, struct db *db, struct err *e)
{
	const struct put *put = (const struct put *)op;

	return meta_set_text(db, "much", put->value, e);
}

static void
test_the_log_begins_anew_while_all_write(void **state)
{
	struct place *p = *state;
	char *value = mem_alloc(VALUE);
	struct put put = {.op = {.run = put_run}};
	struct writer *w;
	struct stat st;
	char log[256];

	memset(value, 'x', VALUE);
	put.value = slice_of(value, VALUE);
	(void)snprintf(log, sizeof(log), "%s-wal", p->path);
	OK(writer_start(p->path, 16, &w, &error));
	for (int i = 0; i < WRITES; i++) {
		value[0] = (char)('a' + i % 20);
		OK(writer_do(w, &put.op, &error));
		assert_int_equal(stat(log, &st), 0);
		assert_true(st.st_size < LOG_MAX);
	}
	writer_stop(w);
	free(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_the_log_begins_anew_while_all_write, place_make,
		place_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
