#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/codec.h"
#include "proof/tree.h"

/* The leaves of the reference implementations of Certificate Transparency. */
static const struct {
	const char *leaf;
	const char *root; /* of the tree up to and with it */
} reference[] = {
    {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"2021",
     "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"3031",
     "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"40414243",
     "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"5051525354555657",
     "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"606162636465666768696a6b6c6d6e6f",
     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

/* Roots over the numbers from 0 as four bytes, by a program apart. */
static const struct {
	uint32_t size;
	const char *root;
} counted[] = {
    {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {3, "e4b0b8adadc95bb54949a5993c44797855d5acc2f863aab6435b74799e4c3484"},
    {7, "d62b43d7342d2e73a4a8910565cffb0dd6c07f65f9b8647417ad8d5c86bed8d8"},
    {64, "54dd1c2aaf0a20c174fc9df80919a65ef5b240dc55890e91daec1cdd063c6f1e"},
    {65, "aaaa92f00470939b5edbf5dafba71aa403e6116fafe31bf6ff1824b5309609de"},
    {255, "58f204dcc06ebcf29082c362701341df88ec3d5f338036c72a98894aaf69059d"},
    {1000, "ed58fe22105717ceedf760a43eedfb173a60c44ef40fd61b6cd86bd4ebb59b61"},
};

static void
assert_root(const struct tree *t, const char *hex)
{
	uint8_t want[TREE_HASH], root[TREE_HASH];

	assert_true(hex_decode(slice_z(hex), want, sizeof(want)));
	tree_root(t, root);
	assert_memory_equal(root, want, TREE_HASH);
}

static void
test_roots_of_the_reference(void **state)
{
	struct tree t;
	uint8_t data[16], leaf[TREE_HASH];

	(void)state;
	tree_init(&t);
	for (size_t i = 0; i < sizeof(reference) / sizeof(reference[0]); i++) {
		struct slice hex = slice_z(reference[i].leaf);

		assert_true(hex_decode(hex, data, hex.n / 2));
		tree_leaf(data, hex.n / 2, leaf);
		tree_add(&t, leaf);
		assert_root(&t, reference[i].root);
	}
}

static void
test_roots_of_many_sizes(void **state)
{
	struct tree t;
	uint32_t n = 0;

	(void)state;
	tree_init(&t);
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
		for (; n < counted[i].size; n++) {
			const uint8_t data[] = {(uint8_t)(n >> 24),
						(uint8_t)(n >> 16),
						(uint8_t)(n >> 8), (uint8_t)n};
			uint8_t leaf[TREE_HASH];

			tree_leaf(data, sizeof(data), leaf);
			tree_add(&t, leaf);
		}
		assert_root(&t, counted[i].root);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_roots_of_the_reference),
	    cmocka_unit_test(test_roots_of_many_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
