/*
 * 1. keys are sorted by id; no id is there twice.
 * 2. Of a brand's active keys the one of the highest generation counts: a
 *    crash between writing a new one and retiring the old leaves two.
 */
#include "base/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/ref.h"

#define KEY_FILE_MAX 256
#define PATH_MAX_BYTES 4096

static const char *const state_names[] = {
    [TOKEN_KEY_ACTIVE] = "active",
    [TOKEN_KEY_RETIRED] = "retired",
    [TOKEN_KEY_REVOKED] = "revoked",
    [TOKEN_KEY_NEXT] = "next",
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

bool
keyring_parse_name(struct slice name, uint32_t *id)
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

/* broken: counts what is, which is left out; NULL: it fails. */
static enum rc
add_all(struct keyring *k, DIR *listing, const char *dir, size_t *broken,
	struct err *e)
{
	struct dirent *entry;
	uint32_t id;
	enum rc rc = RC_OK;

	while (rc == RC_OK && (errno = 0, entry = readdir(listing)) != NULL)
		if (keyring_parse_name(slice_z(entry->d_name), &id)) {
			rc = add_key(k, dir, id, e);
			if (rc == RC_INVALID && broken != NULL) {
				++*broken;
				rc = RC_OK;
			}
		}
	if (rc == RC_OK && errno)
		rc = err_errno(e, dir);
	return rc;
}

static enum rc
load(const char *dir, struct keyring **out, size_t *broken, struct err *e)
{
	struct keyring *k = MEM_NEW(struct keyring);
	char *path = keys_path(dir);
	DIR *listing = opendir(path);
	enum rc rc = listing != NULL ? add_all(k, listing, dir, broken, e)
				     : err_errno(e, path);

	if (listing != NULL)
		(void)closedir(listing);
	if (rc == RC_OK) {
		if (k->n)
			qsort(k->keys, k->n, sizeof(k->keys[0]), compare_keys);
		*out = k;
	} else {
		keyring_free(k);
	}
	free(path);
	return rc;
}

enum rc
keyring_load(const char *dir, struct keyring **out, struct err *e)
{
	return load(dir, out, NULL, e);
}

enum rc
keyring_load_whole(const char *dir, struct keyring **out, size_t *broken,
		   struct err *e)
{
	*broken = 0;
	return load(dir, out, broken, e);
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

static const struct token_key *
find_state(const struct keyring *k, uint16_t brand, enum token_key_state state)
{
	for (size_t i = k->n; i > 0; i--) {
		const struct token_key *key = &k->keys[i - 1];

		if (key->id >> 16 == brand && key->state == state)
			return key;
	}
	return NULL;
}

static enum rc
activate(const char *dir, const struct token_key *waiting, uint32_t *id,
	 struct err *e)
{
	struct token_key key = *waiting;
	enum rc rc;

	key.state = TOKEN_KEY_ACTIVE;
	rc = write_key(dir, &key, false, e);
	*id = key.id;
	secret_wipe(&key, sizeof(key));
	return rc;
}

static enum rc
make_key(const char *dir, const struct keyring *k, uint16_t brand,
	 enum token_key_state state, uint32_t *id, struct err *e)
{
	struct token_key key = {.id = (uint32_t)brand << 16, .state = state};
	enum rc rc;

	for (size_t i = 0; i < k->n; i++)
		if (k->keys[i].id >> 16 == brand)
			key.id = k->keys[i].id;
	if ((key.id & 0xffff) == 0xffff)
		return err_set(e, RC_LIMIT, "brand %u has no generation left",
			       brand);
	key.id++;
	random_bytes(key.secret, sizeof(key.secret));
	rc = write_key(dir, &key, true, e);
	*id = key.id;
	secret_wipe(&key, sizeof(key));
	return rc;
}

enum rc
keyring_create(const char *dir, uint16_t brand, uint32_t *id, struct err *e)
{
	struct keyring *k = NULL;
	char *path = keys_path(dir);
	const struct token_key *waiting;
	uint32_t fresh = 0;
	enum rc rc = dir_make(path, 0700, e);

	if (rc == RC_OK)
		rc = keyring_load(dir, &k, e);
	if (rc == RC_OK) {
		waiting = find_state(k, brand, TOKEN_KEY_NEXT);
		rc = waiting
			 ? activate(dir, waiting, &fresh, e)
			 : make_key(dir, k, brand, TOKEN_KEY_ACTIVE, &fresh, e);
	}
	if (rc == RC_OK)
		rc = retire_others(dir, k, brand, e);
	if (rc == RC_OK)
		*id = fresh;
	keyring_free(k);
	free(path);
	return rc;
}

enum rc
keyring_prepare(const char *dir, uint16_t brand, uint32_t *id, struct err *e)
{
	const struct token_key *waiting;
	struct keyring *k = NULL;
	enum rc rc = keyring_load(dir, &k, e);

	if (rc != RC_OK)
		return rc;
	waiting = find_state(k, brand, TOKEN_KEY_NEXT);
	if (waiting)
		*id = waiting->id;
	else
		rc = make_key(dir, k, brand, TOKEN_KEY_NEXT, id, e);
	keyring_free(k);
	return rc;
}

enum rc
keyring_revoke(const char *dir, uint32_t id, struct err *e)
{
	struct keyring *k = NULL;
	struct token_key key;
	enum rc rc = keyring_load(dir, &k, e);

	if (rc != RC_OK)
		return rc;
	if (keyring_find(k, id) == NULL) {
		keyring_free(k);
		return err_set(e, RC_NOTFOUND, "there is no token-%08" PRIx32,
			       id);
	}
	key = *keyring_find(k, id);
	key.state = TOKEN_KEY_REVOKED;
	rc = write_key(dir, &key, false, e);
	secret_wipe(&key, sizeof(key));
	keyring_free(k);
	return rc;
}

size_t
keyring_size(const struct keyring *k)
{
	return k->n;
}

const struct token_key *
keyring_at(const struct keyring *k, size_t i)
{
	return &k->keys[i];
}

const char *
token_key_state_name(enum token_key_state state)
{
	return state_names[state];
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
	return find_state(k, brand, TOKEN_KEY_ACTIVE);
}
