#ifndef QUEUE_ANSWERS_H
#define QUEUE_ANSWERS_H

#include "queue/queue.h"
#include "store/event.h"
#include "store/message.h"

/* What recipients say on the pages behind a message's links.  Thread: writer.
 */

enum answer_kind {
	ANSWER_RECEIVED,
	ANSWER_PAID,
	ANSWER_WRONG,
	ANSWER_NOT_ME,
	ANSWERS,
};

/* More than so many answers of one message in a day are refused. */
#define ANSWERS_A_DAY 20

struct answer {
	struct ref mref;
	enum answer_kind kind;
	struct slice text; /* why it is wrong; may be empty */
	struct slice paid_on, paid_by, reference; /* of ANSWER_PAID; ditto */
	/* message.submitted's payload: what is kept of the request, for as long
	 * as of any visit; "": nothing */
	struct slice visit;
};

/* "received", "paid" …; -1 for an unknown name. */
const char *answers_name(enum answer_kind kind);
int answers_parse(struct slice name);

/* Those of a message's answers that count, at most ANSWERS_A_DAY + 1, newest
 * first.  Thread: any. */
enum rc answers_list(struct db *db, struct ref mref, struct arena *a,
		     struct event **out, size_t *n, struct err *e) MUST_USE;

/* Appends message.submitted and message.answered, when it was received; else
 * message.objected, and holds the acts of the invoices that it is about by
 * their policies' objection_hold, once a due date.  Either way the message gets
 * FACT_CONFIRMED: somebody who holds its link answered.  The answer that was
 * the message's last one changes nothing.  Fails: RC_NOTFOUND, RC_LIMIT (too
 * many in a day). */
enum rc answers_take(struct queue *q, struct db *db, const struct answer *x,
		     struct arena *a, struct err *e) MUST_USE;

/* How many of a kind were, since the program's start.  Thread: any. */
uint64_t answers_taken(enum answer_kind kind);

/* Takes a message's address off what is optional, of its brand: suppressed for
 * that alone; where it takes no mail at all, for when it does again.  Said
 * twice it changes nothing.  Fails: RC_NOTFOUND. */
enum rc answers_leave(struct queue *q, struct db *db, struct ref mref,
		      struct arena *a, struct err *e) MUST_USE;

#endif
