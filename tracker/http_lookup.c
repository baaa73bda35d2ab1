#include <poll.h>

#include "base/clock.h"
#include "tracker/http_private.h"
#include "tracker/multipart.h"
#include "tracker/target.h"

bool
http_gone(const struct http_request *rq)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(
	    rq->conn->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd p = {.events = POLLRDHUP};

	if (clock_mono_us() > rq->deadline_us)
		return true;
	if (!i)
		return true;
	p.fd = i->connect_fd;
	return poll(&p, 1, 0) == 1 &&
	       (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

unsigned
http_loop(const struct http_request *rq)
{
	return rq->conn->daemon->loop->index;
}

struct slice
http_header_in(const struct http_request *rq, const char *name)
{
	struct slice want = slice_z(name);

	for (size_t i = 0; i < rq->headers_n; i++)
		if (rq->headers[i].name.n == want.n &&
		    slice_ieq(rq->headers[i].name, want))
			return rq->headers[i].value;
	return (struct slice){NULL, 0};
}

struct slice
http_query(const struct http_request *rq, const char *name)
{
	for (size_t i = 0; i < rq->query_n; i++)
		if (slice_eq_z(rq->query[i].name, name))
			return rq->query[i].value;
	return (struct slice){NULL, 0};
}

struct slice
http_form(struct http_request *rq, const char *name)
{
	const struct http_field *f;
	struct slice all = http_header_in(rq, "Content-Type"), rest = all;
	struct slice type = slice_trim(slice_cut(&rest, ';'));
	size_t n;

	if (slice_ieq(type, SLICE("multipart/form-data"))) {
		all = multipart_field(rq->body, all, slice_z(name));
		return all.p ? target_mended(all, &rq->arena) : all;
	}
	if (!slice_ieq(type, SLICE("application/x-www-form-urlencoded")) ||
	    !target_fields(rq->body, TARGET_TYPED, &rq->arena, &f, &n))
		return (struct slice){NULL, 0};
	for (size_t i = 0; i < n; i++)
		if (slice_eq_z(f[i].name, name))
			return f[i].value;
	return (struct slice){NULL, 0};
}

struct slice
http_cookie(struct http_request *rq, const char *name)
{
	for (size_t i = 0; i < rq->headers_n; i++) {
		struct slice rest = rq->headers[i].value;

		if (!slice_ieq(rq->headers[i].name, SLICE("Cookie")))
			continue;
		while (rest.p) {
			struct slice value = slice_cut(&rest, ';');
			struct slice key = slice_trim(slice_cut(&value, '='));

			if (value.p && slice_eq_z(key, name))
				return slice_trim(value);
		}
	}
	return (struct slice){NULL, 0};
}
