/* What is kept of a request's headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tracker/hits.h"

#define LONG                                                                   \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* A browser that says late that it looks ahead says so after the cut too. */
static void
test_purposes_come_first(void **state)
{
	static const struct http_field headers[] = {
	    HTTP_FIELD("Accept", LONG),
	    HTTP_FIELD("Accept-Language", LONG),
	    HTTP_FIELD("Accept-Encoding", LONG),
	    HTTP_FIELD("Via", LONG),
	    HTTP_FIELD("Sec-CH-UA", LONG),
	    HTTP_FIELD("Cookie", "none of ours"),
	    HTTP_FIELD("Sec-CH-UA-Platform", LONG),
	    HTTP_FIELD("Purpose", "prefetch"),
	    HTTP_FIELD("Sec-Purpose", "prefetch;prerender"),
	};
	struct http_request rq = {.headers = headers,
				  .headers_n =
				      sizeof(headers) / sizeof(headers[0])};
	struct slice kept;
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 4096);
	kept = hits_signals(&rq, &b);
	assert_true(kept.n > HIT_SIGNALS_MAX);
	assert_true(
	    slice_starts(kept, SLICE("sec-purpose: prefetch;prerender\n"
				     "purpose: prefetch\naccept: aaa")));
	assert_true(slice_find(kept, SLICE("ours")) < 0);
	sbuf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_purposes_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
