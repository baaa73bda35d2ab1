/*
 * Certificates for listeners with TLS.  libmicrohttpd asks for one at each
 * handshake by a callback without an argument of ours: the loop's thread says
 * whose it is.  A pair once shown is kept until the server's end, since a
 * handshake may still hold it.
 */
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "tracker/http_private.h"

#define CHAIN_MAX 16
#define PEM_MAX ((size_t)256 << 10)

const char http_tls_priorities[] =
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

struct pair {
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned chain_n;
	gnutls_privkey_t key;
	struct pair *older;
};

struct http_tls {
	const char *certificate, *key;
	struct pair *_Atomic now;
};

static void
pair_free(struct pair *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->chain_n; i++)
		gnutls_pcert_deinit(&p->chain[i]);
	if (p->key)
		gnutls_privkey_deinit(p->key);
	free(p);
}

static gnutls_datum_t
datum_of(struct sbuf *b)
{
	union {
		const char *in;
		unsigned char *out;
	} p = {.in = sbuf_z(b)};

	return (gnutls_datum_t){p.out, (unsigned)b->n};
}

/* The key must be the first certificate's, or no visitor could connect. */
static bool
pair_matches(struct pair *p)
{
	unsigned char id[2][64];
	size_t n[2] = {sizeof(id[0]), sizeof(id[1])};
	gnutls_pubkey_t of_key = NULL;
	bool same;

	same = gnutls_pubkey_init(&of_key) >= 0 &&
	       gnutls_pubkey_import_privkey(of_key, p->key, 0, 0) >= 0 &&
	       gnutls_pubkey_get_key_id(of_key, 0, id[0], &n[0]) >= 0 &&
	       gnutls_pubkey_get_key_id(p->chain[0].pubkey, 0, id[1], &n[1]) >=
		   0 &&
	       n[0] == n[1] && memcmp(id[0], id[1], n[0]) == 0;
	if (of_key)
		gnutls_pubkey_deinit(of_key);
	return same;
}

static enum rc
pair_load(const struct http_tls *t, struct pair **out, struct err *e)
{
	struct pair *p = MEM_NEW(struct pair);
	struct sbuf certificate, key;
	gnutls_datum_t d;
	enum rc rc;
	int g;

	sbuf_init(&certificate, PEM_MAX + 1);
	sbuf_init(&key, PEM_MAX + 1);
	rc = file_read(t->certificate, PEM_MAX, &certificate, e);
	if (rc == RC_OK)
		rc = file_read(t->key, PEM_MAX, &key, e);
	if (rc)
		goto out;
	d = datum_of(&certificate);
	p->chain_n = CHAIN_MAX;
	g = gnutls_pcert_list_import_x509_raw(p->chain, &p->chain_n, &d,
					      GNUTLS_X509_FMT_PEM, 0);
	if (g < 0) {
		p->chain_n = 0;
		rc = err_set(e, RC_INVALID, "%s: no certificate: %s",
			     t->certificate, gnutls_strerror(g));
		goto out;
	}
	d = datum_of(&key);
	g = gnutls_privkey_init(&p->key);
	if (g >= 0)
		g = gnutls_privkey_import_x509_raw(
		    p->key, &d, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (g < 0)
		rc = err_set(e, RC_INVALID, "%s: no private key: %s", t->key,
			     gnutls_strerror(g));
	else if (!pair_matches(p))
		rc = err_set(e, RC_INVALID, "%s is not the key of %s", t->key,
			     t->certificate);
out:
	sbuf_fini(&certificate);
	sbuf_fini(&key);
	if (rc) {
		pair_free(p);
		return rc;
	}
	*out = p;
	return RC_OK;
}

enum rc
http_tls_load(struct http_tls *t, struct err *e)
{
	struct pair *p;
	enum rc rc = pair_load(t, &p, e);

	if (rc)
		return rc;
	p->older = atomic_load(&t->now);
	atomic_store(&t->now, p);
	return RC_OK;
}

enum rc
http_tls_new(const char *certificate, const char *key, struct http_tls **out,
	     struct err *e)
{
	struct http_tls *t;
	enum rc rc;

	if (!certificate || !certificate[0] || !key || !key[0])
		return err_set(e, RC_INVALID,
			       "TLS wants tls_certificate and tls_key");
	t = MEM_NEW(struct http_tls);
	t->certificate = certificate;
	t->key = key;
	rc = http_tls_load(t, e);
	if (rc) {
		http_tls_free(t);
		return rc;
	}
	*out = t;
	return RC_OK;
}

void
http_tls_free(struct http_tls *t)
{
	if (!t)
		return;
	for (struct pair *p = atomic_load(&t->now), *older; p; p = older) {
		older = p->older;
		pair_free(p);
	}
	free(t);
}

static int
on_handshake(gnutls_session_t session, const gnutls_datum_t *ca, int ca_n,
	     const gnutls_pk_algorithm_t *algorithms, int algorithms_n,
	     gnutls_pcert_st **chain, unsigned *chain_n, gnutls_privkey_t *key)
{
	struct pair *p = atomic_load(&http_loop_self->server->tls->now);

	(void)session;
	(void)ca;
	(void)ca_n;
	(void)algorithms;
	(void)algorithms_n;
	*chain = p->chain;
	*chain_n = p->chain_n;
	*key = p->key;
	return 0;
}

gnutls_certificate_retrieve_function2 *
http_tls_callback(void)
{
	return on_handshake;
}
