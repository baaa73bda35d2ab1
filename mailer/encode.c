#include "mailer/encode.h"

#include "base/codec.h"
#include "base/eight.h"

#define QP_MAX 76    /* of a line, the soft break's "=" included */
#define BASE64_IN 57 /* bytes that give 76 characters */

static const char upper_hex[] = "0123456789ABCDEF";

/* Characters that quoted-printable leaves as they are anywhere in a line. */
static bool
qp_plain(unsigned char c)
{
	return c >= '!' && c <= '~' && c != '=';
}

static bool
blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* Copies what stays as it is amid a line, of n bytes, and says how many. */
static size_t
qp_copy(char *to, const char *p, size_t n)
{
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		uint64_t w = eight_load(p + i);
		uint64_t odd = eight_high(w) | eight_below(w, ' ') |
			       eight_same(w, '=') | eight_same(w, 127);

		memcpy(to + i, &w, sizeof(w));
		if (odd)
			return i + eight_first(odd);
	}
	for (; i < n; i++) {
		if (!qp_plain((unsigned char)p[i]) &&
		    !blank((unsigned char)p[i]))
			break;
		to[i] = p[i];
	}
	return i;
}

/* What must not stand at the start of a line as it is. */
static bool
qp_guarded(struct slice rest)
{
	return rest.p[0] == '.' ||
	       (rest.p[0] == 'F' && slice_starts(rest, SLICE("From ")));
}

/* The longest that a line of n bytes can become, its CRLF included. */
static size_t
qp_worst(size_t n)
{
	return 3 * n + 3 * (3 * n / (QP_MAX - 3) + 1) + 2;
}

static void
qp_line(struct slice line, struct sbuf *out)
{
	char *start = sbuf_room(out, qp_worst(line.n)), *o = start;
	size_t col = 0;

	if (start == NULL)
		return;
	for (size_t i = 0; i < line.n; i++) {
		size_t left = line.n - i - 1, room = QP_MAX - 1 - col, w;
		bool last, plain;
		unsigned char c;

		if (col > 0 && col < QP_MAX - 1) {
			w = qp_copy(o, line.p + i, left < room ? left : room);
			o += w;
			col += w;
			i += w;
		}
		c = (unsigned char)line.p[i];
		last = i + 1 == line.n;
		plain = qp_plain(c) || (blank(c) && !last);

		if (col + (plain ? 1 : 3) > (last ? QP_MAX : QP_MAX - 1)) {
			memcpy(o, "=\r\n", 3);
			o += 3;
			col = 0;
		}
		if (col == 0 && plain &&
		    qp_guarded(slice_of(line.p + i, left + 1)))
			plain = false;
		w = plain ? 1 : 3;
		if (plain) {
			*o = (char)c;
		} else {
			o[0] = '=';
			o[1] = upper_hex[c >> 4];
			o[2] = upper_hex[c & 15];
		}
		o += w;
		col += w;
	}
	*o++ = '\r';
	*o++ = '\n';
	out->n += (size_t)(o - start);
}

/* The next line of *rest, without its LF or CRLF. */
static struct slice
next_line(struct slice *rest)
{
	struct slice line = slice_cut(rest, '\n');

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

void
encode_qp(struct slice text, struct sbuf *out)
{
	while (text.n > 0)
		qp_line(next_line(&text), out);
}

void
encode_base64(struct slice bytes, struct sbuf *out)
{
	while (bytes.n > 0) {
		size_t n = bytes.n < BASE64_IN ? bytes.n : BASE64_IN;

		base64_encode(slice_of(bytes.p, n), out);
		sbuf_add(out, SLICE("\r\n"));
		bytes = slice_skip(bytes, n);
	}
}

void
encode_base64_text(struct slice text, struct sbuf *out)
{
	struct sbuf canonical;

	sbuf_init(&canonical, 2 * text.n + 2);
	while (text.n > 0) {
		sbuf_add(&canonical, next_line(&text));
		sbuf_add(&canonical, SLICE("\r\n"));
	}
	encode_base64(sbuf_slice(&canonical), out);
	sbuf_fini(&canonical);
}

bool
encode_prefers_base64(struct slice text)
{
	size_t encoded = 0, i = 0;

	for (; text.n - i >= 8; i += 8)
		encoded += eight_count_high(eight_load(text.p + i));
	for (; i < text.n; i++)
		encoded += (unsigned char)text.p[i] > 127;
	/* n + 2 encoded against 4/3 n. */
	return 6 * encoded > text.n;
}
