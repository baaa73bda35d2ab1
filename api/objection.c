#include "api/objection.h"

#include "base/json.h"
#include "proof/ledger.h"
#include "store/message.h"

struct objection {
	struct slice answer;
	int64_t at_us;
	struct ref mref;
	int64_t position; /* of its event; -1: none was found */
};

bool
objection_is_there(const struct invoice *i, int64_t now_us)
{
	return i->objected_until_us > now_us ||
	       (i->objected_until_us > 0 && i->objected_due == i->due_on);
}

static bool
holds(json_t *payload, struct slice invoice)
{
	json_t *list = json_object_get(payload, "holds"), *one;
	size_t k;

	json_array_foreach (list, k, one) {
		json_t *id = json_object_get(one, "invoice");

		if (json_is_string(id) &&
		    slice_eq_z(invoice, json_string_value(id)))
			return true;
	}
	return false;
}

/* An invoice that was objected to in a cycle before has more than one: the
 * last is what holds. */
static void
look_at(const struct event *ev, struct slice invoice, struct arena *a,
	struct objection *out)
{
	const char *answer;
	json_t *o;

	if (ev->kind != KIND_MESSAGE_OBJECTED || ev->payload.n == 0 ||
	    ev->position < out->position ||
	    json_read(ev->payload, ev->payload.n, &o, NULL) != RC_OK)
		return;
	answer = json_string_value(json_object_get(o, "answer"));
	if (answer != NULL && holds(o, invoice)) {
		out->answer = arena_dup(a, slice_z(answer));
		out->at_us = ev->time_us;
		out->mref = ev->ref;
		out->position = ev->position;
	}
	json_decref(o);
}

static enum rc
look_through(struct reading *r, const struct notice *notice,
	     struct slice invoice, struct objection *out, struct err *e)
{
	struct message *list;
	struct event *events;
	size_t n, count;
	enum rc rc = message_list_notice(r->db, notice->id, r->a, &list, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = event_list(r->db, list[i].mref, r->a, &events, &count, e);
		for (size_t k = 0; rc == RC_OK && k < count; k++)
			look_at(&events[k], invoice, r->a, out);
	}
	return rc;
}

enum rc
objection_add(struct reading *r, const struct invoice *i, struct err *e)
{
	struct objection x = {.position = -1};
	struct notice *list;
	size_t n;
	enum rc rc = notice_list_invoice(r->db, i->id, r->a, &list, &n, e);

	for (size_t k = 0; rc == RC_OK && k < n; k++)
		rc = look_through(r, &list[k], i->id, &x, e);
	if (rc != RC_OK)
		return rc;
	member_text_or_null(&r->out, "answer", x.answer);
	member_time(&r->out, "at", x.at_us);
	member_time(&r->out, "until", i->objected_until_us);
	if (x.position >= 0)
		member_ref(&r->out, "mref", x.mref);
	else
		member_null(&r->out, "mref");
	return RC_OK;
}
