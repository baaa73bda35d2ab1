#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/err.h"
#include "base/slice.h"

struct arena_block;

/* Memory of one job or request, given back all at once.  No pointer into it
 * outlives arena_reset(). */
struct arena {
	struct arena_block *head;
	size_t used, max;
};

/* Starts empty; dies past max bytes, so bound what comes from outside. */
void arena_init(struct arena *a, size_t max);
void arena_fini(struct arena *a);

/* Forgets all, keeps one block for the next job. */
void arena_reset(struct arena *a);

/* n bytes, zeroed, aligned for any type.  Owns: the arena. */
void *arena_alloc(struct arena *a, size_t n);

/* A copy, with a NUL behind it.  Owns: the arena. */
struct slice arena_dup(struct arena *a, struct slice s);
char *arena_z(struct arena *a, struct slice s);

/* Formatted text, NUL-terminated.  Owns: the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

#endif
