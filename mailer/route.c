#include "mailer/route.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/fetch.h"
#include "base/file.h"

#define HOPS_MAX 16

/* A provider whose customer we are counts by its own rules. */
static const struct route_limits relay_limits = {4, 0, 50};

struct find {
	const struct conf *conf;
	const struct route_ask *ask;
	struct arena *a;
	struct route *out;
};

static enum target_tls
tls_of(enum tls_mode mode)
{
	switch (mode) {
	case TLS_OFF:
		return TARGET_PLAIN;
	case TLS_MAY:
		return TARGET_MAY;
	case TLS_MUST:
		return TARGET_MUST;
	case TLS_IMPLICIT:
		return TARGET_IMPLICIT;
	}
	return TARGET_MUST;
}

static enum target_policy
policy_of(enum target_tls tls)
{
	return tls == TARGET_MAY ? TARGET_POLICY_OPPORTUNISTIC
				 : TARGET_POLICY_CONFIGURED;
}

static struct target *
add_hop(struct find *f, const struct sockaddr_storage *ss, const char *host)
{
	struct target *t;

	if (f->out->hops_n == HOPS_MAX)
		return NULL;
	t = &f->out->hops[f->out->hops_n++];
	t->peer = *ss;
	t->host = arena_z(f->a, slice_z(host));
	t->helo = f->conf->hostname;
	t->tls = tls_of(f->out->destination->tls);
	t->policy = policy_of(t->tls);
	t->connect_ms = (int)(f->conf->smtp_connect_us / 1000);
	t->reply_ms = (int)(f->conf->smtp_reply_us / 1000);
	t->stall_ms = (int)(f->conf->smtp_io_us / 1000);
	t->final_ms = 2 * t->reply_ms; /* RFC 5321 4.5.3.2.6 */
	return t;
}

/* All addresses of a host and port; literal ones need no resolver. */
static enum rc
add_host(struct find *f, const char *host, const char *port, struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV},
			*list;
	int code = getaddrinfo(host, port, &hints, &list);

	if (code != 0)
		return err_set(e, RC_AGAIN, "%s: %s", host, gai_strerror(code));
	for (struct addrinfo *i = list; i != NULL; i = i->ai_next) {
		struct sockaddr_storage ss;

		memset(&ss, 0, sizeof(ss));
		memcpy(&ss, i->ai_addr, i->ai_addrlen);
		add_hop(f, &ss, host);
	}
	freeaddrinfo(list);
	return RC_OK;
}

/* "127.0.0.1:2525", "[::1]:2525", "mx.example:25". */
static enum rc
add_named(struct find *f, const char *spec, struct err *e)
{
	struct slice s = slice_z(spec);
	char *host, *port = NULL;

	for (size_t i = s.n; i > 0 && port == NULL; i--)
		if (s.p[i - 1] == ':' && (s.p[0] != '[' || s.p[i - 2] == ']'))
			port = arena_z(f->a, slice_skip(s, i));
	if (port == NULL)
		return add_host(f, spec, "25", e);
	host = arena_z(f->a, slice_of(s.p, s.n - strlen(port) - 1));
	if (host[0] == '[') {
		host[strlen(host) - 1] = '\0';
		host++;
	}
	return add_host(f, host, port, e);
}

static enum rc
by_relay(struct find *f, const struct relay *r, struct err *e)
{
	struct sbuf secret;
	const char *password = NULL, *port;
	enum rc rc = RC_OK;

	f->out->relay = r;
	port = arena_printf(f->a, "%u", r->port);
	if (r->user[0] != '\0') {
		sbuf_init(&secret, 4096);
		rc = file_read(r->password_file, 4096, &secret, e);
		if (rc == RC_OK)
			password =
			    arena_z(f->a, slice_trim(sbuf_slice(&secret)));
		else
			rc = err_config(e);
		sbuf_fini(&secret);
	}
	if (rc == RC_OK)
		rc = add_host(f, r->host, port, e);
	for (size_t i = 0; i < f->out->hops_n; i++) {
		struct target *t = &f->out->hops[i];

		t->relay = true;
		t->tls = tls_of(r->tls);
		t->policy = policy_of(t->tls);
		t->verify = r->verify ? TARGET_VERIFY_NAME : TARGET_VERIFY_NONE;
		t->user = password == NULL ? NULL : r->user;
		t->password = password;
	}
	return rc;
}

