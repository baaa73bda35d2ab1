#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "tracker/journal.h"

#define SEGMENT ((size_t)64 << 10)

struct place {
	char dir[64];
	struct journal *j;
};

static void
journal_start(struct place *p, size_t total)
{
	struct journal_config c = {.dir = p->dir,
				   .segment_bytes = SEGMENT,
				   .total_bytes = total,
				   .spare = 1};
	struct err e;

	assert_int_equal(journal_open(&c, &p->j, &e), RC_OK);
}

static int
setup(void **state)
{
	static struct place p;

	p = (struct place){"/tmp/acuse-journal-XXXXXX", NULL};
	log_init(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR);
	assert_non_null(mkdtemp(p.dir));
	*state = &p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	journal_close(p->j);
	(void)snprintf(command, sizeof(command), "rm -r %s", p->dir);
	return system(command);
}

static struct hit
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

static void
write_hits(struct journal_writer *w, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		struct hit h = hit_of(i);

		assert_true(journal_append(w, &h));
	}
	assert_true(journal_sync(w));
}

/* Reads all that is there, which must be hits from, from + 1, … */
static unsigned
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

static unsigned
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

static void
test_written_is_read_in_order(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct journal_reader *r = NULL;
	struct journal_offset o = {0};
	struct err e;

	journal_start(p, 64 * SEGMENT);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	assert_int_equal(read_hits(r, 0, &o), 0);
	write_hits(w, 0, 3);
	assert_int_equal(read_hits(r, 0, &o), 3);
	/* over several segments */
	write_hits(w, 3, 2000);
	assert_int_equal(read_hits(r, 3, &o), 2003);
	write_hits(w, 2003, 1);
	assert_int_equal(read_hits(r, 2003, &o), 2004);
	journal_reader_free(r);

	/* another reader goes on where the ledger says */
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	journal_seek(r, &o);
	assert_int_equal(read_hits(r, 2004, &o), 2004);
	write_hits(w, 2004, 5);
	assert_int_equal(read_hits(r, 2004, &o), 2009);
	assert_int_equal(journal_consumed(r, &o, &e), RC_OK);
	assert_int_equal(count_files(p->dir, ".hits"), 1);
	journal_reader_free(r);
	journal_writer_free(w);
}

static void
test_each_writer_has_its_own(void **state)
{
	struct place *p = *state;
	struct journal_writer *w[3];
	struct journal_reader *r = NULL;
	struct journal_offset o;
	struct hit hits[100];
	unsigned seen = 0;
	size_t n = 1;
	struct err e;

	journal_start(p, 64 * SEGMENT);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(journal_writer_new(p->j, &w[i], &e), RC_OK);
		write_hits(w[i], i * 10, 10);
	}
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	while (n > 0) {
		assert_int_equal(journal_read(r, hits, 100, &n, &o, &e), RC_OK);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(hits[i].time_us / 10, o.writer);
		seen += (unsigned)n;
	}
	assert_int_equal(seen, 30);
	journal_reader_free(r);
	for (unsigned i = 0; i < 3; i++)
		journal_writer_free(w[i]);
}

static void
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

/* A power cut leaves any part of what was not synced: the record before it is
 * read, what follows is not, and what is written later is. */
