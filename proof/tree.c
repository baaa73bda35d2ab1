#include "proof/tree.h"

#include "base/hash.h"

void
tree_init(struct tree *t)
{
	t->size = 0;
}

void
tree_leaf(const void *data, size_t n, uint8_t out[TREE_HASH])
{
	const struct slice parts[] = {{"\0", 1}, slice_of(data, n)};

	sha256(parts, 2, out);
}

void
tree_node(const uint8_t left[TREE_HASH], const uint8_t right[TREE_HASH],
	  uint8_t out[TREE_HASH])
{
	const struct slice parts[] = {
	    {"\1", 1}, slice_of(left, TREE_HASH), slice_of(right, TREE_HASH)};

	sha256(parts, 3, out);
}

/* As a carry runs through a binary counter. */
void
tree_add(struct tree *t, const uint8_t leaf[TREE_HASH])
{
	uint8_t hash[TREE_HASH];
	int level = 0;

	memcpy(hash, leaf, TREE_HASH);
	for (; t->size >> level & 1; level++)
		tree_node(t->full[level], hash, hash);
	memcpy(t->full[level], hash, TREE_HASH);
	t->size++;
}

void
tree_root(const struct tree *t, uint8_t out[TREE_HASH])
{
	uint64_t left = t->size;
	int level = 0;

	if (left == 0) {
		sha256(NULL, 0, out);
		return;
	}
	while (!(left >> level & 1))
		level++;
	memcpy(out, t->full[level], TREE_HASH);
	for (level++; level < TREE_LEVELS && left >> level; level++)
		if (left >> level & 1)
			tree_node(t->full[level], out, out);
}
