#include "tools/receiver/listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "tools/receiver/conn.h"
#include "tools/receiver/server.h"

#define BACKLOG 1024
#define ACCEPTS 64 /* a round */
#define PAUSE_US (SECOND_US / 20)

static enum rc
bind_socket(const struct endpoint *at, int receive_buffer, int *fd,
	    struct err *e)
{
	int one = 1;

	*fd = socket(at->addr.ss_family,
		     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return err_errno(e, "socket");
	if (setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    (receive_buffer &&
	     setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
			sizeof(receive_buffer)) < 0) ||
	    bind(*fd, (const struct sockaddr *)&at->addr, at->addr_len) < 0) {
		enum rc rc = err_errno(e, "bind");

		close(*fd);
		*fd = -1;
		return rc;
	}
	return RC_OK;
}

static enum rc
begin(struct listener *l, struct err *e)
{
	int fd;

	if (bind_socket(&l->at, (int)l->server->options->receive_buffer, &fd,
			e) != RC_OK)
		return err_add(e, "%s port %d", l->address, l->port);
	if (listen(fd, BACKLOG) < 0) {
		close(fd);
		return err_errno(e, "listen");
	}
	l->watch.fd = fd;
	loop_watch(l->server->loop, &l->watch, EPOLLIN);
	return RC_OK;
}

static void
end(struct listener *l)
{
	loop_timer_clear(l->server->loop, &l->pause);
	if (l->watch.fd < 0)
		return;
	loop_unwatch(l->server->loop, &l->watch);
	close(l->watch.fd);
	l->watch.fd = -1;
}

static void
listener_paused(struct timer *t)
{
	struct listener *l = LOOP_OWNER(t, struct listener, pause);

	if (l->watch.fd >= 0)
		loop_watch(l->server->loop, &l->watch, EPOLLIN);
}

static void
listener_ready(struct watch *w, uint32_t events)
{
	struct listener *l = LOOP_OWNER(w, struct listener, watch);
	int one = 1;

	(void)events;
	server_look_at_rules(l->server);
	for (int i = 0; i < ACCEPTS && l->watch.fd >= 0; i++) {
		struct sockaddr_storage peer = {0};
		socklen_t n = sizeof(peer);
		int fd = accept4(w->fd, (struct sockaddr *)&peer, &n,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
			loop_watch(l->server->loop, w, 0);
			loop_timer_set(l->server->loop, &l->pause,
				       clock_mono_us() + PAUSE_US);
			return;
		}
		if (fd < 0)
			return;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
				 sizeof(one));
		conn_start(l->server, l, fd, &peer);
	}
}

enum rc
listener_open(struct listener *l, const struct listen_option *option,
	      struct server *server, struct err *e)
{
	*l = (struct listener){
	    .option = option,
	    .server = server,
	    .watch = {.fd = -1, .ready = listener_ready},
	    .pause = {.fire = listener_paused},
	    .reserve_fd = -1,
	    .at = option->at,
	};
	l->port = endpoint_text(&l->at.addr, l->address, sizeof(l->address));
	if (bind_socket(&option->at, 0, &l->reserve_fd, e) != RC_OK)
		return err_add(e, "%s port %d", l->address, l->port);
	if (getsockname(l->reserve_fd, (struct sockaddr *)&l->at.addr,
			&l->at.addr_len) < 0)
		return err_errno(e, "getsockname");
	l->port = endpoint_text(&l->at.addr, l->address, sizeof(l->address));
	return begin(l, e);
}

void
listener_close(struct listener *l)
{
	if (!l->server)
		return;
	end(l);
	if (l->reserve_fd >= 0)
		close(l->reserve_fd);
	l->reserve_fd = -1;
}

static void
note(struct listener *l, const char *event)
{
	struct journal *j = l->server->journal;

	journal_begin(j, event);
	journal_z(j, "listener", l->option->name);
	journal_int(j, "port", l->port);
	journal_end(j);
	(void)server_flush(l->server);
}

void
listener_look_at_rules(struct listener *l)
{
	const struct subject subject = {
	    .listener = l->option->name,
	    .port = l->port,
	    .tls = l->option->tls,
	    .now_us = clock_wall_us(),
	};
	bool refuse = rules_refuse(l->server->rules, &subject);
	struct err e;

	if (refuse && l->watch.fd >= 0) {
		end(l);
		note(l, "down");
	} else if (!refuse && l->watch.fd < 0 && begin(l, &e) == RC_OK) {
		note(l, "up");
	}
}

enum rc
listener_write_ports(const struct listener *l, size_t n, const char *path,
		     struct err *e)
{
	struct sbuf text;
	enum rc rc;

	sbuf_init(&text, 65536);
	for (size_t i = 0; i < n; i++)
		sbuf_addf(&text, "%s %s %d\n", l[i].option->name, l[i].address,
			  l[i].port);
	rc = file_write(path, sbuf_slice(&text), 0644, e);
	sbuf_fini(&text);
	return rc;
}
