#include "queue/consent.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/json.h"
#include "proof/ledger.h"
#include "store/customer.h"

#define PAYLOAD_MAX 65536
#define WITHDRAWN "withdrawn_at"
#define GIVEN "given_at"
/* Between billing's clock and ours. */
#define SKEW_US (5 * MINUTE_US)

struct tracks
consent_tracks(const struct brand *b, struct slice consent)
{
	if (consent_withdrawn(consent))
		return (struct tracks){TRACKING_OFF, false};
	if (consent.n > 0)
		return (struct tracks){b->opens_asked, b->links_asked};
	return (struct tracks){b->opens, b->links};
}

bool
consent_withdrawn(struct slice consent)
{
	/* within a text, quotes are escaped */
	return slice_find(consent, SLICE("\"" WITHDRAWN "\"")) >= 0;
}

bool
consent_was_given(struct slice consent)
{
	return slice_find(consent, SLICE("\"" GIVEN "\"")) >= 0;
}

/* A time of what is kept; 0 where it has none. */
static int64_t
said_us(struct slice consent, const char *key)
{
	int64_t us = 0;
	json_t *o;

	if (json_read(consent, PAYLOAD_MAX, &o, NULL) != RC_OK)
		return 0;
	(void)time_parse(slice_z(json_string_value(json_object_get(o, key))),
			 &us);
	json_decref(o);
	return us;
}

static enum rc
find(struct db *db, struct slice id, struct arena *a, struct customer *out,
     struct err *e)
{
	enum rc rc = customer_get(db, id, a, out, e);

	return rc != RC_NOTFOUND
		   ? rc
		   : err_set(e, RC_NOTFOUND, "there is no customer %.*s",
			     SLICE_ARG(id));
}

static void
add_text(struct sbuf *b, const char *key, struct slice v)
{
	if (v.n == 0)
		return;
	sbuf_addf(b, ",\"%s\":", key);
	sbuf_add_json(b, v);
}

static void
add_given(struct sbuf *b, const struct consent *x)
{
	char at[TIME_SIZE];

	time_format(x->at_us, at);
	sbuf_addf(b, "\"at\":\"%s\"", at);
	add_text(b, "source", x->source);
	add_text(b, "text", x->text);
}

static enum rc
append(struct db *db, enum kind kind, const struct customer *c,
       struct slice said, struct slice by, struct err *e)
{
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, PAYLOAD_MAX);
	sbuf_add_z(&b, "{\"customer\":");
	sbuf_add_json(&b, c->id);
	sbuf_add_c(&b, ',');
	sbuf_add(&b, said);
	add_text(&b, "by", by);
	sbuf_add_c(&b, '}');
	rc = ledger_append(db, kind, c->ref, sbuf_slice(&b), e);
	sbuf_fini(&b);
	return rc;
}

static struct slice
in_braces(struct slice said, struct arena *a)
{
	return slice_z(arena_printf(a, "{%.*s}", SLICE_ARG(said)));
}

enum rc
consent_give(struct db *db, struct slice customer, const struct consent *x,
	     struct arena *a, struct err *e)
{
	struct slice said, kept;
	struct customer c;
	struct sbuf b;
	enum rc rc;

	if (x->at_us > clock_wall_us() + SKEW_US)
		return err_at(e, RC_INVALID, "/at", "is to come");
	rc = find(db, customer, a, &c, e);
	if (rc != RC_OK)
		return rc;
	/* whoever tells it every night does not undo a withdrawal */
	if (consent_withdrawn(c.consent) &&
	    x->at_us <= said_us(c.consent, WITHDRAWN))
		return err_at(e, RC_STATE, "/at",
			      "stale: the customer has withdrawn since");
	sbuf_init(&b, PAYLOAD_MAX);
	add_given(&b, x);
	said = arena_dup(a, sbuf_slice(&b));
	sbuf_fini(&b);
	kept = in_braces(said, a);
	if (slice_eq(c.consent, kept))
		return RC_OK;
	rc = customer_set_consent(db, c.id, kept, e);
	return rc == RC_OK
		   ? append(db, KIND_CUSTOMER_CONSENTED, &c, said, x->by, e)
		   : rc;
}

/* What is kept of it: of a consent, that it had been given, and when. */
static struct slice
withdrawn(const struct customer *c, const char *when, struct arena *a)
{
	char given[TIME_SIZE];

	if (c->consent.n == 0)
		return slice_z(
		    arena_printf(a, "{\"" WITHDRAWN "\":\"%s\"}", when));
	time_format(said_us(c->consent, "at"), given);
	return slice_z(arena_printf(
	    a, "{\"" WITHDRAWN "\":\"%s\",\"" GIVEN "\":\"%s\"}", when, given));
}

enum rc
consent_withdraw(struct db *db, struct slice customer, struct slice source,
		 struct slice by, struct arena *a, struct err *e)
{
	char when[TIME_SIZE];
	struct customer c;
	enum rc rc = find(db, customer, a, &c, e);

	if (rc != RC_OK || consent_withdrawn(c.consent))
		return rc;
	time_format(clock_wall_us(), when);
	rc = customer_set_consent(db, c.id, withdrawn(&c, when, a), e);
	if (rc != RC_OK)
		return rc;
	return append(
	    db, KIND_CUSTOMER_WITHDREW, &c,
	    slice_z(arena_printf(a, "\"at\":\"%s\",\"source\":\"%.*s\"", when,
				 SLICE_ARG(source))),
	    by, e);
}
