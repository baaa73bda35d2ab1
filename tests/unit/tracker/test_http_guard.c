#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tracker/http_guard.h"

struct guard {
	const char *headers; /* "Name: value|Name: value" */
	const char *version;
	int status;
	int64_t length; /* said; -2: chunked */
};

static const struct guard guards[] = {
    {"Host: x", "HTTP/1.1", 0, -1},
    {"Host: x", "HTTP/1.0", 0, -1},
    {"", "HTTP/1.0", 0, -1},
    {"", "HTTP/1.1", 400, 0},
    {"Host: x|host: x", "HTTP/1.1", 400, 0},
    {"Host: x|Host: y", "HTTP/1.0", 400, 0},
    {"Host: a b", "HTTP/1.1", 400, 0},
    {"Host: a/b", "HTTP/1.1", 400, 0},
    {"Host: u@a", "HTTP/1.1", 400, 0},
    {"Host: [::1]:80", "HTTP/1.1", 0, -1},
    {"Host: x|Content-Length: 5", "HTTP/1.1", 0, 5},
    {"Host: x|Content-Length: 0", "HTTP/1.1", 0, 0},
    {"Host: x|Content-Length: 5|Content-Length: 5", "HTTP/1.1", 400, 0},
    {"Host: x|Content-Length: 5, 5", "HTTP/1.1", 400, 0},
    {"Host: x|Content-Length: +5", "HTTP/1.1", 400, 0},
    {"Host: x|Content-Length: ", "HTTP/1.1", 400, 0},
    {"Host: x|Content-Length: 9999999999999999999", "HTTP/1.1", 400, 0},
    {"Host: x|Transfer-Encoding: chunked", "HTTP/1.1", 0, -2},
    {"Host: x|transfer-encoding: Chunked", "HTTP/1.1", 0, -2},
    {"Host: x|Transfer-Encoding: chunked", "HTTP/1.0", 400, 0},
    {"Host: x|Transfer-Encoding: xchunked", "HTTP/1.1", 400, 0},
    {"Host: x|Transfer-Encoding: chunked, chunked", "HTTP/1.1", 400, 0},
    {"Host: x|Transfer-Encoding: identity", "HTTP/1.1", 400, 0},
    {"Host: x|Transfer-Encoding: chunked|Content-Length: 5", "HTTP/1.1", 400,
     0},
    {"Host: x|Content-Length: 5|Transfer-Encoding: chunked", "HTTP/1.1", 400,
     0},
    {"Host : x", "HTTP/1.1", 400, 0},
    {"Host: x|A B: c", "HTTP/1.1", 400, 0},
    {"Host: x|: c", "HTTP/1.1", 400, 0},
    {"Host: x|A: b\rc", "HTTP/1.1", 400, 0},
    {"Host: x|A: b\tc", "HTTP/1.1", 0, -1},
    {"Host: x|A: \xc3\xa9", "HTTP/1.1", 0, -1},
    {"Host: x|Expect: 100-continue", "HTTP/1.1", 0, -1},
    {"Host: x|Expect: miracles", "HTTP/1.1", 417, 0},
    {"Host: x", "HTTP/1.2", 505, 0},
    {"Host: x", "HTTP/2.0", 505, 0},
    {"Host: x", "http/1.1", 505, 0},
};

static size_t
headers_of(const char *text, struct http_field *out)
{
	struct slice rest = slice_z(text);
	size_t n = 0;

	while (rest.n > 0) {
		struct slice line = slice_cut(&rest, '|');
		ptrdiff_t at = slice_find(line, SLICE(": "));

		out[n].name = slice_of(line.p, (size_t)at);
		out[n].value = slice_skip(line, (size_t)at + 2);
		n++;
	}
	return n;
}

static void
test_guard(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		const struct guard *g = &guards[i];
		struct http_field h[8];
		struct http_shape shape;
		const char *why;
		size_t n = headers_of(g->headers, h);
		int status = http_guard(h, n, SLICE("GET"), slice_z(g->version),
					&shape, &why);

		if (status != g->status || (status != 0) != (why != NULL))
			fail_msg("%s: %d %s", g->headers, status,
				 why ? why : "");
		if (status)
			continue;
		assert_int_equal(shape.chunked, g->length == -2);
		assert_int_equal(shape.length,
				 g->length == -2 ? -1 : g->length);
		assert_int_equal(shape.has_body,
				 g->length == -2 || g->length > 0);
	}
}

static void
test_forwarded(void **state)
{
	static const struct {
		const char *headers, *peer, *want;
		bool https;
	} all[] = {
	    {"X-Forwarded-For: 1.2.3.4", "9.9.9.9", "9.9.9.9", false},
	    {"X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: https", "9.9.9.9",
	     "9.9.9.9", false},
	    {"X-Forwarded-For: 1.2.3.4", "10.0.0.1", "1.2.3.4", false},
	    {"X-Forwarded-For: 6.6.6.6, 1.2.3.4", "10.0.0.1", "1.2.3.4", false},
	    {"X-Forwarded-For: 6.6.6.6, 1.2.3.4,10.0.0.2", "10.0.0.1",
	     "1.2.3.4", false},
	    {"X-Forwarded-For: 1.2.3.4:555", "10.0.0.1", "1.2.3.4", false},
	    {"X-Forwarded-For: 2001:db8::1", "10.0.0.1", "2001:db8::1", false},
	    {"X-Forwarded-For: unknown", "10.0.0.1", "10.0.0.1", false},
	    {"X-Forwarded-For: ", "10.0.0.1", "10.0.0.1", false},
	    {"X-Forwarded-For: ,,,", "10.0.0.1", "10.0.0.1", false},
	    {"X-Forwarded-For: 6.6.6.6|X-Forwarded-For: 1.2.3.4", "10.0.0.1",
	     "1.2.3.4", false},
	    {"Forwarded: for=1.2.3.4;proto=https", "10.0.0.1", "1.2.3.4", true},
	    {"Forwarded: FOR=\"[2001:db8::1]:80\" ; by=x", "10.0.0.1",
	     "2001:db8::1", false},
	    {"Forwarded: for=_hidden", "10.0.0.1", "10.0.0.1", false},
	    {"Forwarded: for=\"[::1", "10.0.0.1", "10.0.0.1", false},
	    {"Forwarded: for=1.2.3.4|X-Forwarded-For: 6.6.6.6", "10.0.0.1",
	     "1.2.3.4", false},
	};
	struct addr_set *trusted = addr_set_new();

	(void)state;
	assert_int_equal(addr_set_add(trusted, SLICE("10.0.0.0/8"), 1, NULL),
			 RC_OK);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct http_field h[8];
		size_t n = headers_of(all[i].headers, h);
		struct addr peer, want;
		bool https = false;

		assert_true(addr_parse(slice_z(all[i].peer), &peer));
		assert_true(addr_parse(slice_z(all[i].want), &want));
		http_forwarded(h, n, trusted, &peer, &https);
		if (!addr_eq(peer, want) || https != all[i].https)
			fail_msg("%s", all[i].headers);
	}
	addr_set_free(trusted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_guard),
	    cmocka_unit_test(test_forwarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
