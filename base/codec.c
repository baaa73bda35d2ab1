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

/* The value of each character, plus one; 0 for those that are of another
 * alphabet. */
#define BASE64_COMMON                                                          \
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6,      \
	['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12,   \
	['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17,            \
	['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22,            \
	['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27,            \
	['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,            \
	['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37,            \
	['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,            \
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47,            \
	['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52,            \
	['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57,            \
	['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62

static const uint8_t base64_values[256] = {
    BASE64_COMMON,
    ['+'] = 63,
    ['/'] = 64,
};

static const uint8_t base64url_values[256] = {
    BASE64_COMMON,
    ['-'] = 63,
    ['_'] = 64,
};

static const uint8_t base32_values[256] = {
    ['a'] = 1,	['b'] = 2,  ['c'] = 3,	['d'] = 4,  ['e'] = 5,	['f'] = 6,
    ['g'] = 7,	['h'] = 8,  ['i'] = 9,	['j'] = 10, ['k'] = 11, ['l'] = 12,
    ['m'] = 13, ['n'] = 14, ['o'] = 15, ['p'] = 16, ['q'] = 17, ['r'] = 18,
    ['s'] = 19, ['t'] = 20, ['u'] = 21, ['v'] = 22, ['w'] = 23, ['x'] = 24,
    ['y'] = 25, ['z'] = 26, ['2'] = 27, ['3'] = 28, ['4'] = 29, ['5'] = 30,
    ['6'] = 31, ['7'] = 32, ['A'] = 1,	['B'] = 2,  ['C'] = 3,	['D'] = 4,
    ['E'] = 5,	['F'] = 6,  ['G'] = 7,	['H'] = 8,  ['I'] = 9,	['J'] = 10,
    ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22,
    ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26,
};

/* Bits left at the end must be zeros and fewer than a character's, so that
 * each content has one form alone. */
static bool
decode(struct slice in, const uint8_t *values, unsigned bits, struct sbuf *out)
{
	size_t before = out->n;
	char *to = sbuf_room(out, in.n * bits / 8);
	uint32_t held = 0;
	unsigned have = 0;

	if (to == NULL)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		unsigned v = values[(unsigned char)in.p[i]];

		if (v == 0)
			return false;
		held = held << bits | (v - 1);
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
	return decode(in, base64_values, 6, out);
}

void
base64url_encode(struct slice in, struct sbuf *out)
{
	encode(in, base64url_digits, 6, out);
}

bool
base64url_decode(struct slice in, struct sbuf *out)
{
	return decode(in, base64url_values, 6, out);
}

void
base32_encode(struct slice in, struct sbuf *out)
{
	encode(in, base32_digits, 5, out);
}

bool
base32_decode(struct slice in, struct sbuf *out)
{
	return decode(in, base32_values, 5, out);
}
