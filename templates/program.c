#include "templates/program.h"

#include <stdarg.h>
#include <stdio.h>

#define FILE_SHOWN 120

void
program_position(const struct template *t, uint32_t at, uint32_t *line,
		 uint32_t *column)
{
	uint32_t start = 0;

	*line = 1;
	for (uint32_t i = 0; i < at && i < t->source.n; i++) {
		if (t->source.p[i] == '\n') {
			(*line)++;
			start = i + 1;
		}
	}
	*column = at - start + 1;
}

enum rc
program_err(const struct template *t, uint32_t at, struct err *e, enum rc rc,
	    const char *fmt, ...)
{
	uint32_t line, column;
	struct slice file = t->file;
	char text[400], pointer[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	program_position(t, at, &line, &column);
	/* The end of a long path tells more than its beginning. */
	file = slice_skip(file, file.n > FILE_SHOWN ? file.n - FILE_SHOWN : 0);
	snprintf(pointer, sizeof(pointer), "%.*s:%u:%u", SLICE_ARG(file), line,
		 column);
	return err_at(e, rc, pointer, "%s", text);
}

void *
program_room(struct arena *a, void *old, size_t n, size_t *cap, size_t size)
{
	void *p;

	if (n < *cap)
		return old;
	*cap = *cap ? 2 * *cap : 16;
	p = arena_alloc(a, *cap * size);
	if (n)
		memcpy(p, old, n * size);
	return p;
}
