#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/keyring.h"

#define SECRET                                                                 \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

struct place {
	char dir[32], keys_dir[48];
	struct keyring *keys;
	struct err e;
};

static void
key_path(struct place *p, uint32_t id, char path[96])
{
	(void)snprintf(path, 96, "%s/token-%08" PRIx32, p->keys_dir, id);
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/acuse-keys-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->keys_dir, sizeof(p->keys_dir), "%s/keys", p->dir);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	static const uint32_t ids[] = {0x00010001, 0x00010002, 0x00010003,
				       0x0001ffff, 0x00020001, 0xffff0001};
	struct place *p = *state;
	char path[96];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		key_path(p, ids[i], path);
		(void)unlink(path);
	}
	(void)rmdir(p->keys_dir);
	assert_int_equal(rmdir(p->dir), 0);
	keyring_free(p->keys);
	free(p);
	return 0;
}

static void
reload(struct place *p)
{
	keyring_free(p->keys);
	p->keys = NULL;
	assert_int_equal(keyring_load(p->dir, &p->keys, &p->e), RC_OK);
}

static void
a_new_key_retires_the_one_before(void **state)
{
	struct place *p = *state;
	uint8_t first[32];
	struct stat st;
	char path[96];
	uint32_t id;

	assert_int_equal(keyring_create(p->dir, 1, &id, &p->e), RC_OK);
	assert_int_equal(id, 0x00010001);
	key_path(p, id, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	reload(p);
	memcpy(first, keyring_active(p->keys, 1)->secret, 32);
	assert_int_equal(keyring_create(p->dir, 2, &id, &p->e), RC_OK);
	assert_int_equal(id, 0x00020001);
	assert_int_equal(keyring_create(p->dir, 1, &id, &p->e), RC_OK);
	assert_int_equal(id, 0x00010002);
	reload(p);
	assert_int_equal(keyring_active(p->keys, 1)->id, 0x00010002);
	assert_int_equal(keyring_active(p->keys, 2)->id, 0x00020001);
	assert_null(keyring_active(p->keys, 3));
	assert_null(keyring_find(p->keys, 0x00010003));
	assert_int_equal(keyring_find(p->keys, 0x00010001)->state,
			 TOKEN_KEY_RETIRED);
	assert_memory_equal(keyring_find(p->keys, 0x00010001)->secret, first,
			    32);
	assert_memory_not_equal(keyring_active(p->keys, 1)->secret, first, 32);
}

/* Who verifies elsewhere has it before it signs. */
static void
a_key_that_waits_signs_from_the_next_rotation_on(void **state)
{
	struct place *p = *state;
	uint8_t waiting[32];
	uint32_t id;

	assert_int_equal(keyring_create(p->dir, 1, &id, &p->e), RC_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(keyring_prepare(p->dir, 1, &id, &p->e), RC_OK);
		assert_int_equal(id, 0x00010002);
	}
	reload(p);
	assert_int_equal(keyring_size(p->keys), 2);
	assert_int_equal(keyring_find(p->keys, id)->state, TOKEN_KEY_NEXT);
	assert_int_equal(keyring_active(p->keys, 1)->id, 0x00010001);
	memcpy(waiting, keyring_find(p->keys, id)->secret, 32);
	assert_int_equal(keyring_create(p->dir, 1, &id, &p->e), RC_OK);
	assert_int_equal(id, 0x00010002);
	reload(p);
	assert_memory_equal(keyring_active(p->keys, 1)->secret, waiting, 32);
	assert_int_equal(keyring_find(p->keys, 0x00010001)->state,
			 TOKEN_KEY_RETIRED);
	assert_int_equal(keyring_prepare(p->dir, 1, &id, &p->e), RC_OK);
	assert_int_equal(id, 0x00010003);
}

static void
a_revoked_key_is_not_in_use_and_not_gone(void **state)
{
	struct place *p = *state;
	uint32_t id;

	assert_int_equal(keyring_create(p->dir, 1, &id, &p->e), RC_OK);
	assert_int_equal(keyring_revoke(p->dir, id, &p->e), RC_OK);
	reload(p);
	assert_null(keyring_active(p->keys, 1));
	assert_int_equal(keyring_size(p->keys), 1);
	assert_int_equal(keyring_at(p->keys, 0)->id, id);
	assert_int_equal(keyring_find(p->keys, id)->state, TOKEN_KEY_REVOKED);
	assert_int_equal(keyring_revoke(p->dir, id + 1, &p->e), RC_NOTFOUND);
	assert_int_equal(keyring_create(p->dir, 1, &id, &p->e), RC_OK);
	reload(p);
	assert_int_equal(keyring_active(p->keys, 1)->id, id);
	assert_int_equal(keyring_find(p->keys, id - 1)->state,
			 TOKEN_KEY_REVOKED);
}

static void
put(struct place *p, uint32_t id, const char *text)
{
	char path[96];

	assert_int_equal(dir_make(p->keys_dir, 0700, &p->e), RC_OK);
	key_path(p, id, path);
	assert_int_equal(file_write(path, slice_z(text), 0600, &p->e), RC_OK);
}

/* As a crash between the two writes of a rotation leaves it. */
static void
of_two_active_ones_the_later_counts(void **state)
{
	struct place *p = *state;
	uint32_t id;

	put(p, 0x00010001,
	    "acuse-token-key v1\nstate active\nsecret " SECRET "\n");
	put(p, 0x00010002,
	    "acuse-token-key v1\nstate active\nsecret " SECRET "\n");
	reload(p);
	assert_int_equal(keyring_active(p->keys, 1)->id, 0x00010002);
	assert_int_equal(keyring_create(p->dir, 1, &id, &p->e), RC_OK);
	reload(p);
	assert_int_equal(keyring_find(p->keys, 0x00010001)->state,
			 TOKEN_KEY_RETIRED);
	assert_int_equal(keyring_find(p->keys, 0x00010002)->state,
			 TOKEN_KEY_RETIRED);
}

static void
broken_files_are_named(void **state)
{
	static const char *const rows[] = {
	    "",
	    "acuse-token-key v2\nstate active\nsecret " SECRET "\n",
	    "acuse-token-key v1x\nstate active\nsecret " SECRET "\n",
	    "acuse-token-key v1\nstate new\nsecret " SECRET "\n",
	    "acuse-token-key v1\nstate active \nsecret " SECRET "\n",
	    "acuse-token-key v1\nstate active\nsecret " SECRET "00\n",
	    "acuse-token-key v1\nstate active\nsecret " SECRET,
	    "acuse-token-key v1\nstate active\nsecret " SECRET "\n\n",
	    "acuse-token-key v1\nstate active\nsecret 00\n",
	    "acuse-token-key v1\nsecret " SECRET "\nstate active\n",
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(p, 0x00010001, rows[i]);
		assert_int_equal(keyring_load(p->dir, &p->keys, &p->e),
				 RC_INVALID);
		assert_non_null(strstr(p->e.text, "token-00010001"));
		assert_null(strstr(p->e.text, "0102"));
	}
}

static void
broken_files_can_be_left_out(void **state)
{
	struct place *p = *state;
	size_t broken;

	put(p, 0x00010001,
	    "acuse-token-key v1\nstate active\nsecret " SECRET "\n");
	put(p, 0x00010002, "");
	put(p, 0x00020001, "acuse-token-key v1\nstate act");
	assert_int_equal(keyring_load_whole(p->dir, &p->keys, &broken, &p->e),
			 RC_OK);
	assert_int_equal(broken, 2);
	assert_non_null(strstr(p->e.text, "token-000"));
	assert_int_equal(keyring_size(p->keys), 1);
	assert_int_equal(keyring_active(p->keys, 1)->id, 0x00010001);
}

static void
no_keys_and_no_directory(void **state)
{
	struct place *p = *state;

	assert_int_equal(keyring_load(p->dir, &p->keys, &p->e), RC_NOTFOUND);
	assert_int_equal(dir_make(p->keys_dir, 0700, &p->e), RC_OK);
	reload(p);
	assert_null(keyring_find(p->keys, 1));
	assert_null(keyring_active(p->keys, 0));
}

static void
generations_end(void **state)
{
	struct place *p = *state;
	uint32_t id;

	put(p, 0x0001ffff,
	    "acuse-token-key v1\nstate active\nsecret " SECRET "\n");
	assert_int_equal(keyring_create(p->dir, 1, &id, &p->e), RC_LIMIT);
	assert_int_equal(keyring_create(p->dir, 0xffff, &id, &p->e), RC_OK);
	assert_int_equal(id, 0xffff0001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_new_key_retires_the_one_before,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(of_two_active_ones_the_later_counts,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_key_that_waits_signs_from_the_next_rotation_on, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		a_revoked_key_is_not_in_use_and_not_gone, setup, teardown),
	    cmocka_unit_test_setup_teardown(broken_files_are_named, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(broken_files_can_be_left_out, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(no_keys_and_no_directory, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(generations_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
