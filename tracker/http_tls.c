/*
 * Certificates for listeners with TLS.  libmicrohttpd asks for one at each
 * handshake by a callback without an argument of ours: the loop's thread says
 * whose it is.  A pair once shown is kept until the server's end, since a
 * handshake may still hold it.
 */
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "tracker/http_private.h"

#define CHAIN_MAX 16
#define PEM_MAX ((size_t)256 << 10)

const char http_tls_priorities[] =
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

struct http_pair {
	_Atomic unsigned refs;
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned chain_n;
	gnutls_privkey_t key;
};

struct shown {
	struct http_pair *pair;
	struct shown *older;
};

struct http_tls {
	struct shown *_Atomic now;
};

struct http_pair *
http_pair_ref(struct http_pair *p)
{
	if (p)
		atomic_fetch_add(&p->refs, 1);
	return p;
}

void
http_pair_unref(struct http_pair *p)
{
	if (!p || atomic_fetch_sub(&p->refs, 1) > 1)
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
pair_matches(struct http_pair *p)
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
pair_import(struct http_pair *p, const char *certificate, struct sbuf *chain,
	    const char *key, struct sbuf *secret, struct err *e)
{
	gnutls_datum_t d = datum_of(chain);
	int g;

	p->chain_n = CHAIN_MAX;
	g = gnutls_pcert_list_import_x509_raw(p->chain, &p->chain_n, &d,
					      GNUTLS_X509_FMT_PEM, 0);
	if (g < 0) {
		p->chain_n = 0;
		return err_set(e, RC_INVALID, "%s: no certificate: %s",
			       certificate, gnutls_strerror(g));
	}
	d = datum_of(secret);
	g = gnutls_privkey_init(&p->key);
	if (g >= 0)
		g = gnutls_privkey_import_x509_raw(
		    p->key, &d, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (g < 0)
		return err_set(e, RC_INVALID, "%s: no private key: %s", key,
			       gnutls_strerror(g));
	if (!pair_matches(p))
		return err_set(e, RC_INVALID, "%s is not the key of %s", key,
			       certificate);
	return RC_OK;
}

/* A pipe would keep whoever asks until somebody writes to it. */
static enum rc
pem_read(const char *path, struct sbuf *out, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_errno(e, path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, RC_IO, "%s is no file", path);
	return file_read(path, PEM_MAX, out, e);
}

enum rc
http_pair_load(const char *certificate, const char *key, struct http_pair **out,
	       struct err *e)
{
	struct http_pair *p = MEM_NEW(struct http_pair);
	struct sbuf chain, secret;
	enum rc rc;

	atomic_store(&p->refs, 1);
	sbuf_init(&chain, PEM_MAX + 1);
	sbuf_init(&secret, PEM_MAX + 1);
	rc = pem_read(certificate, &chain, e);
	if (rc == RC_OK)
		rc = pem_read(key, &secret, e);
	if (rc == RC_OK)
		rc = pair_import(p, certificate, &chain, key, &secret, e);
	sbuf_fini(&chain);
	sbuf_fini(&secret);
	if (rc == RC_OK)
		*out = p;
	else
		http_pair_unref(p);
	return rc;
}

void
http_tls_show(struct http_tls *t, struct http_pair *p)
{
	struct shown *shown = MEM_NEW(struct shown);

	shown->pair = http_pair_ref(p);
	shown->older = atomic_load(&t->now);
	atomic_store(&t->now, shown);
}

struct http_tls *
http_tls_new(struct http_pair *p)
{
	struct http_tls *t = MEM_NEW(struct http_tls);

	http_tls_show(t, p);
	return t;
}

void
http_tls_free(struct http_tls *t)
{
	if (!t)
		return;
	for (struct shown *s = atomic_load(&t->now), *older; s; s = older) {
		older = s->older;
		http_pair_unref(s->pair);
		free(s);
	}
	free(t);
}

static int
on_handshake(gnutls_session_t session, const gnutls_datum_t *ca, int ca_n,
	     const gnutls_pk_algorithm_t *algorithms, int algorithms_n,
	     gnutls_pcert_st **chain, unsigned *chain_n, gnutls_privkey_t *key)
{
	const struct shown *shown =
	    atomic_load(&http_loop_self->server->tls->now);
	struct http_pair *p = shown->pair;

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
