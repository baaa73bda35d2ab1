/*
 * 1. keys are sorted by id; no id is there twice.
 * 2. Of a brand's active keys the one of the highest generation counts: a
 *    crash between writing a new one and retiring the old leaves two.
 */
#include "base/token.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#define VERSION 1
#define HEAD_SIZE 23 /* all but the MAC */
#define MAC_SIZE 16
#define REVERSE_MAC_SIZE 10
#define REVERSE_SIZE (HEAD_SIZE + REVERSE_MAC_SIZE)
#define REVERSE_PREFIX "b."
#define REVERSE_TEXT 55 /* the prefix and 53 characters of base32 */
#define KEY_FILE_MAX 256
#define PATH_MAX_BYTES 4096

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

static const char *const state_names[] = {
    [TOKEN_KEY_ACTIVE] = "active",
    [TOKEN_KEY_RETIRED] = "retired",
    [TOKEN_KEY_REVOKED] = "revoked",
};

#define STATES (sizeof(state_names) / sizeof(state_names[0]))

struct keyring {
	struct token_key *keys;
	size_t n;
};

/* Cuts a line "name value" and gives the value. */
static bool
cut_line(struct slice *rest, struct slice name, struct slice *value)
{
	struct slice line;

	if (slice_find_c(*rest, '\n') < 0)
		return false;
	line = slice_cut(rest, '\n');
	*value = slice_skip(line, name.n);
	return slice_starts(line, name);
}

static bool
parse_key(struct slice text, struct token_key *key)
{
	struct slice value;
	size_t state = 0;

	if (!cut_line(&text, SLICE("acuse-token-key v1"), &value) || value.n)
		return false;
	if (!cut_line(&text, SLICE("state "), &value))
		return false;
	while (state < STATES && !slice_eq_z(value, state_names[state]))
		state++;
	if (state == STATES || !cut_line(&text, SLICE("secret "), &value))
		return false;
	key->state = (enum token_key_state)state;
	return text.n == 0 &&
	       hex_decode(value, key->secret, sizeof(key->secret));
}

static void
wipe_sbuf(struct sbuf *b)
{
	if (b->p)
		secret_wipe(b->p, b->cap);
	sbuf_fini(b);
}

static enum rc
read_key(const char *path, struct token_key *key, struct err *e)
{
	struct sbuf text;
	enum rc rc;

	sbuf_init(&text, KEY_FILE_MAX);
	rc = file_read(path, KEY_FILE_MAX, &text, e);
	if (rc == RC_LIMIT ||
	    (rc == RC_OK && !parse_key(sbuf_slice(&text), key)))
		rc = err_set(e, RC_INVALID, "%s: not a token key", path);
	wipe_sbuf(&text);
	return rc;
}

/* The id that a name "token-XXXXXXXX" bears. */
static bool
parse_name(struct slice name, uint32_t *id)
{
	struct slice prefix = SLICE("token-");
	uint8_t b[4];

	if (!slice_starts(name, prefix) ||
	    !hex_decode(slice_skip(name, prefix.n), b, sizeof(b)))
		return false;
	*id = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	      (uint32_t)b[2] << 8 | b[3];
	return true;
}

static char *
keys_path(const char *dir)
{
	struct sbuf path;

	sbuf_init(&path, PATH_MAX_BYTES);
	sbuf_addf(&path, "%s/keys", dir);
	(void)sbuf_z(&path);
	return path.p;
}

static char *
key_path(const char *dir, uint32_t id)
{
	struct sbuf path;

	sbuf_init(&path, PATH_MAX_BYTES);
	sbuf_addf(&path, "%s/keys/token-%08" PRIx32, dir, id);
	(void)sbuf_z(&path);
	return path.p;
}

static enum rc
add_key(struct keyring *k, const char *dir, uint32_t id, struct err *e)
{
	char *path = key_path(dir, id);
	enum rc rc;

	k->keys = mem_grow(k->keys, (k->n + 1) * sizeof(k->keys[0]));
	k->keys[k->n].id = id;
	rc = read_key(path, &k->keys[k->n], e);
	if (rc == RC_OK)
		k->n++;
	free(path);
	return rc;
}

static int
compare_keys(const void *a, const void *b)
{
	uint32_t x = ((const struct token_key *)a)->id;
	uint32_t y = ((const struct token_key *)b)->id;

	return (x > y) - (x < y);
}

