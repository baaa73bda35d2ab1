#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/fetch.h"

static bool
is_private(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return fetch_private((const void *)&in);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return fetch_private((const void *)&in6);
}

/* Who names such an address in the DNS must not reach our network by us. */
static void
addresses_of_no_public_network_are_private(void **state)
{
	static const struct {
		const char *address;
		bool want;
	} rows[] = {
	    {"0.0.0.0", true},
	    {"9.255.255.255", false},
	    {"10.0.0.1", true},
	    {"11.0.0.0", false},
	    {"100.63.255.255", false},
	    {"100.64.0.1", true},
	    {"100.128.0.0", false},
	    {"126.255.255.255", false},
	    {"127.0.0.1", true},
	    {"127.255.255.254", true},
	    {"169.254.169.254", true},
	    {"172.15.255.255", false},
	    {"172.16.0.1", true},
	    {"172.31.255.255", true},
	    {"172.32.0.0", false},
	    {"192.0.0.1", true},
	    {"192.168.0.1", true},
	    {"192.169.0.0", false},
	    {"198.18.0.1", true},
	    {"198.20.0.0", false},
	    {"223.255.255.255", false},
	    {"224.0.0.1", true},
	    {"255.255.255.255", true},
	    {"::", true},
	    {"::1", true},
	    {"::ffff:10.0.0.1", true},
	    {"::ffff:8.8.8.8", false},
	    {"64:ff9b::a00:1", true},
	    {"::10.0.0.1", true},
	    {"fec0::1", true},
	    {"fc00::1", true},
	    {"fdff::1", true},
	    {"fe80::1", true},
	    {"febf::1", true},
	    {"ff02::1", true},
	    {"2001:4860:4860::8888", false},
	};
	struct sockaddr_storage none = {.ss_family = AF_UNIX};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (is_private(rows[i].address) != rows[i].want)
			fail_msg("%s", rows[i].address);
	assert_true(fetch_private((const void *)&none));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_of_no_public_network_are_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
