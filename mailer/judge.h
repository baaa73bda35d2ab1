#ifndef MAILER_JUDGE_H
#define MAILER_JUDGE_H

#include "mailer/history.h"
#include "mailer/route.h"
#include "mailer/verdict.h"
#include "queue/claims.h"

#define JUDGE_BLOCK_US HOUR_US /* of a policy block */

/* What an outcome of a session means for the queue, and what is told of it. */
struct judge {
	struct verdict_rules *rules;
	const struct target *hop;
	const struct tls_facts *tls;
	const char *handshake; /* why an earlier one with it failed, or NULL */
	struct arena *arena;
};

/* Judges what came of a message at its tries-th try, and fills all of v
 * but claim and transcript.  h: where it was refused before.
 * Owns: the judge's arena. */
enum verdict judge_outcome(const struct judge *j, const struct outcome *o,
			   const struct history *h, int tries,
			   struct claim_verdict *v);

/* Fills v's code, reply, peer, times and payload for a message that nothing
 * was said of, from its session's outcome; v's verdict stays. */
void judge_untried(const struct judge *j, const struct outcome *o,
		   const struct history *h, struct claim_verdict *v);

/* Where an attempt may go, as members of a payload: mode, the first host, and
 * all of them where there are more. */
struct slice judge_plan(const struct route *route, struct arena *a);

#endif
