#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

#include "base/keyring.h"
#include "base/ref.h"
#include "base/sbuf.h"

/*
 * Tokens of links and of the reverse path (DESIGN.md, Tokens):
 *   version u8 = 1 | key id u32 | mref[16] | index u16 | mac[16]
 * big-endian; mac is HMAC-SHA-256 cut to 16 bytes over
 *   label NUL version key-id mref index destination
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

struct token {
	uint32_t key_id;
	struct ref ref;
	uint16_t index;
};

/* Adds the token's 52 characters of base64url. */
void token_add(struct sbuf *out, const struct token_key *key,
	       enum token_purpose purpose, struct ref ref, uint16_t index,
	       struct slice destination);

/* Checks a token of links in constant time.  RC_DENIED for anything but a
 * good one; RC_STATE for a good one of a revoked key (out is filled). */
enum rc token_check(const struct keyring *k, struct slice text,
		    enum token_purpose purpose, struct slice destination,
		    struct token *out) MUST_USE;

/* What a text that has a token's shape says of itself, whoever made it: it is
 * not checked. */
bool token_peek(struct slice text, struct token *out);

/* Adds the reverse path's local part: "b." and base32 of a token whose MAC is
 * cut to 10 bytes (at most 64 characters). */
void token_add_reverse(struct sbuf *out, const struct token_key *key,
		       struct ref mref);

/* Checks such a local part, any case, as token_check() does; index is 0. */
enum rc token_check_reverse(const struct keyring *k, struct slice local_part,
			    struct token *out) MUST_USE;

#endif
