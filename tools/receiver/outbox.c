/*
 * Messages wait in a list by due time.  While one is due there is a
 * connection, or a timer that makes one; the first of the list is the one
 * that is being sent (sending), and leaves the list when it was taken or
 * given up.
 */
#include "tools/receiver/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tools/receiver/server.h"

#define TRY_FOR_US (30 * SECOND_US)
#define TRY_AGAIN_US (SECOND_US / 5)
#define ANSWER_US (10 * SECOND_US)
#define REPLY_MAX ((size_t)64 * 1024)

struct letter {
	struct letter *next, *before;
	int64_t due_us, first_try_us; /* wall; mono, 0: not yet */
	char *recipient;
	struct sbuf message; /* dots stuffed, final dot added */
	bool utf8;
};

/* What was said last, so what is waited for. */
enum step { GREETING, EHLO, MAIL, RCPT, DATA, CONTENT, QUIT, STEPS };

struct outbox {
	struct server *server;
	struct endpoint to;
	struct letter *first, *last;
	struct watch watch; /* fd -1: no connection */
	struct timer timer; /* next try, or no answer */
	enum step step;
	bool sending, smtputf8;
	struct sbuf in, out;
	size_t out_used;
};

/* Class of the reply that leads on. */
static const int expected[STEPS] = {
    [GREETING] = 2, [EHLO] = 2,	   [MAIL] = 2, [RCPT] = 2,
    [DATA] = 3,	    [CONTENT] = 2, [QUIT] = 2,
};

/* ---- letters ---- */

static void
stuff(struct sbuf *out, struct slice message)
{
	while (message.n) {
		ptrdiff_t end = slice_find(message, SLICE("\r\n"));
		size_t n = end < 0 ? message.n : (size_t)end + 2;

		if (message.p[0] == '.')
			sbuf_add_c(out, '.');
		sbuf_add(out, slice_of(message.p, n));
		message = slice_skip(message, n);
	}
	if (!slice_ends(sbuf_slice(out), SLICE("\r\n")))
		sbuf_add_z(out, "\r\n");
	sbuf_add_z(out, ".\r\n");
}

static void
letter_free(struct letter *l)
{
	if (!l)
		return;
	sbuf_fini(&l->message);
	free(l->recipient);
	free(l);
}

void
outbox_put(struct outbox *o, struct slice recipient, struct slice message,
	   int64_t due_us)
{
	struct letter *l = MEM_NEW(struct letter);
	struct letter *before = o->last;

	l->due_us = due_us;
	l->recipient = mem_z(recipient);
	sbuf_init(&l->message, message.n * 2 + 16);
	stuff(&l->message, message);
	for (size_t i = 0; i < recipient.n; i++)
		l->utf8 |= (recipient.p[i] & 0x80) != 0;
	while (before && before->due_us > due_us &&
	       !(o->sending && before == o->first))
		before = before->before;
	l->before = before;
	l->next = before ? before->next : o->first;
	*(before ? &before->next : &o->first) = l;
	*(l->next ? &l->next->before : &o->last) = l;
}

static void
drop_first(struct outbox *o)
{
	struct letter *l = o->first;

	o->first = l->next;
	*(l->next ? &l->next->before : &o->last) = NULL;
	o->sending = false;
	letter_free(l);
}

int64_t
outbox_next_us(const struct outbox *o)
{
	return o->first ? o->first->due_us : INT64_MAX;
}

static bool
first_is_due(const struct outbox *o)
{
	return o->first && o->first->due_us <= clock_wall_us();
}

/* ---- the connection ---- */

static void
hang_up(struct outbox *o)
{
	loop_timer_clear(o->server->loop, &o->timer);
	if (o->watch.fd < 0)
		return;
	loop_unwatch(o->server->loop, &o->watch);
	close(o->watch.fd);
	o->watch.fd = -1;
}

static void
note(struct outbox *o, const char *event, struct slice reply)
{
	struct journal *j = o->server->journal;

	journal_begin(j, event);
	journal_z(j, "recipient", o->first->recipient);
	journal_text(j, "reply", slice_trim(reply));
	journal_end(j);
	(void)server_flush(o->server);
}

/* The first letter was not taken: tries again, or gives it up. */
static void
fail(struct outbox *o, struct slice reply)
{
	int64_t now_us = clock_mono_us();

	hang_up(o);
	o->sending = false;
	if (!o->first)
		return;
	if (!o->first->first_try_us)
		o->first->first_try_us = now_us;
	if (reply_class(reply) == 5 ||
	    now_us - o->first->first_try_us > TRY_FOR_US) {
		note(o, "report-failed", reply);
		drop_first(o);
	}
	loop_timer_set(o->server->loop, &o->timer, now_us + TRY_AGAIN_US);
}

