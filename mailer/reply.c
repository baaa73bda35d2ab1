#include "mailer/reply.h"

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether n bytes may begin a line of a reply; the code is checked as far as
 * it came, so that garbage is not waited for. */
static bool
begins(const char *p, size_t n)
{
	return (n < 1 || (p[0] >= '2' && p[0] <= '5')) &&
	       (n < 2 || digit(p[1])) && (n < 3 || digit(p[2])) &&
	       (n < 4 || p[3] == ' ' || p[3] == '-' || p[3] == '\r');
}

/* A line as it lies before its LF. */
static bool
well_formed(const char *line, size_t n)
{
	return n >= 4 && line[n - 1] == '\r' &&
	       memchr(line, '\r', n) == line + n - 1 &&
	       memchr(line, '\0', n) == NULL;
}

ptrdiff_t
reply_scan(struct slice in)
{
	size_t at = 0;

	for (;;) {
		const char *line = in.p + at;
		size_t left = in.n - at;
		const char *nl = left > 0 ? memchr(line, '\n', left) : NULL;

		if (!begins(line, left))
			return -1;
		if (nl == NULL)
			return in.n < REPLY_MAX ? 0 : -1;
		if (!well_formed(line, (size_t)(nl - line)) ||
		    memcmp(line, in.p, 3) != 0)
			return -1;
		at = (size_t)(nl - in.p) + 1;
		if (at > REPLY_MAX)
			return -1;
		if (line[3] != '-')
			return (ptrdiff_t)at;
	}
}

int
reply_code(struct slice reply)
{
	if (reply.n < 3)
		return 0;
	return (reply.p[0] - '0') * 100 + (reply.p[1] - '0') * 10 +
	       (reply.p[2] - '0');
}

bool
reply_line(struct slice *rest, struct slice *text)
{
	struct slice line;

	if (rest->n == 0)
		return false;
	line = slice_cut(rest, '\n');
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	*text = slice_skip(line, 4);
	return true;
}

bool
reply_enhanced(struct slice reply, int out[3])
{
	struct slice text, rest = reply;
	int part[3] = {0, 0, 0};
	size_t at = 0;

	out[0] = out[1] = out[2] = 0;
	if (!reply_line(&rest, &text))
		return false;
	for (int i = 0; i < 3; i++) {
		size_t from = at;

		while (at < text.n && at - from < 3 && digit(text.p[at]))
			part[i] = part[i] * 10 + (text.p[at++] - '0');
		if (at == from)
			return false;
		if (i < 2 && (at == text.n || text.p[at++] != '.'))
			return false;
	}
	if (at < text.n && text.p[at] != ' ')
		return false;
	if (part[0] != reply_code(reply) / 100)
		return false;
	memcpy(out, part, sizeof part);
	return true;
}

bool
reply_offers(struct slice ehlo, struct slice word, struct slice *param)
{
	struct slice text, rest = ehlo;

	reply_line(&rest, &text); /* the peer's name */
	while (reply_line(&rest, &text)) {
		struct slice head = {text.p, word.n};

		if (text.n < word.n || !slice_ieq(head, word))
			continue;
		text = slice_skip(text, word.n);
		if (text.n > 0 && text.p[0] != ' ' && text.p[0] != '=')
			continue;
		if (param != NULL)
			*param = slice_trim(slice_skip(text, 1));
		return true;
	}
	return false;
}

/* What stands before or behind the id in known servers' 250. */
static const struct {
	const char *mark;
	bool behind;	 /* the id is behind the mark, else before it */
	size_t shortest; /* of an id, so that words are not taken for one */
} marks[] = {
    {"queued as ", true, 4},			  /* Postfix, and its kin */
    {" id=", true, 6},				  /* Exim */
    {"InternalId=", true, 4},			  /* Exchange */
    {" - gsmtp", false, 8},			  /* Gmail */
    {" Message accepted for delivery", false, 4}, /* OpenSMTPD, Sendmail */
    {" qp ", true, 2},				  /* qmail */
    {" ok dirdel", false, 4},			  /* Yahoo */
    {"Ok ", true, 16},				  /* Amazon SES */
    {"ok ", true, 16},
};

static bool
id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || digit(c) ||
	       memchr("-_.+/=$@", c, 8) != NULL;
}

struct slice
reply_queue_id(struct slice reply)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		struct slice mark = slice_z(marks[i].mark);
		ptrdiff_t found = slice_find(reply, mark);
		size_t from, to;

		if (found < 0)
			continue;
		from = to = (size_t)found + (marks[i].behind ? mark.n : 0);
		if (marks[i].behind)
			while (to < reply.n && id_char(reply.p[to]))
				to++;
		else
			while (from > 4 && id_char(reply.p[from - 1]))
				from--;
		while (to > from && reply.p[to - 1] == '.')
			to--;
		if (to - from >= marks[i].shortest)
			return slice_of(reply.p + from, to - from);
	}
	return slice_of(NULL, 0);
}
