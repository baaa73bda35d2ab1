#include "tools/receiver/rules.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "tools/receiver/rule.h"

#define RULES_FILE_MAX ((size_t)4 * 1024 * 1024)

struct rules *
rules_new(void)
{
	struct rules *r = MEM_NEW(struct rules);

	arena_init(&r->arena, RULES_FILE_MAX * 4);
	return r;
}

void
rules_free(struct rules *r)
{
	if (!r)
		return;
	arena_fini(&r->arena);
	free(r->rules);
	free(r);
}

enum rc
rules_load(const char *path, struct rules **out, struct err *e)
{
	struct sbuf text;
	enum rc rc;

	sbuf_init(&text, RULES_FILE_MAX);
	rc = file_read(path, RULES_FILE_MAX, &text, e);
	if (rc == RC_OK)
		rc = rules_parse(path, sbuf_slice(&text), out, e);
	sbuf_fini(&text);
	return rc;
}

size_t
rules_count(const struct rules *r)
{
	return r->n;
}

/* '*' any run, '?' any one byte, letters of any case.  On a mismatch only the
 * last star is tried again, so the time is bounded by the product. */
static bool
glob_match(const char *glob, struct slice s)
{
	const char *star = NULL;
	size_t i = 0, mark = 0;

	while (i < s.n) {
		if (*glob == '*') {
			star = ++glob;
			mark = i;
		} else if (*glob && (*glob == '?' ||
				     tolower((unsigned char)*glob) ==
					 tolower((unsigned char)s.p[i]))) {
			glob++;
			i++;
		} else if (star) {
			glob = star;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

static bool
match_holds(const struct match *m, const struct subject *s)
{
	char port[8];

	switch (m->kind) {
	case MATCH_RECIPIENT:
		for (size_t i = 0; i < s->n; i++) {
			if (glob_match(m->glob, s->recipients[i].path))
				return true;
		}
		return strcmp(m->glob, "*") == 0;
	case MATCH_SENDER:
		return glob_match(m->glob, s->sender);
	case MATCH_PEER:
		return glob_match(m->glob, slice_z(s->peer));
	case MATCH_EHLO:
		return glob_match(m->glob, slice_z(s->ehlo));
	case MATCH_LISTENER:
		return glob_match(m->glob, slice_z(s->listener));
	case MATCH_PORT:
		snprintf(port, sizeof(port), "%d", s->port);
		return glob_match(m->glob, slice_z(port));
	case MATCH_USER:
		return glob_match(m->glob, slice_z(s->user));
	case MATCH_TLS:
		return (strcmp(m->glob, "yes") == 0) == s->tls;
	case MATCH_COUNT:
	default:
		return false;
	}
}

static bool
rule_holds(const struct rule *rule, enum stage stage, const struct subject *s)
{
	if (rule->stage != stage || s->now_us < rule->from_us ||
	    s->now_us >= rule->until_us || rule->used >= rule->count)
		return false;
	for (size_t i = 0; i < rule->match_count; i++) {
		if (!match_holds(&rule->matches[i], s))
			return false;
	}
	return true;
}

/* Counts a match; false when skip=, every= or greylisting let it pass. */
static bool
rule_acts(struct rule *rule, const struct subject *s)
{
	int64_t seen = rule->seen++;

	if (seen < rule->skip || (seen - rule->skip) % rule->every != 0)
		return false;
	if (rule->action == ACTION_GREYLIST) {
		struct slice who[3] = {
		    s->sender, s->n ? s->recipients[s->n - 1].path : SLICE(""),
		    slice_z(s->peer)};

		if (greylist_pass(s->greylist, who, rule->number, s->now_us))
			return false;
	}
	rule->used++;
	return true;
}

static int64_t
hold_number(const struct rule *rule)
{
	return rule->number > 0 ? rule->number : 1;
}

bool
rules_hold(const struct rules *r, int64_t number)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->rules[i].action == ACTION_HOLD &&
		    hold_number(&r->rules[i]) == number)
			return true;
	}
	return false;
}

/* Adds what a rule says; true when it ends the search. */
static bool
rule_apply(const struct rule *rule, struct ruling *out)
{
	switch (rule->action) {
	case ACTION_DELAY:
		out->delay_ms += rule->number;
		return false;
	case ACTION_HOLD:
		out->hold = hold_number(rule);
		return false;
	case ACTION_SLOW:
		out->slow_bps = rule->number;
		return false;
	case ACTION_INJECT:
		out->inject = rule->text;
		return false;
	case ACTION_WITHOUT:
		out->without |= (unsigned)rule->number;
		return false;
	case ACTION_TICKET:
		out->ticket = true;
		return false;
	case ACTION_KEY_UPDATE:
		out->key_update = true;
		return false;
	case ACTION_ACCEPT:
	case ACTION_REPLY:
	case ACTION_GREYLIST:
	case ACTION_DROP:
	case ACTION_RESET:
	case ACTION_HALF_CLOSE:
	case ACTION_STALL:
	case ACTION_CUT_RECORD:
	case ACTION_GARBAGE:
	case ACTION_PARTIAL:
	case ACTION_REFUSE:
	case ACTION_EARLY:
	case ACTION_REPORT:
	case ACTION_COUNT:
	default:
		break;
	}
	out->action = rule->action;
	out->text = rule->text;
	out->has_text = rule->has_text;
	out->cut = rule->number;
	out->then = rule->then;
	out->keep = !rule->drop_message;
	out->report = rule->report;
	out->wait_us = rule->wait_us;
	out->line = rule->line;
	return true;
}

static void
decide(struct rules *r, enum stage stage, int64_t after,
       const struct subject *s, struct ruling *out)
{
	*out = (struct ruling){.keep = true};
	for (size_t i = 0; i < r->n; i++) {
		struct rule *rule = &r->rules[i];

		if (rule->after != after || !rule_holds(rule, stage, s) ||
		    !rule_acts(rule, s))
			continue;
		if (rule_apply(rule, out))
			return;
	}
}

void
rules_decide(struct rules *r, enum stage stage, const struct subject *s,
	     struct ruling *out)
{
	decide(r, stage, 0, s, out);
}

void
rules_decide_mid(struct rules *r, int64_t after, const struct subject *s,
		 struct ruling *out)
{
	decide(r, STAGE_MID_DATA, after, s, out);
}

int64_t
rules_next_mid(const struct rules *r, const struct subject *s, int64_t past)
{
	int64_t next = -1;

	for (size_t i = 0; i < r->n; i++) {
		const struct rule *rule = &r->rules[i];

		if (rule->after > past && (next < 0 || rule->after < next) &&
		    rule_holds(rule, STAGE_MID_DATA, s))
			next = rule->after;
	}
	return next;
}

bool
rules_refuse(const struct rules *r, const struct subject *s)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->rules[i].action == ACTION_REFUSE &&
		    rule_holds(&r->rules[i], STAGE_CONNECT, s))
			return true;
	}
	return false;
}

int64_t
rules_next_edge(const struct rules *r, int64_t now_us)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < r->n; i++) {
		const int64_t edges[] = {r->rules[i].from_us,
					 r->rules[i].until_us};

		for (size_t k = 0; k < 2; k++) {
			if (edges[k] > now_us && edges[k] < next)
				next = edges[k];
		}
	}
	return next;
}
