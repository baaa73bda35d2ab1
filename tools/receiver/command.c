#include "tools/receiver/command.h"

#include <ctype.h>

static const char *const verbs[VERB_COUNT] = {
    [VERB_UNKNOWN] = "?",	  [VERB_HELO] = "HELO", [VERB_EHLO] = "EHLO",
    [VERB_STARTTLS] = "STARTTLS", [VERB_AUTH] = "AUTH", [VERB_MAIL] = "MAIL",
    [VERB_RCPT] = "RCPT",	  [VERB_DATA] = "DATA", [VERB_BDAT] = "BDAT",
    [VERB_RSET] = "RSET",	  [VERB_NOOP] = "NOOP", [VERB_QUIT] = "QUIT",
    [VERB_VRFY] = "VRFY",	  [VERB_HELP] = "HELP",
};

static const struct {
	unsigned bit;
	const char *name;
} extensions[] = {
    {EXT_PIPELINING, "PIPELINING"},
    {EXT_SIZE, "SIZE"},
    {EXT_8BITMIME, "8BITMIME"},
    {EXT_ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES"},
    {EXT_DSN, "DSN"},
    {EXT_CHUNKING, "CHUNKING"},
    {EXT_SMTPUTF8, "SMTPUTF8"},
    {EXT_AUTH, "AUTH"},
    {EXT_STARTTLS, "STARTTLS"},
};

#define EXTENSIONS (sizeof(extensions) / sizeof(extensions[0]))

const char *
extension_name(unsigned bit)
{
	for (size_t i = 0; i < EXTENSIONS; i++) {
		if (extensions[i].bit == bit)
			return extensions[i].name;
	}
	return "?";
}

unsigned
extension_of(struct slice name)
{
	for (size_t i = 0; i < EXTENSIONS; i++) {
		if (slice_ieq(name, slice_z(extensions[i].name)))
			return extensions[i].bit;
	}
	return 0;
}

enum verb
command_verb(struct slice line, struct slice *rest)
{
	struct slice name;

	*rest = line;
	name = slice_cut(rest, ' ');
	*rest = slice_trim(*rest);
	for (int v = VERB_UNKNOWN + 1; v < VERB_COUNT; v++) {
		if (slice_ieq(name, slice_z(verbs[v])))
			return (enum verb)v;
	}
	return VERB_UNKNOWN;
}

const char *
command_name(enum verb verb)
{
	return verbs[verb];
}

static bool
has_8bit(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] & 0x80)
			return true;
	}
	return false;
}

/* Length of the quoted string, with its quotes, that s starts with; 0 when it
 * is not one. */
static size_t
quoted_length(struct slice s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\\')
			i++;
		if (i >= s.n || (unsigned char)s.p[i] < 32 || s.p[i] == 127)
			return 0;
	}
	return 0;
}

static bool
is_atext(char c)
{
	return (c & 0x80) || isalnum((unsigned char)c) ||
	       (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool
dot_string_valid(struct slice s)
{
	bool dot = true;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? dot : !is_atext(s.p[i]))
			return false;
		dot = s.p[i] == '.';
	}
	return !dot;
}

static bool
domain_valid(struct slice d)
{
	if (d.n == 0 || d.n > 255)
		return false;
	if (d.p[0] == '[')
		return d.n > 2 && d.p[d.n - 1] == ']' &&
		       slice_find_c(slice_of(d.p + 1, d.n - 2), '[') < 0;
	while (d.p) {
		struct slice label = slice_cut(&d, '.');

		if (label.n == 0 || label.n > 63 || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++) {
			char c = label.p[i];

			if (!(c & 0x80) && !isalnum((unsigned char)c) &&
			    c != '-' && c != '_')
				return false;
		}
	}
	return true;
}

/* Mailbox of RFC 5321 4.1.2, and the domainless Postmaster of 4.5.1. */
static bool
path_valid(struct slice m)
{
	size_t local;
	ptrdiff_t at;

	if (m.n > 254 || (has_8bit(m) && !slice_utf8(m)))
		return false;
	if (slice_ieq(m, SLICE("postmaster")))
		return true;
	if (m.n && m.p[0] == '"') {
		local = quoted_length(m);
		if (local == 0 || local == m.n || m.p[local] != '@')
			return false;
	} else {
		at = slice_find_c(m, '@');
		if (at < 0 || !dot_string_valid(slice_of(m.p, (size_t)at)))
			return false;
		local = (size_t)at;
	}
	return local <= 64 && domain_valid(slice_skip(m, local + 1));
}

