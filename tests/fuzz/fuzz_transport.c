#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sbuf.h"
#include "base/thread.h"
#include "mailer/transport.h"

/*
 * A server that says what the input holds, up to each 0xff, and then listens
 * until something comes.  Whatever it says, a message is accepted only when
 * all of it and its dot were received, and refused or uncertain only when its
 * MAIL was.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char content[] = "From: a@b.example\r\nDate: x\r\n"
			      "Message-ID: <a@b>\r\n\r\n.\r\n.x\r\nend\r\n";
static const char on_the_wire[] = "From: a@b.example\r\nDate: x\r\n"
				  "Message-ID: <a@b>\r\n\r\n..\r\n..x\r\n"
				  "end\r\n.\r\n";

struct server {
	int fd;
	struct slice script;
	struct sbuf got;
};

struct batch {
	struct transport_message m[3];
	size_t at, told;
};

static bool
hear(struct server *s, int fd)
{
	char b[4096];
	ssize_t n = recv(fd, b, sizeof b, 0);

	if (n > 0)
		sbuf_add(&s->got, slice_of(b, (size_t)n));
	return n > 0;
}

static void
serve(void *arg)
{
	struct server *s = arg;
	struct slice rest = s->script;
	int fd = accept(s->fd, NULL, NULL);
	bool on = fd >= 0;

	while (on && rest.p != NULL) {
		struct slice say = slice_cut(&rest, '\xff');

		if (say.n > 0 && send(fd, say.p, say.n, MSG_NOSIGNAL) < 0)
			break;
		if (rest.p != NULL)
			on = hear(s, fd);
	}
	shutdown(fd, SHUT_WR);
	while (fd >= 0 && hear(s, fd))
		;
	close(fd);
}

static struct transport_message *
next(void *arg)
{
	struct batch *b = arg;

	return b->at < 3 ? &b->m[b->at++] : NULL;
}

static void
verdict(void *arg, struct transport_message *m)
{
	struct batch *b = arg;

	if (m != &b->m[b->told++])
		die("verdicts out of order");
}

static size_t
times(struct slice in, struct slice what)
{
	size_t n = 0;

	for (;;) {
		ptrdiff_t at = slice_find(in, what);

		if (at < 0)
			return n;
		n++;
		in = slice_skip(in, (size_t)at + what.n);
	}
}

static void
check(struct batch *b, struct slice got)
{
	size_t whole = times(got, slice_z(on_the_wire));
	size_t accepted = 0, mailed = 0;

	if (b->told != b->at)
		die("%zu given, %zu told", b->at, b->told);
	for (size_t i = 0; i < b->at; i++) {
		enum fate fate = b->m[i].outcome.fate;

		accepted += fate == FATE_ACCEPTED;
		mailed += fate != FATE_UNTRIED;
		if ((fate == FATE_ACCEPTED || fate == FATE_REFUSED) !=
		    (b->m[i].outcome.code != 0))
			die("%s by code %d", fate_name(fate),
			    b->m[i].outcome.code);
	}
	if (accepted > whole)
		die("%zu accepted, %zu received", accepted, whole);
	if (mailed < times(got, SLICE("MAIL FROM:<")))
		die("a MAIL that nobody answers for");
}

static void
listen_once(int *fd, struct sockaddr_storage *peer)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof *peer;

	*fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(*fd, (struct sockaddr *)&in, sizeof in) != 0 ||
	    listen(*fd, 8) != 0 ||
	    getsockname(*fd, (struct sockaddr *)peer, &n) != 0)
		die("cannot listen");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct transport *t;
	static struct sockaddr_storage peer;
	static int fd;
	struct server server = {.script = slice_of(data, size)};
	struct batch b = {.at = 0};
	struct transport_session s;
	struct thread thread;
	struct err e = {0};

	if (t == NULL) {
		listen_once(&fd, &peer);
		if (transport_new(NULL, &t, &e) != RC_OK)
			die("%s", e.text);
	}
	server.fd = fd;
	sbuf_init(&server.got, (size_t)1 << 20);
	transport_session_init(&s);
	s.to.peer = peer;
	s.to.host = s.to.helo = "a.example";
	s.to.reply_ms = s.to.stall_ms = s.to.final_ms = 20;
	s.to.tls = size % 2 ? TARGET_MAY : TARGET_PLAIN;
	if (size % 3 == 0) {
		s.to.user = s.to.password = "u";
		s.to.auth_in_clear = true;
	}
	s.calls.next = next;
	s.calls.verdict = verdict;
	s.calls.arg = &b;
	for (size_t i = 0; i < 3; i++) {
		transport_message_init(&b.m[i]);
		b.m[i].recipient = SLICE("c@d.example");
		b.m[i].content = slice_z(content);
	}
	thread_start(&thread, "server", serve, &server);
	if (transport_run(t, &s, &e) == RC_INVALID)
		die("%s %s", e.pointer, e.text);
	thread_join(&thread);
	check(&b, sbuf_slice(&server.got));
	for (size_t i = 0; i < 3; i++)
		transport_message_fini(&b.m[i]);
	transport_session_fini(&s);
	sbuf_fini(&server.got);
	return 0;
}
