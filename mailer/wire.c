#include "mailer/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "mailer/tls.h"

/*
 * Invariants:
 * 1. Once dead, nothing is sent or read any more; the first fault stays.
 * 2. sent counts what has left: a byte of out is in it only when the socket
 *    took it, or TLS took the whole record that holds it.
 * 3. reply holds exactly one whole reply; what the peer said beyond it stays
 *    in in[].
 */

#define TICK_MS 100
#define LOOK_BYTES 65536

void
wire_init(struct wire *w, const struct target *to, SSL_CTX *tls,
	  struct bell *cancel, struct tls_facts *facts)
{
	memset(w, 0, offsetof(struct wire, in));
	w->to = to;
	w->tls = tls;
	w->cancel = cancel;
	w->facts = facts;
	w->started_us = clock_mono_us();
	w->stage = STAGE_CONNECT;
	w->fd = -1;
}

void
wire_note(struct wire *w, char sort, struct slice text)
{
	int64_t at = clock_mono_us() - w->started_us;

	if (w->log == NULL)
		return;
	do {
		struct slice line = slice_cut(&text, '\n');

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		sbuf_add_int(w->log, at);
		sbuf_add_c(w->log, ' ');
		sbuf_add_c(w->log, sort);
		sbuf_add_c(w->log, ' ');
		sbuf_add(w->log, line);
		sbuf_add_c(w->log, '\n');
	} while (text.n > 0);
}

bool
wire_die(struct wire *w, const char *fault)
{
	if (w->dead)
		return false;
	w->dead = true;
	snprintf(w->fault, sizeof w->fault, "%s", fault);
	if (w->in_n > 0)
		wire_note(w, '?', slice_of(w->in, w->in_n));
	wire_note(w, '!', slice_z(w->fault));
	return false;
}

bool
wire_refused(struct wire *w)
{
	if (!w->dead)
		w->by_reply = true;
	return wire_die(w, "refused");
}

struct slice
wire_last(const struct wire *w)
{
	return slice_of(w->reply, w->reply_n);
}

/* Milliseconds until the sooner of until_us and the deadline, rounded up. */
static int
left_ms(const struct wire *w, int64_t until_us)
{
	int64_t end = until_us, now = clock_mono_us();

	if (w->deadline_us != 0 && w->deadline_us < end)
		end = w->deadline_us;
	if (end <= now)
		return 0;
	end = (end - now + 999) / 1000;
	return end < INT32_MAX ? (int)end : INT32_MAX;
}

/* How long to wait in one go. */
static int
pause_ms(const struct wire *w, int64_t until_us)
{
	int ms = left_ms(w, until_us);

	return w->tick != NULL && ms > TICK_MS ? TICK_MS : ms;
}

/* Waits for events on the socket until until_us, the deadline or a cancel.
 * What came; 0: dead, where late says why if it was the time. */
static short
await(struct wire *w, short events, int64_t until_us, const char *late)
{
	int cancel = w->cancel != NULL ? w->cancel->fd : -1;

	while (!w->dead) {
		struct pollfd p[2] = {{w->fd, events, 0}, {cancel, POLLIN, 0}};
		int r;

		if (w->tick != NULL)
			w->tick(w->tick_arg);
		r = poll(p, 2, pause_ms(w, until_us));
		if (p[1].revents != 0)
			wire_die(w, "cancelled");
		else if (r > 0)
			return p[0].revents;
		else if (r < 0 && errno != EINTR)
			wire_die(w, strerror(errno));
		else if (r == 0 && left_ms(w, until_us) == 0)
			wire_die(w, clock_mono_us() < until_us ? "deadline"
							       : late);
	}
	return 0;
}

static int64_t
from_now(int ms)
{
	return clock_mono_us() + (int64_t)ms * 1000;
}

/* What a peer said before it hung up on us tells why it did. */
static void
keep_parting_words(struct wire *w)
{
	int err = errno;
	ssize_t r = recv(w->fd, w->in + w->in_n, sizeof w->in - w->in_n, 0);

	if (r > 0)
		w->in_n += (size_t)r;
	errno = err;
}

