#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "mailer/judge.h"

#define CONF                                                                   \
	"general { hostname = \"a.example\" origin = \"a.example/log\" }\n"    \
	"brand \"default\" { id = 1 title = \"H\" "                            \
	"from_address = \"b@h.example\" return_domain = \"r.h.example\" "      \
	"public_url = \"https://n.h.example\" locale = \"es_AR\" "             \
	"time_zone = \"America/Argentina/Buenos_Aires\" "                      \
	"policy = \"default\" route = \"mx\" }\n"                              \
	"policy \"default\" { time_zone = \"UTC\" window = \"mon-sun "         \
	"00:00-24:00\" step \"a\" { at = \"due-1d\" template = \"reminder\" "  \
	"} }\n"

/* What takes the mail of many domains may be no recipient's own server. */
static void
a_server_named_for_many_domains_is_a_relay(void **state)
{
	static const struct {
		const char *pattern, *server;
		uint32_t fact;
	} rows[] = {
	    {"*", "192.0.2.1:25", FACT_RELAY_ACCEPTED},
	    {"*", "[2001:db8::1]:25", FACT_RELAY_ACCEPTED},
	    {"*", "127.0.0.1:25", FACT_MX_ACCEPTED},
	    {"*.example", "192.0.2.1:25", FACT_RELAY_ACCEPTED},
	    {"*.corp.example", "192.0.2.1:25", FACT_RELAY_ACCEPTED},
	    {"*.corp.example", "127.0.0.1:25", FACT_MX_ACCEPTED},
	    {"x.corp.example", "192.0.2.1:25", FACT_MX_ACCEPTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct verdict_rules *rules = verdict_rules_new();
		struct tls_facts tls = {.on = false};
		struct claim_verdict v;
		struct history history;
		const struct conf *conf;
		struct route route;
		struct outcome o;
		struct arena a;
		struct err e = {0};
		char text[2048];

		snprintf(text, sizeof text,
			 CONF "destination \"%s\" { exchangers = {\"%s\"} }\n",
			 rows[i].pattern, rows[i].server);
		arena_init(&a, 1 << 20);
		memset(&history, 0, sizeof history);
		if (conf_parse(slice_z(text), "/test/acuse.conf", &conf, &e) !=
		    RC_OK)
			fail_msg("%s: %s", e.pointer, e.text);
		struct route_ask ask = {.conf = conf,
					.brand = &conf->brands[0],
					.domain = SLICE("x.corp.example")};

		assert_int_equal(route_find(&ask, &a, &route, &e), RC_OK);
		assert_int_equal(route.hops_n, 1);
		assert_true(route.hops[0].named);
		outcome_init(&o);
		o.fate = FATE_ACCEPTED;
		o.stage = STAGE_DOT;
		outcome_reply(&o, SLICE("250 2.0.0 Ok\r\n"));
		struct judge judge = {.rules = rules,
				      .hop = &route.hops[0],
				      .tls = &tls,
				      .arena = &a};

		assert_int_equal(judge_outcome(&judge, &o, &history, 1, &v),
				 VERDICT_ACCEPTED);
		assert_int_equal(v.facts, rows[i].fact);
		assert_true(slice_starts(v.more, SLICE("\"mode\":\"named\"")));
		outcome_fini(&o);
		conf_unref(conf);
		arena_fini(&a);
		verdict_rules_free(rules);
	}
}

#define NOWHERE "nowhere.invalid"
#define ONE(host) "\"" host ":25\""

/* So that no resolver is asked for a name that is nowhere. */
int
getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
	    struct addrinfo **out)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
		    struct addrinfo **);
	void *next = dlsym(RTLD_NEXT, "getaddrinfo");

	if (strcmp(host, NOWHERE) == 0)
		return EAI_NONAME;
	memcpy(&real, &next, sizeof real);
	return real(host, port, hints, out);
}

/* One that the operator named and that has no address stops no mail. */
static void
an_exchanger_without_an_address_is_passed_over(void **state)
{
	static const struct {
		const char *servers;
		size_t hops;
	} rows[] = {
	    {ONE("127.0.0.1") ", " ONE(NOWHERE), 1},
	    {ONE(NOWHERE) ", " ONE("127.0.0.1"), 1},
	    {ONE(NOWHERE), 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct conf *conf;
		struct route route;
		struct arena a;
		struct err e = {0};
		char text[2048];

		snprintf(text, sizeof text,
			 CONF "destination \"*\" { exchangers = {%s} }\n",
			 rows[i].servers);
		arena_init(&a, 1 << 20);
		if (conf_parse(slice_z(text), "/test/acuse.conf", &conf, &e) !=
		    RC_OK)
			fail_msg("%s: %s", e.pointer, e.text);
		struct route_ask ask = {.conf = conf,
					.brand = &conf->brands[0],
					.domain = SLICE("x.example")};

		assert_int_equal(route_find(&ask, &a, &route, &e),
				 rows[i].hops > 0 ? RC_OK : RC_AGAIN);
		assert_int_equal(route.hops_n, rows[i].hops);
		if (rows[i].hops > 0)
			assert_non_null(
			    strstr(route.hops[0].policy_note, NOWHERE));
		conf_unref(conf);
		arena_fini(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_server_named_for_many_domains_is_a_relay),
	    cmocka_unit_test(an_exchanger_without_an_address_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
