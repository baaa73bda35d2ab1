#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/token.h"

#define URL "https://pay.example/1042?a=1&b=2"

struct place {
	char dir[32];
	struct keyring *keys;
	const struct token_key *key;
	struct ref ref;
	struct sbuf b;
	struct err e;
};

static void
put_key(struct place *p, const char *id, const char *state, char digit)
{
	char path[64], text[200];
	int n = snprintf(text, sizeof(text),
			 "acuse-token-key v1\nstate %s\nsecret ", state);

	memset(text + n, digit, 64);
	text[n + 64] = '\n';
	(void)snprintf(path, sizeof(path), "%s/keys/token-%s", p->dir, id);
	assert_int_equal(
	    file_write(path, slice_of(text, (size_t)n + 65), 0600, &p->e),
	    RC_OK);
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	char path[64];

	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/acuse-token-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(path, sizeof(path), "%s/keys", p->dir);
	assert_int_equal(dir_make(path, 0700, &p->e), RC_OK);
	put_key(p, "00010001", "retired", '1');
	put_key(p, "00010002", "active", '2');
	put_key(p, "00010003", "revoked", '3');
	put_key(p, "00020001", "active", '2');
	assert_int_equal(keyring_load(p->dir, &p->keys, &p->e), RC_OK);
	p->key = keyring_active(p->keys, 1);
	assert_int_equal(p->key->id, 0x00010002);
	for (uint8_t i = 0; i < 16; i++)
		p->ref.b[i] = i;
	sbuf_init(&p->b, 4096);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const ids[] = {"00010001", "00010002", "00010003",
					  "00020001"};
	struct place *p = *state;
	char path[64];

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s/keys/token-%s", p->dir,
			       ids[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/keys", p->dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(p->dir), 0);
	keyring_free(p->keys);
	sbuf_fini(&p->b);
	free(p);
	return 0;
}

static enum rc
check(struct place *p, const char *text, enum token_purpose purpose,
      const char *destination)
{
	struct token t;

	return token_check(p->keys, slice_z(text), purpose,
			   slice_z(destination), &t);
}

static void
a_good_token_says_what_it_was_made_of(void **state)
{
	struct place *p = *state;
	struct token t;

	token_add(&p->b, p->key, TOKEN_CLICK, p->ref, 0xabcd, SLICE(URL));
	assert_int_equal(p->b.n, TOKEN_TEXT);
	assert_int_equal(token_check(p->keys, sbuf_slice(&p->b), TOKEN_CLICK,
				     SLICE(URL), &t),
			 RC_OK);
	assert_int_equal(t.key_id, 0x00010002);
	assert_true(ref_eq(t.ref, p->ref));
	assert_int_equal(t.index, 0xabcd);
}

/* Mails out there hold such links for ever: the bytes must not change.  Made
 * with Python's hmac over "click\0", the head and the URL. */
static void
layout_is_for_ever(void **state)
{
	struct place *p = *state;

	token_add(&p->b, p->key, TOKEN_CLICK, p->ref, 7, SLICE(URL));
	assert_string_equal(
	    sbuf_z(&p->b),
	    "AQABAAIAAQIDBAUGBwgJCgsMDQ4PAAcT2aeL8TEZ-UA2SYIG9hzu");
	sbuf_reset(&p->b);
	token_add_reverse(&p->b, p->key, p->ref);
	assert_string_equal(
	    sbuf_z(&p->b),
	    "b.aeaacaacaaaqeayeaudaocajbifqydiob4aabn5yefixu2iwyhhcq");
}

static void
anything_else_is_denied(void **state)
{
	struct place *p = *state;
	const char *text;
	char *wrong;

	token_add(&p->b, p->key, TOKEN_CLICK, p->ref, 7, SLICE(URL));
	text = sbuf_z(&p->b);
	assert_int_equal(check(p, text, TOKEN_CLICK, URL), RC_OK);
	for (int i = 0; i < TOKEN_PURPOSES; i++)
		assert_int_equal(check(p, text, (enum token_purpose)i, URL),
				 i == TOKEN_CLICK ? RC_OK : RC_DENIED);
	assert_int_equal(check(p, text, TOKEN_CLICK, URL "x"), RC_DENIED);
	assert_int_equal(check(p, text, TOKEN_CLICK, ""), RC_DENIED);
	assert_int_equal(check(p, "", TOKEN_CLICK, URL), RC_DENIED);
	assert_int_equal(check(p, text + 1, TOKEN_CLICK, URL), RC_DENIED);
	wrong = strdup(text);
	for (size_t i = 0; i < TOKEN_TEXT; i++) {
		char kept = wrong[i];

		for (int c = 1; c < 256; c++) {
			wrong[i] = (char)c;
			assert_int_equal(check(p, wrong, TOKEN_CLICK, URL),
					 wrong[i] == kept ? RC_OK : RC_DENIED);
		}
		wrong[i] = kept;
	}
	free(wrong);
}

/* Keys of brands 1 and 2 have the same secret here: the key id is covered. */
static void
another_brand_cannot_stand_in(void **state)
{
	struct place *p = *state;
	struct token_key key = *p->key;

	token_add(&p->b, &key, TOKEN_OPEN, p->ref, 0, SLICE(""));
	assert_int_equal(check(p, sbuf_z(&p->b), TOKEN_OPEN, ""), RC_OK);
	sbuf_reset(&p->b);
	key.id = 0x00090001;
	token_add(&p->b, &key, TOKEN_OPEN, p->ref, 0, SLICE(""));
	assert_int_equal(check(p, sbuf_z(&p->b), TOKEN_OPEN, ""), RC_DENIED);
	sbuf_reset(&p->b);
	key.id = 0x00010001;
	token_add(&p->b, &key, TOKEN_OPEN, p->ref, 0, SLICE(""));
	assert_int_equal(check(p, sbuf_z(&p->b), TOKEN_OPEN, ""), RC_DENIED);
}

static void
retired_keys_verify_and_revoked_ones_are_told(void **state)
{
	struct place *p = *state;
	struct token t = {0};

	token_add(&p->b, keyring_find(p->keys, 0x00010001), TOKEN_VIEW, p->ref,
		  1, SLICE(""));
	assert_int_equal(check(p, sbuf_z(&p->b), TOKEN_VIEW, ""), RC_OK);
	sbuf_reset(&p->b);
	token_add(&p->b, keyring_find(p->keys, 0x00010003), TOKEN_VIEW, p->ref,
		  1, SLICE(""));
	assert_int_equal(
	    token_check(p->keys, sbuf_slice(&p->b), TOKEN_VIEW, SLICE(""), &t),
	    RC_STATE);
	assert_true(ref_eq(t.ref, p->ref));
	assert_int_equal(check(p, sbuf_z(&p->b), TOKEN_OPEN, ""), RC_DENIED);
}

static void
reverse_paths(void **state)
{
	struct place *p = *state;
	struct token t = {0};
	const char *made;
	char *text;

	token_add_reverse(&p->b, p->key, p->ref);
	assert_true(p->b.n <= 64);
	made = sbuf_z(&p->b);
	assert_int_equal(token_check_reverse(p->keys, slice_z(made), &t),
			 RC_OK);
	assert_true(ref_eq(t.ref, p->ref));
	text = strdup(made);
	for (size_t i = 0; text[i]; i++)
		if (text[i] >= 'a' && text[i] <= 'z')
			text[i] = (char)(text[i] - 'a' + 'A');
	assert_int_equal(token_check_reverse(p->keys, slice_z(text), &t),
			 RC_OK);
	for (size_t i = 0; text[i]; i++) {
		char kept = text[i];

		text[i] = kept == 'X' ? 'Y' : 'X';
		assert_int_equal(
		    token_check_reverse(p->keys, slice_z(text), &t), RC_DENIED);
		text[i] = kept;
	}
	assert_int_equal(token_check_reverse(p->keys, SLICE("b."), &t),
			 RC_DENIED);
	assert_int_equal(token_check_reverse(p->keys, SLICE(""), &t),
			 RC_DENIED);
	assert_int_equal(token_check_reverse(p->keys, SLICE("postmaster"), &t),
			 RC_DENIED);
	free(text);
}

static void
a_glance_checks_nothing(void **state)
{
	struct place *p = *state;
	struct token t = {0};
	char *text;

	token_add(&p->b, p->key, TOKEN_OPEN, p->ref, 3, SLICE(""));
	text = strdup(sbuf_z(&p->b));
	text[TOKEN_TEXT - 1] = text[TOKEN_TEXT - 1] == 'A' ? 'B' : 'A';
	assert_true(token_peek(slice_z(text), &t));
	assert_true(ref_eq(t.ref, p->ref));
	assert_int_equal(t.index, 3);
	assert_false(token_peek(slice_of(text, TOKEN_TEXT - 1), &t));
	text[0] = 'B';
	assert_false(token_peek(slice_z(text), &t));
	text[1] = '!';
	assert_false(token_peek(slice_z(text), &t));
	assert_false(token_peek(SLICE(""), &t));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_good_token_says_what_it_was_made_of, setup, teardown),
	    cmocka_unit_test_setup_teardown(layout_is_for_ever, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(anything_else_is_denied, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(another_brand_cannot_stand_in,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(
		retired_keys_verify_and_revoked_ones_are_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(reverse_paths, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_glance_checks_nothing, setup,
					    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
