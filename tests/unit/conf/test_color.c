/* Whatever colour a brand has, its pages can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "conf/color.h"

static void
test_every_colour_can_be_read(void **state)
{
	(void)state;
	for (int r = 0; r <= 255; r += 17)
		for (int g = 0; g <= 255; g += 17)
			for (int b = 0; b <= 255; b += 17) {
				struct colors c;
				char z[COLOR_SIZE];

				snprintf(z, sizeof(z), "#%02x%02x%02x", r, g,
					 b);
				colors_of(slice_z(z), &c);
				assert_string_equal(c.fill, z);
				assert_true(color_contrast(c.fill, c.on_fill) >=
					    4.5);
				assert_true(
				    color_contrast(c.light, "#f4f5f7") >= 4.5);
				assert_true(color_contrast(c.dark, "#1d2027") >=
					    4.5);
			}
}

static void
test_odd_ones(void **state)
{
	struct colors c;

	(void)state;
	colors_of(SLICE("#FA0"), &c);
	assert_string_equal(c.fill, "#ffaa00");
	assert_string_equal(c.on_fill, "#000000");
	colors_of(SLICE(""), &c);
	assert_string_equal(c.on_fill, "#ffffff");
	colors_of(SLICE("red;}"), &c);
	assert_int_equal(strlen(c.fill), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_colour_can_be_read),
	    cmocka_unit_test(test_odd_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
