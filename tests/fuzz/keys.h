#ifndef TESTS_FUZZ_KEYS_H
#define TESTS_FUZZ_KEYS_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/keyring.h"

/* A key of brand 1, made at the first input. */
static struct keyring *keys;
static const struct token_key *key;

static inline void
must(bool ok)
{
	if (!ok)
		abort();
}

static inline void
make_keys(void)
{
	char dir[] = "/tmp/acuse-fuzz-XXXXXX", path[64];
	uint32_t id = 0;

	must(mkdtemp(dir) != NULL);
	must(keyring_create(dir, 1, &id, NULL) == RC_OK);
	must(keyring_load(dir, &keys, NULL) == RC_OK);
	key = keyring_active(keys, 1);
	(void)snprintf(path, sizeof(path), "%s/keys/token-%08x", dir, id);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/keys", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

#endif
