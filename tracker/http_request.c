/*
 * A request's life in its loop:
 *
 *   http_on_target   NEW      the target was read
 *   http_on_request  NEW  ->  BODY | DROP | SENT   headers judged, route found
 *                    BODY ->  WHOLE | HANDED | DROP   body read or fed on
 *                    WHOLE -> HANDED               in the next turn
 *                    HANDED -> SENT                reply set, or suspended
 *   http_on_done     its memory goes back to the loop; or does when the link
 *                    closes, where libmicrohttpd said nothing of its end
 *
 * 1. A reply that is set is queued in one place, http_send().
 * 2. While suspended it belongs to another thread; the loop alone frees it, and
 *    looks at nothing but what is marked as the loop's.
 * 3. One that is held stays until http_finish(), though its connection end; so
 *    does one that its loop answered while another thread had it.
 * 4. Of a connection that is suspended in the turn in which its request became
 *    whole libmicrohttpd holds that it still waits for bytes: it reads when
 *    resumed, and of a client that has closed its sending side it takes the
 *    end for a hang-up.  So what may be suspended is handed on a turn later.
 * 5. libmicrohttpd refuses a reply while a body arrives: a refused request's
 *    body is dropped first when small, else the connection closes.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "tracker/http_hand.h"
#include "tracker/http_private.h"
#include "tracker/target.h"

#define ARENA_MAX ((size_t)256 << 20)
#define DROP_MAX (4 << 20)
#define BODY_KEEP ((size_t)64 << 10)
#define UNUSED_MAX 512
#define GAP_MAX 256
/* Of a connection's memory: for each header, and for the longest reply's. */
#define ENTRY_BYTES 64
#define REPLY_BYTES 2560
#define REFUSAL_BYTES 1024

/* Put before a request's headers.  Of the first cookie libmicrohttpd makes a
 * copy, cut up, for which there would be no room; where there is no host it
 * answers of itself, twice. */
static const char no_cookie[] = "Cookie", no_host[] = "Host";

void
http_refusal(struct http_conn *c, int status, const struct err *e)
{
	const struct http_config *conf = &c->daemon->loop->server->c;

	if (conf->refusal)
		conf->refusal(conf->refusal_owner, &c->rq, status);
	else
		http_problem_status(&c->rq, status, NULL, e);
}

static void
refuse(struct http_conn *c, int status, const char *why)
{
	struct err e = {.rc = RC_INVALID};

	(void)err_set(&e, RC_INVALID, "%s", why);
	c->close = true;
	atomic_fetch_add_explicit(&c->daemon->loop->counters.refused, 1,
				  memory_order_relaxed);
	http_refusal(c, status, &e);
}

static struct http_conn *
conn_take(struct http_loop *l)
{
	struct http_conn *c = l->unused;

	if (c) {
		l->unused = c->next;
		l->unused_n--;
		return c;
	}
	c = MEM_NEW(struct http_conn);
	arena_init(&c->rq.arena, ARENA_MAX);
	sbuf_init(&c->body, 0);
	return c;
}

void
http_free(struct http_conn *c)
{
	struct http_loop *l = c->daemon->loop;
	struct arena arena;

	sbuf_fini(&c->body);
	if (l->unused_n >= UNUSED_MAX) {
		arena_fini(&c->rq.arena);
		free(c);
		return;
	}
	arena_reset(&c->rq.arena);
	arena = c->rq.arena;
	memset(c, 0, offsetof(struct http_conn, headers));
	memset(&c->body, 0, sizeof(*c) - offsetof(struct http_conn, body));
	c->rq.arena = arena;
	c->next = l->unused;
	l->unused = c;
	l->unused_n++;
}

void
http_discard(struct http_conn *c)
{
	sbuf_fini(&c->body);
	arena_fini(&c->rq.arena);
	free(c);
}

