#include "templates/datum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Invariants
 * 1. n <= cap for lists and maps; keys and hashes are NULL for a list.
 * 2. index is NULL while a map has at most INDEX_FROM keys; after that it has
 *    2 * cap slots, a power of two, that hold a position plus one, or 0.
 */
#define INDEX_FROM 8

struct datum {
	enum datum_kind kind;
	union {
		int64_t number;
		struct slice text;
		struct money money;
		struct {
			struct arena *arena;
			struct datum **values;
			struct slice *keys;
			uint32_t *hashes;
			uint32_t *index;
			size_t n, cap;
		};
	};
};

static struct datum *
make(struct arena *a, enum datum_kind kind)
{
	struct datum *d = ARENA_NEW(a, struct datum);

	d->kind = kind;
	return d;
}

static struct datum *
make_number(struct arena *a, enum datum_kind kind, int64_t v)
{
	struct datum *d = make(a, kind);

	d->number = v;
	return d;
}

struct datum *
datum_null(struct arena *a)
{
	return make(a, DATUM_NULL);
}

struct datum *
datum_bool(struct arena *a, bool v)
{
	return make_number(a, DATUM_BOOL, v);
}

struct datum *
datum_int(struct arena *a, int64_t v)
{
	return make_number(a, DATUM_INT, v);
}

struct datum *
datum_text(struct arena *a, struct slice s)
{
	struct datum *d = make(a, DATUM_TEXT);

	d->text = s;
	return d;
}

struct datum *
datum_text_z(struct arena *a, const char *z)
{
	return z ? datum_text(a, slice_z(z)) : datum_null(a);
}

struct datum *
datum_money(struct arena *a, struct money m)
{
	struct datum *d = make(a, DATUM_MONEY);

	d->money = m;
	return d;
}

struct datum *
datum_date(struct arena *a, int32_t date)
{
	if (date == DATE_NONE)
		return datum_null(a);
	return make_number(a, DATUM_DATE, date);
}

struct datum *
datum_time(struct arena *a, int64_t us)
{
	return make_number(a, DATUM_TIME, us);
}

static struct datum *
make_many(struct arena *a, enum datum_kind kind)
{
	struct datum *d = make(a, kind);

	d->arena = a;
	return d;
}

struct datum *
datum_list(struct arena *a)
{
	return make_many(a, DATUM_LIST);
}

struct datum *
datum_map(struct arena *a)
{
	return make_many(a, DATUM_MAP);
}

static void
index_put(struct datum *d, size_t i)
{
	size_t mask = 2 * d->cap - 1;
	size_t slot = d->hashes[i] & mask;

	while (d->index[slot])
		slot = (slot + 1) & mask;
	d->index[slot] = (uint32_t)i + 1;
}

static void *
moved(struct arena *a, const void *old, size_t n, size_t size)
{
	void *p = arena_alloc(a, size);

	if (n)
		memcpy(p, old, n);
	return p;
}

static void
grow(struct datum *d)
{
	size_t cap = d->cap ? 2 * d->cap : 4;

	if (d->n < d->cap)
		return;
	d->values = moved(d->arena, d->values, d->n * sizeof(*d->values),
			  cap * sizeof(*d->values));
	d->cap = cap;
	if (d->kind == DATUM_LIST)
		return;
	d->keys = moved(d->arena, d->keys, d->n * sizeof(*d->keys),
			cap * sizeof(*d->keys));
	d->hashes = moved(d->arena, d->hashes, d->n * sizeof(*d->hashes),
			  cap * sizeof(*d->hashes));
	if (cap <= INDEX_FROM)
		return;
	d->index = ARENA_ARRAY(d->arena, uint32_t, 2 * cap);
	for (size_t i = 0; i < d->n; i++)
		index_put(d, i);
}

void
datum_add(struct datum *list, struct datum *v)
{
	grow(list);
	list->values[list->n++] = v;
}

struct datum_name
datum_name(struct slice key)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 16777619u;
	return (struct datum_name){key, h ^ h >> 15};
}

static bool
key_is(const struct datum *d, size_t i, const struct datum_name *name)
{
	return d->hashes[i] == name->hash && slice_eq(d->keys[i], name->key);
}

static size_t
position(const struct datum *d, const struct datum_name *name)
{
	size_t mask = 2 * d->cap - 1;

	if (!d->index) {
		for (size_t i = 0; i < d->n; i++)
			if (key_is(d, i, name))
				return i;
		return d->n;
	}
	for (size_t s = name->hash & mask; d->index[s]; s = (s + 1) & mask)
		if (key_is(d, d->index[s] - 1, name))
			return d->index[s] - 1;
	return d->n;
}

void
datum_set_slice(struct datum *map, struct slice key, struct datum *v)
{
	struct datum_name name = datum_name(key);
	size_t i = position(map, &name);

	if (i < map->n) {
		map->values[i] = v;
		return;
	}
	grow(map);
	map->values[i] = v;
	map->keys[i] = key;
	map->hashes[i] = name.hash;
	map->n++;
	if (map->index)
		index_put(map, i);
}

