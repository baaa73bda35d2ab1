#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define CHUNK 16384

static enum rc
read_all(int fd, const char *path, size_t max, struct sbuf *out, struct err *e)
{
	char chunk[CHUNK];
	size_t total = 0;
	ssize_t got;

	while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(e, path);
		total += (size_t)got;
		sbuf_add(out, slice_of(chunk, (size_t)got));
		if (total > max || !sbuf_ok(out))
			return err_set(e, RC_LIMIT, "%s: over %zu bytes", path,
				       max);
	}
	return RC_OK;
}

enum rc
file_read(const char *path, size_t max, struct sbuf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum rc rc;

	if (fd < 0)
		return err_errno(e, path);
	rc = read_all(fd, path, max, out, e);
	(void)close(fd);
	return rc;
}

static enum rc
write_all(int fd, const char *path, struct slice s, struct err *e)
{
	while (s.n) {
		ssize_t done = write(fd, s.p, s.n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno(e, path);
		s = slice_skip(s, (size_t)done);
	}
	return RC_OK;
}

static struct slice
parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return SLICE(".");
	return slice_of(path, slash > path ? (size_t)(slash - path) : 1);
}

static enum rc
sync_parent(const char *path, struct err *e)
{
	char *dir = mem_z(parent_of(path));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_OK;

	if (fd < 0 || fsync(fd) < 0)
		rc = err_errno(e, dir);
	if (fd >= 0)
		(void)close(fd);
	free(dir);
	return rc;
}

/* The hidden name keeps leftovers of a crash out of listings by prefix. */
static char *
temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct sbuf b;

	sbuf_init(&b, strlen(path) + 16);
	sbuf_add(&b, slice_of(path, (size_t)(name - path)));
	sbuf_addf(&b, ".%s.XXXXXX", name);
	(void)sbuf_z(&b);
	return b.p;
}

/* A link fails where the name is taken, a rename replaces it. */
enum rc
file_publish(const char *temporary, const char *path, struct err *e)
{
	if (link(temporary, path) < 0)
		return errno == EEXIST
			   ? err_set(e, RC_STATE, "%s exists already", path)
			   : err_errno(e, path);
	(void)unlink(temporary);
	return sync_parent(path, e);
}

static enum rc
replace_by(const char *temporary, const char *path, struct err *e)
{
	return rename(temporary, path) < 0 ? err_errno(e, path)
					   : sync_parent(path, e);
}

static enum rc
put_file(const char *path, struct slice content, int mode, bool replace,
	 struct err *e)
{
	char *temporary = temporary_name(path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	enum rc rc = RC_OK;

	if (fd < 0) {
		rc = err_errno(e, path);
		goto out;
	}
	rc = write_all(fd, path, content, e);
	if (rc == RC_OK && (fchmod(fd, (mode_t)mode) < 0 || fsync(fd) < 0))
		rc = err_errno(e, path);
	if (close(fd) < 0 && rc == RC_OK)
		rc = err_errno(e, path);
	if (rc == RC_OK)
		rc = replace ? replace_by(temporary, path, e)
			     : file_publish(temporary, path, e);
	if (rc != RC_OK)
		(void)unlink(temporary);
out:
	free(temporary);
	return rc;
}

enum rc
file_write(const char *path, struct slice content, int mode, struct err *e)
{
	return put_file(path, content, mode, true, e);
}

enum rc
file_create(const char *path, struct slice content, int mode, struct err *e)
{
	return put_file(path, content, mode, false, e);
}

static enum rc
make_one(const char *path, int mode, struct err *e)
{
	struct stat st;

	if (mkdir(path, (mode_t)mode) == 0)
		return RC_OK;
	if (errno != EEXIST)
		return err_errno(e, path);
	if (stat(path, &st) < 0)
		return err_errno(e, path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, RC_IO, "%s: not a directory", path);
	return RC_OK;
}

enum rc
dir_make(const char *path, int mode, struct err *e)
{
	char *part = mem_z(slice_z(path));
	enum rc rc = RC_OK;

	for (char *at = part; rc == RC_OK && *at; at++) {
		if (*at != '/' || at == part)
			continue;
		*at = '\0';
		rc = make_one(part, mode, e);
		*at = '/';
	}
	if (rc == RC_OK)
		rc = make_one(part, mode, e);
	free(part);
	return rc;
}

static enum rc
lock_held(int fd, const char *path, struct err *e)
{
	char text[32] = "";
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
	struct slice pid = slice_trim(slice_of(text, got > 0 ? got : 0));
	int64_t number;

	if (!slice_int(pid, 1, INT32_MAX, &number))
		return err_set(e, RC_STATE, "%s: held by another process",
			       path);
	return err_set(e, RC_STATE, "%s: held by process %d", path,
		       (int)number);
}

static bool
is_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

enum rc
lock_take(const char *path, int *fd, struct err *e)
{
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char pid[16];
	int n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	enum rc rc;

	if (lock < 0)
		return err_errno(e, path);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		rc = errno == EWOULDBLOCK ? lock_held(lock, path, e)
					  : err_errno(e, path);
		goto out;
	}
	if (ftruncate(lock, 0) < 0 ||
	    (pwrite(lock, pid, (size_t)n, 0) != n && !is_full(errno))) {
		rc = err_errno(e, path);
		goto out;
	}
	*fd = lock;
	return RC_OK;
out:
	(void)close(lock);
	return rc;
}

bool
file_room(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}
