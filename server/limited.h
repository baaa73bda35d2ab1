#ifndef SERVER_LIMITED_H
#define SERVER_LIMITED_H

#include "server/parts.h"

/*
 * `acuse serve` on a full disk: links lead on from keys and hit journal, what
 * needs the store is answered 503, and once there is room the rest starts.
 */
struct limited;

/* Whether a start that failed with rc did so for want of room. */
bool limited_fits(const struct serve_options *o, enum rc rc);

/* Starts what needs no room; why says what failed.  Owns: the caller,
 * limited_free().  Fails: as parts_start(). */
enum rc limited_start(const struct serve_options *o, const struct err *why,
		      struct limited **out, struct err *e) MUST_USE;

/* What serves meanwhile. */
struct server *limited_server(struct limited *l);

/* Looks, every few seconds, whether there is room, and starts s if so, on the
 * same sockets; true when it runs. */
bool limited_leave(struct limited *l, struct server *s);

/* Stops it. */
void limited_free(struct limited *l);

/* The private listener's table meanwhile. */
struct http_table limited_table(void);

#endif
