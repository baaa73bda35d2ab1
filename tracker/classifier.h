#ifndef TRACKER_CLASSIFIER_H
#define TRACKER_CLASSIFIER_H

#include "conf/conf.h"
#include "store/writer.h"
#include "tracker/classify.h"

/*
 * Judges messages once they are quiet, by a cursor over the ledger that moves
 * on in the transaction of the events that it made: nothing is left out and
 * nothing is told twice, whatever dies when.  Draining hits costs nothing for
 * it.
 */
struct classifier;

/* A message is quiet so long after its last hit came to the ledger. */
#define CLASSIFY_QUIET_US (30 * MINUTE_US)

struct classifier_config {
	struct writer *writer;
	const char *db_path;
	const char *refreshed; /* of agents_load() */
	struct conf_box *conf; /* lifetimes of what is kept of visitors */
	/* Whether the program paused sending because it doubts something, its
	 * clock for one: nothing is forgotten then.  NULL: it never does. */
	enum rc (*paused)(struct db *db, bool *out, struct err *e);
};

/* Without a thread yet, and without rules.
 * Owns: the caller, classifier_free(); what config names outlives it. */
struct classifier *classifier_new(const struct classifier_config *config);
void classifier_free(struct classifier *c);

/* Reads the rules of a file ("" : those built in), for classifier_use().
 * Owns: one reference, agents_unref().  Fails: those of agents_load(). */
enum rc classifier_read(const struct classifier *c, const char *file,
			const struct agents **out, struct err *e) MUST_USE;
/* Judges by these from now on.  Owns: c, the reference.  Thread: any. */
void classifier_use(struct classifier *c, const struct agents *rules);

/* The rules in force.  Owns: one reference, agents_unref().  Thread: any. */
const struct agents *classifier_rules(struct classifier *c);

/* Starts the thread that looks for quiet messages, and once a day for visits
 * whose time is over (forget.h).  Fails: RC_IO (reader). */
enum rc classifier_start(struct classifier *c, struct err *e) MUST_USE;
/* Ends it after the round at hand. */
void classifier_stop(struct classifier *c);

/* True while a message is due that was not looked at: a fast clock waits.
 * Thread: any. */
bool classifier_due(struct classifier *c);

/* Judges one message now, by a reader, and waits until it is recorded.
 * Owns: a, what out holds.  Fails: RC_NOTFOUND, RC_IO, those of writer_do().
 * Thread: jobs. */
enum rc classifier_ask(struct classifier *c, struct db *db, struct ref mref,
		       struct arena *a, struct judgement *out,
		       struct err *e) MUST_USE;

/* A part of the ledger to be judged, and what came of it. */
struct classify_pass {
	int64_t from;	  /* position of the first event to look at */
	int64_t quiet_us; /* events after this moment are not looked at, … */
	int64_t quiet_to; /* … but those before this position are */
	enum classify_why why;
	int64_t next;	     /* the first event that was not looked at */
	bool more;	     /* there may be others before quiet_us */
	bool ahead;	     /* events bear a time that is still to come */
	int64_t due_us;	     /* when the next hit may be quiet, or INT64_MAX */
	size_t judged, told; /* messages; of them, with a new event */
};

/* Judges the messages whose last hit lies in the next part.  Fails: RC_IO,
 * those of writer_do().  Thread: jobs. */
enum rc classifier_pass(struct classifier *c, struct db *db,
			struct classify_pass *p, struct err *e) MUST_USE;

#endif
