#ifndef TEMPLATES_TAG_H
#define TEMPLATES_TAG_H

#include "templates/program.h"

/* A tag of a template's source, and what stands beside it on its line. */
struct tag {
	char kind;    /* one of "#^/><$!=&{", or 0 for a value */
	bool dynamic; /* "*" before the name */
	bool blank_before, blank_after; /* nothing else on that side */
	uint32_t start, end;		/* offsets, delimiters included */
	uint32_t line_start, line_end;	/* of the blanks on either side */
	struct slice content;
};

/* All tags in order.  Owns: the array the arena.  Fails: RC_INVALID. */
enum rc tag_find(const struct template *t, struct arena *a, struct tag **out,
		 size_t *n, struct err *e) MUST_USE;

/* Space or tab. */
bool tag_is_blank(char c);

#endif
