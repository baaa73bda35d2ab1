#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracker/multipart.h"

#define PART(disposition, value)                                               \
	"--b\r\nContent-Disposition: form-data; " disposition "\r\n\r\n" value \
	"\r\n"

static void
test_field(void **state)
{
	static const struct {
		const char *type, *body, *want;
	} all[] = {
	    {"multipart/form-data; boundary=b", PART("name=a", "1") "--b--",
	     "1"},
	    {"multipart/form-data; boundary=\"b\"",
	     PART("name=\"a\"", "1") "--b--\r\n", "1"},
	    {"x; boundary=b", PART("name=c", "0") PART("name=a", "1") "--b--",
	     "1"},
	    {"x; boundary=b", "before\r\n" PART("name=a", "") "--b--", ""},
	    {"x; boundary=b", PART("NAME=a;filename=x", "1\r\n2") "--b--",
	     "1\r\n2"},
	    {"x; boundary=b", PART("filename=\";name=a\"", "1") "--b--", NULL},
	    {"x; boundary=b", PART("name=b", "name=a") "--b--", NULL},
	    {"x; boundary=b", PART("name=a", "1"), NULL},
	    {"x; boundary=b", "--b--", NULL},
	    {"x; boundary=b", "", NULL},
	    {"x; boundary=c", PART("name=a", "1") "--b--", NULL},
	    {"x; boundary=", PART("name=a", "1") "--b--", NULL},
	    {"x", PART("name=a", "1") "--b--", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct slice got = multipart_field(
		    slice_z(all[i].body), slice_z(all[i].type), SLICE("a"));

		if ((got.p != NULL) != (all[i].want != NULL) ||
		    (got.p != NULL && !slice_eq_z(got, all[i].want)))
			fail_msg("%s %s", all[i].type, all[i].body);
	}
}

static void
test_cut(void **state)
{
	struct slice rest = SLICE("a;\"b;\\\";c\";;d");

	(void)state;
	assert_true(slice_eq_z(multipart_cut(&rest, ';'), "a"));
	assert_true(slice_eq_z(multipart_cut(&rest, ';'), "\"b;\\\";c\""));
	assert_true(slice_eq_z(multipart_cut(&rest, ';'), ""));
	assert_true(slice_eq_z(multipart_cut(&rest, ';'), "d"));
	assert_null(rest.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_field),
	    cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
