#include "base/mem.h"

#include <stdlib.h>

#include "base/err.h"

void *
mem_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (p == NULL)
		die("out of memory (%zu bytes)", n);
	return p;
}

void *
mem_grow(void *p, size_t n)
{
	void *grown = realloc(p, n ? n : 1);

	if (grown == NULL)
		die("out of memory (%zu bytes)", n);
	return grown;
}

char *
mem_z(struct slice s)
{
	char *z = mem_alloc(s.n + 1);

	if (s.n)
		memcpy(z, s.p, s.n);
	return z;
}