/* ---- exchangers of the DNS ---- */

/* Why exchangers were passed over. */
struct passed {
	struct sbuf why;
	enum rc rc; /* of the first reason */
};

static void
pass_over(struct passed *p, enum rc rc, const char *host, const char *why)
{
	if (p->why.n == 0)
		p->rc = rc;
	else
		sbuf_add_z(&p->why, "; ");
	sbuf_addf(&p->why, "%s: %s", host, why);
}

static const void *
bytes_of(const struct sockaddr *sa, size_t *n)
{
	if (sa->sa_family == AF_INET) {
		*n = 4;
		return &((const struct sockaddr_in *)(const void *)sa)
			    ->sin_addr;
	}
	*n = sa->sa_family == AF_INET6 ? 16 : 0;
	return &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
}

static bool
same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	size_t n, m;
	const void *x = bytes_of(a, &n), *y = bytes_of(b, &m);

	return n > 0 && n == m && memcmp(x, y, n) == 0;
}

static bool
is_loopback(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *six = (const void *)ss;
	const struct sockaddr_in *four = (const void *)ss;

	if (ss->ss_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

/* An address of this machine is reached from itself.  Nothing is sent; a list
 * of interfaces would take a kind of socket that a service may not open. */
static bool
is_local(const struct sockaddr_storage *ss)
{
	struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
	socklen_t n = sizeof(own);
	int fd = socket(ss->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool local;

	if (fd < 0)
		return false;
	local = connect(fd, (const void *)ss, sizeof(*ss)) == 0 &&
		getsockname(fd, (void *)&own, &n) == 0 &&
		same_address((const void *)&own, (const void *)ss);
	close(fd);
	return local && !is_loopback(ss);
}

/* Mail to ourselves would come back for ever. */
static bool
is_us(const struct find *f, const struct dns_exchanger *x)
{
	if (strcasecmp(x->host, f->conf->hostname) == 0)
		return true;
	for (size_t k = 0; k < x->addresses_n; k++)
		if (is_local(&x->addresses[k]))
			return true;
	return false;
}

/* Where we are one of them, those that stand no higher are no way out: they
 * would hand it back to us.  Ref: RFC 5321 5.1. */
static size_t
before_us(const struct find *f, const struct dns_exchanger *list, size_t n,
	  struct passed *passed)
{
	for (size_t i = 0; i < n && !f->conf->allow_private_exchangers; i++) {
		size_t k = i;

		if (!is_us(f, &list[i]))
			continue;
		while (k > 0 && list[k - 1].preference == list[i].preference)
			k--;
		pass_over(passed, RC_DENIED, list[i].host,
			  "is this machine, the mail would loop");
		return k;
	}
	return n;
}

/* What DANE, else MTA-STS, demands of an exchanger.  False: it may not be
 * used. */
static bool
demand(const struct dns_exchanger *x, const struct sts_found *sts,
       struct target *t)
{
	bool covered = sts_covers(&sts->policy, slice_z(x->host));

	if (x->dane) {
		t->tls = TARGET_MUST;
		t->policy = TARGET_POLICY_DANE;
		t->verify =
		    x->tlsa_n > 0 ? TARGET_VERIFY_DANE : TARGET_VERIFY_NONE;
		t->tlsa = x->tlsa;
		t->tlsa_count = x->tlsa_n;
		t->tlsa_base = x->tlsa_base;
	}
	/* Records that nobody can use leave the word to MTA-STS. */
	if (x->tlsa_n > 0 || sts->policy.mode == STS_NONE)
		return true;
	if (sts->policy.mode == STS_TESTING) {
		if (!x->dane)
			t->policy = TARGET_POLICY_STS_TESTING;
		t->unlisted = !covered;
		return true;
	}
	t->tls = TARGET_MUST;
	t->policy = TARGET_POLICY_STS_ENFORCE;
	t->verify = TARGET_VERIFY_NAME;
	return covered;
}

static void
add_exchanger(struct find *f, const struct dns_exchanger *x,
	      const struct sts_found *sts, struct passed *passed)
{
	struct target like = {.tls = tls_of(f->out->destination->tls)};
	bool some = false;

	like.policy = policy_of(like.tls);
	if (x->fault != NULL || x->addresses_n == 0) {
		pass_over(passed, RC_AGAIN, x->host,
			  x->fault ? x->fault : "no address");
		return;
	}
	if (!demand(x, sts, &like)) {
		pass_over(passed, RC_AGAIN, x->host,
			  "not in the MTA-STS policy of its domain (enforce)");
		return;
	}
	for (size_t k = 0; k < x->addresses_n; k++) {
		struct target *t;

		if (!f->conf->allow_private_exchangers &&
		    fetch_private((const void *)&x->addresses[k]))
			continue;
		some = true;
		t = add_hop(f, &x->addresses[k], x->host);
		if (t == NULL)
			return;
		t->tls = like.tls;
		t->policy = like.policy;
		t->verify = like.verify;
		t->unlisted = like.unlisted;
		t->tlsa = like.tlsa;
		t->tlsa_count = like.tlsa_count;
		t->tlsa_base = like.tlsa_base;
		if (x->secure)
			t->domain = arena_z(f->a, f->ask->domain);
	}
	if (!some)
		pass_over(passed, RC_DENIED, x->host, "at a private address");
}

/* How it came to what is demanded, for the transcript. */
static const char *
note(const struct find *f, const struct sts_found *sts,
     const struct passed *passed)
{
	struct sbuf b;
	const char *out = NULL;

	sbuf_init(&b, 4096);
	if (sts->id.n > 0)
		sbuf_addf(&b, "MTA-STS: mode=%s id=%.*s",
			  sts_mode_name(sts->policy.mode), SLICE_ARG(sts->id));
	if (sts->told != NULL)
		sbuf_addf(&b, "%sMTA-STS: %s", b.n > 0 ? "; " : "", sts->told);
	if (passed->why.n > 0)
		sbuf_addf(&b, "%spassed over: %.*s", b.n > 0 ? "; " : "",
			  SLICE_ARG(sbuf_slice(&passed->why)));
	if (b.n > 0)
		out = arena_z(f->a, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}

static enum rc
add_exchangers(struct find *f, const struct dns_exchanger *list, size_t n,
	       const struct sts_found *sts, struct err *e)
{
	struct passed passed = {.rc = RC_AGAIN};
	enum rc rc = RC_OK;
	const char *text;

	sbuf_init(&passed.why, 2048);
	n = before_us(f, list, n, &passed);
	for (size_t i = 0; i < n; i++)
		add_exchanger(f, &list[i], sts, &passed);
	text = note(f, sts, &passed);
	for (size_t i = 0; i < f->out->hops_n; i++)
		f->out->hops[i].policy_note = text;
	if (f->out->hops_n == 0)
		rc = err_set(e, passed.rc, "no exchanger can be used: %.*s",
			     SLICE_ARG(sbuf_slice(&passed.why)));
	sbuf_fini(&passed.why);
	return rc;
}

static enum rc
by_dns(struct find *f, struct err *e)
{
	struct dns_exchanger *list;
	struct sts_found sts;
	size_t n;
	enum rc rc =
	    dns_exchangers(f->ask->dns, f->ask->domain, f->a, &list, &n, e);

	if (rc == RC_OK)
		rc = sts_find(f->ask->sts, f->ask->domain,
			      f->conf->allow_private_exchangers, f->a, &sts, e);
	/* What a stop cut short says nothing of the policy. */
	if (rc == RC_OK && dns_stopped(f->ask->dns))
		rc = err_set(e, RC_AGAIN, "stopping");
	return rc == RC_OK ? add_exchangers(f, list, n, &sts, e) : rc;
}

static bool
has_named(const struct destination *d)
{
	return d->exchangers != NULL && d->exchangers[0] != NULL;
}

/* What takes mail for more than one domain may send it on: nobody has said that
 * its 250 is the recipient's own.  On loopback it stands for them all, in
 * tests. */
static void
mark_named(struct route *out)
{
	bool many = out->destination->pattern[0] == '*';

	for (size_t i = 0; i < out->hops_n; i++) {
		out->hops[i].named = true;
		out->hops[i].onward = many && !is_loopback(&out->hops[i].peer);
	}
}

/* One that has no address is passed over, as of the DNS. */
static enum rc
by_names(struct find *f, const char *const *names, struct err *e)
{
	const char *text = NULL;
	enum rc rc = RC_OK;

	for (size_t i = 0; names[i] != NULL; i++) {
		struct err why;
		enum rc one = add_named(f, names[i], &why);

		if (one == RC_OK)
			continue;
		if (text == NULL)
			text = arena_printf(f->a, "passed over: %s", why.text);
		if (rc == RC_OK) {
			rc = one;
			*e = why;
		}
	}
	for (size_t i = 0; i < f->out->hops_n; i++)
		f->out->hops[i].policy_note = text;
	mark_named(f->out);
	return f->out->hops_n > 0 ? RC_OK : rc;
}

enum rc
route_find(const struct route_ask *ask, struct arena *a, struct route *out,
	   struct err *e)
{
	struct find f = {ask->conf, ask, a, out};
	const char *way;

	memset(out, 0, sizeof(*out));
	out->destination = conf_destination(ask->conf, ask->domain);
	out->hops = ARENA_ARRAY(a, struct target, HOPS_MAX);
	way = out->destination->route[0] != '\0' ? out->destination->route
						 : ask->brand->route;
	if (has_named(out->destination))
		return by_names(&f, out->destination->exchangers, e);
	if (strcmp(way, "mx") != 0) {
		const struct relay *r = conf_relay(ask->conf, way);

		if (r == NULL)
			return err_set(e, RC_CONFIG,
				       "relay %s is not in the configuration",
				       way);
		return by_relay(&f, r, e);
	}
	return by_dns(&f, e);
}

void
route_hop(const struct conf *conf, struct slice brand, struct slice domain,
	  char key[ROUTE_HOP_MAX], struct route_limits *limits)
{
	const struct destination *d = conf_destination(conf, domain);
	const struct brand *b = conf_brand(conf, brand);
	const char *way = b == NULL ? "" : b->route;

	if (d->route[0] != '\0')
		way = d->route;
	snprintf(key, ROUTE_HOP_MAX, "%.*s", SLICE_ARG(domain));
	if (b == NULL) {
		snprintf(key, ROUTE_HOP_MAX, "brand/%.*s", SLICE_ARG(brand));
	} else if (!has_named(d) && strcmp(way, "mx") != 0) {
		snprintf(key, ROUTE_HOP_MAX, "relay/%s", way);
		d = conf_destination(conf, slice_z(key));
		if (strcmp(d->pattern, key) != 0) {
			*limits = relay_limits;
			return;
		}
	}
	*limits = (struct route_limits){d->connections, d->per_minute,
					d->per_connection};
}

const char *
route_address(const struct target *hop, struct arena *a)
{
	char host[64] = "?";

	if (hop->peer.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)&hop->peer;

		inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
		return arena_printf(a, "[%s]:%u", host, ntohs(in->sin6_port));
	}
	if (hop->peer.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)&hop->peer;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		return arena_printf(a, "%s:%u", host, ntohs(in->sin_port));
	}
	return host[0] == '?' ? "?" : arena_z(a, slice_z(host));
}