static void
flush(struct outbox *o)
{
	uint32_t interest = EPOLLIN;

	while (o->out_used < o->out.n) {
		ssize_t n = send(o->watch.fd, o->out.p + o->out_used,
				 o->out.n - o->out_used, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			interest |= EPOLLOUT;
			break;
		}
		if (n < 0) {
			fail(o, SLICE("cannot write"));
			return;
		}
		o->out_used += (size_t)n;
	}
	loop_timer_set(o->server->loop, &o->timer, clock_mono_us() + ANSWER_US);
	loop_watch(o->server->loop, &o->watch, interest);
}

static void
ask(struct outbox *o, enum step step)
{
	struct letter *l = o->first;

	o->step = step;
	if (o->out_used == o->out.n) {
		sbuf_reset(&o->out);
		o->out_used = 0;
	}
	switch (step) {
	case EHLO:
		sbuf_addf(&o->out, "EHLO %s\r\n", o->server->options->hostname);
		break;
	case MAIL:
		o->sending = true;
		sbuf_addf(&o->out, "MAIL FROM:<>%s\r\n",
			  l->utf8 && o->smtputf8 ? " SMTPUTF8" : "");
		break;
	case RCPT:
		sbuf_addf(&o->out, "RCPT TO:<%s>\r\n", l->recipient);
		break;
	case DATA:
		sbuf_add_z(&o->out, "DATA\r\n");
		break;
	case CONTENT:
		sbuf_add(&o->out, sbuf_slice(&l->message));
		break;
	case QUIT:
		sbuf_add_z(&o->out, "QUIT\r\n");
		break;
	case GREETING:
	case STEPS:
	default:
		break;
	}
	flush(o);
}

static void
take_reply(struct outbox *o, struct slice reply)
{
	if (o->step == EHLO)
		o->smtputf8 = slice_find(reply, SLICE("SMTPUTF8")) >= 0;
	if (o->step == QUIT) {
		hang_up(o);
	} else if (reply_class(reply) != expected[o->step]) {
		fail(o, reply);
	} else if (o->step == CONTENT) {
		note(o, "report-sent", reply);
		drop_first(o);
		ask(o, first_is_due(o) ? MAIL : QUIT);
	} else if (o->step == EHLO && !first_is_due(o)) {
		ask(o, QUIT);
	} else {
		ask(o, (enum step)(o->step + 1));
	}
}

/* Length of the first whole reply, 0 when there is none yet. */
static size_t
reply_length(struct slice in)
{
	size_t n = 0;

	for (;;) {
		struct slice rest = slice_skip(in, n);
		ptrdiff_t end = slice_find_c(rest, '\n');

		if (end < 0)
			return 0;
		n += (size_t)end + 1;
		if (end < 4 || rest.p[3] != '-')
			return n;
	}
}

static void
outbox_ready(struct watch *w, uint32_t events)
{
	struct outbox *o = LOOP_OWNER(w, struct outbox, watch);
	char *room = sbuf_room(&o->in, 4096);
	size_t used;
	ssize_t n;

	(void)events;
	n = room ? read(w->fd, room, 4096) : 0;
	if (n < 0 && errno == EAGAIN) {
		flush(o);
		return;
	}
	if (n <= 0) {
		fail(o, SLICE("connection lost"));
		return;
	}
	o->in.n += (size_t)n;
	used = reply_length(sbuf_slice(&o->in));
	if (used) {
		/* One reply is all that was asked for. */
		take_reply(o, slice_of(o->in.p, used));
		sbuf_reset(&o->in);
	}
}

static void
dial(struct outbox *o)
{
	int fd = socket(o->to.addr.ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		fail(o, SLICE("no socket"));
		return;
	}
	o->watch.fd = fd;
	o->step = GREETING;
	o->out_used = 0;
	sbuf_reset(&o->out);
	sbuf_reset(&o->in);
	if (connect(fd, (const struct sockaddr *)&o->to.addr, o->to.addr_len) <
		0 &&
	    errno != EINPROGRESS) {
		fail(o, SLICE("cannot connect"));
		return;
	}
	loop_timer_set(o->server->loop, &o->timer, clock_mono_us() + ANSWER_US);
	loop_watch(o->server->loop, &o->watch, EPOLLIN);
}

static void
outbox_timer(struct timer *t)
{
	struct outbox *o = LOOP_OWNER(t, struct outbox, timer);

	if (o->watch.fd >= 0)
		fail(o, SLICE("no answer"));
	else
		outbox_look(o);
}

void
outbox_look(struct outbox *o)
{
	if (o->watch.fd < 0 && o->timer.place == 0 && first_is_due(o))
		dial(o);
}

struct outbox *
outbox_new(struct server *server, const struct endpoint *to)
{
	struct outbox *o = MEM_NEW(struct outbox);

	o->server = server;
	o->to = *to;
	o->watch = (struct watch){.fd = -1, .ready = outbox_ready};
	o->timer.fire = outbox_timer;
	sbuf_init(&o->in, REPLY_MAX);
	sbuf_init(&o->out, (size_t)1 << 30);
	return o;
}

void
outbox_free(struct outbox *o)
{
	if (!o)
		return;
	hang_up(o);
	while (o->first)
		drop_first(o);
	sbuf_fini(&o->in);
	sbuf_fini(&o->out);
	free(o);
}
