#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tracker/hits_page.h"

static const struct brand hosting = {
    .title = "<b>&\"Host\"",
    .website = "https://host.example/?a=1&b=2",
    .support_url = "https://help.example",
    .abuse_contact = "abuse@host.example",
    .logo_url = "",
    .color = "#1a5fb4",
    .locale = "it_IT",
};

static void
test_language_and_escapes(void **state)
{
	static const struct {
		const char *languages, *lang;
	} all[] = {
	    {"", "it"},
	    {"es-AR,es;q=0.9", "es"},
	    {"it", "it"},
	    {"fr, en;q=0.5", "en"},
	    {"pt-BR", "it"},
	    {"EN-us", "en"},
	    {",,;;,es", "es"},
	    {"en;q=0, es", "es"},
	    {"en;q=0.1,es;q=0.2", "es"},
	};

	(void)state;
	for (size_t n = 0; n < HITS_PAGES * sizeof(all) / sizeof(all[0]); n++) {
		size_t i = n / HITS_PAGES;
		struct sbuf b;
		char want[32];

		sbuf_init(&b, 16 << 10);
		hits_page(&b, n % HITS_PAGES, &hosting, SLICE(""),
			  slice_z(all[i].languages));
		assert_true(sbuf_ok(&b));
		(void)snprintf(want, sizeof(want), "lang=\"%s\"", all[i].lang);
		assert_non_null(strstr(sbuf_z(&b), want));
		assert_null(strstr(sbuf_z(&b), "<h1></h1>"));
		assert_null(strstr(sbuf_z(&b), "<p></p>"));
		assert_null(strstr(sbuf_z(&b), "<b>"));
		assert_non_null(strstr(sbuf_z(&b), "<a href=\"https://help."));
		assert_non_null(strstr(sbuf_z(&b), "/?a=1&amp;b=2\""));
		sbuf_fini(&b);
	}
}

static void
test_nobodys_page_leads_nowhere(void **state)
{
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 16 << 10);
	hits_page(&b, HITS_PAGE_BAD, NULL, SLICE(""), SLICE("fr"));
	assert_true(sbuf_ok(&b));
	assert_non_null(strstr(sbuf_z(&b), "lang=\"en\""));
	assert_null(strstr(sbuf_z(&b), "<a "));
	sbuf_fini(&b);
}

static void
test_revoked_names_the_host(void **state)
{
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 16 << 10);
	hits_page(&b, HITS_PAGE_REVOKED, &hosting, SLICE("pay.example"),
		  SLICE("es"));
	assert_non_null(strstr(sbuf_z(&b), "<strong>pay.example</strong>"));
	assert_null(strstr(sbuf_z(&b), "=\"https://pay.example"));
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
	    cmocka_unit_test(test_nobodys_page_leads_nowhere),
	    cmocka_unit_test(test_revoked_names_the_host),
	    cmocka_unit_test(test_url_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
