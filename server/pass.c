#include "server/pass.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8

static enum rc
address_of(const char *path, struct sockaddr_un *out, struct err *e)
{
	size_t n = strlen(path);

	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n >= sizeof(out->sun_path))
		return err_set(e, RC_LIMIT,
			       "%s: a socket's path has at most %zu bytes",
			       path, sizeof(out->sun_path) - 1);
	memcpy(out->sun_path, path, n + 1);
	return RC_OK;
}

static enum rc
socket_new(const char *path, struct sockaddr_un *to, int *fd, struct err *e)
{
	enum rc rc = address_of(path, to, e);

	if (rc != RC_OK)
		return rc;
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	return *fd < 0 ? err_errno(e, path) : RC_OK;
}

enum rc
pass_listen(const char *path, int *out, struct err *e)
{
	struct sockaddr_un at;
	mode_t old;
	int fd;
	enum rc rc = socket_new(path, &at, &fd, e);

	if (rc != RC_OK)
		return rc;
	(void)unlink(path);
	old = umask(0177);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		rc = err_errno(e, path);
	(void)umask(old);
	if (rc != RC_OK)
		(void)close(fd);
	else
		*out = fd;
	return rc;
}

enum rc
pass_connect(const char *path, int *out, struct err *e)
{
	struct sockaddr_un to;
	int fd;
	enum rc rc = socket_new(path, &to, &fd, e);

	if (rc != RC_OK)
		return rc;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
		*out = fd;
		return RC_OK;
	}
	if (errno == ENOENT || errno == ECONNREFUSED)
		rc = err_set(e, RC_NOTFOUND, "nobody stands by");
	else
		rc = err_errno(e, path);
	(void)close(fd);
	return rc;
}

enum rc
pass_accept(int listening, int *out, struct err *e)
{
	struct pollfd p = {listening, POLLIN, 0};
	struct ucred who = {0};
	socklen_t n = sizeof(who);
	int fd;

	if (poll(&p, 1, 0) <= 0)
		return err_set(e, RC_AGAIN, "nobody connected");
	fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return err_errno(e, "standing by");
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 ||
	    who.uid != geteuid()) {
		(void)close(fd);
		return err_set(e, RC_DENIED, "another user's process");
	}
	*out = fd;
	return RC_OK;
}

enum rc
pass_send(int fd, const struct passed *p, struct err *e)
{
	union {
		char bytes[CMSG_SPACE(sizeof(p->fds))];
		struct cmsghdr align;
	} control = {.bytes = {0}};
	char word = 's';
	struct iovec data = {&word, 1};
	struct msghdr m = {.msg_iov = &data, .msg_iovlen = 1};
	size_t bytes = p->n * sizeof(p->fds[0]);

	if (p->n > 0) {
		struct cmsghdr *c = &control.align;

		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(bytes);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(c), p->fds, bytes);
	}
	if (sendmsg(fd, &m, MSG_NOSIGNAL) != 1)
		return err_errno(e, "passing sockets");
	return RC_OK;
}

static void
fds_take(struct msghdr *m, struct passed *out)
{
	out->n = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
	     c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		out->n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(out->fds[0]);
		memcpy(out->fds, CMSG_DATA(c), out->n * sizeof(out->fds[0]));
	}
}

enum rc
pass_take(int fd, int timeout_ms, struct passed *out, struct err *e)
{
	union {
		char bytes[CMSG_SPACE(sizeof(out->fds))];
		struct cmsghdr align;
	} control;
	char word;
	struct iovec data = {&word, 1};
	struct msghdr m = {.msg_iov = &data,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	struct pollfd p = {fd, POLLIN, 0};
	ssize_t n;

	out->n = 0;
	if (poll(&p, 1, timeout_ms) <= 0)
		return err_set(e, RC_AGAIN, "no sockets came");
	n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return err_set(e, RC_NOTFOUND, "the other end is gone");
	if (n < 0)
		return err_errno(e, "passing sockets");
	fds_take(&m, out);
	return RC_OK;
}

void
pass_drop(struct passed *p)
{
	for (size_t i = 0; i < p->n; i++)
		(void)close(p->fds[i]);
	p->n = 0;
}
