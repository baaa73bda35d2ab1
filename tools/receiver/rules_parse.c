#include <stdlib.h>

#include "base/mem.h"
#include "tools/receiver/rule.h"
#include "tools/receiver/rule_text.h"

enum argument {
	ARG_NONE,
	ARG_REPLY,	   /* needed */
	ARG_REPLY_OR_NONE, /* may be left out */
	ARG_BYTES_OR_NONE,
	ARG_COUNT_OR_NONE,
	ARG_DURATION_US,
	ARG_DURATION_MS,
	ARG_RATE,
	ARG_EXTENSIONS,
};

#define AT(stage) (1u << STAGE_##stage)
#define ANYWHERE ((1u << STAGE_ACCEPTED) - 1)
#define WITH_REPLY (ANYWHERE & ~(AT(CONNECT) | AT(TLS) | AT(MID_DATA)))

static const struct {
	const char *name;
	enum argument argument;
	unsigned stages;
} actions[ACTION_COUNT] = {
    [ACTION_ACCEPT] = {"accept", ARG_NONE, ANYWHERE},
    [ACTION_REPLY] = {"reply", ARG_REPLY, ANYWHERE & ~AT(TLS)},
    [ACTION_GREYLIST] = {"greylist", ARG_DURATION_US, AT(RCPT)},
    [ACTION_DROP] = {"drop", ARG_NONE, ANYWHERE},
    [ACTION_RESET] = {"reset", ARG_NONE, ANYWHERE},
    [ACTION_HALF_CLOSE] = {"half-close", ARG_NONE, ANYWHERE},
    [ACTION_STALL] = {"stall", ARG_NONE, ANYWHERE},
    [ACTION_CUT_RECORD] = {"cut-record", ARG_NONE, ANYWHERE},
    [ACTION_GARBAGE] = {"garbage", ARG_BYTES_OR_NONE, ANYWHERE},
    [ACTION_PARTIAL] = {"partial-reply", ARG_COUNT_OR_NONE, WITH_REPLY},
    [ACTION_REFUSE] = {"refuse", ARG_NONE, AT(CONNECT)},
    [ACTION_EARLY] = {"early-reply", ARG_REPLY, AT(MID_DATA)},
    [ACTION_REPORT] = {"report", ARG_NONE, 0},
    [ACTION_DELAY] = {"delay", ARG_DURATION_MS, ANYWHERE},
    [ACTION_HOLD] = {"hold", ARG_COUNT_OR_NONE,
		     ANYWHERE & ~(AT(CONNECT) | AT(TLS))},
    [ACTION_SLOW] = {"slow", ARG_RATE, ANYWHERE & ~(AT(CONNECT) | AT(TLS))},
    [ACTION_INJECT] = {"inject", ARG_REPLY_OR_NONE, WITH_REPLY},
    [ACTION_WITHOUT] = {"without", ARG_EXTENSIONS, AT(EHLO)},
    [ACTION_TICKET] = {"ticket", ARG_NONE, ANYWHERE & ~(AT(CONNECT) | AT(TLS))},
    [ACTION_KEY_UPDATE] = {"key-update", ARG_NONE,
			   ANYWHERE & ~(AT(CONNECT) | AT(TLS))},
};

static const char *const stages[STAGE_COUNT] = {
    [STAGE_CONNECT] = "connect",   [STAGE_TLS] = "tls",
    [STAGE_GREETING] = "greeting", [STAGE_EHLO] = "ehlo",
    [STAGE_STARTTLS] = "starttls", [STAGE_AUTH] = "auth",
    [STAGE_MAIL] = "mail",	   [STAGE_RCPT] = "rcpt",
    [STAGE_DATA] = "data",	   [STAGE_MID_DATA] = "mid-data",
    [STAGE_DOT] = "dot",	   [STAGE_RSET] = "rset",
    [STAGE_QUIT] = "quit",	   [STAGE_ACCEPTED] = "accepted",
};

