#ifndef TEMPLATES_TEMPLATE_H
#define TEMPLATES_TEMPLATE_H

#include "base/arena.h"
#include "base/sbuf.h"
#include "templates/datum.h"
#include "templates/locale.h"

/*
 * Mustache 1.4 with inheritance, dynamic names and filters (README.md here),
 * compiled once to a flat program.  A set holds templates that can name each
 * other; it is immutable, and any thread may render from it.
 */

enum template_escape {
	TEMPLATE_TEXT,	 /* values in one line, without control characters */
	TEMPLATE_HEADER, /* the same, and nothing that breaks lines */
	TEMPLATE_HTML,	 /* by place: text, attribute, URL, CSS */
};

enum template_mode {
	/* The letter of the specification: what is missing is empty. */
	TEMPLATE_SPEC,
	/* For mails: a missing value or partial is an error, bidirectional
	 * overrides and control characters are taken out of values, and HTML
	 * refuses tags where no escape is safe. */
	TEMPLATE_STRICT,
};

struct template_source {
	struct slice name; /* by which others call it */
	struct slice file; /* for errors */
	struct slice text; /* UTF-8 */
	enum template_escape escape;
	bool on_call; /* compiled only where a template calls it */
};

struct template_set;
struct template;

/* Compiles all sources; texts are copied.  Fails: RC_INVALID with the pointer
 * "file:line:column". */
enum rc template_set_new(const struct template_source *sources, size_t n,
			 enum template_mode mode, struct template_set **out,
			 struct err *e) MUST_USE;
void template_set_free(struct template_set *s);

/* The template of that name.  Owns: the set.  NULL when absent. */
const struct template *template_find(const struct template_set *s,
				     struct slice name);

/* Adds what the template makes of data (a map) to out.  Nothing is allocated
 * but what out needs to grow.  Fails: RC_INVALID (missing or unfit value; the
 * pointer is "file:line:column", the text names the variable), RC_LIMIT (out is
 * full, or nesting is too deep).  Thread: any, with a locale of its own. */
enum rc template_render(const struct template *t, const struct datum *data,
			struct locale *l, struct sbuf *out,
			struct err *e) MUST_USE;

enum template_use {
	TEMPLATE_USE_VALUE,
	TEMPLATE_USE_SECTION, /* or inverted */
	TEMPLATE_USE_DYNAMIC, /* name of a partial */
};

struct template_variable {
	struct slice path; /* as written: "invoice.total", "." */
	enum template_use use;
	bool optional; /* has a default */
	struct slice file;
	uint32_t line, column;
};

/* Walks the template and all that it calls over data, entering sections also
 * where they are false, and lists the variables that data does not have; those
 * inside lists are looked up in the first element.  Owns: the
 * array the arena, the texts the set. */
size_t template_missing(const struct template *t, const struct datum *data,
			struct arena *a, const struct template_variable **out);

#endif
