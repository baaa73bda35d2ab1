#ifndef MAILER_RETELL_H
#define MAILER_RETELL_H

#include "mailer/reply.h"

/* Replies as libesmtp may hear them: short, of one line, in ASCII. */
struct told {
	char text[REPLY_MAX];
	size_t n, at; /* at: how much of it was read */
};

/* Adds one line of a reply; sep is '-' where more follow, else ' '. */
void retell_line(struct told *t, int code, char sep, struct slice text);

/* A reply by its first line: it wants the same codes in all of them. */
void retell_reply(struct told *t, int code, struct slice reply);

/* A reply to EHLO, by the keywords that it may know; auth: AUTH too, with the
 * one mechanism that it shall use. */
void retell_ehlo(struct told *t, struct slice ehlo, bool auth);

#endif
