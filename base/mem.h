#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/slice.h"

/* Heap memory that is never NULL: out of memory ends the process here. */
void *mem_alloc(size_t n); /* zeroed */
void *mem_grow(void *p, size_t n);
char *mem_z(struct slice s); /* NUL-terminated copy */

#define MEM_NEW(type) ((type *)mem_alloc(sizeof(type)))

#endif
