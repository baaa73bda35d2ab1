/*
 * 1. busy: something is being said (say): waiting for its delay, going out at
 *    its pace, or to be followed by its "then".  No input is taken meanwhile.
 * 2. out holds bytes that may go at once; held those that wait for timer wake.
 * 3. A connection is freed in conn_run(), conn_idle() and conn_close_all()
 *    alone, and nothing touches it after these.
 * 4. The journal is flushed before any byte of out is written.
 *
 *   OPEN --THEN_TLS--> HANDSHAKE --> OPEN
 *     |--THEN_HALF_CLOSE, or a drop behind a reply--> DRAIN (reads, throws
 * away)
 *     |--THEN_STALL--> STALLED
 */
#include "tools/receiver/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "tools/receiver/server.h"
#include "tools/receiver/session.h"

#define READ_BYTES ((size_t)32 * 1024)
#define ROUNDS 16 /* then the others' turn */
#define OUT_MAX ((size_t)16 * 1024 * 1024)
#define PACE_MS 50
#define LINGER_US (5 * SECOND_US)

enum state { OPEN, HANDSHAKE, DRAIN, STALLED };

struct conn {
	struct conn *next, *before;
	struct server *server;
	struct session *session;
	struct watch watch;
	struct timer wake; /* the end of a delay, the next paced bytes */
	struct timer idle;
	int64_t active_us, linger_us; /* linger_us: 0, or the end of DRAIN */
	struct tls_link *tls;
	enum state state;
	uint32_t want;
	bool busy, released;
	struct say say;
	struct sbuf in, out, held;
	size_t in_used, out_used, held_used;
};

static void conn_run(struct conn *c, uint32_t events);

/* ---- what the session calls ---- */

static void
wake_after_delay(struct conn *c)
{
	loop_timer_set(c->server->loop, &c->wake,
		       clock_mono_us() + c->say.delay_ms * 1000);
}

void
conn_say(struct conn *c, const struct say *say)
{
	if (say->delay_ms == 0 && say->slow_bps == 0 && !say->hold &&
	    say->then == THEN_GO_ON) {
		sbuf_add(&c->out, say->bytes);
		return;
	}
	c->say = *say;
	c->busy = true;
	c->released = false;
	sbuf_reset(&c->held);
	sbuf_add(&c->held, say->bytes);
	c->held_used = 0;
	if (say->hold)
		loop_timer_clear(c->server->loop, &c->wake);
	else
		wake_after_delay(c);
}

void
conn_let_go(struct server *server)
{
	for (struct conn *c = server->conns; c; c = c->next) {
		if (!c->busy || !c->say.hold ||
		    rules_hold(server->rules, c->say.hold))
			continue;
		c->say.hold = 0;
		wake_after_delay(c);
	}
}

void
conn_hold(struct conn *c, int64_t ms)
{
	const struct say silence = {.delay_ms = ms, .then = THEN_GO_ON};

	conn_say(c, &silence);
}

size_t
conn_begin_tls(struct conn *c, int64_t delay_ms)
{
	size_t n = c->in.n - c->in_used;

	sbuf_reset(&c->in);
	c->in_used = 0;
	c->tls = tls_link_new(c->server->tls, c->watch.fd);
	c->state = HANDSHAKE;
	if (delay_ms)
		conn_hold(c, delay_ms);
	return n;
}

struct tls_link *
conn_tls(const struct conn *c)
{
	return c->tls;
}

bool
conn_busy(const struct conn *c)
{
	return c->busy;
}

/* ---- bytes ---- */

static enum io
plain_result(ssize_t n, enum io again)
{
	if (n > 0)
		return IO_OK;
	if (n == 0)
		return IO_END;
	return errno == EAGAIN || errno == EINTR ? again : IO_FAILED;
}

static enum io
read_some(struct conn *c, char *p, size_t cap, size_t *n)
{
	ssize_t got;

	if (c->tls)
		return tls_link_read(c->tls, p, cap, n);
	got = read(c->watch.fd, p, cap);
	*n = got > 0 ? (size_t)got : 0;
	return plain_result(got, IO_WANT_READ);
}

static enum io
write_some(struct conn *c, struct slice s, size_t *n)
{
	ssize_t put;

	if (c->tls)
		return tls_link_write(c->tls, s, n);
	put = send(c->watch.fd, s.p, s.n, MSG_NOSIGNAL);
	*n = put > 0 ? (size_t)put : 0;
	return plain_result(put, IO_WANT_WRITE);
}

static void
note_want(struct conn *c, enum io io)
{
	c->want = io == IO_WANT_WRITE ? EPOLLOUT : EPOLLIN;
}

static enum io
write_out(struct conn *c)
{
	while (c->out_used < c->out.n) {
		size_t n = 0;
		enum io io = write_some(
		    c, slice_skip(sbuf_slice(&c->out), c->out_used), &n);

		if (io != IO_OK) {
			note_want(c, io);
			return io;
		}
		c->out_used += n;
	}
	sbuf_reset(&c->out);
	c->out_used = 0;
	return IO_OK;
}