/* One read or write without waiting: bytes, 0 if it would block, -1: dead. */
static int
step_clear(struct wire *w, bool out, char *p, size_t n)
{
	ssize_t r =
	    out ? send(w->fd, p, n, MSG_NOSIGNAL) : recv(w->fd, p, n, 0);

	w->want = out ? POLLOUT : POLLIN;
	if (r > 0)
		return (int)r;
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (out)
		keep_parting_words(w);
	wire_die(w, r == 0 ? "peer closed" : strerror(errno));
	return -1;
}

static int
step(struct wire *w, bool out, char *p, size_t n)
{
	int r;

	if (w->ssl == NULL)
		return step_clear(w, out, p, n);
	ERR_clear_error();
	r = out ? SSL_write(w->ssl, p, (int)n) : SSL_read(w->ssl, p, (int)n);
	if (r > 0)
		return r;
	switch (SSL_get_error(w->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		w->want = POLLIN;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		w->want = POLLOUT;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		wire_die(w, "peer closed");
		return -1;
	default:
		wire_die(w, "TLS broken or cut");
		return -1;
	}
}

static int
slurp(struct wire *w)
{
	int r;

	if (w->in_n == sizeof w->in) {
		wire_die(w, "too much unread from the peer");
		return -1;
	}
	r = step(w, false, w->in + w->in_n, sizeof w->in - w->in_n);
	if (r > 0)
		w->in_n += (size_t)r;
	return r;
}

/* The socket takes no more: waits, and reads a peer that waits for us to read
 * before it does.  Ref: RFC 2920 3.1. */
static bool
unblock(struct wire *w, int64_t until_us)
{
	short got = await(w, w->want | POLLIN, until_us, "write timeout");

	if ((got & POLLIN) != 0 && slurp(w) < 0)
		return false;
	if (w->hush && w->in_n > 0)
		return wire_die(w, "reply before the end of the message");
	return !w->dead;
}

/* Who refuses amid the content may read on for a while, so that nothing
 * blocks, and then reset the connection: in TLS the reply is lost with it,
 * unless it was read before. */
static bool
look(struct wire *w)
{
	if (!w->hush || w->sent - w->looked < LOOK_BYTES)
		return true;
	w->looked = w->sent;
	if (slurp(w) > 0)
		wire_die(w, "reply before the end of the message");
	return !w->dead;
}

bool
wire_flush(struct wire *w)
{
	int64_t until_us = from_now(w->to->stall_ms);
	size_t done = 0;

	while (look(w) && !w->dead && done < w->out_n) {
		int r = step(w, true, w->out + done, w->out_n - done);

		if (r > 0) {
			done += (size_t)r;
			w->sent += (uint64_t)r;
		}
		if (done == w->out_n)
			break;
		if (r > 0)
			until_us = from_now(w->to->stall_ms);
		else if (r == 0)
			unblock(w, until_us);
	}
	w->out_n = 0;
	return !w->dead;
}

bool
wire_put(struct wire *w, struct slice s)
{
	while (!w->dead && s.n > 0) {
		size_t k = sizeof w->out - w->out_n;

		if (k > s.n)
			k = s.n;
		memcpy(w->out + w->out_n, s.p, k);
		w->out_n += k;
		s = slice_skip(s, k);
		if (w->out_n == sizeof w->out)
			wire_flush(w);
	}
	return !w->dead;
}

bool
wire_say(struct wire *w, const char *line)
{
	wire_note(w, 'C', slice_z(line));
	return wire_put(w, slice_z(line)) && wire_put(w, SLICE("\r\n"));
}

bool
wire_early(struct wire *w)
{
	return w->dead || w->in_n > 0 || slurp(w) != 0;
}

struct slice
wire_parting(const struct wire *w)
{
	ptrdiff_t n = reply_scan(slice_of(w->in, w->in_n));
	struct slice reply = slice_of(w->in, n > 0 ? (size_t)n : 0);
	bool amid = w->stage == STAGE_CONTENT || w->stage == STAGE_DOT;
	int code = reply_code(reply);

	if (code == 421 || (amid && code >= 400))
		return reply;
	return slice_of(NULL, 0);
}

/* Takes a whole reply of n bytes out of in[]. */
static int
take_reply(struct wire *w, size_t n)
{
	memcpy(w->reply, w->in, n);
	w->reply_n = n;
	w->in_n -= n;
	memmove(w->in, w->in + n, w->in_n);
	wire_note(w, 'S', wire_last(w));
	return reply_code(wire_last(w));
}

int
wire_reply(struct wire *w, int timeout_ms)
{
	int64_t until_us;

	wire_flush(w);
	until_us = from_now(timeout_ms);
	w->want = POLLIN;
	while (!w->dead) {
		ptrdiff_t n = reply_scan(slice_of(w->in, w->in_n));

		if (n > 0)
			return take_reply(w, (size_t)n);
		if (n < 0) {
			wire_die(w, "malformed reply");
			break;
		}
		/* SSL_has_pending() is true of a part of a record too. */
		if (w->ssl == NULL || SSL_pending(w->ssl) == 0)
			await(w, w->want, until_us, "reply timeout");
		if (!w->dead)
			slurp(w);
	}
	return -1;
}

static bool
connected(struct wire *w)
{
	int64_t until_us = from_now(w->to->connect_ms);
	socklen_t n = sizeof(int);
	int err = 0;

	if (await(w, POLLOUT, until_us, "connect timeout") == 0)
		return false;
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &err, &n) != 0)
		err = errno;
	return err == 0 || wire_die(w, strerror(err));
}

