#ifndef TESTS_UNIT_TRACKER_JOURNAL_TEST_H
#define TESTS_UNIT_TRACKER_JOURNAL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "tracker/journal.h"

/* Journals in a folder of their own, and hits that are told by a number. */

#define SEGMENT ((size_t)64 << 10)

struct place {
	char dir[64];
	struct journal *j;
};

static inline void
journal_start(struct place *p, size_t total)
{
	struct journal_config c = {.dir = p->dir,
				   .segment_bytes = SEGMENT,
				   .total_bytes = total,
				   .spare = 1};
	struct err e;

	assert_int_equal(journal_open(&c, &p->j, &e), RC_OK);
}

static inline int
setup(void **state)
{
	static struct place p;

	p = (struct place){"/tmp/acuse-journal-XXXXXX", NULL};
	log_init(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR);
	assert_non_null(mkdtemp(p.dir));
	*state = &p;
	return 0;
}

static inline int
teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	journal_close(p->j);
	(void)snprintf(command, sizeof(command), "rm -r %s", p->dir);
	return system(command);
}

static inline struct hit
hit_of(unsigned i)
{
	struct hit h = {.time_us = (int64_t)i,
			.kind = HIT_OPEN + i % 3,
			.method = HIT_GET,
			.key_id = 0x10001,
			.index = (uint16_t)i,
			.agent = SLICE("Mozilla/5.0 (Windows NT 10.0)"),
			.signals = SLICE("accept: */*\n"),
			.destination = SLICE("https://pay.example/1")};

	memcpy(h.mref.b, &i, sizeof(i));
	assert_true(addr_parse(SLICE("2001:db8::1"), &h.address));
	return h;
}

static inline void
write_hits(struct journal_writer *w, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		struct hit h = hit_of(i);

		assert_true(journal_append(w, &h));
	}
	assert_true(journal_sync(w));
}

/* Reads all that is there, which must be hits from, from + 1, … */
static inline unsigned
read_hits(struct journal_reader *r, unsigned from, struct journal_offset *o)
{
	static struct hit hits[100];
	struct err e;
	size_t n = 1;

	while (n > 0) {
		assert_int_equal(journal_read(r, hits, 100, &n, o, &e), RC_OK);
		for (size_t i = 0; i < n; i++) {
			struct hit want = hit_of(from++);

			assert_int_equal(hits[i].time_us, want.time_us);
			assert_int_equal(hits[i].kind, want.kind);
			assert_int_equal(hits[i].index, want.index);
			assert_true(ref_eq(hits[i].mref, want.mref));
			assert_true(addr_eq(hits[i].address, want.address));
			assert_true(slice_eq(hits[i].agent, want.agent));
			assert_true(slice_eq(hits[i].signals, want.signals));
			assert_true(
			    slice_eq(hits[i].destination, want.destination));
		}
	}
	return from;
}

static inline unsigned
count_files(const char *dir, const char *has)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		n += strstr(entry->d_name, has) != NULL;
	(void)closedir(d);
	return n;
}

static inline void
newest_segment(const char *dir, char path[160])
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char best[64] = "";

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		if (strstr(entry->d_name, ".hits") &&
		    strcmp(entry->d_name, best) > 0)
			(void)snprintf(best, sizeof(best), "%.60s",
				       entry->d_name);
	(void)closedir(d);
	(void)snprintf(path, 160, "%s/%s", dir, best);
}

#endif