/* Cuts "<path>" off rest.  Outside quotes the path ends at the first '>'; a
 * source route ("@a,@b:") is dropped. */
static bool
path_cut(struct slice *rest, struct slice *path)
{
	struct slice s = *rest;
	size_t i = 1;

	if (s.n < 2 || s.p[0] != '<')
		return false;
	if (s.p[1] == '@') {
		ptrdiff_t colon = slice_find_c(s, ':');

		if (colon < 0)
			return false;
		s = slice_skip(s, (size_t)colon);
	}
	if (s.n > 1 && s.p[1] == '"') {
		i += quoted_length(slice_skip(s, 1));
		if (i == 1)
			return false;
	}
	while (i < s.n && s.p[i] != '>')
		i++;
	if (i == s.n)
		return false;
	*path = slice_of(s.p + 1, i - 1);
	*rest = slice_skip(s, i + 1);
	return rest->n == 0 || rest->p[0] == ' ';
}

/* xtext of RFC 3461 section 4; only printable ASCII may come out, or UTF-8. */
static bool
xtext_decode(struct slice in, struct arena *a, struct slice *out)
{
	char *to = arena_alloc(a, in.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		int c = (unsigned char)in.p[i];

		if (c == '+') {
			static const char hex[] = "0123456789ABCDEF";
			const char *high, *low;

			if (in.n - i < 3 || !in.p[i + 1] || !in.p[i + 2])
				return false;
			high = strchr(hex, in.p[i + 1]);
			low = strchr(hex, in.p[i + 2]);
			if (!high || !low)
				return false;
			c = (int)((high - hex) * 16 + (low - hex));
			i += 2;
		} else if (c < 33 || c == '=' || c == 127) {
			return false;
		}
		if (c < 32 || c == 127)
			return false;
		to[n++] = (char)c;
	}
	*out = slice_of(to, n);
	return n > 0;
}

static enum reply_id
mail_parameter(struct slice key, struct slice value, unsigned offered,
	       struct arena *a, struct mail *m)
{
	if (slice_ieq(key, SLICE("SIZE")) && (offered & EXT_SIZE)) {
		if (m->size >= 0 || !slice_int(value, 0, INT64_MAX, &m->size))
			return REPLY_ARGUMENT;
	} else if (slice_ieq(key, SLICE("BODY")) && (offered & EXT_8BITMIME)) {
		if (m->body.n || (!slice_ieq(value, SLICE("7BIT")) &&
				  !slice_ieq(value, SLICE("8BITMIME"))))
			return REPLY_ARGUMENT;
		m->body = arena_dup(a, value);
	} else if (slice_ieq(key, SLICE("SMTPUTF8")) &&
		   (offered & EXT_SMTPUTF8)) {
		if (value.p || m->smtputf8)
			return REPLY_ARGUMENT;
		m->smtputf8 = true;
	} else if (slice_ieq(key, SLICE("RET")) && (offered & EXT_DSN)) {
		if (m->ret.n || (!slice_ieq(value, SLICE("FULL")) &&
				 !slice_ieq(value, SLICE("HDRS"))))
			return REPLY_ARGUMENT;
		m->ret = arena_dup(a, value);
	} else if (slice_ieq(key, SLICE("ENVID")) && (offered & EXT_DSN)) {
		if (m->envid.n || value.n > 100 ||
		    !xtext_decode(value, a, &m->envid))
			return REPLY_ARGUMENT;
	} else if (slice_ieq(key, SLICE("AUTH")) && (offered & EXT_AUTH)) {
		if (m->auth.n || value.n == 0)
			return REPLY_ARGUMENT;
		m->auth = arena_dup(a, value);
	} else {
		return REPLY_PARAMETER;
	}
	return REPLY_NONE;
}

static bool
notify_parse(struct slice value, unsigned *out)
{
	static const struct {
		const char *name;
		unsigned bit;
	} words[] = {
	    {"NEVER", NOTIFY_NEVER},
	    {"SUCCESS", NOTIFY_SUCCESS},
	    {"FAILURE", NOTIFY_FAILURE},
	    {"DELAY", NOTIFY_DELAY},
	};
	unsigned bits = NOTIFY_GIVEN;

	if (!value.p)
		return false;
	while (value.p) {
		struct slice word = slice_cut(&value, ',');
		unsigned bit = 0;

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (slice_ieq(word, slice_z(words[i].name)))
				bit = words[i].bit;
		}
		if (!bit || (bits & bit))
			return false;
		bits |= bit;
	}
	*out = bits;
	return !(bits & NOTIFY_NEVER) || bits == (NOTIFY_GIVEN | NOTIFY_NEVER);
}

