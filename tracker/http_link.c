/*
 * Connections: how many, from where, and for how long.  libmicrohttpd's own
 * time-out counts from the last byte, so that a byte a second holds a
 * connection for ever; the sweep bounds the whole request.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tracker/http_private.h"

#define REPLY_MAX_US (10 * MINUTE_US)

struct addr
http_address_of(const struct sockaddr *sa)
{
	struct addr a = {{0}};

	if (sa && sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		a.b[10] = a.b[11] = 0xff;
		memcpy(a.b + 12, &in.sin_addr, 4);
	} else if (sa && sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		memcpy(a.b, &in6.sin6_addr, 16);
	}
	return a;
}

size_t
http_address_slot(const struct http_server *s, struct addr a)
{
	uint64_t h = s->address_seed ^ UINT64_C(0xcbf29ce484222325);
	size_t n = addr_is_v4(a) ? 16 : 8;

	for (size_t i = 0; i < n; i++)
		h = (h ^ a.b[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 29;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return h >> 40 & (HTTP_BY_ADDRESS - 1);
}

static _Atomic uint16_t *
address_count(struct http_server *s, struct addr a)
{
	return &s->by_address[http_address_slot(s, a)];
}

bool
http_address_exempt(const struct http_server *s, struct addr a)
{
	static const struct addr none;

	return addr_eq(a, none) ||
	       (s->proxies.trusted && addr_set_find(s->proxies.trusted, a));
}

/* False past a bound; it counts all the same. */
static bool
count_in(struct http_loop *l, struct addr a)
{
	struct http_server *s = l->server;
	bool room = atomic_fetch_add(&s->connections, 1) < s->c.connections_max;
	size_t most = s->c.connections_per_address;

	l->let_in = true;
	l->let_in_of = http_address_exempt(s, a) ? NULL : address_count(s, a);
	if (l->let_in_of && atomic_fetch_add(l->let_in_of, 1) >= most && most)
		return false;
	return room;
}

static void
count_out(struct http_loop *l)
{
	if (!l->let_in)
		return;
	l->let_in = false;
	atomic_fetch_sub(&l->server->connections, 1);
	if (l->let_in_of)
		atomic_fetch_sub(l->let_in_of, 1);
}

/* Counted before it is let in: other loops ask at the same moment. */
enum MHD_Result
http_on_accept(void *cls, const struct sockaddr *sa, socklen_t n)
{
	struct http_loop *l = ((struct http_daemon *)cls)->loop;

	(void)n;
	count_out(l); /* libmicrohttpd had no room for who was let in */
	if (count_in(l, http_address_of(sa)))
		return MHD_YES;
	count_out(l);
	return MHD_NO;
}

static bool
peer_is_us(struct MHD_Connection *mhd)
{
	struct ucred who = {0};
	socklen_t n = sizeof(who);

	return getsockopt(http_link_fd(mhd), SOL_SOCKET, SO_PEERCRED, &who,
			  &n) == 0 &&
	       who.uid == geteuid();
}

static void
link_open(struct http_daemon *d, struct MHD_Connection *mhd, void **context)
{
	struct http_loop *l = d->loop;
	struct http_link *link = MEM_NEW(struct http_link);
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	link->mhd = mhd;
	link->peer = http_address_of(i ? i->client_addr : NULL);
	link->since_us = clock_mono_us();
	link->by_socket = d->listen->socket_path && peer_is_us(mhd);
	link->next = l->links;
	if (l->links)
		l->links->prev = link;
	l->links = link;
	if (!l->let_in)
		(void)count_in(l, link->peer);
	l->let_in = false;
	*context = link;
}

static void
link_close(struct http_daemon *d, void **context)
{
	struct http_loop *l = d->loop;
	struct http_link *link = *context;

	/* libmicrohttpd hangs up without a word of the request when it has no
	 * room for a refusal of its own. */
	if (link->conn)
		http_end(link);
	if (l->newest == link)
		l->newest = NULL;
	if (link->prev)
		link->prev->next = link->next;
	else
		l->links = link->next;
	if (link->next)
		link->next->prev = link->prev;
	atomic_fetch_sub(&l->server->connections, 1);
	if (!http_address_exempt(l->server, link->peer))
		atomic_fetch_sub(address_count(l->server, link->peer), 1);
	free(link);
	*context = NULL;
}

void
http_on_link(void *cls, struct MHD_Connection *mhd, void **socket_context,
	     enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		link_open(cls, mhd, socket_context);
	else if (*socket_context)
		link_close(cls, socket_context);
}

struct http_link *
http_link_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return i->socket_context;
}

int
http_link_fd(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

	return i ? i->connect_fd : -1;
}

/* How long a connection may be as it is.  full: room is short, so those that
 * ask nothing make some for those that would. */
static int64_t
bound_of(const struct http_link *link, const struct http_config *c, bool full)
{
	int64_t request_us = c->request_timeout_ms * INT64_C(1000);

	if (!link->conn)
		return full ? SECOND_US
			    : request_us + c->idle_timeout_ms * INT64_C(1000);
	switch (link->conn->phase) {
	case PHASE_HANDED:
		return INT64_MAX; /* another's; it watches its deadline */
	case PHASE_SENT:
		return REPLY_MAX_US;
	case PHASE_BODY:
		if (link->conn->rq.route->runs == HTTP_STREAM)
			return REPLY_MAX_US;
		return request_us;
	case PHASE_NEW:
	case PHASE_WHOLE:
	case PHASE_DROP:
		break;
	}
	return request_us;
}

/* Has been answered since the last sweep, and will ask nothing more: of an end
 * that came together with the request libmicrohttpd learns nothing. */
static bool
has_left(const struct http_link *link, int64_t since_us)
{
	char byte;

	return !link->conn && link->asked && link->since_us >= since_us &&
	       recv(http_link_fd(link->mhd), &byte, 1,
		    MSG_PEEK | MSG_DONTWAIT) == 0;
}

void
http_links_sweep(struct http_loop *l)
{
	const struct http_config *c = &l->server->c;
	int64_t now_us = clock_mono_us(), last_us = l->swept_us;
	bool full;

	if (now_us - last_us < SECOND_US)
		return;
	l->swept_us = now_us;
	full =
	    atomic_load(&l->server->connections) > c->connections_max / 8 * 7;
	for (struct http_link *k = l->links; k; k = k->next) {
		if (k->conn && k->conn->phase == PHASE_HANDED)
			http_look(k->conn, now_us);
		if (now_us - k->since_us > bound_of(k, c, full) ||
		    has_left(k, last_us))
			(void)shutdown(http_link_fd(k->mhd), SHUT_RDWR);
	}
}
