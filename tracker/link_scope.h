#ifndef TRACKER_LINK_SCOPE_H
#define TRACKER_LINK_SCOPE_H

#include "base/keyring.h"
#include "base/token.h"
#include "tracker/router.h"

/* Checks the token of a route of a page (its first parameter) for the purpose
 * that the route's scope names: "area", "view", "answer" or "leave".
 * Fails: RC_DENIED, RC_STATE (a revoked key; out is set). */
enum rc link_scope_check(const struct http_request *rq,
			 const struct keyring *keys,
			 struct token *out) MUST_USE;

#endif
