#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/err.h"
#include "base/mailbox.h"
#include "base/money.h"

/*
 * Strict reading of JSON from outside: jansson with JSON_REJECT_DUPLICATES,
 * bounded depth, then fields by table.  A field that no rule names is refused,
 * so that a typing error is not silently dropped.
 */

/* Parses one value and nothing behind it, at most max bytes.  Fails:
 * RC_INVALID, RC_LIMIT.  Owns: the caller, json_decref(). */
enum rc json_read(struct slice text, size_t max, json_t **out,
		  struct err *e) MUST_USE;

enum json_want {
	JSON_WANT_TEXT,	  /* struct slice: UTF-8, no control characters */
	JSON_WANT_ID,	  /* struct slice: 1 to 128 of A-Za-z0-9._:- */
	JSON_WANT_EMAIL,  /* struct slice: RFC 5321 mailbox, checked */
	JSON_WANT_URL,	  /* struct slice: http(s), no user information */
	JSON_WANT_DATE,	  /* int32_t */
	JSON_WANT_TIME,	  /* int64_t microseconds */
	JSON_WANT_INT,	  /* int64_t within [min, max] */
	JSON_WANT_BOOL,	  /* bool */
	JSON_WANT_AMOUNT, /* struct slice: decimal string, not yet money */
	JSON_WANT_ENUM,	  /* int: index into names */
	JSON_WANT_OBJECT, /* json_t *, borrowed */
	JSON_WANT_ARRAY,  /* json_t *, borrowed; max: its longest length */
};

/* Where max is 0: of a text 1,024 bytes, of a URL 2,048, of an id 128; an array
 * of any length.  Where both are 0: any integer. */
struct json_rule {
	const char *key;
	enum json_want want;
	bool required;
	size_t offset;		  /* of the field in the target struct */
	int64_t min, max;	  /* of the number, or of the text's bytes */
	const char *const *names; /* of an enum, NULL-terminated */
	ptrdiff_t seen; /* offset of a bool set when present; <= 0: none */
};

/* Fills target by the rules from object o at pointer "at" ("" for the root).
 * Absent optional fields, and null ones, keep what target holds.  Texts are
 * copied to the arena.  Fails: RC_INVALID with the JSON pointer at fault. */
enum rc json_fill(json_t *o, const char *at, const struct json_rule *rules,
		  size_t n, void *target, struct arena *a,
		  struct err *e) MUST_USE;

#endif