static const char *const matches[MATCH_COUNT] = {
    [MATCH_RECIPIENT] = "rcpt",	   [MATCH_SENDER] = "sender",
    [MATCH_PEER] = "peer",	   [MATCH_EHLO] = "ehlo",
    [MATCH_LISTENER] = "listener", [MATCH_PORT] = "port",
    [MATCH_USER] = "user",	   [MATCH_TLS] = "tls",
};

const char *
stage_name(enum stage stage)
{
	return stages[stage];
}

const char *
action_name(enum action action)
{
	return actions[action].name;
}

static enum rc
read_extensions(struct rule_text *in, struct slice v, int64_t *out)
{
	while (v.p) {
		struct slice name = slice_cut(&v, ',');
		unsigned bit = extension_of(name);

		if (!bit)
			return rule_text_refuse(
			    in,
			    "\"%.*s\" is no extension that the "
			    "receiver has",
			    SLICE_ARG(name));
		*out |= bit;
	}
	return RC_OK;
}

static enum rc
read_argument(struct rule_text *in, struct rule *rule, struct slice v)
{
	enum argument want = actions[rule->action].argument;

	rule->has_text = v.p != NULL;
	if (!v.p && want == ARG_COUNT_OR_NONE)
		rule->number = -1;
	if (!v.p && (want == ARG_NONE || want == ARG_REPLY_OR_NONE ||
		     want == ARG_BYTES_OR_NONE || want == ARG_COUNT_OR_NONE))
		return RC_OK;
	if (!v.p)
		return rule_text_refuse(in, "%s needs a value, %s:VALUE",
					action_name(rule->action),
					action_name(rule->action));
	switch (want) {
	case ARG_REPLY:
	case ARG_REPLY_OR_NONE:
		return rule_text_reply(in, v, &rule->text);
	case ARG_BYTES_OR_NONE:
		rule->text = v;
		return RC_OK;
	case ARG_COUNT_OR_NONE:
		return rule_text_size(in, v, 0, &rule->number);
	case ARG_DURATION_US:
		return rule_text_duration(in, v, 1, &rule->number);
	case ARG_DURATION_MS:
		return rule_text_duration(in, v, 1000, &rule->number);
	case ARG_RATE:
		return rule_text_size(in, v, 1, &rule->number);
	case ARG_EXTENSIONS:
		return read_extensions(in, v, &rule->number);
	case ARG_NONE:
	default:
		return rule_text_refuse(in, "%s takes no value",
					action_name(rule->action));
	}
}

/* ---- keys ---- */

static enum rc
key_match(struct rule_text *in, struct rule *rule, struct slice v)
{
	struct match *m = &rule->matches[rule->match_count];
	ptrdiff_t colon = slice_find_c(v, ':');

	if (rule->match_count == RULE_MATCHES)
		return rule_text_refuse(in, "more than %d match= in a rule",
					RULE_MATCHES);
	m->kind = MATCH_RECIPIENT;
	for (int k = 0; colon > 0 && k < MATCH_COUNT; k++) {
		if (!slice_eq_z(slice_of(v.p, (size_t)colon), matches[k]))
			continue;
		m->kind = (enum match_kind)k;
		v = slice_skip(v, (size_t)colon + 1);
		break;
	}
	if (v.n == 0)
		return rule_text_refuse(in, "match= is empty");
	if (m->kind == MATCH_TLS && !slice_eq_z(v, "yes") &&
	    !slice_eq_z(v, "no"))
		return rule_text_refuse(in, "match=tls: is yes or no");
	m->glob = arena_z(in->arena, v);
	rule->match_count++;
	return RC_OK;
}

static enum rc
key_stage(struct rule_text *in, struct rule *rule, struct slice v)
{
	for (int s = 0; s < STAGE_ACCEPTED; s++) {
		if (!slice_eq_z(v, stages[s]))
			continue;
		rule->stage = (enum stage)s;
		rule->has_stage = true;
		return RC_OK;
	}
	return rule_text_refuse(in, "\"%.*s\" is no stage", SLICE_ARG(v));
}

