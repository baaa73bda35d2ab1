#ifndef TRACKER_ROUTER_H
#define TRACKER_ROUTER_H

#include "base/sbuf.h"
#include "tracker/http.h"

enum http_runs {
	HTTP_LOOP,   /* in the loop: never blocks, replies or suspends */
	HTTP_JOB,    /* on a job thread: may block on reads, PDF, zip */
	HTTP_STREAM, /* body by chunks in the loop, handle() at its end */
};

/* One row of a table of routes. */
struct http_route {
	enum http_method method;
	/* Segments are literal, or "{name}" (one segment, not empty), or at
	 * the end "{name...}" (the rest, slashes included).  Literal wins. */
	const char *pattern;
	/* What a visitor has to prove, read by enter() or the handler; who
	 * cannot is counted by http_guess().  NULL: open. */
	const char *scope;
	enum http_runs runs;
	bool durable;	/* answered once its change is on disk (documented) */
	bool any_query; /* the query is not looked at, however malformed */
	bool
	    any_shape; /* what is wrongly encoded stays so; a body is dropped */
	size_t body_max; /* bytes; 0: a body is refused.  HTTP_STREAM too */
	void (*handle)(struct http_request *rq);
	/* HTTP_STREAM: takes of a chunk what it has room for and says how
	 * much; less than all only after http_suspend(), and whoever makes
	 * room calls http_finish().  Once a reply is set, the rest of the
	 * body is dropped and handle() is not called. */
	size_t (*body)(struct http_request *rq, struct slice chunk);
	const char *doc; /* one line for OpenAPI and the reference */
	/* Called in the loop when a request ends without handle() having run
	 * to its reply (peer gone): frees rq->state.  NULL: nothing to do. */
	void (*gone)(struct http_request *rq);
};

/* A table and what its handlers find in rq->owner. */
struct http_table {
	const struct http_route *routes;
	size_t n;
	void *owner;
	/* Called in the loop before the body is read (keys, rate limits): may
	 * reply, which ends the request; must not suspend.  NULL: none. */
	void (*enter)(struct http_request *rq);
	const struct http_field *reply_headers; /* on each of its replies */
	size_t reply_headers_n;
};

/* All tables of one server.  Two rows of the same method whose patterns
 * answer the same paths, or a malformed pattern, are RC_INVALID.
 * Owns: the caller, router_free(); tables outlive it. */
struct router;
enum rc router_new(const struct http_table *tables, size_t n,
		   struct router **out, struct err *e) MUST_USE;
void router_free(struct router *r);

struct router_match {
	const struct http_route *route; /* NULL: 404, or 405 with allow */
	const struct http_table *table;
	struct slice params[HTTP_PARAMS_MAX]; /* undecoded */
	size_t params_n;
	unsigned allow; /* bits 1 << enum http_method that the path answers */
};

/* Finds the row for a method and an undecoded path.  HEAD finds GET's. */
void router_find(const struct router *r, enum http_method method,
		 struct slice path, struct router_match *out);

/* "GET, HEAD, POST" for the bits, adding OPTIONS. */
void router_allow(unsigned allow, struct sbuf *out);

/* Calls fn for each row of all tables, in the order given. */
void router_each(const struct router *r,
		 void (*fn)(void *owner, const struct http_route *row),
		 void *owner);

/* "GET" and its like, for logs and Allow. */
const char *http_method_name(enum http_method m);

#endif
