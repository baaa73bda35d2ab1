#ifndef API_BATCH_LINE_H
#define API_BATCH_LINE_H

#include "api/change.h"

#define BATCH_LINE_MAX ((size_t)2 << 20)

/* A line of a batch: one change, and its answer. */
struct batch_line {
	int64_t number; /* from 1 */
	struct arena arena;
	struct change c;
	struct change_answer answer;
	struct err err; /* rc RC_OK: it was done */
	bool in_body;	/* err's pointer is within the body */
};

/* Makes a zeroed one ready for its text. */
void batch_line_init(struct batch_line *l, struct api *api, struct slice by,
		     int64_t number);
void batch_line_fini(struct batch_line *l);

/* Reads what it asks into c.  Fails: RC_INVALID, kept in err. */
enum rc batch_line_parse(struct batch_line *l, struct slice text) MUST_USE;

/* Adds {"line", "status", "id"?, "problem"?} and a line's end. */
void batch_line_answer(const struct batch_line *l, struct sbuf *b);

#endif
