#ifndef TEMPLATES_SOURCE_H
#define TEMPLATES_SOURCE_H

#include "base/arena.h"

enum source_group { SOURCE_MAIL, SOURCE_PAGE, SOURCE_GROUPS };

/* A file of templates/mail or templates/page, or one of the operator's that
 * stands over it. */
struct source {
	enum source_group group;
	struct slice stem;   /* "receipt/html", "_blocks/button", "area" */
	struct slice locale; /* "es_AR", or empty */
	struct slice file;   /* for errors */
	struct slice text;   /* without one newline at its end */
};

struct source_list {
	struct source *v; /* sorted by group, stem and locale */
	size_t n, cap;
};

/* Reads all that are built in, and over them those of dir (NULL: none).
 * Owns: the arena.  Fails: RC_INVALID (a file that has no place here), RC_IO,
 * RC_LIMIT. */
enum rc source_load(const char *dir, struct arena *a, struct source_list *out,
		    struct err *e) MUST_USE;

/* The text of a stem for a locale: its own, its language's, or the one without
 * a locale; NULL when there is none. */
const struct source *source_find(const struct source_list *l,
				 enum source_group group, struct slice stem,
				 struct slice locale);

/* The language of a locale: "es" of "es_AR". */
struct slice source_language(struct slice locale);

/* True for what others call and nobody renders: "_blocks/…". */
bool source_is_shared(const struct source *s);

#endif
