#include "tests/unit/conf/conf_test.h"

#include <stdlib.h>

#include "base/file.h"
#include "conf/option.h"

/* Every kind of value, none at its default. */
static const char full[] =
    "general { hostname = \"a.example\" origin = \"a.example/log\" send = true "
    "blast_limit = 7 template_dir = \"t\" log_level = debug }\n"
    "smtp { retry = {\"90s\", \"36h\"} resend_uncertain = false }\n"
    "http { public_listen = \"[::1]:0\" private_body_max = 3M "
    "public_request_timeout = 1500ms "
    "trusted_proxies = {\"10.0.0.0/8\"} }\n" BRAND_OPEN
    "id = 1 website = \"\" postal_address = \"a \\\"b\\\" \\\\ ñ\" route = r "
    "opens = off "
    "link_hosts = {\"*.x.example\", \"x.example\"} dkim_selector = s1 }\n"
    "relay \"r\" { host = \"2001:db8::1\" tls = implicit sign = relay "
    "rewrites = {\"date\", \"message-id\"} }\n"
    "destination \"*.example\" { exchangers = {\"[::1]:25\", \"h:2525\"} "
    "tls = must }\n" POLICY_OPEN "window = \"fri-mon 08:05-24:00 customer\" "
    "minimum = \"JPY 500\" cap = \"2/day\" objection_hold = 36h "
    "group = due_date\n"
    "step \"a\" { at = \"issued+2bd\" template = t roles = {\"x\", \"y\"} "
    "attach = {\"pdf\"} track = false }\n"
    "step \"b\" { at = \"s-24h\" template = t unless = {\"auto_renew_ok\"} }\n"
    "act \"s\" { at = \"due+2d\" needs = {\"b\", \"a\"} "
    "proof = {\"holder\", \"content\"} window = \"mon 09:00-10:00\" }\n"
    "on \"credit.low\" { template = t cap = \"1/day\" } }\n";

static void
printed_loads_as_the_same(void **state)
{
	const struct conf *c = must_parse(full), *again;
	struct sbuf first, second;

	(void)state;
	sbuf_init(&first, 1 << 20);
	sbuf_init(&second, 1 << 20);
	conf_print(c, &first);
	again = must_parse(sbuf_z(&first));
	conf_print(again, &second);
	assert_string_equal(sbuf_z(&first), sbuf_z(&second));
	assert_memory_equal(c->policies[0].version, again->policies[0].version,
			    8);
	assert_true(again->send);
	assert_int_equal(again->public.request_timeout_ms, 1500);
	assert_string_equal(again->brands[0].postal_address, "a \"b\" \\ ñ");
	assert_string_equal(again->relays[0].host, "2001:db8::1");
	assert_string_equal(again->destinations[0].exchangers[0], "[::1]:25");
	assert_int_equal(again->policies[0].window.days, 0x63);
	assert_int_equal(again->policies[0].acts[0].needs[0], 1);
	assert_int_equal(again->policies[0].minimum.minor, 500);
	conf_unref(c);
	conf_unref(again);
	sbuf_fini(&first);
	sbuf_fini(&second);
}

/* The page in docs/ is what the table says; UPDATE=1 writes it anew. */
static void
reference_page_is_the_table(void **state)
{
	static const char path[] = "docs/configuration.md";
	struct sbuf want, got;
	struct err e;

	(void)state;
	sbuf_init(&want, 1 << 20);
	sbuf_init(&got, 1 << 20);
	conf_reference(&want);
	assert_true(sbuf_ok(&want));
	if (getenv("UPDATE"))
		assert_int_equal(file_write(path, sbuf_slice(&want), 0644, &e),
				 RC_OK);
	if (file_read(path, 1 << 20, &got, &e))
		fail_msg("%s", e.text);
	if (!slice_eq(sbuf_slice(&want), sbuf_slice(&got)))
		fail_msg("%s is not what the option table says: run this test "
			 "with UPDATE=1, and commit the page",
			 path);
	sbuf_fini(&want);
	sbuf_fini(&got);
}

/* A row that breaks a rule of the table would show only when someone trips
 * over it. */
static void
rows_are_sound(void **state)
{
	const struct option *o, *p;

	(void)state;
	for (o = option_table; o->name; o++) {
		bool worded = o->type == OPT_WORD || o->type == OPT_FLAGS ||
			      o->type == OPT_FLAG;

		assert_true(o->doc[0] && o->doc[strlen(o->doc) - 1] == '.');
		assert_true(o->min <= o->max);
		assert_true(o->width == 1 || o->width == 2 || o->width == 4 ||
			    o->width >= 8);
		if (worded)
			assert_non_null(o->words);
		if (o->type == OPT_TEXT)
			assert_true(o->shape || o->words);
		assert_true(option_section_find("", slice_z(o->section)) ||
			    option_section_find("policy", slice_z(o->section)));
		for (p = o + 1; p->name; p++)
			assert_false(strcmp(o->section, p->section) == 0 &&
				     strcmp(o->name, p->name) == 0);
	}
}

