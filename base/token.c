#include "base/token.h"

#include "base/codec.h"
#include "base/hash.h"

#define VERSION 1
#define HEAD_SIZE 23 /* all but the MAC */
#define MAC_SIZE 16
#define REVERSE_MAC_SIZE 10
#define REVERSE_SIZE (HEAD_SIZE + REVERSE_MAC_SIZE)
#define REVERSE_PREFIX "b."
#define REVERSE_TEXT 55 /* the prefix and 53 characters of base32 */

_Static_assert(HEAD_SIZE + MAC_SIZE == TOKEN_SIZE, "as in token.h");

/* The NUL at the end is part of what the MAC covers. */
static const struct slice labels[] = {
    [TOKEN_OPEN] = {"open", sizeof("open")},
    [TOKEN_CLICK] = {"click", sizeof("click")},
    [TOKEN_VIEW] = {"view", sizeof("view")},
    [TOKEN_ANSWER] = {"answer", sizeof("answer")},
    [TOKEN_AREA] = {"area", sizeof("area")},
    [TOKEN_LEAVE] = {"leave", sizeof("leave")},
    [TOKEN_REVERSE] = {"reverse", sizeof("reverse")},
};

_Static_assert(sizeof(labels) / sizeof(labels[0]) == TOKEN_PURPOSES,
	       "a label for each purpose");

static void
put_head(uint8_t head[HEAD_SIZE], uint32_t key_id, struct ref ref,
	 uint16_t index)
{
	head[0] = VERSION;
	for (int i = 0; i < 4; i++)
		head[1 + i] = (uint8_t)(key_id >> (24 - 8 * i));
	memcpy(head + 5, ref.b, sizeof(ref.b));
	head[21] = (uint8_t)(index >> 8);
	head[22] = (uint8_t)index;
}

static void
get_head(const uint8_t head[HEAD_SIZE], struct token *out)
{
	out->key_id = 0;
	for (int i = 0; i < 4; i++)
		out->key_id = out->key_id << 8 | head[1 + i];
	memcpy(out->ref.b, head + 5, sizeof(out->ref.b));
	out->index = (uint16_t)(head[21] << 8 | head[22]);
}

static void
make_mac(const struct token_key *key, enum token_purpose purpose,
	 const uint8_t head[HEAD_SIZE], struct slice destination,
	 uint8_t mac[SHA256_SIZE])
{
	const struct slice parts[] = {
	    labels[purpose],
	    slice_of(head, HEAD_SIZE),
	    destination,
	};

	hmac_sha256(slice_of(key->secret, sizeof(key->secret)), parts, 3, mac);
}

/* A token of HEAD_SIZE + mac_size bytes, in binary. */
static void
make(const struct token_key *key, enum token_purpose purpose,
     const struct token *t, struct slice destination, uint8_t *bytes,
     size_t mac_size)
{
	uint8_t mac[SHA256_SIZE];

	put_head(bytes, key->id, t->ref, t->index);
	make_mac(key, purpose, bytes, destination, mac);
	memcpy(bytes + HEAD_SIZE, mac, mac_size);
}

static enum rc
check(const struct keyring *k, enum token_purpose purpose, struct slice bytes,
      struct slice destination, struct token *out)
{
	const uint8_t *b = (const uint8_t *)bytes.p;
	const struct token_key *key;
	uint8_t mac[SHA256_SIZE];
	struct token t;

	if (b[0] != VERSION)
		return RC_DENIED;
	get_head(b, &t);
	key = keyring_find(k, t.key_id);
	if (key == NULL)
		return RC_DENIED;
	make_mac(key, purpose, b, destination, mac);
	if (!secret_eq(mac, b + HEAD_SIZE, bytes.n - HEAD_SIZE))
		return RC_DENIED;
	*out = t;
	return key->state == TOKEN_KEY_REVOKED ? RC_STATE : RC_OK;
}

void
token_add(struct sbuf *out, const struct token_key *key,
	  enum token_purpose purpose, struct ref ref, uint16_t index,
	  struct slice destination)
{
	struct token t = {.ref = ref, .index = index};
	uint8_t bytes[TOKEN_SIZE];

	make(key, purpose, &t, destination, bytes, MAC_SIZE);
	base64url_encode(slice_of(bytes, sizeof(bytes)), out);
}

enum rc
token_check(const struct keyring *k, struct slice text,
	    enum token_purpose purpose, struct slice destination,
	    struct token *out)
{
	struct sbuf bytes;
	enum rc rc = RC_DENIED;

	sbuf_init(&bytes, TOKEN_SIZE);
	if (text.n == TOKEN_TEXT && base64url_decode(text, &bytes))
		rc = check(k, purpose, sbuf_slice(&bytes), destination, out);
	sbuf_fini(&bytes);
	return rc;
}

bool
token_peek(struct slice text, struct token *out)
{
	struct sbuf bytes;
	bool good = false;

	sbuf_init(&bytes, TOKEN_SIZE);
	if (text.n == TOKEN_TEXT && base64url_decode(text, &bytes) &&
	    (uint8_t)bytes.p[0] == VERSION) {
		get_head((const uint8_t *)bytes.p, out);
		good = true;
	}
	sbuf_fini(&bytes);
	return good;
}

void
token_add_reverse(struct sbuf *out, const struct token_key *key,
		  struct ref mref)
{
	struct token t = {.ref = mref};
	uint8_t bytes[REVERSE_SIZE];

	make(key, TOKEN_REVERSE, &t, SLICE(""), bytes, REVERSE_MAC_SIZE);
	sbuf_add_z(out, REVERSE_PREFIX);
	base32_encode(slice_of(bytes, sizeof(bytes)), out);
}

enum rc
token_check_reverse(const struct keyring *k, struct slice local_part,
		    struct token *out)
{
	struct slice prefix = slice_of(local_part.p, strlen(REVERSE_PREFIX));
	struct sbuf bytes;
	enum rc rc = RC_DENIED;

	if (local_part.n != REVERSE_TEXT ||
	    !slice_ieq(prefix, SLICE(REVERSE_PREFIX)))
		return RC_DENIED;
	sbuf_init(&bytes, REVERSE_SIZE);
	if (base32_decode(slice_skip(local_part, prefix.n), &bytes))
		rc =
		    check(k, TOKEN_REVERSE, sbuf_slice(&bytes), SLICE(""), out);
	sbuf_fini(&bytes);
	return rc;
}
