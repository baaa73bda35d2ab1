#ifndef QUEUE_PHASE_H
#define QUEUE_PHASE_H

#include "base/ref.h"

/*
 * How far each message under way has come, in a file mapped by all threads:
 * what a death leaves there tells the next instance which messages may have
 * arrived, and what a payment finds there tells which can still be stopped.
 *
 *	free -> claimed <-> going -> content -> free
 *	            |          \-> asked -> content or free
 *	            \-> stopped -> free
 */
enum phase {
	PHASE_FREE,
	PHASE_CLAIMED, /* no DATA yet: can be stopped */
	PHASE_STOPPED, /* will not begin DATA */
	PHASE_GOING,   /* DATA is out, no byte of content */
	PHASE_CONTENT, /* content may have arrived */
	PHASE_ASKED,   /* going, and asked to stop since: not once more */
};

struct phases;

/* Maps the file, with room for slots messages, making it anew when it is absent
 * or damaged (which is logged).
 * Fails: RC_IO. */
enum rc phases_open(const char *path, size_t slots, struct phases **out,
		    struct err *e) MUST_USE;
void phases_close(struct phases *p);

/* What an instance left about a message with an open attempt.  PHASE_CONTENT
 * where the file does not say: it is another instance's, was made anew, may be
 * older than the database after a reboot, or has no slot of the message. */
enum phase phases_left(const struct phases *p, struct ref mref,
		       int64_t instance);

/* Forgets what earlier processes left, once it is resolved, and begins as this
 * instance (above 0): call it before the first claim. */
void phases_forget(struct phases *p, int64_t instance);

/* Takes a slot for a message that was claimed; -1 when all are taken. */
int phase_claim(struct phases *p, struct ref mref);
/* Before DATA: true, or false when it was stopped. */
bool phase_go(struct phases *p, int slot);
/* After its DATA was refused, before it may go to another server: true, or
 * false when content of it has gone, or it was asked to stop. */
bool phase_back(struct phases *p, int slot);
/* Before the first byte of content. */
void phase_content(struct phases *p, int slot);
void phase_free(struct phases *p, int slot);

/* Stops a message that did not begin DATA.  True when it is stopped or not
 * under way at all; false when it is past stopping: then it begins no second
 * DATA.  Thread: any. */
bool phase_stop(struct phases *p, struct ref mref);

#endif