/* Reads once, behind what is still unused. */
static enum io
read_in(struct conn *c)
{
	size_t n = 0;
	char *room;
	enum io io;

	if (c->in_used) {
		memmove(c->in.p, c->in.p + c->in_used, c->in.n - c->in_used);
		sbuf_cut(&c->in, c->in.n - c->in_used);
		c->in_used = 0;
	}
	room = sbuf_room(&c->in, READ_BYTES);
	if (!room)
		return IO_FAILED;
	io = read_some(c, room, READ_BYTES, &n);
	if (io == IO_OK)
		c->in.n += n;
	else
		note_want(c, io);
	return io;
}

/* ---- saying ---- */

/* Moves what may go now from held to out. */
static void
release(struct conn *c)
{
	struct slice left = slice_skip(sbuf_slice(&c->held), c->held_used);
	size_t n = left.n;
	int64_t pause_ms = PACE_MS;

	c->released = true;
	if (c->say.slow_bps) {
		int64_t share = c->say.slow_bps * PACE_MS / 1000;

		if (share < 1) {
			share = 1;
			pause_ms = 1000 / c->say.slow_bps;
		}
		if (n > (size_t)share)
			n = (size_t)share;
	}
	sbuf_add(&c->out, slice_of(left.p, n));
	c->held_used += n;
	if (n < left.n)
		loop_timer_set(c->server->loop, &c->wake,
			       clock_mono_us() + pause_ms * 1000);
}

static bool
said(const struct conn *c)
{
	return c->released && c->held_used == c->held.n &&
	       c->out_used == c->out.n;
}

/* A record's header that promises 64 bytes, and four of them. */
static void
cut_record(struct conn *c)
{
	static const char part[] = "\x17\x03\x03\x00\x40half";

	if (c->tls)
		(void)send(c->watch.fd, part, sizeof(part) - 1, MSG_NOSIGNAL);
}

static void
reset_on_close(struct conn *c)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(c->watch.fd, SOL_SOCKET, SO_LINGER, &hard,
			 sizeof(hard));
}

/* What follows what was said; false when the connection is to end. */
static bool
then_do(struct conn *c)
{
	c->busy = false;
	switch (c->say.then) {
	case THEN_GO_ON:
	case THEN_DEFAULT:
		return true;
	case THEN_RESET:
		reset_on_close(c);
		return false;
	case THEN_CUT_RECORD:
		cut_record(c);
		c->state = STALLED;
		return true;
	case THEN_STALL:
		c->state = STALLED;
		return true;
	case THEN_TLS:
		session_tls_begin(c->session);
		return true;
	case THEN_CLOSE:
		if (c->tls)
			tls_link_close(c->tls);
		break;
	case THEN_HALF_CLOSE:
		if (c->tls)
			tls_link_close(c->tls);
		(void)shutdown(c->watch.fd, SHUT_WR);
		c->state = DRAIN;
		return true;
	case THEN_DROP:
	default:
		if (c->held.n == 0)
			return false;
		break;
	}
	/* A close with input unread would be an RST, which can overtake the
	 * reply that was just said. */
	(void)shutdown(c->watch.fd, SHUT_WR);
	c->state = DRAIN;
	c->linger_us = clock_mono_us() + LINGER_US;
	loop_timer_set(c->server->loop, &c->idle, c->linger_us);
	return true;
}

/* ---- rounds ---- */

static void
give_input(struct conn *c)
{
	size_t used;

	while (!c->busy &&
	       session_take(c->session,
			    slice_skip(sbuf_slice(&c->in), c->in_used), &used))
		c->in_used += used;
	if (c->in_used == c->in.n) {
		sbuf_reset(&c->in);
		c->in_used = 0;
	}
}

static bool
run_handshake(struct conn *c)
{
	enum io io;

	if (c->busy)
		return true;
	io = tls_link_accept(c->tls);
	if (io == IO_OK) {
		c->state = OPEN;
		session_tls_done(c->session);
		return true;
	}
	note_want(c, io);
	return io == IO_WANT_READ || io == IO_WANT_WRITE;
}

