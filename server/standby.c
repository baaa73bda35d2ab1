/*
 * 1. The standby's own copies of the sockets stay open for as long as it runs;
 *    its listener, while it has one, has copies of those.
 * 2. It accepts exactly while s->public_http is there.
 * 3. One server is heard at a time: whoever connected last.
 * 4. Where the state directory cannot be written nobody can meet it: it takes
 *    the port when nobody has it, and tries each second to be met.
 */
#include "server/standby.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "server/listeners.h"

#define START_MS 10000 /* it may be closing its listener */
#define HELLO_MS 1000
#define PATIENCE_US (15 * SECOND_US)
#define LOOK_MS 1000
#define GRACE_MS 5000

static enum rc
path_of(const struct server *s, const char *name, char out[STATE_PATH_MAX],
	struct err *e)
{
	return state_path(s->o->state, name, out, e);
}

static void
peer_close(struct standby *b)
{
	if (b->peer >= 0)
		(void)close(b->peer);
	b->peer = -1;
}

void
standby_share(const struct server *s, struct passed *out)
{
	int fds[HTTP_SOCKETS_MAX];
	size_t n = http_server_sockets(s->public_http, 0, fds);

	pass_drop(out);
	for (size_t i = 0; i < n; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

		if (fd >= 0)
			out->fds[out->n++] = fd;
	}
}

/* ---- who stands by ---- */

static enum rc
accept_again(struct server *s, struct err *e)
{
	enum rc rc;

	if (s->public_http != NULL)
		return RC_OK;
	rc = listeners_start_public(s, e);
	if (rc != RC_OK) {
		listeners_free_public(s);
		return rc;
	}
	standby_share(s, &s->standby.sockets);
	LOG(STANDBY_ACCEPTS,
	    LOG_I("port", http_server_port(s->public_http, 0)));
	return RC_OK;
}

static void
cease(struct server *s)
{
	if (s->public_http == NULL)
		return;
	http_server_stop(s->public_http, GRACE_MS);
	listeners_free_public(s);
	LOG(STANDBY_WAITS, LOG_I("sockets", s->standby.sockets.n));
}

/* A server is there: it gets what there is to listen on. */
static void
peer_take(struct server *s)
{
	struct standby *b = &s->standby;
	struct err e = {0};
	int fd;
	enum rc rc = pass_accept(b->listening, &fd, &e);

	if (rc != RC_OK)
		return;
	peer_close(b);
	b->peer = fd;
	if (pass_send(fd, &b->sockets, &e) != RC_OK)
		peer_close(b);
}

/* What the server says: that it accepts, or nothing ever more. */
static void
peer_hear(struct server *s)
{
	struct standby *b = &s->standby;
	struct passed fresh;
	struct err e = {0};
	enum rc rc = pass_take(b->peer, 0, &fresh, &e);

	if (rc == RC_AGAIN)
		return;
	if (rc == RC_OK && fresh.n > 0) {
		pass_drop(&b->sockets);
		b->sockets = fresh;
		cease(s);
		return;
	}
	peer_close(b);
	if (accept_again(s, &e) != RC_OK)
		LOG(STANDBY_FAILED, LOG_ERR(&e));
}

static void
wait_peer(struct server *s, int timeout_ms)
{
	struct pollfd fds[2];
	int ms;
	size_t n = standby_watch(s, fds, &ms);

	(void)poll(fds, n, timeout_ms);
	standby_step(s);
}

/* Is there to be found by a server. */
static enum rc
meet(struct server *s, struct err *e)
{
	struct standby *b = &s->standby;
	char path[STATE_PATH_MAX];
	enum rc rc = path_of(s, STATE_STANDBY_LOCK, path, e);

	if (rc == RC_OK && b->lock < 0)
		rc = lock_take(path, &b->lock, e);
	if (rc == RC_STATE)
		return err_add(e, "another acuse stands by for %s",
			       s->o->state);
	if (rc == RC_OK)
		rc = path_of(s, STATE_STANDBY, path, e);
	return rc == RC_OK ? pass_listen(path, &b->listening, e) : rc;
}

static void
meet_again(struct server *s)
{
	struct err e;

	if (meet(s, &e) == RC_OK)
		LOG(STANDBY_FOUND, LOG_Z("state", s->o->state));
}

