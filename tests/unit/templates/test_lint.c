#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "templates/lint.h"
#include "templates/preview.h"

static char dir[256];

static void
put(const char *part, const char *text)
{
	char path[512];
	struct err e;

	snprintf(path, sizeof(path), "%s/mail/reminder", dir);
	if (dir_make(path, 0700, &e))
		fail_msg("%s", e.text);
	snprintf(path, sizeof(path), "%s/mail/reminder/%s.en", dir, part);
	if (file_write(path, slice_z(text), 0600, &e))
		fail_msg("%s", e.text);
}

static void
begin(const char *subject, const char *html, const char *text)
{
	snprintf(dir, sizeof(dir), "/tmp/acuse-lint-XXXXXX");
	assert_non_null(mkdtemp(dir));
	put("subject", subject);
	put("html", html);
	put("text", text);
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

static void
end(void)
{
	char command[512];

	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	assert_int_equal(system(command), 0);
}

#define LONG_TEXT                                                              \
	"This text is long enough to be taken for something that a person "    \
	"wrote to be read."

static void
test_findings(void **state)
{
	static const struct {
		const char *subject, *html, *text, *wanted;
	} rows[] = {
	    {"{{invoice.number}}", "<p>x</p>", LONG_TEXT, NULL},
	    {"{{#many}}{{/many}}", "<p>x</p>", LONG_TEXT,
	     "the subject is empty"},
	    {"a\nb", "<p>x</p>", LONG_TEXT, "the subject has a line break"},
	    {"{{customer.nmae}}", "<p>x</p>", LONG_TEXT,
	     "there is no 'customer.nmae' in this mail's data"},
	    {"x", "{{#nothing}}x{{/nothing}}", LONG_TEXT,
	     "there is no 'nothing' in this mail's data"},
	    {"x", "{{#many}}{{#invoices}}{{numbr}}{{/invoices}}{{/many}}",
	     LONG_TEXT, "there is no 'numbr' in this mail's data"},
	    {"x", "{{invoice.issued_on | date}}", LONG_TEXT,
	     "no value for 'invoice.issued_on'"},
	    {"x", "<a href=\"{{pay_url}}\">y</a>", LONG_TEXT,
	     "'pay_url' is an empty URL"},
	    {"x", "{{#pay_url}}<a href=\"{{pay_url}}\">y</a>{{/pay_url}}",
	     LONG_TEXT, NULL},
	    {"x", "{{gone | default:\"-\"}}", LONG_TEXT, NULL},
	    {"x", "<p>x</p>", "Hello.", "the text part says little"},
	    {"x", "<a href=\"https://elsewhere.example/\">y</a>", LONG_TEXT,
	     "1 links are left untracked: foreign"},
	    {"x", "<p>{{due_on | money}}</p>", LONG_TEXT,
	     "'due_on' is not money"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct slice hosts[] = {SLICE("alojarsur.example")};
		struct lint_input in = {.mail = SLICE("reminder"),
					.locale = SLICE("en"),
					.hosts = hosts,
					.host_count = 1};
		const struct lint_finding *f;
		struct catalog *c;
		struct arena a;
		size_t n, found = 0;

		begin(rows[i].subject, rows[i].html, rows[i].text);
		c = load();
		in.catalog = c;
		arena_init(&a, 8 << 20);
		n = lint_mail(&in, &a, &f);
		for (size_t k = 0; k < n; k++)
			found +=
			    rows[i].wanted &&
			    slice_starts(f[k].text, slice_z(rows[i].wanted));
		if (rows[i].wanted ? !found : n > 0)
			fail_msg("row %zu: %zu findings, first %.*s", i, n,
				 n ? (int)f[0].text.n : 0,
				 n ? f[0].text.p : "");
		arena_fini(&a);
		catalog_free(c);
		end();
	}
}

static void
test_preview(void **state)
{
	struct preview_input in = {.mail = SLICE("reminder"),
				   .locale = SLICE("en_GB"),
				   .brand_locale = SLICE("es"),
				   .zone = SLICE("Europe/London")};
	struct catalog *c;
	struct preview p;
	struct arena a;
	struct err e;

	(void)state;
	begin("{{invoice.number}}", "<p>{{due_on | date}}</p>",
	      "{{balance | money}}");
	c = load();
	arena_init(&a, 8 << 20);
	in.catalog = c;
	if (preview_make(&in, &a, &p, &e))
		fail_msg("%s: %s", e.pointer, e.text);
	assert_string_equal(p.locale, "en_GB");
	assert_string_equal(sbuf_z(&p.subject), "PF-1042");
	assert_string_equal(sbuf_z(&p.html), "<p>21 November 2026</p>");
	assert_string_equal(sbuf_z(&p.text), "\u20ac12,345.67");
	assert_int_equal(p.pdf.n, 0);
	preview_fini(&p);
	in.mail = SLICE("gone");
	assert_int_equal(preview_make(&in, &a, &p, &e), RC_NOTFOUND);
	preview_fini(&p);
	arena_fini(&a);
	catalog_free(c);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_findings),
	    cmocka_unit_test(test_preview),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
