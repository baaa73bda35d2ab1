#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "tracker/http_canned.h"
#include "tracker/http_private.h"

/* Connections past these are not kept alive: one that has served a request
 * holds all of its memory, one that waits for its first hardly any. */
#define KEPT_MAX 4096

struct http_canned {
	struct MHD_Response *response, *closing;
	int status;
};

void
http_reply_drop(struct http_conn *c)
{
	if (c->reply && !c->canned)
		MHD_destroy_response(c->reply);
	c->reply = NULL;
	c->canned = false;
}

static void
fields_add(struct MHD_Response *r, const struct http_field *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!MHD_get_response_header(r, f[i].name.p))
			(void)MHD_add_response_header(r, f[i].name.p,
						      f[i].value.p);
}

static void
reply_set(struct http_conn *c, int status, struct MHD_Response *r)
{
	http_reply_drop(c);
	c->reply = r;
	c->status = status;
	for (struct http_extra *x = c->extra; x; x = x->next)
		(void)MHD_add_response_header(r, x->name, x->value);
	c->extra = NULL;
}

static struct MHD_Response *
response_of(struct slice body, enum MHD_ResponseMemoryMode mode)
{
	union {
		const char *in;
		void *out;
	} p = {.in = body.n ? body.p : ""};
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(body.n, p.out, mode);

	if (!r)
		die("out of memory (a reply of %zu bytes)", body.n);
	return r;
}

void
http_reply(struct http_request *rq, int status, const char *content_type,
	   struct slice body)
{
	struct MHD_Response *r = response_of(body, MHD_RESPMEM_MUST_COPY);

	if (content_type[0])
		(void)MHD_add_response_header(r, "Content-Type", content_type);
	reply_set(rq->conn, status, r);
	if (rq->conn->raw)
		rq->conn->raw_body = arena_dup(&rq->arena, body);
}

void
http_reply_fd(struct http_request *rq, int status, const char *content_type,
	      int fd, uint64_t offset, uint64_t size)
{
	struct MHD_Response *r =
	    MHD_create_response_from_fd_at_offset64(size, fd, offset);

	if (!r)
		die("out of memory (a reply)");
	if (content_type[0])
		(void)MHD_add_response_header(r, "Content-Type", content_type);
	reply_set(rq->conn, status, r);
}

void
http_header(struct http_request *rq, const char *name, struct slice value)
{
	struct http_conn *c = rq->conn;
	struct http_extra *x;

	if (slice_has_control(value)) {
		struct err e = {.rc = RC_BUG};

		(void)err_set(&e, RC_BUG, "a reply's header was malformed");
		http_problem(rq, &e);
		return;
	}
	if (c->reply && !c->canned) {
		(void)MHD_add_response_header(c->reply, name,
					      arena_z(&rq->arena, value));
		return;
	}
	x = ARENA_NEW(&rq->arena, struct http_extra);
	x->name = arena_z(&rq->arena, slice_z(name));
	x->value = arena_z(&rq->arena, value);
	x->next = c->extra;
	c->extra = x;
}

void
http_redirect(struct http_request *rq, int status, struct slice to)
{
	http_reply(rq, status, "", SLICE(""));
	http_header(rq, "Location", to);
}

struct status_row {
	enum rc rc;
	int status;
	const char *title;
	bool retry;
};

static const struct status_row status_rows[] = {
    {RC_INVALID, 422, "A value was refused", false},
    {RC_LIMIT, 429, "A bound was met", true},
    {RC_DENIED, 403, "Not allowed", false},
    {RC_STATE, 409, "The state of things forbids it", false},
    {RC_NOTFOUND, 404, "Not found", false},
    {RC_AGAIN, 503, "Not now", true},
    {RC_IO, 503, "Not now", true},
    {RC_BUG, 500, "An error of the server", false},
};

static const struct {
	int status;
	const char *title;
} titles[] = {
    {400, "Malformed request"},
    {401, "Not authenticated"},
    {403, "Not allowed"},
    {404, "Not found"},
    {405, "Method not allowed"},
    {409, "The state of things forbids it"},
    {411, "Length required"},
    {413, "Body too large"},
    {414, "Target too long"},
    {415, "Content type refused"},
    {417, "Expectation refused"},
    {422, "A value was refused"},
    {429, "A bound was met"},
    {431, "Too many headers"},
    {500, "An error of the server"},
    {503, "Not now"},
    {505, "HTTP version refused"},
};

static const char *
title_of(int status)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Refused";
}

