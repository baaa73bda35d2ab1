#include "queue/phase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

/* Invariants.
 * 1. A slot's mref is written before its phase leaves PHASE_FREE and is not
 *    changed until it is PHASE_FREE again.
 * 2. phase_go() and phase_stop() race by one compare-and-swap from
 *    PHASE_CLAIMED, phase_back() and phase_stop() by one from PHASE_GOING:
 *    exactly one of them wins.
 * 3. What an earlier process left stays in the file until phases_forget(), so
 *    that a second death before it was resolved loses nothing.
 * 4. Only phases_forget() writes an instance: until then a file that was made
 *    anew speaks for none.
 * 5. An open attempt has its slot: it is taken before the claim is committed
 *    and freed after the verdict is.  One without it is not what this file is
 *    about. */

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

struct slot {
	uint8_t mref[16];
	_Atomic uint32_t phase;
	uint32_t spare[3];
};

struct header {
	char magic[8]; /* "acusepha" */
	uint64_t slots;
	char boot[40];
	int64_t instance; /* whose slots they are; 0: nobody's */
};

struct phases {
	struct header *header;
	struct slot *slots;
	size_t n, size;
	struct slot *left; /* what earlier processes left */
	bool unsure;	   /* whether they are of the last one */
	struct mutex lock; /* taking slots */
	size_t hint;
};

_Static_assert(sizeof(struct slot) == 32, "slots are a file format");
_Static_assert(sizeof(struct header) == 64, "the header is a file format");

/* Empty where /proc does not show it: then each start may follow a reboot. */
static void
read_boot_id(char out[40])
{
	struct sbuf b;
	struct err e;

	memset(out, 0, 40);
	sbuf_init(&b, 256);
	if (file_read(BOOT_ID, 255, &b, &e) == RC_OK)
		memcpy(out, b.p, b.n < 36 ? b.n : 36);
	sbuf_fini(&b);
}

static bool
is_zero(const void *p, size_t n)
{
	const char *bytes = p;

	return n == 0 || (*bytes == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

static void
check(struct phases *p, size_t slots, const char *path)
{
	struct header *h = p->header;
	char boot[40];

	if (memcmp(h->magic, "acusepha", 8) != 0 || h->slots != slots) {
		if (!is_zero(h, sizeof(*h)))
			LOG(PHASES_DAMAGED, LOG_Z("path", path));
		memset(h, 0, p->size);
		memcpy(h->magic, "acusepha", 8);
		h->slots = slots;
	}
	read_boot_id(boot);
	p->unsure = h->instance == 0 || boot[0] == '\0' ||
		    memcmp(h->boot, boot, sizeof(boot)) != 0;
}

/* All of it on disk: writing to a hole of a mapping would end the process when
 * the disk is full. */
static enum rc
set_size(int fd, size_t size, const char *path, struct err *e)
{
	int code = ftruncate(fd, (off_t)size) != 0 ? errno : 0;

	if (code == 0)
		code = posix_fallocate(fd, 0, (off_t)size);
	errno = code;
	return code == 0 ? RC_OK : err_errno(e, path);
}

enum rc
phases_open(const char *path, size_t slots, struct phases **out, struct err *e)
{
	size_t size = sizeof(struct header) + slots * sizeof(struct slot);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct phases *p;
	void *map;
	enum rc rc;

	if (fd < 0)
		return err_errno(e, path);
	rc = set_size(fd, size, path, e);
	if (rc != RC_OK) {
		close(fd);
		return rc;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return err_errno(e, path);
	p = MEM_NEW(struct phases);
	p->header = map;
	p->slots = (struct slot *)((char *)map + sizeof(struct header));
	p->n = slots;
	p->size = size;
	mutex_init(&p->lock, "phases");
	check(p, slots, path);
	p->left = mem_alloc(slots * sizeof(*p->left));
	memcpy(p->left, p->slots, slots * sizeof(*p->left));
	*out = p;
	return RC_OK;
}

void
phases_close(struct phases *p)
{
	if (p == NULL)
		return;
	munmap(p->header, p->size);
	mutex_fini(&p->lock);
	free(p->left);
	free(p);
}

enum phase
phases_left(const struct phases *p, struct ref mref, int64_t instance)
{
	enum phase out = PHASE_FREE;

	if (p->unsure || p->left == NULL || p->header->instance != instance)
		return PHASE_CONTENT;
	/* One that has two may have come further in either. */
	for (size_t i = 0; i < p->n && out != PHASE_CONTENT; i++)
		if (p->left[i].phase != PHASE_FREE &&
		    memcmp(p->left[i].mref, mref.b, sizeof(mref.b)) == 0)
			out = (enum phase)p->left[i].phase;
	return out == PHASE_FREE ? PHASE_CONTENT : out;
}

void
phases_forget(struct phases *p, int64_t instance)
{
	read_boot_id(p->header->boot);
	memset(p->slots, 0, p->n * sizeof(*p->slots));
	p->header->instance = instance;
	free(p->left);
	p->left = NULL;
	p->unsure = false;
}

int
phase_claim(struct phases *p, struct ref mref)
{
	int got = -1;

	mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n && got < 0; i++) {
		struct slot *s = &p->slots[(p->hint + i) % p->n];

		if (atomic_load(&s->phase) != PHASE_FREE)
			continue;
		memcpy(s->mref, mref.b, sizeof(s->mref));
		atomic_store(&s->phase, PHASE_CLAIMED);
		got = (int)(s - p->slots);
		p->hint = (size_t)got + 1;
	}
	mutex_unlock(&p->lock);
	return got;
}

bool
phase_go(struct phases *p, int slot)
{
	uint32_t was = PHASE_CLAIMED;

	return atomic_compare_exchange_strong(&p->slots[slot].phase, &was,
					      PHASE_GOING);
}

bool
phase_back(struct phases *p, int slot)
{
	uint32_t was = PHASE_GOING;

	return atomic_compare_exchange_strong(&p->slots[slot].phase, &was,
					      PHASE_CLAIMED) ||
	       was == PHASE_CLAIMED;
}

void
phase_content(struct phases *p, int slot)
{
	atomic_store(&p->slots[slot].phase, PHASE_CONTENT);
}

void
phase_free(struct phases *p, int slot)
{
	atomic_store(&p->slots[slot].phase, PHASE_FREE);
}

/* True when it is stopped. */
static bool
stop(struct slot *s)
{
	uint32_t was = atomic_load(&s->phase);

	for (;;) {
		uint32_t to = was == PHASE_CLAIMED ? PHASE_STOPPED
			      : was == PHASE_GOING ? PHASE_ASKED
						   : was;

		if (to == was)
			return was == PHASE_STOPPED || was == PHASE_FREE;
		if (atomic_compare_exchange_strong(&s->phase, &was, to))
			return to == PHASE_STOPPED;
	}
}

bool
phase_stop(struct phases *p, struct ref mref)
{
	bool stopped = true;

	/* It may have two for a moment: who gives it back frees its slot after
	 * the next one may have claimed it. */
	mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n; i++) {
		struct slot *s = &p->slots[i];

		if (atomic_load(&s->phase) == PHASE_FREE ||
		    memcmp(s->mref, mref.b, sizeof(mref.b)) != 0)
			continue;
		if (!stop(s))
			stopped = false;
	}
	mutex_unlock(&p->lock);
	return stopped;
}
