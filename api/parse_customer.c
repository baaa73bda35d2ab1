#include "api/parse.h"
#include "store/service.h"

#define LIST_MAX 100

static const struct json_rule contact_rules[] = {
    {"id", JSON_WANT_ID, true, offsetof(struct contact, id), 0, 0, NULL, 0},
    {"role", JSON_WANT_ID, false, offsetof(struct contact, role), 0, 64, NULL,
     0},
    {"email", JSON_WANT_EMAIL, false, offsetof(struct contact, email), 0, 0,
     NULL, 0},
    {"phone", JSON_WANT_TEXT, false, offsetof(struct contact, phone), 0, 32,
     NULL, 0},
    {"source", JSON_WANT_TEXT, false, offsetof(struct contact, source), 0, 256,
     NULL, 0},
    {"since", JSON_WANT_DATE, false, offsetof(struct contact, since), 0, 0,
     NULL, 0},
    {"confirmed_at", JSON_WANT_TIME, false,
     offsetof(struct contact, confirmed_us), 0, 0, NULL, 0},
};
static const struct form form_contact = FORM("Contact", contact_rules, NULL);

struct customer_ask {
	struct slice name, locale, time_zone, brand;
	json_t *contacts, *groups;
	int64_t rev;
};

static const struct json_rule customer_rules[] = {
    {"name", JSON_WANT_TEXT, true, offsetof(struct customer_ask, name), 1, 256,
     NULL, 0},
    {"locale", JSON_WANT_TEXT, false, offsetof(struct customer_ask, locale), 2,
     64, NULL, 0},
    {"time_zone", JSON_WANT_TEXT, false,
     offsetof(struct customer_ask, time_zone), 1, 64, NULL, 0},
    {"brand", JSON_WANT_ID, false, offsetof(struct customer_ask, brand), 0, 64,
     NULL, 0},
    {"contacts", JSON_WANT_ARRAY, false,
     offsetof(struct customer_ask, contacts), 0, LIST_MAX, NULL, 0},
    {"groups", JSON_WANT_ARRAY, false, offsetof(struct customer_ask, groups), 0,
     LIST_MAX, NULL, 0},
    {"rev", JSON_WANT_INT, false, offsetof(struct customer_ask, rev), 0,
     INT64_MAX, NULL, 0},
};
static const struct form_part customer_parts[] = {{"contacts", &form_contact},
						  {NULL, NULL}};
const struct form form_customer =
    FORM("Customer", customer_rules, customer_parts);

const char *const service_statuses[] = {"active", "suspended", "terminated",
					NULL};

static const struct json_rule service_rules[] = {
    {"customer", JSON_WANT_ID, true, offsetof(struct service, customer), 0, 0,
     NULL, 0},
    {"name", JSON_WANT_TEXT, true, offsetof(struct service, name), 1, 256, NULL,
     0},
    {"status", JSON_WANT_ENUM, false, offsetof(struct service, status), 0, 0,
     service_statuses, 0},
    {"expires_on", JSON_WANT_DATE, false, offsetof(struct service, expires_on),
     0, 0, NULL, 0},
    {"auto_renew", JSON_WANT_BOOL, false, offsetof(struct service, auto_renew),
     0, 0, NULL, 0},
    {"product", JSON_WANT_TEXT, false, offsetof(struct service, product), 0,
     128, NULL, 0},
};
const struct form form_service = FORM("Service", service_rules, NULL);

static enum rc
check_id(struct slice id, struct err *e)
{
	if (form_is_id(id))
		return RC_OK;
	return err_at(e, RC_INVALID, "/id",
		      "must be 1 to 128 of A-Z a-z 0-9 . _ : -");
}

static void
contact_start(void *element)
{
	struct contact *k = element;

	k->role = SLICE("billing");
	k->since = DATE_NONE;
}

static enum rc
read_contacts(json_t *list, struct arena *a, struct customer *out,
	      struct err *e)
{
	struct contact *k;
	void *p;
	enum rc rc =
	    form_fill_list(&form_contact, list, "/contacts", sizeof(*k),
			   contact_start, &p, &out->contacts_n, a, e);

	out->contacts = k = p;
	for (size_t i = 0; rc == RC_OK && i < out->contacts_n; i++) {
		for (size_t j = 0; rc == RC_OK && j < i; j++)
			if (slice_eq(k[i].id, k[j].id))
				rc = err_at(
				    e, RC_INVALID,
				    arena_printf(a, "/contacts/%zu/id", i),
				    "stands twice in the list");
	}
	return rc;
}

static enum rc
read_groups(json_t *list, struct arena *a, struct slice *out, struct err *e)
{
	json_t *v;
	size_t i;

	json_array_foreach (list, i, v)
		if (!json_is_string(v) ||
		    !form_is_id(
			slice_of(json_string_value(v), json_string_length(v))))
			return err_at(e, RC_INVALID,
				      arena_printf(a, "/groups/%zu", i),
				      "must be a name of A-Z a-z 0-9 . _ : -");
	*out = list == NULL ? SLICE("[]") : form_text(list, a);
	return RC_OK;
}

enum rc
parse_customer(json_t *o, struct slice id, struct arena *a,
	       struct customer *out, struct err *e)
{
	struct customer_ask ask = {.brand = SLICE("default")};
	enum rc rc = check_id(id, e);

	memset(out, 0, sizeof(*out));
	if (rc == RC_OK)
		rc = form_fill(&form_customer, o, "", &ask, a, e);
	if (rc == RC_OK)
		rc = read_contacts(ask.contacts, a, out, e);
	if (rc == RC_OK)
		rc = read_groups(ask.groups, a, &out->groups, e);
	out->id = arena_dup(a, id);
	out->name = ask.name;
	out->brand = ask.brand;
	out->locale = ask.locale;
	out->time_zone = ask.time_zone;
	out->rev = ask.rev;
	return rc;
}

enum rc
parse_service(json_t *o, struct slice id, struct arena *a, struct service *out,
	      struct err *e)
{
	enum rc rc = check_id(id, e);

	memset(out, 0, sizeof(*out));
	out->expires_on = DATE_NONE;
	if (rc == RC_OK)
		rc = form_fill(&form_service, o, "", out, a, e);
	out->id = arena_dup(a, id);
	return rc;
}
