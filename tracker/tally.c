#include "tracker/tally.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

#define BYTES sizeof(_Atomic uint64_t)

struct tally {
	_Atomic uint64_t *count;
};

/* All of it has space, zeros where it is new: a hole that finds none later
 * would end the process. */
static enum rc
map(int fd, const char *path, void **out, struct err *e)
{
	int error = posix_fallocate(fd, 0, BYTES);

	if (error != 0) {
		errno = error;
		return err_errno(e, path);
	}
	*out = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return *out == MAP_FAILED ? err_errno(e, path) : RC_OK;
}

enum rc
tally_open(const char *path, struct tally **out, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	void *p = NULL;
	enum rc rc;

	if (fd < 0)
		return err_errno(e, path);
	rc = map(fd, path, &p, e);
	(void)close(fd);
	if (rc != RC_OK)
		return rc;
	*out = MEM_NEW(struct tally);
	(*out)->count = p;
	return RC_OK;
}

void
tally_close(struct tally *t)
{
	if (!t)
		return;
	(void)munmap(t->count, BYTES);
	free(t);
}

void
tally_add(struct tally *t, uint64_t n)
{
	atomic_fetch_add(t->count, n);
}

uint64_t
tally_get(const struct tally *t)
{
	return atomic_load(t->count);
}
