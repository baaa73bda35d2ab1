#include "api/keys.h"
#include "api/parse.h"
#include "base/clock.h"
#include "base/mailbox.h"

#define TTL_MAX_S (90 * 24 * 3600)
#define TTL_DEFAULT_S 3600

/* ---- a customer's hold ---- */

static const struct json_rule hold_rules[] = {
    {"until", JSON_WANT_TIME, false, offsetof(struct hold_ask, until_us), 0, 0,
     NULL, 0},
    {"reason", JSON_WANT_TEXT, false, offsetof(struct hold_ask, reason), 1, 256,
     NULL, 0},
};
const struct form form_hold = FORM("Hold", hold_rules, NULL);

enum rc
parse_hold(json_t *o, struct arena *a, struct hold_ask *out, struct err *e)
{
	enum rc rc;

	memset(out, 0, sizeof(*out));
	if (json_is_null(o))
		return RC_OK;
	out->until_us = HOLD_FOREVER;
	rc = form_fill(&form_hold, o, "", out, a, e);
	if (rc == RC_OK && out->until_us <= clock_wall_us())
		return err_at(e, RC_INVALID, "/until", "is over already");
	return rc;
}

/* ---- a customer's consent ---- */

static const struct json_rule consent_rules[] = {
    {"at", JSON_WANT_TIME, true, offsetof(struct consent, at_us), 0, 0, NULL,
     0},
    {"source", JSON_WANT_TEXT, true, offsetof(struct consent, source), 1, 256,
     NULL, 0},
    {"text", JSON_WANT_TEXT, true, offsetof(struct consent, text), 1, 4096,
     NULL, 0},
};
const struct form form_consent = FORM("Consent", consent_rules, NULL);

enum rc
parse_consent(json_t *o, struct arena *a, struct consent *out, bool *given,
	      struct err *e)
{
	*given = !json_is_null(o);
	return *given ? form_fill(&form_consent, o, "", out, a, e) : RC_OK;
}

/* ---- the gate ---- */

static const struct json_rule gate_rules[] = {
    {"action", JSON_WANT_ID, true, offsetof(struct gate_question, action), 0,
     64, NULL, 0},
    {"service", JSON_WANT_ID, false, offsetof(struct gate_question, service), 0,
     0, NULL, 0},
    {"customer", JSON_WANT_ID, false, offsetof(struct gate_question, customer),
     0, 0, NULL, 0},
    {"invoice", JSON_WANT_ID, false, offsetof(struct gate_question, invoice), 0,
     0, NULL, 0},
};
const struct form form_gate = FORM("GateQuestion", gate_rules, NULL);

enum rc
parse_gate(json_t *o, struct arena *a, struct gate_question *out, struct err *e)
{
	enum rc rc;

	memset(out, 0, sizeof(*out));
	rc = form_fill(&form_gate, o, "", out, a, e);
	if (rc != RC_OK)
		return rc;
	if ((out->service.n == 0) == (out->customer.n == 0))
		return err_at(e, RC_INVALID, "/service",
			      "name a service, or a customer, and not both");
	return RC_OK;
}

/* ---- API keys ---- */

struct key_fields {
	struct slice name;
	json_t *scopes;
};

static const struct json_rule key_rules[] = {
    {"name", JSON_WANT_ID, true, offsetof(struct key_fields, name), 0, 64, NULL,
     0},
    {"scopes", JSON_WANT_ARRAY, true, offsetof(struct key_fields, scopes), 0, 3,
     NULL, 0},
};
const struct form form_key = FORM("KeyRequest", key_rules, NULL);

enum rc
parse_key(json_t *o, struct arena *a, struct key_ask *out, struct err *e)
{
	struct key_fields f = {.scopes = NULL};
	enum rc rc = form_fill(&form_key, o, "", &f, a, e);
	json_t *v;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (rc != RC_OK)
		return rc;
	out->name = f.name;
	json_array_foreach (f.scopes, i, v) {
		uint32_t bit =
		    json_is_string(v) ? keys_scope(json_string_value(v)) : 0;

		if (bit == 0)
			return err_at(e, RC_INVALID,
				      arena_printf(a, "/scopes/%zu", i),
				      "must be one of \"send\", \"read\", "
				      "\"admin\"");
		out->scopes |= bit;
	}
	if (out->scopes == 0)
		return err_at(e, RC_INVALID, "/scopes", "must name one");
	return RC_OK;
}

/* ---- keys of links ---- */

static const struct json_rule token_key_rules[] = {
    {"brand", JSON_WANT_ID, true, offsetof(struct token_key_ask, brand), 0, 64,
     NULL, 0},
    {"next", JSON_WANT_BOOL, false, offsetof(struct token_key_ask, next), 0, 0,
     NULL, 0},
};
const struct form form_token_key =
    FORM("TokenKeyRequest", token_key_rules, NULL);

enum rc
parse_token_key(json_t *o, struct arena *a, struct token_key_ask *out,
		struct err *e)
{
	return form_fill(&form_token_key, o, "", out, a, e);
}

/* ---- the queue, by hand ---- */

