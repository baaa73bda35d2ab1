#ifndef RECEIVER_RULE_H
#define RECEIVER_RULE_H

#include "tools/receiver/rules.h"

/* One rule as it was read: shared by rules_parse.c and rules.c alone. */

#define RULE_MATCHES 8

enum match_kind {
	MATCH_RECIPIENT,
	MATCH_SENDER,
	MATCH_PEER,
	MATCH_EHLO,
	MATCH_LISTENER,
	MATCH_PORT,
	MATCH_USER,
	MATCH_TLS, /* "yes" or "no" */
	MATCH_COUNT,
};

struct match {
	enum match_kind kind;
	const char *glob; /* in the arena */
};

struct rule {
	unsigned line;
	struct match matches[RULE_MATCHES];
	size_t match_count;
	bool has_stage, has_action;
	enum stage stage;
	enum action action;
	struct slice text; /* bytes for the wire; reply's lines have CRLF */
	bool has_text;
	int64_t number; /* ms, bytes/s, microseconds or extension bits */
	enum then then;
	bool drop_message; /* keep=no */
	int64_t after;	   /* bytes of content, mid-data */
	int64_t from_us, until_us;
	int64_t count, skip, every;
	int64_t seen, used;
	enum report_kind report;
	int64_t wait_us;
};

struct rules {
	struct arena arena;
	struct rule *rules;
	size_t n, cap;
};

#endif
