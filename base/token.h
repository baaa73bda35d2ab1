#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

#include "base/ref.h"
#include "base/sbuf.h"

/*
 * Tokens of links and of the reverse path (DESIGN.md, Tokens):
 *   version u8 = 1 | key id u32 | mref[16] | index u16 | mac[16]
 * big-endian; mac is HMAC-SHA-256 cut to 16 bytes over
 *   label NUL version key-id mref index destination
 * The key id is brand number << 16 | generation.
 */
enum token_purpose {
	TOKEN_OPEN,   /* /o/ */
	TOKEN_CLICK,  /* /c/ */
	TOKEN_VIEW,   /* /m/ */
	TOKEN_ANSWER, /* /a/ */
	TOKEN_AREA,   /* /area/ : ref of the customer, destination its expiry */
	TOKEN_LEAVE,  /* /u/ */
	TOKEN_REVERSE, /* the envelope's reverse path */
	TOKEN_PURPOSES,
};

#define TOKEN_SIZE 39
#define TOKEN_TEXT 52 /* base64url of a token, without NUL */
#define TOKEN_DESTINATION_MAX 1500

enum token_key_state { TOKEN_KEY_ACTIVE, TOKEN_KEY_RETIRED, TOKEN_KEY_REVOKED };

struct token_key {
	uint32_t id;
	enum token_key_state state;
	uint8_t secret[32];
};

/* All keys of a state directory, immutable once loaded. */
struct keyring;

struct token {
	uint32_t key_id;
	struct ref ref;
	uint16_t index;
};

/* Reads every keys/token-XXXXXXXX of dir.  A file holds the lines
 * "acuse-token-key v1", "state active|retired|revoked" and
 * "secret <64 hex digits>".  Fails: RC_IO, RC_INVALID, naming the file. */
enum rc keyring_load(const char *dir, struct keyring **out,
		     struct err *e) MUST_USE;
void keyring_free(struct keyring *k);

/* Writes a fresh active key of the brand's next generation under dir/keys and
 * gives its id.  An earlier active one becomes retired.  Fails: RC_IO. */
enum rc keyring_create(const char *dir, uint16_t brand, uint32_t *id,
		       struct err *e) MUST_USE;

/* The key with this id, or the active one of a brand; NULL when absent. */
const struct token_key *keyring_find(const struct keyring *k, uint32_t id);
const struct token_key *keyring_active(const struct keyring *k, uint16_t brand);

/* Adds the token's 52 characters of base64url. */
void token_add(struct sbuf *out, const struct token_key *key,
	       enum token_purpose purpose, struct ref ref, uint16_t index,
	       struct slice destination);

/* Checks a token of links in constant time.  RC_DENIED for anything but a
 * good one; RC_STATE for a good one of a revoked key (out is filled). */
enum rc token_check(const struct keyring *k, struct slice text,
		    enum token_purpose purpose, struct slice destination,
		    struct token *out) MUST_USE;

/* Adds the reverse path's local part: "b." and base32 of a token whose MAC is
 * cut to 10 bytes (at most 64 characters). */
void token_add_reverse(struct sbuf *out, const struct token_key *key,
		       struct ref mref);
enum rc token_check_reverse(const struct keyring *k, struct slice local_part,
			    struct token *out) MUST_USE;

#endif
