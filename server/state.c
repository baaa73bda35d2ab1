#include "server/state.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/keys.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/keyring.h"
#include "conf/starter.h"
#include "mailer/materials.h"
#include "server/settings.h"
#include "store/db.h"

#define FIRST_SELECTOR "acuse1"

enum rc
state_path(const char *state, const char *name, char out[STATE_PATH_MAX],
	   struct err *e)
{
	int n = snprintf(out, STATE_PATH_MAX, "%s/%s", state, name);

	if (n < 0 || n >= STATE_PATH_MAX)
		return err_set(e, RC_LIMIT, "the path %s/%s is too long", state,
			       name);
	return RC_OK;
}

enum rc
state_become_owner(const char *state, struct err *e)
{
	struct stat st;

	if (geteuid() != 0 || stat(state, &st) != 0 || st.st_uid == 0)
		return RC_OK;
	if (setgroups(0, NULL) != 0 || setgid(st.st_gid) != 0 ||
	    setuid(st.st_uid) != 0)
		return err_errno(e, state);
	return RC_OK;
}

/* But for a lock, which is there when it is asked again under it. */
static enum rc
must_be_empty(const char *state, struct err *e)
{
	DIR *d = opendir(state);
	struct dirent *entry;
	bool empty = true;

	if (d == NULL)
		return errno == ENOENT ? RC_OK : err_errno(e, state);
	while ((entry = readdir(d)) != NULL)
		empty &= strcmp(entry->d_name, ".") == 0 ||
			 strcmp(entry->d_name, "..") == 0 ||
			 strcmp(entry->d_name, STATE_LOCK) == 0;
	closedir(d);
	if (empty)
		return RC_OK;
	return err_set(e, RC_STATE,
		       "%s is not empty: it is an installation already, or "
		       "something else's directory; name another one",
		       state);
}

static enum rc
make_configuration(const struct state_init *i, struct err *e)
{
	struct starter s = {.domain = i->domain,
			    .title = i->title,
			    .public_url = i->public_url,
			    .locale = i->locale,
			    .time_zone = i->time_zone,
			    .dkim_selector = FIRST_SELECTOR};
	char folder[STATE_PATH_MAX];
	const char *slash = strrchr(i->config, '/');

	if (access(i->config, F_OK) == 0)
		return RC_OK;
	if (i->domain == NULL)
		return err_set(e, RC_USAGE,
			       "there is no %s: name the domain that mail "
			       "comes from (--domain hosting.example), and it "
			       "is written",
			       i->config);
	if (slash == NULL || strcmp(slash, "/acuse.conf") != 0)
		return err_set(e, RC_USAGE,
			       "a configuration that is to be written is "
			       "called …/acuse.conf, not %s",
			       i->config);
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - i->config),
		 i->config);
	return conf_starter_write(&s, folder, e);
}

static enum rc
make_secret(const char *path, struct err *e)
{
	uint8_t random[32];
	struct sbuf b;
	enum rc rc;

	random_bytes(random, sizeof(random));
	sbuf_init(&b, 256);
	hex_encode(slice_of(random, sizeof(random)), &b);
	sbuf_add_c(&b, '\n');
	rc = file_create(path, sbuf_slice(&b), 0600, e);
	secret_wipe(random, sizeof(random));
	sbuf_fini(&b);
	return rc;
}

enum rc
state_suppression_key(const char *state, uint8_t out[32], struct err *e)
{
	char path[STATE_PATH_MAX];
	struct sbuf b;
	enum rc rc = state_path(state, STATE_SUPPRESSION_KEY, path, e);

	sbuf_init(&b, 256);
	if (rc == RC_OK)
		rc = file_read(path, 256, &b, e);
	if (rc == RC_OK && !hex_decode(slice_trim(sbuf_slice(&b)), out, 32))
		rc = err_set(e, RC_INVALID, "%s does not hold 64 hex digits",
			     path);
	sbuf_fini(&b);
	return rc;
}

