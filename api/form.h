#ifndef API_FORM_H
#define API_FORM_H

#include "base/json.h"

/* A body's fields: what is read by json_fill(), and what /v1/openapi.yaml says
 * of it, from the same rows. */
struct form_part {
	const char *key;
	const struct form *of; /* of the object, or of each of the array */
};

struct form {
	const char *name; /* of the schema: "Invoice" */
	const struct json_rule *rules;
	size_t n;
	const struct form_part *parts; /* ends with a NULL key; NULL: none */
};

#define FORM(name, rules, parts)                                               \
	{                                                                      \
		(name), (rules), sizeof(rules) / sizeof((rules)[0]), (parts)   \
	}

extern const struct form form_customer, form_service, form_invoice;
extern const struct form form_event, form_notice, form_hold, form_consent;
extern const struct form form_gate;
extern const struct form form_area_link, form_key, form_scope, form_reason;
extern const struct form form_token_key;
extern const struct form form_batch_line;

/* json_fill() by a form. */
enum rc form_fill(const struct form *f, json_t *o, const char *at, void *target,
		  struct arena *a, struct err *e) MUST_USE;

/* True for what JSON_WANT_ID takes. */
bool form_is_id(struct slice s);

/* Fills each object of an array by a form into elements of size bytes, zeroed
 * before unless start sets other defaults.  Owns: the arena. */
enum rc form_fill_list(const struct form *f, json_t *list, const char *at,
		       size_t size, void (*start)(void *element), void **out,
		       size_t *n, struct arena *a, struct err *e) MUST_USE;

/* The object's compact text with sorted keys: equal for equal content. */
struct slice form_text(const json_t *o, struct arena *a);

#endif