void
http_problem_status(struct http_request *rq, int status, const char *title,
		    const struct err *e)
{
	struct sbuf b;

	sbuf_init(&b, 16 << 10);
	sbuf_addf(&b,
		  "{\"type\":\"about:blank\",\"status\":%d,\"title\":", status);
	sbuf_add_json(&b, slice_z(title ? title : title_of(status)));
	if (e && e->text[0] && e->rc != RC_BUG) {
		sbuf_add_z(&b, ",\"detail\":");
		sbuf_add_json(&b, slice_z(e->text));
	}
	if (e && e->pointer[0]) {
		sbuf_add_z(&b, ",\"errors\":[{\"pointer\":");
		sbuf_add_json(&b, slice_z(e->pointer));
		sbuf_add_z(&b, ",\"detail\":");
		sbuf_add_json(&b, slice_z(e->text));
		sbuf_add_z(&b, "}]");
	}
	sbuf_add_z(&b, "}\n");
	http_reply(rq, status, "application/problem+json", sbuf_slice(&b));
	sbuf_fini(&b);
}

void
http_problem(struct http_request *rq, const struct err *e)
{
	static const struct status_row bug = {RC_BUG, 500, NULL, false};
	const struct status_row *row = &bug;
	int status;

	for (size_t i = 0; i < sizeof(status_rows) / sizeof(status_rows[0]);
	     i++)
		if (status_rows[i].rc == e->rc)
			row = &status_rows[i];
	status = row->status;
	if (e->rc == RC_INVALID && !e->pointer[0])
		status = 400;
	http_problem_status(rq, status, status == 400 ? NULL : row->title, e);
	if (row->retry)
		http_header(rq, "Retry-After", SLICE("2"));
}

static bool
etag_named(struct slice list, struct slice etag)
{
	while (list.p) {
		struct slice one = slice_trim(slice_cut(&list, ','));

		if (slice_starts(one, SLICE("W/")))
			one = slice_skip(one, 2);
		if (slice_eq(one, etag) || slice_eq(one, SLICE("*")))
			return true;
	}
	return false;
}

void
http_reply_cached(struct http_request *rq, const char *content_type,
		  struct slice etag, struct slice body)
{
	/* with the body too, of which libmicrohttpd sends the length alone */
	bool seen = etag_named(http_header_in(rq, "If-None-Match"), etag);

	http_reply(rq, seen ? 304 : 200, content_type, body);
	http_header(rq, "ETag", etag);
}

static struct MHD_Response *
response_canned(const char *content_type, const struct http_field *headers,
		size_t n, struct slice content)
{
	struct MHD_Response *r = response_of(content, MHD_RESPMEM_PERSISTENT);

	if (content_type[0])
		(void)MHD_add_response_header(r, "Content-Type", content_type);
	fields_add(r, headers, n);
	return r;
}

struct http_canned *
http_canned_new(int status, const char *content_type,
		const struct http_field *headers, size_t n,
		struct slice content)
{
	struct http_canned *c = MEM_NEW(struct http_canned);

	c->status = status;
	c->response = response_canned(content_type, headers, n, content);
	c->closing = response_canned(content_type, headers, n, content);
	(void)MHD_add_response_header(c->closing, "Connection", "close");
	return c;
}

void
http_canned_free(struct http_canned *c)
{
	if (!c)
		return;
	MHD_destroy_response(c->response);
	MHD_destroy_response(c->closing);
	free(c);
}

static bool
closes(const struct http_conn *c)
{
	const struct http_server *s = c->daemon->loop->server;

	return c->close ||
	       atomic_load_explicit(&s->stopping, memory_order_relaxed) ||
	       atomic_load_explicit(&s->connections, memory_order_relaxed) >
		   KEPT_MAX;
}

void
http_reply_canned(struct http_request *rq, const struct http_canned *canned)
{
	struct http_conn *c = rq->conn;

	http_reply_drop(c);
	c->reply = closes(c) ? canned->closing : canned->response;
	c->status = canned->status;
	c->canned = true;
}

enum MHD_Result
http_send(struct http_conn *c)
{
	struct http_loop *l = c->daemon->loop;
	const struct http_config *conf = &l->server->c;
	enum MHD_Result done;

	if (!c->canned) {
		if (c->table)
			fields_add(c->reply, c->table->reply_headers,
				   c->table->reply_headers_n);
		fields_add(c->reply, conf->reply_headers,
			   conf->reply_headers_n);
		if (closes(c))
			(void)MHD_add_response_header(c->reply, "Connection",
						      "close");
	}
	c->phase = PHASE_SENT;
	atomic_fetch_add_explicit(&l->counters.status[c->status / 100 % 6], 1,
				  memory_order_relaxed);
	if (c->raw) {
		http_raw_send(c);
		http_reply_drop(c);
		return MHD_NO;
	}
	done = MHD_queue_response(c->mhd, (unsigned)c->status, c->reply);
	http_reply_drop(c);
	return done;
}