static void
test_torn_tail(void **state)
{
	struct place *p = *state;
	struct hit one = hit_of(0);
	struct sbuf record;
	size_t size;

	sbuf_init(&record, HIT_RECORD_MAX);
	hit_encode(&one, &record);
	size = record.n;
	sbuf_fini(&record);
	journal_start(p, 4096 * SEGMENT);
	for (size_t cut = 0; cut < size; cut += 7) {
		struct journal_writer *w = NULL;
		struct journal_reader *r = NULL;
		struct journal_offset o = {0};
		char path[160], junk[HIT_RECORD_MAX];
		struct err e;
		int fd;

		assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
		write_hits(w, 0, 3);
		journal_writer_free(w);
		newest_segment(p->dir, path);
		fd = open(path, O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
		/* the third record from byte "cut" on is what it was not */
		memset(junk, 0xa5, sizeof(junk));
		assert_int_equal(
		    pwrite(fd, junk, size - cut, (off_t)(64 + 2 * size + cut)),
		    size - cut);
		(void)close(fd);
		assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
		write_hits(w, 2, 2);
		assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
		assert_int_equal(read_hits(r, 0, &o), 4);
		journal_reader_free(r);
		journal_writer_free(w);
		(void)snprintf(path, sizeof(path), "rm %s/*.hits", p->dir);
		assert_int_equal(system(path), 0);
	}
}

/* What was answered and cannot be read any more is not passed over in silence,
 * what stands whole behind it is read, and neither a segment's natural end nor
 * its last torn record is told. */
static void
test_damage_is_said(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct journal_reader *r = NULL;
	struct journal_offset o = {0};
	char path[160], log_path[96], line[512];
	static const unsigned whole[] = {0, 1, 2, 4, 6, 7};
	size_t size, n, seen = 0;
	struct hit one = hit_of(0);
	struct sbuf record;
	struct err e;
	FILE *f;
	int fd;

	sbuf_init(&record, HIT_RECORD_MAX);
	hit_encode(&one, &record);
	size = record.n;
	sbuf_fini(&record);
	(void)snprintf(log_path, sizeof(log_path), "%s/log", p->dir);
	log_init(open(log_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), LOG_ERROR);
	journal_start(p, 4096 * SEGMENT);
	for (unsigned damaged = 0; damaged < 2; damaged++) {
		assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
		write_hits(w, 4 * damaged, 4);
		journal_writer_free(w);
		newest_segment(p->dir, path);
		fd = open(path, O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
		/* the second, with two behind it, or the last one */
		assert_int_equal(
		    pwrite(fd, "x", 1,
			   (off_t)(64 + (damaged ? 1 : 3) * size + 40)),
		    1);
		(void)close(fd);
	}
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	for (n = 1; n > 0;) {
		struct hit hits[10];

		assert_int_equal(journal_read(r, hits, 10, &n, &o, &e), RC_OK);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(hits[i].index, whole[seen++]);
	}
	assert_int_equal(seen, 6);
	journal_reader_free(r);
	journal_writer_free(w);
	f = fopen(log_path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, "event=journal.torn"));
	assert_non_null(strstr(line, "behind=2"));
	assert_null(fgets(line, sizeof(line), f));
	(void)fclose(f);
	log_init(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR);
}

/* What a segment held in an earlier life is never read again. */
static void
test_recycled_space(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct journal_reader *r = NULL;
	struct journal_offset o = {0};
	struct err e;
	unsigned at = 0;

	journal_start(p, 6 * SEGMENT);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	for (unsigned round = 0; round < 100; round++) {
		write_hits(w, at, 200);
		at = read_hits(r, at, &o);
		assert_int_equal(at, (round + 1) * 200);
		assert_int_equal(journal_consumed(r, &o, &e), RC_OK);
	}
	assert_true(count_files(p->dir, "-") <= 6);
	assert_int_equal(journal_lost(p->j), 0);
	journal_reader_free(r);
	journal_writer_free(w);
}

static bool
holds(const char *dir, const char *text)
{
	char command[200];

	(void)snprintf(command, sizeof(command), "grep -rqa '%s' %s", text,
		       dir);
	return system(command) == 0;
}

/* After an erasure nothing of what the ledger took is on the disk, and what it
 * has not taken is. */
static void
test_wipe(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct journal_reader *r = NULL;
	struct journal_offset o = {0};
	struct hit secret = hit_of(1000);
	int64_t end_us = clock_mono_us() + 120 * SECOND_US;
	struct err e;

	journal_start(p, 64 * SEGMENT);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	write_hits(w, 0, 1000);
	assert_int_equal(read_hits(r, 0, &o), 1000);
	assert_int_equal(journal_consumed(r, &o, &e), RC_OK);
	assert_true(holds(p->dir, "Windows"));
	secret.agent = SLICE("not yet taken");
	assert_true(journal_append(w, &secret) && journal_sync(w));
	assert_int_equal(journal_wipe(r, &e), RC_OK);
	while (holds(p->dir, "Windows"))
		assert_true(clock_mono_us() < end_us);
	assert_true(holds(p->dir, "not yet taken"));
	write_hits(w, 1001, 3);
	{
		struct hit got[1];
		size_t n;

		assert_int_equal(journal_read(r, got, 1, &n, &o, &e), RC_OK);
		assert_int_equal(n, 1);
		assert_true(slice_eq(got[0].agent, secret.agent));
	}
	assert_int_equal(read_hits(r, 1001, &o), 1004);
	journal_reader_free(r);
	journal_writer_free(w);
}

/* Full: appends say so and count; once there is room, they go on. */
static void
test_full(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct journal_reader *r = NULL;
	struct journal_offset o = {0};
	int64_t end_us;
	unsigned kept = 0, lost = 0;
	struct err e;

	journal_start(p, 3 * SEGMENT);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	for (unsigned i = 0; i < 3000; i++) {
		struct hit h = hit_of(kept);

		if (journal_append(w, &h) && journal_sync(w))
			kept++;
		else
			lost++;
	}
	assert_true(lost > 0);
	assert_int_equal(journal_lost(p->j), lost);
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	assert_int_equal(read_hits(r, 0, &o), kept);
	assert_int_equal(journal_consumed(r, &o, &e), RC_OK);
	end_us = clock_mono_us() + 120 * SECOND_US;
	for (struct hit h = hit_of(kept);
	     !journal_append(w, &h) || !journal_sync(w); h = hit_of(kept)) {
		assert_true(clock_mono_us() < end_us);
		(void)sched_yield();
	}
	assert_int_equal(read_hits(r, kept, &o), kept + 1);
	journal_reader_free(r);
	journal_writer_free(w);
}

/* Where the disk gives no space (here: a file may not grow), hits are lost and
 * counted, and nothing else happens. */
static void
test_no_space(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct hit h = hit_of(1);
	struct rlimit old, none;
	struct err e;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = (struct rlimit){4096, old.rlim_max};
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	journal_start(p, 64 * SEGMENT);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	assert_true(journal_append(w, &h));
	assert_false(journal_sync(w));
	assert_int_equal(journal_lost(p->j), 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	journal_writer_free(w);
}

/* Where nothing can be written, not even a lock (here: another thing has its
 * name), likewise; once it can, hits are kept. */
static void
test_nothing_can_be_written(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct journal_reader *r = NULL;
	struct journal_offset o = {0};
	struct hit h = hit_of(0);
	int64_t end_us;
	char path[96];
	struct err e;

	journal_start(p, 64 * SEGMENT);
	(void)snprintf(path, sizeof(path), "%s/00.lock", p->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	assert_true(journal_append(w, &h));
	assert_false(journal_sync(w));
	assert_int_equal(journal_lost(p->j), 1);
	assert_int_equal(rmdir(path), 0);
	end_us = clock_mono_us() + 20 * SECOND_US;
	while (!journal_append(w, &h) || !journal_sync(w)) {
		assert_true(clock_mono_us() < end_us);
		(void)sched_yield();
	}
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	assert_int_equal(read_hits(r, 0, &o), 1);
	journal_reader_free(r);
	journal_writer_free(w);
}

/* What is no segment has the name of one: it is neither written through nor
 * taken for one, and hits go on. */
static void
test_what_is_no_segment(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct journal_reader *r = NULL;
	struct journal_offset o = {0};
	char path[128], victim[96];
	struct stat st;
	struct err e;

	(void)snprintf(victim, sizeof(victim), "%s/victim", p->dir);
	(void)close(open(victim, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(truncate(victim, SEGMENT), 0);
	(void)snprintf(path, sizeof(path), "%s/spare-0000000000000001", p->dir);
	assert_int_equal(symlink(victim, path), 0);
	(void)snprintf(path, sizeof(path), "%s/spare-0000000000000002", p->dir);
	(void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	(void)snprintf(path, sizeof(path), "%s/00-00000001.hits", p->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/00-00000002.hits", p->dir);
	assert_int_equal(symlink(victim, path), 0);
	journal_start(p, 64 * SEGMENT);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	write_hits(w, 0, 1000);
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	assert_int_equal(read_hits(r, 0, &o), 1000);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, SEGMENT);
	assert_int_equal(st.st_blocks, 0); /* nothing was written to it */
	journal_reader_free(r);
	journal_writer_free(w);
}

static void
damage(const char *path, off_t at, const char *bytes, size_t n)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	if (bytes)
		assert_int_equal(pwrite(fd, bytes, n, at), n);
	else
		assert_int_equal(ftruncate(fd, at), 0);
	(void)close(fd);
}

/* A header that was damaged, or a file that was cut: what stands whole is read,
 * and at least one hit is told as lost where one may be. */
static void
test_damaged_segments(void **state)
{
	static const char zeros[512];
	static const struct {
		off_t at;
		const char *bytes; /* NULL: cut there */
		size_t n;
		unsigned read, lost;
		bool kept; /* as "bad-…" */
	} rows[] = {
	    {9, "?", 1, 0, 1, true},		   /* the nonce */
	    {17, "?", 1, 10, 0, false},		   /* the number */
	    {21, "?", 1, 10, 0, false},		   /* the length */
	    {29, "?", 1, 10, 0, false},		   /* how far it was wiped */
	    {0, zeros, sizeof(zeros), 0, 1, true}, /* a sector */
	    {1000, NULL, 0, 6, 1, false},
	    {32768, NULL, 0, 10, 0, false}, /* behind all that it held */
	    {20, NULL, 0, 0, 1, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct journal_writer *w = NULL;
		struct journal_reader *r = NULL;
		struct journal_offset o = {0};
		struct place *p;
		char path[160];
		struct err e;

		assert_int_equal(setup(state), 0);
		p = *state;
		journal_start(p, 64 * SEGMENT);
		assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
		write_hits(w, 0, 10);
		journal_writer_free(w);
		newest_segment(p->dir, path);
		damage(path, rows[i].at, rows[i].bytes, rows[i].n);
		/* the next one goes to another segment, and is read */
		assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
		write_hits(w, rows[i].read, 1);
		assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
		assert_int_equal(read_hits(r, 0, &o), rows[i].read + 1);
		assert_int_equal(journal_lost_ever(p->j), rows[i].lost);
		assert_int_equal(count_files(p->dir, "bad-"), rows[i].kept);
		journal_reader_free(r);
		journal_writer_free(w);
		assert_int_equal(teardown(state), 0);
	}
}

/* Killed at any moment, what a sync had answered is there, once, in order. */
static void
test_killed(void **state)
{
	struct place *p = *state;
	struct journal_offset o = {0};
	unsigned next = 0;

	for (unsigned round = 0; round < 20; round++) {
		struct journal_reader *r = NULL;
		int pipe_fd[2];
		unsigned said = next, got;
		struct err e;
		pid_t pid;

		assert_int_equal(pipe(pipe_fd), 0);
		pid = fork();
		if (pid == 0) {
			struct journal_writer *w = NULL;

			journal_start(p, 4096 * SEGMENT);
			if (journal_writer_new(p->j, &w, &e) != RC_OK)
				_exit(1);
			for (unsigned i = next;; i += 3) {
				write_hits(w, i, 3);
				got = i + 3;
				if (write(pipe_fd[1], &got, sizeof(got)) < 0)
					_exit(1);
			}
		}
		(void)close(pipe_fd[1]);
		for (unsigned k = 0; k <= round * 3; k++)
			assert_int_equal(read(pipe_fd[0], &said, sizeof(said)),
					 sizeof(said));
		(void)kill(pid, SIGKILL);
		while (read(pipe_fd[0], &got, sizeof(got)) == sizeof(got))
			said = got;
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		(void)close(pipe_fd[0]);
		assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
		if (o.segment)
			journal_seek(r, &o);
		next = read_hits(r, next, &o);
		assert_true(next >= said);
		journal_reader_free(r);
	}
}

/* However often it starts while nobody reads: what a writer left is gone on
 * with, and the journal's room is for hits. */
static void
test_restarts_take_no_room(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct journal_reader *r = NULL;
	struct journal_offset o = {0};
	struct err e;

	journal_start(p, 4 * SEGMENT);
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
		if (i % 2)
			write_hits(w, i / 2 * 3, 3);
		journal_writer_free(w);
	}
	assert_int_equal(count_files(p->dir, ".hits"), 1);
	assert_int_equal(journal_lost(p->j), 0);
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	assert_int_equal(read_hits(r, 0, &o), 60);
	journal_reader_free(r);
}

/* What was destroyed in a segment has been read: a writer goes on behind it. */
static void
test_restart_behind_a_wipe(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	struct journal_reader *r = NULL;
	struct journal_offset o = {0};
	struct err e;

	journal_start(p, 4 * SEGMENT);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	assert_int_equal(journal_reader_new(p->dir, &r, &e), RC_OK);
	for (unsigned i = 0; i < 100; i += 10) {
		write_hits(w, i, 10);
		assert_int_equal(read_hits(r, i, &o), i + 10);
		if (i % 20)
			assert_int_equal(journal_wipe(r, &e), RC_OK);
		journal_writer_free(w);
		assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	}
	assert_int_equal(count_files(p->dir, ".hits"), 1);
	journal_reader_free(r);
	journal_writer_free(w);
}

/* What was read may have been in memory alone when the machine went down. */
static void
test_another_start_of_the_machine(void **state)
{
	struct place *p = *state;
	struct journal_writer *w = NULL;
	uint64_t another = 1;
	char path[160];
	struct err e;
	int fd;

	journal_start(p, 4 * SEGMENT);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	write_hits(w, 0, 3);
	journal_writer_free(w);
	newest_segment(p->dir, path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &another, sizeof(another), 32),
			 sizeof(another));
	(void)close(fd);
	assert_int_equal(journal_writer_new(p->j, &w, &e), RC_OK);
	journal_writer_free(w);
	assert_int_equal(count_files(p->dir, ".hits"), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_written_is_read_in_order,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(test_each_writer_has_its_own, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_torn_tail, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage_is_said, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_recycled_space, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_wipe, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_space, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_is_no_segment, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_nothing_can_be_written, setup,
					    teardown),
	    cmocka_unit_test(test_damaged_segments),
	    cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_restarts_take_no_room, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_restart_behind_a_wipe, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_another_start_of_the_machine,
					    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
