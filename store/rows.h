#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "base/arena.h"

/* A list in an arena that grows as a query's rows are read. */
struct rows {
	struct arena *a;
	void *p;
	size_t n, cap, size;
};

#define ROWS(a, type) ((struct rows){(a), NULL, 0, 0, sizeof(type)})

/* The next element, zeroed.  Owns: the arena; moves at the next call. */
void *rows_add(struct rows *r);

#endif
