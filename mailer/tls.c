#include "mailer/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static enum rc
library_failed(struct err *e, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	err_set(e, RC_IO, "%s: %s", what, why ? why : "no reason given");
	ERR_clear_error();
	return RC_IO;
}

enum rc
tls_context(const char *ca_file, SSL_CTX **out, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	bool loaded;

	if (ctx == NULL)
		return library_failed(e, "TLS context");
	loaded = ca_file ? SSL_CTX_load_verify_file(ctx, ca_file) == 1
			 : SSL_CTX_set_default_verify_paths(ctx) == 1;
	if (!loaded) {
		SSL_CTX_free(ctx);
		return library_failed(e, ca_file ? ca_file : "trust anchors");
	}
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_dane_enable(ctx) != 1) {
		SSL_CTX_free(ctx);
		return library_failed(e, "TLS context");
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	*out = ctx;
	return RC_OK;
}

static bool
is_address(const char *host)
{
	unsigned char b[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, b) == 1 ||
	       inet_pton(AF_INET6, host, b) == 1;
}

/* Adds the records; returns how many can be used, -1 on failure. */
static int
add_tlsa(SSL *ssl, const struct target *to)
{
	int usable = 0;

	/* Any of the names does.  Ref: RFC 7672 3.2.2, 3.2.3. */
	if (SSL_dane_enable(ssl, to->tlsa_base ? to->tlsa_base : to->host) <=
		0 ||
	    SSL_add1_host(ssl, to->host) != 1 ||
	    (to->domain != NULL && SSL_add1_host(ssl, to->domain) != 1))
		return -1;
	/* A DANE-EE record vouches for the key whatever names and dates say.
	 * Ref: RFC 7672 3.1.1. */
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < to->tlsa_count; i++) {
		const struct target_tlsa *t = &to->tlsa[i];
		const void *data = t->data.p;
		int r = SSL_dane_tlsa_add(ssl, t->usage, t->selector,
					  t->matching, data, t->data.n);

		if (r < 0)
			return -1;
		usable += r > 0;
	}
	return usable;
}

/* MTA-STS wants the name as a subject's alternative one.
 * Ref: RFC 8461 4.2. */
static unsigned
host_flags(const struct target *to)
{
	unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

	if (to->policy == TARGET_POLICY_STS_TESTING ||
	    to->policy == TARGET_POLICY_STS_ENFORCE)
		flags |= X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
	return flags;
}

static bool
set_name(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}

SSL *
tls_client(SSL_CTX *ctx, const struct target *to, int fd)
{
	SSL *ssl = SSL_new(ctx);
	int mode = SSL_VERIFY_NONE;
	int usable = 0;

	ERR_clear_error();
	if (ssl == NULL)
		return NULL;
	if (to->verify == TARGET_VERIFY_NAME)
		mode = SSL_VERIFY_PEER;
	if (to->verify == TARGET_VERIFY_DANE) {
		usable = add_tlsa(ssl, to);
		/* No record that we can use: TLS all the same, of which
		 * nothing is claimed.  Ref: RFC 7672 2.2. */
		mode = usable > 0 ? SSL_VERIFY_PEER : SSL_VERIFY_NONE;
	}
	SSL_set_hostflags(ssl, host_flags(to));
	if (usable < 0 || (usable == 0 && !set_name(ssl, to->host)) ||
	    SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_verify(ssl, mode, NULL);
	return ssl;
}

const char *
tls_reason(const SSL *ssl)
{
	long verdict = SSL_get_verify_result(ssl);
	const char *why;

	if (SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE && verdict != X509_V_OK)
		return X509_verify_cert_error_string(verdict);
	why = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();
	return why ? why : "peer closed";
}

/* The chain as the peer sent it, not as it was built. */
static void
add_chain(struct tls_facts *f, SSL *ssl)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	BIO *mem = BIO_new(BIO_s_mem());
	char *text;
	long n;

	sbuf_reset(&f->chain);
	if (mem == NULL)
		return;
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (PEM_write_bio_X509(mem, sk_X509_value(chain, i)) != 1)
			break;
	n = BIO_get_mem_data(mem, &text);
	if (n > 0)
		sbuf_add(&f->chain, slice_of(text, (size_t)n));
	BIO_free(mem);
}

