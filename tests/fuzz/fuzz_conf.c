#include <stdlib.h>

#include "conf/conf.h"

/*
 * A configuration from memory.  Whatever loads must print as something that
 * loads and prints the same, with the same versions of policies.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH "/nonexistent/fuzz.conf"

static void
round_trip(const struct conf *c)
{
	const struct conf *again;
	struct sbuf first, second, warnings;
	struct err e;

	sbuf_init(&first, (size_t)16 << 20);
	sbuf_init(&second, (size_t)16 << 20);
	sbuf_init(&warnings, (size_t)16 << 20);
	conf_print(c, &first);
	conf_warnings(c, &warnings);
	if (first.n <= (size_t)1 << 20) {
		if (conf_parse(sbuf_slice(&first), PATH, &again, &e))
			die("printed, it is refused: %s: %s", e.pointer,
			    e.text);
		conf_print(again, &second);
		if (!slice_eq(sbuf_slice(&first), sbuf_slice(&second)))
			die("printed again, it differs");
		for (size_t i = 0; i < c->policies_n; i++) {
			if (memcmp(c->policies[i].version,
				   again->policies[i].version, 8) != 0)
				die("a policy's version changed");
		}
		conf_unref(again);
	}
	sbuf_fini(&first);
	sbuf_fini(&second);
	sbuf_fini(&warnings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size);
	const struct conf *c;
	struct err e;

	/* No files beside it: what they hold would not be the input's. */
	if (slice_find(text, SLICE("/dev")) >= 0 ||
	    slice_find(text, SLICE("/proc")) >= 0)
		return 0;
	if (conf_parse(text, PATH, &c, &e)) {
		if (e.text[0] == '\0' || e.pointer[0] == '\0')
			die("refused without a reason or a place");
		return 0;
	}
	(void)conf_destination(c, text);
	round_trip(c);
	conf_unref(c);
	return 0;
}
