#include "base/codec.h"

#define BAD 0xff

static const char hex_digits[] = "0123456789abcdef";
static const char base32_digits[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
hex_encode(struct slice in, struct sbuf *out)
{
	char *to = sbuf_room(out, in.n * 2);

	if (to == NULL)
		return;
	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		*to++ = hex_digits[c >> 4];
		*to++ = hex_digits[c & 15];
	}
	out->n += in.n * 2;
}

static unsigned
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : BAD;
}

bool
hex_decode(struct slice in, uint8_t *out, size_t n)
{
	if (in.n / 2 != n || in.n % 2)
		return false;
	for (size_t i = 0; i < in.n; i++)
		if (hex_value(in.p[i]) == BAD)
			return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(hex_value(in.p[2 * i]) << 4 |
				   hex_value(in.p[2 * i + 1]));
	return true;
}

/* Characters of bits bits each, most significant first, the last one filled
 * up with zeros. */
static void
encode(struct slice in, const char *digits, unsigned bits, struct sbuf *out)
{
	size_t n = (in.n * 8 + bits - 1) / bits;
	char *to = sbuf_room(out, n);
	uint32_t held = 0;
	unsigned have = 0;

	if (to == NULL)
		return;
	for (size_t i = 0; i < in.n; i++) {
		held = held << 8 | (unsigned char)in.p[i];
		for (have += 8; have >= bits; have -= bits)
			*to++ =
			    digits[held >> (have - bits) & ((1U << bits) - 1)];
	}
	if (have)
		*to = digits[held << (bits - have) & ((1U << bits) - 1)];
	out->n += n;
}

static unsigned
letter_value(char c, char first, unsigned base)
{
	return c >= first && c < first + 26 ? (unsigned)(c - first) + base
					    : BAD;
}

static unsigned
base32_value(char c)
{
	if (c >= '2' && c <= '7')
		return (unsigned)(c - '2') + 26;
	return letter_value((char)(c | 0x20), 'a', 0);
}

static unsigned
base64_common(char c)
{
	unsigned v = letter_value(c, 'A', 0);

	if (v == BAD)
		v = letter_value(c, 'a', 26);
	return v == BAD && c >= '0' && c <= '9' ? (unsigned)(c - '0') + 52 : v;
}

static unsigned
base64_value(char c)
{
	return c == '+' ? 62 : c == '/' ? 63 : base64_common(c);
}

static unsigned
base64url_value(char c)
{
	return c == '-' ? 62 : c == '_' ? 63 : base64_common(c);
}

/* Bits left at the end must be zeros and fewer than a character's, so that
 * each content has one form alone. */
static bool
decode(struct slice in, unsigned (*value)(char), unsigned bits,
       struct sbuf *out)
{
	size_t before = out->n;
	char *to = sbuf_room(out, in.n * bits / 8);
	uint32_t held = 0;
	unsigned have = 0;

	if (to == NULL)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		unsigned v = value(in.p[i]);

		if (v == BAD)
			return false;
		held = held << bits | v;
		have += bits;
		if (have >= 8) {
			have -= 8;
			*to++ = (char)(held >> have & 0xff);
		}
	}
	if (have >= bits || (held & ((1U << have) - 1)) != 0)
		return false;
	out->n = before + in.n * bits / 8;
	return true;
}

void
base64_encode(struct slice in, struct sbuf *out)
{
	static const char padding[] = "==";

	encode(in, base64_digits, 6, out);
	sbuf_add(out, slice_of(padding, (3 - in.n % 3) % 3));
}

bool
base64_decode(struct slice in, struct sbuf *out)
{
	if (in.n % 4)
		return false;
	for (int i = 0; i < 2 && slice_ends(in, SLICE("=")); i++)
		in.n--;
	return decode(in, base64_value, 6, out);
}

void
base64url_encode(struct slice in, struct sbuf *out)
{
	encode(in, base64url_digits, 6, out);
}

bool
base64url_decode(struct slice in, struct sbuf *out)
{
	return decode(in, base64url_value, 6, out);
}

void
base32_encode(struct slice in, struct sbuf *out)
{
	encode(in, base32_digits, 5, out);
}

bool
base32_decode(struct slice in, struct sbuf *out)
{
	return decode(in, base32_value, 5, out);
}
