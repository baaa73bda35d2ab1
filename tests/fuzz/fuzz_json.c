#include <stdlib.h>

#include "base/json.h"

/* json_read() and json_fill() with a rule of each kind, and mailbox_valid():
 * what they let through keeps what the contracts promise. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct thing {
	int64_t revision, at;
	struct slice name, id, email, url, total;
	int32_t due;
	bool flag;
	int role;
	json_t *data, *list;
};

#define AT(field) .offset = offsetof(struct thing, field)

static const char *const roles[] = {"billing", "tech", NULL};
static const struct json_rule rules[] = {
    {"name", JSON_WANT_TEXT, AT(name), .max = 10},
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

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
check_mailbox(struct slice s)
{
	if (!mailbox_valid(s))
		return;
	must(s.n <= MAILBOX_MAX && slice_utf8(s) && !slice_has_control(s));
	must(slice_find_c(s, ' ') < 0 && slice_find_c(s, '<') < 0);
	(void)slice_cut(&s, '@');
	must(s.n && slice_find_c(s, '@') < 0);
}

static void
check_thing(const struct thing *t)
{
	must(t->name.n <= 10 && !slice_has_control(t->name));
	must(t->id.n <= 128 && slice_utf8(t->id));
	must(t->email.n == 0 || mailbox_valid(t->email));
	must(t->url.n <= 40 && slice_find_c(t->url, ' ') < 0 &&
	     slice_find_c(t->url, '\\') < 0);
	must(t->total.n == 0 || money_shape(t->total));
	must(t->due >= 0 && t->at >= 0 && t->role >= 0 && t->role < 2);
	must(t->revision >= 0 && t->revision <= 9);
	must(json_array_size(t->list) <= 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size);
	struct thing t = {0};
	json_t *root = NULL;
	struct arena a;
	struct err e;

	check_mailbox(text);
	if (json_read(text, 65536, &root, &e) != RC_OK)
		return 0;
	arena_init(&a, 1 << 20);
	if (json_fill(root, "/x/0", rules, sizeof(rules) / sizeof(rules[0]), &t,
		      &a, &e) == RC_OK)
		check_thing(&t);
	else
		must(strncmp(e.pointer, "/x/0", 4) == 0 || e.pointer[0] == 0);
	arena_fini(&a);
	json_decref(root);
	return 0;
}
