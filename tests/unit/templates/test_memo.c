#include "templates/memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct memo memo;

static void
assert_recalls(const char *key, const char *text)
{
	struct sbuf out;

	sbuf_init(&out, 1000);
	assert_true(memo_recall(&memo, slice_z(key), &out));
	assert_string_equal(sbuf_z(&out), text);
	sbuf_fini(&out);
}

static void
assert_forgot(struct slice key)
{
	struct sbuf out;

	sbuf_init(&out, 1000);
	assert_false(memo_recall(&memo, key, &out));
	assert_int_equal(out.n, 0);
	sbuf_fini(&out);
}

static void
test_gives_back_what_was_kept(void **state)
{
	(void)state;
	memset(&memo, 0, sizeof(memo));
	assert_forgot(SLICE("a"));
	assert_forgot(SLICE(""));
	memo_keep(&memo, SLICE("a"), SLICE("1 de mayo"));
	memo_keep(&memo, SLICE("b"), SLICE(""));
	assert_recalls("a", "1 de mayo");
	assert_recalls("b", "");
	assert_forgot(SLICE("aa"));
	memo_keep(&memo, SLICE("a"), SLICE("2 de mayo"));
	assert_recalls("a", "2 de mayo");
}

static void
test_never_gives_the_text_of_another_key(void **state)
{
	char key[16], text[16];
	int there = 0;

	(void)state;
	memset(&memo, 0, sizeof(memo));
	for (int i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		snprintf(text, sizeof(text), "t%d", i);
		memo_keep(&memo, slice_z(key), slice_z(text));
	}
	for (int i = 0; i < 10000; i++) {
		struct sbuf out;

		snprintf(key, sizeof(key), "k%d", i);
		snprintf(text, sizeof(text), "t%d", i);
		sbuf_init(&out, 1000);
		if (memo_recall(&memo, slice_z(key), &out)) {
			assert_string_equal(sbuf_z(&out), text);
			there++;
		}
		sbuf_fini(&out);
	}
	assert_in_range(there, 128, MEMO_ROOMS);
}

static void
test_keeps_nothing_too_long(void **state)
{
	char key[MEMO_KEY + 1], text[MEMO_TEXT + 1];

	(void)state;
	memset(&memo, 0, sizeof(memo));
	memset(key, 'k', sizeof(key));
	memset(text, 't', sizeof(text));
	memo_keep(&memo, slice_of(key, sizeof(key)), SLICE("x"));
	assert_forgot(slice_of(key, sizeof(key)));
	memo_keep(&memo, SLICE("k"), slice_of(text, sizeof(text)));
	assert_forgot(SLICE("k"));
	memo_keep(&memo, slice_of(key, MEMO_KEY), slice_of(text, MEMO_TEXT));
	assert_true(memo.rooms[0].key_n <= MEMO_KEY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gives_back_what_was_kept),
	    cmocka_unit_test(test_never_gives_the_text_of_another_key),
	    cmocka_unit_test(test_keeps_nothing_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