void
datum_set(struct datum *map, const char *key, struct datum *v)
{
	datum_set_slice(map, slice_z(key), v);
}

static struct datum *
from_real(struct arena *a, double v)
{
	char text[64];

	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (fabs(strtod(text, NULL) - v) <= 0)
			break;
	}
	return datum_text(a, arena_dup(a, slice_z(text)));
}

static struct datum *
from_object(struct arena *a, const json_t *j)
{
	struct datum *d = datum_map(a);
	const char *key;
	json_t *value;

	/* Jansson's iterator takes no const object, and changes nothing. */
	json_object_foreach ((json_t *)(uintptr_t)j, key, value)
		datum_set_slice(d, arena_dup(a, slice_z(key)),
				datum_from_json(a, value));
	return d;
}

struct datum *
datum_from_json(struct arena *a, const json_t *j)
{
	struct datum *d;

	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return from_object(a, j);
	case JSON_ARRAY:
		d = datum_list(a);
		for (size_t i = 0; i < json_array_size(j); i++)
			datum_add(d, datum_from_json(a, json_array_get(j, i)));
		return d;
	case JSON_STRING:
		return datum_text(
		    a, arena_dup(a, slice_of(json_string_value(j),
					     json_string_length(j))));
	case JSON_INTEGER:
		return datum_int(a, json_integer_value(j));
	case JSON_REAL:
		return from_real(a, json_real_value(j));
	case JSON_TRUE:
	case JSON_FALSE:
		return datum_bool(a, json_is_true(j));
	case JSON_NULL:
		break;
	}
	return datum_null(a);
}

static struct datum *
from_number(struct arena *a, struct slice text)
{
	int64_t v;

	return slice_int(text, INT64_MIN, INT64_MAX, &v)
		   ? datum_int(a, v)
		   : from_real(a, strtod(arena_z(a, text), NULL));
}

struct datum *
datum_from_node(struct arena *a, const struct json_node *n)
{
	struct datum *d;

	switch (n->kind) {
	case JSON_NODE_OBJECT:
		d = datum_map(a);
		for (n = n->first; n; n = n->next)
			datum_set_slice(d, n->key, datum_from_node(a, n));
		return d;
	case JSON_NODE_LIST:
		d = datum_list(a);
		for (n = n->first; n; n = n->next)
			datum_add(d, datum_from_node(a, n));
		return d;
	case JSON_NODE_TEXT:
		return datum_text(a, n->text);
	case JSON_NODE_NUMBER:
		return from_number(a, n->text);
	case JSON_NODE_TRUE:
	case JSON_NODE_FALSE:
		return datum_bool(a, n->kind == JSON_NODE_TRUE);
	case JSON_NODE_NULL:
		break;
	}
	return datum_null(a);
}

enum datum_kind
datum_kind(const struct datum *d)
{
	return d ? d->kind : DATUM_NULL;
}

bool
datum_true(const struct datum *d)
{
	switch (datum_kind(d)) {
	case DATUM_BOOL:
	case DATUM_INT:
		return d->number != 0;
	case DATUM_TEXT:
		return d->text.n > 0;
	case DATUM_LIST:
		return d->n > 0;
	case DATUM_MONEY:
	case DATUM_DATE:
	case DATUM_TIME:
	case DATUM_MAP:
		return true;
	case DATUM_NULL:
		break;
	}
	return false;
}

int64_t
datum_number(const struct datum *d)
{
	enum datum_kind k = datum_kind(d);

	return k == DATUM_BOOL || k == DATUM_INT || k == DATUM_DATE ||
		       k == DATUM_TIME
		   ? d->number
		   : 0;
}

struct slice
datum_slice(const struct datum *d)
{
	return datum_kind(d) == DATUM_TEXT ? d->text : SLICE("");
}

struct money
datum_amount(const struct datum *d)
{
	return datum_kind(d) == DATUM_MONEY ? d->money : (struct money){0, ""};
}

static bool
is_many(const struct datum *d)
{
	enum datum_kind k = datum_kind(d);

	return k == DATUM_LIST || k == DATUM_MAP;
}

size_t
datum_count(const struct datum *d)
{
	return is_many(d) ? d->n : 0;
}

const struct datum *
datum_at(const struct datum *d, size_t i)
{
	return i < datum_count(d) ? d->values[i] : NULL;
}

struct slice
datum_key(const struct datum *map, size_t i)
{
	if (datum_kind(map) != DATUM_MAP || i >= map->n)
		return SLICE("");
	return map->keys[i];
}

const struct datum *
datum_find(const struct datum *d, struct datum_name name)
{
	size_t i;

	if (datum_kind(d) != DATUM_MAP)
		return NULL;
	i = position(d, &name);
	return i < d->n ? d->values[i] : NULL;
}

const struct datum *
datum_get(const struct datum *d, const char *key)
{
	return datum_find(d, datum_name(slice_z(key)));
}

const struct datum *
datum_path(const struct datum *d, const char *path)
{
	struct slice rest = slice_z(path);

	while (d && rest.n)
		d = datum_find(d, datum_name(slice_cut(&rest, '.')));
	return d;
}
