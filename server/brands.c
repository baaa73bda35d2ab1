#include "server/brands.h"

#include "store/meta.h"

static enum rc
keep_name(struct db *db, const struct brand *b, struct err *e)
{
	char key[32];
	struct sbuf was;
	enum rc rc;

	snprintf(key, sizeof(key), "brand.%u", b->number);
	sbuf_init(&was, 4096);
	rc = meta_get_text(db, key, &was, e);
	if (rc == RC_NOTFOUND)
		rc = meta_set_text(db, key, slice_z(b->name), e);
	else if (rc == RC_OK && !slice_eq_z(sbuf_slice(&was), b->name))
		rc = err_set(e, RC_CONFIG,
			     "brand \"%s\": id %u is that of brand \"%s\": "
			     "give a new brand a new one, and a renamed one "
			     "its old name (what people read is its title)",
			     b->name, b->number, sbuf_z(&was));
	sbuf_fini(&was);
	return rc;
}

static enum rc
keep_number(struct db *db, const struct brand *b, struct err *e)
{
	struct sbuf key;
	int64_t was = b->number;
	enum rc rc;

	sbuf_init(&key, 4096);
	sbuf_addf(&key, "brand_id.%s", b->name);
	rc = meta_get_int(db, sbuf_z(&key), &was, e);
	if (rc == RC_NOTFOUND)
		rc = meta_set_int(db, sbuf_z(&key), b->number, e);
	else if (rc == RC_OK && was != b->number)
		rc = err_set(e, RC_CONFIG,
			     "brand \"%s\": id was %lld and is %u: the links "
			     "of mails that went out would break; put it back",
			     b->name, (long long)was, b->number);
	sbuf_fini(&key);
	return rc;
}

enum rc
brands_keep(struct db *db, const struct conf *c, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < c->brands_n; i++) {
		rc = keep_number(db, &c->brands[i], e);
		if (rc == RC_OK)
			rc = keep_name(db, &c->brands[i], e);
	}
	return rc;
}
