#ifndef BASE_JSON_NODE_H
#define BASE_JSON_NODE_H

#include "base/arena.h"
#include "base/err.h"

/*
 * Reading of JSON that is ours: what json_read() let in and we stored.  A text
 * without an escape is not copied, and that no key comes twice is not looked
 * for, so that it costs a tenth of what json_read() does.
 */

enum json_node_kind {
	JSON_NODE_NULL,
	JSON_NODE_FALSE,
	JSON_NODE_TRUE,
	JSON_NODE_NUMBER,
	JSON_NODE_TEXT,
	JSON_NODE_LIST,
	JSON_NODE_OBJECT,
};

struct json_node {
	enum json_node_kind kind;
	struct slice key;  /* of a member */
	struct slice text; /* of a text; a number as it is written */
	const struct json_node *first; /* of a list's or an object's */
	const struct json_node *next;  /* in the same one */
};

/* Reads one value and nothing behind it, at most max bytes; that texts are
 * UTF-8 is not looked at.  Owns: the arena, and text, which must outlive the
 * nodes.  Fails: RC_INVALID, RC_LIMIT.  Ref: RFC 8259. */
enum rc json_node_read(struct arena *a, struct slice text, size_t max,
		       const struct json_node **out, struct err *e) MUST_USE;

/* A member of an object; NULL where there is none, or no object. */
const struct json_node *json_node_get(const struct json_node *object,
				      const char *key);

/* A text; "" where it is none, or NULL. */
struct slice json_node_text(const struct json_node *n);

#endif
