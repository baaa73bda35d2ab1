#ifndef TRACKER_AGENTS_PRIVATE_H
#define TRACKER_AGENTS_PRIVATE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "tracker/agents.h"

/* Shared by tracker/agents*.c alone. */

#define RULES_MAX 200
#define RANGES_MAX 64
#define RULE_RANGES_MAX 8
#define AGENT_MATCH_LIMIT 20000
#define BURST_MAX 16

/* Bits of agent_rule.on; hit kinds, and answers. */
#define ON_OPEN (1u << HIT_OPEN)
#define ON_CLICK (1u << HIT_CLICK)
#define ON_VIEW (1u << HIT_VIEW)
#define ON_VISIT (1u << HIT_VISIT)
#define ON_ANSWER (1u << HIT_KINDS)

/* What is 0 or NULL is not asked. */
struct agent_rule {
	const char *name;
	unsigned on;
	unsigned methods; /* bits 1 << enum hit_method */
	pcre2_code *agent;
	const char *header;
	pcre2_code *header_like;
	const struct addr_set *ranges[RULE_RANGES_MAX];
	size_t ranges_n;
	bool before, no_images;
	int64_t burst, within_us, elsewhere_us, after_us, again_us;
	enum agent_class class;
};

struct agents {
	_Atomic int refs;
	struct arena arena;
	struct agent_ranges ranges[RANGES_MAX];
	struct addr_set *sets[RANGES_MAX]; /* of each */
	size_t ranges_n;
	struct agent_rule rules[RULES_MAX];
	size_t rules_n;
	uint8_t hash[SHA256_SIZE];
};

#endif
