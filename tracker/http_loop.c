/*
 * The loops.  Each drives a libmicrohttpd daemon for each listener, on sockets
 * of its own that share the port.
 *
 * 1. libmicrohttpd's functions of a daemon are called by the thread at its
 *    loop's helm alone; resuming from elsewhere loses wake-ups.
 * 2. After resuming, the daemon runs before the loop waits.
 * 3. A daemon is stopped only when none of its requests is suspended.
 * 4. The helm changes hands while the thread that has it is in flush(), which
 *    waits for a disk; that thread finds itself relieved, and touches the loop
 *    no more.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "tracker/http_private.h"

#define ABANDON_US (30 * SECOND_US)
#define SENDING_US SECOND_US
#define FRESH_US (2 * SECOND_US)
#define GATHER_US 300
#define HELD_MS 10
#define SUSPENDED_MS 100
#define IDLE_LOOK_MS 250

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
	int ms = l->quiesced ? 20 : l->suspended ? SUSPENDED_MS : 1000;

	if (l->ready || l->again || atomic_load(&l->finished))
		return 0;
	/* libmicrohttpd would have what is held looked at all the time */
	if (l->held > 0)
		return HELD_MS;
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
	struct pollfd fds[HTTP_FDS_MAX];
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
	int64_t late_us;

	if (!atomic_load(&l->server->stopping))
		return false;
	if (!l->quiesced) {
		loop_quiesce(l);
		return false;
	}
	if (l->under_way == 0 && !has_fresh(l))
		return atomic_load(&l->finishing) == 0;
	late_us = clock_mono_us() - atomic_load(&l->server->stop_by_us);
	if (late_us < 0)
		return false;
	/* what was given back is sent in the turns that follow */
	if (l->suspended == 0 && l->held == 0)
		return loop_timeout(l) != 0 || late_us > SENDING_US;
	return late_us > ABANDON_US;
}

void
http_loop_end(struct http_loop *l)
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

/* False when the helm was taken over meanwhile. */
static bool
loop_flush(struct http_loop *l)
{
	const struct http_config *c = &l->server->c;
	int64_t since_us = clock_mono_us();

	atomic_store(&l->flushes, true);
	atomic_store(&l->flushing_us, since_us);
	c->flush(c->round_owner, l->index);
	return atomic_compare_exchange_strong(&l->flushing_us, &since_us, 0);
}

static bool
loop_round(struct http_loop *l)
{
	const struct http_config *c = &l->server->c;

	while (c->round && c->round(c->round_owner, l->index))
		if (!loop_flush(l))
			return false;
	return true;
}

/* Until the loop has ended, or another has its helm. */
static void
steer(struct http_loop *l)
{
	http_loop_self = l;
	while (!loop_drained(l)) {
		loop_wait(l);
		l->again = false;
		loop_turn(l);
		if (!loop_round(l)) {
			http_loop_self = NULL;
			bell_ring(&l->bell); /* there may be more to flush */
			return;
		}
		http_links_sweep(l);
	}
	http_loop_end(l);
	latch_open(&l->ended);
}

static bool
helm_take(struct http_loop *l)
{
	int64_t since_us = atomic_load(&l->flushing_us);

	if (since_us == 0 ||
	    clock_mono_us() - since_us < l->server->c.relief_ms * INT64_C(1000))
		return false;
	return atomic_compare_exchange_strong(&l->flushing_us, &since_us, 0);
}

/* Looks often while the disk is in use. */
static int
look_ms(struct http_loop *l)
{
	return atomic_exchange(&l->flushes, false) ? l->server->c.relief_ms / 2
						   : IDLE_LOOK_MS;
}

static void
stand_by(struct http_loop *l)
{
	while (!latch_wait(&l->ended, look_ms(l))) {
		if (!helm_take(l))
			continue;
		l->again = true; /* some may have waited for long */
		steer(l);
	}
	http_server_unref(l->server);
}

static void
off_duty(void *arg)
{
	stand_by(arg);
}

static void
at_the_helm(void *arg)
{
	steer(arg);
	stand_by(arg);
}

static void
enlist(struct http_loop *l, void (*run)(void *))
{
	char name[24];
	struct thread t;

	(void)snprintf(name, sizeof(name), "%.10s-%u", l->server->c.name,
		       l->index);
	atomic_fetch_add(&l->server->held_by, 1);
	thread_start(&t, name, run, l);
	thread_detach(&t);
}

void
http_loop_start(struct http_loop *l)
{
	enlist(l, at_the_helm);
	if (l->server->c.flush)
		enlist(l, off_duty);
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

enum rc
http_loop_open(struct http_server *s, unsigned index, struct err *e)
{
	struct http_loop *l = &s->loops[index];
	enum rc rc = RC_OK;

	l->server = s;
	l->index = index;
	bell_init(&l->bell);
	latch_init(&l->ended, s->c.name);
	l->daemons = mem_alloc(HTTP_FDS_MAX * sizeof(*l->daemons));
	s->opened++;
	for (size_t i = 0; i < s->c.listen_n && rc == RC_OK; i++)
		rc = listener_open(l, i, e);
	return rc;
}

void
http_loop_free(struct http_loop *l)
{
	for (struct http_conn *c = l->unused, *next; c; c = next) {
		next = c->next;
		arena_fini(&c->rq.arena);
		free(c);
	}
	bell_fini(&l->bell);
	latch_fini(&l->ended);
	free(l->daemons);
}
