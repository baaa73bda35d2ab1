#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/idn.h"

static void
names_become_a_labels_or_nothing(void **state)
{
	static const struct {
		const char *name, *want; /* "": it has no such form */
	} rows[] = {
	    {"mx.example", "mx.example"},
	    {"MX.Example", "mx.example"},
	    {"ñandú.example", "xn--and-6ma2c.example"},
	    {"NÑandú.Example", "xn--nand-gqa1d.example"},
	    {"bücher.de", "xn--bcher-kva.de"},
	    {"straße.de", "xn--strae-oqa.de"},
	    {"日本語。jp", "xn--wgv71a119e.jp"},
	    {"xn--bcher-kva.de", "xn--bcher-kva.de"},
	    {"", ""},
	    {"a..b", ""},
	    {"-x.example", ""},
	    {"x\u2024y.example", ""},
	    {"x y.example", ""},
	    {"xn--a.example", ""},
	    {"\xff.example", ""},
	    {"aאb.example", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char out[IDN_ROOM] = "";

		if (!idn_ascii(slice_z(rows[i].name), out))
			out[0] = '\0';
		if (strcmp(out, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].name, out);
	}
}

static void
too_long_a_name_has_no_form(void **state)
{
	char label[300], out[IDN_ROOM];

	(void)state;
	memset(label, 'a', sizeof(label));
	assert_true(idn_ascii(slice_of(label, 63), out));
	assert_false(idn_ascii(slice_of(label, 64), out));
	assert_false(idn_ascii(slice_of(label, sizeof(label)), out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_become_a_labels_or_nothing),
	    cmocka_unit_test(too_long_a_name_has_no_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
