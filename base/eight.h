#ifndef BASE_EIGHT_H
#define BASE_EIGHT_H

#include <stdint.h>
#include <string.h>

/* Looking at text by words of eight bytes, whatever their order in a word.
 * Ref: Warren, Hacker's Delight, 6-1. */

/* A word of eight times the byte c. */
#define EIGHT(c) (UINT64_C(0x0101010101010101) * (unsigned char)(c))

/* The eight bytes at p. */
static inline uint64_t
eight_load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* The high bits of the bytes of w that are below c (1 to 128). */
static inline uint64_t
eight_below(uint64_t w, unsigned char c)
{
	return ~(((w & EIGHT(0x7f)) + EIGHT(0x80 - c)) | w) & EIGHT(0x80);
}

/* The same for bytes that are c. */
static inline uint64_t
eight_same(uint64_t w, unsigned char c)
{
	return eight_below(w ^ EIGHT(c), 1);
}

/* The high bits of bytes over 127. */
static inline uint64_t
eight_high(uint64_t w)
{
	return w & EIGHT(0x80);
}

/* Where the first of such bits is, of some: 0 to 7. */
static inline unsigned
eight_first(uint64_t bits)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (unsigned)__builtin_ctzll(bits) / 8;
#else
	return (unsigned)__builtin_clzll(bits) / 8;
#endif
}

/* How many there are. */
static inline unsigned
eight_count_high(uint64_t w)
{
	return (unsigned)((eight_high(w) >> 7) * EIGHT(1) >> 56);
}

#endif
