#include "tests/unit/conf/conf_test.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "conf/starter.h"

static char folder[] = "/tmp/acuse-starter-XXXXXX";

/* What init writes loads, says what was answered, and sends nothing. */
static void
writes_what_loads(void **state)
{
	static const struct starter s = {
	    .domain = "hosting.example",
	    .title = "L'Hosting \"Più\"",
	    .locale = "it_IT",
	    .time_zone = "Europe/Rome",
	    .tracking_basis = "contratto",
	};
	const struct conf *c;
	const struct brand *b;
	struct err e = {0};
	char path[100];

	(void)state;
	assert_non_null(mkdtemp(folder));
	if (conf_starter_write(&s, folder, &e))
		fail_msg("%s: %s", e.pointer, e.text);
	(void)snprintf(path, sizeof(path), "%s/acuse.conf", folder);
	if (conf_load(path, &c, &e))
		fail_msg("%s: %s", e.pointer, e.text);
	b = conf_brand(c, SLICE("default"));
	assert_non_null(b);
	assert_false(c->send);
	assert_string_equal(c->hostname, "acuse.hosting.example");
	assert_string_equal(c->origin, "acuse.hosting.example/log");
	assert_string_equal(b->title, s.title);
	assert_string_equal(b->from_address, "billing@hosting.example");
	assert_string_equal(b->public_url, "https://notices.hosting.example");
	assert_string_equal(b->locale, "it_IT");
	assert_string_equal(b->time_zone, "Europe/Rome");
	assert_string_equal(b->tracking_basis, "contratto");
	assert_int_equal(b->opens, TRACKING_INDIVIDUAL);
	assert_string_equal(b->link_hosts[0], "hosting.example");
	assert_string_equal(b->link_hosts[1], "*.hosting.example");
	assert_string_equal(c->policies[0].time_zone, "Europe/Rome");
	assert_string_equal(c->policies[0].minimum.currency, "");
	assert_int_equal(c->policies[0].holidays_n, 26);
	assert_true(c->destinations_n > 30);
	conf_unref(c);
}

static void
touches_nothing_that_is_there(void **state)
{
	static const struct starter s = {.domain = "other.example"};
	struct err e = {0};

	(void)state;
	assert_int_equal(conf_starter_write(&s, folder, &e), RC_STATE);
	assert_non_null(strstr(e.text, "is there already"));
}

static void
leaves_the_rest_as_it_was(void **state)
{
	static const struct starter s = {.domain = "example.com",
					 .title = "Example Hosting",
					 .time_zone =
					     "America/Argentina/Buenos_Aires",
					 .locale = "en_US"};
	struct sbuf made, was;
	struct err e;

	(void)state;
	sbuf_init(&made, 1 << 20);
	sbuf_init(&was, 1 << 20);
	assert_int_equal(conf_starter(&s, &made, &e), RC_OK);
	assert_int_equal(file_read("conf/acuse.conf", 1 << 20, &was, &e),
			 RC_OK);
	assert_string_equal(sbuf_z(&made), sbuf_z(&was));
	sbuf_fini(&made);
	sbuf_fini(&was);
}

static void
refuses_bad_answers(void **state)
{
	static const struct {
		struct starter s;
		const char *pointer;
	} cases[] = {
	    {{.domain = NULL}, "domain"},
	    {{.domain = "x"}, "domain"},
	    {{.domain = "a b.example"}, "domain"},
	    {{.domain = "x.example\" }"}, "domain"},
	    {{.domain = "x.example", .hostname = "a b"}, "hostname"},
	    {{.domain = "x.example", .title = ""}, "title"},
	    {{.domain = "x.example", .title = "a\nb"}, "title"},
	    {{.domain = "x.example", .from_address = "me"}, "from_address"},
	    {{.domain = "x.example", .public_url = "x"}, "public_url"},
	    {{.domain = "x.example", .locale = "xx-yy"}, "locale"},
	    {{.domain = "x.example", .time_zone = "Mars"}, "time_zone"},
	    {{.domain = "x.example", .public_listen = "80"}, "public_listen"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};
		struct sbuf out;

		sbuf_init(&out, 1 << 20);
		assert_int_equal(conf_starter(&cases[i].s, &out, &e),
				 RC_INVALID);
		assert_string_equal(e.pointer, cases[i].pointer);
		assert_int_equal(out.n, 0);
		sbuf_fini(&out);
	}
}

static int
teardown(void **state)
{
	static const char *const names[] = {
	    "acuse.conf",      "destinations.conf", "policies/default.conf",
	    "holidays/ar.txt", "holidays/es.txt",   "holidays/it.txt",
	};
	static const char *const folders[] = {"policies", "holidays"};
	char path[100];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, folders[i]);
		(void)rmdir(path);
	}
	(void)rmdir(folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_what_loads),
	    cmocka_unit_test(touches_nothing_that_is_there),
	    cmocka_unit_test(leaves_the_rest_as_it_was),
	    cmocka_unit_test(refuses_bad_answers),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
