#include "base/eight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static const char pieces[] = "\t\n\r !09=~\x7f\x80\xc3\xff";

static bool
has(const char *p, unsigned char low, unsigned char high)
{
	for (size_t i = 0; i < 8; i++)
		if ((unsigned char)p[i] >= low && (unsigned char)p[i] <= high)
			return true;
	return false;
}

/* Each pair of bytes at each place, among harmless ones. */
static void
test_agrees_with_looking_at_each_byte(void **state)
{
	(void)state;
	for (size_t a = 0; a < sizeof(pieces); a++)
		for (size_t b = 0; b < sizeof(pieces); b++)
			for (size_t at = 0; at < 8; at++) {
				char p[9] = "aaaaaaaa";
				uint64_t w;

				p[at] = pieces[a];
				p[(at + 1) % 8] = pieces[b];
				w = eight_load(p);
				assert_int_equal(eight_same(w, '\t') != 0,
						 has(p, '\t', '\t'));
				assert_int_equal(eight_same(w, '=') != 0,
						 has(p, '=', '='));
				assert_int_equal(eight_below(w, ' ') != 0,
						 has(p, 0, ' ' - 1));
				assert_int_equal(eight_high(w) != 0,
						 has(p, 128, 255));
			}
}

/* Each byte is marked for itself, whatever those below it. */
static void
test_finds_the_first(void **state)
{
	(void)state;
	for (size_t at = 0; at < 8; at++) {
		char p[9] = "\x1f\x21\x21\x21\x21\x21\x21\x21";

		p[at] = ' ';
		p[7] = at == 7 ? ' ' : '\xa0';
		assert_int_equal(eight_first(eight_same(eight_load(p), ' ')),
				 at);
		p[at] = '\t';
		p[0] = at ? '\xff' : '\t';
		assert_int_equal(eight_first(eight_below(eight_load(p), ' ')),
				 at);
	}
}

static void
test_counts_the_bytes_over_127(void **state)
{
	char p[9] = "aaaaaaaa";

	(void)state;
	assert_int_equal(eight_count_high(eight_load(p)), 0);
	for (unsigned n = 1; n <= 8; n++) {
		p[n - 1] = (char)(n % 2 ? 0x80 : 0xff);
		assert_int_equal(eight_count_high(eight_load(p)), n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_agrees_with_looking_at_each_byte),
	    cmocka_unit_test(test_finds_the_first),
	    cmocka_unit_test(test_counts_the_bytes_over_127),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
