#include "tracker/http_server.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/ref.h"
#include "tracker/http_private.h"
#include "tracker/limit.h"

#define DESCRIPTORS_KEPT 1024
#define CONNECTION_BYTES 13312
#define BODIES_BYTES ((size_t)64 << 20)
#define RELIEF_MS 50
#define ENDED_MS 60000 /* a look again does no harm */
#define TEXTS_MAX ((size_t)1 << 20)

/* As many descriptors as the process may have; its connections leave some to
 * the rest of it. */
static void
connections_bound(struct http_server *s)
{
	size_t all, rest;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
		(void)getrlimit(RLIMIT_NOFILE, &r);
	}
	all = r.rlim_cur < SIZE_MAX / 2 ? r.rlim_cur : SIZE_MAX / 2;
	rest = all / 4 > DESCRIPTORS_KEPT ? DESCRIPTORS_KEPT : all / 4;
	if (s->c.connections_max <= all - rest)
		return;
	LOG(HTTP_BOUNDED, LOG_Z("server", s->c.name),
	    LOG_I("wanted", s->c.connections_max),
	    LOG_I("connections", all - rest), LOG_I("descriptors", all));
	s->c.connections_max = all - rest;
}

/* The list itself is not looked at again. */
static enum rc
trusted_load(struct http_server *s, struct err *e)
{
	enum rc rc;

	if (!s->c.trusted_proxies)
		return RC_OK;
	s->proxies.forwarded = s->c.forwarded_header;
	s->proxies.trusted = addr_set_new();
	for (size_t i = 0; s->c.trusted_proxies[i]; i++) {
		rc = addr_set_add(s->proxies.trusted,
				  slice_z(s->c.trusted_proxies[i]), 1, e);
		if (rc)
			return err_add(e, "trusted_proxies");
	}
	s->c.trusted_proxies = NULL;
	return RC_OK;
}

static const char *
text_copy(struct http_server *s, const char *z)
{
	return z ? arena_z(&s->texts, slice_z(z)) : NULL;
}

static void
headers_copy(struct http_server *s, const struct http_config *c)
{
	size_t n = c->reply_headers_n;
	struct http_field *copy = ARENA_ARRAY(&s->texts, struct http_field, n);

	for (size_t i = 0; i < n; i++) {
		copy[i].name = arena_dup(&s->texts, c->reply_headers[i].name);
		copy[i].value = arena_dup(&s->texts, c->reply_headers[i].value);
	}
	s->c.reply_headers = copy;
}

static enum rc
config_take(struct http_server *s, const struct http_config *c, struct err *e)
{
	struct http_listen *listen = mem_alloc(c->listen_n * sizeof(*listen));
	size_t sockets = 0;
	bool tls = false;

	s->c = *c;
	arena_init(&s->texts, TEXTS_MAX);
	headers_copy(s, c);
	s->c.name = text_copy(s, c->name);
	s->c.listen = s->listen = listen;
	s->ports = mem_alloc(c->listen_n * sizeof(*s->ports));
	for (size_t i = 0; i < c->listen_n; i++) {
		listen[i] = c->listen[i];
		listen[i].host = text_copy(s, c->listen[i].host);
		listen[i].socket_path = text_copy(s, c->listen[i].socket_path);
		s->ports[i] = c->listen[i].sockets_n
				  ? http_socket_port(c->listen[i].sockets[0])
				  : c->listen[i].port;
		sockets += c->listen[i].sockets_n;
		tls |= c->listen[i].tls;
	}
	if (!s->c.connection_bytes)
		s->c.connection_bytes = CONNECTION_BYTES;
	if (!s->c.relief_ms)
		s->c.relief_ms = RELIEF_MS;
	if (!s->c.bodies_bytes)
		s->c.bodies_bytes = BODIES_BYTES;
	if (c->listen_n == 0 || c->listen_n + sockets >= HTTP_FDS_MAX ||
	    c->loops == 0 || c->connections_max == 0 ||
	    c->request_timeout_ms <= 0 || c->idle_timeout_ms <= 0)
		return err_set(e, RC_INVALID,
			       "%s: listeners, loops, bounds "
			       "and time-outs are wanted",
			       c->name);
	random_bytes(&s->address_seed, sizeof(s->address_seed));
	if (c->guess_burst && c->guess_per_minute)
		s->guesses = limit_new(c->guess_burst, c->guess_per_minute);
	if (tls && !c->pair)
		return err_set(e, RC_INVALID, "%s: TLS wants a certificate",
			       c->name);
	if (tls)
		s->tls = http_tls_new(c->pair);
	s->c.pair = NULL;
	return RC_OK;
}

