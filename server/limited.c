/*
 * 1. The limited server holds no lock of the state directory, as a redirect
 *    role; the whole one takes it when it starts.
 * 2. The limited server serves links until the whole one does, on sockets that
 *    both hold.
 */
#include "server/limited.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/listeners.h"
#include "server/standby.h"

#define ROOM_BYTES (4 << 20)
#define LOOK_US (2 * SECOND_US)
#define GRACE_MS 5000

struct limited {
	struct server server;
	struct serve_options o;
	const struct serve_options *whole;
	int64_t looked_us;
};

static bool
is_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* True too where that cannot be told. */
static bool
has_room(const struct serve_options *o)
{
	char path[STATE_PATH_MAX];
	int fd, error = 0;

	if (state_path(o->state, STATE_ROOM, path, NULL) != RC_OK)
		return true;
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return !is_full(errno);
	error = posix_fallocate(fd, 0, ROOM_BYTES);
	(void)close(fd);
	(void)unlink(path);
	return !is_full(error);
}

bool
limited_fits(const struct serve_options *o, enum rc rc)
{
	return (rc == RC_IO || rc == RC_AGAIN) && !o->redirect && !o->quiet &&
	       o->clock == NULL && !has_room(o);
}

enum rc
limited_start(const struct serve_options *o, const struct err *why,
	      struct limited **out, struct err *e)
{
	struct limited *l = MEM_NEW(struct limited);
	struct err said = *why;
	enum rc rc;

	l->whole = o;
	l->o = *o;
	l->o.limited = true;
	l->server.o = &l->o;
	l->looked_us = clock_mono_us();
	rc = parts_start(&l->server, e);
	if (rc != RC_OK) {
		limited_free(l);
		return rc;
	}
	LOG(SERVER_LIMITED, LOG_Z("state", o->state), LOG_ERR(&said));
	*out = l;
	return RC_OK;
}

struct server *
limited_server(struct limited *l)
{
	return &l->server;
}

static void
private_again(struct server *s)
{
	struct err e = {0};

	if (listeners_start_private(s, &e) != RC_OK)
		LOG(SERVER_LIMITED, LOG_Z("state", s->o->state), LOG_ERR(&e));
}

bool
limited_leave(struct limited *l, struct server *s)
{
	struct err e = {0};
	int64_t now_us = clock_mono_us();

	if (now_us - l->looked_us < LOOK_US)
		return false;
	l->looked_us = now_us;
	if (!has_room(l->whole))
		return false;
	*s = (struct server){.o = l->whole};
	standby_share(&l->server, &s->standby.sockets);
	listeners_end_private(&l->server, GRACE_MS);
	if (parts_start(s, &e) == RC_OK) {
		LOG(SERVER_WHOLE, LOG_Z("state", l->o.state));
		return true;
	}
	parts_stop(s);
	pass_drop(&s->standby.sockets);
	LOG(SERVER_LIMITED, LOG_Z("state", l->o.state), LOG_ERR(&e));
	private_again(&l->server);
	l->looked_us = clock_mono_us();
	return false;
}

void
limited_free(struct limited *l)
{
	parts_stop(&l->server);
	free(l);
}

static void
handle_alive(struct http_request *rq)
{
	http_reply(rq, 200, "text/plain; charset=utf-8", SLICE("limited\n"));
}

static void
handle_later(struct http_request *rq)
{
	struct err e = {0};

	(void)err_set(&e, RC_AGAIN,
		      "the disk is full: links lead on, all else waits for "
		      "room");
	http_problem(rq, &e);
}

/* Before the body, which nobody reads. */
static void
enter(struct http_request *rq)
{
	if (rq->route->handle == handle_later)
		handle_later(rq);
}

/* clang-format off */
#define LATER(verb) \
	{.method = (verb), .pattern = "/{path...}", .any_query = true, \
	 .any_shape = true, .handle = handle_later, .doc = "Not now"}
/* clang-format on */

static const struct http_route routes[] = {
    {.method = HTTP_GET,
     .pattern = "/healthz",
     .any_query = true,
     .handle = handle_alive,
     .doc = "The process lives"},
    LATER(HTTP_GET),
    LATER(HTTP_POST),
    LATER(HTTP_PUT),
    LATER(HTTP_DELETE),
};

struct http_table
limited_table(void)
{
	return (struct http_table){
	    .routes = routes,
	    .n = sizeof(routes) / sizeof(routes[0]),
	    .enter = enter,
	};
}
