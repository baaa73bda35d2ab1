/*
 * Files of STATE/hits, and how they change names:
 *
 *   new-*      being filled with zeros
 *     -> spare-*    whole, zero, synced; anybody's
 *       -> claim-WW   taken by writer WW; its header is being written
 *         -> WW-SSSSSSSS.hits
 *           -> used-*   consumed
 *             -> spare-*
 *   spare-*, used-* -> wipe-*   to be zeroed before anything else
 *     -> spare-*
 *   bad-*      had the name of a segment and is none: a person's to look at
 *
 * 1. A name that ends in .hits has a whole header on disk.
 * 2. A writer's newest segment is never consumed, and numbers only grow (they
 *    are at least the time in seconds), so an offset in the ledger is never
 *    met by a younger segment with the same number.  A writer that starts goes
 *    on in it where it can: a crash loop must not eat the journal.
 * 3. Whoever holds keeper.lock makes new segments and zeroes used ones ahead
 *    of need; a writer that finds no spare one makes it itself.
 */
#include "tracker/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "tracker/journal_private.h"
#include "tracker/tally.h"

#define SEGMENT_BYTES ((size_t)4 << 20)
#define TOTAL_BYTES ((size_t)256 << 20)
#define SPARE 4
#define KEEPER_MS 2000
#define LEFTOVER_S 60
#define PATIENCE_MS 1000
#define ZEROS ((size_t)256 << 10)

static const char zeros[ZEROS];

/* Calls fn for each name of the directory. */
static enum rc
each_name(const struct journal *j, void (*fn)(void *arg, const char *name),
	  void *arg, struct err *e)
{
	int fd = openat(j->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return err_errno(e, j->path);
	}
	while ((entry = readdir(d)) != NULL)
		fn(arg, entry->d_name);
	(void)closedir(d);
	return RC_OK;
}

struct census {
	unsigned writer; /* whose newest is wanted */
	uint32_t newest;
	unsigned segments, spare, used, wipe;
	char spare_name[SEGMENT_NAME], used_name[SEGMENT_NAME];
	char wipe_name[SEGMENT_NAME];
};

static void
census_name(void *arg, const char *name)
{
	struct census *c = arg;
	struct slice s = slice_z(name);
	unsigned writer;
	uint32_t number;

	if (s.n >= SEGMENT_NAME)
		return;
	if (slice_starts(s, SLICE("new-"))) {
		c->segments++;
	} else if (slice_starts(s, SLICE("spare-"))) {
		c->spare++;
		c->segments++;
		memcpy(c->spare_name, name, s.n + 1);
	} else if (slice_starts(s, SLICE("wipe-"))) {
		c->wipe++;
		c->segments++;
		memcpy(c->wipe_name, name, s.n + 1);
	} else if (slice_starts(s, SLICE("used-"))) {
		c->used++;
		c->segments++;
		memcpy(c->used_name, name, s.n + 1);
	} else if (segment_parse(name, &writer, &number)) {
		c->segments++;
		if (writer == c->writer && number > c->newest)
			c->newest = number;
	}
}

static enum rc
census_take(const struct journal *j, unsigned writer, struct census *c,
	    struct err *e)
{
	*c = (struct census){.writer = writer};
	return each_name(j, census_name, c, e);
}

static enum rc
zero_fill(int fd, size_t bytes, struct err *e)
{
	int rc = posix_fallocate(fd, 0, (off_t)bytes);

	if (rc) {
		errno = rc;
		return err_errno(e, "space for a journal segment");
	}
	for (size_t at = 0; at < bytes; at += ZEROS) {
		size_t n = bytes - at < ZEROS ? bytes - at : ZEROS;

		if (pwrite(fd, zeros, n, (off_t)at) != (ssize_t)n)
			return err_errno(e, "zeroing a journal segment");
	}
	if (fsync(fd) != 0)
		return err_errno(e, "zeroing a journal segment");
	return RC_OK;
}

