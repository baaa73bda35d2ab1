/* All mails that are built in, in all their languages, as lint sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "templates/lint.h"

static size_t
lint(const struct catalog *c, struct slice mail, struct slice locale)
{
	const struct lint_finding *f;
	struct lint_input in = {.catalog = c, .mail = mail, .locale = locale};
	size_t n, errors = 0;
	struct arena a;

	arena_init(&a, 64 << 20);
	n = lint_mail(&in, &a, &f);
	for (size_t i = 0; i < n; i++) {
		print_error("%s: %.*s: %.*s\n",
			    f[i].level == LINT_ERROR ? "error" : "warning",
			    SLICE_ARG(f[i].where), SLICE_ARG(f[i].text));
		errors += f[i].level == LINT_ERROR;
	}
	arena_fini(&a);
	return errors;
}

static void
test_all_mails(void **state)
{
	static const char *const languages[] = {"es_AR", "es", "it", "en"};
	const struct slice *mails;
	size_t n, errors = 0;
	struct catalog *c;
	struct err e;

	(void)state;
	if (catalog_load(NULL, &c, &e))
		fail_msg("%s: %s", e.pointer, e.text);
	n = catalog_mails(c, &mails);
	for (size_t i = 0; i < n; i++)
		for (int l = 0; l < 4; l++)
			errors += lint(c, mails[i], slice_z(languages[l]));
	catalog_free(c);
	assert_int_equal(errors, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_mails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
