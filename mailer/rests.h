#ifndef MAILER_RESTS_H
#define MAILER_RESTS_H

#include "base/slice.h"

/*
 * Which hops (route_hop()) rest for one lane's failure, while their other lanes
 * wait: what the mailer's dispatcher knows, for who asks.
 */
struct rests;

struct rest {
	int64_t lane;	  /* the one that tries again */
	int64_t until_us; /* clock_wall: until when the others wait at most */
};

/* None does.  Owns: the caller, rests_free(). */
struct rests *rests_new(void);
void rests_free(struct rests *r);

/* What is known of a hop now; lane 0: it does not rest.  Thread: any. */
void rests_set(struct rests *r, const char *hop, struct rest as);

/* None does any more.  Thread: any. */
void rests_clear(struct rests *r);

/* Whether a hop rests at now_us, for another lane than this, and how.
 * Thread: any. */
bool rests_find(struct rests *r, const char *hop, int64_t lane, int64_t now_us,
		struct rest *out);

#endif
