/* Who asks for a language and refuses another is heard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/sbuf.h"
#include "tracker/languages.h"

static void
test_the_most_wanted_is_first(void **state)
{
	static const struct {
		const char *list, *read;
	} all[] = {
	    {"", ""},
	    {"es", "es "},
	    {"es-AR,es;q=0.9,en;q=0.8", "es-AR es en "},
	    {"en;q=0.8, es;q=0.9 , it", "it es en "},
	    {"en;q=0, es", "es "},
	    {"en;Q=0.000,it;q=0.001", "it "},
	    {"en ; q = 0 , es", "es "},
	    {"en;q=1.000,es", "en es "},
	    {"de;q=high,es", "de es "},
	    {"de;q=7,es", "de es "},
	    {"de;level=1;q=0.3,es;q=0.5", "es de "},
	    {"*,es;q=0.5", "es "},
	    {",,;;, e, 12,\xff\xff,es", "es "},
	    {"en;q=0.5,es;q=0.5,it;q=0.5", "en es it "},
	    {"en;q=", "en "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct slice out[LANGUAGES_MAX];
		size_t n = languages_read(slice_z(all[i].list), out);
		struct sbuf b;

		sbuf_init(&b, 1024);
		for (size_t k = 0; k < n; k++) {
			sbuf_add(&b, out[k]);
			sbuf_add_c(&b, ' ');
		}
		assert_string_equal(sbuf_z(&b), all[i].read);
		sbuf_fini(&b);
	}
}

static void
test_a_list_without_end_is_bounded(void **state)
{
	struct slice out[LANGUAGES_MAX];
	struct sbuf b;

	(void)state;
	assert_int_equal(languages_read(slice_of(NULL, 0), out), 0);
	sbuf_init(&b, 1 << 16);
	for (int i = 0; i < 5000; i++)
		sbuf_addf(&b, "es;q=0.%03d,", i % 1000);
	assert_int_equal(languages_read(sbuf_slice(&b), out), LANGUAGES_MAX);
	sbuf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_most_wanted_is_first),
	    cmocka_unit_test(test_a_list_without_end_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