void *
http_on_target(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	struct http_daemon *d = cls;
	struct http_link *link = http_link_of(mhd);
	struct http_conn *c = conn_take(d->loop);
	struct slice target = slice_z(uri);

	c->rq.conn = c;
	c->daemon = d;
	c->mhd = mhd;
	c->target_n = target.n;
	c->rq.method = HTTP_OTHER; /* until its headers are there */
	c->rq.received_us = clock_wall_us();
	link->since_us = clock_mono_us();
	link->conn = c;
	link->asked = true;
	d->loop->newest = link;
	c->rq.deadline_us =
	    link->since_us +
	    d->loop->server->c.request_timeout_ms * INT64_C(1000);
	c->rq.peer = link->peer;
	c->rq.https = d->listen->tls;
	c->rq.by_socket = link->by_socket;
	/* libmicrohttpd cuts the query up in place; a copy stays whole. */
	if (target.n <= HTTP_TARGET_MAX && slice_find_c(target, '?') >= 0)
		c->target = arena_dup(&c->rq.arena, target);
	(void)MHD_set_connection_value(mhd, MHD_HEADER_KIND, no_cookie, "");
	(void)MHD_set_connection_value(mhd, MHD_HEADER_KIND, no_host, "");
	d->loop->under_way++;
	atomic_fetch_add_explicit(&d->loop->counters.requests, 1,
				  memory_order_relaxed);
	return c;
}

static enum MHD_Result
header_add(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
	   const char *value, size_t value_n)
{
	struct http_conn *c = cls;
	size_t n;

	(void)kind;
	if (name == no_cookie || name == no_host)
		return MHD_YES;
	n = c->rq.headers_n++;
	c->head_end = value + value_n;
	if (n < HTTP_HEADERS_MAX)
		c->headers[n] = (struct http_field){slice_of(name, name_n),
						    slice_of(value, value_n)};
	return MHD_YES;
}

/* libmicrohttpd ends a line at CRLF, and at a lone CR or LF too, where a proxy
 * in front may see one header.  It puts a NUL for each character of the end. */
static bool
line_ended(struct slice s)
{
	return s.p[s.n] == 0 && s.p[s.n + 1] == 0;
}

/* True when nothing but a colon, now a NUL, and white space lies between a
 * header's name and its value. */
static bool
adjoins(struct slice name, struct slice value)
{
	uintptr_t from = (uintptr_t)name.p + name.n;
	uintptr_t to = (uintptr_t)value.p;

	if (to <= from || to - from > GAP_MAX || name.p[name.n] != 0)
		return false;
	for (const char *p = name.p + name.n + 1; p < value.p; p++)
		if (*p != ' ' && *p != '\t')
			return false;
	return true;
}

/* A folded header was joined into fresh memory, a NUL has cut a value short, a
 * line ended otherwise than it should: either way the headers do not lie one
 * behind another as they came. */
static bool
head_whole(const struct http_conn *c, const char *method, const char *url,
	   const char *version)
{
	struct slice before = slice_z(version);

	if ((uintptr_t)url != (uintptr_t)method + strlen(method) + 1)
		return false; /* more than a space */
	for (size_t i = 0; i < c->rq.headers_n; i++) {
		const struct http_field *f = &c->headers[i];

		if ((uintptr_t)f->name.p !=
			(uintptr_t)before.p + before.n + 2 ||
		    !line_ended(before) || !adjoins(f->name, f->value))
			return false;
		before = f->value;
	}
	/* behind the last one the empty line has come */
	return c->rq.headers_n == 0 ||
	       (line_ended(before) &&
		line_ended(slice_of(before.p + before.n + 2, 0)));
}

/* What a reply may take of the connection's memory. */
static size_t
room_left(const struct http_conn *c, const char *method)
{
	size_t all = c->daemon->loop->server->c.connection_bytes;
	size_t entries = c->rq.headers_n + 3, used;
	struct slice rest = c->target;

	while (rest.p) {
		(void)slice_cut(&rest, '&');
		entries++;
	}
	used = entries * ENTRY_BYTES;
	if (c->head_end)
		used += (size_t)(c->head_end - method);
	return used < all ? all - used : 0;
}

