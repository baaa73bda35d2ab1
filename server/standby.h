#ifndef SERVER_STANDBY_H
#define SERVER_STANDBY_H

#include <poll.h>

#include "server/parts.h"

/*
 * `acuse serve --role standby`: a redirect role that shares the public port
 * with the server and accepts only while that is away.
 *
 *   standby            server
 *     |  <- connects     |   when it starts, or finds one standing by
 *     |  sockets ->      |   what the standby listens on, if it does
 *     |     <- sockets   |   once the server accepts: the standby ceases to
 *     |  (end)           |   it stops, or dies: the standby accepts
 *
 * Both hold the same sockets, so the port is open while either runs.
 */

/* The standby's end.  Begins by itself where no server runs; else waits for
 * the one that has the port, or, where nothing can be written by which that
 * would find it, for the port.  Fails: as listeners_start_public(), RC_STATE
 * (another one stands by). */
enum rc standby_start(struct server *s, struct err *e) MUST_USE;
void standby_stop(struct server *s);

/* The server's end: asks who stands by for sockets, and says later that it
 * accepts.  Nobody standing by is no failure. */
enum rc standby_ask(struct server *s, struct err *e) MUST_USE;
enum rc standby_tell(struct server *s, struct err *e) MUST_USE;
/* Copies of the sockets that the server listens on. */
void standby_share(const struct server *s, struct passed *out);
/* From here on the standby accepts. */
void standby_leave(struct server *s);

/* What the main thread waits for beside signals: fills fds, says how many (at
 * most 2) and for how long at most (-1: for ever).  After that, does what is
 * to do. */
size_t standby_watch(const struct server *s, struct pollfd fds[2],
		     int *timeout_ms);
void standby_step(struct server *s);

#endif
