#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "templates/catalog.h"

static char dir[PATH_MAX];

static void
put(const char *name, const char *text)
{
	char path[PATH_MAX + 256];
	struct err e;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	*strrchr(path, '/') = '\0';
	if (dir_make(path, 0700, &e))
		fail_msg("%s", e.text);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (file_write(path, slice_z(text), 0600, &e))
		fail_msg("%s", e.text);
}

static void
drop(const char *name)
{
	char path[PATH_MAX + 256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void
put_mail(const char *name, const char *locale, const char *text)
{
	static const char *const parts[] = {"subject", "html", "text"};
	char path[256];

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "mail/%s/%s.%s", name, parts[i],
			 locale);
		put(path, text);
	}
}

static int
begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/acuse-catalog-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
end(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return system(command);
}

static struct catalog *
load(void)
{
	struct catalog *c;
	struct err e;

	if (catalog_load(dir, &c, &e))
		fail_msg("%s: %s", e.pointer, e.text);
	return c;
}

/* "locale: text" of the text part. */
static void
expect(const struct catalog *c, const char *name, const char *locale,
       const char *brand, const char *wanted)
{
	struct catalog_mail m;
	struct locale *l;
	struct arena a;
	struct sbuf b;
	struct err e;

	arena_init(&a, 1 << 20);
	sbuf_init(&b, 1 << 16);
	if (catalog_mail(c, slice_z(name), slice_z(locale), slice_z(brand), &m,
			 &e))
		fail_msg("%s", e.text);
	sbuf_addf(&b, "%s: ", m.locale);
	assert_int_equal(locale_get(slice_z(m.locale), SLICE(""), &l, &e), 0);
	if (template_render(m.text, datum_map(&a), l, &b, &e))
		fail_msg("%s: %s", e.pointer, e.text);
	assert_string_equal(sbuf_z(&b), wanted);
	sbuf_fini(&b);
	arena_fini(&a);
}

static void
expect_bad(const char *pointer, const char *text)
{
	char wanted[PATH_MAX + 256];
	struct catalog *c;
	struct err e = {.rc = RC_OK};

	snprintf(wanted, sizeof(wanted), "%s%s%s", *pointer ? dir : "",
		 *pointer ? "/" : "", pointer);
	assert_int_equal(catalog_load(dir, &c, &e), RC_INVALID);
	assert_null(c);
	assert_string_equal(e.pointer, wanted);
	assert_non_null(strstr(e.text, text));
}

static void
test_choice_of_language(void **state)
{
	struct catalog *c;
	struct catalog_mail m;
	struct err e;

	(void)state;
	put_mail("zz-test", "es", "{{> _blocks/zz-sign}} hola");
	put_mail("zz-test", "en", "{{> _blocks/zz-sign}} hello\n");
	put("mail/_blocks/zz-sign", "[]");
	put("mail/_blocks/zz-sign.es_AR", "[AR]");
	put_mail("zz-only-it", "it", "ciao\r\n");
	c = load();
	expect(c, "zz-test", "es_AR", "en_US", "es_AR: [AR] hola");
	expect(c, "zz-test", "es_MX", "en_US", "es_MX: [] hola");
	expect(c, "zz-test", "es", "en_US", "es: [] hola");
	expect(c, "zz-test", "de", "es_AR", "es_AR: [AR] hola");
	expect(c, "zz-test", "de", "fr", "en: [] hello");
	expect(c, "zz-test", "de", "en_GB", "en_GB: [] hello");
	expect(c, "zz-only-it", "de", "it_IT", "it_IT: ciao");
	assert_int_equal(catalog_mail(c, SLICE("zz-only-it"), SLICE("de"),
				      SLICE("fr"), &m, &e),
			 RC_NOTFOUND);
	assert_true(catalog_has(c, SLICE("zz-test"), SLICE("es")));
	assert_false(catalog_has(c, SLICE("zz-only-it"), SLICE("en")));
	catalog_free(c);
}

static void
test_overlay_and_reload(void **state)
{
	struct catalog *old, *now;

	(void)state;
	put_mail("zz-test", "en", "one");
	old = load();
	put("mail/zz-test/text.en_GB", "two");
	put("mail/zz-test/notes~", "x");
	put("README.md", "x");
	now = load();
	expect(now, "zz-test", "en_GB", "en", "en_GB: two");
	expect(old, "zz-test", "en_GB", "en", "en_GB: one");
	catalog_free(old);
	catalog_free(now);
}

static void
test_pages(void **state)
{
	struct catalog_page page;
	struct catalog *c;
	struct arena a;
	struct locale *l;
	struct sbuf b;
	struct err e;

	(void)state;
	put("page/zz.en.html",
	    "{{< _layout/zz}}{{$main}}<b>x</b>{{/main}}{{/ _layout/zz}}");
	put("page/_layout/zz.html", "<p>{{$main}}{{/main}}</p>\n");
	c = load();
	arena_init(&a, 1 << 20);
	sbuf_init(&b, 1 << 16);
	assert_int_equal(catalog_page(c, SLICE("zz"), SLICE("en_US"),
				      SLICE("es"), &page, &e),
			 0);
	assert_string_equal(page.locale, "en_US");
	assert_int_equal(locale_get(SLICE("en"), SLICE(""), &l, &e), 0);
	assert_int_equal(template_render(page.html, datum_map(&a), l, &b, &e),
			 0);
	assert_string_equal(sbuf_z(&b), "<p><b>x</b></p>");
	sbuf_fini(&b);
	arena_fini(&a);
	catalog_free(c);
}

static void
test_mistakes(void **state)
{
	(void)state;
	put_mail("zz-test", "en", "x");
	put("mail/zz-test/html.en", "<p>\n<b {{x}}>");
	expect_bad("mail/zz-test/html.en:2:4", "no value may stand in a tag");
	put("mail/zz-test/html.en", "{{> _blocks/gone}}");
	expect_bad("mail/zz-test/html.en:1:1", "there is no '_blocks/gone'");
	drop("mail/zz-test/html.en");
	expect_bad("", "mail/zz-test has no html.en");
	put("mail/zz-test/html.en", "x");
	put("mail/zz-test/hmtl.en", "x");
	expect_bad("mail/zz-test/hmtl.en", "is not named like a template");
	drop("mail/zz-test/hmtl.en");
	put("mail/zz-test/text.EN", "x");
	expect_bad("mail/zz-test/text.EN", "is not named like a template");
	drop("mail/zz-test/text.EN");
	put("mial/x", "x");
	expect_bad("mial/x", "is not named like a template");
}

static void
test_no_directory(void **state)
{
	struct catalog *c;
	struct err e;

	(void)state;
	assert_int_equal(catalog_load("/nonexistent/acuse", &c, &e),
			 RC_NOTFOUND);
	assert_int_equal(catalog_load(NULL, &c, &e), RC_OK);
	catalog_free(c);
	catalog_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_choice_of_language, begin,
					    end),
	    cmocka_unit_test_setup_teardown(test_overlay_and_reload, begin,
					    end),
	    cmocka_unit_test_setup_teardown(test_pages, begin, end),
	    cmocka_unit_test_setup_teardown(test_mistakes, begin, end),
	    cmocka_unit_test(test_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
