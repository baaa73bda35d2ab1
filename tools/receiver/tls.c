#include "tools/receiver/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/mem.h"

struct tls {
	SSL_CTX *ctx;
};

struct tls_link {
	SSL *ssl;
	char error[160];
};

static enum rc
openssl_failed(struct err *e, enum rc rc, const char *what)
{
	char text[160];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	ERR_clear_error();
	return err_set(e, rc, "%s: %s", what, text);
}

/* ---- certificate made at start ---- */

static bool
name_is_address(const char *name)
{
	return strchr(name, ':') || strspn(name, "0123456789.") == strlen(name);
}

static bool
add_names(X509 *x, const struct tls_options *o)
{
	struct sbuf list;
	X509_EXTENSION *ext;
	bool ok;

	sbuf_init(&list, 8192);
	for (size_t i = 0; i < o->name_count; i++)
		sbuf_addf(&list, "%s%s:%s", i ? "," : "",
			  name_is_address(o->names[i]) ? "IP" : "DNS",
			  o->names[i]);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
				  sbuf_z(&list));
	ok = ext && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	sbuf_fini(&list);
	return ok;
}

static bool
add_is_ca(X509 *x)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(
	    NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
	bool ok = ext && X509_add_ext(x, ext, -1) == 1;

	X509_EXTENSION_free(ext);
	return ok;
}

static bool
fill_certificate(X509 *x, EVP_PKEY *key, const struct tls_options *o)
{
	uint64_t serial = 0;
	X509_NAME *name = X509_get_subject_name(x);
	long from_s = o->days < 0 ? o->days * 86400L - 86400L : -86400L;

	if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
		return false;
	return X509_set_version(x, X509_VERSION_3) &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(x),
				       serial >> 1 | 1) &&
	       X509_gmtime_adj(X509_getm_notBefore(x), from_s) &&
	       X509_gmtime_adj(X509_getm_notAfter(x), o->days * 86400L) &&
	       X509_NAME_add_entry_by_txt(
		   name, "CN", MBSTRING_UTF8,
		   (const unsigned char *)"Acuse test receiver", -1, -1, 0) &&
	       X509_set_issuer_name(x, name) && X509_set_pubkey(x, key) &&
	       add_is_ca(x) && add_names(x, o) &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

static enum rc
write_certificate(X509 *x, const char *path, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;
	enum rc rc;

	if (!bio || PEM_write_bio_X509(bio, x) != 1) {
		BIO_free(bio);
		return openssl_failed(e, RC_BUG, "writing the certificate");
	}
	n = BIO_get_mem_data(bio, &p);
	rc = file_write(path, slice_of(p, (size_t)n), 0644, e);
	BIO_free(bio);
	return rc;
}

static enum rc
make_certificate(SSL_CTX *ctx, const struct tls_options *o, struct err *e)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	enum rc rc = RC_OK;

	if (!key || !x || !fill_certificate(x, key, o) ||
	    SSL_CTX_use_certificate(ctx, x) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1)
		rc = openssl_failed(e, RC_INVALID, "making a certificate");
	if (rc == RC_OK && o->cert_out)
		rc = write_certificate(x, o->cert_out, e);
	X509_free(x);
	EVP_PKEY_free(key);
	return rc;
}

/* ---- context ---- */

static int
version_of(const char *text)
{
	static const struct {
		const char *text;
		int version;
	} versions[] = {
	    {"1.0", TLS1_VERSION},
	    {"1.1", TLS1_1_VERSION},
	    {"1.2", TLS1_2_VERSION},
	    {"1.3", TLS1_3_VERSION},
	};

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (strcmp(text, versions[i].text) == 0)
			return versions[i].version;
	}
	return 0;
}

static enum rc
set_versions(SSL_CTX *ctx, const struct tls_options *o, struct err *e)
{
	int min = version_of(o->min), max = version_of(o->max);

	if (!min || !max || min > max)
		return err_set(e, RC_INVALID,
			       "TLS versions %s to %s: they are 1.0, 1.1, 1.2 "
			       "and 1.3, the lower one first",
			       o->min, o->max);
	/* The older ones sign by SHA-1, which level 1 forbids. */
	if (min < TLS1_2_VERSION)
		SSL_CTX_set_security_level(ctx, 0);
	if (SSL_CTX_set_min_proto_version(ctx, min) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, max) != 1)
		return openssl_failed(e, RC_INVALID, "TLS versions");
	return RC_OK;
}

