#ifndef TRACKER_HTTP_GUESS_H
#define TRACKER_HTTP_GUESS_H

#include "tracker/http.h"

/* Counts against the visitor's address that a link or a key was not a good
 * one.  False when it has had too many: the reply, which the caller makes, is
 * 429, and will have Retry-After.  Good ones are never counted, so that nobody
 * is kept from them by a neighbour behind the same address.
 * Thread: the owner's. */
bool http_guess(struct http_request *rq);

#endif
