#ifndef MAILER_SEAM_H
#define MAILER_SEAM_H

#include "mailer/dialogue.h"

/*
 * Makes libesmtp speak through a dialogue.  It runs on a socket of its own
 * that is never connected; its calls to connect(), poll(), read() and write()
 * on that descriptor are served in the program, by functions of those names,
 * on the thread that is between seam_enter() and seam_leave().  All other
 * calls pass through.  Should one of libesmtp's slip past, it meets a socket
 * that leads nowhere: the session fails, and nothing is claimed.
 */

/* The address to give to libesmtp; nothing is ever sent there. */
#define SEAM_SERVER "127.0.0.1:1"

/* From now on this thread's libesmtp speaks through d. */
void seam_enter(struct dialogue *d);

/* No longer; false where it had no socket to begin with. */
bool seam_leave(void);

/* libesmtp has closed its descriptor: the number may be another's soon. */
void seam_detach(void);

#endif
