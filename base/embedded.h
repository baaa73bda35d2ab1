#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>

/*
 * Files that are part of the program: conf/, store/schema/, store/dictionary/,
 * templates/mail/, templates/page/, proof/bundle/ and portal/static/, without C
 * sources and READMEs.  A name is the path from the root of the tree
 * ("store/schema/001.sql").
 */
struct embedded_file {
	const char *name;
	const unsigned char *data; /* a NUL stands after the last byte */
	size_t size;
};

/* The file with this name, or NULL.  Owns: the program; lives for ever. */
const struct embedded_file *embedded_find(const char *name);

/* The files whose name starts with prefix, ordered by bytes of the name, one
 * a call: the first for prev NULL, else the one after prev; NULL at the end. */
const struct embedded_file *embedded_next(const char *prefix,
					  const struct embedded_file *prev);

#endif