/* Descriptors, memory and ports are ours; the rest may be the peer's. */
static bool
not_connected(struct wire *w)
{
	static const int lacks[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};

	for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++)
		w->starved |= errno == lacks[i];
	/* For IPv6 it may say that this machine has none. */
	w->starved |=
	    errno == EADDRNOTAVAIL && w->to->peer.ss_family == AF_INET;
	return wire_die(w, strerror(errno));
}

bool
wire_connect(struct wire *w)
{
	const struct target *to = w->to;
	socklen_t n = to->peer.ss_family == AF_INET6
			  ? sizeof(struct sockaddr_in6)
			  : sizeof(struct sockaddr_in);
	int on = 1;

	w->stage = STAGE_CONNECT;
	w->fd = socket(to->peer.ss_family,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->fd < 0)
		return not_connected(w);
	/* Without it each message waits 40 ms for a delayed acknowledgement. */
	if (setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
		return wire_die(w, strerror(errno));
	if (to->local.ss_family != 0 &&
	    bind(w->fd, (const struct sockaddr *)&to->local, n) != 0)
		return wire_die(w, strerror(errno));
	if (connect(w->fd, (const struct sockaddr *)&to->peer, n) == 0)
		return true;
	return errno == EINPROGRESS ? connected(w) : not_connected(w);
}

static bool
handshake(struct wire *w)
{
	int64_t until_us = from_now(w->to->reply_ms);

	while (!w->dead) {
		char fault[sizeof w->fault];
		int r = SSL_connect(w->ssl);

		if (r > 0)
			return true;
		switch (SSL_get_error(w->ssl, r)) {
		case SSL_ERROR_WANT_READ:
			await(w, POLLIN, until_us, "TLS handshake timeout");
			break;
		case SSL_ERROR_WANT_WRITE:
			await(w, POLLOUT, until_us, "TLS handshake timeout");
			break;
		default:
			snprintf(fault, sizeof fault, "TLS handshake: %s",
				 tls_reason(w->ssl));
			wire_die(w, fault);
		}
	}
	return false;
}

bool
wire_tls(struct wire *w)
{
	const struct tls_facts *f = w->facts;
	char line[512];

	w->stage = STAGE_TLS;
	w->ssl = tls_client(w->tls, w->to, w->fd);
	if (w->ssl == NULL)
		return wire_die(w, "TLS cannot be set up");
	if (!handshake(w))
		return false;
	tls_facts_fill(w->facts, w->ssl, w->to);
	snprintf(line, sizeof line,
		 "%s %s name=%s subject=%s validated=%s verify=%s", f->version,
		 f->cipher, w->to->host, f->subject, f->validated, f->verify);
	wire_note(w, 'T', slice_z(line));
	if (f->chain.n > 0)
		wire_note(w, 'T', sbuf_slice(&f->chain));
	return true;
}

void
wire_fini(struct wire *w)
{
	if (w->ssl != NULL && !w->dead) {
		ERR_clear_error();
		SSL_shutdown(w->ssl);
	}
	SSL_free(w->ssl);
	w->ssl = NULL;
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}
