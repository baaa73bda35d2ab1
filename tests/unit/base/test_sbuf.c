#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/sbuf.h"

static void
grows_to_its_cap_and_no_further(void **state)
{
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 1000);
	for (int i = 0; i < 1000; i++)
		sbuf_add_c(&b, 'x');
	assert_true(sbuf_ok(&b));
	assert_int_equal(b.n, 1000);
	assert_int_equal(strlen(sbuf_z(&b)), 1000);
	sbuf_add_c(&b, 'x');
	assert_false(sbuf_ok(&b));
	assert_int_equal(b.n, 1000);
	sbuf_fini(&b);
}

static void
overflow_is_sticky_until_cut(void **state)
{
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 4);
	sbuf_add_z(&b, "ab");
	sbuf_add_z(&b, "cde");
	sbuf_add_z(&b, "c");
	assert_false(sbuf_ok(&b));
	assert_string_equal(sbuf_z(&b), "ab");
	assert_null(sbuf_room(&b, 0));
	sbuf_cut(&b, 1);
	sbuf_add_z(&b, "bcd");
	assert_true(sbuf_ok(&b));
	assert_string_equal(sbuf_z(&b), "abcd");
	sbuf_reset(&b);
	assert_string_equal(sbuf_z(&b), "");
	sbuf_fini(&b);
}

static void
empty_needs_no_memory(void **state)
{
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 0);
	assert_int_equal(sbuf_slice(&b).n, 0);
	sbuf_add(&b, (struct slice){NULL, 0});
	assert_true(sbuf_ok(&b));
	assert_string_equal(sbuf_z(&b), "");
	sbuf_fini(&b);
	sbuf_fini(&b);
}

static void
numbers_and_formats(void **state)
{
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 4096);
	sbuf_add_int(&b, INT64_MIN);
	sbuf_add_int(&b, 0);
	sbuf_add_int(&b, INT64_MAX);
	assert_string_equal(sbuf_z(&b),
			    "-922337203685477580809223372036854775807");
	sbuf_reset(&b);
	sbuf_addf(&b, "%0300d|%s", 7, "x");
	assert_int_equal(b.n, 302);
	sbuf_fini(&b);
}

static void
escapes(void **state)
{
	static const struct {
		void (*add)(struct sbuf *, struct slice);
		struct slice in;
		const char *out;
	} rows[] = {
	    {sbuf_add_html, SLICE_INIT("a<b>&\"'é"),
	     "a&lt;b&gt;&amp;&quot;&#39;é"},
	    {sbuf_add_html, SLICE_INIT("</td><script>"),
	     "&lt;/td&gt;&lt;script&gt;"},
	    {sbuf_add_url, SLICE_INIT("a-._~Z9"), "a-._~Z9"},
	    {sbuf_add_url, SLICE_INIT("a b/?&=%\xc3\xb1"),
	     "a%20b%2F%3F%26%3D%25%C3%B1"},
	    {sbuf_add_json, SLICE_INIT("é\"\\\n\t\x01\x7f/"),
	     "\"é\\\"\\\\\\n\\t\\u0001\\u007f/\""},
	    {sbuf_add_json, SLICE_INIT("a\xffz\xe2\x82"),
	     "\"a\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\""},
	    {sbuf_add_json, SLICE_INIT("\0"), "\"\\u0000\""},
	    {sbuf_add_header, SLICE_INIT("Hola: ñ\t"), "Hola: ñ\t"},
	};
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sbuf_reset(&b);
		rows[i].add(&b, rows[i].in);
		assert_string_equal(sbuf_z(&b), rows[i].out);
		assert_true(sbuf_ok(&b));
	}
	sbuf_fini(&b);
}

static void
headers_refuse_line_ends(void **state)
{
	static const struct slice rows[] = {
	    SLICE_INIT("x\r\nBcc: y"), SLICE_INIT("x\nBcc: y"),
	    SLICE_INIT("x\r"), SLICE_INIT("\0")};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sbuf b;

		sbuf_init(&b, 100);
		sbuf_add_header(&b, rows[i]);
		assert_false(sbuf_ok(&b));
		assert_int_equal(b.n, 0);
		sbuf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(grows_to_its_cap_and_no_further),
	    cmocka_unit_test(overflow_is_sticky_until_cut),
	    cmocka_unit_test(empty_needs_no_memory),
	    cmocka_unit_test(numbers_and_formats),
	    cmocka_unit_test(escapes),
	    cmocka_unit_test(headers_refuse_line_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
