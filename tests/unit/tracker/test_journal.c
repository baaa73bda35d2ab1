#include "tests/unit/tracker/journal_test.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"

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
	    cmocka_unit_test_setup_teardown(test_recycled_space, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_wipe, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_space, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nothing_can_be_written, setup,
					    teardown),
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
