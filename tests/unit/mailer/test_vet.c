#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mailer/vet.h"

/* One that is missed goes to a peer that did not offer SMTPUTF8 or 8BITMIME. */
static void
an_eight_bit_byte_is_seen_wherever_it_is(void **state)
{
	char text[21];

	(void)state;
	memset(text, 0x7f, sizeof text);
	for (size_t n = 0; n <= sizeof text; n++) {
		assert_false(vet_eight_bit(slice_of(text, n)));
		for (size_t i = 0; i < n; i++) {
			text[i] = (char)0x80;
			if (!vet_eight_bit(slice_of(text, n)))
				fail_msg("byte %zu of %zu", i, n);
			text[i] = 0x7f;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_eight_bit_byte_is_seen_wherever_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
