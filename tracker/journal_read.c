/*
 * 1. A writer goes to its next segment only when the one before has all it
 *    will ever have.  So a tail that is empty, looked at after the next
 *    segment was seen, stays empty: the order of scan and read matters.
 * 2. Offsets only grow: what lies before them is never read again.
 * 3. A segment is left only when no whole record stands behind the offset.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "tracker/journal_private.h"
#include "tracker/tally.h"

#define CHUNK ((size_t)256 << 10)

struct source {
	struct journal_offset o;
	uint32_t next; /* the smallest number past o.segment; 0: none seen */
	int fd;
	struct segment segment;
};

struct journal_reader {
	char *path;
	int dir;
	struct source sources[JOURNAL_WRITERS_MAX];
	unsigned turn; /* whose turn it is */
	bool advanced;
	char *chunk;
	struct tally *lost; /* or NULL */
};

static void
lost_open(struct journal_reader *r)
{
	size_t n = strlen(r->path) + sizeof("/lost");
	char *path = mem_alloc(n);
	struct err e = {0};

	(void)snprintf(path, n, "%s/lost", r->path);
	if (tally_open(path, &r->lost, &e) != RC_OK)
		LOG(JOURNAL_FAILED, LOG_ERR(&e));
	free(path);
}

enum rc
journal_reader_new(const char *dir, struct journal_reader **out, struct err *e)
{
	struct journal_reader *r;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, dir);
	r = MEM_NEW(struct journal_reader);
	r->path = mem_z(slice_z(dir));
	r->dir = fd;
	r->chunk = mem_alloc(CHUNK);
	lost_open(r);
	for (unsigned i = 0; i < JOURNAL_WRITERS_MAX; i++) {
		r->sources[i].fd = -1;
		r->sources[i].o.writer = (uint16_t)i;
	}
	*out = r;
	return RC_OK;
}

void
journal_reader_free(struct journal_reader *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < JOURNAL_WRITERS_MAX; i++)
		if (r->sources[i].fd >= 0)
			(void)close(r->sources[i].fd);
	(void)close(r->dir);
	tally_close(r->lost);
	free(r->chunk);
	free(r->path);
	free(r);
}

void
journal_seek(struct journal_reader *r, const struct journal_offset *o)
{
	if (o->writer >= JOURNAL_WRITERS_MAX)
		return;
	r->sources[o->writer].o = *o;
}

/* Which segments there are.  One that the offset is in counts as next until it
 * is open. */
static enum rc
scan(struct journal_reader *r, struct err *e)
{
	int fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return err_errno(e, r->path);
	}
	for (unsigned i = 0; i < JOURNAL_WRITERS_MAX; i++)
		r->sources[i].next = 0;
	while ((entry = readdir(d)) != NULL) {
		unsigned writer;
		uint32_t number, least;
		struct source *s;

		if (!segment_parse(entry->d_name, &writer, &number))
			continue;
		s = &r->sources[writer];
		least = s->o.segment + (s->fd >= 0);
		if (number >= least && (!s->next || number < s->next))
			s->next = number;
	}
	(void)closedir(d);
	return RC_OK;
}