static enum rc
set_certificate(SSL_CTX *ctx, const struct tls_options *o, struct err *e)
{
	if (!o->cert)
		return make_certificate(ctx, o, e);
	if (SSL_CTX_use_certificate_chain_file(ctx, o->cert) != 1)
		return openssl_failed(e, RC_INVALID, o->cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, o->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return openssl_failed(e, RC_INVALID, o->key);
	return RC_OK;
}

enum rc
tls_new(const struct tls_options *o, struct tls **out, struct err *e)
{
	struct tls *t = MEM_NEW(struct tls);
	enum rc rc;

	t->ctx = SSL_CTX_new(TLS_server_method());
	if (!t->ctx)
		die("SSL_CTX_new failed");
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				     SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_num_tickets(t->ctx, (size_t)o->tickets);
	rc = set_versions(t->ctx, o, e);
	if (rc == RC_OK)
		rc = set_certificate(t->ctx, o, e);
	if (rc != RC_OK) {
		tls_free(t);
		return rc;
	}
	*out = t;
	return RC_OK;
}

void
tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

/* ---- one connection ---- */

struct tls_link *
tls_link_new(struct tls *t, int fd)
{
	struct tls_link *l = MEM_NEW(struct tls_link);

	l->ssl = SSL_new(t->ctx);
	if (!l->ssl || SSL_set_fd(l->ssl, fd) != 1)
		die("SSL_new failed");
	SSL_set_accept_state(l->ssl);
	return l;
}

void
tls_link_free(struct tls_link *l)
{
	if (!l)
		return;
	SSL_free(l->ssl);
	free(l);
}

static enum io
result(struct tls_link *l, int rc)
{
	switch (SSL_get_error(l->ssl, rc)) {
	case SSL_ERROR_NONE:
		return IO_OK;
	case SSL_ERROR_WANT_READ:
		return IO_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return IO_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return IO_END;
	default:
		break;
	}
	snprintf(l->error, sizeof(l->error), "connection lost");
	if (ERR_peek_error())
		ERR_error_string_n(ERR_peek_error(), l->error,
				   sizeof(l->error));
	ERR_clear_error();
	return IO_FAILED;
}

enum io
tls_link_accept(struct tls_link *l)
{
	ERR_clear_error();
	return result(l, SSL_accept(l->ssl));
}

enum io
tls_link_read(struct tls_link *l, void *p, size_t cap, size_t *n)
{
	ERR_clear_error();
	return result(l, SSL_read_ex(l->ssl, p, cap, n));
}

enum io
tls_link_write(struct tls_link *l, struct slice s, size_t *n)
{
	ERR_clear_error();
	return result(l, SSL_write_ex(l->ssl, s.p, s.n, n));
}

void
tls_link_close(struct tls_link *l)
{
	if (SSL_is_init_finished(l->ssl))
		(void)SSL_shutdown(l->ssl);
	ERR_clear_error();
}

void
tls_link_ticket(struct tls_link *l)
{
	if (SSL_version(l->ssl) == TLS1_3_VERSION)
		(void)(SSL_new_session_ticket(l->ssl) == 1 &&
		       SSL_do_handshake(l->ssl));
	ERR_clear_error();
}

void
tls_link_key_update(struct tls_link *l)
{
	if (SSL_version(l->ssl) == TLS1_3_VERSION)
		(void)(SSL_key_update(l->ssl, SSL_KEY_UPDATE_REQUESTED) == 1 &&
		       SSL_do_handshake(l->ssl));
	ERR_clear_error();
}

const char *
tls_link_version(const struct tls_link *l)
{
	return SSL_get_version(l->ssl);
}

const char *
tls_link_cipher(const struct tls_link *l)
{
	return SSL_get_cipher_name(l->ssl);
}

const char *
tls_link_server_name(const struct tls_link *l)
{
	const char *name =
	    SSL_get_servername(l->ssl, TLSEXT_NAMETYPE_host_name);

	return name ? name : "";
}

const char *
tls_link_error(const struct tls_link *l)
{
	return l->error;
}
