#include "tests/unit/store/store.h"

#include <pthread.h>
#include <sqlite3.h>

#include <stdlib.h>

#define PIECES 3000

struct held {
	unsigned char *p;
	int n;
};

static struct held all[PIECES];

static void
fill(struct held *h, int from)
{
	assert_true((uint64_t)sqlite3_msize(h->p) >= (uint64_t)h->n);
	assert_int_equal((uintptr_t)h->p % 8, 0);
	for (int i = from; i < h->n; i++)
		h->p[i] = (unsigned char)(h->n + i);
}

static bool
whole(const struct held *h, int had, int n)
{
	for (int i = 0; i < n; i++)
		if (h->p[i] != (unsigned char)(had + i))
			return false;
	return true;
}

static void *
use(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < PIECES; i++) {
		struct held *h = &all[i];
		int had = h->n;

		h->n = (int)(rand_r(&seed) % (i % 8 ? 600 : 9000)) + 1;
		h->p = sqlite3_realloc(h->p, h->n);
		assert_true(whole(h, had, had < h->n ? had : h->n));
		fill(h, 0);
		if (i % 3 == 0) {
			sqlite3_free(h->p);
			*h = (struct held){.p = NULL};
		}
	}
	return NULL;
}

/* Pieces of all sizes, taken by a thread, grown and freed by others. */
static void
test_what_is_held_stays_as_it_is(void **state)
{
	pthread_t t;

	(void)state;
	for (int round = 0; round < 6; round++) {
		assert_int_equal(pthread_create(&t, NULL, use,
						(void *)(uintptr_t)(round + 1)),
				 0);
		assert_int_equal(pthread_join(t, NULL), 0);
	}
	for (int i = 0; i < PIECES; i++) {
		assert_true(whole(&all[i], all[i].n, all[i].n));
		sqlite3_free(all[i].p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_what_is_held_stays_as_it_is,
					    place_open, place_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
