#ifndef TRACKER_HTTP_H
#define TRACKER_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "tracker/addr.h"

/*
 * The embedded HTTP server.  A few loop threads of ours drive libmicrohttpd;
 * whoever works on a request owns it, and nobody else touches it:
 *
 *   loop    -> handler         the route runs in the loop; it replies, or
 *                              calls http_suspend() and gives it to somebody
 *   job     -> handler         on a job thread; the same two ways out
 *   anybody -> http_finish()   gives it back to its loop, which sends what
 *                              http_reply() and its kin have set
 */

struct http_route; /* tracker/router.h */

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER, /* never matches a route */
};

#define HTTP_PARAMS_MAX 4
#define HTTP_HEADERS_MAX 64
#define HTTP_TARGET_MAX 4096 /* bytes of path and query, undecoded */

struct http_field {
	struct slice name, value;
};

/* One of a const table; both are string literals. */
/* clang-format off */
#define HTTP_FIELD(name, value) \
	{{"" name, sizeof(name) - 1}, {"" value, sizeof(value) - 1}}
/* clang-format on */

/* A request.  Everything it points to lives until its reply was handed to the
 * network, unless said otherwise. */
struct http_request {
	enum http_method method; /* HTTP_HEAD stays, though GET's route runs */
	struct slice path;	 /* as sent, undecoded, without query */
	const struct http_route *route;
	void *owner; /* of the route table that matched */

	/* the {names} of the route in their order, percent-decoded, UTF-8 */
	struct slice params[HTTP_PARAMS_MAX];

	/* the query's names and values, decoded, UTF-8, without controls */
	const struct http_field *query;
	size_t query_n;

	const struct http_field *headers;
	size_t headers_n;
	struct slice body; /* whole; empty for HTTP_STREAM */

	struct addr peer;    /* after trusted_proxies */
	bool https;	     /* to the visitor: by us, or said by the proxy */
	bool by_socket;	     /* came by the Unix socket, from our own uid */
	int64_t received_us; /* clock_wall */
	int64_t deadline_us; /* clock_mono */

	struct arena arena; /* of who owns the request */
	void *state;	    /* the handler's, across suspension; NULL first */
	const void *caller; /* who asks, set by the table's enter() */

	struct http_conn *conn; /* private to tracker/http*.c */
};

/* Look-ups in a request; the empty slice with p NULL where absent.  Header
 * names are compared without case.  A query's first value of that name. */
struct slice http_header_in(const struct http_request *rq, const char *name);
struct slice http_query(const struct http_request *rq, const char *name);
struct slice http_cookie(struct http_request *rq, const char *name);

/* The value of a field of a form's body, urlencoded or multipart, decoded into
 * the arena as TARGET_TYPED; p NULL where absent or malformed. */
struct slice http_form(struct http_request *rq, const char *name);

/* Which loop serves it, 0 to loops - 1.  Thread: any. */
unsigned http_loop(const struct http_request *rq);

/* True when who asked is gone or the deadline has passed: long work may stop
 * (and must still http_finish()).  Thread: the owner's. */
bool http_gone(const struct http_request *rq);

/* Replies: by the owner; the last before http_finish() counts.  Texts are
 * copied. */

/* A reply with a body.  content_type: "" for none. */
void http_reply(struct http_request *rq, int status, const char *content_type,
		struct slice body);

/* Sends the descriptor's bytes [offset, offset + size); it is closed later. */
void http_reply_fd(struct http_request *rq, int status,
		   const char *content_type, int fd, uint64_t offset,
		   uint64_t size);

/* Adds a header to the reply made next or already set.  A value with CR, LF or
 * NUL is a bug of the caller: the reply becomes 500. */
void http_header(struct http_request *rq, const char *name, struct slice value);

/* Location and an empty body.  status: 302, 303 or 307. */
void http_redirect(struct http_request *rq, int status, struct slice to);

/* application/problem+json with errors: [{pointer, detail}].  The status by
 * e->rc: INVALID 422 (400 without a pointer), LIMIT 429, DENIED 403, STATE
 * 409, NOTFOUND 404, AGAIN and IO 503, BUG 500; AGAIN, IO and LIMIT with
 * Retry-After. */
void http_problem(struct http_request *rq, const struct err *e);

/* The same with a status given, for 401, 405, 413, 415 … */
void http_problem_status(struct http_request *rq, int status, const char *title,
			 const struct err *e);

/* http_reply() of 200 with the ETag (with its quotes), or 304 where the
 * request's If-None-Match names it.  Ref: RFC 9110, 13.1.2. */
void http_reply_cached(struct http_request *rq, const char *content_type,
		       struct slice etag, struct slice body);

#endif