static void
add_names(struct tls_facts *f, const X509 *leaf)
{
	unsigned n = sizeof f->leaf_sha256;

	X509_NAME_oneline(X509_get_subject_name(leaf), f->subject,
			  sizeof f->subject);
	X509_NAME_oneline(X509_get_issuer_name(leaf), f->issuer,
			  sizeof f->issuer);
	if (X509_digest(leaf, EVP_sha256(), f->leaf_sha256, &n) != 1)
		memset(f->leaf_sha256, 0, sizeof f->leaf_sha256);
}

static void
add_judgement(struct tls_facts *f, SSL *ssl, const struct target *to)
{
	long verdict = SSL_get_verify_result(ssl);
	uint8_t usage, selector, matching;
	const char *how = "none";

	snprintf(f->verify, sizeof f->verify, "%s",
		 X509_verify_cert_error_string(verdict));
	if ((to->verify == TARGET_VERIFY_NAME ||
	     to->policy == TARGET_POLICY_STS_TESTING) &&
	    verdict == X509_V_OK)
		how = "name";
	snprintf(f->validated, sizeof f->validated, "%s", how);
	if (to->verify == TARGET_VERIFY_DANE && verdict == X509_V_OK &&
	    SSL_get0_dane_authority(ssl, NULL, NULL) >= 0 &&
	    SSL_get0_dane_tlsa(ssl, &usage, &selector, &matching, NULL, NULL) >=
		0)
		snprintf(f->validated, sizeof f->validated, "dane %u %u %u",
			 usage, selector, matching);
}

void
tls_facts_fill(struct tls_facts *f, SSL *ssl, const struct target *to)
{
	X509 *leaf = SSL_get0_peer_certificate(ssl);

	f->on = true;
	snprintf(f->version, sizeof f->version, "%s", SSL_get_version(ssl));
	snprintf(f->cipher, sizeof f->cipher, "%s", SSL_get_cipher_name(ssl));
	add_chain(f, ssl);
	if (leaf != NULL)
		add_names(f, leaf);
	add_judgement(f, ssl, to);
}

static const char *const policies[TARGET_POLICIES] = {
    [TARGET_POLICY_CONFIGURED] = "configured",
    [TARGET_POLICY_OPPORTUNISTIC] = "opportunistic",
    [TARGET_POLICY_DANE] = "dane",
    [TARGET_POLICY_STS_TESTING] = "sts testing",
    [TARGET_POLICY_STS_ENFORCE] = "sts enforce",
};

void
tls_facts_judge(struct tls_facts *f, const struct target *to)
{
	const char *failure = "";

	if (!f->on) {
		snprintf(f->validated, sizeof f->validated, "none");
		f->verify[0] = '\0';
	}
	if (to->policy == TARGET_POLICY_STS_TESTING) {
		if (to->unlisted)
			failure = "the exchanger is not in the policy";
		else if (!f->on)
			failure = "no TLS";
		else if (strcmp(f->validated, "name") != 0)
			failure = f->verify;
	}
	if (to->policy == TARGET_POLICY_DANE && f->on &&
	    strcmp(f->validated, "none") == 0)
		failure = "no TLSA record that can be used";
	snprintf(f->policy, sizeof f->policy, "%s", policies[to->policy]);
	if (failure[0] == '\0' && !f->on && f->refused[0] != '\0') {
		snprintf(f->failure, sizeof f->failure, "STARTTLS: %s",
			 f->refused);
		return;
	}
	snprintf(f->failure, sizeof f->failure, "%s", failure);
}
