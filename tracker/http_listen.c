/*
 * Listening sockets.  SO_REUSEPORT lets another process of ours share a port
 * unseen, so a port is first taken alone: who has it already makes that fail.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tracker/http_private.h"

#define BACKLOG 4096

static enum rc
socket_bind(int fd, const struct sockaddr *sa, socklen_t n, const char *what,
	    struct err *e)
{
	if (bind(fd, sa, n) == 0 && listen(fd, BACKLOG) == 0)
		return RC_OK;
	return err_errno(e, what);
}

enum rc
http_listen_unix(const char *path, int *out, struct err *e)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	enum rc rc;
	mode_t old;
	int fd;

	if (n >= sizeof(un.sun_path))
		return err_set(e, RC_INVALID,
			       "%s: a socket's path has at most"
			       " %zu bytes",
			       path, sizeof(un.sun_path) - 1);
	memcpy(un.sun_path, path, n + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(e, path);
	(void)unlink(path);
	old = umask(0177);
	rc = socket_bind(fd, (const struct sockaddr *)&un, sizeof(un), path, e);
	(void)umask(old);
	if (rc)
		(void)close(fd);
	else
		*out = fd;
	return rc;
}

static int
tcp_socket(const struct addrinfo *ai, bool share)
{
	const int one = 1;
	int fd = socket(ai->ai_family,
			ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (share)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one,
				 sizeof(one));
	return fd;
}

uint16_t
http_socket_port(int fd)
{
	struct sockaddr_storage ss = {0};
	struct sockaddr_in in;
	socklen_t n = sizeof(ss);

	/* the port is at the same place for IPv6 */
	if (getsockname(fd, (struct sockaddr *)&ss, &n) != 0)
		return 0;
	memcpy(&in, &ss, sizeof(in));
	return ntohs(in.sin_port);
}

enum rc
http_listen_tcp(const char *host, uint16_t *port, bool alone, int *out,
		struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICHOST};
	struct addrinfo *ai = NULL;
	char service[8], what[128];
	enum rc rc;
	int fd, probe = -1;

	(void)snprintf(service, sizeof(service), "%u", *port);
	(void)snprintf(what, sizeof(what), "listening on %s port %u", host,
		       *port);
	if (getaddrinfo(host, service, &hints, &ai) != 0)
		return err_set(e, RC_INVALID, "\"%s\" is not an address", host);
	if (alone && *port) {
		probe = tcp_socket(ai, false);
		rc = probe < 0 ? err_errno(e, what)
			       : socket_bind(probe, ai->ai_addr, ai->ai_addrlen,
					     what, e);
		if (probe >= 0)
			(void)close(probe);
		if (rc)
			goto out;
	}
	fd = tcp_socket(ai, true);
	if (fd < 0) {
		rc = err_errno(e, what);
		goto out;
	}
	rc = socket_bind(fd, ai->ai_addr, ai->ai_addrlen, what, e);
	if (rc) {
		(void)close(fd);
		goto out;
	}
	*port = http_socket_port(fd);
	*out = fd;
out:
	freeaddrinfo(ai);
	return rc;
}

bool
http_socket_is_at(int fd, const char *host, uint16_t port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICHOST};
	struct sockaddr_storage ss = {0};
	socklen_t n = sizeof(ss);
	struct addrinfo *ai;
	bool same;

	if ((port && http_socket_port(fd) != port) ||
	    getaddrinfo(host, NULL, &hints, &ai) != 0)
		return false;
	same = getsockname(fd, (struct sockaddr *)&ss, &n) == 0 &&
	       addr_eq(http_address_of((const struct sockaddr *)&ss),
		       http_address_of(ai->ai_addr));
	freeaddrinfo(ai);
	return same;
}
