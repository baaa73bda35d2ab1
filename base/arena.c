/*
 * 1. head is the block that allocations come from; those behind it are full,
 *    or each holds one large object.
 * 2. used is the sum of all sizes handed out since the last reset, rounded up.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define ALIGN (alignof(max_align_t))
#define BLOCK_FIRST ((size_t)8 << 10)
#define BLOCK_LAST ((size_t)128 << 10)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

void
arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

static void
free_blocks(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void
arena_fini(struct arena *a)
{
	free_blocks(a->head);
	a->head = NULL;
	a->used = 0;
}

void
arena_reset(struct arena *a)
{
	a->used = 0;
	if (a->head == NULL)
		return;
	free_blocks(a->head->next);
	a->head->next = NULL;
	a->head->used = 0;
}

static struct arena_block *
block_new(size_t size)
{
	struct arena_block *b = malloc(sizeof(*b) + size);

	if (b == NULL)
		die("out of memory (%zu bytes)", size);
	b->next = NULL;
	b->used = 0;
	b->size = size;
	return b;
}

/* A large object goes behind the head, so that the head's rest is not lost and
 * a reset does not keep the large block. */
static struct arena_block *
block_for(struct arena *a, size_t n)
{
	struct arena_block *b = a->head;

	if (b && b->size - b->used >= n)
		return b;
	if (b == NULL || n <= BLOCK_LAST / 4) {
		size_t size = b ? b->size * 2 : BLOCK_FIRST;

		size = size > BLOCK_LAST ? BLOCK_LAST : size;
		b = block_new(size < n && a->head ? BLOCK_LAST : size);
		b->next = a->head;
		a->head = b;
	}
	if (b->size - b->used < n) {
		b = block_new(n);
		b->next = a->head->next;
		a->head->next = b;
	}
	return b;
}

static void *
take(struct arena *a, size_t n)
{
	struct arena_block *b;
	size_t rounded = (n + ALIGN - 1) & ~(ALIGN - 1);
	void *p;

	if (rounded < n || rounded > a->max - a->used)
		die("arena of %zu bytes is full (%zu more)", a->max, n);
	b = block_for(a, rounded);
	p = b->data + b->used;
	b->used += rounded;
	a->used += rounded;
	return p;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	return memset(take(a, n), 0, n);
}

char *
arena_z(struct arena *a, struct slice s)
{
	char *z = take(a, s.n + 1);

	if (s.n)
		memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	return z;
}

struct slice
arena_dup(struct arena *a, struct slice s)
{
	return slice_of(arena_z(a, s), s.n);
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *z;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		die("cannot format \"%s\"", fmt);
	z = take(a, (size_t)n + 1);
	(void)vsnprintf(z, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return z;
}
