#include "store/rows.h"

/* What is left behind when it grows is less than what it grows to. */
void *
rows_add(struct rows *r)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 8;
		void *p = arena_alloc(r->a, cap * r->size);

		if (r->n)
			memcpy(p, r->p, r->n * r->size);
		r->p = p;
		r->cap = cap;
	}
	return (char *)r->p + r->n++ * r->size;
}
