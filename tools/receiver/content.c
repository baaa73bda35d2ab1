/*
 * DATA, byte by byte (line):
 *
 *   START --'.'--> DOT --CR--> DOT_CR --LF--> done
 *     |              \--other--> TEXT (the dot was stuffed, and goes)
 *     |--other--> TEXT --CR--> CR --LF--> START
 *                               \--other--> TEXT
 *
 * What DOT_CR meets besides LF was a stuffed dot and a bare CR.
 */
#include "tools/receiver/content.h"

enum { START, TEXT, CR, DOT, DOT_CR };

#define KEPT_BYTES ((size_t)256 * 1024)

void
content_init(struct content *c, size_t max)
{
	*c = (struct content){.line = START};
	sbuf_init(&c->bytes, max);
}

void
content_fini(struct content *c)
{
	sbuf_fini(&c->bytes);
}

void
content_reset(struct content *c)
{
	size_t max = c->bytes.max;

	if (c->bytes.cap > KEPT_BYTES) {
		sbuf_fini(&c->bytes);
		sbuf_init(&c->bytes, max);
	}
	sbuf_reset(&c->bytes);
	c->n = 0;
	c->line = START;
	c->done = false;
}

static void
keep(struct content *c, const char *p, size_t n)
{
	sbuf_add(&c->bytes, slice_of(p, n));
	c->n += n;
}

/* Takes text up to and with the next CR. */
static size_t
take_text(struct content *c, struct slice in)
{
	const char *cr = memchr(in.p, '\r', in.n);
	size_t n = cr ? (size_t)(cr - in.p) + 1 : in.n;

	keep(c, in.p, n);
	c->line = cr ? CR : TEXT;
	return n;
}

static size_t
take_some(struct content *c, struct slice in)
{
	char b = in.p[0];

	switch (c->line) {
	case START:
		if (b != '.')
			return take_text(c, in);
		c->line = DOT;
		return 1;
	case CR:
		if (b != '\n')
			return take_text(c, in);
		keep(c, "\n", 1);
		c->line = START;
		return 1;
	case DOT:
		if (b != '\r')
			return take_text(c, in);
		c->line = DOT_CR;
		return 1;
	case DOT_CR:
		if (b == '\n') {
			c->done = true;
			return 1;
		}
		keep(c, "\r", 1);
		return take_text(c, in);
	default:
		return take_text(c, in);
	}
}

size_t
content_take_data(struct content *c, struct slice in)
{
	size_t used = 0;

	while (used < in.n && !c->done)
		used += take_some(c, slice_skip(in, used));
	return used;
}

void
content_take_chunk(struct content *c, struct slice in)
{
	keep(c, in.p, in.n);
}

/* Value of a header field that line starts, or an empty slice. */
static struct slice
field_value(struct slice line, struct slice name)
{
	if (line.n <= name.n || line.p[name.n] != ':' ||
	    !slice_ieq(slice_of(line.p, name.n), name))
		return slice_of(NULL, 0);
	return slice_trim(slice_skip(line, name.n + 1));
}

static void
examine_header(struct slice rest, struct content_form *out)
{
	while (rest.p) {
		struct slice line = slice_cut(&rest, '\n'), v;

		if (slice_trim(line).n == 0)
			return;
		v = field_value(line, SLICE("X-Evidence-Ref"));
		if (v.n && !out->evidence_ref.n)
			out->evidence_ref = v;
		v = field_value(line, SLICE("Message-ID"));
		if (v.n && !out->message_id.n)
			out->message_id = v;
	}
}

void
content_examine(struct slice content, struct content_form *out)
{
	size_t start = 0;

	*out = (struct content_form){0};
	examine_header(content, out);
	for (size_t i = 0; i < content.n; i++) {
		unsigned char b = (unsigned char)content.p[i];

		if (b > '\r' && b < 0x80)
			continue;
		out->eight_bit |= b >= 0x80;
		out->nul |= b == 0;
		if (b == '\n' && (i == 0 || content.p[i - 1] != '\r'))
			out->bare_lf++;
		if (b == '\r' &&
		    (i + 1 == content.n || content.p[i + 1] != '\n'))
			out->bare_cr++;
		if (b == '\n' && i > start && content.p[i - 1] == '\r') {
			if (i - 1 - start > out->longest_line)
				out->longest_line = i - 1 - start;
			start = i + 1;
		}
	}
	if (content.n - start > out->longest_line)
		out->longest_line = content.n - start;
}
