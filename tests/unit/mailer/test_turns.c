#include "tests/unit/store/store.h"

#include "mailer/turns.h"
#include "store/message.h"

/* Whose turn it is, by the order in which batches would leave. */

static struct arena arena;
static int64_t now_us;

static int
turns_open(void **state)
{
	arena_init(&arena, 64 << 20);
	now_us = 1000;
	if (place_open(state))
		return -1;
	return db_begin(((struct place *)*state)->db, &error) ? -1 : 0;
}

static int
turns_close(void **state)
{
	db_rollback(((struct place *)*state)->db);
	arena_fini(&arena);
	return place_clear(state);
}

static void
queue(struct db *db, const char *brand, const char *domain, int n)
{
	for (int i = 0; i < n; i++) {
		struct message m = {
		    .mref = ref_new(),
		    .customer = SLICE("c1"),
		    .brand = slice_z(brand),
		    .address = SLICE("x@y.example"),
		    .contact = SLICE("k1"),
		    .template = SLICE("reminder"),
		    .next_us = 100 + i,
		    .not_after_us = INT64_MAX,
		};

		OK(message_insert(db, &m, slice_z(domain), &error));
	}
}

/* A round in which each lane may be served whose domain does not begin with
 * "no", at most batches of them; adds "brand/domain " of each to out. */
static size_t
round_of(struct turns *t, struct db *db, size_t batches, struct sbuf *out)
{
	const struct lane *lane;
	struct arena a;
	size_t served = 0;

	arena_init(&a, 64 << 20);
	now_us++;
	OK(turns_begin(t, db, now_us, &a, &error));
	while (served < batches && turns_next(t, &lane, &error) == RC_OK) {
		struct message *got;
		size_t n;

		if (slice_starts(lane->domain, SLICE("no")))
			continue;
		sbuf_addf(out, "%.*s/%.*s ", SLICE_ARG(lane->brand),
			  SLICE_ARG(lane->domain));
		OK(lane_claim(db, lane->id, 7, now_us, 10, &a, &got, &n,
			      &error));
		turns_served(t);
		served++;
	}
	arena_fini(&a);
	return served;
}

static void
expect(struct turns *t, struct db *db, int rounds, size_t batches,
       const char *want)
{
	struct sbuf out;

	sbuf_init(&out, 1 << 20);
	for (int i = 0; i < rounds; i++)
		round_of(t, db, batches, &out);
	assert_string_equal(sbuf_z(&out), want);
	sbuf_fini(&out);
}

/* 1,500 of one brand, queued first, and one of another: it is second. */
static void
test_brands_take_turns(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct turns *t = turns_new();

	queue(db, "a", "x", 1500);
	queue(db, "b", "y", 1);
	queue(db, "c", "z", 20);
	expect(t, db, 5, 1, "a/x b/y c/z a/x c/z ");
	turns_free(t);
}

static void
test_lanes_of_a_brand_take_turns(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct turns *t = turns_new();

	queue(db, "a", "x", 100);
	queue(db, "a", "y", 100);
	queue(db, "b", "z", 100);
	expect(t, db, 6, 1, "a/x b/z a/y b/z a/x b/z ");
	/* Who comes later comes in between. */
	queue(db, "a", "w", 100);
	expect(t, db, 2, 2, "a/w b/z a/y b/z ");
	turns_free(t);
}

/* However many may not be served, the one that may is found, in few rounds. */
static void
test_those_passed_over_hide_nobody(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct turns *t = turns_new();
	struct sbuf out;
	int rounds = 0;

	for (int i = 0; i < 1500; i++) {
		char domain[32];

		snprintf(domain, sizeof(domain), "no%d", i);
		queue(db, "a", domain, 1);
	}
	queue(db, "a", "x", 1);
	sbuf_init(&out, 1 << 20);
	while (round_of(t, db, 1, &out) == 0 && rounds < 10) {
		assert_true(turns_cut(t));
		rounds++;
	}
	assert_string_equal(sbuf_z(&out), "a/x ");
	assert_true(rounds <= 3);
	/* And those in front, once they may. */
	queue(db, "a", "a", 1);
	for (rounds = 0; round_of(t, db, 1, &out) == 0 && rounds < 10;)
		rounds++;
	assert_string_equal(sbuf_z(&out), "a/x a/a ");
	assert_true(rounds <= 4);
	sbuf_fini(&out);
	turns_free(t);
}

/* All are known to be in vain after as many rounds as it takes, not before; and
 * what was looked at before the sweep began is no part of it. */
static void
test_a_sweep_takes_as_many_rounds_as_it_needs(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct turns *t = turns_new();
	struct sbuf out;

	for (int i = 0; i < 1300; i++) {
		char domain[32];

		snprintf(domain, sizeof(domain), "no%d", i);
		queue(db, i % 13 == 0 ? "b" : "a", domain, 1);
	}
	sbuf_init(&out, 1 << 20);
	for (int sweep = 0; sweep < 3; sweep++) {
		int rounds = 0;

		turns_sweep(t);
		do {
			round_of(t, db, 1, &out);
		} while (++rounds < 10 && !turns_swept(t));
		assert_int_equal(rounds, sweep == 0 ? 3 : 5);
		/* One into its way round again. */
		round_of(t, db, 1, &out);
		assert_true(turns_swept(t));
	}
	queue(db, "c", "no", 1);
	turns_sweep(t);
	round_of(t, db, 1, &out);
	assert_false(turns_swept(t));
	assert_string_equal(sbuf_z(&out), "");
	sbuf_fini(&out);
	turns_free(t);
}

static void
test_a_round_over_nothing_ends(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct turns *t = turns_new();

	expect(t, db, 1, 1, "");
	assert_false(turns_cut(t));
	queue(db, "a", "no", 3);
	expect(t, db, 2, 1, "");
	assert_false(turns_cut(t));
	turns_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, turns_open, turns_close)
	    T(test_brands_take_turns),
	    T(test_lanes_of_a_brand_take_turns),
	    T(test_those_passed_over_hide_nobody),
	    T(test_a_sweep_takes_as_many_rounds_as_it_needs),
	    T(test_a_round_over_nothing_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
