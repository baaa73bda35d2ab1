#ifndef MAILER_VERDICT_H
#define MAILER_VERDICT_H

#include "mailer/outcome.h"

/*
 * What a reply means for the queue, by rows of conf/verdicts.conf; that file
 * says their form.  An operator's rows are tried before those built in; what
 * no row knows is decided by the first digit of its code, counted and logged.
 * No row makes an acceptance of what is none.
 */
enum verdict {
	VERDICT_ACCEPTED,
	VERDICT_UNCERTAIN,
	VERDICT_STOPPED,     /* it may not go any more */
	VERDICT_RETRY,	     /* at the next step */
	VERDICT_RETRY_LATER, /* greylisted: minutes first */
	VERDICT_SLOW_DOWN,   /* we are too fast: stop the destination */
	VERDICT_NEXT_EXCHANGER,
	VERDICT_MAILBOX_FULL,
	VERDICT_POLICY_BLOCK, /* us, not the address: stop the destination */
	VERDICT_BAD_ADDRESS,  /* suppress it */
	VERDICT_OURS,	      /* our fault: hold, alarm */
	VERDICTS,
};

struct verdict_rules;

/* Reads the operator's file, unless it is "" or NULL, and those built in.
 * Fails: RC_IO, RC_INVALID; e->pointer is "file:line".
 * Owns: the caller, verdict_rules_free(). */
enum rc verdict_rules_load(const char *path, struct verdict_rules **out,
			   struct err *e) MUST_USE;
void verdict_rules_free(struct verdict_rules *v);

/* Adds the rows of a text; name stands in e->pointer.  They are tried after
 * those already there. */
enum rc verdict_rules_add(struct verdict_rules *v, const char *name,
			  struct slice text, struct err *e) MUST_USE;
struct verdict_rules *verdict_rules_new(void);

/* The verdict on an outcome of a message, or of a session as a whole; *rule
 * (may be NULL) is the row's "file:line", "first digit" where none knew the
 * reply, or "" where none was asked.
 * Owns: v.  Thread: any. */
enum verdict verdict_of(struct verdict_rules *v, const struct outcome *o,
			const char **rule);

/* How often no row knew, since the program's start.  Thread: any. */
uint64_t verdict_unknown(void);

/* The word of conf/verdicts.conf and of logs: "bad_address". */
const char *verdict_name(enum verdict v);

#endif
