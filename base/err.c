#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const struct {
	const char *name;
	int exit_code;
} codes[] = {
    [RC_OK] = {"ok", EX_OK},
    [RC_AGAIN] = {"again", EX_TEMPFAIL},
    [RC_INVALID] = {"invalid", EX_DATAERR},
    [RC_LIMIT] = {"limit", EX_TEMPFAIL},
    [RC_DENIED] = {"denied", EX_NOPERM},
    [RC_STATE] = {"state", EX_UNAVAILABLE},
    [RC_NOTFOUND] = {"not_found", EX_NOINPUT},
    [RC_IO] = {"io", EX_IOERR},
    [RC_USAGE] = {"usage", EX_USAGE},
    [RC_CONFIG] = {"config", EX_CONFIG},
    [RC_BUG] = {"bug", EX_SOFTWARE},
};

#define CODES (sizeof(codes) / sizeof(codes[0]))

/* Formatted beside e first, since the arguments may be e's own texts. */
__attribute__((format(printf, 4, 0))) static enum rc
fill(struct err *e, enum rc rc, const char *pointer, const char *fmt,
     va_list ap)
{
	struct err fresh = {.rc = rc};

	if (e == NULL)
		return rc;
	(void)snprintf(fresh.pointer, sizeof(fresh.pointer), "%s", pointer);
	(void)vsnprintf(fresh.text, sizeof(fresh.text), fmt, ap);
	*e = fresh;
	return rc;
}

enum rc
err_set(struct err *e, enum rc rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fill(e, rc, "", fmt, ap);
	va_end(ap);
	return rc;
}

enum rc
err_at(struct err *e, enum rc rc, const char *pointer, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fill(e, rc, pointer, fmt, ap);
	va_end(ap);
	return rc;
}

enum rc
err_add(struct err *e, const char *fmt, ...)
{
	char text[sizeof(e->text)];
	va_list ap;
	size_t n, kept;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text) - 2, fmt, ap);
	va_end(ap);
	n = strlen(text);
	text[n++] = ':';
	text[n++] = ' ';
	kept = strnlen(e->text, sizeof(text) - 1 - n);
	memmove(e->text + n, e->text, kept);
	memcpy(e->text, text, n);
	e->text[n + kept] = '\0';
	return e->rc;
}

enum rc
err_errno(struct err *e, const char *what)
{
	int saved = errno;

	return err_set(e, saved == ENOENT ? RC_NOTFOUND : RC_IO, "%s: %s", what,
		       strerrordesc_np(saved) ? strerrordesc_np(saved)
					      : "unknown error");
}

enum rc
err_config(struct err *e)
{
	if (e->rc == RC_INVALID || e->rc == RC_NOTFOUND || e->rc == RC_LIMIT)
		e->rc = RC_CONFIG;
	return e->rc;
}

const char *
rc_name(enum rc rc)
{
	return (size_t)rc < CODES ? codes[rc].name : "unknown";
}

int
rc_exit(enum rc rc)
{
	return (size_t)rc < CODES ? codes[rc].exit_code : EX_SOFTWARE;
}

void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fputs("acuse: fatal: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	abort();
}
