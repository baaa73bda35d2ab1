/*
 * Replies that go past libmicrohttpd, to the socket itself: where it has no
 * room for any, and where it is about to send one of its own twice.  The second
 * is known by its log, which it writes before: of a Content-Length that it
 * cannot read it queues a refusal, then builds what it has queued again.
 */
#include <sys/socket.h>

#include "tracker/http_private.h"

#define REPLY_MAX ((size_t)64 << 10)

static enum MHD_Result
header_put(void *cls, enum MHD_ValueKind kind, const char *name,
	   const char *value)
{
	(void)kind;
	sbuf_addf(cls, "%s: %s\r\n", name, value);
	return MHD_YES;
}

void
http_raw_send(struct http_conn *c)
{
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	struct sbuf b;

	sbuf_init(&b, REPLY_MAX);
	sbuf_addf(&b, "HTTP/1.1 %d %s\r\n", c->status,
		  MHD_get_reason_phrase_for((unsigned)c->status));
	(void)MHD_get_response_headers(c->reply, header_put, &b);
	sbuf_addf(&b, "Content-Length: %zu\r\n\r\n", c->raw_body.n);
	if (c->rq.method != HTTP_HEAD)
		sbuf_add(&b, c->raw_body);
	if (c->daemon->listen->tls && i)
		(void)gnutls_record_send(i->tls_session, b.p, b.n);
	else
		(void)send(http_link_fd(c->mhd), b.p, b.n,
			   MSG_DONTWAIT | MSG_NOSIGNAL);
	sbuf_fini(&b);
}

/* Its headers are whole, and no callback of ours has seen them. */
static bool
is_failing(const struct http_link *link)
{
	return link && link->conn && link->conn->phase == PHASE_NEW &&
	       MHD_get_connection_info(
		   link->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE) != NULL;
}

void
http_on_log(void *cls, const char *format, va_list arguments)
{
	const struct http_daemon *d = cls;
	struct http_link *link = d->loop->newest;

	(void)arguments;
	if (!strstr(format, "Content-Length"))
		return;
	if (!is_failing(link))
		for (link = d->loop->links; link && !is_failing(link);)
			link = link->next;
	if (!link)
		return;
	link->conn->raw = true;
	http_refuse_length(link->conn);
	(void)http_send(link->conn);
	/* what libmicrohttpd sends now goes nowhere */
	(void)shutdown(http_link_fd(link->mhd), SHUT_WR);
}
