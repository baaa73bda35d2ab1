/*
 * The loops.  Each drives a libmicrohttpd daemon for each listener, on sockets
 * of its own that share the port.
 *
 * 1. libmicrohttpd's functions of a daemon are called by its loop's thread
 *    alone; resuming from elsewhere loses wake-ups.
 * 2. After resuming, the daemon runs before the loop waits.
 * 3. A daemon is stopped only when none of its requests is suspended.
 */
#include "tracker/http_server.h"

#include <fcntl.h>
#include <poll.h>
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
#define ABANDON_US (30 * SECOND_US)
#define FDS_MAX (HTTP_SOCKETS_MAX + 16)
#define FRESH_US (2 * SECOND_US)
#define GATHER_US 300
#define TEXTS_MAX ((size_t)1 << 20)

static size_t
unescape_nothing(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls;
	(void)mhd;
	return strlen(s);
}

static enum rc
daemon_start(struct http_daemon *d, struct err *e)
{
	struct http_server *s = d->loop->server;
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ITC | MHD_USE_ERROR_LOG |
			 (d->listen->tls ? MHD_USE_TLS : 0);
	unsigned idle_s = (unsigned)(s->c.idle_timeout_ms + 999) / 1000;
	struct MHD_OptionItem tls[] = {
	    {MHD_OPTION_HTTPS_PRIORITIES, 0, NULL},
	    {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, NULL},
	    {MHD_OPTION_END, 0, NULL},
	};
	union {
		const char *in;
		void *out;
		gnutls_certificate_retrieve_function2 *fn;
	} p = {.in = http_tls_priorities};

	if (d->listen->tls) {
		tls[0].ptr_value = p.out;
		p.fn = http_tls_callback();
		tls[1].ptr_value = p.out;
	} else {
		tls[0].option = MHD_OPTION_END;
	}
	d->mhd = MHD_start_daemon(
	    flags, 0, http_on_accept, d, http_on_request, d,
	    MHD_OPTION_EXTERNAL_LOGGER, http_on_log, d,
	    MHD_OPTION_LISTEN_SOCKET, d->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)s->c.connections_max + 16,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->c.connection_bytes,
	    MHD_OPTION_CONNECTION_TIMEOUT, idle_s ? idle_s : 1,
	    MHD_OPTION_URI_LOG_CALLBACK, http_on_target, d,
	    MHD_OPTION_NOTIFY_COMPLETED, http_on_done, d,
	    MHD_OPTION_NOTIFY_CONNECTION, http_on_link, d,
	    MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, NULL,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, tls,
	    MHD_OPTION_END);
	if (!d->mhd)
		return err_set(e, RC_IO, "%s: libmicrohttpd did not start",
			       s->c.name);
	d->epoll_fd =
	    MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	return RC_OK;
}

static void
give_back(struct http_loop *l, struct http_conn *c)
{
	void (*then)(struct http_request *, void *) = c->then;

	if (then) {
		c->then = NULL;
		then(&c->rq, c->then_arg);
		return;
	}
	l->suspended--;
	MHD_resume_connection(c->mhd);
}

/* Hands what others, and this thread, have given back to libmicrohttpd. */
static bool
loop_resume(struct http_loop *l)
{
	struct http_conn *lists[2] = {l->ready, NULL};

	l->ready = NULL;
	lists[1] = atomic_exchange(&l->finished, NULL);
	for (size_t i = 0; i < 2; i++) {
		for (struct http_conn *c = lists[i], *next; c; c = next) {
			next = c->next;
			c->next = NULL;
			give_back(l, c);
		}
	}
	return lists[0] || lists[1];
}

static int
loop_timeout(struct http_loop *l)
{
	/* Out of descriptors, libmicrohttpd looks at its listening socket no
	 * more, until it is run again when there are some. */
	int ms = l->quiesced ? 20 : 1000;

	if (l->ready || l->again || atomic_load(&l->finished))
		return 0;
	for (size_t i = 0; i < l->daemons_n; i++) {
		MHD_UNSIGNED_LONG_LONG t;

		if (MHD_get_timeout(l->daemons[i].mhd, &t) == MHD_YES &&
		    t < (unsigned)ms)
			ms = (int)t;
	}
	return ms;
}

