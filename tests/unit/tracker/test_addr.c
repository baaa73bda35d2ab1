#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tracker/addr.h"

static struct addr
addr_of(const char *z)
{
	struct addr a;

	assert_true(addr_parse(slice_z(z), &a));
	return a;
}

static void
test_parse_and_format(void **state)
{
	static const char *const good[][2] = {
	    {"192.0.2.1", "192.0.2.1"},
	    {"2001:DB8::1", "2001:db8::1"},
	    {"[2001:db8::1]", "2001:db8::1"},
	    {"::ffff:192.0.2.1", "192.0.2.1"},
	    {"::1", "::1"},
	};
	static const char *const bad[] = {
	    "",		  "192.0.2",  "192.0.2.256",
	    "192.0.2.1 ", "01.2.3.4", "192.0.2.1:80",
	    "[::1",	  "1::2::3",  "fe80::1%eth0",
	    "localhost"};
	struct addr a, none = {{0}};
	char text[ADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		addr_format(addr_of(good[i][0]), text);
		assert_string_equal(text, good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (addr_parse(slice_z(bad[i]), &a))
			fail_msg("%s", bad[i]);
	addr_format(none, text);
	assert_string_equal(text, "-");
}

static void
test_same_network(void **state)
{
	(void)state;
	assert_true(addr_same_net(addr_of("192.0.2.1"), addr_of("192.0.2.9")));
	assert_false(addr_same_net(addr_of("192.0.2.1"), addr_of("192.0.3.1")));
	assert_true(addr_same_net(addr_of("2001:db8:1:2::"),
				  addr_of("2001:db8:1:9::5")));
	assert_false(
	    addr_same_net(addr_of("2001:db8:1::"), addr_of("2001:db8:2::")));
	assert_false(addr_same_net(addr_of("192.0.2.1"), addr_of("::1")));
}

static void
test_longest_range_wins(void **state)
{
	static const struct {
		const char *address;
		int want;
	} all[] = {
	    {"10.1.2.3", 1},	    {"10.2.0.0", 2},	{"10.2.255.255", 2},
	    {"10.2.3.4", 3},	    {"10.2.3.5", 2},	{"11.0.0.0", 0},
	    {"9.255.255.255", 0},   {"2001:db8::1", 4}, {"2001:db9::", 0},
	    {"::ffff:10.2.3.4", 3}, {"a01:203::", 0},
	};
	struct addr_set *s = addr_set_new();

	(void)state;
	assert_int_equal(addr_set_add(s, SLICE("10.2.3.4"), 3, NULL), RC_OK);
	assert_int_equal(addr_set_add(s, SLICE("10.0.0.0/8"), 1, NULL), RC_OK);
	assert_int_equal(addr_set_add(s, SLICE("10.2.0.0/16"), 2, NULL), RC_OK);
	assert_int_equal(addr_set_add(s, SLICE("2001:db8::/32"), 4, NULL),
			 RC_OK);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (addr_set_find(s, addr_of(all[i].address)) != all[i].want)
			fail_msg("%s", all[i].address);
	assert_int_equal(addr_set_add(s, SLICE("0.0.0.0/0"), 5, NULL), RC_OK);
	assert_int_equal(addr_set_find(s, addr_of("11.0.0.0")), 5);
	assert_int_equal(addr_set_find(s, addr_of("2001:db9::")), 0);
	addr_set_free(s);
}

static void
test_refuses_bad_ranges(void **state)
{
	static const char *const bad[] = {"10.0.0.1/8",
					  "10.0.0.0/33",
					  "10.0.0.0/",
					  "10.0.0.0/-1",
					  "2001:db8::/129",
					  "2001:db8::1/32",
					  "x/8",
					  "10.0.0.0/8/8",
					  "10.0.0.0/8x",
					  ""};
	struct addr_set *s = addr_set_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = {0};

		if (addr_set_add(s, slice_z(bad[i]), 1, &e) != RC_INVALID)
			fail_msg("%s", bad[i]);
		assert_true(e.text[0] != '\0');
	}
	addr_set_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse_and_format),
	    cmocka_unit_test(test_same_network),
	    cmocka_unit_test(test_longest_range_wins),
	    cmocka_unit_test(test_refuses_bad_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
