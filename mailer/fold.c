#include "mailer/fold.h"

#include <stdio.h>

#include "base/codec.h"

#define LINE_MAX_CHARS 78
#define WORD_LINE_MAX 76 /* of a line with encoded words */
#define WORD_MAX 75	 /* an encoded word.  Ref: RFC 2047 2 */
#define WORD_HEAD 10	 /* "=?UTF-8?Q?" */
#define WORD_EXTRA 12	 /* and "?=" */
#define WORD_LEAST 24	 /* with less room than this, a new line */

void
fold_begin(struct fold *f, struct sbuf *out, const char *name)
{
	f->out = out;
	sbuf_add_z(out, name);
	sbuf_add_c(out, ':');
	f->col = strlen(name) + 1;
}

void
fold_end(struct fold *f)
{
	sbuf_add(f->out, SLICE("\r\n"));
}

static void
new_line(struct fold *f)
{
	sbuf_add(f->out, SLICE("\r\n"));
	f->col = 0;
}

void
fold_token(struct fold *f, struct slice token)
{
	if (f->col + 1 + token.n > LINE_MAX_CHARS && f->col > 1)
		new_line(f);
	sbuf_add_c(f->out, ' ');
	sbuf_add(f->out, token);
	f->col += 1 + token.n;
}

static void
tokens(struct fold *f, struct slice text)
{
	while (text.n > 0)
		fold_token(f, slice_cut(&text, ' '));
}

/* ---- encoded words ---- */

static size_t
sequence(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* What Q encoding may leave as it is even in a phrase. */
static bool
q_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '!' || c == '*' || c == '+' ||
	       c == '-' || c == '/';
}

static size_t
q_size(unsigned char c)
{
	return q_plain(c) || c == ' ' ? 1 : 3;
}

static void
q_add(struct sbuf *out, struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == ' ')
			sbuf_add_c(out, '_');
		else if (q_plain(c))
			sbuf_add_c(out, (char)c);
		else
			sbuf_addf(out, "=%02X", c);
	}
}

/* Bytes of text that fit into room characters, whole characters alone. */
static size_t
fitting(struct slice text, size_t room, bool q)
{
	size_t n = 0, used = 0;

	while (n < text.n) {
		size_t k = sequence((unsigned char)text.p[n]), size = 0;

		if (n + k > text.n)
			k = text.n - n;
		for (size_t i = 0; q && i < k; i++)
			size += q_size((unsigned char)text.p[n + i]);
		if (q ? used + size > room : (n + k + 2) / 3 * 4 > room)
			break;
		used += size;
		n += k;
	}
	return n;
}

static bool
boundary(struct slice text, size_t at)
{
	return at == text.n || ((unsigned char)text.p[at] & 0xc0) != 0x80;
}

/* Where to cut at most n bytes off for a word that is not the last, for the
 * sake of readers that are wrong: some show a space between two encoded words,
 * others join base64 before they decode it, and stop at the first padding.
 * Ref: RFC 2047 6.2. */
static size_t
good_cut(struct slice text, size_t n, bool q)
{
	for (size_t i = n; i > n / 2; i--)
		if (text.p[i - 1] == ' ' && (q || i % 3 == 0))
			return i;
	for (size_t i = n; i > 0 && !q; i--)
		if (i % 3 == 0 && boundary(text, i))
			return i;
	return n;
}

static bool
q_is_shorter(struct slice text)
{
	size_t q = 0;

	for (size_t i = 0; i < text.n; i++)
		q += q_size((unsigned char)text.p[i]);
	return q <= (text.n + 2) / 3 * 4;
}

static void
encoded_words(struct fold *f, struct slice text)
{
	bool q = q_is_shorter(text);

	while (text.n > 0) {
		size_t room, n, at;

		if (f->col + 1 + WORD_EXTRA + WORD_LEAST > WORD_LINE_MAX)
			new_line(f);
		room = WORD_LINE_MAX - f->col - 1;
		room = (room < WORD_MAX ? room : WORD_MAX) - WORD_EXTRA;
		n = fitting(text, room, q);
		if (n < text.n)
			n = good_cut(text, n, q);
		at = f->out->n;
		sbuf_add_z(f->out, q ? " =?UTF-8?Q?" : " =?UTF-8?B?");
		if (q)
			q_add(f->out, slice_of(text.p, n));
		else
			base64_encode(slice_of(text.p, n), f->out);
		sbuf_add(f->out, SLICE("?="));
		text = slice_skip(text, n);
		f->col += f->out->n - at;
		if (text.n > 0)
			new_line(f);
	}
}

static bool
must_encode(struct slice word)
{
	if (word.n > WORD_LINE_MAX || slice_find(word, SLICE("=?")) >= 0)
		return true;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] < '!' || word.p[i] > '~')
			return true;
	return false;
}