/* "type;xtext" of RFC 3461 section 4.2. */
static bool
orcpt_parse(struct slice value, struct arena *a, struct slice *out)
{
	ptrdiff_t semicolon = slice_find_c(value, ';');
	struct slice type, address;

	if (semicolon < 1 || value.n > 500)
		return false;
	type = slice_of(value.p, (size_t)semicolon);
	if (!dot_string_valid(type) ||
	    !xtext_decode(slice_skip(value, (size_t)semicolon + 1), a,
			  &address))
		return false;
	*out = slice_z(
	    arena_printf(a, "%.*s;%.*s", SLICE_ARG(type), SLICE_ARG(address)));
	return true;
}

static enum reply_id
rcpt_parameter(struct slice key, struct slice value, unsigned offered,
	       struct arena *a, struct recipient *r)
{
	if (slice_ieq(key, SLICE("NOTIFY")) && (offered & EXT_DSN)) {
		if (r->notify || !notify_parse(value, &r->notify))
			return REPLY_ARGUMENT;
	} else if (slice_ieq(key, SLICE("ORCPT")) && (offered & EXT_DSN)) {
		if (r->orcpt.n || !orcpt_parse(value, a, &r->orcpt))
			return REPLY_ARGUMENT;
	} else {
		return REPLY_PARAMETER;
	}
	return REPLY_NONE;
}

/* Cuts the next "KEY[=VALUE]"; value.p is NULL where there is no '='. */
static bool
parameter_cut(struct slice *rest, struct slice *key, struct slice *value)
{
	*rest = slice_trim(*rest);
	if (rest->n == 0)
		return false;
	*value = slice_cut(rest, ' ');
	*key = slice_cut(value, '=');
	return true;
}

static bool
starts_with_word(struct slice *rest, struct slice word)
{
	if (rest->n < word.n || !slice_ieq(slice_of(rest->p, word.n), word))
		return false;
	*rest = slice_skip(*rest, word.n);
	return true;
}

enum reply_id
command_mail(struct slice rest, unsigned offered, struct arena *a,
	     struct mail *out)
{
	struct slice path, key, value;

	*out = (struct mail){.size = -1};
	if (!starts_with_word(&rest, SLICE("FROM:")) || !path_cut(&rest, &path))
		return REPLY_SYNTAX;
	while (parameter_cut(&rest, &key, &value)) {
		enum reply_id id = mail_parameter(key, value, offered, a, out);

		if (id != REPLY_NONE)
			return id;
	}
	if (path.n && !path_valid(path))
		return REPLY_BAD_SENDER;
	if (has_8bit(path) && !out->smtputf8)
		return REPLY_UTF8_NEEDED;
	out->path = arena_dup(a, path);
	return REPLY_NONE;
}

enum reply_id
command_rcpt(struct slice rest, unsigned offered, bool utf8, struct arena *a,
	     struct recipient *out)
{
	struct slice path, key, value;

	*out = (struct recipient){0};
	if (!starts_with_word(&rest, SLICE("TO:")) || !path_cut(&rest, &path))
		return REPLY_SYNTAX;
	while (parameter_cut(&rest, &key, &value)) {
		enum reply_id id = rcpt_parameter(key, value, offered, a, out);

		if (id != REPLY_NONE)
			return id;
	}
	if (!path_valid(path))
		return REPLY_BAD_RCPT;
	out->utf8 = has_8bit(path);
	if (out->utf8 && !utf8)
		return REPLY_UTF8_NEEDED;
	out->path = arena_dup(a, path);
	return REPLY_NONE;
}

bool
command_bdat(struct slice rest, uint64_t *size, bool *last)
{
	struct slice number = slice_cut(&rest, ' ');
	int64_t n;

	rest = slice_trim(rest);
	*last = rest.n > 0;
	if (*last && !slice_ieq(rest, SLICE("LAST")))
		return false;
	if (!slice_int(number, 0, INT64_C(1) << 40, &n))
		return false;
	*size = (uint64_t)n;
	return true;
}
