#include "server/listeners.h"

#include "server/limited.h"
#include "tracker/link_reply.h"
#include "tracker/link_wait.h"

#define JOBS_OF_ONE 32
#define PRIVATE_BYTES ((size_t)64 << 10) /* bodies come in parts of it */

/* On each reply, for what no table answers and where a page says nothing
 * else. */
static const struct http_field public_headers[] = {
    HTTP_FIELD("X-Content-Type-Options", "nosniff"),
    HTTP_FIELD("Referrer-Policy", "no-referrer"),
    HTTP_FIELD("Content-Security-Policy",
	       "default-src 'none'; frame-ancestors 'none'"),
};
static const struct http_field private_headers[] = {
    HTTP_FIELD("X-Content-Type-Options", "nosniff"),
    HTTP_FIELD("Referrer-Policy", "no-referrer"),
    HTTP_FIELD("Content-Security-Policy", "frame-ancestors 'none'"),
};

static bool
has_tls(const struct listener *l)
{
	return l->tls_certificate[0] != '\0';
}

static struct http_listen
place_of(const struct listener *l)
{
	return (struct http_listen){
	    .host = l->listen.host, .port = l->listen.port, .tls = has_tls(l)};
}

static void
set_common(struct http_config *c, const struct conf *conf,
	   const struct listener *l)
{
	c->connections_max = l->connections_max;
	c->connections_per_address = l->connections_per_address;
	c->body_max = l->body_max;
	c->request_timeout_ms = l->request_timeout_ms;
	c->idle_timeout_ms = l->request_timeout_ms;
	c->trusted_proxies = conf->trusted_proxies;
	c->forwarded_header = conf->proxy_forwarded;
	c->guess_burst = (unsigned)conf->guess_burst;
	c->guess_per_minute = (unsigned)conf->guess_per_minute;
	c->access_log = conf->access_log;
}

enum rc
listeners_pair(const struct listener *l, struct http_pair **out, struct err *e)
{
	*out = NULL;
	if (!has_tls(l))
		return RC_OK;
	return http_pair_load(l->tls_certificate, l->tls_key, out, e);
}

/* Who stands by shows what was good when it was read last, rather than let
 * customers wait before a port where nobody accepts. */
static enum rc
pair_for(struct server *s, const struct listener *l, struct http_pair **out,
	 struct err *e)
{
	enum rc rc;

	*out = NULL;
	if (s->o->quiet) /* the Unix socket alone */
		return RC_OK;
	rc = listeners_pair(l, out, e);
	if (!s->o->standby)
		return rc;
	if (rc != RC_OK && s->standby.pair != NULL) {
		LOG(CERTIFICATE_KEPT, LOG_ERR(e));
		*out = http_pair_ref(s->standby.pair);
		return RC_OK;
	}
	if (rc == RC_OK) {
		http_pair_unref(s->standby.pair);
		s->standby.pair = http_pair_ref(*out);
	}
	return rc;
}

static enum rc
open_listener(struct server *s, struct http_config *c, const struct listener *l,
	      const struct http_table *tables, size_t n, struct router **router,
	      struct http_server **out, struct err *e)
{
	enum rc rc = pair_for(s, l, &c->pair, e);

	if (rc == RC_OK)
		rc = router_new(tables, n, router, e);
	if (rc == RC_OK)
		rc = http_server_new(c, *router, s->jobs, out, e);
	http_pair_unref(c->pair);
	if (rc == RC_OK)
		return RC_OK;
	(void)err_config(e); /* its certificate */
	return err_add(e, "%s listener", c->name);
}

enum rc
listeners_start_public(struct server *s, struct err *e)
{
	const struct passed *shared = &s->standby.sockets;
	const struct conf *conf = conf_box_get(s->queue.conf);
	struct http_listen listen = place_of(&conf->public);
	struct http_config c = {.name = "public",
				.listen = &listen,
				.listen_n = 1,
				/* as many as write hits */
				.loops = (unsigned)s->conf->http_threads,
				.lane = JOBS_OTHERS,
				.jobs_per_address = JOBS_OF_ONE,
				.length_wanted = true,
				.reply_headers = public_headers,
				.reply_headers_n = sizeof(public_headers) /
						   sizeof(public_headers[0]),
				.round = hits_round,
				.flush = hits_flush,
				.round_owner = s->hits,
				.refusal = link_reply_refusal,
				.refusal_owner = s->queue.conf};

	/* a server that was told another place moves, who stands by follows */
	if (shared->n > 0 &&
	    (s->o->standby ||
	     http_socket_is_at(shared->fds[0], listen.host, listen.port))) {
		listen.sockets = shared->fds;
		listen.sockets_n = shared->n;
	}
	s->public_conf = conf;
	set_common(&c, conf, &conf->public);
	s->public_tables[0] = hits_table(s->hits);
	s->public_tables[1] = s->portal != NULL ? portal_table(s->portal)
						: link_wait_table(s->hits);
	return open_listener(s, &c, &conf->public, s->public_tables, 2,
			     &s->public_router, &s->public_http, e);
}

void
listeners_free_public(struct server *s)
{
	if (s->public_http != NULL)
		http_server_free(s->public_http);
	if (s->public_router != NULL)
		router_free(s->public_router);
	conf_unref(s->public_conf);
	s->public_http = NULL;
	s->public_router = NULL;
	s->public_conf = NULL;
}

enum rc
listeners_start_private(struct server *s, struct err *e)
{
	const struct conf *conf = conf_box_get(s->queue.conf);
	char path[STATE_PATH_MAX];
	struct http_listen listen[2] = {{.socket_path = path},
					place_of(&conf->private)};
	struct http_config c = {.name = "private",
				.listen = listen,
				.listen_n = s->o->quiet ? 1 : 2,
				.loops = 1,
				.lane = JOBS_FIRST,
				.connection_bytes = PRIVATE_BYTES,
				.reply_headers = private_headers,
				.reply_headers_n = sizeof(private_headers) /
						   sizeof(private_headers[0])};
	enum rc rc = state_path(s->o->state, STATE_SOCKET, path, e);

	s->private_conf = conf;
	if (rc != RC_OK)
		return rc;
	set_common(&c, conf, &conf->private);
	s->private_tables[0] =
	    s->api != NULL ? api_table(s->api) : limited_table();
	return open_listener(s, &c, &conf->private, s->private_tables, 1,
			     &s->private_router, &s->private_http, e);
}

void
listeners_end_private(struct server *s, int grace_ms)
{
	if (s->private_http != NULL)
		http_server_stop(s->private_http, grace_ms);
	listeners_free_private(s);
}

void
listeners_free_private(struct server *s)
{
	if (s->private_http != NULL)
		http_server_free(s->private_http);
	if (s->private_router != NULL)
		router_free(s->private_router);
	conf_unref(s->private_conf);
	s->private_http = NULL;
	s->private_router = NULL;
	s->private_conf = NULL;
}
