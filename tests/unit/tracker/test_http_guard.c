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

/* 10.0.0.0/8 and 2001:db8:f::/48 are the trusted proxies. */
static const struct {
	const char *headers, *peer, *want;
	bool forwarded; /* the header that is configured */
	bool https;
} hops[] = {
    /* nobody else is believed */
    {"X-Forwarded-For: 1.2.3.4", "9.9.9.9", "9.9.9.9", false, false},
    {"X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: https", "9.9.9.9", "9.9.9.9",
     false, false},
    {"Forwarded: for=1.2.3.4", "9.9.9.9", "9.9.9.9", true, false},
    {"Host: x", "10.0.0.1", "10.0.0.1", false, false},
    /* the last address that is no trusted proxy */
    {"X-Forwarded-For: 1.2.3.4", "10.0.0.1", "1.2.3.4", false, false},
    {"X-Forwarded-For: 6.6.6.6, 1.2.3.4", "10.0.0.1", "1.2.3.4", false, false},
    {"X-Forwarded-For: 6.6.6.6, 1.2.3.4,10.0.0.2", "10.0.0.1", "1.2.3.4", false,
     false},
    {"X-Forwarded-For: 10.0.0.3, 10.0.0.2", "10.0.0.1", "10.0.0.3", false,
     false},
    {"X-Forwarded-For: 1.2.3.4, 2001:db8:f::2", "2001:db8:f::1", "1.2.3.4",
     false, false},
    /* over all lines, as if they were one */
    {"X-Forwarded-For: 6.6.6.6|X-Forwarded-For: 1.2.3.4", "10.0.0.1", "1.2.3.4",
     false, false},
    {"X-Forwarded-For: 6.6.6.6, 1.2.3.4|X-Forwarded-For: 10.0.0.2", "10.0.0.1",
     "1.2.3.4", false, false},
    {"Forwarded: for=6.6.6.6, for=1.2.3.4|Forwarded: for=10.0.0.2", "10.0.0.1",
     "1.2.3.4", true, false},
    /* ports, brackets, quotes, white space, an IPv4 address in IPv6 */
    {"X-Forwarded-For: 1.2.3.4:555", "10.0.0.1", "1.2.3.4", false, false},
    {"X-Forwarded-For: 2001:db8::1", "10.0.0.1", "2001:db8::1", false, false},
    {"X-Forwarded-For: [2001:db8::1]:80", "10.0.0.1", "2001:db8::1", false,
     false},
    {"X-Forwarded-For: 6.6.6.6 ,\t1.2.3.4 ", "10.0.0.1", "1.2.3.4", false,
     false},
    {"X-Forwarded-For: ::ffff:1.2.3.4", "10.0.0.1", "1.2.3.4", false, false},
    {"X-Forwarded-For: 1.2.3.4, ::ffff:10.0.0.9", "10.0.0.1", "1.2.3.4", false,
     false},
    {"Forwarded: for=1.2.3.4;proto=https", "10.0.0.1", "1.2.3.4", true, true},
    {"Forwarded: FOR=\"[2001:db8::1]:80\" ; by=x", "10.0.0.1", "2001:db8::1",
     true, false},
    {"Forwarded: by=10.0.0.1;for=\"1.2.3.4:99\"", "10.0.0.1", "1.2.3.4", true,
     false},
    {"Forwarded: for=6.6.6.6;proto=https, for=1.2.3.4;proto=http", "10.0.0.1",
     "1.2.3.4", true, false},
    {"X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: HTTPS", "10.0.0.1", "1.2.3.4",
     false, true},
    /* empty elements are none, a quoted comma is no end */
    {"X-Forwarded-For: 1.2.3.4,", "10.0.0.1", "1.2.3.4", false, false},
    {"X-Forwarded-For: 6.6.6.6, 1.2.3.4, , 10.0.0.2 ,", "10.0.0.1", "1.2.3.4",
     false, false},
    {"Forwarded: for=1.2.3.4,", "10.0.0.1", "1.2.3.4", true, false},
    {"Forwarded: for=6.6.6.6, for=1.2.3.4;by=\"a,b;c\"", "10.0.0.1", "1.2.3.4",
     true, false},
    {"Forwarded: by=\"a;for=6.6.6.6\";for=1.2.3.4", "10.0.0.1", "1.2.3.4", true,
     false},
    {"Forwarded: for=\"1.2.\\3.4\";by=\"\\\",\"", "10.0.0.1", "1.2.3.4", true,
     false},
    {"Forwarded: by=\"x, for=1.2.3.4", "10.0.0.1", "1.2.3.4", true, false},
    /* what is hidden, or no address, ends the way back */
    {"X-Forwarded-For: unknown", "10.0.0.1", "10.0.0.1", false, false},
    {"X-Forwarded-For: ", "10.0.0.1", "10.0.0.1", false, false},
    {"X-Forwarded-For: ,,,", "10.0.0.1", "10.0.0.1", false, false},
    {"X-Forwarded-For: 6.6.6.6, unknown", "10.0.0.1", "10.0.0.1", false, false},
    {"X-Forwarded-For: 6.6.6.6|X-Forwarded-For: _x, 10.0.0.2", "10.0.0.1",
     "10.0.0.2", false, false},
    {"X-Forwarded-For: 1.2.3", "10.0.0.1", "10.0.0.1", false, false},
    {"X-Forwarded-For: 1.2.3.4.5", "10.0.0.1", "10.0.0.1", false, false},
    {"X-Forwarded-For: 01.2.3.4", "10.0.0.1", "10.0.0.1", false, false},
    {"X-Forwarded-For: fe80::1%eth0", "10.0.0.1", "10.0.0.1", false, false},
    {"Forwarded: for=_hidden", "10.0.0.1", "10.0.0.1", true, false},
    {"Forwarded: for=unknown", "10.0.0.1", "10.0.0.1", true, false},
    {"Forwarded: for=\"[::1", "10.0.0.1", "10.0.0.1", true, false},
    {"Forwarded: for=\"6.6.6.6, for=1.2.3.4", "10.0.0.1", "1.2.3.4", true,
     false},
    {"Forwarded: for=\"6.6.6.6, for=1.2.3.4\"", "10.0.0.1", "10.0.0.1", true,
     false},
    {"Forwarded: proto=https", "10.0.0.1", "10.0.0.1", true, true},
    /* the header that they do not set is the visitor's own */
    {"Forwarded: for=6.6.6.6;proto=https|X-Forwarded-For: 1.2.3.4", "10.0.0.1",
     "1.2.3.4", false, false},
    {"X-Forwarded-For: 6.6.6.6|X-Forwarded-Proto: https|Forwarded: for=1.2.3.4",
     "10.0.0.1", "1.2.3.4", true, false},
    {"Forwarded: for=6.6.6.6", "10.0.0.1", "10.0.0.1", false, false},
    {"X-Forwarded-For: 6.6.6.6", "10.0.0.1", "10.0.0.1", true, false},
};

static void
test_forwarded(void **state)
{
	struct http_proxies p = {.trusted = addr_set_new()};

	(void)state;
	assert_int_equal(addr_set_add(p.trusted, SLICE("10.0.0.0/8"), 1, NULL),
			 RC_OK);
	assert_int_equal(
	    addr_set_add(p.trusted, SLICE("2001:db8:f::/48"), 1, NULL), RC_OK);
	for (size_t i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
		struct http_field h[8];
		size_t n = headers_of(hops[i].headers, h);
		struct addr peer, want;
		bool https = false;

		p.forwarded = hops[i].forwarded;
		assert_true(addr_parse(slice_z(hops[i].peer), &peer));
		assert_true(addr_parse(slice_z(hops[i].want), &want));
		http_forwarded(h, n, &p, &peer, &https);
		if (!addr_eq(peer, want) || https != hops[i].https)
			fail_msg("%s", hops[i].headers);
	}
	addr_set_free(p.trusted);
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
