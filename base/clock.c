/*
 * 1. map is set once, before other threads run, and stays mapped for good.
 * 2. now_us of the file never goes back, and only the driver writes it.
 * 3. A slot is ours from the exchange of its pid for our own until we end;
 *    slots of dead processes are free for whoever comes.
 */
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/thread.h"

#define FILE_SIZE 4096
#define SLOTS 32
#define SPEED_MAX INT64_C(1000000000)

static const char magic[8] = {'a', 'c', 'u', 's', 'e', 'c', 'l', 'k'};

struct slot {
	_Atomic int64_t pid, limit_us;
};

struct clock_file {
	char magic[8];
	_Atomic int64_t now_us, speed;
	char reserved[40];
	struct slot slots[SLOTS];
};

_Static_assert(offsetof(struct clock_file, slots) == 64, "as in clock.h");
_Static_assert(sizeof(struct slot) == 16, "as in clock.h");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as in clock.h");

static struct clock_file *_Atomic map;
static pthread_mutex_t slot_lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *own_slot;
static pid_t own_pid;

static int64_t
read_system(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

int64_t
clock_wall_us(void)
{
	struct clock_file *m = atomic_load(&map);

	return m ? atomic_load(&m->now_us) : read_system(CLOCK_REALTIME);
}

int64_t
clock_mono_us(void)
{
	return read_system(CLOCK_MONOTONIC);
}

static enum rc
map_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct clock_file *m;
	struct stat st;
	enum rc rc = RC_OK;

	if (fd < 0 || fstat(fd, &st) < 0) {
		rc = err_errno(e, path);
		goto out;
	}
	if (st.st_size != FILE_SIZE) {
		rc = err_set(e, RC_INVALID, "%s: not a clock", path);
		goto out;
	}
	m = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (m == MAP_FAILED) {
		rc = err_errno(e, path);
		goto out;
	}
	if (memcmp(m->magic, magic, sizeof(magic)) != 0 || m->speed < 1 ||
	    m->speed > SPEED_MAX) {
		rc = err_set(e, RC_INVALID, "%s: not a clock", path);
		(void)munmap(m, FILE_SIZE);
		goto out;
	}
	atomic_store(&map, m);
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static bool
is_alive(int64_t pid)
{
	return pid > 0 && pid <= INT32_MAX &&
	       (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* The content is whole before the name exists, so that no follower can meet a
 * half-made file. */
static enum rc
make_file(const char *path, int64_t start_us, int64_t speed, struct err *e)
{
	union {
		struct clock_file file;
		char bytes[FILE_SIZE];
	} fresh = {.file = {.now_us = start_us, .speed = speed}};

	memcpy(fresh.file.magic, magic, sizeof(magic));
	return file_write(path, slice_of(fresh.bytes, FILE_SIZE), 0600, e);
}

enum rc
clock_share(const char *path, int64_t start_us, int64_t speed, struct err *e)
{
	struct clock_file *m;
	enum rc rc = RC_OK;

	if (start_us < 0 || speed < 1 || speed > SPEED_MAX)
		return err_set(e, RC_INVALID, "%s: speed must be 1 to %lld",
			       path, (long long)SPEED_MAX);
	if (access(path, F_OK) < 0)
		rc = make_file(path, start_us, speed, e);
	if (rc == RC_OK)
		rc = map_file(path, e);
	if (rc != RC_OK)
		return rc;
	m = atomic_load(&map);
	atomic_store(&m->speed, speed);
	for (size_t i = 0; i < SLOTS; i++)
		if (!is_alive(m->slots[i].pid))
			atomic_store(&m->slots[i].pid, 0);
	return RC_OK;
}

enum rc
clock_follow(const char *path, struct err *e)
{
	return map_file(path, e);
}

bool
clock_is_fast(void)
{
	return atomic_load(&map) != NULL;
}

static int64_t
lowest_limit(struct clock_file *m)
{
	int64_t lowest = INT64_MAX;

	for (size_t i = 0; i < SLOTS; i++) {
		int64_t limit_us = atomic_load(&m->slots[i].limit_us);

		if (limit_us < lowest && is_alive(m->slots[i].pid))
			lowest = limit_us;
	}
	return lowest;
}

int64_t
clock_advance(int64_t real_us)
{
	struct clock_file *m = atomic_load(&map);
	int64_t now_us, step_us, next_us, limit_us;

	if (m == NULL)
		return clock_wall_us();
	now_us = atomic_load(&m->now_us);
	if (real_us <= 0)
		return now_us;
	if (__builtin_mul_overflow(real_us, atomic_load(&m->speed), &step_us) ||
	    __builtin_add_overflow(now_us, step_us, &next_us))
		return now_us;
	limit_us = lowest_limit(m);
	next_us = limit_us < next_us ? limit_us : next_us;
	if (next_us <= now_us)
		return now_us;
	atomic_store(&m->now_us, next_us);
	return next_us;
}

/* Until the limit is stored the slot has that of the one before, or 0: either
 * is as if we had come a moment later. */
static struct slot *
take_slot(struct clock_file *m, int64_t limit_us)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &m->slots[i];
		int64_t pid = atomic_load(&s->pid);

		if (pid != 0 && is_alive(pid))
			continue;
		if (!atomic_compare_exchange_strong(&s->pid, &pid, getpid()))
			continue;
		atomic_store(&s->limit_us, limit_us);
		return s;
	}
	die("the clock has no free slot");
}

void
clock_limit(int64_t limit_us)
{
	struct clock_file *m = atomic_load(&map);

	if (m == NULL)
		return;
	(void)pthread_mutex_lock(&slot_lock);
	if (own_slot == NULL || own_pid != getpid()) {
		own_slot = take_slot(m, limit_us);
		own_pid = getpid();
	}
	atomic_store(&own_slot->limit_us, limit_us);
	(void)pthread_mutex_unlock(&slot_lock);
}

int
clock_wait_ms(int64_t due_us, int max_ms)
{
	struct clock_file *m = atomic_load(&map);
	int64_t now_us = clock_wall_us();
	int64_t left_us, ms;

	if (due_us <= now_us)
		return 0;
	left_us = due_us - now_us;
	if (m)
		left_us = (left_us - 1) / atomic_load(&m->speed) + 1;
	ms = (left_us - 1) / 1000 + 1;
	return ms < max_ms ? (int)ms : max_ms;
}
