#ifndef TEMPLATES_DATUM_H
#define TEMPLATES_DATUM_H

#include <jansson.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/json_node.h"
#include "base/money.h"

/*
 * What a template sees: a tree of values in an arena.  Texts are borrowed, so
 * they must live as long as the tree.
 *
 * False to a section: null, false, 0, "", an empty list and a missing key.
 */
enum datum_kind {
	DATUM_NULL,
	DATUM_BOOL,
	DATUM_INT,
	DATUM_TEXT,
	DATUM_MONEY,
	DATUM_DATE, /* int32_t days, as in base/date.h */
	DATUM_TIME, /* int64_t microseconds, UTC */
	DATUM_LIST,
	DATUM_MAP,
};

struct datum;

/* Makers.  Owns: the arena, as everything below. */
struct datum *datum_null(struct arena *a);
struct datum *datum_bool(struct arena *a, bool v);
struct datum *datum_int(struct arena *a, int64_t v);
struct datum *datum_text(struct arena *a, struct slice s);
struct datum *datum_text_z(struct arena *a, const char *z); /* NULL: null */
struct datum *datum_money(struct arena *a, struct money m);
struct datum *datum_date(struct arena *a, int32_t date); /* none: null */
struct datum *datum_time(struct arena *a, int64_t us);
struct datum *datum_list(struct arena *a);
struct datum *datum_map(struct arena *a);

/* Appends v to a list. */
void datum_add(struct datum *list, struct datum *v);

/* Sets a key of a map, in the place of an earlier value of that key.  The key
 * is borrowed. */
void datum_set(struct datum *map, const char *key, struct datum *v);
void datum_set_slice(struct datum *map, struct slice key, struct datum *v);

/* The tree of a JSON value.  Reals become their shortest decimal text.  Texts
 * are copied to the arena, so that j can go. */
struct datum *datum_from_json(struct arena *a, const json_t *j);

/* The same of a value that json_node_read() read, whose texts are not copied.
 */
struct datum *datum_from_node(struct arena *a, const struct json_node *n);

/* What d is; null for NULL. */
enum datum_kind datum_kind(const struct datum *d);

/* False for NULL, and for what is false above. */
bool datum_true(const struct datum *d);

/* The number of a bool, int, date or time, the bytes of a text, the amount of
 * money; 0 or empty for other kinds. */
int64_t datum_number(const struct datum *d);
struct slice datum_slice(const struct datum *d);
struct money datum_amount(const struct datum *d);

/* Elements of a list or map (0 for others), and the i-th value in order. */
size_t datum_count(const struct datum *d);
const struct datum *datum_at(const struct datum *d, size_t i);
struct slice datum_key(const struct datum *map, size_t i);

/* The value of a key; NULL where there is none or d is no map (or NULL). */
const struct datum *datum_get(const struct datum *d, const char *key);

/* The value at a path of keys ("invoice.total"), or NULL. */
const struct datum *datum_path(const struct datum *d, const char *path);

/* A key with its hash, for lookups that repeat. */
struct datum_name {
	struct slice key;
	uint32_t hash;
};
struct datum_name datum_name(struct slice key);
const struct datum *datum_find(const struct datum *d, struct datum_name name);

#endif
