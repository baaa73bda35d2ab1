#include "base/sign.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#define RSA_BITS_MIN 2048
#define PEM_MAX 65536

struct sign_key {
	EVP_PKEY *pkey;
	enum sign_kind kind;
};

/* Takes the whole queue of OpenSSL's errors, so that none is left for a later
 * call of this thread. */
static enum rc
openssl_error(struct err *e, enum rc rc, const char *what)
{
	char text[256] = "unknown error";
	unsigned long code = ERR_peek_last_error();

	if (code)
		ERR_error_string_n(code, text, sizeof(text));
	ERR_clear_error();
	return err_set(e, rc, "%s: %s", what, text);
}

/* Keys have no passphrase; without this OpenSSL would ask the terminal. */
static int
no_passphrase(char *to, int size, int writing, void *arg)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static enum rc
check_kind(const char *path, EVP_PKEY *pkey, enum sign_kind *kind,
	   struct err *e)
{
	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		*kind = SIGN_RSA;
		if (EVP_PKEY_get_bits(pkey) >= RSA_BITS_MIN)
			return RC_OK;
		return err_set(e, RC_INVALID,
			       "%s: RSA of %d bits, at least %d are wanted",
			       path, EVP_PKEY_get_bits(pkey), RSA_BITS_MIN);
	case EVP_PKEY_ED25519:
		*kind = SIGN_ED25519;
		return RC_OK;
	default:
		return err_set(e, RC_INVALID,
			       "%s: a key neither of RSA nor of Ed25519", path);
	}
}

static enum rc
read_pem(const char *path, EVP_PKEY **out, struct err *e)
{
	struct sbuf pem;
	BIO *bio = NULL;
	enum rc rc;

	sbuf_init(&pem, PEM_MAX);
	rc = file_read(path, PEM_MAX, &pem, e);
	if (rc != RC_OK)
		goto out;
	bio = BIO_new_mem_buf(sbuf_z(&pem), (int)pem.n);
	if (bio == NULL)
		die("out of memory (a key)");
	*out = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	if (*out == NULL) {
		(void)openssl_error(e, RC_INVALID, path);
		rc = err_set(e, RC_INVALID,
			     "%s: not a PEM private key without a passphrase",
			     path);
	}
out:
	BIO_free(bio);
	if (pem.p)
		secret_wipe(pem.p, pem.cap);
	sbuf_fini(&pem);
	return rc;
}

enum rc
sign_key_load(const char *path, struct sign_key **out, struct err *e)
{
	EVP_PKEY *pkey = NULL;
	enum sign_kind kind;
	enum rc rc = read_pem(path, &pkey, e);

	if (rc == RC_OK)
		rc = check_kind(path, pkey, &kind, e);
	if (rc != RC_OK) {
		EVP_PKEY_free(pkey);
		return rc;
	}
	*out = MEM_NEW(struct sign_key);
	(*out)->pkey = pkey;
	(*out)->kind = kind;
	return RC_OK;
}

static EVP_PKEY *
generate(enum sign_kind kind)
{
	if (kind == SIGN_RSA)
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
					 (size_t)RSA_BITS_MIN);
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

enum rc
sign_key_create(const char *path, enum sign_kind kind, struct err *e)
{
	EVP_PKEY *pkey = generate(kind);
	BIO *bio = BIO_new(BIO_s_secmem());
	char *pem = NULL;
	long n = 0;
	enum rc rc;

	if (pkey == NULL || bio == NULL ||
	    !PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL,
					   NULL)) {
		rc = openssl_error(e, RC_IO, path);
		goto out;
	}
	n = BIO_get_mem_data(bio, &pem);
	rc = file_create(path, slice_of(pem, (size_t)n), 0600, e);
out:
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return rc;
}

void
sign_key_free(struct sign_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

enum sign_kind
sign_key_kind(const struct sign_key *k)
{
	return k->kind;
}

enum rc
sign(struct sign_key *k, struct slice data, struct sbuf *out, struct err *e)
{
	const EVP_MD *md = k->kind == SIGN_RSA ? EVP_sha256() : NULL;
	size_t n = (size_t)EVP_PKEY_get_size(k->pkey);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char *to = sbuf_room(out, n);
	enum rc rc = RC_OK;

	if (ctx == NULL)
		die("out of memory (a signature)");
	if (to == NULL)
		rc = err_set(e, RC_LIMIT, "no room for a signature");
	else if (EVP_DigestSignInit(ctx, NULL, md, NULL, k->pkey) != 1 ||
		 EVP_DigestSign(ctx, (unsigned char *)to, &n,
				(const unsigned char *)data.p, data.n) != 1)
		rc = openssl_error(e, RC_IO, "signing");
	else
		out->n += n;
	EVP_MD_CTX_free(ctx);
	return rc;
}

void
sign_key_public(const struct sign_key *k, struct sbuf *out)
{
	unsigned char raw[32], *der = NULL;
	size_t n = sizeof(raw);
	int der_n;

	if (k->kind == SIGN_ED25519) {
		if (EVP_PKEY_get_raw_public_key(k->pkey, raw, &n) != 1)
			die("OpenSSL gives no public key");
		sbuf_add(out, slice_of(raw, n));
		return;
	}
	der_n = i2d_PUBKEY(k->pkey, &der);
	if (der_n <= 0)
		die("OpenSSL gives no public key");
	sbuf_add(out, slice_of(der, (size_t)der_n));
	OPENSSL_free(der);
}