enum rc
standby_start(struct server *s, struct err *e)
{
	struct standby *b = &s->standby;
	int64_t until_us = clock_mono_us() + PATIENCE_US;
	enum rc rc = meet(s, e);

	if (rc == RC_IO)
		LOG(STANDBY_ALONE, LOG_ERR(e));
	else if (rc != RC_OK)
		return rc;
	rc = accept_again(s, e);
	if (b->listening < 0)
		return rc == RC_IO ? RC_OK : rc;
	/* the port is a server's, which finds us soon */
	while (rc == RC_IO && b->sockets.n == 0 && clock_mono_us() < until_us)
		wait_peer(s, LOOK_MS);
	return b->sockets.n > 0 ? RC_OK : rc;
}

void
standby_stop(struct server *s)
{
	struct standby *b = &s->standby;
	char path[STATE_PATH_MAX];

	if (b->listening >= 0 && path_of(s, STATE_STANDBY, path, NULL) == RC_OK)
		(void)unlink(path);
	if (b->listening >= 0)
		(void)close(b->listening);
	peer_close(b);
	if (s->public_http != NULL)
		http_server_stop(s->public_http, GRACE_MS);
	pass_drop(&b->sockets);
	http_pair_unref(b->pair);
	if (b->lock >= 0)
		(void)close(b->lock);
}

/* ---- the server ---- */

static enum rc
ask(struct server *s, int timeout_ms, struct err *e)
{
	struct standby *b = &s->standby;
	char path[STATE_PATH_MAX];
	enum rc rc = path_of(s, STATE_STANDBY, path, e);

	if (rc == RC_OK)
		rc = pass_connect(path, &b->peer, e);
	if (rc == RC_OK)
		rc = pass_take(b->peer, timeout_ms, &b->sockets, e);
	if (rc != RC_OK)
		peer_close(b);
	return rc;
}

enum rc
standby_ask(struct server *s, struct err *e)
{
	enum rc rc = ask(s, START_MS, e);

	return rc == RC_NOTFOUND || rc == RC_AGAIN ? RC_OK : rc;
}

enum rc
standby_tell(struct server *s, struct err *e)
{
	struct standby *b = &s->standby;
	struct passed all = {.n = 0};

	pass_drop(&b->sockets); /* the listener has copies of its own */
	if (b->peer < 0)
		return RC_OK;
	all.n = http_server_sockets(s->public_http, 0, all.fds);
	if (pass_send(b->peer, &all, e) != RC_OK)
		peer_close(b);
	return RC_OK;
}

void
standby_leave(struct server *s)
{
	peer_close(&s->standby);
	pass_drop(&s->standby.sockets);
}

/* Somebody may have begun to stand by, or be gone. */
static void
look(struct server *s)
{
	struct standby *b = &s->standby;
	struct passed none;
	struct err e = {0};

	if (b->peer < 0) {
		if (ask(s, HELLO_MS, &e) == RC_OK)
			(void)!standby_tell(s, &e);
		return;
	}
	if (pass_take(b->peer, 0, &none, &e) == RC_AGAIN)
		return;
	pass_drop(&none);
	peer_close(b);
}

/* ---- both ---- */

size_t
standby_watch(const struct server *s, struct pollfd fds[2], int *timeout_ms)
{
	const struct standby *b = &s->standby;
	size_t n = 0;

	*timeout_ms = -1;
	if (s->o->quiet || (s->o->redirect && !s->o->standby))
		return 0;
	if (b->peer >= 0)
		fds[n++] = (struct pollfd){b->peer, POLLIN, 0};
	else
		*timeout_ms = LOOK_MS;
	if (b->listening >= 0)
		fds[n++] = (struct pollfd){b->listening, POLLIN, 0};
	return n;
}

void
standby_step(struct server *s)
{
	struct err e = {0};

	if (s->o->quiet || (s->o->redirect && !s->o->standby))
		return;
	if (!s->o->standby) {
		look(s);
		return;
	}
	if (s->standby.listening < 0)
		meet_again(s);
	else
		peer_take(s);
	if (s->standby.peer >= 0)
		peer_hear(s);
	else if (s->public_http == NULL && accept_again(s, &e) != RC_OK &&
		 s->standby.listening >= 0) /* else a server may have it */
		LOG(STANDBY_FAILED, LOG_ERR(&e));
}
