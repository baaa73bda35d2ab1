#ifndef TRACKER_HTTP_PRIVATE_H
#define TRACKER_HTTP_PRIVATE_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "tracker/http_guard.h"
#include "tracker/http_server.h"

enum http_phase {
	PHASE_NEW,    /* its headers were read */
	PHASE_BODY,   /* its body arrives */
	PHASE_DROP,   /* refused; the rest of a small body is dropped */
	PHASE_HANDED, /* the handler was called */
	PHASE_SENT,   /* its reply was queued */
};

/* A header of a reply to come; in the request's arena. */
struct http_extra {
	const char *name, *value;
	struct http_extra *next;
};

struct http_conn {
	struct http_request rq;
	struct http_daemon *daemon;
	struct MHD_Connection *mhd;
	enum http_phase phase;
	struct http_shape shape;
	const struct http_table *table;
	size_t target_n;
	struct slice target; /* a copy, where it has a query */
	struct slice query;
	size_t body_seen; /* streamed or dropped; the loop's */
	struct http_field headers[HTTP_HEADERS_MAX];
	struct sbuf body;
	void (*job)(struct http_request *);
	void (*then)(struct http_request *, void *arg); /* in the loop */
	void *then_arg;
	/* the reply */
	struct MHD_Response *reply;
	bool canned, close;
	bool held; /* the loop's: to be looked at again in the next turn */
	int status;
	struct http_extra *extra;
	struct http_conn *next; /* of the ready list, or of free ones */
};

/* A connection of the network, while it is open. */
struct http_link {
	struct http_link *prev, *next;
	struct MHD_Connection *mhd;
	struct http_conn *conn; /* under way, or NULL */
	struct addr peer;
	bool by_socket;	  /* from our own uid */
	int64_t since_us; /* of the request, or of being idle; clock_mono */
};

struct http_tls;

/* A listener's end in one loop. */
struct http_daemon {
	struct http_loop *loop;
	struct MHD_Daemon *mhd;
	const struct http_listen *listen;
	int epoll_fd, listen_fd;
};

struct http_counters {
	_Atomic uint64_t requests, refused, status[6];
};

struct http_loop {
	struct http_server *server;
	unsigned index;
	struct thread thread;
	struct bell bell;
	struct http_daemon *daemons;
	size_t daemons_n;
	/* given back by others, and by this thread itself */
	struct http_conn *_Atomic finished;
	_Atomic unsigned finishing; /* threads that are giving one back */
	struct http_conn *ready;
	struct http_conn *unused;
	size_t unused_n, under_way;
	_Atomic size_t suspended; /* written by the loop alone */
	struct http_link *links;
	int64_t swept_us;
	struct http_counters counters;
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
	struct addr_set *trusted;
	struct http_tls *tls;
	struct http_loop *loops;
	unsigned opened, started;
	_Atomic bool stopping;
	_Atomic int64_t stop_by_us;
	_Atomic size_t connections, bodies;
	uint32_t address_seed;
	/* connections by a hash of the address: an upper bound of each */
	_Atomic uint16_t by_address[HTTP_BY_ADDRESS];
};

extern _Thread_local struct http_loop *http_loop_self; /* or NULL */

/* --- http_request.c: libmicrohttpd's callbacks; cls is a http_daemon --- */
void *http_on_target(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd,
				const char *url, const char *method,
				const char *version, const char *data,
				size_t *data_n, void **context);
void http_on_done(void *cls, struct MHD_Connection *mhd, void **context,
		  enum MHD_RequestTerminationCode code);

/* --- http_link.c: connections, their bounds and their deadlines --- */
enum MHD_Result http_on_accept(void *cls, const struct sockaddr *sa,
			       socklen_t n);
void http_on_link(void *cls, struct MHD_Connection *mhd, void **socket_context,
		  enum MHD_ConnectionNotificationCode code);
struct http_link *http_link_of(struct MHD_Connection *mhd);
int http_link_fd(struct MHD_Connection *mhd);
void http_links_sweep(struct http_loop *l);

/* --- http_reply.c --- */
/* Queues the reply that was set; its bytes are libmicrohttpd's then. */
enum MHD_Result http_send(struct http_conn *c);
void http_reply_drop(struct http_conn *c);

/* --- http_tls.c --- */
enum rc http_tls_new(const char *certificate, const char *key,
		     struct http_tls **out, struct err *e) MUST_USE;
enum rc http_tls_load(struct http_tls *t, struct err *e) MUST_USE;
void http_tls_free(struct http_tls *t);
/* For MHD_OPTION_HTTPS_CERT_CALLBACK. */
gnutls_certificate_retrieve_function2 *http_tls_callback(void);
extern const char http_tls_priorities[];

#endif
