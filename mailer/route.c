#include "mailer/route.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include "base/file.h"

#define HOPS_MAX 16

struct find {
	const struct conf *conf;
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

static bool
forbidden(const struct find *f, const struct sockaddr_storage *ss)
{
	if (f->conf->allow_private_exchangers)
		return false;
	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)ss;
		uint32_t h = ntohl(in->sin_addr.s_addr);

		return h >> 24 == 127 || h >> 24 == 10 || h >> 24 == 0 ||
		       h >> 16 == 0xc0a8 || h >> 20 == 0xac1 ||
		       h >> 16 == 0xa9fe || h >> 28 >= 14;
	}
	if (ss->ss_family == AF_INET6) {
		const struct in6_addr *in =
		    &((const struct sockaddr_in6 *)(const void *)ss)->sin6_addr;

		return IN6_IS_ADDR_LOOPBACK(in) || IN6_IS_ADDR_LINKLOCAL(in) ||
		       IN6_IS_ADDR_UNSPECIFIED(in) ||
		       IN6_IS_ADDR_MULTICAST(in) || IN6_IS_ADDR_V4MAPPED(in) ||
		       (in->s6_addr[0] & 0xfe) == 0xfc;
	}
	return true;
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
		sbuf_fini(&secret);
	}
	if (rc == RC_OK)
		rc = add_host(f, r->host, port, e);
	for (size_t i = 0; i < f->out->hops_n; i++) {
		struct target *t = &f->out->hops[i];

		t->relay = true;
		t->tls = tls_of(r->tls);
		t->verify = r->verify ? TARGET_VERIFY_NAME : TARGET_VERIFY_NONE;
		t->user = password == NULL ? NULL : r->user;
		t->password = password;
	}
	return rc;
}

static enum rc
by_dns(struct find *f, struct dns *dns, struct slice domain, struct err *e)
{
	struct dns_exchanger *list;
	size_t n, seen = 0;
	enum rc rc = dns_exchangers(dns, domain, f->a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		for (size_t k = 0; k < list[i].addresses_n; k++) {
			struct target *t;

			seen++;
			if (forbidden(f, &list[i].addresses[k]))
				continue;
			t = add_hop(f, &list[i].addresses[k], list[i].host);
			if (t == NULL || list[i].tlsa_n == 0)
				continue;
			t->tls = TARGET_MUST;
			t->verify = TARGET_VERIFY_DANE;
			t->tlsa = list[i].tlsa;
			t->tlsa_count = list[i].tlsa_n;
		}
	}
	if (rc == RC_OK && f->out->hops_n == 0)
		rc = err_set(e, seen > 0 ? RC_DENIED : RC_AGAIN,
			     seen > 0 ? "its exchangers are at private "
					"addresses"
				      : "its exchangers have no address");
	return rc;
}

enum rc
route_find(const struct conf *conf, struct dns *dns, const struct brand *brand,
	   struct slice domain, struct arena *a, struct route *out,
	   struct err *e)
{
	struct find f = {conf, a, out};
	const char *way;
	enum rc rc = RC_OK;

	memset(out, 0, sizeof(*out));
	out->destination = conf_destination(conf, domain);
	out->hops = ARENA_ARRAY(a, struct target, HOPS_MAX);
	way = out->destination->route[0] != '\0' ? out->destination->route
						 : brand->route;
	if (out->destination->exchangers != NULL &&
	    out->destination->exchangers[0] != NULL) {
		for (size_t i = 0;
		     rc == RC_OK && out->destination->exchangers[i] != NULL;
		     i++)
			rc = add_named(&f, out->destination->exchangers[i], e);
		return rc;
	}
	if (strcmp(way, "mx") != 0) {
		const struct relay *r = conf_relay(conf, way);

		if (r == NULL)
			return err_set(e, RC_AGAIN,
				       "relay %s is not in the configuration",
				       way);
		return by_relay(&f, r, e);
	}
	return by_dns(&f, dns, domain, e);
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
