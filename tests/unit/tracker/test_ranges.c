#include "tracker/ranges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* As their owners publish them, shortened. */
#define APPLE                                                                  \
	"172.224.224.0/31,US,US-CA,Los Angeles,\n"                             \
	"172.224.224.2/31,US,US-NY,New York,\r\n"                              \
	"2a02:26f7:b3c0:4000::/64,GB,GB-EN,London,\n"
#define AMAZON                                                                 \
	"{\"syncToken\":\"1\",\"prefixes\":[{\"ip_prefix\":\"3.5.140.0/22\","  \
	"\"region\":\"ap-northeast-2\"}],\"ipv6_prefixes\":[{"                 \
	"\"ipv6_prefix\":\"2600:1f01:4874::/47\"}]}"
#define GOOGLE                                                                 \
	"{\"creationTime\":\"2026-01-01T00:00:00\",\"prefixes\":["             \
	"{\"ipv4Prefix\":\"34.80.0.0/15\"},{\"ipv6Prefix\":"                   \
	"\"2600:1900::/35\"}]}"
#define AZURE                                                                  \
	"{\"values\":[{\"name\":\"A\",\"properties\":{\"addressPrefixes\":["   \
	"\"13.66.60.119/32\",\"2603:1030:800:5::bfee:a418/128\"]}}]}"
#define OFFICE "[{\"id\":1,\"ips\":[\"40.92.0.0/15\",\"40.107.0.0/16\"]}]"

static const struct {
	const char *text;
	size_t read;
	const char *out;
} good[] = {
    {APPLE, 3, "172.224.224.0/30\n2a02:26f7:b3c0:4000::/64\n"},
    {AMAZON, 2, "3.5.140.0/22\n2600:1f01:4874::/47\n"},
    {GOOGLE, 2, "34.80.0.0/15\n2600:1900::/35\n"},
    {AZURE, 2, "13.66.60.119/32\n2603:1030:800:5::bfee:a418/128\n"},
    {"\xef\xbb\xbf" APPLE, 3, "172.224.224.0/30\n2a02:26f7:b3c0:4000::/64\n"},
    {"\xef\xbb\xbf" OFFICE, 2, "40.92.0.0/15\n40.107.0.0/16\n"},
    {"\"v=spf1 ip4:64.233.160.0/19 ip4:66.102.0.1 \" \"~all\"\n"
     "\"v=spf1 include:x.example ip6:2001:4860:4000::/36 ~all\"\n",
     3, "64.233.160.0/19\n66.102.0.1/32\n2001:4860:4000::/36\n"},
    {OFFICE, 2, "40.92.0.0/15\n40.107.0.0/16\n"},
    {"# a note\n\n192.0.2.1 # a host\n", 1, "192.0.2.1/32\n"},
    /* held, doubled, and four quarters in no order */
    {"11.0.0.0/8\n11.1.0.0/16\n11.0.0.0/8\n", 3, "11.0.0.0/8\n"},
    {"192.0.2.192/26\n192.0.2.0/26\n192.0.2.128/26\n192.0.2.64/26\n", 4,
     "192.0.2.0/24\n"},
    /* halves of what would be wider than a list may have it */
    {"12.0.0.0/8\n13.0.0.0/8\n", 2, "12.0.0.0/8\n13.0.0.0/8\n"},
    /* neighbours that are no halves of one */
    {"192.0.2.128/25\n192.0.3.0/25\n", 2, "192.0.2.128/25\n192.0.3.0/25\n"},
};

static const struct {
	const char *text, *at, *words;
} bad[] = {
    {"", "", "no range"},
    {"# nothing\n", "", "no range"},
    {"{\"prefixes\":[]}", "", "no range"},
    {"{\"name\":\"192.0.2.0/24\"}", "", "no range"},
    {"192.0.2.0/24\nprefix,country\n", "line 2", "prefix"},
    {"192.0.2.1/24\n", "line 1", "past its prefix"},
    {"192.0.2.0/33\n", "line 1", "prefix"},
    {"v=spf1 ip4:192.0.2.0/33 ~all", "v=spf1", "prefix"},
    {"v=spf1 include:x.example ~all", "", "no range"},
    {"0.0.0.0/0\n", "line 1", "wider"},
    {"::/0\n", "line 1", "wider"},
    {"192.0.2.0/24\n::\n", "line 2", "nobody"},
    {"2000::/3\n", "line 1", "wider"},
    {"10.1.0.0/16\n", "line 1", "no public network"},
    {"8.8.8.0/24\n192.168.0.1\n", "line 2", "no public network"},
    {"::fffe:0:0/95\n", "line 1", "no public network"},
    {"fe80::1\n", "line 1", "no public network"},
    {"32.0.0.0/8\n33.0.0.0/8\n34.0.0.0/8\n35.0.0.0/8\n36.0.0.0/8\n"
     "37.0.0.0/8\n38.0.0.0/8\n39.0.0.0/8\n40.0.0.0/8\n41.0.0.0/8\n"
     "42.0.0.0/8\n43.0.0.0/8\n44.0.0.0/8\n45.0.0.0/8\n46.0.0.0/8\n"
     "47.0.0.0/8\n48.0.0.0/24\n",
     "", "sixteenth"},
    {"<html>sign in</html>", "line 1", "not an address"},
    {"{\"ips\":[\"192.0.2.0/24\"],\"cidr\":\"x\"}", "cidr", "x"},
    {"{\"ips\":[\"192.0.2.0/24\"]", "", ""},
};

static void
test_published(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct ranges_count count;
		struct err e = {0};
		struct sbuf out;

		sbuf_init(&out, 65536);
		if (ranges_join(slice_z(good[i].text), &out, &count, &e))
			fail_msg("%s: %s", good[i].text, e.text);
		assert_string_equal(sbuf_z(&out), good[i].out);
		assert_int_equal(count.read, good[i].read);
		sbuf_fini(&out);
	}
}

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ranges_count count;
		struct err e = {0};
		struct sbuf out;

		sbuf_init(&out, 65536);
		assert_int_equal(
		    ranges_join(slice_z(bad[i].text), &out, &count, &e),
		    RC_INVALID);
		if (strcmp(e.pointer, bad[i].at) != 0 ||
		    strstr(e.text, bad[i].words) == NULL)
			fail_msg("%s: %s: %s", bad[i].text, e.pointer, e.text);
		sbuf_fini(&out);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_published),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
