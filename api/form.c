#include "api/form.h"

#include "base/mem.h"

enum rc
form_fill(const struct form *f, json_t *o, const char *at, void *target,
	  struct arena *a, struct err *e)
{
	return json_fill(o, at, f->rules, f->n, target, a, e);
}

bool
form_is_id(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && slice_find_c(SLICE("._:-"), c) < 0)
			return false;
	}
	return s.n > 0 && s.n <= 128;
}

enum rc
form_fill_list(const struct form *f, json_t *list, const char *at, size_t size,
	       void (*start)(void *element), void **out, size_t *n,
	       struct arena *a, struct err *e)
{
	char *elements = arena_alloc(a, size * (json_array_size(list) + 1));
	enum rc rc = RC_OK;
	json_t *o;
	size_t i;

	*n = 0;
	*out = elements;
	json_array_foreach (list, i, o) {
		char pointer[64];

		(void)snprintf(pointer, sizeof(pointer), "%s/%zu", at, i);
		if (start != NULL)
			start(elements + i * size);
		rc = form_fill(f, o, pointer, elements + i * size, a, e);
		if (rc != RC_OK)
			return rc;
		++*n;
	}
	return rc;
}

struct slice
form_text(const json_t *o, struct arena *a)
{
	size_t flags = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY;
	size_t n = json_dumpb(o, NULL, 0, flags);
	char *p = arena_alloc(a, n + 1);

	if (json_dumpb(o, p, n, flags) != n)
		die("JSON that was read cannot be written");
	return slice_of(p, n);
}
