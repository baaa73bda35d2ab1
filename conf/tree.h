#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "base/arena.h"
#include "base/err.h"

#define TREE_TEXT_MAX ((size_t)1 << 20)
#define TREE_NODES_MAX 50000
#define TREE_DEPTH_MAX 3

/*
 * The syntax of our files, a strict part of libconfuse's, with the place of
 * each thing kept:
 *
 *   name = value            option; value: "text", word, {"text", …}
 *   name { … }              section
 *   name "title" { … }      section with a title
 *   # … , // … , / * … * /  comments
 *
 * Text: UTF-8 on one line, with \" and \\; a word: letters, digits and any of
 * _ - + . : / * %.
 */
enum tree_kind { TREE_ONE, TREE_MANY, TREE_SECTION };

struct tree_node {
	enum tree_kind kind;
	struct slice name;
	struct slice title; /* of a section; p NULL: none */
	const char *file;
	int line;
	const struct slice *values; /* 1 for TREE_ONE */
	size_t values_n;
	struct tree_node *first, *last, *next;
};

/* Parses text as the content of a section without a name.  file is kept, for
 * messages.  Owns: the arena; it borrows text.  Fails: RC_INVALID (where and
 * what was expected), RC_LIMIT (too large, too deep, too many). */
enum rc tree_parse(struct slice text, const char *file, struct arena *a,
		   struct tree_node **out, struct err *e) MUST_USE;

/* The first child with this name, or NULL. */
const struct tree_node *tree_find(const struct tree_node *section,
				  const char *name);

/* Sets an error at "file:line" of a node, and returns RC_INVALID. */
enum rc tree_err(const struct tree_node *at, struct err *e, const char *fmt,
		 ...) PRINTF(3, 4);

/* Puts "what: reason: advice" and the node's place into the error of a file
 * that could not be read, and returns its code. */
enum rc tree_err_file(const struct tree_node *at, struct err *e,
		      const char *what, const char *advice);

#endif
