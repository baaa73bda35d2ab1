#ifndef TRACKER_HTTP_SERVER_H
#define TRACKER_HTTP_SERVER_H

#include "tracker/http.h"
#include "tracker/jobs.h"
#include "tracker/router.h"

/* The server itself: what server/ starts and stops. */
struct http_server;

struct http_listen {
	const char *host; /* "127.0.0.1", "::", or NULL with a socket path */
	uint16_t port;	  /* 0: any free one, see http_server_port() */
	const char *socket_path; /* Unix socket, mode 0600, made anew */
	bool tls;
	/* Sockets that listen at that place already, which another process of
	 * ours has or had too; used in place of new ones.  The caller's. */
	const int *sockets;
	size_t sockets_n;
};

#define HTTP_SOCKETS_MAX 64

struct http_config {
	const char *name; /* "public", of threads and log lines */
	const struct http_listen *listen;
	size_t listen_n;
	unsigned loops;			/* threads; at least 1 */
	size_t connections_max;		/* in all, over the loops */
	size_t connections_per_address; /* 0: no bound */
	enum job_lane lane;		/* of its requests' jobs */
	size_t jobs_per_address;	/* that wait; 0: no bound */
	size_t connection_bytes;	/* of headers; 13,312 where 0 */
	size_t body_max;	/* not of streamed ones; 0: as the routes say */
	size_t bodies_bytes;	/* buffered at once; 64 MB where 0 */
	int idle_timeout_ms;	/* between bytes, and kept alive */
	int request_timeout_ms; /* from first byte to the reply */
	const char *const *trusted_proxies; /* ranges, NULL-terminated */
	bool forwarded_header; /* theirs: Forwarded, not X-Forwarded-For */
	/* of what does not verify, by address: see http_guess(); 0: no bound */
	unsigned guess_burst, guess_per_minute;
	struct http_pair *pair; /* of listeners with TLS */
	/* Bodies in chunks are refused (411): how libmicrohttpd reads the lines
	 * between them is lenient, and a proxy may see other requests. */
	bool length_wanted;
	bool access_log;
	const struct http_field *reply_headers; /* on every reply */
	size_t reply_headers_n;
	/* Called in each loop when a round of the network is done, before
	 * waiting again: who waited for what is on disk by now is given back.
	 * While it returns true, flush() is called, which puts what is pending
	 * on disk.  If that takes longer than relief_ms, another thread goes on
	 * with the loop, and round() is called though flush() has not come
	 * back; nor need it have when http_server_stop() returns. */
	bool (*round)(void *owner, unsigned loop);
	void (*flush)(void *owner, unsigned loop);
	void *round_owner;
	int relief_ms; /* 50 where 0 */
	/* Replies with a page to what the server refuses of itself, for who is
	 * no program; NULL: a problem.  Thread: a loop's or a job's. */
	void (*refusal)(void *owner, struct http_request *rq, int status);
	void *refusal_owner;
};

/* A certificate with its chain, and the key of it, from PEM files.
 * Owns: one reference, http_pair_unref().  Fails: RC_IO, RC_INVALID; the text
 * names the file. */
struct http_pair;
enum rc http_pair_load(const char *certificate, const char *key,
		       struct http_pair **out, struct err *e) MUST_USE;
struct http_pair *http_pair_ref(struct http_pair *p);
void http_pair_unref(struct http_pair *p);

/* Opens the listeners and starts the loops; copies the configuration.  Bad
 * options and ports in use are said by name.
 * Owns: the caller, http_server_free(); router and jobs outlive it.
 * Fails: RC_INVALID, RC_IO. */
enum rc http_server_new(const struct http_config *c,
			const struct router *router, struct jobs *jobs,
			struct http_server **out, struct err *e) MUST_USE;

/* Shows the pair to connections to come; nothing where there is no TLS. */
void http_server_show(struct http_server *s, struct http_pair *p);

/* Stops accepting; answers what is under way, at most for grace_ms; ends the
 * loops.  Those who hold suspended requests must still run. */
void http_server_stop(struct http_server *s, int grace_ms);

/* After http_server_stop().  A thread of it that waits for a disk still keeps
 * what it needs until it is back. */
void http_server_free(struct http_server *s);

/* The port that listener i got. */
uint16_t http_server_port(const struct http_server *s, size_t i);

/* The sockets that listener i listens on, at most HTTP_SOCKETS_MAX: to be
 * passed on before http_server_stop(), which closes them here. */
size_t http_server_sockets(const struct http_server *s, size_t i,
			   int out[HTTP_SOCKETS_MAX]);

/* Where a socket listens: its port, and whether that is the place; port 0: any
 * port. */
uint16_t http_socket_port(int fd);
bool http_socket_is_at(int fd, const char *host, uint16_t port);

struct http_stats {
	uint64_t requests, refused, limited, status[6]; /* [2]: 2xx … */
	uint64_t connections, suspended;		/* now */
};

/* Counts since the start, over all loops.  Thread: any. */
void http_server_stats(const struct http_server *s, struct http_stats *out);

#endif
