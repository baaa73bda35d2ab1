/* Journals whose files are not as they were left. */
#include "tests/unit/tracker/journal_test.h"

#include <sys/stat.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_torn_tail, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage_is_said, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_what_is_no_segment, setup,
					    teardown),
	    cmocka_unit_test(test_damaged_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
