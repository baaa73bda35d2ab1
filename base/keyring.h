#ifndef BASE_KEYRING_H
#define BASE_KEYRING_H

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/* Keys of tokens, a file each under keys/ of the state directory.  A key's id
 * is its brand's number << 16 | its generation. */
enum token_key_state {
	TOKEN_KEY_ACTIVE,
	TOKEN_KEY_RETIRED,
	TOKEN_KEY_REVOKED,
	TOKEN_KEY_NEXT, /* verifies, and signs from the next rotation on */
};

struct token_key {
	uint32_t id;
	enum token_key_state state;
	uint8_t secret[32];
};

/* All keys of a state directory, immutable once loaded. */
struct keyring;

/* Reads every keys/token-XXXXXXXX of dir.  A file holds the lines
 * "acuse-token-key v1", "state active|retired|revoked|next" and
 * "secret <64 hex digits>".  Fails: RC_NOTFOUND (no keys/), RC_IO,
 * RC_INVALID; the text names the file. */
enum rc keyring_load(const char *dir, struct keyring **out,
		     struct err *e) MUST_USE;

/* The same without those that are broken; *broken: how many, the last of which
 * e names. */
enum rc keyring_load_whole(const char *dir, struct keyring **out,
			   size_t *broken, struct err *e) MUST_USE;

void keyring_free(struct keyring *k);

/* Makes the brand's waiting key active, or writes a fresh one of its next
 * generation under dir/keys, and gives its id.  An earlier active one becomes
 * retired.  Fails: RC_IO, RC_INVALID (another key is broken), RC_LIMIT (65,535
 * generations). */
enum rc keyring_create(const char *dir, uint16_t brand, uint32_t *id,
		       struct err *e) MUST_USE;

/* Writes a fresh key that waits for that, so that others who verify can have it
 * before it signs; gives the id of the one that waits already, if one does.
 * Fails: as keyring_create(). */
enum rc keyring_prepare(const char *dir, uint16_t brand, uint32_t *id,
			struct err *e) MUST_USE;

/* Makes the file of a key say "revoked", for good.  Fails: RC_NOTFOUND, RC_IO,
 * RC_INVALID (a key is broken). */
enum rc keyring_revoke(const char *dir, uint32_t id, struct err *e) MUST_USE;

/* The id that a key's name "token-XXXXXXXX" bears; false: it is none. */
bool keyring_parse_name(struct slice name, uint32_t *id);

/* All, by id: the i-th of keyring_size(). */
size_t keyring_size(const struct keyring *k);
const struct token_key *keyring_at(const struct keyring *k, size_t i);

/* "active", "retired", "revoked" or "next". */
const char *token_key_state_name(enum token_key_state state);

/* The key with this id, or the active one of a brand; NULL when absent. */
const struct token_key *keyring_find(const struct keyring *k, uint32_t id);
const struct token_key *keyring_active(const struct keyring *k, uint16_t brand);

#endif
