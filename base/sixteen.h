#ifndef BASE_SIXTEEN_H
#define BASE_SIXTEEN_H

#include <stdint.h>
#include <string.h>

/* Looking at text by sixteen bytes at once, in what the processor has for it.
 * A comparison of such words gives 255 where it holds and 0 where not, byte by
 * byte. */
typedef uint8_t sixteen __attribute__((vector_size(16)));

/* The sixteen bytes at p. */
static inline sixteen
sixteen_load(const char *p)
{
	sixteen w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Whether any of them is not 0. */
static inline int
sixteen_any(sixteen w)
{
	uint64_t half[2];

	memcpy(half, &w, sizeof(w));
	return (half[0] | half[1]) != 0;
}

#endif
