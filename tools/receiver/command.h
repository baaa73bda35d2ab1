#ifndef RECEIVER_COMMAND_H
#define RECEIVER_COMMAND_H

#include "base/arena.h"
#include "tools/receiver/reply.h"

/* Reads command lines: everything that a sender may put in one. */

#define COMMAND_LINE_MAX 4096

enum verb {
	VERB_UNKNOWN,
	VERB_HELO,
	VERB_EHLO,
	VERB_STARTTLS,
	VERB_AUTH,
	VERB_MAIL,
	VERB_RCPT,
	VERB_DATA,
	VERB_BDAT,
	VERB_RSET,
	VERB_NOOP,
	VERB_QUIT,
	VERB_VRFY,
	VERB_HELP,
	VERB_COUNT,
};

/* Extensions, as bits. */
enum extension {
	EXT_PIPELINING = 1u << 0,
	EXT_SIZE = 1u << 1,
	EXT_8BITMIME = 1u << 2,
	EXT_ENHANCEDSTATUSCODES = 1u << 3,
	EXT_DSN = 1u << 4,
	EXT_CHUNKING = 1u << 5,
	EXT_SMTPUTF8 = 1u << 6,
	EXT_AUTH = 1u << 7,
	EXT_STARTTLS = 1u << 8,
	EXT_ALL = (1u << 9) - 1,
};

enum notify {
	NOTIFY_GIVEN = 1u << 0,
	NOTIFY_NEVER = 1u << 1,
	NOTIFY_SUCCESS = 1u << 2,
	NOTIFY_FAILURE = 1u << 3,
	NOTIFY_DELAY = 1u << 4,
};

struct mail {
	struct slice path;  /* mailbox without <>, empty for the null path */
	struct slice body;  /* as given, or empty */
	struct slice ret;   /* "FULL", "HDRS" or empty */
	struct slice envid; /* decoded */
	struct slice auth;  /* as given (RFC 4954), or empty */
	int64_t size;	    /* -1: not given */
	bool smtputf8;
};

struct recipient {
	struct slice path;
	unsigned notify;    /* bits of enum notify */
	struct slice orcpt; /* "type;address", decoded; empty: none */
	bool utf8;
};

/* Name of an extension's bit, and the bit of a name in any case (0: none). */
const char *extension_name(unsigned bit);
unsigned extension_of(struct slice name);

/* The verb of a line (without its CRLF), and what follows the blank. */
enum verb command_verb(struct slice line, struct slice *rest);
const char *command_name(enum verb verb);

/* Reads "FROM:<...> parameters".  REPLY_NONE, or the reply that refuses it.
 * Owns: texts are in the arena.  Ref: RFC 5321 4.1.1.2, 1870, 3461, 4954,
 * 6152, 6531. */
enum reply_id command_mail(struct slice rest, unsigned offered, struct arena *a,
			   struct mail *out);

/* Reads "TO:<...> parameters", in the same way.  utf8: MAIL had SMTPUTF8. */
enum reply_id command_rcpt(struct slice rest, unsigned offered, bool utf8,
			   struct arena *a, struct recipient *out);

/* Reads "size [LAST]".  Ref: RFC 3030. */
bool command_bdat(struct slice rest, uint64_t *size, bool *last);

#endif
