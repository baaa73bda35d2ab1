#include "mailer/outgoing.h"

#include "base/hash.h"
#include "base/mailbox.h"
#include "mailer/dead_links.h"
#include "mailer/dkim.h"
#include "store/content.h"

/* For the store, with what the message tells of them. */
static void
take(struct claim *claim, struct slice bytes, const uint8_t sha256[32],
     struct arena *a, struct arena *shelf)
{
	struct sbuf packed;

	sbuf_init(&packed, CONTENT_MAX);
	content_pack(bytes, &packed);
	claim->bytes = arena_dup(a, bytes);
	claim->packed = arena_dup(shelf, sbuf_slice(&packed));
	claim->m.size = (int64_t)bytes.n;
	claim->m.sha256 =
	    arena_dup(a, slice_of((const char *)sha256, SHA256_SIZE));
	sbuf_fini(&packed);
}

static enum rc
compose_now(const struct composer *c, struct compose_room *room,
	    struct claim *claim, struct arena *a, struct arena *shelf,
	    struct err *e)
{
	struct message *m = &claim->m;
	struct composed done;
	enum rc rc = compose(c, m, room, &done, e);

	if (rc != RC_OK)
		return rc;
	take(claim, done.bytes, done.sha256, a, shelf);
	m->subject = arena_dup(a, done.subject);
	m->message_id = arena_dup(a, done.message_id);
	return RC_OK;
}

/* Signed by us where its way wants it so, and by nothing that is rewritten. */
static bool
fits(const struct composer *c, size_t keys, bool is_signed, uint32_t covers)
{
	if (!c->sign)
		return !is_signed;
	return (is_signed || keys == 0) && (covers & c->rewrites) == 0;
}

/* As it was composed, for another way than it was then. */
static enum rc
sign_again(const struct composer *c, struct claim *claim, struct slice stored,
	   struct arena *a, struct arena *shelf, struct err *e)
{
	const struct brand *brand = conf_brand(c->conf, claim->m.brand);
	const struct dkim_key *keys = NULL;
	size_t n = brand == NULL
		       ? 0
		       : materials_dkim(c->materials, brand->number, &keys);
	uint32_t covers;
	struct slice plain = dkim_behind(stored, &covers);
	uint8_t sha256[SHA256_SIZE];
	struct sbuf bytes;
	enum rc rc = RC_OK;

	claim->bytes = SLICE("");
	if (fits(c, n, plain.n < stored.n, covers)) {
		claim->bytes = arena_dup(a, stored);
		return RC_OK;
	}
	if (claim->m.uncertain > 0)
		return err_set(e, RC_INVALID,
			       "it may have arrived as it is, and now has to "
			       "be signed otherwise: the route was changed");
	sbuf_init(&bytes, CONTENT_MAX);
	rc = dkim_sign(plain, keys, c->sign ? n : 0, c->rewrites, c->now_us,
		       &bytes, e);
	if (rc == RC_OK) {
		sha256_of(sbuf_slice(&bytes), sha256);
		take(claim, sbuf_slice(&bytes), sha256, a, shelf);
	}
	sbuf_fini(&bytes);
	return rc;
}

/* As it was composed, unless its links have lost their key since. */
static enum rc
use_stored(const struct composer *c, struct compose_room *room,
	   struct claim *claim, struct slice stored, struct arena *a,
	   struct arena *shelf, struct err *e)
{
	const struct brand *brand = conf_brand(c->conf, claim->m.brand);
	const struct token_key *dead =
	    brand == NULL
		? NULL
		: dead_links(stored, claim->m.mref,
			     materials_keys(c->materials), brand->number);

	if (dead == NULL)
		return sign_again(c, claim, stored, a, shelf, e);
	if (claim->m.uncertain > 0)
		return err_set(e, RC_INVALID,
			       "it may have arrived as it is, and its links "
			       "lead nowhere any more: token-%08x was revoked",
			       dead->id);
	claim->anew = slice_z(arena_printf(a, "token-%08x revoked", dead->id));
	return compose_now(c, room, claim, a, shelf, e);
}

enum rc
outgoing_compose(const struct composer *c, struct compose_room *room,
		 struct claim *claim, struct arena *a, struct arena *shelf,
		 struct err *e)
{
	struct sbuf stored;
	enum rc rc;

	if (claim->m.sha256.n == 0)
		return compose_now(c, room, claim, a, shelf, e);
	sbuf_init(&stored, CONTENT_MAX);
	rc = content_get(c->db, claim->m.id, &stored, e);
	if (rc == RC_OK)
		rc = use_stored(c, room, claim, sbuf_slice(&stored), a, shelf,
				e);
	sbuf_fini(&stored);
	return rc;
}

void
outgoing_address(const struct composer *c, const struct claim *claim,
		 struct arena *a, struct transport_message *t)
{
	char hex[REF_HEX];
	struct sbuf b;

	ref_hex(claim->m.mref, hex);
	sbuf_init(&b, 1024);
	compose_reverse_path(c, &claim->m, &b);
	t->mref = claim->m.mref;
	t->reverse_path = arena_dup(a, sbuf_slice(&b));
	sbuf_reset(&b);
	mailbox_add_ascii(&b, claim->m.address);
	t->recipient = arena_dup(a, sbuf_slice(&b));
	t->content = claim->bytes;
	t->envid = arena_dup(a, slice_z(hex));
	t->orcpt = t->recipient;
	t->notify = TRANSPORT_NOTIFY_SUCCESS | TRANSPORT_NOTIFY_FAILURE |
		    TRANSPORT_NOTIFY_DELAY;
	t->ret = TRANSPORT_RET_HDRS;
	sbuf_fini(&b);
}
