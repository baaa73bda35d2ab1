#ifndef SERVER_STATE_H
#define SERVER_STATE_H

#include "base/err.h"
#include "base/sbuf.h"

/* The state directory: what lies where. */
#define STATE_DATABASE "acuse.db"
#define STATE_LOCK "lock"
#define STATE_SOCKET "socket"
#define STATE_STANDBY "standby" /* a socket: who stands by */
#define STATE_STANDBY_LOCK "standby.lock"
#define STATE_PHASES "phases"
#define STATE_HITS "hits"
#define STATE_KEYS "keys"
#define STATE_STS "sts"	      /* MTA-STS policies, a file a domain */
#define STATE_RANGES "ranges" /* of acuse agents update */
#define STATE_SUPPRESSION_KEY "keys/suppression"
#define STATE_CLOCK "clock" /* of a fast clock */
#define STATE_ROOM "room"   /* for a moment: whether there is any */
#define STATE_DEMO "demo"   /* there: it may run on a fast clock */

#define STATE_PATH_MAX 4096

/* "STATE/name" in out.  Fails: RC_LIMIT (too long). */
enum rc state_path(const char *state, const char *name,
		   char out[STATE_PATH_MAX], struct err *e) MUST_USE;

/* Gives up root for the directory's owner, so that root's commands leave no
 * file there that the server cannot read.  Fails: RC_IO. */
enum rc state_become_owner(const char *state, struct err *e) MUST_USE;

/* What "acuse init" is asked for. */
struct state_init {
	const char *state;  /* must not be there, or be empty */
	const char *config; /* written when it is not there yet */
	const char *domain, *title, *public_url, *locale, *time_zone;
	bool demo;
};

/* Makes the state directory (0700): database, keys, first API key, which is
 * added to key; the configuration too where there is none.
 * Fails: RC_STATE (already initialised), RC_USAGE (no configuration, and none
 * of what to write into one), RC_INVALID, RC_CONFIG, RC_IO, RC_LIMIT. */
enum rc state_init(const struct state_init *i, struct sbuf *key,
		   struct err *e) MUST_USE;

/* Reads the 32 bytes under which suppressed addresses are hashed. */
enum rc state_suppression_key(const char *state, uint8_t out[32],
			      struct err *e) MUST_USE;

#endif
