#ifndef TRACKER_AGENTS_H
#define TRACKER_AGENTS_H

#include "base/hash.h"
#include "tracker/journal.h"

/*
 * Machine or person: the rules of conf/agents.conf over the hits of one
 * message.  Judged once the message has been quiet for half an hour, and
 * again with newer rules.  A pure function: the same hits, times and rules
 * give the same classes.
 */

enum agent_class {
	AGENT_UNDETERMINED,   /* nothing can be said */
	AGENT_MACHINE,	      /* certain: prefetch, scanner, before delivery */
	AGENT_MACHINE_LIKELY, /* known scanner or hosting network */
	AGENT_PROXIED,	      /* fetched through a mail provider's proxy */
	AGENT_RELAY,	      /* from an address that hides many people */
	AGENT_PERSON_LIKELY,  /* consistent with, not proof of, a person */
	AGENT_CLASSES,
};

/* "machine", "person_likely" …: of payloads and of agents.conf. */
const char *agent_class_name(enum agent_class c);

struct agents;

/* Reads the rules and the range files that they name, relative to the file's
 * folder; path NULL: those that are built in.
 * Fails: RC_IO, RC_INVALID with "file:line". */
enum rc agents_load(const char *path, struct agents **out,
		    struct err *e) MUST_USE;
void agents_free(struct agents *a);

/* SHA-256 over the rules and ranges as read. */
void agents_hash(const struct agents *a, uint8_t out[SHA256_SIZE]);

/* What happened with one message. */
struct agent_hit {
	struct hit hit;
	bool answered; /* a POST made by a gesture on the answer page */
	/* filled by agents_classify(): */
	enum agent_class class;
	const char *rule; /* name of the rule that decided; the agents' */
};

#define AGENT_HITS_MAX 1000

/* Classifies n hits (at most AGENT_HITS_MAX) of one message, ordered by time.
 * delivered_us: the recipient server's 250, INT64_MIN when not known.
 * An open is never better than undetermined. */
void agents_classify(const struct agents *a, struct agent_hit *hits, size_t n,
		     int64_t delivered_us);

#endif
