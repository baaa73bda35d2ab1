#include "queue/outbox.h"

#include "base/clock.h"
#include "queue/recipients.h"
#include "queue/state.h"

/* Invariants.
 * 1. A message is made only together with a row of message_notices for each
 *    of its notices: the key (notice, channel, address) is what makes a
 *    second sending impossible.
 * 2. A message whose notices differ in fate is never edited: those that go on
 *    move to a new message in the same transaction, and it is cancelled.
 * 3. Where it was uncertain so is the new one: it waits as long, and goes only
 *    if nothing shows that the old one arrived.  The old bytes never go again:
 *    they ask for what is paid. */

static enum rc
append_created(struct db *db, const struct message *m, struct notice **notices,
	       size_t n, struct ref replaces, struct err *e)
{
	static const struct ref none;
	char hex[REF_HEX];
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, 1 << 20);
	ref_hex(m->mref, hex);
	sbuf_addf(&b, "{\"mref\":\"%s\",\"customer\":", hex);
	sbuf_add_json(&b, m->customer);
	sbuf_add_z(&b, ",\"channel\":\"email\",\"address\":");
	sbuf_add_json(&b, m->address);
	sbuf_add_z(&b, ",\"contact\":");
	sbuf_add_json(&b, m->contact);
	sbuf_add_z(&b, ",\"template\":");
	sbuf_add_json(&b, m->template);
	if (!ref_eq(replaces, none)) {
		ref_hex(replaces, hex);
		sbuf_addf(&b, ",\"replaces\":\"%s\"", hex);
	}
	sbuf_add_z(&b, ",\"notices\":[");
	for (size_t i = 0; i < n; i++) {
		ref_hex(notices[i]->ref, hex);
		sbuf_addf(&b, "%s\"%s\"", i > 0 ? "," : "", hex);
	}
	sbuf_add_z(&b, "]}");
	rc =
	    ledger_append(db, KIND_MESSAGE_CREATED, m->mref, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

/* Inserts m with a fresh mref, due at its next_us or at once. */
static enum rc
insert(struct queue *q, struct db *db, struct message *m, struct arena *a,
       struct err *e)
{
	enum rc rc;

	m->mref = ref_new();
	m->channel = MESSAGE_BY_EMAIL;
	m->state = MESSAGE_QUEUED;
	m->created_us = clock_wall_us();
	if (m->next_us < m->created_us)
		m->next_us = m->created_us;
	rc = message_insert(db, m, queue_domain(m->address, a), e);
	queue_wake_mailer(q);
	return rc;
}

/* What ended before its notice was released, and no server can have taken. */
static bool
in_vain(const struct message *m, const struct notice *n)
{
	return m->uncertain == 0 && m->created_us < n->released_us &&
	       (m->state == MESSAGE_FAILED || m->state == MESSAGE_EXPIRED);
}

/* A recipient may have a notice already.  One that was revived may still be
 * tied to a message that could not arrive: it moves. */
static enum rc
may_tie(struct db *db, struct slice address, const struct notice *n,
	struct arena *a, bool *may, struct err *e)
{
	struct message before;
	enum rc rc = message_get_tied(db, n->id, MESSAGE_BY_EMAIL, address, a,
				      &before, e);

	*may = rc == RC_NOTFOUND ||
	       (rc == RC_OK &&
		(in_vain(&before, n) ||
		 (before.state == MESSAGE_CANCELLED && before.uncertain == 0)));
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
tie(struct db *db, const struct message *m, int64_t notice, struct err *e)
{
	enum rc rc = message_tie(db, m, notice, e);

	return rc == RC_STATE ? message_retie(db, notice, m, e) : rc;
}

enum rc
outbox_make(struct queue *q, struct db *db, const struct customer *c,
	    const struct contact *to, struct notice **notices, size_t n,
	    struct message *out, struct err *e)
{
	struct notice **mine;
	struct arena a;
	size_t mine_n = 0;
	enum rc rc = RC_OK;

	arena_init(&a, 1 << 20);
	mine = ARENA_ARRAY(&a, struct notice *, n);
	memset(out, 0, sizeof(*out));
	out->customer = c->id;
	out->brand = c->brand;
	out->address = to->email;
	out->contact = to->id;
	out->template = notices[0]->template;
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		bool may;

		rc = may_tie(db, to->email, notices[i], &a, &may, e);
		if (rc != RC_OK || !may)
			continue;
		mine[mine_n++] = notices[i];
		if (notices[i]->not_after_us > out->not_after_us)
			out->not_after_us = notices[i]->not_after_us;
	}
	if (rc == RC_OK && mine_n == 0)
		rc = err_set(e, RC_NOTFOUND, "the recipient has it already");
	if (rc == RC_OK)
		rc = insert(q, db, out, &a, e);
	for (size_t i = 0; rc == RC_OK && i < mine_n; i++)
		rc = tie(db, out, mine[i]->id, e);
	if (rc == RC_OK)
		rc =
		    append_created(db, out, mine, mine_n, (struct ref){{0}}, e);
	arena_fini(&a);
	return rc;
}

static bool
waits(const struct message *m)
{
	return m->state == MESSAGE_QUEUED || m->state == MESSAGE_CLAIMED ||
	       m->state == MESSAGE_DEFERRED || m->state == MESSAGE_UNCERTAIN;
}

enum rc
outbox_unreachable(struct db *db, const struct customer *c, struct slice step,
		   const char *reason, bool critical, struct err *e)
{
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, 65536);
	sbuf_add_z(&b, "{\"customer\":");
	sbuf_add_json(&b, c->id);
	sbuf_add_z(&b, ",\"step\":");
	sbuf_add_json(&b, step);
	sbuf_addf(&b, ",\"reason\":\"%s\",\"before_act\":%s}", reason,
		  critical ? "true" : "false");
	rc = ledger_append(db, KIND_CUSTOMER_UNREACHABLE, c->ref,
			   sbuf_slice(&b), e);
	if (rc == RC_OK && critical)
		rc = ledger_append(db, KIND_ALARM_RAISED, c->ref,
				   sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

enum rc
outbox_has_hope(struct db *db, const struct notice *n, int64_t but,
		struct arena *a, bool *out, struct err *e)
{
	struct message *list;
	size_t count;
	enum rc rc = message_list_notice(db, n->id, a, &list, &count, e);

	*out = false;
	for (size_t i = 0; rc == RC_OK && i < count; i++)
		*out |= list[i].id != but &&
			(waits(&list[i]) || list[i].state == MESSAGE_ACCEPTED ||
			 list[i].state == MESSAGE_DELIVERED);
	return rc;
}

static enum rc
make_each(struct queue *q, struct db *db, const struct customer *c,
	  const struct recipients *to, struct notice *n, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < to->n; i++) {
		struct message m;

		rc = outbox_make(q, db, c, to->list[i], &n, 1, &m, e);
		if (rc == RC_NOTFOUND)
			rc = RC_OK; /* it has it already */
	}
	return rc;
}

/* One notice of a message that failed. */
static enum rc
send_elsewhere(struct queue *q, struct db *db, const struct customer *c,
	       struct notice *n, bool optional, struct arena *a, struct err *e)
{
	struct recipients to;
	bool hope = false;
	enum rc rc = recipients_find(q, db, c, n->roles, optional, a, &to, e);

	if (rc == RC_OK)
		rc = make_each(q, db, c, &to, n, e);
	if (rc == RC_OK)
		rc = outbox_has_hope(db, n, 0, a, &hope, e);
	if (rc != RC_OK || hope || to.gone > 0)
		return rc;
	return outbox_unreachable(db, c, n->step, OUTBOX_SUPPRESSED,
				  n->critical, e);
}

static enum rc
optional_class(struct queue *q, struct db *db, const struct message *m,
	       struct arena *a, bool *out, struct err *e)
{
	const struct conf *conf = conf_box_get(q->conf);
	enum rc rc = recipients_may_leave(conf, db, m, a, out, e);

	conf_unref(conf);
	return rc;
}

enum rc
outbox_elsewhere(struct queue *q, struct db *db, const struct message *m,
		 struct arena *a, struct err *e)
{
	bool all = slice_eq_z(m->reason, OUTBOX_SUPPRESSED), optional;
	struct customer c;
	struct notice *list;
	size_t n;
	enum rc rc = customer_get(db, m->customer, a, &c, e);

	if (rc == RC_NOTFOUND)
		return RC_OK;
	if (rc == RC_OK)
		rc = optional_class(q, db, m, a, &optional, e);
	if (rc == RC_OK)
		rc = notice_list_message(db, m->id, a, &list, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if ((all || list[i].critical) &&
		    list[i].state == NOTICE_RELEASED)
			rc =
			    send_elsewhere(q, db, &c, &list[i], optional, a, e);
	return rc;
}

/* The notices of a message that an act depends on, and its customer; none where
 * that is gone. */
static enum rc
critical_of(struct db *db, const struct message *m, struct arena *a,
	    struct customer *c, struct notice **out, size_t *n, struct err *e)
{
	struct notice *list;
	size_t all;
	enum rc rc = customer_get(db, m->customer, a, c, e);

	*n = 0;
	if (rc == RC_NOTFOUND)
		return RC_OK;
	if (rc == RC_OK)
		rc = notice_list_message(db, m->id, a, &list, &all, e);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < all; i++)
		if (list[i].critical && list[i].state == NOTICE_RELEASED)
			list[(*n)++] = list[i];
	*out = list;
	return RC_OK;
}

enum rc
outbox_meanwhile(struct queue *q, struct db *db, const struct message *m,
		 struct arena *a, struct err *e)
{
	struct customer c;
	struct notice *list;
	size_t n;
	enum rc rc = critical_of(db, m, a, &c, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct recipients to;
		bool hope;

		rc = outbox_has_hope(db, &list[i], m->id, a, &hope, e);
		if (rc != RC_OK || hope)
			continue;
		rc = recipients_besides(q, db, &c, list[i].roles, a, &to, e);
		if (rc == RC_OK)
			rc = make_each(q, db, &c, &to, &list[i], e);
	}
	return rc;
}

enum rc
outbox_missed(struct db *db, const struct message *m, struct arena *a,
	      struct err *e)
{
	struct customer c;
	struct notice *list;
	size_t n;
	enum rc rc = critical_of(db, m, a, &c, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		bool hope;

		rc = outbox_has_hope(db, &list[i], 0, a, &hope, e);
		if (rc == RC_OK && !hope)
			rc = outbox_unreachable(db, &c, list[i].step, "expired",
						true, e);
	}
	return rc;
}

enum rc
outbox_needed(struct db *db, const struct message *m, struct arena *a,
	      bool *out, struct err *e)
{
	struct customer c;
	struct notice *list;
	size_t n;
	enum rc rc = critical_of(db, m, a, &c, &list, &n, e);

	*out = n > 0;
	return rc;
}

/* Moves notices to a message of their own, to the same recipient. */
static enum rc
move(struct queue *q, struct db *db, const struct message *from,
     struct notice **notices, size_t n, struct slice held_for, struct arena *a,
     struct err *e)
{
	struct message m = *from;
	enum rc rc;

	if (n == 0)
		return RC_OK;
	m.subject = m.message_id = m.sha256 = m.reply = m.queue_id = SLICE("");
	m.size = m.accepted_us = m.instance = 0;
	m.attempts = 0; /* uncertain stays: the notices may have arrived */
	m.facts = 0;
	m.held = held_for.n > 0;
	m.reason = held_for;
	rc = insert(q, db, &m, a, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = message_retie(db, notices[i]->id, &m, e);
	if (rc != RC_OK)
		return rc;
	return append_created(db, &m, notices, n, from->mref, e);
}

bool
outbox_asks(const struct notice *n)
{
	static const char *const told[] = {"receipt", "refund", "restored",
					   "deleted", "cancellation-received"};

	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		if (slice_eq_z(n->template, told[i]))
			return false;
	return true;
}

/* What is taken back, and why. */
struct taking {
	struct queue *q;
	struct db *db;
	struct slice invoice; /* what asks for its money */
	int64_t notice;	      /* or this one alone; 0: the invoice's */
	enum outbox_stop how;
	struct slice reason, more;
	struct arena *a;
};

static bool
concerns(const struct taking *t, const struct notice *n)
{
	if (t->notice != 0)
		return n->id == t->notice;
	return slice_eq(n->invoice, t->invoice) && outbox_asks(n);
}

/* Takes notices out of one message that can still be stopped.  What stays
 * whole is held in place; a mixed one is cut in two. */
static enum rc
take_out(const struct taking *t, struct message *m, struct err *e)
{
	struct queue *q = t->q;
	struct db *db = t->db;
	struct arena *a = t->a;
	struct notice *all, **its, **rest;
	size_t n, its_n = 0, rest_n = 0;
	enum rc rc = notice_list_message(db, m->id, a, &all, &n, e);

	if (rc != RC_OK)
		return rc;
	its = ARENA_ARRAY(a, struct notice *, n + 1);
	rest = ARENA_ARRAY(a, struct notice *, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (concerns(t, &all[i]))
			its[its_n++] = &all[i];
		else
			rest[rest_n++] = &all[i];
	}
	if (its_n == 0)
		return RC_OK;
	if (rest_n == 0 && t->how == OUTBOX_HOLD) {
		if (m->held)
			return RC_OK; /* for another reason, which stays */
		m->held = true;
		m->reason = t->reason;
		return message_update(db, m, e);
	}
	rc =
	    move(q, db, m, rest, rest_n, m->held ? m->reason : SLICE(""), a, e);
	if (rc == RC_OK && t->how == OUTBOX_HOLD)
		rc = move(q, db, m, its, its_n, t->reason, a, e);
	for (size_t i = 0; rc == RC_OK && i < its_n && t->how == OUTBOX_CANCEL;
	     i++)
		if (its[i]->state == NOTICE_RELEASED)
			rc = notice_apply(db, its[i], NOTICE_EV_CANCEL,
					  t->reason, t->more, e);
	if (rc != RC_OK)
		return rc;
	return message_apply(db, m, MESSAGE_EV_CANCEL, t->reason, t->more, e);
}

/* True when some of its notices are to be taken out: a receipt, say, goes on.
 */
static enum rc
is_meant(const struct taking *t, const struct message *m, bool *out,
	 struct err *e)
{
	struct notice *list;
	size_t n;
	enum rc rc = notice_list_message(t->db, m->id, t->a, &list, &n, e);

	*out = false;
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		*out |= concerns(t, &list[i]);
	return rc;
}

/* What waits of a list is taken back; what had begun is listed in out. */
static enum rc
take_back(const struct taking *t, struct message *list, size_t n,
	  struct in_flight *out, struct err *e)
{
	out->mrefs = ARENA_ARRAY(t->a, struct ref, n + 1);
	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct message *m = &list[i];
		bool meant;
		enum rc rc;

		if (!waits(m))
			continue;
		rc = is_meant(t, m, &meant, e);
		if (rc != RC_OK)
			return rc;
		if (!meant)
			continue;
		if (m->state == MESSAGE_CLAIMED &&
		    !phase_stop(t->q->phases, m->mref)) {
			out->mrefs[out->n++] = m->mref;
			continue;
		}
		/* Claimed and stopped: the worker finds its state changed
		 * and lets it be. */
		rc = take_out(t, m, e);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

enum rc
outbox_stop(struct queue *q, struct db *db, struct slice invoice,
	    enum outbox_stop how, struct slice reason, struct arena *a,
	    struct in_flight *out, struct err *e)
{
	struct message_filter f = {.invoice = invoice,
				   .state = -1,
				   .before_us = INT64_MAX,
				   .limit = 10000};
	struct taking t = {
	    .q = q,
	    .db = db,
	    .invoice = invoice,
	    .how = how,
	    .reason = reason,
	    .a = a,
	};
	struct message *list;
	size_t n;
	enum rc rc = message_list(db, &f, a, &list, &n, e);

	out->n = 0;
	return rc == RC_OK ? take_back(&t, list, n, out, e) : rc;
}

enum rc
outbox_stop_notice(struct queue *q, struct db *db, const struct notice *notice,
		   struct slice reason, struct slice more, struct arena *a,
		   struct in_flight *out, struct err *e)
{
	struct taking t = {
	    .q = q,
	    .db = db,
	    .notice = notice->id,
	    .how = OUTBOX_CANCEL,
	    .reason = reason,
	    .more = more,
	    .a = a,
	};
	struct message *list;
	size_t n;
	enum rc rc = message_list_notice(db, notice->id, a, &list, &n, e);

	out->n = 0;
	return rc == RC_OK ? take_back(&t, list, n, out, e) : rc;
}

enum rc
outbox_take_out(struct queue *q, struct db *db, struct message *m,
		struct slice invoice, enum outbox_stop how, struct slice reason,
		struct arena *a, struct err *e)
{
	struct taking t = {
	    .q = q,
	    .db = db,
	    .invoice = invoice,
	    .how = how,
	    .reason = reason,
	    .a = a,
	};

	return take_out(&t, m, e);
}

bool
outbox_billing_holds(const struct message *m)
{
	return m->held && (slice_eq_z(m->reason, "disputed") ||
			   slice_eq_z(m->reason, "pending"));
}

enum rc
outbox_resume(struct queue *q, struct db *db, struct slice invoice,
	      struct arena *a, struct err *e)
{
	struct message_filter f = {.invoice = invoice,
				   .state = -1,
				   .before_us = INT64_MAX,
				   .limit = 10000};
	struct message *list;
	size_t n;
	enum rc rc = message_list(db, &f, a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		if (!waits(&list[i]) || !outbox_billing_holds(&list[i]))
			continue;
		list[i].held = false;
		list[i].reason = SLICE("");
		rc = message_update(db, &list[i], e);
	}
	queue_wake_mailer(q);
	return rc;
}

/* What only somebody who has the message can have caused. */
static bool
shows_arrival(int kind)
{
	static const enum kind shown[] = {
	    KIND_MESSAGE_OPENED,    KIND_MESSAGE_CLICKED,
	    KIND_MESSAGE_VIEWED,    KIND_MESSAGE_ANSWERED,
	    KIND_MESSAGE_OBJECTED,  KIND_MESSAGE_REPLIED,
	    KIND_MESSAGE_DELIVERED, KIND_MESSAGE_COMPLAINED};

	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (kind == (int)shown[i])
			return true;
	return false;
}

/* The mref that message.created says it replaces. */
static bool
replaced(const struct event *created, struct ref *out)
{
	static const char member[] = "\"replaces\":\"";
	ptrdiff_t at = slice_find(created->payload, slice_z(member));
	struct slice hex;

	if (at < 0)
		return false;
	hex = slice_skip(created->payload, (size_t)at + sizeof(member) - 1);
	return hex.n > REF_HEX && ref_parse(slice_of(hex.p, REF_HEX - 1), out);
}

enum rc
outbox_arrived(struct db *db, const struct message *m, struct arena *a,
	       bool *out, struct err *e)
{
	struct ref mref = m->mref;
	bool more = m->uncertain > 0;
	enum rc rc = RC_OK;

	*out = false;
	while (rc == RC_OK && more && !*out) {
		bool unknown = false;
		struct event *list;
		size_t n;

		rc = event_list(db, mref, a, &list, &n, e);
		more = false;
		for (size_t i = 0; rc == RC_OK && i < n; i++) {
			if (list[i].kind == KIND_MESSAGE_CREATED)
				more = replaced(&list[i], &mref);
			unknown |= list[i].kind == KIND_MESSAGE_UNCERTAIN;
			*out |= shows_arrival(list[i].kind);
			/* Who looked at it looked at what was then refused. */
			if (list[i].kind == KIND_MESSAGE_DEFERRED && !unknown)
				*out = false;
		}
	}
	return rc;
}

enum rc
outbox_settle_notice(struct db *db, struct notice *n, struct arena *a,
		     struct err *e)
{
	struct slice reason = SLICE("");
	struct message *list;
	size_t count, open = 0, arrived = 0, unknown = 0, skipped = 0;
	enum rc rc = message_list_notice(db, n->id, a, &list, &count, e);

	for (size_t i = 0; rc == RC_OK && i < count; i++) {
		open += waits(&list[i]);
		unknown += list[i].uncertain > 0;
		skipped += slice_eq_z(list[i].reason, OUTBOX_SUPPRESSED);
		arrived += list[i].state == MESSAGE_ACCEPTED ||
			   list[i].state == MESSAGE_DELIVERED ||
			   slice_eq_z(list[i].reason, OUTBOX_ARRIVED);
	}
	if (rc != RC_OK || open > 0)
		return rc;
	if (arrived == 0)
		reason = unknown > 0	    ? SLICE("uncertain")
			 : skipped == count ? SLICE(OUTBOX_SUPPRESSED)
					    : SLICE("undelivered");
	return notice_apply(db, n, NOTICE_EV_FINISH, reason, SLICE(""), e);
}

enum rc
outbox_settle(struct db *db, const struct message *m, struct arena *a,
	      struct err *e)
{
	struct notice *notices;
	size_t n;
	enum rc rc = notice_list_message(db, m->id, a, &notices, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (notices[i].state == NOTICE_RELEASED)
			rc = outbox_settle_notice(db, &notices[i], a, e);
	return rc;
}
