#ifndef RECEIVER_LISTENER_H
#define RECEIVER_LISTENER_H

#include "tools/receiver/loop.h"
#include "tools/receiver/options.h"

struct server;

struct listener {
	const struct listen_option *option;
	struct server *server;
	struct watch watch; /* fd -1: refuses connections at present */
	struct timer pause; /* after accept() failed */
	int reserve_fd;	    /* bound, never listens: keeps the port ours */
	struct endpoint at; /* the port chosen */
	char address[64];
	int port;
};

/* Binds and listens.  Fails: RC_IO, RC_STATE (in use). */
enum rc listener_open(struct listener *l, const struct listen_option *option,
		      struct server *server, struct err *e) MUST_USE;
void listener_close(struct listener *l);

/* Stops listening, or listens again, as the rules have it now. */
void listener_look_at_rules(struct listener *l);

/* Writes "name address port" lines of all listeners, whole or not at all. */
enum rc listener_write_ports(const struct listener *l, size_t n,
			     const char *path, struct err *e) MUST_USE;

#endif
