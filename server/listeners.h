#ifndef SERVER_LISTENERS_H
#define SERVER_LISTENERS_H

#include "server/parts.h"

/* Open the two listeners, each with its own limits, for tables of routes that
 * s has: the public one that strangers reach; the private one, and the Unix
 * socket beside it.  Where another process of ours has, or had, sockets at the
 * public one's place, those are listened on.  Fails: RC_IO, RC_CONFIG (a
 * certificate); the text names the listener. */
enum rc listeners_start_public(struct server *s, struct err *e) MUST_USE;
/* After http_server_stop() of the public one. */
void listeners_free_public(struct server *s);
/* Reads what a listener is to show; NULL where it is plain.  Fails: RC_IO,
 * RC_INVALID. */
enum rc listeners_pair(const struct listener *l, struct http_pair **out,
		       struct err *e) MUST_USE;
enum rc listeners_start_private(struct server *s, struct err *e) MUST_USE;
void listeners_free_private(struct server *s);
/* Stops the private one and frees it. */
void listeners_end_private(struct server *s, int grace_ms);

#endif
