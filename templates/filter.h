#ifndef TEMPLATES_FILTER_H
#define TEMPLATES_FILTER_H

#include "base/sbuf.h"
#include "templates/datum.h"
#include "templates/locale.h"

#define FILTER_ARGS_MAX 6
#define FILTER_TEXT_MAX 4096

struct filter_arg {
	struct slice text; /* also of a number */
	int64_t number;	   /* -1 where it is none */
};

struct filter;

struct filter_call {
	const struct filter *filter;
	struct filter_arg args[FILTER_ARGS_MAX];
	unsigned arg_count;
};

/* A value on its way through filters: data, or text that one made. */
struct filter_value {
	const struct datum *datum; /* NULL when missing, or text is used */
	struct slice text;
	bool made;   /* text is what counts */
	bool markup; /* escaped already */
};

struct filter_scope {
	struct locale *locale;
	const struct datum *currency; /* what "currency" is here, or NULL */
	bool html;
};

/* The filter of a name; NULL for an unknown one. */
const struct filter *filter_find(struct slice name);

/* Whether it makes something of what is missing, gives HTML, or looks for
 * "currency" beside its value. */
bool filter_is_default(const struct filter *f);
bool filter_makes_markup(const struct filter *f);
bool filter_wants_currency(const struct filter *f);

/* Checks the arguments when a template is compiled.  Fails: RC_INVALID. */
enum rc filter_check(const struct filter_call *c, struct err *e) MUST_USE;

/* Runs one filter; what it makes is added to out, which v then points into, so
 * out must have its full size from the beginning.  Fails: RC_INVALID (a value
 * of another kind; the text goes on from the variable's name: "is not …"),
 * RC_LIMIT. */
enum rc filter_run(const struct filter_call *c, const struct filter_scope *s,
		   struct filter_value *v, struct sbuf *out,
		   struct err *e) MUST_USE;

/* Gives v its text when no filter did: numbers as digits, money, dates and
 * times as their filters would.  Fails: RC_INVALID (a list, a map, null). */
enum rc filter_plain(struct filter_value *v, const struct filter_scope *s,
		     struct sbuf *out, struct err *e) MUST_USE;

#endif
