#ifndef RECEIVER_REPORT_H
#define RECEIVER_REPORT_H

#include "base/arena.h"
#include "tools/receiver/command.h"
#include "tools/receiver/rules.h"

/* One recipient's delivery status, and the message that it is of. */
struct report {
	enum report_kind kind;
	const struct mail *mail;
	const struct recipient *recipient;
	struct slice content;	    /* of the message reported on */
	struct slice diagnostic;    /* reply with its enhanced code, or empty */
	const char *hostname;	    /* of the reporting server */
	int64_t arrived_us, now_us; /* wall */
	uint64_t number;	    /* makes Message-ID and boundary unique */
};

/* True where NOTIFY, or its absence, asks for a report of this kind, and there
 * is a sender to get it.  Ref: RFC 3461 4.1, 5.2. */
bool report_wanted(const struct mail *mail, const struct recipient *r,
		   enum report_kind kind);

/* Adds the whole report as a message of CRLF lines.  Ref: RFC 3464, 6522,
 * 6533. */
void report_write(const struct report *r, struct sbuf *out);

#endif
