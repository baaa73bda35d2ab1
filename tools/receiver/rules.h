#ifndef RECEIVER_RULES_H
#define RECEIVER_RULES_H

#include "base/clock.h"
#include "base/sbuf.h"
#include "tools/receiver/command.h"
#include "tools/receiver/greylist.h"

/* The rules file: how to misbehave, where, when and to whom.  The language is
 * in README.md. */

enum stage {
	STAGE_CONNECT,
	STAGE_TLS,
	STAGE_GREETING,
	STAGE_EHLO,
	STAGE_STARTTLS,
	STAGE_AUTH,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_MID_DATA,
	STAGE_DOT,
	STAGE_RSET,
	STAGE_QUIT,
	STAGE_ACCEPTED, /* once a recipient, after the final 250; of report= */
	STAGE_COUNT,
};

enum action {
	/* Those that end the search. */
	ACTION_ACCEPT,
	ACTION_REPLY,
	ACTION_GREYLIST,
	ACTION_DROP,
	ACTION_RESET,
	ACTION_HALF_CLOSE,
	ACTION_STALL,
	ACTION_CUT_RECORD,
	ACTION_GARBAGE,
	ACTION_PARTIAL,
	ACTION_REFUSE,
	ACTION_EARLY,
	ACTION_REPORT,
	/* Those that add to whatever is found next. */
	ACTION_DELAY,
	ACTION_HOLD,
	ACTION_SLOW,
	ACTION_INJECT,
	ACTION_WITHOUT,
	ACTION_TICKET,
	ACTION_KEY_UPDATE,
	ACTION_COUNT,
};

/* What becomes of the connection once the reply is out. */
enum then {
	THEN_DEFAULT, /* as the action has it */
	THEN_GO_ON,
	THEN_DROP,	 /* close, TLS or not, without a word */
	THEN_RESET,	 /* close by RST */
	THEN_HALF_CLOSE, /* no more bytes from us, read until they close */
	THEN_STALL,	 /* neither read nor write any more */
	THEN_CUT_RECORD, /* the same, amid a record of TLS; no rule says it */
	THEN_CLOSE,	 /* close in good order */
	THEN_TLS,	 /* start the handshake; no rule says it */
};

enum report_kind {
	REPORT_NONE,
	REPORT_DELIVERED,
	REPORT_RELAYED,
	REPORT_FAILED,
	REPORT_DELAYED,
};

/* What a rule may look at; recipients: those taken so far, or the one at
 * hand. */
struct subject {
	const char *listener, *peer, *ehlo, *user;
	int port;
	bool tls;
	struct slice sender;
	const struct recipient *recipients;
	size_t n;
	struct greylist *greylist;
	int64_t now_us; /* wall */
};

/* What the rules say to one stage.  Texts live as long as the rules. */
struct ruling {
	enum action action; /* ACTION_ACCEPT where nothing ended the search */
	struct slice text;  /* reply, garbage, early reply or diagnostic */
	bool has_text;
	int64_t cut; /* bytes of a partial reply, -1: half */
	enum then then;
	bool keep;			  /* the message counts as received */
	int64_t delay_ms, slow_bps, hold; /* hold: what it waits for, or 0 */
	struct slice inject;
	unsigned without; /* extensions not offered */
	bool ticket, key_update;
	enum report_kind report;
	int64_t wait_us;
	unsigned line; /* of the rule that ended the search, 0: none */
};

struct rules;

/* Reads rules from text; path is for messages.
 * Fails: RC_INVALID at "path:line".  Owns: the caller, rules_free(). */
enum rc rules_parse(const char *path, struct slice text, struct rules **out,
		    struct err *e) MUST_USE;

/* The same from a file.  Fails: also RC_NOTFOUND, RC_IO, RC_LIMIT. */
enum rc rules_load(const char *path, struct rules **out,
		   struct err *e) MUST_USE;

/* No rules at all. */
struct rules *rules_new(void);
void rules_free(struct rules *r);
size_t rules_count(const struct rules *r);

/* Whether one of them holds what waits for this number. */
bool rules_hold(const struct rules *r, int64_t number);

/* Asks the rules of a stage, in order; matches are counted (count, skip,
 * every). */
void rules_decide(struct rules *r, enum stage stage, const struct subject *s,
		  struct ruling *out);

/* The same for the mid-data rules of exactly this offset. */
void rules_decide_mid(struct rules *r, int64_t after, const struct subject *s,
		      struct ruling *out);

/* The lowest offset above past that a mid-data rule waits for, or -1. */
int64_t rules_next_mid(const struct rules *r, const struct subject *s,
		       int64_t past);

/* True when a refuse rule is in force for this listener. */
bool rules_refuse(const struct rules *r, const struct subject *s);

/* The next from= or until= after now, INT64_MAX for none. */
int64_t rules_next_edge(const struct rules *r, int64_t now_us);

/* Names as the rules file has them. */
const char *stage_name(enum stage stage);
const char *action_name(enum action action);

#endif
