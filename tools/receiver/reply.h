#ifndef RECEIVER_REPLY_H
#define RECEIVER_REPLY_H

#include "base/sbuf.h"

/* What the receiver answers where no rule says otherwise. */
enum reply_id {
	REPLY_NONE,
	REPLY_HELO,
	REPLY_TLS_GO,
	REPLY_TLS_NOT_HERE,
	REPLY_TLS_ALREADY,
	REPLY_AUTH_OK,
	REPLY_AUTH_ASK,
	REPLY_AUTH_USER,
	REPLY_AUTH_PASSWORD,
	REPLY_AUTH_BAD,
	REPLY_AUTH_CANCELLED,
	REPLY_AUTH_MALFORMED,
	REPLY_AUTH_MECHANISM,
	REPLY_AUTH_ALREADY,
	REPLY_AUTH_NEEDED,
	REPLY_MAIL_OK,
	REPLY_RCPT_OK,
	REPLY_RCPT_MANY,
	REPLY_GO_AHEAD,
	REPLY_CHUNK_OK,
	REPLY_STORED,
	REPLY_STORE_FAILED,
	REPLY_TOO_BIG,
	REPLY_GREYLISTED,
	REPLY_RESET,
	REPLY_NOOP,
	REPLY_VRFY,
	REPLY_HELP,
	REPLY_BYE,
	REPLY_IDLE,
	REPLY_BUSY,
	REPLY_UNKNOWN,
	REPLY_LONG,
	REPLY_SYNTAX,
	REPLY_ARGUMENT,
	REPLY_NO_ARGUMENT,
	REPLY_NOT_OFFERED,
	REPLY_SEQUENCE,
	REPLY_NO_VALID_RCPT,
	REPLY_BAD_SENDER,
	REPLY_BAD_RCPT,
	REPLY_UTF8_NEEDED,
	REPLY_PARAMETER,
	REPLY_COUNT,
};

/* Adds the reply's line with its CRLF; the enhanced code (RFC 3463) only where
 * it was offered. */
void reply_add(struct sbuf *out, enum reply_id id, bool enhanced);

/* Adds a text of one line or of several, parted by LF, each closed by CRLF. */
void reply_add_text(struct sbuf *out, struct slice text);

/* First digit of the last line of a reply, 0 where it has none. */
int reply_class(struct slice reply);

#endif
