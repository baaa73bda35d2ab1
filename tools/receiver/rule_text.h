#ifndef RECEIVER_RULE_TEXT_H
#define RECEIVER_RULE_TEXT_H

#include "base/arena.h"

/* Words and values of the rules file; all failures are RC_INVALID at
 * "path:line". */

#define RULE_LINE_MAX ((size_t)64 * 1024)

/* Where a rule is being read, so that messages can say so. */
struct rule_text {
	const char *path;
	unsigned line;
	struct arena *arena; /* owns what is read */
	struct sbuf *word;   /* scratch */
	struct err *e;
};

/* Sets the reason and returns RC_INVALID. */
enum rc rule_text_refuse(struct rule_text *in, const char *fmt, ...)
    PRINTF(2, 3);

/* Cuts one word off the line, its quotes and escapes resolved; word->p is NULL
 * at the line's end or before a comment. */
enum rc rule_text_word(struct rule_text *in, struct slice *rest,
		       struct slice *word) MUST_USE;

/* "500ms", "300s", "5m", "2h", "1d", in units of unit_us. */
enum rc rule_text_duration(struct rule_text *in, struct slice v,
			   int64_t unit_us, int64_t *out) MUST_USE;

/* A number of at least min, with K or M for 1,024 and its square. */
enum rc rule_text_size(struct rule_text *in, struct slice v, int64_t min,
		       int64_t *out) MUST_USE;

/* RFC 3339, in microseconds. */
enum rc rule_text_time(struct rule_text *in, struct slice v,
		       int64_t *out) MUST_USE;

/* A reply of one line or of several, parted by LF, as it goes over the wire.
 * Ref: RFC 5321 4.2: one code, '-' behind it in all lines but the last. */
enum rc rule_text_reply(struct rule_text *in, struct slice v,
			struct slice *out) MUST_USE;

#endif
