#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "base/err.h"

static void
reason_and_pointer(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, RC_LIMIT, "over %d bytes", 7), RC_LIMIT);
	assert_string_equal(e.text, "over 7 bytes");
	assert_string_equal(e.pointer, "");
	assert_int_equal(err_at(&e, RC_INVALID, "/a/0", "bad %s", "date"),
			 RC_INVALID);
	assert_string_equal(e.pointer, "/a/0");
	assert_string_equal(e.text, "bad date");
	assert_int_equal(err_set(NULL, RC_IO, "nobody asks"), RC_IO);
}

static void
own_text_as_argument(void **state)
{
	struct err e;

	(void)state;
	(void)err_set(&e, RC_IO, "disk full");
	(void)err_set(&e, RC_AGAIN, "later: %s", e.text);
	assert_string_equal(e.text, "later: disk full");
	(void)err_add(&e, "writing (%s)", e.text);
	assert_string_equal(e.text, "writing (later: disk full): later: disk "
				    "full");
}

static void
layers_keep_code_and_pointer(void **state)
{
	struct err e;

	(void)state;
	(void)err_at(&e, RC_STATE, "conf:3", "held");
	assert_int_equal(err_add(&e, "starting %s", "store"), RC_STATE);
	assert_string_equal(e.text, "starting store: held");
	assert_string_equal(e.pointer, "conf:3");
}

static void
long_texts_are_cut(void **state)
{
	char big[2000];
	struct err e;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	(void)err_at(&e, RC_INVALID, big, "%s", big);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_int_equal(strlen(e.pointer), sizeof(e.pointer) - 1);
	(void)err_add(&e, "%s", big);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

static void
from_errno(void **state)
{
	struct err e;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_errno(&e, "/x"), RC_NOTFOUND);
	assert_string_equal(e.text, "/x: No such file or directory");
	errno = ENOSPC;
	assert_int_equal(err_errno(&e, "/x"), RC_IO);
	assert_string_equal(e.text, "/x: No space left on device");
}

static void
names_and_exit_codes(void **state)
{
	static const struct {
		enum rc rc;
		const char *name;
		int exit_code;
	} rows[] = {
	    {RC_OK, "ok", EX_OK},
	    {RC_AGAIN, "again", EX_TEMPFAIL},
	    {RC_INVALID, "invalid", EX_DATAERR},
	    {RC_LIMIT, "limit", EX_TEMPFAIL},
	    {RC_DENIED, "denied", EX_NOPERM},
	    {RC_STATE, "state", EX_UNAVAILABLE},
	    {RC_NOTFOUND, "not_found", EX_NOINPUT},
	    {RC_IO, "io", EX_IOERR},
	    {RC_USAGE, "usage", EX_USAGE},
	    {RC_CONFIG, "config", EX_CONFIG},
	    {RC_BUG, "bug", EX_SOFTWARE},
	    {(enum rc)77, "unknown", EX_SOFTWARE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(rc_name(rows[i].rc), rows[i].name);
		assert_int_equal(rc_exit(rows[i].rc), rows[i].exit_code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reason_and_pointer),
	    cmocka_unit_test(own_text_as_argument),
	    cmocka_unit_test(layers_keep_code_and_pointer),
	    cmocka_unit_test(long_texts_are_cut),
	    cmocka_unit_test(from_errno),
	    cmocka_unit_test(names_and_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