/* True when the network has something, within so many ms, or the bell rang. */
static bool
loop_poll(struct http_loop *l, int ms)
{
	struct pollfd fds[FDS_MAX];
	size_t n = l->daemons_n;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){l->daemons[i].epoll_fd, POLLIN, 0};
	fds[n] = (struct pollfd){l->bell.fd, POLLIN, 0};
	if (poll(fds, n + 1, ms) <= 0)
		return false;
	if (fds[n].revents)
		bell_clear(&l->bell);
	return true;
}

static void
loop_wait(struct http_loop *l)
{
	int ms = loop_timeout(l);

	if (ms != 0)
		(void)loop_poll(l, ms);
}

/* A round that is to go to disk takes along who asks while it is made: a sync
 * costs what four requests do.  (One sync for the rounds of all loops was no
 * gain: a slow disk does several at a time.) */
static void
loop_turn(struct http_loop *l)
{
	int64_t until_us = clock_mono_us() + GATHER_US;

	do {
		(void)loop_resume(l);
		for (size_t i = 0; i < l->daemons_n; i++)
			(void)MHD_run(l->daemons[i].mhd);
	} while (l->held > 0 && clock_mono_us() < until_us && loop_poll(l, 0));
}

static void
loop_quiesce(struct http_loop *l)
{
	for (size_t i = 0; i < l->daemons_n; i++) {
		int fd;

		/* who has connected already is served */
		(void)MHD_run(l->daemons[i].mhd);
		fd = MHD_quiesce_daemon(l->daemons[i].mhd);

		if (fd >= 0)
			(void)close(fd);
	}
	l->quiesced = true;
}

/* Whether somebody has connected just now, and is about to ask. */
static bool
has_fresh(const struct http_loop *l)
{
	int64_t now_us = clock_mono_us();

	for (const struct http_link *k = l->links; k; k = k->next)
		if (!k->asked && now_us - k->since_us < FRESH_US)
			return true;
	return false;
}

/* True when the loop may end. */
static bool
loop_drained(struct http_loop *l)
{
	int64_t by_us;

	if (!atomic_load(&l->server->stopping))
		return false;
	if (!l->quiesced) {
		loop_quiesce(l);
		return false;
	}
	if (l->under_way == 0 && !has_fresh(l))
		return atomic_load(&l->finishing) == 0;
	by_us = atomic_load(&l->server->stop_by_us);
	if (clock_mono_us() < by_us)
		return false;
	return l->suspended == 0 || clock_mono_us() > by_us + ABANDON_US;
}

static void
loop_end(struct http_loop *l)
{
	if (l->suspended) {
		/* stopping the daemon now would abort the process */
		LOG(HTTP_ABANDONED, LOG_Z("server", l->server->c.name),
		    LOG_I("requests", l->suspended));
		return;
	}
	for (size_t i = 0; i < l->daemons_n; i++)
		MHD_stop_daemon(l->daemons[i].mhd);
}

static void
loop_run(void *arg)
{
	struct http_loop *l = arg;
	const struct http_config *c = &l->server->c;

	http_loop_self = l;
	while (!loop_drained(l)) {
		loop_wait(l);
		l->again = false;
		loop_turn(l);
		if (c->round)
			c->round(c->round_owner, l->index);
		http_links_sweep(l);
	}
	loop_end(l);
}

/* Takes the socket. */
static enum rc
daemon_add(struct http_loop *l, const struct http_listen *w, int fd,
	   struct err *e)
{
	struct http_daemon *d = &l->daemons[l->daemons_n];
	enum rc rc;

	*d = (struct http_daemon){.loop = l, .listen = w, .listen_fd = fd};
	rc = daemon_start(d, e);
	if (rc)
		(void)close(fd);
	else
		l->daemons_n++;
	return rc;
}

/* The loop's share of the sockets that there are; one of its own where they do
 * not go round. */
