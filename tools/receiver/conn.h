#ifndef RECEIVER_CONN_H
#define RECEIVER_CONN_H

#include <sys/socket.h>

#include "tools/receiver/rules.h"
#include "tools/receiver/tls.h"

struct server;
struct listener;

/* One connection's bytes, in TLS or not: a session says things, the
 * connection sees to when and how fast they go out. */
struct conn;

struct say {
	struct slice bytes; /* copied */
	int64_t delay_ms;   /* before it */
	int64_t slow_bps;   /* 0: at once */
	int64_t hold;	    /* as in a ruling; delay_ms come after it */
	enum then then;	    /* after it */
};

/* Takes over a socket just accepted and begins its session. */
void conn_start(struct server *server, const struct listener *listener, int fd,
		const struct sockaddr_storage *peer);

/* Says something.  Until it is out, and the delay over, no more input is
 * taken.  Ends no connection by itself: that comes when control is back in
 * the loop. */
void conn_say(struct conn *c, const struct say *say);

/* Takes no input for a while. */
void conn_hold(struct conn *c, int64_t ms);

/* Lets go those whom the rules hold no longer. */
void conn_let_go(struct server *server);

/* Begins the handshake, forgetting all input so far.  Returns how many bytes
 * of plaintext that were. */
size_t conn_begin_tls(struct conn *c, int64_t delay_ms);

/* Ends them all, as the server ends. */
void conn_close_all(struct server *server);

/* NULL where there is no TLS. */
struct tls_link *conn_tls(const struct conn *c);

/* True while something is being said: the session gives no more. */
bool conn_busy(const struct conn *c);

#endif
