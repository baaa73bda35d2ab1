#include "mailer/outgoing.h"

#include "base/mailbox.h"
#include "store/content.h"

static enum rc
compose_now(const struct composer *c, struct compose_room *room,
	    struct claim *claim, struct arena *a, struct arena *shelf,
	    struct err *e)
{
	struct message *m = &claim->m;
	struct composed done;
	struct sbuf packed;
	enum rc rc = compose(c, m, room, &done, e);

	if (rc != RC_OK)
		return rc;
	sbuf_init(&packed, CONTENT_MAX);
	content_pack(done.bytes, &packed);
	claim->bytes = arena_dup(a, done.bytes);
	claim->packed = arena_dup(shelf, sbuf_slice(&packed));
	m->subject = arena_dup(a, done.subject);
	m->message_id = arena_dup(a, done.message_id);
	m->size = (int64_t)done.bytes.n;
	m->sha256 = arena_dup(a, slice_of(done.sha256, sizeof(done.sha256)));
	sbuf_fini(&packed);
	return RC_OK;
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
	claim->bytes = arena_dup(a, sbuf_slice(&stored));
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
