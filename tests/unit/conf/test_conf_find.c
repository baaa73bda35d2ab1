#include "tests/unit/conf/conf_test.h"

#include "base/thread.h"

static void
destination_by_closeness(void **state)
{
	static const struct {
		const char *domain, *row;
	} cases[] = {
	    {"gmail.com", "gmail.com"},
	    {"GMail.com", "gmail.com"},
	    {"x.gmail.com", "*"},
	    {"notgmail.com", "*"},
	    {"a.example", "*.example"},
	    {"a.b.example", "*.b.example"},
	    {"b.example", "*.example"},
	    {"c.b.example", "c.b.example"},
	    {"example", "*"},
	    {".example", "*"},
	    {"", "*"},
	};
	const struct conf *c =
	    must_parse(LEAST "destination \"*.example\" { }\n"
			     "destination \"*\" { connections = 9 }\n"
			     "destination \"*.b.example\" { }\n"
			     "destination \"c.b.example\" { }\n"
			     "destination \"gmail.com\" { }\n");

	(void)state;
	assert_int_equal(c->destinations_n, 5);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    conf_destination(c, slice_z(cases[i].domain))->pattern,
		    cases[i].row);
	conf_unref(c);
}

static void
by_name_and_number(void **state)
{
	const struct conf *c = must_parse(LEAST "relay \"r\" { host = h }");

	(void)state;
	assert_ptr_equal(conf_brand(c, SLICE("default")), c->brands);
	assert_null(conf_brand(c, SLICE("Default")));
	assert_ptr_equal(conf_brand_number(c, 1), c->brands);
	assert_null(conf_brand_number(c, 2));
	assert_ptr_equal(conf_policy(c, SLICE("default")), c->policies);
	assert_null(conf_policy(c, SLICE("")));
	assert_ptr_equal(conf_relay(c, "r"), c->relays);
	assert_null(conf_relay(c, "mx"));
	conf_unref(c);
}

/* What would break links that are out, or split the ledger, stays out. */
static void
judges_a_reload(void **state)
{
	static const struct {
		const char *text;
		enum rc rc;
		const char *says;
	} cases[] = {
	    {LEAST, RC_OK, ""},
	    {GENERAL BRAND_OPEN "id = 1 color = \"#000000\" }\n" POLICY, RC_OK,
	     ""},
	    {LEAST "http { public_listen = \"[::]:443\" }", RC_OK,
	     "http: public_listen changed"},
	    {"general { hostname = b.example origin = b.example }\n" BRAND
		 POLICY,
	     RC_STATE, "a ledger keeps its name"},
	    {GENERAL BRAND_OPEN "id = 2 }\n" POLICY, RC_STATE,
	     "id was 1 and is 2"},
	    {GENERAL POLICY "brand \"new\" { id = 1 title = T from_address = "
			    "\"b@b.example\" return_domain = b public_url = "
			    "\"http://b\" locale = it time_zone = UTC }",
	     RC_STATE, "is that of brand \"default\""},
	};
	const struct conf *old = must_parse(LEAST);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct conf *c = must_parse(cases[i].text);
		struct err e = {0};
		struct sbuf b;

		sbuf_init(&b, 4096);
		assert_int_equal(conf_check_reload(old, c, &e), cases[i].rc);
		if (cases[i].rc == RC_OK)
			conf_waits(&(struct conf_running){old, old, old}, c,
				   &b);
		assert_non_null(
		    strstr(e.text[0] ? e.text : sbuf_z(&b), cases[i].says));
		if (cases[i].says[0] == '\0')
			assert_int_equal(b.n, 0);
		sbuf_fini(&b);
		conf_unref(c);
	}
	conf_unref(old);
}

#define TLS(name)                                                              \
	LEAST "http { public_tls_certificate = \"/" name ".pem\" "             \
	      "public_tls_key = \"/" name ".key\" }"

/* Whoever reads that something waits restarts for it: it must be what runs that
 * differs, not what was read before. */
static void
says_what_waits(void **state)
{
	static const struct {
		const char *start, *public, *private, *fresh, *says;
	} cases[] = {
	    {LEAST, LEAST, LEAST, TLS("a"),
	     "http: public_tls_certificate changed: it counts from the next "
	     "start\n"},
	    {LEAST, TLS("a"), LEAST, LEAST,
	     "http: public_tls_certificate changed: it counts from the next "
	     "start\n"},
	    /* its path is looked at anew */
	    {LEAST, TLS("a"), LEAST, TLS("b"), ""},
	    /* what is not open is opened by what is read then */
	    {LEAST, NULL, NULL,
	     LEAST "http { public_listen = \"[::]:443\" access_log = true }",
	     ""},
	    {LEAST, LEAST "http { access_log = true }", NULL, LEAST,
	     "http: access_log changed: it counts from the next start\n"},
	    {LEAST, NULL, LEAST, LEAST "http { private_listen = \"[::]:443\" }",
	     "http: private_listen changed: it counts from the next start\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct conf *c[4] = {
		    must_parse(cases[i].start),
		    cases[i].public ? must_parse(cases[i].public) : NULL,
		    cases[i].private ? must_parse(cases[i].private) : NULL,
		    must_parse(cases[i].fresh)};
		struct sbuf b;

		sbuf_init(&b, 4096);
		conf_waits(&(struct conf_running){c[0], c[1], c[2]}, c[3], &b);
		assert_string_equal(sbuf_z(&b), cases[i].says);
		sbuf_fini(&b);
		for (size_t k = 0; k < 4; k++)
			conf_unref(c[k]);
	}
}

static struct conf_box *box;

static void
read_much(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2000; i++) {
		const struct conf *c = conf_box_get(box);

		if (strcmp(c->hostname, "a.example") != 0)
			die("a configuration was freed under its reader");
		conf_unref(c);
	}
}

/* A reload while others read: nobody sees freed memory (ASan, TSan). */
static void
reload_under_readers(void **state)
{
	struct thread t[2];

	(void)state;
	box = conf_box_new(must_parse(LEAST));
	for (int i = 0; i < 2; i++)
		thread_start(&t[i], "reader", read_much, NULL);
	for (int i = 0; i < 50; i++)
		conf_box_set(box, must_parse(LEAST));
	for (int i = 0; i < 2; i++)
		thread_join(&t[i]);
	conf_box_free(box);
	conf_box_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(destination_by_closeness),
	    cmocka_unit_test(by_name_and_number),
	    cmocka_unit_test(judges_a_reload),
	    cmocka_unit_test(says_what_waits),
	    cmocka_unit_test(reload_under_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
