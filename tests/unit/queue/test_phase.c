#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "queue/phase.h"

#define SLOTS 8
#define BOOT_AT 16 /* of the boot's id in the file */

struct place {
	char dir[64], path[96];
};

static int
make(void **state)
{
	struct place *p = MEM_NEW(struct place);

	snprintf(p->dir, sizeof(p->dir), "/tmp/acuse-phase-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/phases", p->dir);
	*state = p;
	return 0;
}

static int
clean(void **state)
{
	struct place *p = *state;

	unlink(p->path);
	rmdir(p->dir);
	free(p);
	return 0;
}

static struct phases *
open_phases(const struct place *p)
{
	struct phases *out = NULL;
	struct err e;

	assert_int_equal(phases_open(p->path, SLOTS, &out, &e), RC_OK);
	return out;
}

/* As a death leaves it: four messages, each further than the one before. */
static void
leave(const struct place *p, struct ref refs[4])
{
	struct phases *left = open_phases(p);

	phases_forget(left, 1);
	for (int i = 0; i < 4; i++) {
		int slot;

		refs[i] = ref_new();
		slot = phase_claim(left, refs[i]);
		assert_true(slot >= 0);
		if (i == 1)
			assert_true(phase_stop(left, refs[i]));
		if (i >= 2)
			assert_true(phase_go(left, slot));
		if (i == 3)
			phase_content(left, slot);
	}
	phases_close(left);
}

static void
test_a_death_leaves_how_far_each_had_come(void **state)
{
	static const enum phase want[] = {PHASE_CLAIMED, PHASE_STOPPED,
					  PHASE_GOING, PHASE_CONTENT};
	struct ref refs[4];
	struct phases *p;

	leave(*state, refs);
	for (int again = 0; again < 2; again++) {
		p = open_phases(*state);
		for (int i = 0; i < 4; i++)
			assert_int_equal(phases_left(p, refs[i], 1), want[i]);
		assert_int_equal(phases_left(p, ref_new(), 1), PHASE_CONTENT);
		assert_int_equal(phases_left(p, refs[0], 2), PHASE_CONTENT);
		phases_close(p); /* a second death before it was resolved */
	}
	p = open_phases(*state);
	phases_forget(p, 2);
	assert_true(phase_claim(p, refs[3]) >= 0);
	phases_close(p);
	p = open_phases(*state);
	assert_int_equal(phases_left(p, refs[3], 2), PHASE_CLAIMED);
	phases_close(p);
}

/* The file is not synced: what it says may be older than the database. */
static void
test_after_a_reboot_each_may_have_arrived(void **state)
{
	struct place *place = *state;
	struct ref refs[4];
	struct phases *p;
	int fd;

	leave(place, refs);
	fd = open(place->path, O_WRONLY);
	assert_int_equal(pwrite(fd, "another boot", 12, BOOT_AT), 12);
	close(fd);
	p = open_phases(place);
	for (int i = 0; i < 4; i++)
		assert_int_equal(phases_left(p, refs[i], 1), PHASE_CONTENT);
	phases_forget(p, 2);
	assert_true(phase_claim(p, refs[0]) >= 0);
	phases_close(p);
	p = open_phases(place);
	assert_int_equal(phases_left(p, refs[0], 2), PHASE_CLAIMED);
	phases_close(p);
}

static void
test_stop_and_go_have_one_winner(void **state)
{
	struct phases *p = open_phases(*state);
	struct ref a = ref_new(), b = ref_new();
	int slot_a, slot_b;

	phases_forget(p, 1);
	slot_a = phase_claim(p, a);
	slot_b = phase_claim(p, b);
	assert_true(phase_go(p, slot_a));
	assert_false(phase_stop(p, a));
	assert_true(phase_stop(p, b));
	assert_true(phase_stop(p, b)); /* said twice */
	assert_false(phase_go(p, slot_b));
	phase_free(p, slot_a);
	assert_true(phase_stop(p, a)); /* not under way any more */
	phases_close(p);
}

/* Refused at one server, it may go to the next; unless somebody asked. */
static void
test_back_and_stop_have_one_winner(void **state)
{
	struct phases *p = open_phases(*state);
	struct ref a = ref_new(), b = ref_new(), c = ref_new();
	int slot_a, slot_b, slot_c;

	phases_forget(p, 1);
	slot_a = phase_claim(p, a);
	slot_b = phase_claim(p, b);
	slot_c = phase_claim(p, c);
	assert_true(phase_back(p, slot_a)); /* it never went */
	assert_true(phase_go(p, slot_a));
	assert_true(phase_back(p, slot_a));
	assert_true(phase_go(p, slot_a));
	assert_true(phase_back(p, slot_a));
	assert_true(phase_stop(p, a));
	assert_false(phase_back(p, slot_a));
	assert_true(phase_go(p, slot_b));
	assert_false(phase_stop(p, b));
	assert_false(phase_stop(p, b)); /* said twice */
	assert_false(phase_back(p, slot_b));
	assert_false(phase_go(p, slot_b));
	assert_true(phase_go(p, slot_c));
	phase_content(p, slot_c);
	assert_false(phase_back(p, slot_c));
	assert_false(phase_stop(p, c));
	phases_close(p);
}

