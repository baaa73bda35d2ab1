#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum role { ROLE_BILLING, ROLE_TECH };
static const char *const roles[] = {"billing", "tech", NULL};

struct thing {
	int64_t revision;
	struct slice name, id, email, url, total;
	int32_t due;
	int64_t at;
	bool flag, has_name;
	int role;
	json_t *data, *list;
};

#define AT(field) .offset = offsetof(struct thing, field)

static const struct json_rule rules[] = {
    {"name", JSON_WANT_TEXT, AT(name), .required = true, .max = 10,
     .seen = offsetof(struct thing, has_name)},
    {"id", JSON_WANT_ID, AT(id)},
    {"email", JSON_WANT_EMAIL, AT(email)},
    {"url", JSON_WANT_URL, AT(url), .max = 40},
    {"due_on", JSON_WANT_DATE, AT(due)},
    {"at", JSON_WANT_TIME, AT(at)},
    {"rev", JSON_WANT_INT, AT(revision), .min = 1, .max = 9},
    {"flag", JSON_WANT_BOOL, AT(flag)},
    {"total", JSON_WANT_AMOUNT, AT(total)},
    {"role", JSON_WANT_ENUM, AT(role), .names = roles},
    {"data", JSON_WANT_OBJECT, AT(data)},
    {"list", JSON_WANT_ARRAY, AT(list), .max = 2},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static enum rc
fill(const char *text, const char *at, struct thing *t, struct arena *a,
     json_t **root, struct err *e)
{
	enum rc rc = json_read(slice_z(text), 10000, root, e);

	assert_int_equal(rc, RC_OK);
	return json_fill(*root, at, rules, RULES, t, a, e);
}

static void
every_kind_of_field(void **state)
{
	static const char text[] =
	    "{\"name\": \"Pérez\", \"id\": \"c-1._:Z\", \"email\": "
	    "\"ana@cliente.example\", \"url\": "
	    "\"https://b.example/?a=1&b=2\", \"due_on\": \"2026-11-21\", "
	    "\"at\": \"1970-01-01T00:00:01Z\", \"rev\": 9, \"flag\": true, "
	    "\"total\": \"-12.5\", \"role\": \"tech\", \"data\": {\"x\": 1}, "
	    "\"list\": [1, 2]}";
	struct thing t = {0};
	struct arena a;
	struct err e;
	json_t *root;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(fill(text, "", &t, &a, &root, &e), RC_OK);
	assert_int_equal(json_object_size(t.data), 1);
	assert_int_equal(json_array_size(t.list), 2);
	json_decref(root);
	assert_true(slice_eq_z(t.name, "Pérez"));
	assert_true(slice_eq_z(t.id, "c-1._:Z"));
	assert_true(slice_eq_z(t.email, "ana@cliente.example"));
	assert_true(slice_eq_z(t.url, "https://b.example/?a=1&b=2"));
	assert_int_equal(t.due, date_of(2026, 11, 21));
	assert_int_equal(t.at, 1000000);
	assert_int_equal(t.revision, 9);
	assert_true(t.flag && t.has_name);
	assert_true(slice_eq_z(t.total, "-12.5"));
	assert_int_equal(t.role, ROLE_TECH);
	arena_fini(&a);
}

static void
absent_and_null_keep_what_is_there(void **state)
{
	struct thing t = {.revision = 5, .role = ROLE_TECH};
	struct arena a;
	struct err e;
	json_t *root;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(
	    fill("{\"name\": \"\", \"rev\": null}", "", &t, &a, &root, &e),
	    RC_OK);
	assert_int_equal(t.revision, 5);
	assert_int_equal(t.role, ROLE_TECH);
	json_decref(root);
	arena_fini(&a);
}

static void
refusals_name_the_place(void **state)
{
	static const struct {
		const char *text, *pointer, *reason;
	} rows[] = {
	    {"{}", "/c/0/name", "is required"},
	    {"{\"name\": null}", "/c/0/name", "is required"},
	    {"[]", "/c/0", "must be an object"},
	    {"{\"name\": \"x\", \"nmae\": 1}", "/c/0/nmae", "no such field"},
	    {"{\"name\": \"x\", \"a/b~c\": 1}", "/c/0/a~1b~0c",
	     "no such field"},
	    {"{\"name\": 1}", "/c/0/name", "must be a string"},
	    {"{\"name\": \"12345678901\"}", "/c/0/name",
	     "must be 0 to 10 bytes long"},
	    {"{\"name\": \"a\\r\\nb\"}", "/c/0/name",
	     "must not hold control characters"},
	    {"{\"name\": \"x\", \"id\": \"\"}", "/c/0/id",
	     "must be 1 to 128 bytes long"},
	    {"{\"name\": \"x\", \"id\": \"a b\"}", "/c/0/id",
	     "must be of A-Z a-z 0-9 . _ : -"},
	    {"{\"name\": \"x\", \"id\": \"ñ\"}", "/c/0/id",
	     "must be of A-Z a-z 0-9 . _ : -"},
	    {"{\"name\": \"x\", \"email\": \"a@x\\nBcc: b@y\"}", "/c/0/email",
	     "must be an e-mail address"},
	    {"{\"name\": \"x\", \"email\": \"\\\"a b\\\"@y.example\"}",
	     "/c/0/email",
	     "must be an e-mail address, whose local part is not quoted"},
	    {"{\"name\": \"x\", \"due_on\": \"2026-02-30\"}", "/c/0/due_on",
	     NULL},
	    {"{\"name\": \"x\", \"due_on\": 5}", "/c/0/due_on", NULL},
	    {"{\"name\": \"x\", \"at\": \"2026-02-03\"}", "/c/0/at", NULL},
	    {"{\"name\": \"x\", \"at\": false}", "/c/0/at", NULL},
	    {"{\"name\": \"x\", \"rev\": 0}", "/c/0/rev", "must be 1 to 9"},
	    {"{\"name\": \"x\", \"rev\": 1.0}", "/c/0/rev",
	     "must be an integer"},
	    {"{\"name\": \"x\", \"rev\": \"1\"}", "/c/0/rev",
	     "must be an integer"},
	    {"{\"name\": \"x\", \"flag\": 1}", "/c/0/flag",
	     "must be true or false"},
	    {"{\"name\": \"x\", \"total\": 12.5}", "/c/0/total", NULL},
	    {"{\"name\": \"x\", \"total\": \"1e5\"}", "/c/0/total", NULL},
	    {"{\"name\": \"x\", \"role\": \"boss\"}", "/c/0/role",
	     "must be one of \"billing\", \"tech\""},
	    {"{\"name\": \"x\", \"role\": 1}", "/c/0/role", NULL},
	    {"{\"name\": \"x\", \"data\": []}", "/c/0/data",
	     "must be an object"},
	    {"{\"name\": \"x\", \"list\": {}}", "/c/0/list",
	     "must be an array"},
	    {"{\"name\": \"x\", \"list\": [1,2,3]}", "/c/0/list",
	     "must hold at most 2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct thing t = {0};
		struct arena a;
		struct err e;
		json_t *root;

		arena_init(&a, 1 << 20);
		assert_int_equal(fill(rows[i].text, "/c/0", &t, &a, &root, &e),
				 RC_INVALID);
		assert_string_equal(e.pointer, rows[i].pointer);
		if (rows[i].reason)
			assert_string_equal(e.text, rows[i].reason);
		json_decref(root);
		arena_fini(&a);
	}
}

static void
urls(void **state)
{
	static const struct {
		const char *url;
		bool ok;
	} rows[] = {
	    {"http://x.example", true},
	    {"HTTPS://X.example/a", true},
	    {"https://x.example:8443/%2F#f", true},
	    {"https://[::1]/", true},
	    {"https://x.example/caf\u00e9", true},
	    {"https://x.example/?u=a@b", true},
	    {"", false},
	    {"x.example", false},
	    {"//x.example", false},
	    {"ftp://x.example", false},
	    {"javascript:alert(1)", false},
	    {"https:x.example", false},
	    {"https://", false},
	    {"https:///path", false},
	    {"https://:80/", false},
	    {"https://user@x.example/", false},
	    {"https://u:p@x.example/", false},
	    {"https://x.example\\\\@evil.example/", false},
	    {"https://x.example/a b", false},
	    {"https://x.example/\\u0000", false},
	    {"https://x.example/\\n", false},
	    {"https://x.example/\\\"x", false},
	    {"https://x.example/<b>", false},
	    {"https://x.example/4567890123456789012345", true},
	    {"https://x.example/45678901234567890123456", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct thing t = {0};
		struct arena a;
		struct err e;
		json_t *root;
		char text[200];
		enum rc rc;

		arena_init(&a, 1 << 20);
		(void)snprintf(text, sizeof(text),
			       "{\"name\": \"x\", \"url\": \"%s\"}",
			       rows[i].url);
		rc = json_read(slice_z(text), 1000, &root, &e);
		if (rc == RC_OK) {
			rc = json_fill(root, "", rules, RULES, &t, &a, &e);
			json_decref(root);
		}
		if ((rc == RC_OK) != rows[i].ok)
			fail_msg("%s: %s", rows[i].url, rc_name(rc));
		arena_fini(&a);
	}
}

static void
reading_is_strict(void **state)
{
	static const struct {
		struct slice text;
		enum rc rc;
	} rows[] = {
	    {SLICE_INIT("{\"a\": [1, 2.5, true, null, \"x\"]}"), RC_OK},
	    {SLICE_INIT(" 7 "), RC_OK},
	    {SLICE_INIT(""), RC_INVALID},
	    {SLICE_INIT("{\"a\": 1"), RC_INVALID},
	    {SLICE_INIT("{\"a\": 1} x"), RC_INVALID},
	    {SLICE_INIT("{\"a\": 1}{}"), RC_INVALID},
	    {SLICE_INIT("{\"a\": 1, \"a\": 2}"), RC_INVALID},
	    {SLICE_INIT("{\"a\": 1,}"), RC_INVALID},
	    {SLICE_INIT("{a: 1}"), RC_INVALID},
	    {SLICE_INIT("{\"a\": \"\xff\"}"), RC_INVALID},
	    {SLICE_INIT("{\"a\": \"\\u0000\"}"), RC_INVALID},
	    {SLICE_INIT("{\"a\": \"\\ud800\"}"), RC_INVALID},
	    {SLICE_INIT("{\"a\": 99999999999999999999}"), RC_INVALID},
	    {SLICE_INIT("{\"a\": 1e999}"), RC_INVALID},
	    {SLICE_INIT("{\"a\": \"\n\"}"), RC_INVALID},
	    {SLICE_INIT("\xef\xbb\xbf{}"), RC_INVALID},
	    {SLICE_INIT("{}\0"), RC_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *root = NULL;
		struct err e;
		enum rc rc = json_read(rows[i].text, 100, &root, &e);

		if (rc != rows[i].rc)
			fail_msg("row %zu: %s", i, rc_name(rc));
		json_decref(root);
	}
}

static void
depth_and_size_are_bounded(void **state)
{
	static char text[200001];
	json_t *root = NULL;
	struct err e;

	(void)state;
	memset(text, '[', 200000);
	assert_int_equal(json_read(slice_z(text), 200000, &root, &e), RC_LIMIT);
	assert_int_equal(json_read(slice_z(text), 199999, &root, &e), RC_LIMIT);
	memset(text + 64, ']', 64);
	assert_int_equal(json_read(slice_of(text, 128), 128, &root, &e), RC_OK);
	json_decref(root);
	assert_int_equal(json_read(SLICE("\"[[[[[\\\"[[[[[[[[[[[[[[[[[[[[[[[[[["
					 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""),
				   200, &root, &e),
			 RC_OK);
	json_decref(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_of_field),
	    cmocka_unit_test(absent_and_null_keep_what_is_there),
	    cmocka_unit_test(refusals_name_the_place),
	    cmocka_unit_test(urls),
	    cmocka_unit_test(reading_is_strict),
	    cmocka_unit_test(depth_and_size_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
