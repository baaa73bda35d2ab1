#include "mailer/materials.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "base/thread.h"

struct brand_dkim {
	uint16_t brand;
	struct dkim_key keys[2];
	size_t n;
};

struct materials {
	atomic_int holds;
	struct keyring *keys;
	struct catalog *catalog;
	struct verdict_rules *verdicts;
	struct brand_dkim *dkim;
	size_t dkim_n;
	const struct conf *conf; /* domain and selector live there */
	struct materials *of;	 /* whose all but the keys are; NULL: its own */
};

struct materials_box {
	struct mutex lock;
	struct materials *m;
};

void
materials_dkim_path(const char *state_dir, uint16_t brand, const char *selector,
		    struct sbuf *out)
{
	sbuf_addf(out, "%s/keys/dkim-%04u-%s.pem", state_dir, brand, selector);
}

static enum rc
load_dkim_key(struct brand_dkim *d, const struct brand *b, const char *selector,
	      const char *state_dir, struct err *e)
{
	struct dkim_key *k = &d->keys[d->n];
	struct sbuf path;
	enum rc rc;

	if (selector[0] == '\0')
		return RC_OK;
	sbuf_init(&path, 4096);
	materials_dkim_path(state_dir, b->number, selector, &path);
	rc = sign_key_load(sbuf_z(&path), &k->key, e);
	if (rc == RC_OK) {
		k->domain = b->dkim_domain;
		k->selector = selector;
		d->n++;
	} else {
		rc = err_add(e,
			     "brand %s, selector %s (acuse dkim new makes "
			     "the key)",
			     b->name, selector);
	}
	sbuf_fini(&path);
	return rc;
}

static enum rc
load_dkim(struct materials *m, const char *state_dir, struct err *e)
{
	m->dkim = mem_alloc((m->conf->brands_n + 1) * sizeof(*m->dkim));
	for (size_t i = 0; i < m->conf->brands_n; i++) {
		const struct brand *b = &m->conf->brands[i];
		struct brand_dkim *d = &m->dkim[m->dkim_n++];
		enum rc rc;

		d->brand = b->number;
		rc = load_dkim_key(d, b, b->dkim_selector, state_dir, e);
		if (rc == RC_OK)
			rc = load_dkim_key(d, b, b->dkim_ed25519_selector,
					   state_dir, e);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

/* One whose keys were all revoked is taken: that has to count at once. */
static enum rc
check_tokens(const struct materials *m, struct err *e)
{
	for (size_t i = 0; i < m->conf->brands_n; i++) {
		const struct brand *b = &m->conf->brands[i];

		if (keyring_active(m->keys, b->number) == NULL &&
		    keyring_find(m->keys, (uint32_t)b->number << 16 | 1) ==
			NULL)
			return err_set(
			    e, RC_NOTFOUND,
			    "brand %s has no token key: put "
			    "keys/token-%04x… back, or, if the brand "
			    "is new, run acuse key token",
			    b->name, b->number);
	}
	return RC_OK;
}

enum rc
materials_load(const struct conf *conf, const char *state_dir,
	       struct materials **out, struct err *e)
{
	struct materials *m = MEM_NEW(struct materials);
	const char *dir = conf->template_dir;
	size_t broken;
	enum rc rc;

	atomic_store(&m->holds, 1);
	m->conf = conf_ref(conf);
	rc = keyring_load_whole(state_dir, &m->keys, &broken, e);
	if (rc == RC_OK)
		rc = check_tokens(m, e);
	if (rc == RC_OK)
		rc = catalog_load(dir[0] != '\0' ? dir : NULL, &m->catalog, e);
	if (rc == RC_OK)
		rc = verdict_rules_load(conf->verdict_file, &m->verdicts, e);
	if (rc == RC_OK)
		rc = load_dkim(m, state_dir, e);
	if (rc == RC_OK)
		*out = m;
	else
		materials_release(m);
	return rc;
}

enum rc
materials_with_keys(struct materials *m, struct keyring *keys,
		    struct materials **out, struct err *e)
{
	struct materials *x = MEM_NEW(struct materials);
	enum rc rc;

	*x = (struct materials){.keys = keys,
				.catalog = m->catalog,
				.verdicts = m->verdicts,
				.dkim = m->dkim,
				.dkim_n = m->dkim_n,
				.conf = conf_ref(m->conf),
				.of = materials_hold(m->of ? m->of : m)};
	atomic_store(&x->holds, 1);
	rc = check_tokens(x, e);
	if (rc == RC_OK)
		*out = x;
	else
		materials_release(x);
	return rc;
}

struct materials *
materials_hold(struct materials *m)
{
	atomic_fetch_add(&m->holds, 1);
	return m;
}

static void
free_loaded(struct materials *m)
{
	for (size_t i = 0; i < m->dkim_n; i++)
		for (size_t k = 0; k < m->dkim[i].n; k++)
			sign_key_free(m->dkim[i].keys[k].key);
	free(m->dkim);
	if (m->verdicts != NULL)
		verdict_rules_free(m->verdicts);
	if (m->catalog != NULL)
		catalog_free(m->catalog);
}

void
materials_release(struct materials *m)
{
	if (m == NULL || atomic_fetch_sub(&m->holds, 1) != 1)
		return;
	if (m->of == NULL)
		free_loaded(m);
	else
		materials_release(m->of);
	keyring_free(m->keys);
	conf_unref(m->conf);
	free(m);
}

const struct keyring *
materials_keys(const struct materials *m)
{
	return m->keys;
}

const struct catalog *
materials_catalog(const struct materials *m)
{
	return m->catalog;
}

struct verdict_rules *
materials_verdicts(const struct materials *m)
{
	return m->verdicts;
}

size_t
materials_dkim(const struct materials *m, uint16_t brand,
	       const struct dkim_key **out)
{
	for (size_t i = 0; i < m->dkim_n; i++) {
		if (m->dkim[i].brand != brand)
			continue;
		*out = m->dkim[i].keys;
		return m->dkim[i].n;
	}
	*out = NULL;
	return 0;
}

struct materials_box *
materials_box_new(struct materials *m)
{
	struct materials_box *b = MEM_NEW(struct materials_box);

	mutex_init(&b->lock, "materials");
	b->m = m;
	return b;
}

void
materials_box_free(struct materials_box *b)
{
	if (b == NULL)
		return;
	materials_release(b->m);
	mutex_fini(&b->lock);
	free(b);
}

struct materials *
materials_box_get(struct materials_box *b)
{
	struct materials *m;

	mutex_lock(&b->lock);
	m = materials_hold(b->m);
	mutex_unlock(&b->lock);
	return m;
}

void
materials_box_set(struct materials_box *b, struct materials *m)
{
	struct materials *old;

	mutex_lock(&b->lock);
	old = b->m;
	b->m = m;
	mutex_unlock(&b->lock);
	materials_release(old);
}