static enum rc
listener_open(struct http_loop *l, size_t i, struct err *e)
{
	struct http_server *s = l->server;
	const struct http_listen *w = &s->c.listen[i];
	enum rc rc = RC_OK;
	int fd;

	for (size_t k = l->index; k < w->sockets_n && rc == RC_OK;
	     k += s->c.loops) {
		fd = fcntl(w->sockets[k], F_DUPFD_CLOEXEC, 0);
		rc = fd < 0 ? err_errno(e, "listening")
			    : daemon_add(l, w, fd, e);
	}
	if (l->index < w->sockets_n)
		return rc;
	if (!w->socket_path)
		rc =
		    http_listen_tcp(w->host, &s->ports[i],
				    l->index == 0 && w->sockets_n == 0, &fd, e);
	else if (l->index == 0) /* little comes by it: one loop */
		rc = http_listen_unix(w->socket_path, &fd, e);
	else
		return RC_OK;
	return rc ? rc : daemon_add(l, w, fd, e);
}

static enum rc
loop_open(struct http_server *s, unsigned index, struct err *e)
{
	struct http_loop *l = &s->loops[index];
	enum rc rc = RC_OK;

	l->server = s;
	l->index = index;
	bell_init(&l->bell);
	l->daemons = mem_alloc(FDS_MAX * sizeof(*l->daemons));
	s->opened++;
	for (size_t i = 0; i < s->c.listen_n && rc == RC_OK; i++)
		rc = listener_open(l, i, e);
	return rc;
}

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
	if (!s->c.bodies_bytes)
		s->c.bodies_bytes = BODIES_BYTES;
	if (c->listen_n == 0 || c->listen_n + sockets >= FDS_MAX ||
	    c->loops == 0 || c->connections_max == 0 ||
	    c->request_timeout_ms <= 0 || c->idle_timeout_ms <= 0)
		return err_set(e, RC_INVALID,
			       "%s: listeners, loops, bounds "
			       "and time-outs are wanted",
			       c->name);
	random_bytes(&s->address_seed, sizeof(s->address_seed));
	if (c->guess_burst && c->guess_per_minute)
		s->guesses = limit_new(c->guess_burst, c->guess_per_minute);
	if (tls)
		return http_tls_new(text_copy(s, c->tls_certificate),
				    text_copy(s, c->tls_key), &s->tls, e);
	return RC_OK;
}

enum rc
http_server_new(const struct http_config *c, const struct router *router,
		struct jobs *jobs, struct http_server **out, struct err *e)
{
	struct http_server *s = MEM_NEW(struct http_server);
	char name[24];
	enum rc rc;

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
		rc = loop_open(s, i, e);
	if (rc) {
		for (unsigned i = 0; i < s->opened; i++)
			loop_end(&s->loops[i]);
		http_server_free(s);
		return rc;
	}
	for (unsigned i = 0; i < c->loops; i++) {
		(void)snprintf(name, sizeof(name), "%.10s-%u", c->name, i);
		thread_start(&s->loops[i].thread, name, loop_run, &s->loops[i]);
		s->started++;
	}
	*out = s;
	return RC_OK;
}

enum rc
http_server_reload(struct http_server *s, struct err *e)
{
	return s->tls ? http_tls_load(s->tls, e) : RC_OK;
}

void
http_server_stop(struct http_server *s, int grace_ms)
{
	atomic_store(&s->stop_by_us,
		     clock_mono_us() + grace_ms * INT64_C(1000));
	atomic_store(&s->stopping, true);
	for (unsigned i = 0; i < s->started; i++)
		bell_ring(&s->loops[i].bell);
	for (unsigned i = 0; i < s->started; i++)
		thread_join(&s->loops[i].thread);
	s->started = 0;
	for (size_t i = 0; i < s->c.listen_n; i++)
		if (s->listen[i].socket_path)
			(void)unlink(s->listen[i].socket_path);
}

static void
loop_free(struct http_loop *l)
{
	for (struct http_conn *c = l->unused, *next; c; c = next) {
		next = c->next;
		arena_fini(&c->rq.arena);
		free(c);
	}
	bell_fini(&l->bell);
	free(l->daemons);
}

void
http_server_free(struct http_server *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->opened; i++)
		loop_free(&s->loops[i]);
	free(s->loops);
	free(s->ports);
	free(s->listen);
	arena_fini(&s->texts);
	addr_set_free(s->proxies.trusted);
	http_tls_free(s->tls);
	limit_free(s->guesses);
	free(s);
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
