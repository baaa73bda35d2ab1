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

/* "machine", "person_likely" …: of payloads and of agents.conf; -1 for a name
 * that no class has. */
const char *agent_class_name(enum agent_class c);
int agent_class_parse(struct slice name);

struct agents;

/* Reads the rules and the range files that they name, relative to the file's
 * folder; path NULL or "": those that are built in.  refreshed: a folder whose
 * folders NAME, where they are there, hold files to be read instead of the one
 * that the ranges NAME give; or NULL.
 * Owns: one reference, agents_unref().
 * Fails: RC_IO, RC_INVALID with "file:line". */
enum rc agents_load(const char *path, const char *refreshed,
		    const struct agents **out, struct err *e) MUST_USE;

/* One more reference, one less; the last one frees.  Thread: any. */
const struct agents *agents_ref(const struct agents *a);
void agents_unref(const struct agents *a);

/* SHA-256 over the rules and ranges as read. */
void agents_hash(const struct agents *a, uint8_t out[SHA256_SIZE]);

/* How many rules there are. */
size_t agents_rules(const struct agents *a);

/* Ranges that rules name. */
struct agent_ranges {
	const char *name;
	const char *const *published; /* names of the files that their owners
				       * publish; NULL-terminated */
	size_t ranges;		      /* lines that hold one */
	size_t refreshed;	      /* files read; 0: the one that came */
};
/* Owns: a. */
const struct agent_ranges *agents_ranges(const struct agents *a, size_t *n);

/* Adds the names of those that hold nothing yet, ", " between them. */
void agents_empty_ranges(const struct agents *a, struct sbuf *out);

/* What happened with one message. */
struct agent_hit {
	struct hit hit;
	bool answered; /* a POST made by a gesture on the answer page */
	/* the clock had gone back since the 250: no time before it is to be
	 * believed, nor that anything came later */
	bool clock_back;
	/* filled by agents_classify(): */
	enum agent_class class;
	const char *rule; /* name of the rule that decided; the agents' */
};

#define AGENT_HITS_MAX 1000

/* What "before" and "after" count from; INT64_MIN where it is not known. */
struct agent_times {
	int64_t sent_us;      /* no recipient had it before */
	int64_t delivered_us; /* the recipient server's 250 */
};

/* Classifies n hits (at most AGENT_HITS_MAX) of one message, ordered by time.
 * An open is never better than undetermined. */
void agents_classify(const struct agents *a, struct agent_hit *hits, size_t n,
		     const struct agent_times *times);

#endif
