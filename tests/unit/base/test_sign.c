#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sign.h"
#include "base/thread.h"

struct place {
	char dir[32], path[64];
	struct sbuf out;
	struct err e;
	struct sign_key *key;
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/acuse-sign-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof(p->path), "%s/key", p->dir);
	sbuf_init(&p->out, 65536);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	(void)unlink(p->path);
	assert_int_equal(rmdir(p->dir), 0);
	sbuf_fini(&p->out);
	sign_key_free(p->key);
	free(p);
	return 0;
}

/* By OpenSSL's verifier, from the public form that DNS gets. */
static bool
verifies(struct slice public, enum sign_kind kind, struct slice data,
	 struct slice signature)
{
	const unsigned char *der = (const unsigned char *)public.p;
	EVP_PKEY *pkey = kind == SIGN_RSA
			     ? d2i_PUBKEY(NULL, &der, (long)public.n)
			     : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519,
							   NULL, der, public.n);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	assert_non_null(pkey);
	assert_int_equal(
	    EVP_DigestVerifyInit(
		ctx, NULL, kind == SIGN_RSA ? EVP_sha256() : NULL, NULL, pkey),
	    1);
	ok = EVP_DigestVerify(ctx, (const unsigned char *)signature.p,
			      signature.n, (const unsigned char *)data.p,
			      data.n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok;
}

static void
check_kind(struct place *p, enum sign_kind kind, size_t size)
{
	struct sbuf public;
	struct stat st;

	assert_int_equal(sign_key_create(p->path, kind, &p->e), RC_OK);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(sign_key_load(p->path, &p->key, &p->e), RC_OK);
	assert_int_equal(sign_key_kind(p->key), kind);
	assert_int_equal(sign(p->key, SLICE("data"), &p->out, &p->e), RC_OK);
	assert_int_equal(p->out.n, size);
	sbuf_init(&public, 4096);
	sign_key_public(p->key, &public);
	assert_true(verifies(sbuf_slice(&public), kind, SLICE("data"),
			     sbuf_slice(&p->out)));
	assert_false(verifies(sbuf_slice(&public), kind, SLICE("dat4"),
			      sbuf_slice(&p->out)));
	sbuf_fini(&public);
}

static void
rsa(void **state)
{
	check_kind(*state, SIGN_RSA, 256);
}

static void
ed25519(void **state)
{
	check_kind(*state, SIGN_ED25519, 64);
}

static void
a_key_is_never_replaced(void **state)
{
	struct place *p = *state;
	struct sbuf before, after;

	sbuf_init(&before, 4096);
	sbuf_init(&after, 4096);
	assert_int_equal(sign_key_create(p->path, SIGN_ED25519, &p->e), RC_OK);
	assert_int_equal(file_read(p->path, 4096, &before, &p->e), RC_OK);
	assert_int_equal(sign_key_create(p->path, SIGN_ED25519, &p->e),
			 RC_STATE);
	assert_int_equal(file_read(p->path, 4096, &after, &p->e), RC_OK);
	assert_true(slice_eq(sbuf_slice(&before), sbuf_slice(&after)));
	sbuf_fini(&before);
	sbuf_fini(&after);
}

static void
put_key(struct place *p, EVP_PKEY *pkey)
{
	unsigned char *der = NULL;
	struct sbuf pem;
	int n = i2d_PrivateKey(pkey, &der);

	assert_true(n > 0);
	sbuf_init(&pem, 8192);
	sbuf_add_z(&pem, "-----BEGIN PRIVATE KEY-----\n");
	EVP_EncodeBlock((unsigned char *)sbuf_room(&pem, 4096), der, n);
	pem.n += (size_t)(n + 2) / 3 * 4;
	sbuf_add_z(&pem, "\n-----END PRIVATE KEY-----\n");
	assert_int_equal(file_write(p->path, sbuf_slice(&pem), 0600, &p->e),
			 RC_OK);
	sbuf_fini(&pem);
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
}

static void
weak_and_foreign_keys_are_refused(void **state)
{
	struct place *p = *state;

	assert_int_equal(sign_key_load(p->path, &p->key, &p->e), RC_NOTFOUND);
	assert_int_equal(file_write(p->path, SLICE("no key"), 0600, &p->e),
			 RC_OK);
	assert_int_equal(sign_key_load(p->path, &p->key, &p->e), RC_INVALID);
	put_key(p, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024));
	assert_int_equal(sign_key_load(p->path, &p->key, &p->e), RC_INVALID);
	put_key(p, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
	assert_int_equal(sign_key_load(p->path, &p->key, &p->e), RC_INVALID);
	assert_null(p->key);
}

static void
no_room_is_an_error(void **state)
{
	struct place *p = *state;
	struct sbuf small;

	sbuf_init(&small, 63);
	assert_int_equal(sign_key_create(p->path, SIGN_ED25519, &p->e), RC_OK);
	assert_int_equal(sign_key_load(p->path, &p->key, &p->e), RC_OK);
	assert_int_equal(sign(p->key, SLICE("x"), &small, &p->e), RC_LIMIT);
	sbuf_fini(&small);
}

static void
sign_many(void *arg)
{
	struct place *p = arg;
	struct sbuf out;
	struct err e;

	sbuf_init(&out, 64);
	for (int i = 0; i < 50; i++) {
		sbuf_reset(&out);
		if (sign(p->key, SLICE("x"), &out, &e) != RC_OK)
			die("%s", e.text);
	}
	sbuf_fini(&out);
}

static void
one_key_signs_on_many_threads(void **state)
{
	struct place *p = *state;
	struct thread t[3];

	assert_int_equal(sign_key_create(p->path, SIGN_ED25519, &p->e), RC_OK);
	assert_int_equal(sign_key_load(p->path, &p->key, &p->e), RC_OK);
	for (size_t i = 0; i < 3; i++)
		thread_start(&t[i], "signer", sign_many, p);
	for (size_t i = 0; i < 3; i++)
		thread_join(&t[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(rsa, setup, teardown),
	    cmocka_unit_test_setup_teardown(ed25519, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_key_is_never_replaced, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(weak_and_foreign_keys_are_refused,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(no_room_is_an_error, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(one_key_signs_on_many_threads,
					    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