static bool
is_file(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Whole records from where reading goes on. */
struct found {
	size_t n;
	uint32_t first, end; /* where the first begins, the last ends */
};

/* Neither a process's death nor an earlier use of the space leaves any behind
 * what is none; damage does. */
static struct found
records_behind(struct journal_reader *r, const struct source *s)
{
	struct found found = {.end = s->o.at};
	size_t at = s->o.at;

	while (at < s->segment.bytes) {
		ssize_t bytes = pread(s->fd, r->chunk, CHUNK, (off_t)at);
		struct slice in;
		bool last;

		if (bytes <= 0)
			break;
		in = slice_of(r->chunk, (size_t)bytes);
		last = at + in.n >= s->segment.bytes || in.n < HIT_RECORD_MAX;
		while (in.n >= (last ? 8 : HIT_RECORD_MAX)) {
			struct hit h;
			size_t size = 8;

			if (hit_decode(in, s->segment.nonce, at, &h, &size)) {
				if (found.n++ == 0)
					found.first = (uint32_t)at;
				found.end = (uint32_t)(at + size);
			}
			in = slice_skip(in, size);
			at += size;
		}
		if (last)
			break;
	}
	return found;
}

static bool
is_blank(struct journal_reader *r, int fd, uint32_t from)
{
	ssize_t n = pread(fd, r->chunk, CHUNK, (off_t)from);

	for (off_t at = from; n > 0; n = pread(fd, r->chunk, CHUNK, at)) {
		if (!segment_blank(slice_of(r->chunk, (size_t)n)))
			return false;
		at += n;
	}
	return n == 0;
}

/* At least one hit that was answered; how many is not known. */
static void
tell_lost(struct journal_reader *r, const struct source *s, size_t behind)
{
	char name[SEGMENT_NAME];

	segment_name(s->o.writer, s->o.segment, name);
	LOG(JOURNAL_TORN, LOG_Z("segment", name), LOG_I("at", s->o.at),
	    LOG_I("behind", behind));
	if (r->lost)
		tally_add(r->lost, 1);
}

/* Goes on behind a damaged record of a segment that has all it will ever have.
 * False where nothing is. */
static bool
source_skip(struct journal_reader *r, struct source *s)
{
	struct found found = records_behind(r, s);

	if (found.n == 0)
		return false;
	tell_lost(r, s, found.n);
	s->o.at = found.first;
	return true;
}

/* A segment whose header was damaged, or that was cut: what stands whole in it
 * is read.  Fails: RC_INVALID (nothing does, and it is not empty). */
static enum rc
source_damaged(struct journal_reader *r, struct source *s, struct err *e)
{
	struct found found = records_behind(r, s);

	if (is_blank(r, s->fd, found.end))
		return RC_OK;
	if (found.n == 0)
		return err_set(e, RC_INVALID, "a journal segment is damaged");
	tell_lost(r, s, found.n);
	return RC_OK;
}

/* Keeps what cannot be read: nobody takes it for a spare one. */
static void
put_away(struct journal_reader *r, const struct source *s, const char *name,
	 const struct err *e)
{
	char bad[SEGMENT_NAME];

	(void)snprintf(bad, sizeof(bad), "bad-%.40s", name);
	LOG(JOURNAL_FAILED, LOG_Z("segment", name), LOG_Z("now", bad),
	    LOG_ERR(e));
	if (renameat(r->dir, name, r->dir, bad) == 0 && is_file(s->fd) &&
	    !is_blank(r, s->fd, 0))
		tell_lost(r, s, 0);
}

static enum rc
source_advance(struct journal_reader *r, struct source *s, struct err *e)
{
	char name[SEGMENT_NAME];
	uint32_t number = s->next;
	enum rc rc;

	if (s->fd >= 0 && source_skip(r, s))
		return RC_OK;
	s->next = 0;
	r->advanced = true;
	if (s->fd >= 0)
		(void)close(s->fd);
	segment_name(s->o.writer, number, name);
	s->fd = openat(r->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (s->fd < 0 && errno == ELOOP) /* a name, to be passed over */
		s->fd = openat(r->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (s->fd < 0)
		return errno == ENOENT ? RC_OK : err_errno(e, name);
	if (number != s->o.segment)
		s->o.at = SEGMENT_HEADER;
	s->o.segment = number;
	rc = is_file(s->fd) ? segment_read(s->fd, &s->segment, e)
			    : err_set(e, RC_INVALID, "not a file");
	if (rc == RC_OK && !s->segment.sound)
		rc = source_damaged(r, s, e);
	if (rc == RC_INVALID) {
		/* Nothing of it can be read; the next one follows. */
		put_away(r, s, name, e);
		s->o.at = UINT32_MAX;
		return RC_OK;
	}
	return rc;
}

static enum rc
source_read(struct journal_reader *r, struct source *s, struct hit *hits,
	    size_t n, size_t *got, struct err *e)
{
	struct slice in;
	ssize_t bytes;
	size_t size;

	*got = 0;
	if (s->fd < 0 || s->o.at >= s->segment.bytes)
		return RC_OK;
	bytes = pread(s->fd, r->chunk, CHUNK, (off_t)s->o.at);
	if (bytes < 0)
		return err_errno(e, "reading the journal");
	in = slice_of(r->chunk, (size_t)bytes);
	while (*got < n &&
	       hit_decode(in, s->segment.nonce, s->o.at, &hits[*got], &size)) {
		in = slice_skip(in, size);
		s->o.at += (uint32_t)size;
		++*got;
	}
	return RC_OK;
}

static enum rc
pass(struct journal_reader *r, struct hit *hits, size_t n, size_t *got,
     struct journal_offset *after, struct err *e)
{
	for (unsigned i = 0; i < JOURNAL_WRITERS_MAX; i++) {
		struct source *s = &r->sources[r->turn];
		enum rc rc = source_read(r, s, hits, n, got, e);

		while (rc == RC_OK && *got == 0 && s->next) {
			rc = source_advance(r, s, e);
			if (rc == RC_OK)
				rc = source_read(r, s, hits, n, got, e);
		}
		if (rc)
			return rc;
		r->turn = (r->turn + 1) % JOURNAL_WRITERS_MAX;
		if (*got) {
			*after = s->o;
			return RC_OK;
		}
	}
	return RC_OK;
}

enum rc
journal_read(struct journal_reader *r, struct hit *hits, size_t n, size_t *got,
	     struct journal_offset *after, struct err *e)
{
	enum rc rc = pass(r, hits, n, got, after, e);

	while (rc == RC_OK && *got == 0) {
		r->advanced = false;
		rc = scan(r, e);
		if (rc == RC_OK)
			rc = pass(r, hits, n, got, after, e);
		if (!r->advanced)
			break;
	}
	return rc;
}

bool
journal_at(const struct journal_reader *r, unsigned writer,
	   struct journal_offset *out)
{
	*out = r->sources[writer].o;
	return r->sources[writer].fd >= 0;
}

enum rc
journal_consumed(struct journal_reader *r, const struct journal_offset *o,
		 struct err *e)
{
	int fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	enum rc rc = RC_OK;
	struct dirent *entry;

	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return err_errno(e, r->path);
	}
	while ((entry = readdir(d)) != NULL) {
		char used[SEGMENT_NAME];
		unsigned writer;
		uint32_t number;

		if (!segment_parse(entry->d_name, &writer, &number) ||
		    writer != o->writer || number >= o->segment)
			continue;
		(void)snprintf(used, sizeof(used), "used-%02u-%08x", writer,
			       number);
		if (renameat(r->dir, entry->d_name, r->dir, used) != 0 &&
		    errno != ENOENT)
			rc = err_errno(e, entry->d_name);
	}
	(void)closedir(d);
	return rc;
}

static enum rc
source_wipe(struct journal_reader *r, const struct source *s, struct err *e)
{
	char name[SEGMENT_NAME];
	enum rc rc;
	int fd;

	if (s->fd < 0 || s->o.at > s->segment.bytes)
		return RC_OK;
	segment_name(s->o.writer, s->o.segment, name);
	fd = openat(r->dir, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? RC_OK : err_errno(e, name);
	rc = segment_wipe(fd, s->o.at, e);
	(void)close(fd);
	return rc;
}

/* Recycled segments are handed to whoever keeps them, to be zeroed. */
static enum rc
recycled_wipe(struct journal_reader *r, struct err *e)
{
	int fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	enum rc rc = RC_OK;

	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return err_errno(e, r->path);
	}
	while ((entry = readdir(d)) != NULL) {
		struct slice name = slice_z(entry->d_name);
		char wipe[SEGMENT_NAME];

		if (!slice_starts(name, SLICE("spare-")) &&
		    !slice_starts(name, SLICE("used-")))
			continue;
		(void)slice_cut(&name, '-');
		(void)snprintf(wipe, sizeof(wipe), "wipe-%.40s", name.p);
		if (renameat(r->dir, entry->d_name, r->dir, wipe) != 0 &&
		    errno != ENOENT)
			rc = err_errno(e, entry->d_name);
	}
	(void)closedir(d);
	return rc;
}

enum rc
journal_wipe(struct journal_reader *r, struct err *e)
{
	enum rc rc = recycled_wipe(r, e);

	for (unsigned i = 0; i < JOURNAL_WRITERS_MAX && rc == RC_OK; i++)
		rc = source_wipe(r, &r->sources[i], e);
	return rc;
}
