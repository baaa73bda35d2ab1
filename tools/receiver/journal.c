#include "tools/receiver/journal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/mem.h"

/* Room for all the recipients of one message, and then some. */
#define LINES_MAX ((size_t)64 * 1024 * 1024)

struct journal {
	int fd; /* -1: nowhere */
	bool sync, comma;
	struct sbuf lines;
};

enum rc
journal_open(const char *path, bool sync, struct journal **out, struct err *e)
{
	struct journal *j = MEM_NEW(struct journal);

	j->fd = -1;
	j->sync = sync;
	sbuf_init(&j->lines, LINES_MAX);
	if (path) {
		j->fd =
		    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (j->fd < 0) {
			journal_free(j);
			return err_errno(e, path);
		}
	}
	*out = j;
	return RC_OK;
}

void
journal_free(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	sbuf_fini(&j->lines);
	free(j);
}

static void
add_key(struct journal *j, const char *key)
{
	if (j->comma)
		sbuf_add_z(&j->lines, ", ");
	j->comma = true;
	sbuf_add_json(&j->lines, slice_z(key));
	sbuf_add_z(&j->lines, ": ");
}

void
journal_begin(struct journal *j, const char *event)
{
	char time[TIME_SIZE];

	time_format(clock_wall_us(), time);
	sbuf_add_c(&j->lines, '{');
	j->comma = false;
	journal_z(j, "time", time);
	journal_z(j, "event", event);
}

void
journal_text(struct journal *j, const char *key, struct slice v)
{
	add_key(j, key);
	sbuf_add_json(&j->lines, v);
}

void
journal_z(struct journal *j, const char *key, const char *v)
{
	journal_text(j, key, slice_z(v));
}

void
journal_int(struct journal *j, const char *key, int64_t v)
{
	add_key(j, key);
	sbuf_add_int(&j->lines, v);
}

void
journal_bool(struct journal *j, const char *key, bool v)
{
	add_key(j, key);
	sbuf_add_z(&j->lines, v ? "true" : "false");
}

void
journal_null(struct journal *j, const char *key)
{
	add_key(j, key);
	sbuf_add_z(&j->lines, "null");
}

void
journal_open_list(struct journal *j, const char *key)
{
	add_key(j, key);
	sbuf_add_c(&j->lines, '[');
	j->comma = false;
}

void
journal_open_item(struct journal *j)
{
	sbuf_add_z(&j->lines, j->comma ? ", {" : "{");
	j->comma = false;
}

void
journal_close_item(struct journal *j)
{
	sbuf_add_c(&j->lines, '}');
	j->comma = true;
}

void
journal_close_list(struct journal *j)
{
	sbuf_add_c(&j->lines, ']');
	j->comma = true;
}

void
journal_end(struct journal *j)
{
	sbuf_add_z(&j->lines, "}\n");
	if (j->fd < 0)
		sbuf_reset(&j->lines);
}

enum rc
journal_flush(struct journal *j, struct err *e)
{
	struct slice rest = sbuf_slice(&j->lines);

	if (!sbuf_ok(&j->lines))
		return err_set(e, RC_LIMIT, "journal: a line is too long");
	if (rest.n == 0)
		return RC_OK;
	while (rest.n) {
		ssize_t n = write(j->fd, rest.p, rest.n);

		if (n < 0)
			return err_errno(e, "journal");
		rest = slice_skip(rest, (size_t)n);
	}
	sbuf_reset(&j->lines);
	if (j->sync && fdatasync(j->fd) < 0)
		return err_errno(e, "journal");
	return RC_OK;
}