static enum rc
make_dkim_key(const struct state_init *i, const struct brand *b,
	      const char *selector, enum sign_kind kind, struct err *e)
{
	struct sbuf path;
	enum rc rc;

	if (selector[0] == '\0')
		return RC_OK;
	sbuf_init(&path, STATE_PATH_MAX);
	materials_dkim_path(i->state, b->number, selector, &path);
	rc = sign_key_create(sbuf_z(&path), kind, e);
	sbuf_fini(&path);
	return rc;
}

static enum rc
make_keys(const struct state_init *i, const struct conf *conf, struct err *e)
{
	char path[STATE_PATH_MAX];
	enum rc rc = state_path(i->state, STATE_SUPPRESSION_KEY, path, e);

	if (rc == RC_OK)
		rc = make_secret(path, e);
	for (size_t k = 0; rc == RC_OK && k < conf->brands_n; k++) {
		const struct brand *b = &conf->brands[k];
		uint32_t id;

		rc = keyring_create(i->state, b->number, &id, e);
		if (rc == RC_OK)
			rc = make_dkim_key(i, b, b->dkim_selector, SIGN_RSA, e);
		if (rc == RC_OK)
			rc = make_dkim_key(i, b, b->dkim_ed25519_selector,
					   SIGN_ED25519, e);
	}
	return rc;
}

static enum rc
make_database(const struct state_init *i, struct sbuf *key, struct err *e)
{
	struct api_key k = {.name = SLICE("first"),
			    .scopes = SCOPE_SEND | SCOPE_READ | SCOPE_ADMIN,
			    .created_us = clock_wall_us()};
	char path[STATE_PATH_MAX];
	uint8_t hash[32];
	struct db *db = NULL;
	enum rc rc = state_path(i->state, STATE_DATABASE, path, e);

	if (rc == RC_OK)
		rc = db_create(path, e);
	if (rc == RC_OK)
		rc = db_open(path, DB_WRITE, &db, e);
	keys_mint(key, hash);
	if (rc == RC_OK)
		rc = api_key_insert(db, &k, hash, e);
	db_close(db);
	return rc;
}

/* Another init may have begun, or be done, since it was looked at. */
static enum rc
take_place(const char *state, int *lock, struct err *e)
{
	char path[STATE_PATH_MAX];
	enum rc rc = dir_make(state, 0700, e);

	if (rc == RC_OK)
		rc = state_path(state, STATE_LOCK, path, e);
	if (rc == RC_OK)
		rc = lock_take(path, lock, e);
	return rc == RC_OK ? must_be_empty(state, e) : rc;
}

static enum rc
make_all(const struct state_init *i, const struct conf *conf, struct sbuf *key,
	 struct err *e)
{
	static const char *const folders[] = {STATE_KEYS, STATE_HITS};
	char path[STATE_PATH_MAX];
	enum rc rc = RC_OK;

	for (size_t k = 0; rc == RC_OK && k < 2; k++) {
		rc = state_path(i->state, folders[k], path, e);
		if (rc == RC_OK)
			rc = dir_make(path, 0700, e);
	}
	if (rc == RC_OK)
		rc = make_keys(i, conf, e);
	if (rc == RC_OK && i->demo) {
		rc = state_path(i->state, STATE_DEMO, path, e);
		if (rc == RC_OK)
			rc = file_create(path,
					 SLICE("made for a demo: it may run "
					       "on a fast clock\n"),
					 0600, e);
	}
	return rc == RC_OK ? make_database(i, key, e) : rc;
}

enum rc
state_init(const struct state_init *i, struct sbuf *key, struct err *e)
{
	const struct conf *conf = NULL;
	int lock = -1;
	enum rc rc = must_be_empty(i->state, e);

	if (rc == RC_OK)
		rc = make_configuration(i, e);
	if (rc == RC_OK)
		rc = settings_load(i->config, &conf, e);
	if (rc == RC_OK)
		rc = take_place(i->state, &lock, e);
	if (rc == RC_OK) {
		rc = make_all(i, conf, key, e);
		if (rc != RC_OK)
			(void)err_add(e,
				      "%s is only half made: remove it, and "
				      "try again",
				      i->state);
	}
	if (lock >= 0)
		(void)close(lock);
	conf_unref(conf);
	return rc;
}
