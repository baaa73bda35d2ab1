#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tracker/hits_page.h"

static void
test_language_and_escapes(void **state)
{
	static const struct {
		const char *languages, *lang;
	} all[] = {
	    {"", "en"},	       {"es-AR,es;q=0.9", "es"},
	    {"it", "it"},      {"fr, it;q=0.5", "it"},
	    {"xx", "en"},      {"EN-us", "en"},
	    {",,;;,es", "es"},
	};

	(void)state;
	for (size_t n = 0; n < HITS_PAGES * sizeof(all) / sizeof(all[0]); n++) {
		size_t i = n / HITS_PAGES;
		struct sbuf b;
		char want[32];

		sbuf_init(&b, 16 << 10);
		hits_page(&b, n % HITS_PAGES, SLICE("<b>&\"Host\""), SLICE(""),
			  slice_z(all[i].languages));
		assert_true(sbuf_ok(&b));
		(void)snprintf(want, sizeof(want), "lang=\"%s\"", all[i].lang);
		assert_non_null(strstr(sbuf_z(&b), want));
		assert_null(strstr(sbuf_z(&b), "<h1></h1>"));
		assert_null(strstr(sbuf_z(&b), "<p></p>"));
		assert_null(strstr(sbuf_z(&b), "<b>"));
		assert_null(strstr(sbuf_z(&b), "href"));
		sbuf_fini(&b);
	}
}

static void
test_revoked_names_the_host(void **state)
{
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 16 << 10);
	hits_page(&b, HITS_PAGE_REVOKED, SLICE("Hosting"), SLICE("pay.example"),
		  SLICE("es"));
	assert_non_null(strstr(sbuf_z(&b), "<strong>pay.example</strong>"));
	assert_null(strstr(sbuf_z(&b), "href"));
	sbuf_fini(&b);
}

static void
test_url_host(void **state)
{
	static const struct {
		const char *url, *host;
	} all[] = {
	    {"https://a.example/b", "a.example"},
	    {"http://a.example", "a.example"},
	    {"https://a.example:80/", "a.example"},
	    {"https://a.example?x", "a.example"},
	    {"https://a.example#x", "a.example"},
	    {"https://a.example\\b", "a.example"},
	    {"nonsense", ""},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_true(
		    slice_eq_z(url_host(slice_z(all[i].url)), all[i].host));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_language_and_escapes),
	    cmocka_unit_test(test_revoked_names_the_host),
	    cmocka_unit_test(test_url_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
