/* The Mustache specification's own tests: each file of conformance/mustache,
 * optional modules too. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "templates/template.h"

static const char *const files[] = {
    "comments", "delimiters", "interpolation",	"inverted",
    "partials", "sections",   "~dynamic-names", "~inheritance",
};

static void
folder(char out[3000])
{
	const char *root = getenv("SRC_DIR");

	snprintf(out, 3000, "%s/../shared/conformance/mustache",
		 root ? root : ".");
}

static json_t *
read_file(const char *name)
{
	char dir[3000], path[PATH_MAX];
	struct sbuf b;
	struct err e;
	json_t *j;

	folder(dir);
	snprintf(path, sizeof(path), "%s/%s.json", dir, name);
	sbuf_init(&b, 1 << 20);
	if (file_read(path, 1 << 20, &b, &e))
		fail_msg("%s", e.text);
	j = json_loadb(b.p, b.n, 0, NULL);
	sbuf_fini(&b);
	assert_non_null(j);
	return j;
}

static struct slice
text_of(json_t *o, const char *key)
{
	return slice_z(json_string_value(json_object_get(o, key)));
}

/* Returns what the template makes, or the error's text. */
static void
render(json_t *test, struct sbuf *out)
{
	json_t *partials = json_object_get(test, "partials"), *value;
	struct template_source sources[16] = {{.name = SLICE("main")}};
	struct template_set *set;
	struct arena a;
	struct err e = {.rc = RC_OK};
	const char *key;
	size_t n = 1;

	sources[0].text = text_of(test, "template");
	json_object_foreach (partials, key, value) {
		sources[n].name = slice_z(key);
		sources[n++].text = slice_z(json_string_value(value));
	}
	for (size_t i = 0; i < n; i++)
		sources[i].escape = TEMPLATE_HTML;
	arena_init(&a, 1 << 20);
	if (template_set_new(sources, n, TEMPLATE_SPEC, &set, &e)) {
		sbuf_addf(out, "%s: %s", e.pointer, e.text);
		return;
	}
	if (template_render(template_find(set, SLICE("main")),
			    datum_from_json(&a, json_object_get(test, "data")),
			    NULL, out, &e))
		sbuf_addf(out, "%s: %s", e.pointer, e.text);
	template_set_free(set);
	arena_fini(&a);
}

static void
test_specification(void **state)
{
	char dir[3000];
	size_t count = 0, wrong = 0;

	(void)state;
	folder(dir);
	if (access(dir, R_OK)) {
		print_message("skipped: %s is not there\n", dir);
		skip();
	}
	for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
		json_t *j = read_file(files[f]), *test;
		size_t i;

		json_array_foreach (json_object_get(j, "tests"), i, test) {
			struct sbuf out;

			sbuf_init(&out, 1 << 20);
			render(test, &out);
			count++;
			if (!slice_eq(sbuf_slice(&out),
				      text_of(test, "expected"))) {
				wrong++;
				print_error("%s: %s\n  wanted \"%s\"\n  got    "
					    "\"%s\"\n",
					    files[f], text_of(test, "name").p,
					    text_of(test, "expected").p,
					    sbuf_z(&out));
			}
			sbuf_fini(&out);
		}
		json_decref(j);
	}
	assert_int_equal(wrong, 0);
	assert_true(count >= 180);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