/* Of the white space that HTTP knows around a value.  Ref: RFC 9110, 5.6.3. */
static struct slice
value_trim(struct slice s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = slice_skip(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static bool
shape_judge(struct http_conn *c, const char *method, const char *url,
	    const char *version)
{
	size_t room = room_left(c, method);
	const char *why;
	int status;

	/* libmicrohttpd would hang up without a word */
	c->raw = room < REFUSAL_BYTES;
	if (c->rq.headers_n > HTTP_HEADERS_MAX) {
		c->rq.headers_n = HTTP_HEADERS_MAX;
		refuse(c, 431, "too many headers");
		return false;
	}
	if (!head_whole(c, method, url, version)) {
		refuse(c, 400,
		       "a line is folded, has a NUL, or does not end in CRLF");
		return false;
	}
	if (room < REPLY_BYTES) {
		refuse(c, 431, "the headers are too large");
		return false;
	}
	for (size_t i = 0; i < c->rq.headers_n; i++)
		c->headers[i].value = value_trim(c->headers[i].value);
	status = http_guard(c->headers, c->rq.headers_n, slice_z(method),
			    slice_z(version), &c->shape, &why);
	if (!status && c->shape.chunked &&
	    c->daemon->loop->server->c.length_wanted) {
		status = 411;
		why = "Content-Length is wanted";
	}
	if (status)
		refuse(c, status, why);
	return !status;
}

static bool
target_judge(struct http_conn *c, const char *url)
{
	struct slice target = slice_z(url);

	if (c->target_n > HTTP_TARGET_MAX) {
		refuse(c, 414, "the target is too long");
		return false;
	}
	if (c->target.p)
		target = c->target;
	if (!target_split(target, &c->rq.path, &c->query)) {
		refuse(c, 400, "the target is malformed");
		return false;
	}
	return true;
}

static void
path_missing(struct http_conn *c, const struct router_match *m)
{
	struct err e = {.rc = RC_NOTFOUND};
	struct sbuf allow;

	if (!m->allow) {
		http_refusal(c, 404, &e);
		return;
	}
	sbuf_init(&allow, 128);
	router_allow(m->allow, &allow);
	http_header(&c->rq, "Allow", sbuf_slice(&allow));
	sbuf_fini(&allow);
	if (c->rq.method == HTTP_OPTIONS)
		http_reply(&c->rq, 204, "", SLICE(""));
	else
		http_refusal(c, 405, &e);
}

static bool
params_decode(struct http_conn *c, const struct router_match *m)
{
	for (size_t i = 0; i < m->params_n; i++)
		if (!target_decode(m->params[i], TARGET_LINE, &c->rq.arena,
				   &c->rq.params[i])) {
			if (!m->route->any_shape)
				return false;
			c->rq.params[i] = m->params[i];
		}
	if (c->query.n == 0 || m->route->any_query)
		return true;
	return target_fields(c->query, TARGET_LINE, &c->rq.arena, &c->rq.query,
			     &c->rq.query_n) ||
	       m->route->any_shape;
}

/* The route's, within the listener's where it is buffered. */
static size_t
body_bound(const struct http_conn *c)
{
	const struct http_route *route = c->rq.route;
	size_t most = c->daemon->loop->server->c.body_max;

	return most && route->runs != HTTP_STREAM && route->body_max > most
		   ? most
		   : route->body_max;
}

static void
body_judge(struct http_conn *c)
{
	size_t max = body_bound(c);
	struct err e = {.rc = RC_LIMIT};

	if (!c->shape.has_body)
		return;
	if (c->rq.route->any_shape ||
	    (max == 0 && c->rq.route->method == HTTP_GET)) {
		/* legal and meaningless: read and dropped */
		return;
	}
	if (max > 0 && c->shape.length <= (int64_t)max)
		return;
	(void)err_set(&e, RC_LIMIT, "the body is larger than %zu bytes", max);
	http_refusal(c, 413, &e);
}

/* Headers are there: judge, find the route, ask the table. */
static void
request_open(struct http_conn *c, const char *url, const char *method,
	     const char *version)
{
	struct router_match m;
	struct err e = {.rc = RC_INVALID};

	(void)MHD_get_connection_values_n(c->mhd, MHD_HEADER_KIND, header_add,
					  c);
	c->rq.headers = c->headers;
	c->rq.method = http_method_of(slice_z(method));
	if (!shape_judge(c, method, url, version) || !target_judge(c, url))
		return;
	http_forwarded(c->headers, c->rq.headers_n,
		       &c->daemon->loop->server->proxies, &c->rq.peer,
		       &c->rq.https);
	router_find(c->daemon->loop->server->router, c->rq.method, c->rq.path,
		    &m);
	if (!m.route) {
		path_missing(c, &m);
		return;
	}
	c->rq.route = m.route;
	c->table = m.table;
	c->rq.owner = m.table->owner;
	if (!params_decode(c, &m)) {
		(void)err_set(&e, RC_INVALID,
			      "path or query is wrongly encoded");
		http_refusal(c, 400, &e);
		return;
	}
	if (m.table->enter)
		m.table->enter(&c->rq);
	if (!c->reply)
		body_judge(c);
}

void
http_refuse_full(struct http_conn *c, int status, const char *why)
{
	struct err e = {.rc = RC_LIMIT};

	(void)err_set(&e, RC_LIMIT, "%s", why);
	http_refusal(c, status, &e);
}

void
http_refuse_length(struct http_conn *c)
{
	(void)MHD_get_connection_values_n(c->mhd, MHD_HEADER_KIND, header_add,
					  c);
	if (c->rq.headers_n > HTTP_HEADERS_MAX)
		c->rq.headers_n = HTTP_HEADERS_MAX;
	c->rq.headers = c->headers;
	refuse(c, 400, "Content-Length is malformed");
}

static void
body_take(struct http_conn *c, struct slice chunk)
{
	struct http_server *s = c->daemon->loop->server;
	size_t max = body_bound(c);

	if (max == 0)
		return;
	if (chunk.n > max - c->body.n) {
		http_refuse_full(c, 413, "the body is too large");
		return;
	}
	if (atomic_fetch_add(&s->bodies, chunk.n) + chunk.n >
	    s->c.bodies_bytes) {
		atomic_fetch_sub(&s->bodies, chunk.n);
		http_header(&c->rq, "Retry-After", SLICE("1"));
		http_refuse_full(c, 503, "too much is being received");
		return;
	}
	if (c->body.max == 0)
		sbuf_init(&c->body, max);
	sbuf_add(&c->body, chunk);
}

/* Feeds the handler of a streamed body; *n is what it left. */
static void
body_feed(struct http_conn *c, const char *data, size_t *n)
{
	size_t taken;

	if (*n > c->rq.route->body_max - c->body_seen) {
		http_refuse_full(c, 413, "the body is too large");
		*n = 0;
		return;
	}
	http_suspended = false;
	taken = c->rq.route->body(&c->rq, slice_of(data, *n));
	if (!http_suspended && !c->reply && taken < *n)
		die("route %s left bytes and did not suspend",
		    c->rq.route->pattern);
	c->body_seen += taken;
	*n = http_suspended ? *n - taken : 0;
}

static enum MHD_Result
request_body(struct http_conn *c, const char *data, size_t *n)
{
	const struct http_route *route = c->rq.route;

	if (c->reply || !route) {
		c->body_seen += *n;
		*n = 0;
		return c->body_seen > DROP_MAX + (route ? route->body_max : 0)
			   ? MHD_NO
			   : MHD_YES;
	}
	if (route->runs != HTTP_STREAM) {
		body_take(c, slice_of(data, *n));
		*n = 0;
	} else {
		body_feed(c, data, n);
	}
	return MHD_YES;
}

static enum MHD_Result
request_handle(struct http_conn *c)
{
	const struct http_route *route = c->rq.route;
	struct err e = {.rc = RC_BUG};

	c->phase = PHASE_HANDED;
	c->rq.body = sbuf_slice(&c->body);
	http_suspended = false;
	if (route->runs == HTTP_JOB)
		http_job(&c->rq, route->handle);
	else
		route->handle(&c->rq);
	if (http_suspended || c->held)
		return MHD_YES;
	if (!c->reply)
		http_refusal(c, 500, &e);
	return http_send(c);
}

static bool
may_suspend(const struct http_route *route)
{
	return route->runs != HTTP_LOOP || route->method != HTTP_GET;
}

/* A refusal before the body: a small one is dropped first.  Without a body too
 * it waits for the second call, or libmicrohttpd would disconnect. */
static enum MHD_Result
request_refused(struct http_conn *c)
{
	if (!c->close && !c->shape.expect_continue &&
	    c->shape.length <= DROP_MAX) {
		c->phase = PHASE_DROP;
		return MHD_YES;
	}
	c->close |= c->shape.has_body;
	return http_send(c);
}

enum MHD_Result
http_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
		const char *method, const char *version, const char *data,
		size_t *data_n, void **context)
{
	struct http_conn *c = *context;
	struct err e = {.rc = RC_BUG};

	(void)cls;
	(void)mhd;
	switch (c->phase) {
	case PHASE_NEW:
		request_open(c, url, method, version);
		if (c->reply)
			return request_refused(c);
		c->phase = PHASE_BODY;
		return MHD_YES;
	case PHASE_BODY:
	case PHASE_DROP:
		if (*data_n > 0)
			return request_body(c, data, data_n);
		if (c->reply)
			return http_send(c);
		if (!may_suspend(c->rq.route))
			return request_handle(c);
		c->phase = PHASE_WHOLE;
		c->daemon->loop->again = true;
		return MHD_YES;
	case PHASE_WHOLE:
		return request_handle(c);
	case PHASE_HANDED:
		if (c->held)
			return MHD_YES;
		if (!c->reply)
			http_refusal(c, 500, &e);
		return http_send(c);
	case PHASE_SENT:
		break;
	}
	return MHD_NO;
}

/* The route stands for the path: that may hold tokens. */
static void
access_log(const struct http_conn *c)
{
	LOG(HTTP_REQUEST, LOG_Z("server", c->daemon->loop->server->c.name),
	    LOG_Z("method", http_method_name(c->rq.method)),
	    LOG_Z("route", c->rq.route ? c->rq.route->pattern : "none"),
	    LOG_I("status", c->phase == PHASE_SENT ? c->status : 0),
	    LOG_I("us", clock_wall_us() - c->rq.received_us));
}

void
http_end(struct http_link *link)
{
	struct http_conn *c = link->conn;
	struct http_daemon *d = c->daemon;
	int was = WAIT_LATE;

	if (c->phase != PHASE_SENT && c->rq.route && c->rq.route->gone)
		c->rq.route->gone(&c->rq);
	if (d->loop->server->c.access_log)
		access_log(c);
	http_reply_drop(c);
	atomic_fetch_sub(&d->loop->server->bodies, c->body.n);
	link->conn = NULL;
	link->since_us = clock_mono_us();
	d->loop->under_way--;
	c->gone = true;
	if (!c->held &&
	    !atomic_compare_exchange_strong(&c->wait, &was, WAIT_ENDED))
		http_free(c);
}

void
http_on_done(void *cls, struct MHD_Connection *mhd, void **context,
	     enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)code;
	if (!*context)
		return;
	*context = NULL;
	http_end(http_link_of(mhd));
}
