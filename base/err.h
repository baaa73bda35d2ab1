#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

/* What a caller should do about a result. */
enum rc {
	RC_OK = 0,
	RC_AGAIN,    /* passing: the same call may succeed later */
	RC_INVALID,  /* the input is wrong, and always will be */
	RC_LIMIT,    /* a bound was met; less, or later, may pass */
	RC_DENIED,   /* not allowed to this caller */
	RC_STATE,    /* the state of things forbids it (HTTP 409) */
	RC_NOTFOUND, /* what was named does not exist */
	RC_IO,	     /* disk, socket or library failed */
	RC_USAGE,    /* the command line asks for what there is not */
	RC_CONFIG,   /* what the operator wrote has to be mended */
	RC_BUG,	     /* an invariant of ours is broken */
};

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* The reason of a failure, for a person.  pointer: JSON pointer, or
 * "file:line", of what is at fault; empty where there is none. */
struct err {
	enum rc rc;
	char pointer[160];
	char text[512];
};

/* Sets the reason and returns rc, so that "return err_set(...)" reads well.
 * e may be NULL. */
enum rc err_set(struct err *e, enum rc rc, const char *fmt, ...) PRINTF(3, 4);

/* The same, naming what is at fault by a pointer ("/contacts/0/email"). */
enum rc err_at(struct err *e, enum rc rc, const char *pointer, const char *fmt,
	       ...) PRINTF(4, 5);

/* Puts "context: " before the text, once a layer, and returns e's rc. */
enum rc err_add(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Sets the reason from errno: "what: No such file or directory".  The code is
 * RC_NOTFOUND for ENOENT, else RC_IO. */
enum rc err_errno(struct err *e, const char *what);

/* Blames the configuration for what it names and what is wrong or missing:
 * RC_INVALID, RC_NOTFOUND and RC_LIMIT become RC_CONFIG, others stay.  Returns
 * e's rc. */
enum rc err_config(struct err *e);

/* The name of a result code, for logs. */
const char *rc_name(enum rc rc);

/* The exit code of sysexits.h that says the same as rc. */
int rc_exit(enum rc rc);

/* Ends the process at once: out of memory, or an invariant broken.  The only
 * place that aborts. */
void die(const char *fmt, ...) PRINTF(1, 2) __attribute__((noreturn));

#endif
