#include <stdlib.h>

#include "base/json.h"
#include "base/json_node.h"

/* Whatever json_read() takes json_node_read() reads as the same value; but for
 * a NUL behind it, which jansson takes for the end. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
compare(const struct json_node *n, json_t *j)
{
	const struct json_node *m = n->first;
	size_t count = 0;

	switch (n->kind) {
	case JSON_NODE_NULL:
		must(json_is_null(j));
		return;
	case JSON_NODE_FALSE:
	case JSON_NODE_TRUE:
		must(json_is_boolean(j));
		must(json_is_true(j) == (n->kind == JSON_NODE_TRUE));
		return;
	case JSON_NODE_NUMBER:
		must(json_is_number(j));
		return;
	case JSON_NODE_TEXT:
		must(slice_eq(n->text, slice_of(json_string_value(j),
						json_string_length(j))));
		return;
	case JSON_NODE_LIST:
		for (; m; m = m->next)
			compare(m, json_array_get(j, count++));
		must(count == json_array_size(j));
		return;
	case JSON_NODE_OBJECT:
		for (; m; m = m->next, count++) {
			char *key = malloc(m->key.n + 1);

			must(key != NULL);
			memcpy(key, m->key.p, m->key.n);
			key[m->key.n] = '\0';
			must(json_node_get(n, key) == m);
			compare(m, json_object_get(j, key));
			free(key);
		}
		must(count == json_object_size(j));
		return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size);
	const struct json_node *n;
	json_t *j = NULL;
	struct arena a;
	struct err e;
	enum rc rc;

	arena_init(&a, 256 << 20);
	rc = json_node_read(&a, text, 65536, &n, &e);
	if (slice_find_c(text, '\0') < 0 &&
	    json_read(text, 65536, &j, &e) == RC_OK) {
		must(rc == RC_OK);
		compare(n, j);
		json_decref(j);
	}
	arena_fini(&a);
	return 0;
}