/* Bypasses TLS: what comes now is only thrown away. */
static bool
run_drain(struct conn *c)
{
	char waste[4096];
	ssize_t n;

	do
		n = read(c->watch.fd, waste, sizeof(waste));
	while (n > 0);
	c->want = EPOLLIN;
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* One step of an open connection: what was said goes out, then input comes
 * in.  more: call again. */
static bool
run_open(struct conn *c, bool *more)
{
	enum io io;

	*more = false;
	give_input(c);
	if (c->busy && !c->released && !c->say.hold &&
	    c->wake.due_us <= clock_mono_us()) {
		loop_timer_clear(c->server->loop, &c->wake);
		release(c);
	}
	if (!server_flush(c->server))
		return false;
	io = write_out(c);
	if (io == IO_WANT_READ || io == IO_WANT_WRITE)
		return true;
	if (io != IO_OK)
		return false;
	if (c->busy) {
		*more = said(c);
		return !said(c) || then_do(c);
	}
	io = read_in(c);
	*more = io == IO_OK;
	if (io == IO_OK)
		c->active_us = clock_mono_us();
	return io == IO_OK || io == IO_WANT_READ || io == IO_WANT_WRITE;
}

static bool
step(struct conn *c, uint32_t events, bool *more)
{
	*more = false;
	switch (c->state) {
	case OPEN:
		return run_open(c, more);
	case HANDSHAKE:
		if (c->busy)
			return run_open(c, more);
		*more = true;
		if (!run_handshake(c))
			return false;
		*more = c->state != HANDSHAKE;
		return true;
	case DRAIN:
		return run_drain(c);
	case STALLED:
	default:
		return !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
	}
}

static void
conn_free(struct conn *c)
{
	struct server *server = c->server;

	session_gone(c->session, c->tls ? tls_link_error(c->tls) : "");
	(void)server_flush(server);
	session_free(c->session);
	if (c->before)
		c->before->next = c->next;
	else
		server->conns = c->next;
	if (c->next)
		c->next->before = c->before;
	loop_timer_clear(server->loop, &c->wake);
	loop_timer_clear(server->loop, &c->idle);
	loop_unwatch(server->loop, &c->watch);
	tls_link_free(c->tls);
	close(c->watch.fd);
	sbuf_fini(&c->in);
	sbuf_fini(&c->out);
	sbuf_fini(&c->held);
	free(c);
	server->connections--;
}

/* What to wait for; a hang-up or error always comes. */
static uint32_t
interest(const struct conn *c)
{
	if (c->state == STALLED)
		return EPOLLRDHUP;
	if (c->state == HANDSHAKE && !c->busy)
		return c->want;
	if (c->out_used < c->out.n)
		return c->want;
	return c->busy ? 0 : c->want;
}

static void
conn_run(struct conn *c, uint32_t events)
{
	bool more = true, alive = true;

	if (c->busy && (events & (EPOLLHUP | EPOLLERR)))
		alive = false;
	for (int i = 0; alive && more && i < ROUNDS; i++)
		alive = step(c, events, &more);
	if (!alive) {
		conn_free(c);
		return;
	}
	/* TLS may hold input that the socket does not show. */
	if (more && !c->busy)
		loop_timer_set(c->server->loop, &c->wake, clock_mono_us());
	loop_watch(c->server->loop, &c->watch, interest(c));
}

static void
conn_ready(struct watch *w, uint32_t events)
{
	conn_run(LOOP_OWNER(w, struct conn, watch), events);
}

static void
conn_wake(struct timer *t)
{
	struct conn *c = LOOP_OWNER(t, struct conn, wake);

	if (c->busy)
		release(c);
	conn_run(c, 0);
}

/* Fires seldom: activity only moves active_us. */
static void
conn_idle(struct timer *t)
{
	struct conn *c = LOOP_OWNER(t, struct conn, idle);
	int64_t now_us = clock_mono_us();
	int64_t due_us = c->active_us + c->server->options->idle_s * SECOND_US;

	if (c->linger_us)
		due_us = c->linger_us;
	if (due_us > now_us) {
		loop_timer_set(c->server->loop, t, due_us);
		return;
	}
	if (c->state != OPEN || c->busy) {
		conn_free(c);
		return;
	}
	session_idle(c->session);
	c->active_us = now_us;
	loop_timer_set(c->server->loop, t, now_us + LINGER_US);
	conn_run(c, 0);
}

void
conn_start(struct server *server, const struct listener *listener, int fd,
	   const struct sockaddr_storage *peer)
{
	struct conn *c = MEM_NEW(struct conn);

	c->server = server;
	c->watch = (struct watch){.fd = fd, .ready = conn_ready};
	c->wake.fire = conn_wake;
	c->idle.fire = conn_idle;
	c->want = EPOLLIN;
	c->active_us = clock_mono_us();
	sbuf_init(&c->in, READ_BYTES + COMMAND_LINE_MAX * 2);
	sbuf_init(&c->out, OUT_MAX);
	sbuf_init(&c->held, OUT_MAX);
	c->next = server->conns;
	if (c->next)
		c->next->before = c;
	server->conns = c;
	server->connections++;
	loop_timer_set(server->loop, &c->idle,
		       c->active_us + server->options->idle_s * SECOND_US);
	c->session = session_new(server, c, listener, peer);
	session_start(c->session);
	conn_run(c, 0);
}

void
conn_close_all(struct server *server)
{
	struct conn *next;

	for (struct conn *c = server->conns; c; c = next) {
		next = c->next;
		conn_free(c);
	}
}
