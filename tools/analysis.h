#ifndef TOOLS_ANALYSIS_H
#define TOOLS_ANALYSIS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"

/* Before every file that an analyser reads (tools/lint), which sees one file
 * at a time: what the contracts of base/ promise.  What sets a reason returns
 * no RC_OK, and memory is never NULL. */

static inline enum rc
analysis_failed(enum rc rc)
{
	if (rc == RC_OK)
		__builtin_unreachable();
	return rc;
}

#define err_set(...) analysis_failed((err_set)(__VA_ARGS__))
#define err_at(...) analysis_failed((err_at)(__VA_ARGS__))
#define err_add(...) analysis_failed((err_add)(__VA_ARGS__))
#define err_errno(...) analysis_failed((err_errno)(__VA_ARGS__))

void *mem_alloc(size_t n) __attribute__((returns_nonnull));
void *mem_grow(void *p, size_t n) __attribute__((returns_nonnull));
char *mem_z(struct slice s) __attribute__((returns_nonnull));
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
char *arena_z(struct arena *a, struct slice s) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((returns_nonnull));

#endif
