#ifndef TRACKER_HTTP_PRIVATE_H
#define TRACKER_HTTP_PRIVATE_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "tracker/http_guard.h"
#include "tracker/http_loop.h"

enum http_phase {
	PHASE_NEW,    /* its headers were read */
	PHASE_BODY,   /* its body arrives */
	PHASE_DROP,   /* refused; the rest of a small body is dropped */
	PHASE_WHOLE,  /* it is there; handed on in the next turn */
	PHASE_HANDED, /* the handler was called */
	PHASE_SENT,   /* its reply was queued */
};

/* Who answers a request that another thread has, and who frees it. */
enum http_wait {
	WAIT_NONE,    /* it is answered when it is given back */
	WAIT_OPEN,    /* or before that, by its loop */
	WAIT_CLAIMED, /* no more */
	WAIT_LATE,    /* its loop has answered it; both still have it */
	WAIT_ENDED,   /* the other alone has it */
	WAIT_BACK,    /* its loop alone has it */
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
	const char *head_end; /* behind the last header */
	struct slice target;  /* a copy, where it has a query */
	struct slice query;
	size_t body_seen; /* streamed or dropped; the loop's */
	struct http_field headers[HTTP_HEADERS_MAX];
	struct sbuf body;
	void (*job)(struct http_request *);
	void (*then)(struct http_request *, void *arg); /* in the loop */
	void *then_arg;
	_Atomic int wait;      /* enum http_wait */
	int64_t wait_until_us; /* while that is WAIT_OPEN */
	void (*late)(struct http_request *);
	/* the reply */
	struct MHD_Response *reply;
	bool canned, close;
	bool raw; /* its reply goes past libmicrohttpd: http_raw.c */
	struct slice raw_body;
	bool held; /* the loop's: to be looked at again in the next turn */
	bool gone; /* while it was held; http_finish() frees it */
	int status;
	struct http_extra *extra;
	struct http_conn *next; /* of the ready list, or of free ones */
};

extern _Thread_local struct http_loop *http_loop_self; /* or NULL */
/* Set when a handler has given its request away. */
extern _Thread_local bool http_suspended;

/* --- http_request.c: libmicrohttpd's callbacks; cls is a http_daemon --- */
void *http_on_target(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd,
				const char *url, const char *method,
				const char *version, const char *data,
				size_t *data_n, void **context);
/* Ends the request that is under way on a link. */
void http_end(struct http_link *link);
/* Gives a request's memory back to its loop. */
void http_free(struct http_conn *c);
/* The same from a thread that alone still has it. */
void http_discard(struct http_conn *c);
void http_on_done(void *cls, struct MHD_Connection *mhd, void **context,
		  enum MHD_RequestTerminationCode code);

/* Sets the reply to what no route answers: the listener's page, else a problem
 * that says why. */
void http_refusal(struct http_conn *c, int status, const struct err *e);
/* 413, 429 or 503, saying why. */
void http_refuse_full(struct http_conn *c, int status, const char *why);
/* Refuses one whose Content-Length libmicrohttpd cannot read. */
void http_refuse_length(struct http_conn *c);

/* --- http_hand.c --- */
/* Answers a request that is out for longer than it may be.  Thread: its
 * loop's. */
void http_look(struct http_conn *c, int64_t now_us);

/* --- http_raw.c --- */
/* Sends the reply that was set, for a request that is raw. */
void http_raw_send(struct http_conn *c);
/* For MHD_OPTION_EXTERNAL_LOGGER; cls is a http_daemon. */
void http_on_log(void *cls, const char *format, va_list arguments) PRINTF(2, 0);

/* --- http_link.c: connections, their bounds and their deadlines --- */
/* The place of counts that an address shares with few others, below
 * HTTP_BY_ADDRESS; a network of 64 bits is one visitor. */
size_t http_address_slot(const struct http_server *s, struct addr a);
/* None, or a proxy's: many visitors'. */
bool http_address_exempt(const struct http_server *s, struct addr a);
struct addr http_address_of(const struct sockaddr *sa);
enum MHD_Result http_on_accept(void *cls, const struct sockaddr *sa,
			       socklen_t n);
void http_on_link(void *cls, struct MHD_Connection *mhd, void **socket_context,
		  enum MHD_ConnectionNotificationCode code);
struct http_link *http_link_of(struct MHD_Connection *mhd);
int http_link_fd(struct MHD_Connection *mhd);
void http_links_sweep(struct http_loop *l);

/* --- http_listen.c --- */
enum rc http_listen_unix(const char *path, int *out, struct err *e) MUST_USE;
/* *port 0 becomes the one that was got.  alone: nobody else may have it. */
enum rc http_listen_tcp(const char *host, uint16_t *port, bool alone, int *out,
			struct err *e) MUST_USE;

/* --- http_reply.c --- */
/* Queues the reply that was set; its bytes are libmicrohttpd's then. */
enum MHD_Result http_send(struct http_conn *c);
void http_reply_drop(struct http_conn *c);

/* --- http_tls.c --- */
struct http_tls *http_tls_new(struct http_pair *p);
void http_tls_show(struct http_tls *t, struct http_pair *p);
void http_tls_free(struct http_tls *t);
/* For MHD_OPTION_HTTPS_CERT_CALLBACK. */
gnutls_certificate_retrieve_function2 *http_tls_callback(void);
extern const char http_tls_priorities[];

#endif