static enum rc
key_action(struct rule_text *in, struct rule *rule, struct slice v)
{
	struct slice name = slice_cut(&v, ':');

	if (rule->has_action)
		return rule_text_refuse(in,
					"a rule has one action= or report=");
	rule->has_action = true;
	for (int a = 0; a < ACTION_COUNT; a++) {
		if (!actions[a].stages || !slice_eq_z(name, actions[a].name))
			continue;
		rule->action = (enum action)a;
		return read_argument(in, rule, v);
	}
	return rule_text_refuse(in, "\"%.*s\" is no action", SLICE_ARG(name));
}

static enum rc
key_report(struct rule_text *in, struct rule *rule, struct slice v)
{
	static const struct {
		const char *name;
		enum report_kind kind;
	} kinds[] = {
	    {"none", REPORT_NONE},	 {"success", REPORT_DELIVERED},
	    {"relayed", REPORT_RELAYED}, {"failure", REPORT_FAILED},
	    {"delayed", REPORT_DELAYED},
	};
	struct slice name = slice_cut(&v, ':');

	if (rule->has_action || rule->has_stage)
		return rule_text_refuse(in,
					"report= stands in place of stage= and "
					"action=");
	rule->has_action = rule->has_stage = true;
	rule->action = ACTION_REPORT;
	rule->stage = STAGE_ACCEPTED;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!slice_eq_z(name, kinds[i].name))
			continue;
		rule->report = kinds[i].kind;
		rule->has_text = v.p != NULL;
		return v.p ? rule_text_reply(in, v, &rule->text) : RC_OK;
	}
	return rule_text_refuse(
	    in,
	    "\"%.*s\" is no report: none, success, relayed, "
	    "failure or delayed",
	    SLICE_ARG(name));
}

static enum rc
key_then(struct rule_text *in, struct rule *rule, struct slice v)
{
	static const struct {
		const char *name;
		enum then then;
	} thens[] = {
	    {"go-on", THEN_GO_ON},	     {"drop", THEN_DROP},
	    {"reset", THEN_RESET},	     {"close", THEN_CLOSE},
	    {"half-close", THEN_HALF_CLOSE}, {"stall", THEN_STALL},
	};

	for (size_t i = 0; i < sizeof(thens) / sizeof(thens[0]); i++) {
		if (!slice_eq_z(v, thens[i].name))
			continue;
		rule->then = thens[i].then;
		return RC_OK;
	}
	return rule_text_refuse(
	    in,
	    "\"%.*s\" is no then=: go-on, drop, reset, close, "
	    "half-close or stall",
	    SLICE_ARG(v));
}

static enum rc
key_keep(struct rule_text *in, struct rule *rule, struct slice v)
{
	rule->drop_message = slice_eq_z(v, "no");
	if (!rule->drop_message && !slice_eq_z(v, "yes"))
		return rule_text_refuse(in, "keep= is yes or no");
	return RC_OK;
}

static enum rc
key_from(struct rule_text *in, struct rule *rule, struct slice v)
{
	return rule_text_time(in, v, &rule->from_us);
}

static enum rc
key_until(struct rule_text *in, struct rule *rule, struct slice v)
{
	return rule_text_time(in, v, &rule->until_us);
}

static enum rc
key_after(struct rule_text *in, struct rule *rule, struct slice v)
{
	return rule_text_size(in, v, 1, &rule->after);
}

static enum rc
key_count(struct rule_text *in, struct rule *rule, struct slice v)
{
	return rule_text_size(in, v, 1, &rule->count);
}

static enum rc
key_skip(struct rule_text *in, struct rule *rule, struct slice v)
{
	return rule_text_size(in, v, 0, &rule->skip);
}

static enum rc
key_every(struct rule_text *in, struct rule *rule, struct slice v)
{
	return rule_text_size(in, v, 1, &rule->every);
}

static enum rc
key_wait(struct rule_text *in, struct rule *rule, struct slice v)
{
	return rule_text_duration(in, v, 1, &rule->wait_us);
}

