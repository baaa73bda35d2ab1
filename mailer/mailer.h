#ifndef MAILER_MAILER_H
#define MAILER_MAILER_H

#include "mailer/materials.h"
#include "mailer/rests.h"
#include "mailer/sts.h"
#include "mailer/transport.h"
#include "queue/queue.h"

/*
 * The way out: one thread that hands batches of one destination to a number of
 * workers, which compose, journal, send, and commit what came of it.
 */
struct mailer;

struct mailer_config {
	struct queue *queue;
	const char *db_path; /* each worker has a reader of its own */
	struct materials_box *materials;
	struct transport *transport;
	struct dns *dns;
	struct sts *sts;
	struct rests *rests; /* kept up to date */
	unsigned workers;
};

/* Starts the threads.  Fails: RC_IO (readers). */
enum rc mailer_start(const struct mailer_config *c, struct mailer **out,
		     struct err *e) MUST_USE;

/* Begins no further message, cuts sessions off after grace_ms, but those that
 * wait for the reply to a message's content after the configuration's
 * stop_wait, or once cut() says so (NULL: never), and ends the threads.  What
 * was cut off past its dot is uncertain, the rest goes back to the queue. */
void mailer_stop(struct mailer *m, int grace_ms, bool (*cut)(void));

/* Whether, before now_us, nothing may be sent of what is due: all of it waits
 * for hops that rest.  Thread: any. */
bool mailer_rests(const struct mailer *m, int64_t now_us);

/* Batches under way. */
unsigned mailer_busy(const struct mailer *m);

#endif
