#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/codec.h"
#include "tracker/hits.h"
#include "tracker/http_server.h"
#include "tracker/target.h"

/* The whole way of a request: bytes as a stranger sends them go to a real
 * server, and what its handlers see holds what they were promised. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATIENCE_MS 2
#define DESTINATION "https://pay.example/1042"

static char socket_path[64];
static struct http_table tables[2];
static struct sbuf link_path;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
handle(struct http_request *rq)
{
	struct sbuf b;

	for (size_t i = 0; i < HTTP_PARAMS_MAX; i++)
		must(!slice_has_control(rq->params[i]) &&
		     slice_utf8(rq->params[i]));
	for (size_t i = 0; i < rq->query_n; i++)
		must(slice_utf8(rq->query[i].value) &&
		     !slice_has_control(rq->query[i].name));
	for (size_t i = 0; i < rq->headers_n; i++)
		must(rq->headers[i].name.n > 0 &&
		     slice_find_c(rq->headers[i].value, '\n') < 0);
	must(rq->body.n <= 1000);
	sbuf_init(&b, 16 << 10);
	sbuf_add_json(&b, http_form(rq, "a"));
	sbuf_add_json(&b, http_cookie(rq, "a"));
	sbuf_add_json(&b, http_query(rq, "a"));
	http_reply_cached(rq, "application/json", SLICE("\"1\""),
			  sbuf_slice(&b));
	sbuf_fini(&b);
}

static size_t
body(struct http_request *rq, struct slice chunk)
{
	(void)rq;
	return chunk.n;
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/", .handle = handle},
    {.method = HTTP_GET, .pattern = "/a/{b}", .handle = handle},
    {.method = HTTP_PUT,
     .pattern = "/a/{b}",
     .body_max = 1000,
     .handle = handle},
    {.method = HTTP_POST, .pattern = "/a", .body_max = 1000, .handle = handle},
    {.method = HTTP_POST,
     .pattern = "/s",
     .runs = HTTP_STREAM,
     .body_max = 5000,
     .handle = handle,
     .body = body},
    {.method = HTTP_GET, .pattern = "/f/{rest...}", .handle = handle},
};

static struct keyring *
keys_make(const char *dir)
{
	struct keyring *k = NULL;
	char path[64];
	uint32_t id = 0;

	must(keyring_create(dir, 1, &id, NULL) == RC_OK);
	must(keyring_load(dir, &k, NULL) == RC_OK);
	(void)snprintf(path, sizeof(path), "%s/keys/token-%08x", dir, id);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/keys", dir);
	(void)rmdir(path);
	sbuf_init(&link_path, 4096);
	sbuf_add_z(&link_path, "/c/");
	token_add(&link_path, keyring_active(k, 1), TOKEN_CLICK,
		  (struct ref){{1}}, 1, SLICE(DESTINATION));
	sbuf_add_c(&link_path, '/');
	base64url_encode(SLICE(DESTINATION), &link_path);
	return k;
}

static void
socket_remove(void)
{
	(void)unlink(socket_path);
	*strrchr(socket_path, '/') = '\0';
	(void)rmdir(socket_path);
}

static void
server_start(void)
{
	char dir[] = "/tmp/acuse-fuzz-XXXXXX";
	static struct http_listen listen = {.socket_path = socket_path};
	struct http_config c = {.name = "fuzz",
				.listen = &listen,
				.listen_n = 1,
				.loops = 1,
				.connections_max = 100,
				.idle_timeout_ms = 5000,
				.request_timeout_ms = 5000,
				.round = hits_round};
	struct http_server *server;
	struct router *router;
	struct hits *hits;
	struct err e = {0};

	must(mkdtemp(dir) != NULL);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/s", dir);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)atexit(socket_remove);
	must(hits_new(keys_box_new(keys_make(dir)), NULL, NULL, 1, &hits, &e) ==
	     RC_OK);
	c.round_owner = hits;
	tables[0] = hits_table(hits);
	tables[1] = (struct http_table){
	    .routes = routes, .n = sizeof(routes) / sizeof(routes[0])};
	must(router_new(tables, 2, &router, &e) == RC_OK);
	must(http_server_new(&c, router, NULL, &server, &e) == RC_OK);
}

/* What comes back must never lead anywhere but where we signed. */
static void
check_reply(struct slice reply)
{
	ptrdiff_t at = slice_find(reply, SLICE("\nLocation: "));

	if (at >= 0)
		must(slice_starts(slice_skip(reply, (size_t)at + 11),
				  SLICE(DESTINATION "\r\n")));
}

static void
talk(struct slice data)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	static char reply[1 << 16];
	size_t n = 0;
	ssize_t got = 1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path, socket_path, sizeof(socket_path));
	must(fd >= 0 &&
	     connect(fd, (const struct sockaddr *)&un, sizeof(un)) == 0);
	while (data.n > 0 && got > 0) {
		got = send(fd, data.p, data.n, MSG_NOSIGNAL);
		if (got > 0)
			data = slice_skip(data, (size_t)got);
	}
	/* Most inputs leave the server waiting for more: so does this, a
	 * little. */
	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};

		if (poll(&p, 1, PATIENCE_MS) != 1)
			break;
		got = recv(fd, reply + n, sizeof(reply) - n, 0);
		if (got <= 0)
			break;
		n += (size_t)got;
		if (n == sizeof(reply))
			n = 0;
	}
	(void)close(fd);
	check_reply(slice_of(reply, n));
}

/* "@" in a target stands for a good link's path. */
static void
expand(struct slice in, struct sbuf *out)
{
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '@')
			sbuf_add(out, sbuf_slice(&link_path));
		else
			sbuf_add_c(out, in.p[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice path, query;
	struct sbuf b;

	if (!socket_path[0])
		server_start();
	if (target_split(slice_of(data, size), &path, &query))
		must(path.n > 0 && path.p[0] == '/');
	sbuf_init(&b, 1 << 20);
	expand(slice_of(data, size > 20000 ? 20000 : size), &b);
	talk(sbuf_slice(&b));
	sbuf_fini(&b);
	return 0;
}
