#include "tests/unit/conf/conf_test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "conf/tree.h"

static void
defaults_are_careful(void **state)
{
	const struct conf *c = must_parse(LEAST);
	const struct brand *b = &c->brands[0];

	(void)state;
	assert_false(c->send);
	assert_false(c->allow_private_exchangers);
	assert_true(c->resend_uncertain);
	assert_string_equal(c->hostname, "a.example");
	assert_string_equal(c->public.listen.host, "127.0.0.1");
	assert_string_equal(c->private.listen.host, "127.0.0.1");
	assert_int_equal(c->retry_n, 5);
	assert_true(c->retry_us[0] == 5 * MINUTE_US);
	assert_true(c->retry_us[4] == 4 * HOUR_US);
	assert_int_equal(c->public.request_timeout_ms, 30000);
	assert_int_equal(c->private.body_max, 12 << 20);
	assert_null(c->trusted_proxies[0]);
	assert_string_equal(c->public.tls_key, "");
	assert_int_equal(b->opens, TRACKING_OFF);
	assert_int_equal(b->opens_asked, TRACKING_INDIVIDUAL);
	assert_false(b->links);
	assert_true(b->links_asked);
	assert_string_equal(b->from_name, "T");
	assert_string_equal(b->reply_to, "b@mail.example");
	assert_string_equal(b->dkim_domain, "mail.example");
	assert_string_equal(b->route, "mx");
	assert_int_equal(c->destinations_n, 1);
	assert_string_equal(c->destinations[0].pattern, "*");
	conf_unref(c);
}

static void
a_ground_allows_tracking(void **state)
{
	const struct conf *c = must_parse(
	    GENERAL POLICY BRAND_OPEN
	    "id = 1 tracking_basis = \"contract\" opens = aggregate "
	    "links = false }\n"
	    "brand \"b\" { id = 2 title = \"B\" from_address = \"b@b.example\" "
	    "return_domain = \"b.example\" public_url = \"http://b.example\" "
	    "locale = it time_zone = \"UTC\" tracking_basis = \"contract\" }");

	(void)state;
	assert_int_equal(c->brands[0].opens, TRACKING_AGGREGATE);
	assert_false(c->brands[0].links);
	assert_int_equal(c->brands[1].opens, TRACKING_INDIVIDUAL);
	assert_true(c->brands[1].links);
	conf_unref(c);
}

