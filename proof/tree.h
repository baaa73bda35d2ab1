#ifndef PROOF_TREE_H
#define PROOF_TREE_H

#include <stddef.h>
#include <stdint.h>

#define TREE_HASH 32
#define TREE_LEVELS 64

/* A Merkle tree that grows by leaves, kept as the roots of its full subtrees,
 * at most one a level: memory is the logarithm of its size.
 * Ref: RFC 9162, 2.1.1. */
struct tree {
	uint64_t size;
	uint8_t full[TREE_LEVELS][TREE_HASH]; /* where bit i of size is set */
};

/* Starts empty. */
void tree_init(struct tree *t);

/* Adds a leaf by its hash. */
void tree_add(struct tree *t, const uint8_t leaf[TREE_HASH]);

/* The root; SHA-256 of nothing for an empty tree. */
void tree_root(const struct tree *t, uint8_t out[TREE_HASH]);

/* leaf = SHA-256(0x00 || data), node = SHA-256(0x01 || left || right) */
void tree_leaf(const void *data, size_t n, uint8_t out[TREE_HASH]);
void tree_node(const uint8_t left[TREE_HASH], const uint8_t right[TREE_HASH],
	       uint8_t out[TREE_HASH]);

#endif
