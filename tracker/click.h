#ifndef TRACKER_CLICK_H
#define TRACKER_CLICK_H

#include "base/token.h"

/* Checks both parts of a click's path, token and base64url of a destination.
 * The destination, decoded, is put into out (emptied first; its cap at least
 * TOKEN_DESTINATION_MAX) and is an http or https URL without control
 * characters, exactly the one that was signed.
 * Fails: RC_DENIED (anything else), RC_STATE (good, of a revoked key). */
enum rc click_check(const struct keyring *k, struct slice token,
		    struct slice encoded, struct sbuf *out,
		    struct token *t) MUST_USE;

#endif
