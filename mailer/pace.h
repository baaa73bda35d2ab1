#ifndef MAILER_PACE_H
#define MAILER_PACE_H

#include <stdatomic.h>

#include "base/slice.h"
#include "mailer/route.h"
#include "mailer/verdict.h"
#include "queue/claims.h"

/*
 * How fast each hop (route_hop()) is served: connections, messages a minute,
 * slow start, and what its last batches said of it.  In memory, one thread's
 * but for pace_ours() and pace_quiet().
 */
struct paces;

struct pace {
	struct pace *next;
	int connections;
	int proved;	   /* batches that went well since one did not */
	int deferred;	   /* 4xx in a row */
	int sent;	   /* in the minute that began at minute_us */
	int64_t minute_us; /* clock_mono: rates are of real time */
	int64_t used_us;   /* clock_mono */
	bool failed;	   /* the last batch did not go well */
	bool slow;	   /* it went well, and took long */
	atomic_bool ours;  /* our fault since the last acceptance: workers' */
	atomic_bool quiet; /* no alarm of it stands, for all we know: theirs */
	int64_t rest_lane; /* the lane whose failure it rests for; 0: none */
	int64_t rest_us;   /* clock_wall: until when the others wait */
	char key[];
};

/* What came of a batch, for its hop. */
struct pace_end {
	bool well;	  /* something was accepted, or refused for good */
	int deferred;	  /* 4xx in a row, earlier batches' included */
	int64_t block_us; /* the lane rests for so long; 0: it does not */
	bool together;	  /* what failed is all lanes' of the hop */
	bool slow;	  /* it took long */
};

/* Takes in the verdict on a message; true: so many 4xx in a row are a word on
 * us, whatever they say of recipients.  One recipient's greylisting or full
 * mailbox does not count. */
bool pace_weigh(struct pace_end *end, enum verdict verdict,
		const struct claim_verdict *v);

/* Takes in that a verdict is our fault, or an acceptance; whether our fault had
 * been told since the last acceptance, on any of its connections.  Thread: any,
 * while it has a batch. */
bool pace_ours(struct pace *p, bool fault);

/* Whether destinations share it: a relay, or a brand that is gone. */
bool pace_is_shared(const struct pace *p);

/* Whether an acceptance may end an alarm that lanes share; and that one just
 * has, or that it was raised.  Thread: any, while it has a batch. */
bool pace_may_ring(const struct pace *p);
void pace_quiet(struct pace *p, bool quiet);

/* How long a destination rests after a failure that follows so many others. */
int64_t pace_backoff_us(int failures);

/* Makes a first try's time-outs a fourth of what is configured, though not less
 * than 5 s for a connection and 30 s for a reply. */
void pace_first_try(struct target *to);

/* Nothing is known of any hop yet.  Owns: the caller, paces_free(). */
struct paces *paces_new(void);
void paces_free(struct paces *p);

/* The pace of a hop.  Owns: p, until paces_sweep(). */
struct pace *pace_find(struct paces *p, const char *key);

/* Forgets those of which nothing is left to know; once a second at most. */
void paces_sweep(struct paces *p);

/* Ends all rests: who changed the configuration, or says "now", wants it
 * tried. */
void paces_wake(struct paces *p);

/* Messages that may go to the hop in one more batch of a lane; 0: none before
 * *again_us, which it brings forward where it knows (clock_wall). */
size_t pace_allowance(struct pace *p, const struct route_limits *limits,
		      int64_t lane, int64_t *again_us);

/* Whether the hop rests for another lane's failure. */
bool pace_rests(const struct pace *p, int64_t lane);

/* What is known of a hop, by memory and by the lane's row. */
enum trust {
	TRUST_PROVED,  /* the last batch went well, a while ago at most */
	TRUST_SLOW,    /* the same, but it took long */
	TRUST_UNKNOWN, /* nothing */
	TRUST_FAILED,  /* the last batch did not go well */
	TRUSTS,
};
enum trust pace_trust(const struct pace *p, const struct lane *lane);

/* A batch of n messages begins, and ends. */
void pace_begin(struct pace *p, size_t n);
void pace_done(struct pace *p, int64_t lane, const struct pace_end *end);

#endif
