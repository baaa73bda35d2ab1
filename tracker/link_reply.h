#ifndef TRACKER_LINK_REPLY_H
#define TRACKER_LINK_REPLY_H

#include "conf/conf.h"
#include "tracker/http.h"

/* Replies with pages for links that lead nowhere, made without store and
 * templates, in a language of the visitor's.  conf: NULL names no brand. */

/* 404, or 429 when the address has had too many: counts as a guess. */
void link_reply_bad(struct http_request *rq, struct conf_box *conf);

/* 410: a good link, of a revoked key of the brand with that number; names the
 * destination's host. */
void link_reply_revoked(struct http_request *rq, struct conf_box *conf,
			uint16_t brand, struct slice destination);

/* 429, after http_guess(). */
void link_reply_slow(struct http_request *rq, struct conf_box *conf);

#endif