/* Each stands in a section of its own, on line 1. */
static void
refuses_values(void **state)
{
	static const struct {
		const char *section, *option, *says;
	} cases[] = {
	    {"general", "hostname = \"\"", "may not be empty"},
	    {"general", "hostname = \"a b\"", "a host name like"},
	    {"general", "hostname = \"-a.example\"", "a host name like"},
	    {"general", "hostname = \"a..example\"", "a host name like"},
	    {"general", "hostname = \"españa.example\"", "punycode"},
	    {"general", "hostname = {\"a\"}", "one value, not a list"},
	    {"general", "hostname { }", "an option, not a section"},
	    {"general", "origin = \"a.example/ü\"", "a host name and a path"},
	    {"general", "send = yes", "\"yes\" is not true or false"},
	    {"general", "send = 1", "true or false"},
	    {"general", "blast_limit = 0", "1 to 1000000000"},
	    {"general", "blast_limit = many", "a whole number"},
	    {"general", "blast_limit = 1.5", "a whole number"},
	    {"general", "blast_limit = 99999999999999999999", "whole number"},
	    {"general", "mail_workers = 65", "1 to 64"},
	    {"general", "mail_workers = -1", "1 to 64"},
	    {"general", "log_level = loud", "error, warn, info or debug"},
	    {"general", "hostnam = x", "do you mean \"hostname\""},
	    {"general", "quite_other = x", "docs/configuration.md"},
	    {"general", "tracking_basis = x", "it belongs in \"brand\""},
	    {"general", "send = true send = true", "there twice"},
	    {"general", "section { }", "unknown option"},
	    {"smtp", "retry = 5m", "retry = {\"5m\"}"},
	    {"smtp", "retry = {}", "1 to 20"},
	    {"smtp", "retry = {\"5m\", \"8d\"}", "1s to 7d"},
	    {"smtp", "retry = {\"5 m\"}", "a time like"},
	    {"smtp", "connect_timeout = 0s", "1s to 10m"},
	    {"smtp", "connect_timeout = 30", "a time like"},
	    {"smtp", "connect_timeout = \"99999999999d\"", "a time like"},
	    {"smtp", "connect_timeout = \"-1s\"", "a time like"},
	    {"http", "public_listen = \"127.0.0.1\"", "an address and a port"},
	    {"http", "public_listen = \"127.0.0.1:65536\"", "a port"},
	    {"http", "public_listen = \"::1:80\"", "[::]:443"},
	    {"http", "public_listen = \"[127.0.0.1]:80\"", "[::]:443"},
	    {"http", "public_listen = \":80\"", "an address and a port"},
	    {"http", "private_listen = \"127.0.0.1:8480\"", "port of its own"},
	    {"http", "trusted_proxies = {\"10.0.0.0/33\"}", "an IP address"},
	    {"http", "trusted_proxies = {\"proxy\"}", "an IP address"},
	    {"http", "trusted_proxies = {\"::1\", \"::1\"}", "there twice"},
	    {"general", "hit_journal = 16M", "33554432 to"},
	    {"general", "hit_journal = 64M http_threads = 32", "at least 272M"},
	    {"http", "public_body_max = 1", "1024 to"},
	    {"http", "private_body_max = 2G", "bytes like"},
	    {"http", "private_body_max = M", "bytes like"},
	    {"http", "private_body_max = 9223372036854775807M", "bytes like"},
	    {"http", "public_request_timeout = 1ms", "100ms to 1h"},
	    {"http", "public_tls_certificate = \"c.pem\"",
	     "public_tls_key is missing"},
	    {"http", "private_tls_certificate = \"c.pem\"",
	     "private_tls_key is missing"},
	    {"http", "private_tls_key = \"k.pem\"",
	     "private_tls_certificate is missing"},
	    {"brand", "id = 0", "1 to 65535"},
	    {"brand", "id = 65536", "1 to 65535"},
	    {"brand", "id = 1 from_name = \"a\tb\"", "control character"},
	    {"brand", "id = 1 reply_to = \"a\"", "an address like"},
	    {"brand", "id = 1 reply_to = \"a@localhost\"", "an address like"},
	    {"brand", "id = 1 reply_to = \"a b@x.example\"", "address like"},
	    {"brand", "id = 1 reply_to = \"a@x.example,b@x.example\"",
	     "address like"},
	    {"brand", "id = 1 reply_to = \"<a@x.example>\"", "address like"},
	    {"brand", "id = 1 reply_to = \".a@x.example\"", "address like"},
	    {"brand", "id = 1 website = \"www.x.example\"", "https://"},
	    {"brand", "id = 1 website = \"ftp://x.example\"", "https://"},
	    {"brand", "id = 1 website = \"javascript:alert(1)\"", "https://"},
	    {"brand", "id = 1 website = \"https://\"", "https://"},
	    {"brand", "id = 1 website = \"https://u:p@x.example\"", "https://"},
	    {"brand", "id = 1 website = \"https://x.example/a b\"", "https://"},
	    {"brand", "id = 1 logo_url = \"https://x.example/'\\\"\"",
	     "https://"},
	    {"brand", "id = 1 color = blue", "a colour like #1a5fb4"},
	    {"brand", "id = 1 color = \"#12345g\"", "#1a5fb4"},
	    {"brand", "id = 1 color = \"#12345\"", "#1a5fb4"},
	    {"brand", "id = 1 policy = other", "there is no policy"},
	    {"brand", "id = 1 route = other", "there is no relay"},
	    {"brand", "id = 1 opens = some", "off, aggregate or individual"},
	    {"brand", "id = 1 links = maybe", "true or false"},
	    {"brand", "id = 1 link_hosts = {\"*\"}", "a host name, or"},
	    {"brand", "id = 1 link_hosts = {\"https://x.example\"}",
	     "a host name, or"},
	    {"brand", "id = 1 link_hosts = {\"a.*.example\"}",
	     "a host name, or"},
	    {"brand", "id = 1 link_hosts = {\"x.example\", \"X.example\"}",
	     "twice"},
	    {"brand", "id = 1 embed_origins = {\"https://x.example/a\"}",
	     "nothing behind"},
	    {"brand", "id = 1 dkim_selector = \"a_b\"", "a DKIM selector"},
	    {"brand", "id = 1 dkim_selector = a dkim_ed25519_selector = a",
	     "the RSA key's"},
	    {"brand", "id = 1 visitor_days = 0", "1 to 3650"},
	    {"relay", "", "\"host\" is missing"},
	    {"relay", "host = h port = 0", "1 to 65535"},
	    {"relay", "host = h tls = ssl", "off, may, must or implicit"},
	    {"relay", "host = h user = u", "password_file is missing"},
	    {"relay", "host = h password_file = p", "user is missing"},
	    {"relay", "host = h user = u password_file = p tls = may",
	     "in the clear"},
	    {"relay", "host = h rewrites = {\"from\"}", "message-id"},
	    {"destination", "connections = 0", "1 to 1000"},
	    {"destination", "per_connection = 401", "1 to 400"},
	    {"destination", "exchangers = {\"mx.example\"}", "and a port"},
	    {"destination", "exchangers = {\"mx.example:0\"}", "and a port"},
	    {"destination", "route = other", "there is no relay"},
	    {"destination", "tls = implicit", "off, may or must"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *section = cases[i].section;
		const char *other = cases[i].option;
		char text[4000];

		if (strcmp(section, "general") == 0)
			(void)snprintf(text, sizeof(text),
				       "general { %s%s }\n" BRAND POLICY,
				       strstr(other, "hostname")
					   ? "origin = \"a.example/log\" "
				       : strstr(other, "origin")
					   ? "hostname = \"a.example\" "
					   : "hostname = \"a.example\" "
					     "origin = \"a.example/log\" ",
				       other);
		else if (strcmp(section, "brand") == 0)
			(void)snprintf(text, sizeof(text),
				       BRAND_OPEN "%s }\n" GENERAL POLICY,
				       other);
		else
			(void)snprintf(text, sizeof(text),
				       "%s %s{ %s }\n" LEAST, section,
				       strcmp(section, "relay") == 0 ? "\"r\" "
				       : strcmp(section, "destination") == 0
					   ? "\"x.example\" "
					   : "",
				       other);
		must_refuse(text, 1, cases[i].says);
	}
}

static void
refuses_whole_files(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *says;
	} cases[] = {
	    {"", 1, "\"general\" is missing"},
	    {"general { }", 1, "\"hostname\" is missing"},
	    {GENERAL POLICY, 1, "there is no brand"},
	    {GENERAL BRAND, 2, "there is no policy \"default\""},
	    {LEAST GENERAL, 4, "\"general\" is there twice"},
	    {LEAST "general = 1", 4, "a section, not an option"},
	    {LEAST "general \"x\" { }", 4, "takes no name"},
	    {LEAST "brand { }", 4, "lacks its name"},
	    {LEAST "brand \"\" { }", 4, "lacks its name"},
	    {LEAST "brand \"a b\" { }", 4, "its name is not"},
	    {LEAST BRAND, 4, "is there twice: first at t.conf:2"},
	    {LEAST "send = true", 4, "belongs in \"general\""},
	    {LEAST "brnd \"a\" { }", 4, "unknown section"},
	    {LEAST "relay \"mx\" { host = h }", 4, "may not be called"},
	    {LEAST "destination \"*.*\" { }", 4, "its name is not"},
	    {LEAST "destination \"x.example\" { }\n"
		   "destination \"X.example\" { }",
	     5, "there twice"},
	    {LEAST "include = {\"no/such.conf\"}", 4, "no/such.conf"},
	    {LEAST "include { }", 4, "include takes files"},
	    {"include = {}\ninclude = {}\n" LEAST, 2, "there twice"},
	    {LEAST "brand \"b\" { id = 1 title = b "
		   "from_address = \"b@b.example\" "
		   "return_domain = b public_url = \"http://b\" locale = it "
		   "time_zone = UTC }",
	     4, "the number of brand \"default\" too"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		must_refuse(cases[i].text, cases[i].line, cases[i].says);
}

static void
zones_and_locales(void **state)
{
	static const struct {
		const char *zone, *locale;
		bool good;
	} cases[] = {
	    {"Europe/Madrid", "es", true},
	    {"America/Argentina/Buenos_Aires", "es_AR", true},
	    {"UTC", "en_US", true},
	    {"Etc/GMT+3", "en", true},
	    {"../../../etc/passwd", "en", false},
	    {"Europe/../UTC", "en", false},
	    {"/Europe/Madrid", "en", false},
	    {"Europe/", "en", false},
	    {"Europe", "en", false},
	    {"Europe/Atlantis", "en", false},
	    {"Madrid", "en", false},
	    {"UTC", "EN", false},
	    {"UTC", "en-US", false},
	    {"UTC", "en_us", false},
	    {"UTC", "english", false},
	    {"UTC", "e", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct conf *c = NULL;
		char text[2000];
		struct err e;

		(void)snprintf(text, sizeof(text),
			       "brand \"d\" { id = 1 title = T "
			       "from_address = \"b@b.example\" "
			       "return_domain = b public_url = \"http://b\" "
			       "locale = \"%s\" time_zone = \"%s\" }\n"
			       "%s%s",
			       cases[i].locale, cases[i].zone, GENERAL, POLICY);
		if ((parse(text, &c, &e) == RC_OK) != cases[i].good)
			fail_msg("%s %s: %s", cases[i].zone, cases[i].locale,
				 e.text);
		conf_unref(c);
	}
}

/* ---- files ---- */

static char folder[] = "/tmp/acuse-conf-XXXXXX";

static void
put_file(const char *name, const char *text)
{
	char path[200];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (file_write(path, slice_z(text), 0600, &e))
		fail_msg("%s", e.text);
}

static void
try_file(const char *name, enum rc rc, const char *pointer, const char *says)
{
	const struct conf *c = NULL;
	struct err e = {0};
	char path[200];
	enum rc got;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	got = conf_load(path, &c, &e);
	if (got != rc || !strstr(e.pointer, pointer) || !strstr(e.text, says))
		fail_msg("%s: %s: %s: %s", name, rc_name(got), e.pointer,
			 e.text);
	conf_unref(c);
}

static void
files_and_their_faults(void **state)
{
	static char large[TREE_TEXT_MAX + 2];
	char path[200];

	(void)state;
	assert_non_null(mkdtemp(folder));
	try_file("none.conf", RC_CONFIG, "", "acuse init");
	memset(large, ' ', TREE_TEXT_MAX + 1);
	put_file("large.conf", large);
	try_file("large.conf", RC_CONFIG, "", "large.conf");
	put_file("a.conf", "include = {\"b.conf\"}\n" GENERAL BRAND);
	try_file("a.conf", RC_CONFIG, "/a.conf:1", "/b.conf");
	put_file("b.conf", POLICY_OPEN "holidays = \"h.txt\" }");
	try_file("a.conf", RC_CONFIG, "/b.conf:1", "/h.txt");
	put_file("h.txt", "# of a test\n\n2026-02-30 # no such day\n");
	try_file("a.conf", RC_CONFIG, "/h.txt:3", "is not a date");
	put_file("h.txt", "2026-02-28\n2026-01-01\n2026-02-28\n");
	try_file("a.conf", RC_CONFIG, "/h.txt", "2026-02-28 is there twice");
	put_file("h.txt", "2026-02-28 # b\r\n2026-01-01\n");
	try_file("a.conf", RC_OK, "", "");
	put_file("b.conf", "include = {\"c.conf\"}\n" POLICY);
	try_file("a.conf", RC_CONFIG, "/b.conf:1", "only the first file");
	put_file("b.conf", POLICY "\n\n" GENERAL);
	try_file("a.conf", RC_CONFIG, "/b.conf:4", "/a.conf:2");
	put_file("b.conf", POLICY "brand \"x\" {\n");
	try_file("a.conf", RC_CONFIG, "/b.conf:3", "a '}' is missing");
	put_file("b.conf", "");
	try_file("a.conf", RC_CONFIG, "/a.conf:3", "there is no policy");
	(void)snprintf(path, sizeof(path), "%s/b.conf", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	try_file("a.conf", RC_IO, "/a.conf:1", "b.conf");
	if (geteuid() != 0) {
		(void)snprintf(path, sizeof(path), "%s/a.conf", folder);
		assert_int_equal(chmod(path, 0), 0);
		try_file("a.conf", RC_IO, "", "ermission");
	}
}

static void
paths_count_from_the_file(void **state)
{
	const struct conf *c;
	char path[200], want[220], real[4096];
	struct err e;

	(void)state;
	put_file("p.conf", GENERAL POLICY BRAND
		 "http { public_tls_certificate = \"c.pem\" public_tls_key = "
		 "\"/k.pem\" }");
	(void)snprintf(path, sizeof(path), "%s/p.conf", folder);
	assert_int_equal(conf_load(path, &c, &e), RC_OK);
	assert_non_null(realpath(folder, real));
	(void)snprintf(want, sizeof(want), "%.190s/c.pem", real);
	assert_string_equal(c->public.tls_certificate, want);
	assert_string_equal(c->public.tls_key, "/k.pem");
	conf_unref(c);
}

static int
teardown(void **state)
{
	static const char *const names[] = {"a.conf", "h.txt", "large.conf",
					    "p.conf"};
	char path[200];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/b.conf", folder);
	(void)rmdir(path);
	(void)rmdir(folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults_are_careful),
	    cmocka_unit_test(a_ground_allows_tracking),
	    cmocka_unit_test(refuses_values),
	    cmocka_unit_test(refuses_whole_files),
	    cmocka_unit_test(zones_and_locales),
	    cmocka_unit_test(files_and_their_faults),
	    cmocka_unit_test(paths_count_from_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
