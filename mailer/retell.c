#include "mailer/retell.h"

#include <stdio.h>

#define LINE_MAX_BYTES 900 /* it cuts lines at 1,023 */
#define PARAM_MAX 20

/* Not CHUNKING: its BDAT claims what was not sent; not ENHANCEDSTATUSCODES:
 * its parser refuses valid replies; not STARTTLS: that is the wire's. */
static const struct slice allowed[] = {
    {"PIPELINING", 10}, {"DSN", 3}, {"SIZE", 4}, {"8BITMIME", 8}};

/* The preferred one first.  Only one is told, since after a refusal it would
 * try the next, and then go on without. */
static const struct slice mechanisms[] = {
    {"PLAIN", 5}, {"LOGIN", 5}, {"CRAM-MD5", 8}};

void
retell_line(struct told *t, int code, char sep, struct slice text)
{
	char *to = t->text + t->n;
	size_t room = sizeof t->text - t->n;
	int n;

	if (text.n > LINE_MAX_BYTES)
		text.n = LINE_MAX_BYTES;
	n = snprintf(to, room, "%d%c%.*s\r\n", code, sep, SLICE_ARG(text));
	if (n < 0 || (size_t)n >= room)
		return;
	/* It looks characters up in a table, by a signed index. */
	for (int i = 0; i < n - 2; i++)
		if (to[i] < ' ' || to[i] > '~')
			to[i] = '?';
	t->n += (size_t)n;
}

void
retell_reply(struct told *t, int code, struct slice reply)
{
	struct slice text = {NULL, 0};

	reply_line(&reply, &text);
	retell_line(t, code, ' ', text);
}

static bool
has_word(struct slice list, struct slice word)
{
	while (list.n > 0)
		if (slice_ieq(slice_cut(&list, ' '), word))
			return true;
	return false;
}

static void
tell_mechanism(struct told *t, struct slice ehlo)
{
	struct slice offered;
	char text[32];

	if (!reply_offers(ehlo, SLICE("AUTH"), &offered))
		return;
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
		if (!has_word(offered, mechanisms[i]))
			continue;
		snprintf(text, sizeof text, "AUTH %s", mechanisms[i].p);
		retell_line(t, 250, '-', slice_z(text));
		return;
	}
}

void
retell_ehlo(struct told *t, struct slice ehlo, bool auth)
{
	struct slice param;
	char text[64];

	retell_line(t, 250, '-', SLICE("peer"));
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
		if (!reply_offers(ehlo, allowed[i], &param))
			continue;
		if (param.n > PARAM_MAX)
			param.n = PARAM_MAX;
		snprintf(text, sizeof text, "%s %.*s", allowed[i].p,
			 SLICE_ARG(param));
		retell_line(t, 250, '-', slice_trim(slice_z(text)));
	}
	if (auth)
		tell_mechanism(t, ehlo);
	retell_line(t, 250, ' ', SLICE("END"));
}
