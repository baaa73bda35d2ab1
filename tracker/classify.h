#ifndef TRACKER_CLASSIFY_H
#define TRACKER_CLASSIFY_H

#include "base/arena.h"
#include "store/event.h"
#include "tracker/agents.h"

/*
 * The hits of one message as the ledger holds them, judged.  What was found
 * goes there as message.classified, and to the message as its facts; a later
 * one tells what differs from all that were told before.
 */

/* Why a message is judged; in the event. */
enum classify_why {
	CLASSIFY_QUIET, /* half an hour without another hit */
	CLASSIFY_ASKED,
	CLASSIFY_AGAIN, /* with newer rules */
};

struct judgement {
	struct ref mref;
	int64_t seq;	      /* events of the message that it looked at */
	int64_t last_hit;     /* position of the last hit; -1: none */
	int64_t last_us;      /* when the ledger got it */
	size_t hits;	      /* judged, now or before */
	uint32_t facts;	      /* FACT_MACHINE, FACT_PERSON_LIKELY */
	const char *class;    /* of all together; "" : no hits */
	struct slice payload; /* of the event; "" : nothing new to tell */
};

/* True for events of this kind: opens, clicks, views and answers. */
bool classify_is_hit(int kind);

/* What was told of each of a message's events, all of which are in the list by
 * seq: its class by the last judgement that names it, or NOT_TOLD. */
#define NOT_TOLD (-1)
void classify_told(const struct event *list, size_t n, int *out);

/* Judges the hits of a message, as the database shows them now.
 * Owns: a, what out holds.  Fails: RC_NOTFOUND (no such message), RC_IO. */
enum rc classify_judge(const struct agents *rules, struct db *db,
		       struct ref mref, enum classify_why why, struct arena *a,
		       struct judgement *out, struct err *e) MUST_USE;

/* Appends the event and sets the facts, where there is something to tell.
 * Fails: RC_STATE (the message has events that the judgement has not seen).
 * Thread: writer. */
enum rc classify_record(struct db *db, const struct judgement *j,
			struct err *e) MUST_USE;

#endif
