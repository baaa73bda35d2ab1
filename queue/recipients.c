#include "queue/recipients.h"

enum rc
recipients_suppression(struct queue *q, struct db *db, struct slice brand,
		       struct slice address, struct arena *a,
		       struct suppression *out, uint8_t hash[32], struct err *e)
{
	uint8_t before[32];
	enum rc rc;

	queue_address_hash(q, address, hash);
	queue_address_hash_old(q, address, before);
	rc = suppression_get(db, brand, hash, a, out, e);
	if (rc != RC_NOTFOUND || memcmp(before, hash, 32) == 0)
		return rc;
	memcpy(hash, before, 32);
	return suppression_get(db, brand, hash, a, out, e);
}

bool
recipients_has_role(struct slice roles, struct slice role)
{
	if (roles.n == 0)
		return slice_eq_z(role, "billing");
	while (roles.p != NULL && roles.n > 0)
		if (slice_eq(slice_trim(slice_cut(&roles, ',')), role))
			return true;
	return false;
}

static bool
listed(const struct contact **list, size_t n, const struct contact *c)
{
	for (size_t i = 0; i < n; i++)
		if (slice_ieq(list[i]->email, c->email))
			return true;
	return false;
}

/* A search for recipients. */
struct search {
	struct queue *q;
	struct db *db;
	const struct customer *customer;
	bool optional;
	struct arena *a;
	struct recipients *out;
};

/* Takes a contact into the list unless its address is suppressed; "left" is
 * so for what is optional alone. */
static enum rc
take_in(const struct search *s, const struct contact *k, struct err *e)
{
	struct suppression found;
	uint8_t hash[32];
	enum rc rc;

	rc = recipients_suppression(s->q, s->db, s->customer->brand, k->email,
				    s->a, &found, hash, e);
	if (rc != RC_OK && rc != RC_NOTFOUND)
		return rc;
	if (rc == RC_OK && !slice_eq_z(found.reason, SUPPRESSION_LEFT))
		s->out->left_out[s->out->suppressed++] = k;
	else if (rc == RC_OK && s->optional)
		s->out->gone++;
	else
		s->out->list[s->out->n++] = k;
	return RC_OK;
}

/* The address that a request names, whether it is a contact's or not. */
static enum rc
given_recipient(const struct search *s, struct slice address, struct err *e)
{
	const struct customer *c = s->customer;
	struct contact *k = ARENA_NEW(s->a, struct contact);

	k->email = address;
	for (size_t i = 0; i < c->contacts_n; i++)
		if (slice_ieq(c->contacts[i].email, address))
			*k = c->contacts[i];
	return take_in(s, k, e);
}

static void
begin(const struct search *s)
{
	size_t room = s->customer->contacts_n + 1;

	memset(s->out, 0, sizeof(*s->out));
	s->out->list = ARENA_ARRAY(s->a, const struct contact *, room);
	s->out->left_out = ARENA_ARRAY(s->a, const struct contact *, room);
}

/* Those of the roles, or those of none of them. */
static enum rc
take_all(const struct search *s, struct slice roles, bool with, struct err *e)
{
	const struct customer *c = s->customer;

	for (size_t i = 0; i < c->contacts_n; i++) {
		const struct contact *k = &c->contacts[i];
		enum rc rc;

		if (k->email.n == 0 || listed(s->out->list, s->out->n, k) ||
		    recipients_has_role(roles, k->role) != with)
			continue;
		rc = take_in(s, k, e);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

enum rc
recipients_find(struct queue *q, struct db *db, const struct customer *c,
		struct slice roles, bool optional, struct arena *a,
		struct recipients *out, struct err *e)
{
	struct search s = {q, db, c, optional, a, out};
	enum rc rc;

	begin(&s);
	if (slice_starts(roles, SLICE("to:")))
		return given_recipient(&s, slice_skip(roles, 3), e);
	rc = take_all(&s, roles, true, e);
	if (rc == RC_OK && out->n == 0 && out->gone == 0)
		rc = take_all(&s, roles, false, e);
	return rc;
}

enum rc
recipients_besides(struct queue *q, struct db *db, const struct customer *c,
		   struct slice roles, struct arena *a, struct recipients *out,
		   struct err *e)
{
	struct search s = {q, db, c, false, a, out};

	begin(&s);
	return slice_starts(roles, SLICE("to:"))
		   ? RC_OK
		   : take_all(&s, roles, false, e);
}

enum rc
recipients_may_leave(const struct conf *conf, struct db *db,
		     const struct message *m, struct arena *a, bool *out,
		     struct err *e)
{
	const struct brand *brand = conf_brand(conf, m->brand);
	const struct policy *p;
	struct notice *list;
	size_t n;
	enum rc rc = notice_list_message(db, m->id, a, &list, &n, e);

	*out = false;
	if (rc != RC_OK || n == 0)
		return rc;
	p = conf_policy(conf, list[0].policy);
	if (p == NULL && brand != NULL)
		p = conf_policy(conf, slice_z(brand->policy));
	*out = policy_may_leave(p, list[0].step);
	return RC_OK;
}

enum rc
recipients_suppressed(struct queue *q, const struct conf *conf, struct db *db,
		      const struct message *m, struct arena *a, bool *out,
		      struct err *e)
{
	struct suppression s;
	uint8_t hash[32];
	enum rc rc =
	    recipients_suppression(q, db, m->brand, m->address, a, &s, hash, e);

	*out = rc == RC_OK;
	if (rc == RC_OK && slice_eq_z(s.reason, SUPPRESSION_LEFT))
		return recipients_may_leave(conf, db, m, a, out, e);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}
