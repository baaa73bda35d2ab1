/*
 * A line is built on the stack and leaves in one write, so that lines of
 * several threads do not mix.  What would not fit is cut, never the line's
 * end.
 */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"

#define LINE_MAX_BYTES 4096
#define VALUE_MAX_BYTES 1024
#define ESCAPE_MAX 4

static _Atomic int log_fd = STDERR_FILENO;
static _Atomic int log_max = LOG_INFO;

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

static const struct {
	const char *name;
	enum log_level level;
} events[] = {
#define LOG_EVENT(id, name, level) {name, level},
#include "base/log_events.def"
#undef LOG_EVENT
};

struct line {
	char bytes[LINE_MAX_BYTES];
	size_t n;
};

void
log_init(int fd, enum log_level max)
{
	atomic_store(&log_fd, fd);
	atomic_store(&log_max, (int)max);
}

/* Keeps room for a quote and the line's end. */
static bool
put(struct line *l, struct slice s)
{
	if (l->n + s.n > sizeof(l->bytes) - 2)
		return false;
	memcpy(l->bytes + l->n, s.p, s.n);
	l->n += s.n;
	return true;
}

static bool
is_plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
			return false;
	}
	return s.n > 0;
}

/* Besides line ends, what a terminal or an editor takes for one or obeys: C1
 * controls, the separators U+2028 and U+2029, marks that turn the direction
 * of writing (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069). */
static bool
is_unsafe(struct slice c)
{
	const unsigned char *p = (const unsigned char *)c.p;

	if (c.n == 1)
		return p[0] < 0x20 || p[0] == 0x7f;
	if (c.n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (c.n != 3 || p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f)) ||
	       (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

static bool
put_escaped(struct line *l, struct slice c)
{
	for (size_t i = 0; i < c.n; i++) {
		char hex[ESCAPE_MAX + 1];

		(void)snprintf(hex, sizeof(hex), "\\x%02x",
			       (unsigned)(unsigned char)c.p[i]);
		if (!put(l, slice_of(hex, ESCAPE_MAX)))
			return false;
	}
	return true;
}

static bool
put_char(struct line *l, struct slice c)
{
	if (c.p[0] == '\n')
		return put(l, SLICE("\\n"));
	if (c.p[0] == '"')
		return put(l, SLICE("\\\""));
	if (c.p[0] == '\\')
		return put(l, SLICE("\\\\"));
	return is_unsafe(c) ? put_escaped(l, c) : put(l, c);
}

static void
put_value(struct line *l, struct slice s)
{
	bool cut = s.n > VALUE_MAX_BYTES;

	s.n = cut ? VALUE_MAX_BYTES : s.n;
	if (is_plain(s) && !cut && put(l, s))
		return;
	if (!put(l, SLICE("\"")))
		return;
	while (s.n) {
		size_t length = slice_utf8_next(s);
		struct slice c = slice_of(s.p, length ? length : 1);

		if (!(length ? put_char(l, c) : put_escaped(l, c)))
			break;
		s = slice_skip(s, c.n);
	}
	if (cut)
		(void)put(l, SLICE("..."));
	l->bytes[l->n++] = '"';
}

static void
put_field(struct line *l, const struct log_field *f)
{
	char number[24];
	size_t before = l->n;

	if (!put(l, SLICE(" ")) || !put(l, slice_z(f->key)) ||
	    !put(l, SLICE("="))) {
		l->n = before;
		return;
	}
	if (f->text.p) {
		put_value(l, f->text);
		return;
	}
	(void)snprintf(number, sizeof(number), "%lld", (long long)f->number);
	if (!put(l, slice_z(number)))
		l->n = before;
}

void
log_write(enum log_event event, const struct log_field *fields, size_t n)
{
	struct line l = {.n = 0};
	char now[TIME_SIZE];
	int saved = errno;

	if ((int)events[event].level > atomic_load(&log_max))
		return;
	time_format(clock_wall_us(), now);
	(void)put(&l, slice_z(now));
	(void)put(&l, SLICE(" level="));
	(void)put(&l, slice_z(level_names[events[event].level]));
	(void)put(&l, SLICE(" event="));
	(void)put(&l, slice_z(events[event].name));
	for (size_t i = 0; i < n; i++)
		put_field(&l, &fields[i]);
	l.bytes[l.n++] = '\n';
	while (write(atomic_load(&log_fd), l.bytes, l.n) < 0 && errno == EINTR)
		continue;
	errno = saved;
}
