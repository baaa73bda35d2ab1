#ifndef TEMPLATES_PROGRAM_H
#define TEMPLATES_PROGRAM_H

#include "templates/filter.h"
#include "templates/place.h"
#include "templates/template.h"

/*
 * The compiled form, made by parse.c and known to template.c (sets), render.c
 * and lint.c alone.  Ops lie in the order of the text; those that hold others
 * say where theirs end.
 */
enum op_code {
	OP_TEXT,     /* text */
	OP_INDENT,   /* the beginning of a line that starts with a tag */
	OP_VALUE,    /* path, calls, place */
	OP_RAW,	     /* path, calls */
	OP_SECTION,  /* path; ops up to end */
	OP_INVERTED, /* path; ops up to end */
	OP_PARTIAL,  /* text: name; target; indent */
	OP_DYNAMIC,  /* path; indent */
	OP_PARENT, /* as partial, or path where dynamic; OP_BLOCKs up to end */
	OP_BLOCK,  /* text: name; block; indent; default up to end */
};

struct op {
	enum op_code code : 8;
	enum place place : 8;
	bool line_start : 1; /* a text or block begins a line */
	bool fresh : 1;	     /* a block's content begins on a line of its own */
	bool standalone : 1; /* a partial or parent is alone on its line */
	bool dynamic : 1;
	uint32_t end;	      /* index after the last op inside */
	uint32_t at;	      /* offset in the source, for errors */
	uint32_t path;	      /* index of paths */
	uint32_t call, calls; /* filters: first, and how many */
	uint32_t block;	      /* number of the block's name in the set */
	enum place_room room; /* of a partial or block */
	struct slice text;
	struct slice indent;
	const struct template *target;
};

struct path {
	struct slice text;
	uint32_t key, keys; /* none: the implicit iterator */
};

struct template
{
	const struct template_set *set;
	struct slice name, file, source;
	enum template_escape escape;
	bool on_call;
	bool compiled;
	bool dynamic; /* has dynamic names, so may call any */
	struct op *ops;
	size_t op_count, op_cap;
	struct path *paths;
	size_t path_count, path_cap;
	struct datum_name *keys;
	size_t key_count, key_cap;
	struct filter_call *calls;
	size_t call_count, call_cap;
};

struct block_name {
	struct slice name;
	enum place_room room; /* the least of all places where it stands */
};

struct template_set {
	struct arena arena;
	enum template_mode mode;
	struct template *templates; /* sorted by name */
	size_t n;
	struct block_name *blocks; /* by number */
	size_t block_count, block_cap;
};

/* Line and column of an offset, from 1; columns count bytes. */
void program_position(const struct template *t, uint32_t at, uint32_t *line,
		      uint32_t *column);

/* Sets the pointer "file:line:column". */
enum rc program_err(const struct template *t, uint32_t at, struct err *e,
		    enum rc rc, const char *fmt, ...) PRINTF(5, 6);

/* Room for one more element of an array that grows in an arena; what is left
 * behind goes with the arena. */
void *program_room(struct arena *a, void *old, size_t n, size_t *cap,
		   size_t size);

#endif
