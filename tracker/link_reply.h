#ifndef TRACKER_LINK_REPLY_H
#define TRACKER_LINK_REPLY_H

#include "base/keyring.h"
#include "conf/conf.h"
#include "tracker/router.h"

/* Replies with pages for links that lead nowhere, made without store and
 * templates, in a language of the visitor's.  conf: NULL names no brand. */

/* 404, or 429 when the address has had too many: counts as a guess.  Names the
 * brand whose host was asked for, else the one that the token, the route's
 * first parameter, says it is of. */
void link_reply_bad(struct http_request *rq, struct conf_box *conf,
		    const struct keyring *keys);

/* 410: a good link, of a revoked key of the brand with that number; names the
 * destination's host. */
void link_reply_revoked(struct http_request *rq, struct conf_box *conf,
			uint16_t brand, struct slice destination);

/* 429, after http_guess(). */
void link_reply_slow(struct http_request *rq, struct conf_box *conf);

/* What the server refuses of itself, for http_config.refusal: a struct
 * conf_box, or NULL, is its owner. */
void link_reply_refusal(void *conf, struct http_request *rq, int status);

/* Keeps robots away from all that the public port has. */
#define LINK_REPLY_ROBOTS "User-agent: *\nDisallow: /\n"

/* 503 with Retry-After, which mail programs that unsubscribe in one click obey:
 * a page of portal/ where there is no store. */
void link_reply_wait(struct http_request *rq, struct conf_box *conf);

/* The brand's name and abuse contact. */
void link_reply_home(struct http_request *rq, struct conf_box *conf);

#endif