static void
must_warn(const char *text, const char *says)
{
	const struct conf *c = must_parse(text);
	struct sbuf b;

	sbuf_init(&b, 1 << 16);
	conf_warnings(c, &b);
	if (strstr(sbuf_z(&b), says) == NULL)
		fail_msg("no \"%s\" in:\n%s", says, sbuf_z(&b));
	sbuf_fini(&b);
	conf_unref(c);
}

#define SENDS                                                                  \
	"general { hostname = \"a.example\" origin = \"a.example/log\" send "  \
	"= true }\n"
#define SOUND                                                                  \
	"brand \"b\" { id = 1 title = T from_address = \"b@mail.x.com.ar\" "   \
	"return_domain = \"r.x.com.ar\" public_url = \"https://n.x.com.ar\" "  \
	"locale = es time_zone = \"UTC\" tracking_basis = \"contract\" "       \
	"link_hosts = {\"x.com.ar\"} dkim_selector = s "
#define STEP "step \"n\" { at = due template = t } "

static void
warns(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {LEAST, "send is false"},
	    {LEAST, "brand default: tracking_basis is left out"},
	    {LEAST, "brand default: link_hosts is empty"},
	    {LEAST, "brand default: dkim_selector is left out"},
	    {LEAST, "policy default: it has no step"},
	    {LEAST "smtp { allow_private_exchangers = true }",
	     "lead mail into your network"},
	    {SENDS POLICY SOUND "dkim_domain = \"y.com.ar\" }",
	     "DKIM will not align"},
	    {SENDS POLICY SOUND "route = r }\nrelay \"r\" { host = h sign = "
				"relay }",
	     "selectors are not used"},
	    {SENDS POLICY SOUND "}\nrelay \"r\" { host = h verify = false }",
	     "verify is false"},
	    {SENDS SOUND
	     "route = r }\nrelay \"r\" { host = h }\n" POLICY_OPEN STEP
	     "act \"s\" { at = \"due+2d\" needs = {\"n\"} proof = "
	     "{\"mx_accepted\"} } }",
	     "takes no relay_reported as proof: the gate will stay shut"},
	    {SENDS SOUND "}\n" POLICY_OPEN STEP
			 "act \"s\" { at = \"due+2d\" needs = {\"n\"} proof = "
			 "{\"machine\"} } }",
	     "takes machine as proof"},
	    {SENDS SOUND "}\n" POLICY_OPEN "act \"s\" { at = \"due+2d\" } }",
	     "needs no step"},
	    {SENDS SOUND "}\n" POLICY_OPEN
			 "step \"a\" { at = \"due-2bd\" template = t } }",
	     "names no holidays"},
	    {SENDS POLICY "brand \"b\" { id = 1 title = T from_address = "
			  "\"b@x.com.ar\" return_domain = \"z.com.ar\" "
			  "public_url = \"https://n.y.com.ar\" locale = es "
			  "time_zone = \"UTC\" }",
	     "public_url's host n.y.com.ar is not under From's domain "
	     "x.com.ar"},
	    {SENDS POLICY "brand \"b\" { id = 1 title = T from_address = "
			  "\"b@x.com.ar\" return_domain = \"z.com.ar\" "
			  "public_url = \"http://n.x.com.ar:8080\" locale = "
			  "es time_zone = \"UTC\" }",
	     "SPF will not align"},
	    {SENDS POLICY "brand \"b\" { id = 1 title = T from_address = "
			  "\"b@x.com.ar\" return_domain = \"x.com.ar\" "
			  "public_url = \"http://n.x.com.ar:8080\" locale = "
			  "es time_zone = \"UTC\" }",
	     "public_url is http:"},
	    {SENDS SOUND
	     "}\ndestination \"*.corp.example\" { exchangers = "
	     "{\"127.0.0.1:25\", \"192.0.2.1:25\"} }\n" POLICY_OPEN STEP "}",
	     "destination *.corp.example: exchangers that are named"},
	};
	const struct conf *c;
	struct sbuf b;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		must_warn(cases[i].text, cases[i].says);
	c = must_parse(SENDS SOUND "}\n"
				   "destination \"corp.example\" { exchangers "
				   "= {\"192.0.2.1:25\"} }\n"
				   "destination \"*\" { exchangers = "
				   "{\"127.0.0.1:25\"} }\n" POLICY_OPEN STEP
				   "objection_hold = 72h "
				   "act \"s\" { at = \"due+2d\" needs = "
				   "{\"n\"} proof = {\"mx_accepted\"} } }");
	sbuf_init(&b, 1 << 16);
	conf_warnings(c, &b);
	assert_string_equal(sbuf_z(&b), "");
	sbuf_fini(&b);
	conf_unref(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(printed_loads_as_the_same),
	    cmocka_unit_test(reference_page_is_the_table),
	    cmocka_unit_test(rows_are_sound),
	    cmocka_unit_test(warns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
