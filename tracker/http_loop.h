#ifndef TRACKER_HTTP_LOOP_H
#define TRACKER_HTTP_LOOP_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "tracker/http_guard.h"
#include "tracker/http_server.h"

/* The server's state, shared by tracker/http*.c alone. */

struct http_conn;

#define HTTP_FDS_MAX (HTTP_SOCKETS_MAX + 16)

/* A connection of the network, while it is open. */
struct http_link {
	struct http_link *prev, *next;
	struct MHD_Connection *mhd;
	struct http_conn *conn; /* under way, or NULL */
	struct addr peer;
	bool by_socket;	  /* from our own uid */
	bool asked;	  /* a request has begun, ever */
	int64_t since_us; /* of the request, or of being idle; clock_mono */
};

struct http_tls;
struct limit;

/* A listener's end in one loop. */
struct http_daemon {
	struct http_loop *loop;
	struct MHD_Daemon *mhd;
	const struct http_listen *listen;
	int epoll_fd, listen_fd;
};

struct http_counters {
	_Atomic uint64_t requests, refused, limited, status[6];
};

struct http_loop {
	struct http_server *server;
	unsigned index;
	/* One thread is at the helm, one off duty (where there is a flush()),
	 * until it has ended. */
	struct latch ended;
	/* since when who is at the helm waits for flush(); 0: not so */
	_Atomic int64_t flushing_us;
	_Atomic bool flushes; /* it did, of late */
	struct bell bell;
	struct http_daemon *daemons;
	size_t daemons_n;
	/* given back by others, and by who is at the helm */
	struct http_conn *_Atomic finished;
	_Atomic unsigned finishing; /* threads that are giving one back */
	struct http_conn *ready;
	struct http_conn *unused;
	size_t unused_n, under_way;
	_Atomic size_t suspended; /* written by the loop alone */
	struct http_link *links;
	struct http_link *newest; /* that began a request, or NULL */
	int64_t swept_us;
	struct http_counters counters;
	size_t held; /* requests whose round is not yet on disk */
	/* a connection that was let in and has not begun: counted already */
	bool let_in;
	_Atomic uint16_t *let_in_of; /* by its address, or NULL */
	bool quiesced, again;
};

#define HTTP_BY_ADDRESS (1u << 14)
struct http_server {
	struct arena texts; /* copies of the configuration's */
	struct http_config c;
	struct http_listen *listen;
	uint16_t *ports;
	const struct router *router;
	struct jobs *jobs;
	struct http_proxies proxies;
	struct http_tls *tls;
	struct limit *guesses; /* NULL: no bound */
	struct http_loop *loops;
	unsigned opened;
	_Atomic unsigned held_by; /* its owner, and threads of its loops */
	_Atomic bool stopping;
	_Atomic int64_t stop_by_us;
	_Atomic size_t connections, bodies;
	uint32_t address_seed;
	/* connections by a hash of the address: an upper bound of each */
	_Atomic uint16_t by_address[HTTP_BY_ADDRESS];
	/* jobs that wait, likewise */
	_Atomic uint16_t jobs_by_address[HTTP_BY_ADDRESS];
};

/* --- http_loop.c --- */
/* Opens the loop's share of the listeners.  Fails: RC_INVALID, RC_IO. */
enum rc http_loop_open(struct http_server *s, unsigned index,
		       struct err *e) MUST_USE;
/* One that was opened; it runs until the server stops. */
void http_loop_start(struct http_loop *l);
/* Stops its daemons; nobody is at its helm any more, or ever was. */
void http_loop_end(struct http_loop *l);
void http_loop_free(struct http_loop *l);

/* --- http_server.c --- */
/* One holds the server no more; the last one frees it. */
void http_server_unref(struct http_server *s);

#endif
