#include "api/keys.h"

#include <stdlib.h>

#include "base/codec.h"
#include "base/hash.h"
#include "base/mem.h"

#define KEYS_BYTES ((size_t)64 << 20)

const struct caller caller_socket = {
    .name = SLICE_INIT("socket"),
    .scopes = SCOPE_SEND | SCOPE_READ | SCOPE_ADMIN,
};

struct key {
	uint8_t hash[SHA256_SIZE];
	struct caller caller;
};

struct keys {
	struct keys *before;
	struct arena arena;
	struct key *list;
	size_t n;
};

enum rc
keys_load(struct db *db, struct keys **out, struct err *e)
{
	struct keys *k = MEM_NEW(struct keys);
	struct api_key *rows;
	size_t n;
	enum rc rc;

	arena_init(&k->arena, KEYS_BYTES);
	rc = api_key_list(db, &k->arena, &rows, &n, e);
	if (rc != RC_OK) {
		keys_free(k);
		return rc;
	}
	k->list = ARENA_ARRAY(&k->arena, struct key, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct key *key = &k->list[k->n];

		if (rows[i].revoked_us != 0)
			continue;
		memcpy(key->hash, rows[i].hash, sizeof(key->hash));
		key->caller.name = rows[i].name;
		key->caller.scopes = rows[i].scopes;
		k->n++;
	}
	*out = k;
	return RC_OK;
}

void
keys_free(struct keys *k)
{
	while (k != NULL) {
		struct keys *before = k->before;

		arena_fini(&k->arena);
		free(k);
		k = before;
	}
}

const struct caller *
keys_find(const struct keys *k, struct slice secret)
{
	const struct caller *found = NULL;
	uint8_t hash[SHA256_SIZE];

	sha256_of(secret, hash);
	for (size_t i = 0; i < k->n; i++)
		if (secret_eq(hash, k->list[i].hash, sizeof(hash)))
			found = &k->list[i].caller;
	return found;
}

void
keys_chain(struct keys *newest, struct keys *before)
{
	newest->before = before;
}

void
keys_mint(struct sbuf *secret, uint8_t hash[32])
{
	size_t from = secret->n;
	uint8_t random[24];

	random_bytes(random, sizeof(random));
	sbuf_add_z(secret, "acuse_");
	base64url_encode(slice_of(random, sizeof(random)), secret);
	sha256_of(slice_skip(sbuf_slice(secret), from), hash);
	secret_wipe(random, sizeof(random));
}

uint32_t
keys_scope(const char *name)
{
	static const struct {
		const char *name;
		enum api_scope bit;
	} names[] = {
	    {"send", SCOPE_SEND}, {"read", SCOPE_READ}, {"admin", SCOPE_ADMIN}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].bit;
	return 0;
}
