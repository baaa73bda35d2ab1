#include "conf/option.h"

/* What a running server has bound, started or allocated by. */
static const struct {
	const char *section, *name;
} at_start[] = {
    {"smtp", "resolver"},
    {"smtp", "trust_anchor"},
    {"smtp", "ca_file"},
    {"smtp", "mx_port"},
    {"smtp", "sts_port"},
    {"general", "mail_workers"},
    {"general", "http_threads"},
    {"general", "hit_journal"},
    {"http", "public_listen"},
    {"http", "public_tls_certificate"},
    {"http", "public_tls_key"},
    {"http", "public_connections_max"},
    {"http", "public_connections_per_address"},
    {"http", "public_request_timeout"},
    {"http", "public_body_max"},
    {"http", "private_listen"},
    {"http", "private_tls_certificate"},
    {"http", "private_tls_key"},
    {"http", "private_connections_max"},
    {"http", "private_connections_per_address"},
    {"http", "private_request_timeout"},
    {"http", "private_body_max"},
    {"http", "guess_burst"},
    {"http", "guess_per_minute"},
    {"http", "trusted_proxies"},
    {"http", "proxy_header"},
    {"http", "access_log"},
};

static bool
same_value(const struct option *o, const struct conf *a, const struct conf *b)
{
	struct sbuf x, y;
	bool same;

	sbuf_init(&x, 4096);
	sbuf_init(&y, 4096);
	option_print(o, a, NULL, &x);
	option_print(o, b, NULL, &y);
	same = slice_eq(sbuf_slice(&x), sbuf_slice(&y));
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
		  struct sbuf *notes, struct err *e)
{
	if (strcmp(old->origin, fresh->origin) != 0)
		return err_set(e, RC_STATE,
			       "origin was %s and is %s: a ledger keeps its "
			       "name; put it back",
			       old->origin, fresh->origin);
	for (size_t i = 0; i < sizeof(at_start) / sizeof(at_start[0]); i++) {
		const struct option *o =
		    option_find(at_start[i].section, slice_z(at_start[i].name));

		if (!same_value(o, old, fresh))
			sbuf_addf(notes,
				  "%s: %s changed: it counts from the next "
				  "start\n",
				  o->section, o->name);
	}
	return check_numbers(old, fresh, e);
}