static enum rc
add_all(struct keyring *k, DIR *listing, const char *dir, struct err *e)
{
	struct dirent *entry;
	uint32_t id;
	enum rc rc = RC_OK;

	while (rc == RC_OK && (errno = 0, entry = readdir(listing)) != NULL)
		if (parse_name(slice_z(entry->d_name), &id))
			rc = add_key(k, dir, id, e);
	if (rc == RC_OK && errno)
		rc = err_errno(e, dir);
	return rc;
}

enum rc
keyring_load(const char *dir, struct keyring **out, struct err *e)
{
	struct keyring *k = MEM_NEW(struct keyring);
	char *path = keys_path(dir);
	DIR *listing = opendir(path);
	enum rc rc;

	if (listing == NULL) {
		rc = err_errno(e, path);
		goto out;
	}
	rc = add_all(k, listing, dir, e);
	(void)closedir(listing);
	if (rc != RC_OK)
		goto out;
	if (k->n)
		qsort(k->keys, k->n, sizeof(k->keys[0]), compare_keys);
	*out = k;
	k = NULL;
out:
	keyring_free(k);
	free(path);
	return rc;
}

void
keyring_free(struct keyring *k)
{
	if (k == NULL)
		return;
	if (k->keys)
		secret_wipe(k->keys, k->n * sizeof(k->keys[0]));
	free(k->keys);
	free(k);
}

static enum rc
write_key(const char *dir, const struct token_key *key, bool fresh,
	  struct err *e)
{
	char *path = key_path(dir, key->id);
	struct sbuf text;
	enum rc rc;

	sbuf_init(&text, KEY_FILE_MAX);
	sbuf_addf(&text, "acuse-token-key v1\nstate %s\nsecret ",
		  state_names[key->state]);
	hex_encode(slice_of(key->secret, sizeof(key->secret)), &text);
	sbuf_add_c(&text, '\n');
	rc = fresh ? file_create(path, sbuf_slice(&text), 0600, e)
		   : file_write(path, sbuf_slice(&text), 0600, e);
	wipe_sbuf(&text);
	free(path);
	return rc;
}

static enum rc
retire_others(const char *dir, const struct keyring *k, uint16_t brand,
	      struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < k->n && rc == RC_OK; i++) {
		struct token_key key = k->keys[i];

		if (key.id >> 16 != brand || key.state != TOKEN_KEY_ACTIVE)
			continue;
		key.state = TOKEN_KEY_RETIRED;
		rc = write_key(dir, &key, false, e);
		secret_wipe(&key, sizeof(key));
	}
	return rc;
}

static enum rc
make_key(const char *dir, const struct keyring *k, uint16_t brand, uint32_t *id,
	 struct err *e)
{
	struct token_key key = {.id = (uint32_t)brand << 16};
	enum rc rc;

	for (size_t i = 0; i < k->n; i++)
		if (k->keys[i].id >> 16 == brand)
			key.id = k->keys[i].id;
	if ((key.id & 0xffff) == 0xffff)
		return err_set(e, RC_LIMIT, "brand %u has no generation left",
			       brand);
	key.id++;
	key.state = TOKEN_KEY_ACTIVE;
	random_bytes(key.secret, sizeof(key.secret));
	rc = write_key(dir, &key, true, e);
	secret_wipe(&key, sizeof(key));
	*id = key.id;
	return rc;
}

enum rc
keyring_create(const char *dir, uint16_t brand, uint32_t *id, struct err *e)
{
	struct keyring *k = NULL;
	char *path = keys_path(dir);
	uint32_t fresh = 0;
	enum rc rc = dir_make(path, 0700, e);

	if (rc == RC_OK)
		rc = keyring_load(dir, &k, e);
	if (rc == RC_OK)
		rc = make_key(dir, k, brand, &fresh, e);
	if (rc == RC_OK)
		rc = retire_others(dir, k, brand, e);
	if (rc == RC_OK)
		*id = fresh;
	keyring_free(k);
	free(path);
	return rc;
}

const struct token_key *
keyring_find(const struct keyring *k, uint32_t id)
{
	struct token_key wanted = {.id = id};

	if (k->n == 0)
		return NULL;
	return bsearch(&wanted, k->keys, k->n, sizeof(k->keys[0]),
		       compare_keys);
}

const struct token_key *
keyring_active(const struct keyring *k, uint16_t brand)
{
	for (size_t i = k->n; i > 0; i--) {
		const struct token_key *key = &k->keys[i - 1];

		if (key->id >> 16 == brand && key->state == TOKEN_KEY_ACTIVE)
			return key;
	}
	return NULL;
}

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
