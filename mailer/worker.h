#ifndef MAILER_WORKER_H
#define MAILER_WORKER_H

#include <stdatomic.h>

#include "mailer/compose.h"
#include "mailer/mailer.h"
#include "mailer/pace.h"
#include "mailer/route.h"
#include "queue/claims.h"
#include "store/content.h"

/* A batch on its way through a worker. */
struct job {
	struct arena arena;
	const struct conf *conf;
	struct materials *materials;
	struct claim_batch batch;
	struct transport_session session;
	/* how its hop is served: the dispatcher's */
	struct pace *pace;
	enum trust trust;
	enum trust seat;   /* whose it has: the dispatcher's */
	int64_t begun_us;  /* clock_mono */
	atomic_bool yield; /* others wait: begin no further message */
	struct pace_end end;
	/* what came of the destination as a whole */
	int64_t block_us; /* stop the lane for so long; 0: no */
	const char *block_reason;
};

struct worker {
	struct queue *queue;
	struct db *db;
	struct transport *transport;
	struct dns *dns;
	struct sts *sts;
	struct bell cancel; /* breaks off the session at hand */
	/* A message's content has begun, and no reply to it has come: to break
	 * off now would make it uncertain. */
	atomic_bool content;
	struct compose_room room;
	const atomic_bool *stop; /* the mailer's: end soon */
};

/* Composes, journals, sends and settles all of a batch. */
void worker_run(struct worker *w, struct job *job);

#endif