enum rc
http_server_new(const struct http_config *c, const struct router *router,
		struct jobs *jobs, struct http_server **out, struct err *e)
{
	struct http_server *s = MEM_NEW(struct http_server);
	enum rc rc;

	atomic_init(&s->held_by, 1);
	s->router = router;
	s->jobs = jobs;
	rc = config_take(s, c, e);
	if (rc == RC_OK) {
		connections_bound(s);
		rc = trusted_load(s, e);
	}
	if (rc == RC_OK)
		s->loops = mem_alloc(c->loops * sizeof(*s->loops));
	for (unsigned i = 0; i < c->loops && rc == RC_OK; i++)
		rc = http_loop_open(s, i, e);
	if (rc) {
		for (unsigned i = 0; i < s->opened; i++)
			http_loop_end(&s->loops[i]);
		http_server_free(s);
		return rc;
	}
	for (unsigned i = 0; i < c->loops; i++)
		http_loop_start(&s->loops[i]);
	*out = s;
	return RC_OK;
}

void
http_server_show(struct http_server *s, struct http_pair *p)
{
	if (s->tls)
		http_tls_show(s->tls, p);
}

void
http_server_stop(struct http_server *s, int grace_ms)
{
	atomic_store(&s->stop_by_us,
		     clock_mono_us() + grace_ms * INT64_C(1000));
	atomic_store(&s->stopping, true);
	for (unsigned i = 0; i < s->opened; i++)
		bell_ring(&s->loops[i].bell);
	for (unsigned i = 0; i < s->opened; i++)
		while (!latch_wait(&s->loops[i].ended, ENDED_MS))
			;
	for (size_t i = 0; i < s->c.listen_n; i++)
		if (s->listen[i].socket_path)
			(void)unlink(s->listen[i].socket_path);
}

void
http_server_unref(struct http_server *s)
{
	if (atomic_fetch_sub(&s->held_by, 1) > 1)
		return;
	for (unsigned i = 0; i < s->opened; i++)
		http_loop_free(&s->loops[i]);
	free(s->loops);
	free(s->ports);
	free(s->listen);
	arena_fini(&s->texts);
	addr_set_free(s->proxies.trusted);
	http_tls_free(s->tls);
	limit_free(s->guesses);
	free(s);
}

void
http_server_free(struct http_server *s)
{
	if (s)
		http_server_unref(s);
}

uint16_t
http_server_port(const struct http_server *s, size_t i)
{
	return s->ports[i];
}

size_t
http_server_sockets(const struct http_server *s, size_t i,
		    int out[HTTP_SOCKETS_MAX])
{
	size_t n = 0;

	for (unsigned k = 0; k < s->opened; k++) {
		const struct http_loop *l = &s->loops[k];

		for (size_t d = 0; d < l->daemons_n; d++)
			if (l->daemons[d].listen == &s->listen[i] &&
			    n < HTTP_SOCKETS_MAX)
				out[n++] = l->daemons[d].listen_fd;
	}
	return n;
}

void
http_server_stats(const struct http_server *s, struct http_stats *out)
{
	*out = (struct http_stats){.connections = atomic_load(&s->connections)};
	for (unsigned i = 0; i < s->opened; i++) {
		struct http_counters *c = &s->loops[i].counters;

		out->requests += atomic_load(&c->requests);
		out->refused += atomic_load(&c->refused);
		out->limited += atomic_load(&c->limited);
		out->suspended += atomic_load(&s->loops[i].suspended);
		for (size_t k = 0; k < 6; k++)
			out->status[k] += atomic_load(&c->status[k]);
	}
}