/* Given back by one, and claimed by another before the first has freed its
 * slot: what is stopped is both. */
static void
test_a_stop_reaches_whoever_has_it(void **state)
{
	struct phases *p = open_phases(*state);
	struct ref a = ref_new();
	int old, new;

	phases_forget(p, 1);
	old = phase_claim(p, a);
	new = phase_claim(p, a);
	assert_true(phase_stop(p, a));
	assert_false(phase_go(p, new));
	phase_free(p, old);
	phase_free(p, new);
	old = phase_claim(p, a);
	new = phase_claim(p, a);
	assert_true(phase_go(p, new));
	assert_false(phase_stop(p, a));
	assert_false(phase_go(p, old));
	phases_close(p);
}

static void
test_slots_are_bounded_and_used_again(void **state)
{
	struct phases *p = open_phases(*state);
	int slots[SLOTS];

	phases_forget(p, 1);
	for (int i = 0; i < SLOTS; i++)
		assert_true((slots[i] = phase_claim(p, ref_new())) >= 0);
	assert_int_equal(phase_claim(p, ref_new()), -1);
	phase_free(p, slots[3]);
	assert_int_equal(phase_claim(p, ref_new()), slots[3]);
	phases_close(p);
}

/* Whatever became of it: it tells nothing until it was begun anew. */
static void
test_a_file_that_is_lost_tells_nothing(void **state)
{
	static const char text[] = "dear diary, this is no file of phases at "
				   "all, but it is long enough to look";
	enum { GONE, EMPTY, CUT, ZEROED, OTHER, WAYS };
	static const char zeros[64 + SLOTS * 32];
	struct place *place = *state;

	for (int way = 0; way < WAYS; way++) {
		struct ref refs[4];
		int fd;

		leave(place, refs);
		fd = open(place->path, O_WRONLY);
		if (way == GONE)
			assert_int_equal(unlink(place->path), 0);
		else if (way == ZEROED)
			assert_int_equal(write(fd, zeros, sizeof(zeros)),
					 sizeof(zeros));
		else if (way == OTHER)
			assert_int_equal(write(fd, text, sizeof(text)),
					 sizeof(text));
		else
			assert_int_equal(ftruncate(fd, way == CUT ? 64 : 0), 0);
		close(fd);
		for (int again = 0; again < 2; again++) {
			struct phases *p = open_phases(place);

			for (int i = 0; i < 4; i++)
				assert_int_equal(phases_left(p, refs[i], 1),
						 PHASE_CONTENT);
			phases_close(p);
		}
	}
}

/* Given back by one and claimed by another, before the first freed its slot. */
static void
test_of_two_slots_the_one_with_content_counts(void **state)
{
	for (int which = 0; which < 2; which++) {
		struct phases *p = open_phases(*state);
		struct ref a = ref_new();
		int slots[2];

		phases_forget(p, 1);
		for (int i = 0; i < 2; i++)
			slots[i] = phase_claim(p, a);
		assert_true(phase_go(p, slots[which]));
		phase_content(p, slots[which]);
		phases_close(p);
		p = open_phases(*state);
		assert_int_equal(phases_left(p, a, 1), PHASE_CONTENT);
		phases_close(p);
	}
}

/* A hole in it would end the process when the disk is full. */
static void
test_the_file_has_its_room_on_disk(void **state)
{
	static const size_t slots = 4096;
	const struct place *p = *state;
	struct phases *phases;
	struct stat st;
	struct err e;

	assert_int_equal(phases_open(p->path, slots, &phases, &e), RC_OK);
	assert_int_equal(stat(p->path, &st), 0);
	assert_true((size_t)st.st_blocks * 512 >= slots * 32);
	phases_close(phases);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clean)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_death_leaves_how_far_each_had_come),
	    TEST(test_after_a_reboot_each_may_have_arrived),
	    TEST(test_stop_and_go_have_one_winner),
	    TEST(test_back_and_stop_have_one_winner),
	    TEST(test_a_stop_reaches_whoever_has_it),
	    TEST(test_slots_are_bounded_and_used_again),
	    TEST(test_a_file_that_is_lost_tells_nothing),
	    TEST(test_of_two_slots_the_one_with_content_counts),
	    TEST(test_the_file_has_its_room_on_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
