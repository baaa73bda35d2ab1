#include "tools/receiver/maildir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

struct maildir {
	int tmp_fd, new_fd;
	bool sync;
};

static enum rc
open_part(const char *path, const char *part, int *fd, struct err *e)
{
	char full[4096];

	*fd = -1;
	if (snprintf(full, sizeof(full), "%s/%s", path, part) >=
	    (int)sizeof(full))
		return err_set(e, RC_INVALID, "%s: name is too long", path);
	if (dir_make(full, 0755, e) != RC_OK)
		return e->rc;
	*fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ? err_errno(e, full) : RC_OK;
}

enum rc
maildir_open(const char *path, bool sync, struct maildir **out, struct err *e)
{
	struct maildir *m = MEM_NEW(struct maildir);
	int cur_fd = -1;
	enum rc rc;

	m->tmp_fd = m->new_fd = -1;
	m->sync = sync;
	rc = open_part(path, "cur", &cur_fd, e);
	if (rc == RC_OK)
		rc = open_part(path, "tmp", &m->tmp_fd, e);
	if (rc == RC_OK)
		rc = open_part(path, "new", &m->new_fd, e);
	if (cur_fd >= 0)
		close(cur_fd);
	if (rc != RC_OK) {
		maildir_free(m);
		return rc;
	}
	*out = m;
	return RC_OK;
}

void
maildir_free(struct maildir *m)
{
	if (!m)
		return;
	if (m->tmp_fd >= 0)
		close(m->tmp_fd);
	if (m->new_fd >= 0)
		close(m->new_fd);
	free(m);
}

static bool
write_all(int fd, struct slice s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0)
			return false;
		s = slice_skip(s, (size_t)n);
	}
	return true;
}

enum rc
maildir_keep(struct maildir *m, struct slice content, const char *name,
	     struct err *e)
{
	int fd = openat(m->tmp_fd, name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	enum rc rc;

	if (fd < 0)
		return err_errno(e, name);
	if (!write_all(fd, content) || (m->sync && fsync(fd) < 0) ||
	    renameat(m->tmp_fd, name, m->new_fd, name) < 0 ||
	    (m->sync && fsync(m->new_fd) < 0)) {
		rc = err_errno(e, name);
		(void)unlinkat(m->tmp_fd, name, 0);
		close(fd);
		return rc;
	}
	close(fd);
	return RC_OK;
}