/* From the first word that must be encoded to the end of the last one: space
 * between encoded words is not shown, so that all between goes in.  Spaces at
 * an end or side by side show only inside an encoded word. */
static struct slice
encoded_span(struct slice text)
{
	struct slice rest = text;
	size_t from = text.n, to = text.n;

	while (rest.p != NULL) {
		size_t at = (size_t)(rest.p - text.p);
		struct slice word = slice_cut(&rest, ' ');

		if (word.n == 0)
			return text;
		if (!must_encode(word))
			continue;
		if (from == text.n)
			from = at;
		to = at + word.n;
	}
	return slice_of(text.p + from, to - from);
}

void
fold_text(struct fold *f, struct slice text)
{
	struct slice span;
	size_t before;

	if (text.n == 0)
		return;
	span = encoded_span(text);
	if (span.n == 0) {
		tokens(f, text);
		return;
	}
	before = (size_t)(span.p - text.p);
	if (before > 0)
		tokens(f, slice_of(text.p, before - 1));
	encoded_words(f, span);
	text = slice_skip(text, before + span.n);
	if (text.n > 0)
		tokens(f, slice_skip(text, 1));
}

/* ---- phrases ---- */

static bool
atom_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
all_atoms(struct slice phrase)
{
	bool start = true;

	for (size_t i = 0; i < phrase.n; i++) {
		char c = phrase.p[i];

		if (c == ' ' ? start : !atom_char(c))
			return false;
		start = c == ' ';
	}
	return !start;
}

static void
quoted(struct fold *f, struct slice phrase)
{
	char text[2 * LINE_MAX_CHARS];
	size_t n = 0;

	text[n++] = '"';
	for (size_t i = 0; i < phrase.n; i++) {
		if (phrase.p[i] == '"' || phrase.p[i] == '\\')
			text[n++] = '\\';
		text[n++] = phrase.p[i];
	}
	text[n++] = '"';
	fold_token(f, slice_of(text, n));
}

static bool
ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

void
fold_phrase(struct fold *f, struct slice phrase)
{
	bool plain = ascii(phrase) && slice_find(phrase, SLICE("=?")) < 0;

	if (plain && all_atoms(phrase) && phrase.n < LINE_MAX_CHARS / 2)
		tokens(f, phrase);
	else if (plain && phrase.n < LINE_MAX_CHARS / 2)
		quoted(f, phrase);
	else
		encoded_words(f, phrase);
}

/* ---- parameters ---- */

static bool
token_char(char c)
{
	return atom_char(c) && strchr("/?='*%", c) == NULL;
}

/* Parameters begin where what stands before ended; the ";" belongs there. */
static void
parameter(struct fold *f, const char *name, struct slice value)
{
	char text[LINE_MAX_CHARS + 2];
	int n =
	    snprintf(text, sizeof text, "%s=\"%.*s\"", name, SLICE_ARG(value));

	sbuf_add_c(f->out, ';');
	f->col++;
	fold_token(f, slice_of(text, (size_t)n));
}

/* As many percent-encoded characters of *rest as a line holds, behind head. */
static void
extended(struct fold *f, const char *head, struct slice *rest)
{
	char text[LINE_MAX_CHARS + 2];
	size_t n = (size_t)snprintf(text, sizeof text, "%s", head);

	while (rest->n > 0) {
		size_t k = sequence((unsigned char)rest->p[0]);

		if (n + 3 * k > LINE_MAX_CHARS - 2)
			break;
		for (size_t i = 0; i < k && rest->n > 0; i++) {
			unsigned char c = (unsigned char)rest->p[0];

			if (token_char((char)c))
				text[n++] = (char)c;
			else
				n += (size_t)snprintf(text + n, 4, "%%%02X", c);
			*rest = slice_skip(*rest, 1);
		}
	}
	sbuf_add_c(f->out, ';');
	new_line(f);
	fold_token(f, slice_of(text, n));
}

void
fold_parameter(struct fold *f, const char *name, struct slice value)
{
	bool plain = ascii(value) && slice_find_c(value, '"') < 0 &&
		     slice_find_c(value, '\\') < 0 &&
		     slice_find(value, SLICE("=?")) < 0;
	char head[32];

	if (plain && strlen(name) + value.n + 5 < LINE_MAX_CHARS) {
		parameter(f, name, value);
		return;
	}
	if (strlen(name) + 3 * value.n + 13 < LINE_MAX_CHARS) {
		snprintf(head, sizeof head, "%s*=UTF-8''", name);
		extended(f, head, &value);
		return;
	}
	for (int part = 0; value.n > 0; part++) {
		snprintf(head, sizeof head, "%s*%d*=%s", name, part,
			 part == 0 ? "UTF-8''" : "");
		extended(f, head, &value);
	}
}
