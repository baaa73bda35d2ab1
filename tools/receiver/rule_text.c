#include "tools/receiver/rule_text.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/date.h"
#include "tools/receiver/reply.h"

enum rc
rule_text_refuse(struct rule_text *in, const char *fmt, ...)
{
	char at[160], text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(at, sizeof(at), "%s:%u", in->path, in->line);
	return err_at(in->e, RC_INVALID, at, "%s", text);
}

static bool
escape_take(struct slice *rest, char *out)
{
	static const char from[] = "nrt\"\\", to[] = "\n\r\t\"\\";
	const char *at;
	int64_t v = 0;

	if (rest->n == 0)
		return false;
	at = rest->p[0] ? strchr(from, rest->p[0]) : NULL;
	if (at) {
		*out = to[at - from];
		*rest = slice_skip(*rest, 1);
		return true;
	}
	if (rest->p[0] != 'x' || rest->n < 3)
		return false;
	for (size_t i = 1; i < 3; i++) {
		static const char hex[] = "0123456789abcdef";
		const char *digit =
		    rest->p[i] ? strchr(hex, rest->p[i] | 0x20) : NULL;

		if (!digit)
			return false;
		v = v * 16 + (digit - hex);
	}
	*out = (char)v;
	*rest = slice_skip(*rest, 3);
	return true;
}

enum rc
rule_text_word(struct rule_text *in, struct slice *rest, struct slice *word)
{
	bool quoted = false;

	*rest = slice_trim(*rest);
	*word = slice_of(NULL, 0);
	if (rest->n == 0 || rest->p[0] == '#')
		return RC_OK;
	sbuf_reset(in->word);
	while (rest->n && (quoted || !strchr(" \t", rest->p[0]))) {
		char c = rest->p[0];

		*rest = slice_skip(*rest, 1);
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\\' && quoted && !escape_take(rest, &c))
			return rule_text_refuse(
			    in, "bad escape: there are \\n \\r \\t "
				"\\\" \\\\ and \\xHH");
		sbuf_add_c(in->word, c);
	}
	if (quoted)
		return rule_text_refuse(in, "a quote is not closed");
	*word = arena_dup(in->arena, sbuf_slice(in->word));
	return RC_OK;
}

enum rc
rule_text_duration(struct rule_text *in, struct slice v, int64_t unit_us,
		   int64_t *out)
{
	static const struct {
		const char *name;
		int64_t us;
	} units[] = {
	    {"ms", 1000},   {"s", SECOND_US}, {"m", MINUTE_US},
	    {"h", HOUR_US}, {"d", DAY_US},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct slice name = slice_z(units[i].name);
		int64_t n;

		if (!slice_ends(v, name) ||
		    !slice_int(slice_of(v.p, v.n - name.n), 0, 1000000, &n))
			continue;
		*out = n * units[i].us / unit_us;
		return RC_OK;
	}
	return rule_text_refuse(
	    in,
	    "\"%.*s\" is no duration: a number and ms, s, m, h "
	    "or d",
	    SLICE_ARG(v));
}

enum rc
rule_text_size(struct rule_text *in, struct slice v, int64_t min, int64_t *out)
{
	int64_t unit = 1;
	struct slice digits = v;

	if (v.n && (v.p[v.n - 1] == 'K' || v.p[v.n - 1] == 'M')) {
		unit = v.p[v.n - 1] == 'K' ? 1024 : 1024 * 1024;
		digits.n--;
	}
	if (!slice_int(digits, min, INT64_C(1) << 40, out))
		return rule_text_refuse(
		    in,
		    "\"%.*s\" is no number of at least %lld "
		    "(K and M may follow it)",
		    SLICE_ARG(v), (long long)min);
	*out *= unit;
	return RC_OK;
}

enum rc
rule_text_reply(struct rule_text *in, struct slice v, struct slice *out)
{
	struct slice rest = v;
	struct sbuf wire;

	while (rest.p) {
		struct slice line = slice_cut(&rest, '\n');
		int64_t code;

		if (line.n < 3 ||
		    !slice_int(slice_of(line.p, 3), 200, 599, &code) ||
		    memcmp(line.p, v.p, 3) != 0 || slice_has_control(line))
			return rule_text_refuse(
			    in,
			    "\"%.*s\" is no reply line: three "
			    "digits, the same in all lines, "
			    "then text",
			    SLICE_ARG(line));
		if (rest.p ? line.n < 4 || line.p[3] != '-'
			   : line.n > 3 && line.p[3] != ' ')
			return rule_text_refuse(
			    in,
			    "\"%.*s\": the last line of a reply "
			    "has a blank behind its code, the "
			    "others have '-'",
			    SLICE_ARG(line));
	}
	sbuf_init(&wire, RULE_LINE_MAX * 2);
	reply_add_text(&wire, v);
	*out = arena_dup(in->arena, sbuf_slice(&wire));
	sbuf_fini(&wire);
	return RC_OK;
}

enum rc
rule_text_time(struct rule_text *in, struct slice v, int64_t *out)
{
	if (!time_parse(v, out))
		return rule_text_refuse(in,
					"\"%.*s\" is no time as in "
					"2026-11-21T18:00:00Z",
					SLICE_ARG(v));
	return RC_OK;
}
