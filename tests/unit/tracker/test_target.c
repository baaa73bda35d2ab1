#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/sbuf.h"
#include "tracker/target.h"

static void
test_split(void **state)
{
	static const struct {
		const char *target, *path, *query;
	} all[] = {
	    {"/", "/", NULL},
	    {"/a/b?c=d?e", "/a/b", "c=d?e"},
	    {"/a?", "/a", ""},
	    {"http://x/a?b", "/a", "b"},
	    {"https://x:80/", "/", NULL},
	    {"HTTP://x/A", "/A", NULL},
	    {"hTTpS://x/?b", "/", "b"},
	    {"http://x", "/", NULL},
	    {"http://x?a/b", "/", "a/b"},
	    {"http://", NULL, NULL},
	    {"http://?a", NULL, NULL},
	    {"http:///a", NULL, NULL},
	    {"ftp://x/a", NULL, NULL},
	    {"*", NULL, NULL},
	    {"x:443", NULL, NULL},
	    {"", NULL, NULL},
	    {"?a", NULL, NULL},
	    {"/a b", NULL, NULL},
	    {"/a#b", NULL, NULL},
	    {"/\xc3\xa9", NULL, NULL},
	    {"/a\tb", NULL, NULL},
	    {"/a\x7f", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct slice path, query;
		bool ok = target_split(slice_z(all[i].target), &path, &query);

		if (ok != (all[i].path != NULL))
			fail_msg("%s", all[i].target);
		if (!ok)
			continue;
		assert_true(slice_eq_z(path, all[i].path));
		assert_int_equal(query.p != NULL, all[i].query != NULL);
		if (all[i].query)
			assert_true(slice_eq_z(query, all[i].query));
	}
}

static void
test_decode(void **state)
{
	static const struct {
		const char *in, *line, *text; /* NULL: refused */
	} all[] = {
	    {"", "", ""},
	    {"abc", "abc", "abc"},
	    {"a%20b+c", "a b+c", "a b+c"},
	    {"%C3%b1", "\xc3\xb1", "\xc3\xb1"},
	    {"%2541", "%41", "%41"},
	    {"%2F%2e%2E", "/..", "/.."},
	    {"a%0Ab", NULL, "a\nb"},
	    {"%09%0d", NULL, "\t\r"},
	    {"%00", NULL, NULL},
	    {"a%00b", NULL, NULL},
	    {"%1b", NULL, NULL},
	    {"%7F", NULL, NULL},
	    {"%", NULL, NULL},
	    {"%4", NULL, NULL},
	    {"a%4", NULL, NULL},
	    {"%zz", NULL, NULL},
	    {"%+1", NULL, NULL},
	    {"%C3", NULL, NULL},
	    {"%ff%fe", NULL, NULL},
	    {"%C0%80", NULL, NULL},
	    {"%ED%A0%80", NULL, NULL},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *want[2] = {all[i].line, all[i].text};

		for (int k = 0; k < 2; k++) {
			struct slice out;
			bool ok = target_decode(slice_z(all[i].in),
						k ? TARGET_TEXT : TARGET_LINE,
						&a, &out);

			if (ok != (want[k] != NULL) ||
			    (ok && !slice_eq_z(out, want[k])))
				fail_msg("%s %d", all[i].in, k);
		}
	}
	arena_fini(&a);
}

static void
test_typed(void **state)
{
	static const char *const all[][2] = {
	    {"a%0Bb", "a b"},
	    {"a%00b%7F", "a b "},
	    {"%0D%0A%09", "\r\n\t"},
	    {"se%F1or", "se\xef\xbf\xbdor"},
	    {"%E5%AD%97%ff", "\xe5\xad\x97\xef\xbf\xbd"},
	    {"%zz", NULL},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct slice out;
		bool ok =
		    target_decode(slice_z(all[i][0]), TARGET_TYPED, &a, &out);

		if (ok != (all[i][1] != NULL) ||
		    (ok && !slice_eq_z(out, all[i][1])))
			fail_msg("%s", all[i][0]);
	}
	arena_fini(&a);
}

static void
test_fields(void **state)
{
	const struct http_field *f;
	struct sbuf many;
	struct arena a;
	size_t n;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_true(target_fields(SLICE("a=1&b=x+y%2B&&c&=d&a=2=3"),
				  TARGET_LINE, &a, &f, &n));
	assert_int_equal(n, 5);
	assert_true(slice_eq_z(f[0].name, "a") && slice_eq_z(f[0].value, "1"));
	assert_true(slice_eq_z(f[1].value, "x y+"));
	assert_true(slice_eq_z(f[2].name, "c") && slice_eq_z(f[2].value, ""));
	assert_non_null(f[2].value.p);
	assert_true(slice_eq_z(f[3].name, "") && slice_eq_z(f[3].value, "d"));
	assert_true(slice_eq_z(f[4].value, "2=3"));
	assert_false(target_fields(SLICE("a=%00"), TARGET_TEXT, &a, &f, &n));
	assert_false(target_fields(SLICE("%=1"), TARGET_TEXT, &a, &f, &n));
	sbuf_init(&many, 1000);
	for (int i = 0; i <= TARGET_FIELDS_MAX; i++)
		sbuf_add_z(&many, "a&");
	assert_false(target_fields(sbuf_slice(&many), TARGET_LINE, &a, &f, &n));
	sbuf_cut(&many, many.n - 2);
	assert_true(target_fields(sbuf_slice(&many), TARGET_LINE, &a, &f, &n));
	sbuf_fini(&many);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_split),
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_typed),
	    cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