/* Fills a file with zeros and gives it the name "to". */
static enum rc
zero_file(const struct journal *j, const char *from, int flags, const char *to,
	  struct err *e)
{
	int fd =
	    openat(j->dir, from, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	enum rc rc;

	if (fd < 0)
		return err_errno(e, from);
	rc = zero_fill(fd, j->segment_bytes, e);
	if (rc == RC_OK && ftruncate(fd, (off_t)j->segment_bytes) != 0)
		rc = err_errno(e, from);
	(void)close(fd);
	if (rc == RC_OK && renameat(j->dir, from, j->dir, to) != 0)
		rc = err_errno(e, from);
	if (rc && flags & O_CREAT)
		(void)unlinkat(j->dir, from, 0);
	return rc;
}

static void
name_fresh(const char *kind, char out[SEGMENT_NAME])
{
	struct ref r = ref_new();
	char hex[REF_HEX];

	ref_hex(r, hex);
	(void)snprintf(out, SEGMENT_NAME, "%s-%.16s", kind, hex);
}

static enum rc
segment_make(struct journal *j, const char *to, struct err *e)
{
	struct census c;
	char name[SEGMENT_NAME];
	enum rc rc = census_take(j, JOURNAL_WRITERS_MAX, &c, e);

	if (rc)
		return rc;
	if ((c.segments + 1) * j->segment_bytes > j->total_bytes)
		return err_set(e, RC_LIMIT, "the journal's %zu bytes are full",
			       j->total_bytes);
	name_fresh("new", name);
	return zero_file(j, name, O_CREAT | O_EXCL, to, e);
}

/* A file of the size that segments have, and nothing else. */
static bool
is_sound(const struct journal *j, const char *name)
{
	struct stat st;

	return fstatat(j->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (size_t)st.st_size == j->segment_bytes;
}

static enum rc
put_away(const struct journal *j, const char *name, struct err *e)
{
	char bad[SEGMENT_NAME];

	name_fresh("bad", bad);
	if (renameat(j->dir, name, j->dir, bad) == 0)
		LOG(JOURNAL_FAILED, LOG_Z("segment", name), LOG_Z("now", bad));
	else if (errno != ENOENT)
		return err_errno(e, name);
	return RC_OK;
}

/* A spare file under the name "claim-WW", or a consumed one where the keeper is
 * behind; one may be left from a death. */
static enum rc
segment_claim(struct journal *j, const char *claim, struct err *e)
{
	enum rc rc;

	if (is_sound(j, claim))
		return RC_OK;
	rc = put_away(j, claim, e);
	for (;;) {
		const char *name;
		struct census c;

		if (rc == RC_OK)
			rc = census_take(j, JOURNAL_WRITERS_MAX, &c, e);
		if (rc)
			return rc;
		if (c.spare == 0 && c.used == 0)
			return segment_make(j, claim, e);
		name = c.spare ? c.spare_name : c.used_name;
		if (!is_sound(j, name)) {
			rc = put_away(j, name, e);
			continue;
		}
		if (renameat(j->dir, name, j->dir, claim) == 0)
			return RC_OK;
		if (errno != ENOENT)
			return err_errno(e, name);
	}
}

static uint32_t
number_after(uint32_t newest)
{
	uint32_t now = (uint32_t)time(NULL);

	return now > newest ? now : newest + 1;
}

enum rc
segment_take(struct journal *j, unsigned writer, struct segment *out, int *fd,
	     struct err *e)
{
	struct census c;
	char claim[SEGMENT_NAME], name[SEGMENT_NAME];
	enum rc rc;
	int f = -1;

	(void)snprintf(claim, sizeof(claim), "claim-%02u", writer);
	rc = segment_claim(j, claim, e);
	if (rc == RC_OK)
		rc = census_take(j, writer, &c, e);
	if (rc)
		return rc;
	f = openat(j->dir, claim, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (f < 0)
		return err_errno(e, claim);
	*out = (struct segment){.writer = (uint16_t)writer,
				.number = number_after(c.newest)};
	segment_name(writer, out->number, name);
	rc = segment_begin(f, out, e);
	if (rc == RC_OK &&
	    (renameat(j->dir, claim, j->dir, name) != 0 || fsync(j->dir) != 0))
		rc = err_errno(e, name);
	if (rc)
		(void)close(f);
	else
		*fd = f;
	bell_ring(&j->bell);
	return rc;
}

enum rc
segment_resume(struct journal *j, unsigned writer, struct segment *out, int *fd,
	       uint32_t *at, struct err *e)
{
	struct census c;
	char name[SEGMENT_NAME];
	enum rc rc = census_take(j, writer, &c, e);
	int f;

	if (rc)
		return rc;
	if (c.newest == 0)
		return err_set(e, RC_NOTFOUND, "no segment yet");
	segment_name(writer, c.newest, name);
	f = openat(j->dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (f < 0)
		return err_errno(e, name);
	rc = segment_end(f, out, at, e);
	if (rc)
		(void)close(f);
	else
		*fd = f;
	return rc;
}

/* Spare segments up to the number wanted: consumed ones, zeroed first so that
 * nothing stays longer than it must, else new ones.  Where none is left a
 * consumed one goes as it is: a flood is not slowed, and nothing stale in it
 * can be taken for a record.  Returns true for more to do now. */
static bool
keeper_step(struct journal *j)
{
	struct census c;
	struct err e = {0};
	char name[SEGMENT_NAME];

	if (census_take(j, JOURNAL_WRITERS_MAX, &c, &e) != RC_OK)
		return false;
	name_fresh("spare", name);
	if (c.used && c.spare == 0)
		return renameat(j->dir, c.used_name, j->dir, name) == 0;
	if (c.wipe)
		return zero_file(j, c.wipe_name, 0, name, &e) == RC_OK;
	if (c.used && c.segments * j->segment_bytes > j->total_bytes)
		return unlinkat(j->dir, c.used_name, 0) == 0;
	if (c.used) { /* under that name nobody claims it meanwhile */
		name_fresh("wipe", name);
		return renameat(j->dir, c.used_name, j->dir, name) == 0;
	}
	return c.spare < j->spare && segment_make(j, name, &e) == RC_OK;
}

/* Nothing that is to be destroyed stays while nobody keeps the journal. */
static void
wipe_all(struct journal *j)
{
	struct census c;
	struct err e = {0};
	char name[SEGMENT_NAME];

	while (census_take(j, JOURNAL_WRITERS_MAX, &c, &e) == RC_OK && c.wipe) {
		name_fresh("spare", name);
		if (zero_file(j, c.wipe_name, 0, name, &e) != RC_OK)
			return;
	}
}

static void
leftover_name(void *arg, const char *name)
{
	const struct journal *j = arg;
	struct stat st;

	if (slice_starts(slice_z(name), SLICE("new-")) &&
	    fstatat(j->dir, name, &st, 0) == 0 &&
	    time(NULL) - st.st_mtime > LEFTOVER_S)
		(void)unlinkat(j->dir, name, 0);
}

/* Files that a death left half filled. */
static void
leftovers_remove(struct journal *j)
{
	struct err e = {0};

	(void)!each_name(j, leftover_name, j, &e);
}

static void
keep(void *arg)
{
	struct journal *j = arg;
	char *path = mem_alloc(strlen(j->path) + sizeof("/keeper.lock"));
	int lock = -1;

	(void)snprintf(path, strlen(j->path) + sizeof("/keeper.lock"),
		       "%s/keeper.lock", j->path);
	while (!atomic_load(&j->closing)) {
		struct err e = {0};

		if (lock < 0 && lock_take(path, &lock, &e) == RC_OK)
			leftovers_remove(j);
		while (lock >= 0 && !atomic_load(&j->closing) && keeper_step(j))
			;
		(void)bell_wait(&j->bell, KEEPER_MS);
	}
	if (lock >= 0) {
		wipe_all(j);
		(void)close(lock);
	}
	free(path);
}

static void
lost_open(struct journal *j)
{
	size_t n = strlen(j->path) + sizeof("/lost");
	char *path = mem_alloc(n);
	struct err e = {0};

	(void)snprintf(path, n, "%s/lost", j->path);
	if (tally_open(path, &j->lost_ever, &e) != RC_OK)
		LOG(JOURNAL_FAILED, LOG_ERR(&e));
	free(path);
}

enum rc
journal_open(const struct journal_config *c, struct journal **out,
	     struct err *e)
{
	struct journal *j;
	enum rc rc = dir_make(c->dir, 0700, e);
	int dir;

	if (rc)
		return rc;
	dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_errno(e, c->dir);
	j = MEM_NEW(struct journal);
	j->dir = dir;
	j->path = mem_z(slice_z(c->dir));
	j->segment_bytes = c->segment_bytes ? c->segment_bytes : SEGMENT_BYTES;
	j->total_bytes = c->total_bytes ? c->total_bytes : TOTAL_BYTES;
	j->spare = c->spare ? c->spare : SPARE;
	j->patience_ms = c->patience_ms ? c->patience_ms : PATIENCE_MS;
	lost_open(j);
	bell_init(&j->bell);
	thread_start(&j->keeper, "journal", keep, j);
	*out = j;
	return RC_OK;
}

void
journal_close(struct journal *j)
{
	if (!j)
		return;
	atomic_store(&j->closing, true);
	bell_ring(&j->bell);
	thread_join(&j->keeper);
	bell_fini(&j->bell);
	tally_close(j->lost_ever);
	(void)close(j->dir);
	free(j->path);
	free(j);
}

uint64_t
journal_lose(struct journal *j, size_t n)
{
	if (j->lost_ever)
		tally_add(j->lost_ever, n);
	return atomic_fetch_add(&j->lost, n) + n;
}

uint64_t
journal_lost_ever(const struct journal *j)
{
	return j->lost_ever ? tally_get(j->lost_ever) : journal_lost(j);
}

uint64_t
journal_lost(const struct journal *j)
{
	return atomic_load_explicit(&j->lost, memory_order_relaxed);
}

bool
journal_late(const struct journal *j)
{
	return atomic_load_explicit(&j->late, memory_order_relaxed) > 0;
}
