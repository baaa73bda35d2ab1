#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/sbuf.h"
#include "mailer/stuffed.h"

/* Feeds a stream in pieces of k bytes; what may go is added to out. */
static enum stuffed_sort
feed(const char *message, const char *stream, size_t k, struct sbuf *out)
{
	struct stuffed s = {.message = slice_z(message), .state = STUFFED_LINE};
	enum stuffed_sort sort = STUFFED_HOLD;
	size_t at = 0, size = strlen(stream);

	sbuf_init(out, 4096);
	while (at < size && sort <= STUFFED_STUFF) {
		size_t n = size - at < k ? size - at : k;

		sort = stuffed_take(&s, stream + at, &n);
		if (sort == STUFFED_STUFF)
			sbuf_add_c(out, '.');
		if (sort == STUFFED_PASS || sort == STUFFED_STUFF)
			sbuf_add(out, slice_of(stream + at, n));
		at += n;
	}
	if (sort == STUFFED_END)
		assert_int_equal(at, size);
	return sort;
}

static void
only_the_whole_message_has_an_end(void **state)
{
	static const struct {
		const char *message, *stream;
		enum stuffed_sort want;
	} rows[] = {
	    {"a\r\n", "a\r\n.\r\n", STUFFED_END},
	    {".\r\n", "..\r\n.\r\n", STUFFED_END},
	    {".\r\n..\r\n.x\r\n\r\n", "..\r\n...\r\n..x\r\n\r\n.\r\n",
	     STUFFED_END},
	    {"x.\r\n.y\r\n", "x.\r\n..y\r\n.\r\n", STUFFED_END},
	    {"a\r\nb\r\n", "a\r\n.\r\n", STUFFED_EARLY},
	    {"a\r\n", ".\r\n", STUFFED_EARLY},
	    {"a\r\nb\r\n", "a\r\nc\r\n", STUFFED_WRONG},
	    {"a\r\n", "a\r\nb\r\n", STUFFED_WRONG}, /* more than it */
	    {".a\r\n", ".a\r\n", STUFFED_WRONG},    /* not stuffed */
	    {"a\r\n.\r\nb\r\n", "a\r\n.\r\nb\r\n", STUFFED_EARLY},
	    {"a\r\n", "a\r\n.\rx", STUFFED_WRONG},
	    {"a\r\nb\r\n", "a\nb\r\n", STUFFED_WRONG},
	    {"a\r\nb\r\n", "b\r\n", STUFFED_WRONG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t k = 1; k < 12; k++) {
			struct sbuf out;
			enum stuffed_sort got =
			    feed(rows[i].message, rows[i].stream, k, &out);
			size_t sent = strlen(rows[i].stream) - 3;

			if (got != rows[i].want)
				print_error("row %zu, by %zu\n", i, k);
			assert_int_equal(got, rows[i].want);
			/* Never the final dot: that is the caller's. */
			if (got == STUFFED_END)
				assert_true(
				    slice_eq(sbuf_slice(&out),
					     slice_of(rows[i].stream, sent)));
			sbuf_fini(&out);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_the_whole_message_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
