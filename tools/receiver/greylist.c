#include "tools/receiver/greylist.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

/* Open addressing by the first bytes of the key, a power of two, at most half
 * full. */
struct entry {
	uint8_t key[SHA256_SIZE];
	int64_t first_us;
	bool used;
};

struct greylist {
	struct entry *entries;
	size_t cap, n;
};

struct greylist *
greylist_new(void)
{
	struct greylist *g = MEM_NEW(struct greylist);

	g->cap = 256;
	g->entries = mem_alloc(g->cap * sizeof(*g->entries));
	return g;
}

void
greylist_free(struct greylist *g)
{
	if (!g)
		return;
	free(g->entries);
	free(g);
}

static struct entry *
find(struct entry *entries, size_t cap, const uint8_t key[SHA256_SIZE])
{
	uint64_t at;

	memcpy(&at, key, sizeof(at));
	while (entries[at & (cap - 1)].used &&
	       memcmp(entries[at & (cap - 1)].key, key, SHA256_SIZE) != 0)
		at++;
	return &entries[at & (cap - 1)];
}

static void
grow(struct greylist *g)
{
	size_t cap = g->cap * 2;
	struct entry *entries = mem_alloc(cap * sizeof(*entries));

	for (size_t i = 0; i < g->cap; i++) {
		if (g->entries[i].used)
			*find(entries, cap, g->entries[i].key) = g->entries[i];
	}
	free(g->entries);
	g->entries = entries;
	g->cap = cap;
}

bool
greylist_pass(struct greylist *g, const struct slice who[3], int64_t wait_us,
	      int64_t now_us)
{
	const struct slice nul = SLICE("\0");
	const struct slice parts[] = {who[0], nul, who[1], nul, who[2]};
	uint8_t key[SHA256_SIZE];
	struct entry *e;

	sha256(parts, sizeof(parts) / sizeof(parts[0]), key);
	e = find(g->entries, g->cap, key);
	if (e->used)
		return now_us - e->first_us >= wait_us;
	if (g->n * 2 >= g->cap) {
		grow(g);
		e = find(g->entries, g->cap, key);
	}
	memcpy(e->key, key, sizeof(key));
	e->first_us = now_us;
	e->used = true;
	g->n++;
	return wait_us <= 0;
}
