#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/json_node.h"

/* Text of its own size, so that ASan sees a look past its end. */
static char *kept;

static enum rc
read_text(struct arena *a, const char *z, const struct json_node **out)
{
	size_t n = strlen(z);
	struct err e = {0};
	enum rc rc;

	free(kept);
	kept = malloc(n + !n);
	memcpy(kept, z, n);
	rc = json_node_read(a, slice_of(kept, n), 1000, out, &e);
	assert_true(rc == RC_OK || e.text[0] != '\0');
	return rc;
}

static void
an_invoice_is_found_by_its_keys(void **state)
{
	static const char text[] =
	    " {\"number\":\"A-1\", \"lines\" : [{\"amount\":\"10.50\"},"
	    "{\"amount\":\"-0.25\", \"n\":-1.5e+3}],\n\"paid\":false,"
	    "\"tax\":null,\"ok\":true,\"count\":12,\"none\":{},\"few\":[]} ";
	const struct json_node *o, *line;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(read_text(&a, text, &o), RC_OK);
	assert_true(
	    slice_eq_z(json_node_text(json_node_get(o, "number")), "A-1"));
	line = json_node_get(o, "lines")->first;
	assert_true(
	    slice_eq_z(json_node_text(json_node_get(line, "amount")), "10.50"));
	line = line->next;
	assert_true(
	    slice_eq_z(json_node_text(json_node_get(line, "amount")), "-0.25"));
	assert_int_equal(json_node_get(line, "n")->kind, JSON_NODE_NUMBER);
	assert_true(slice_eq_z(json_node_get(line, "n")->text, "-1.5e+3"));
	assert_null(line->next);
	assert_int_equal(json_node_get(o, "paid")->kind, JSON_NODE_FALSE);
	assert_int_equal(json_node_get(o, "tax")->kind, JSON_NODE_NULL);
	assert_int_equal(json_node_get(o, "ok")->kind, JSON_NODE_TRUE);
	assert_int_equal(json_node_text(json_node_get(o, "count")).n, 0);
	assert_null(json_node_get(o, "none")->first);
	assert_int_equal(json_node_get(o, "few")->kind, JSON_NODE_LIST);
	assert_null(json_node_get(o, "absent"));
	assert_null(json_node_get(json_node_get(o, "lines"), "amount"));
	assert_null(json_node_get(NULL, "amount"));
	assert_int_equal(json_node_text(NULL).n, 0);
	arena_fini(&a);
}

static void
what_is_escaped_is_written_out(void **state)
{
	static const struct {
		const char *text, *is;
	} cases[] = {
	    {"\"\"", ""},
	    {"\"no escape, but more than eight bytes\"",
	     "no escape, but more than eight bytes"},
	    {"\"a\\\"b\\\\c\\/d\"", "a\"b\\c/d"},
	    {"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t"},
	    {"\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00 and after\"",
	     "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 and after"},
	    {"\"before \xc3\xa9\\u00e9\"", "before \xc3\xa9\xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct json_node *n;
		struct arena a;

		arena_init(&a, 1 << 20);
		assert_int_equal(read_text(&a, cases[i].text, &n), RC_OK);
		assert_int_equal(n->kind, JSON_NODE_TEXT);
		assert_true(slice_eq_z(n->text, cases[i].is));
		arena_fini(&a);
	}
}

static void
what_is_no_json_is_refused(void **state)
{
	static const char *const cases[] = {
	    "",
	    " ",
	    "{",
	    "[",
	    "[1,",
	    "[1,]",
	    "[1 2]",
	    "{\"a\"}",
	    "{\"a\":}",
	    "{\"a\":1,}",
	    "{a:1}",
	    "{1:1}",
	    "\"",
	    "\"a",
	    "\"a\\",
	    "\"a\\\"",
	    "\"\\x\"",
	    "\"\\u12\"",
	    "\"\\u0000\"",
	    "\"\\ud800\"",
	    "\"\\udc00\"",
	    "\"\\ud800\\u0041\"",
	    "\"a\nb\"",
	    "\"\\n\tb\"",
	    "tru",
	    "nul",
	    "falsy",
	    "-",
	    "01",
	    "1.",
	    ".5",
	    "1e",
	    "+1",
	    "1 1",
	    "{} {}",
	    "]",
	    "'a'",
	    "{\"a\":1]",
	    "[1}",
	    "NaN",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct json_node *n;
		struct arena a;

		arena_init(&a, 1 << 20);
		assert_int_equal(read_text(&a, cases[i], &n), RC_INVALID);
		arena_fini(&a);
	}
}

static void
size_and_depth_are_bounded(void **state)
{
	char deep[200];
	const struct json_node *n;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(json_node_read(&a, SLICE("[1,2]"), 4, &n, NULL),
			 RC_LIMIT);
	memset(deep, '[', sizeof(deep));
	assert_int_equal(
	    json_node_read(&a, slice_of(deep, 200), 1000, &n, NULL), RC_LIMIT);
	memset(deep + 64, ']', 64);
	assert_int_equal(
	    json_node_read(&a, slice_of(deep, 128), 1000, &n, NULL), RC_OK);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_invoice_is_found_by_its_keys),
	    cmocka_unit_test(what_is_escaped_is_written_out),
	    cmocka_unit_test(what_is_no_json_is_refused),
	    cmocka_unit_test(size_and_depth_are_bounded),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(kept);
	return failed;
}
