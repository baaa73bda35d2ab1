#ifndef SERVER_PASS_H
#define SERVER_PASS_H

#include <stddef.h>

#include "base/err.h"
#include "tracker/http_server.h"

/*
 * Passes listening sockets from process to process over a Unix socket, so that
 * a port is never closed: who connects while nobody accepts waits.
 */
struct passed {
	int fds[HTTP_SOCKETS_MAX];
	size_t n;
};

/* Listens at the path, made anew, mode 0600.  Fails: RC_IO, RC_LIMIT. */
enum rc pass_listen(const char *path, int *out, struct err *e) MUST_USE;

/* Fails: RC_NOTFOUND (nobody listens there), RC_IO, RC_LIMIT. */
enum rc pass_connect(const char *path, int *out, struct err *e) MUST_USE;

/* Who connected; RC_AGAIN where nobody did, RC_DENIED where it is another
 * uid. */
enum rc pass_accept(int listening, int *out, struct err *e) MUST_USE;

/* Sends the sockets, which stay open here too. */
enum rc pass_send(int fd, const struct passed *p, struct err *e) MUST_USE;

/* Waits at most timeout_ms for sockets; out, which held none, owns them.
 * Fails: RC_NOTFOUND (the other end is gone), RC_AGAIN (none came), RC_IO. */
enum rc pass_take(int fd, int timeout_ms, struct passed *out,
		  struct err *e) MUST_USE;

/* Closes them here. */
void pass_drop(struct passed *p);

#endif