struct scope_fields {
	struct slice mref, domain, brand, reason;
	bool all;
};

static const struct json_rule scope_rules[] = {
    {"mref", JSON_WANT_TEXT, false, offsetof(struct scope_fields, mref), 0, 32,
     NULL, 0},
    {"domain", JSON_WANT_TEXT, false, offsetof(struct scope_fields, domain), 1,
     253, NULL, 0},
    {"brand", JSON_WANT_ID, false, offsetof(struct scope_fields, brand), 0, 64,
     NULL, 0},
    {"all", JSON_WANT_BOOL, false, offsetof(struct scope_fields, all), 0, 0,
     NULL, 0},
    {"reason", JSON_WANT_TEXT, false, offsetof(struct scope_fields, reason), 1,
     256, NULL, 0},
};
const struct form form_scope = FORM("QueueScope", scope_rules, NULL);

enum rc
parse_scope(json_t *o, struct arena *a, struct scope_ask *out, struct err *e)
{
	struct scope_fields f = {.all = false};
	enum rc rc = form_fill(&form_scope, o, "", &f, a, e);
	int ways;

	memset(out, 0, sizeof(*out));
	if (rc != RC_OK)
		return rc;
	if (f.mref.n > 0 && !ref_parse(f.mref, &out->mref))
		return err_at(e, RC_INVALID, "/mref",
			      "must be 32 lower-case hex digits");
	ways = (f.mref.n > 0) + (f.domain.n > 0 || f.brand.n > 0) + f.all;
	if (ways != 1)
		return err_at(
		    e, RC_INVALID, "/mref",
		    "name a message by its mref, or a domain or brand or both, "
		    "or all");
	if (f.domain.n > 1 && f.domain.p[f.domain.n - 1] == '.')
		f.domain.n--; /* of the root */
	if (f.domain.n > 0 && (slice_find_c(f.domain, '.') < 0 ||
			       !mailbox_domain_valid(f.domain)))
		return err_at(e, RC_INVALID, "/domain",
			      "must be a domain, as hosting.example");
	out->by_message = f.mref.n > 0;
	out->all = f.all;
	out->domain = f.domain;
	out->brand = f.brand;
	out->reason = f.reason;
	return RC_OK;
}

/* ---- reasons, links ---- */

static const struct json_rule reason_rules[] = {
    {"reason", JSON_WANT_TEXT, false, 0, 0, 256, NULL, 0},
};
const struct form form_reason = FORM("Reason", reason_rules, NULL);

enum rc
parse_reason(json_t *o, struct arena *a, struct slice *out, struct err *e)
{
	*out = SLICE("");
	return o == NULL ? RC_OK : form_fill(&form_reason, o, "", out, a, e);
}

static const struct json_rule area_link_rules[] = {
    {"ttl_s", JSON_WANT_INT, false, 0, 60, TTL_MAX_S, NULL, 0},
};
const struct form form_area_link = FORM("AreaLink", area_link_rules, NULL);

enum rc
parse_area_link(json_t *o, struct arena *a, int64_t *ttl_s, struct err *e)
{
	*ttl_s = TTL_DEFAULT_S;
	return o == NULL ? RC_OK
			 : form_fill(&form_area_link, o, "", ttl_s, a, e);
}

/* ---- lines of a batch ---- */

const char *const batch_puts[] = {"customer", "service", "invoice", NULL};
const char *const batch_posts[] = {"event", "notice", NULL};

static const struct json_rule batch_rules[] = {
    {"put", JSON_WANT_ENUM, false, offsetof(struct batch_ask, put), 0, 0,
     batch_puts, 0},
    {"post", JSON_WANT_ENUM, false, offsetof(struct batch_ask, post), 0, 0,
     batch_posts, 0},
    {"id", JSON_WANT_ID, false, offsetof(struct batch_ask, id), 0, 0, NULL, 0},
    {"key", JSON_WANT_TEXT, false, offsetof(struct batch_ask, key), 1, 200,
     NULL, 0},
    {"body", JSON_WANT_OBJECT, true, offsetof(struct batch_ask, body), 0, 0,
     NULL, 0},
};
const struct form form_batch_line = FORM("BatchLine", batch_rules, NULL);

enum rc
parse_batch_line(json_t *o, struct arena *a, struct batch_ask *out,
		 struct err *e)
{
	enum rc rc;

	memset(out, 0, sizeof(*out));
	out->put = out->post = -1;
	rc = form_fill(&form_batch_line, o, "", out, a, e);
	if (rc != RC_OK)
		return rc;
	if ((out->put < 0) == (out->post < 0))
		return err_at(e, RC_INVALID, "/put",
			      "say either what to put or what to post");
	if (out->put >= 0 && out->id.n == 0)
		return err_at(e, RC_INVALID, "/id", "is required");
	if (out->put >= 0 && out->key.n > 0)
		return err_at(e, RC_INVALID, "/key",
			      "a put needs none: its id makes it once");
	if (out->post >= 0 && out->id.n > 0)
		return err_at(e, RC_INVALID, "/id",
			      "a post has none here: say key");
	return RC_OK;
}
