#include <string.h>

#include "base/embedded.h"

/* Made by tools/embed, sorted by strcmp(). */
extern const struct embedded_file embedded_table[];
extern const size_t embedded_count;

/* The index of the first name that is not below. */
static size_t
lower_bound(const char *name)
{
	size_t low = 0, high = embedded_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (strcmp(embedded_table[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct embedded_file *
embedded_find(const char *name)
{
	size_t i = lower_bound(name);

	if (i == embedded_count || strcmp(embedded_table[i].name, name) != 0)
		return NULL;
	return &embedded_table[i];
}

const struct embedded_file *
embedded_next(const char *prefix, const struct embedded_file *prev)
{
	const struct embedded_file *f =
	    prev ? prev + 1 : embedded_table + lower_bound(prefix);

	if (f == embedded_table + embedded_count ||
	    strncmp(f->name, prefix, strlen(prefix)) != 0)
		return NULL;
	return f;
}