static const struct {
	const char *name;
	enum rc (*read)(struct rule_text *, struct rule *, struct slice);
} keys[] = {
    {"match", key_match},   {"stage", key_stage}, {"action", key_action},
    {"report", key_report}, {"then", key_then},	  {"keep", key_keep},
    {"after", key_after},   {"from", key_from},	  {"until", key_until},
    {"count", key_count},   {"skip", key_skip},	  {"every", key_every},
    {"wait", key_wait},
};

static enum rc
read_key(struct rule_text *in, struct rule *rule, struct slice word)
{
	struct slice value = word, name = slice_cut(&value, '=');

	if (!value.p)
		return rule_text_refuse(in, "\"%.*s\" is not KEY=VALUE",
					SLICE_ARG(word));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (slice_eq_z(name, keys[i].name))
			return keys[i].read(in, rule, value);
	}
	return rule_text_refuse(in, "\"%.*s\" is no key of a rule",
				SLICE_ARG(name));
}

/* What only the whole rule can tell. */
static enum rc
check_rule(struct rule_text *in, struct rule *rule)
{
	if (!rule->has_action)
		return rule_text_refuse(in, "a rule needs action= or report=");
	if (!rule->has_stage)
		return rule_text_refuse(in, "a rule needs stage=");
	if (rule->action != ACTION_REPORT &&
	    !(actions[rule->action].stages & (1u << rule->stage)))
		return rule_text_refuse(in, "%s does not go with stage=%s",
					action_name(rule->action),
					stage_name(rule->stage));
	if (rule->after && rule->stage != STAGE_MID_DATA)
		return rule_text_refuse(in, "after= goes with stage=mid-data");
	if (rule->wait_us && rule->action != ACTION_REPORT)
		return rule_text_refuse(in, "wait= goes with report=");
	if (rule->from_us >= rule->until_us)
		return rule_text_refuse(in, "until= is not later than from=");
	if (rule->stage == STAGE_MID_DATA && !rule->after)
		rule->after = 1;
	if (rule->action == ACTION_INJECT && !rule->has_text)
		rule->text = SLICE("250 2.0.0 injected\r\n");
	if (rule->action == ACTION_GARBAGE && !rule->has_text)
		rule->text = SLICE("\x00\xff\xfe?? 2\r5\n\x80 no reply\r\n");
	return RC_OK;
}

static enum rc
read_rule(struct rule_text *in, struct slice line, struct rule *rule, bool *any)
{
	struct slice word;

	*rule = (struct rule){
	    .line = in->line,
	    .until_us = INT64_MAX,
	    .count = INT64_MAX,
	    .every = 1,
	};
	*any = false;
	for (;;) {
		enum rc rc = rule_text_word(in, &line, &word);

		if (rc != RC_OK)
			return rc;
		if (!word.p)
			return *any ? check_rule(in, rule) : RC_OK;
		*any = true;
		rc = read_key(in, rule, word);
		if (rc != RC_OK)
			return rc;
	}
}

static struct rule *
rule_place(struct rules *r)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 16;
		r->rules = mem_grow(r->rules, r->cap * sizeof(*r->rules));
	}
	return &r->rules[r->n];
}

enum rc
rules_parse(const char *path, struct slice text, struct rules **out,
	    struct err *e)
{
	struct rules *r = rules_new();
	struct sbuf scratch;
	struct rule_text in = {path, 0, &r->arena, &scratch, e};
	enum rc rc = RC_OK;

	sbuf_init(&scratch, RULE_LINE_MAX);
	while (text.p && rc == RC_OK) {
		struct slice line = slice_cut(&text, '\n');
		bool any = false;

		in.line++;
		if (line.n > RULE_LINE_MAX) {
			rc = rule_text_refuse(&in, "the line is too long");
			break;
		}
		rc = read_rule(&in, line, rule_place(r), &any);
		r->n += any;
	}
	sbuf_fini(&scratch);
	if (rc != RC_OK) {
		rules_free(r);
		return rc;
	}
	*out = r;
	return RC_OK;
}
