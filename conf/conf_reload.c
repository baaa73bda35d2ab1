#include "conf/option.h"

enum part {
	WHOLE,
	PUBLIC,
	PRIVATE,
	EITHER, /* listener */
};

/* What a running server has bound, started or allocated by.  A certificate's
 * path is looked at anew, whether there is one is not. */
static const struct {
	const char *section, *name;
	enum part part;
	bool whether;
} at_start[] = {
    {"smtp", "resolver", WHOLE, false},
    {"smtp", "trust_anchor", WHOLE, false},
    {"smtp", "ca_file", WHOLE, false},
    {"smtp", "mx_port", WHOLE, false},
    {"smtp", "sts_port", WHOLE, false},
    {"general", "mail_workers", WHOLE, false},
    {"general", "http_threads", WHOLE, false},
    {"general", "hit_journal", WHOLE, false},
    {"http", "public_listen", PUBLIC, false},
    {"http", "public_tls_certificate", PUBLIC, true},
    {"http", "public_connections_max", PUBLIC, false},
    {"http", "public_connections_per_address", PUBLIC, false},
    {"http", "public_request_timeout", PUBLIC, false},
    {"http", "public_body_max", PUBLIC, false},
    {"http", "private_listen", PRIVATE, false},
    {"http", "private_tls_certificate", PRIVATE, true},
    {"http", "private_connections_max", PRIVATE, false},
    {"http", "private_connections_per_address", PRIVATE, false},
    {"http", "private_request_timeout", PRIVATE, false},
    {"http", "private_body_max", PRIVATE, false},
    {"http", "guess_burst", EITHER, false},
    {"http", "guess_per_minute", EITHER, false},
    {"http", "trusted_proxies", EITHER, false},
    {"http", "proxy_header", EITHER, false},
    {"http", "access_log", EITHER, false},
};

static bool
same_value(const struct option *o, bool whether, const struct conf *a,
	   const struct conf *b)
{
	const struct slice none = SLICE("\"\"");
	struct sbuf x, y;
	bool same;

	sbuf_init(&x, 4096);
	sbuf_init(&y, 4096);
	option_print(o, a, NULL, &x);
	option_print(o, b, NULL, &y);
	same = whether ? slice_eq(sbuf_slice(&x), none) ==
			     slice_eq(sbuf_slice(&y), none)
		       : slice_eq(sbuf_slice(&x), sbuf_slice(&y));
	sbuf_fini(&x);
	sbuf_fini(&y);
	return same;
}

/* Tokens that are out in mails name brands by number. */
static enum rc
check_numbers(const struct conf *old, const struct conf *fresh, struct err *e)
{
	for (size_t i = 0; i < fresh->brands_n; i++) {
		const struct brand *b = &fresh->brands[i];
		const struct brand *was = conf_brand(old, slice_z(b->name));

		if (was && was->number != b->number)
			return err_set(e, RC_STATE,
				       "brand \"%s\": id was %u and is %u: the "
				       "links of mails that went out would "
				       "break; put it back",
				       b->name, was->number, b->number);
		was = conf_brand_number(old, b->number);
		if (was && strcmp(was->name, b->name) != 0 &&
		    conf_brand(fresh, slice_z(was->name)) == NULL)
			return err_set(
			    e, RC_STATE,
			    "brand \"%s\": id %u is that of brand "
			    "\"%s\": give a new brand a new one, and "
			    "a renamed one its old name",
			    b->name, b->number, was->name);
	}
	return RC_OK;
}

enum rc
conf_check_reload(const struct conf *old, const struct conf *fresh,
		  struct err *e)
{
	if (strcmp(old->origin, fresh->origin) != 0)
		return err_set(e, RC_STATE,
			       "origin was %s and is %s: a ledger keeps its "
			       "name; put it back",
			       old->origin, fresh->origin);
	return check_numbers(old, fresh, e);
}

static const struct conf *
running(const struct conf_running *r, enum part part)
{
	if (part == WHOLE)
		return r->start;
	if (part == PUBLIC || (part == EITHER && r->public != NULL))
		return r->public;
	return r->private;
}

void
conf_waits(const struct conf_running *r, const struct conf *fresh,
	   struct sbuf *notes)
{
	for (size_t i = 0; i < sizeof(at_start) / sizeof(at_start[0]); i++) {
		const struct conf *now = running(r, at_start[i].part);
		const struct option *o =
		    option_find(at_start[i].section, slice_z(at_start[i].name));

		if (now != NULL &&
		    !same_value(o, at_start[i].whether, now, fresh))
			sbuf_addf(notes,
				  "%s: %s changed: it counts from the next "
				  "start\n",
				  o->section, o->name);
	}
}
