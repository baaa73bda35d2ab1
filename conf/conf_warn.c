#include "conf/conf.h"
#include "conf/shape.h"

/* Second-level names under which countries register third-level ones. */
static bool
is_registry(struct slice label)
{
	static const char *const labels[] = {"com", "co",  "net", "org", "gov",
					     "gob", "edu", "ac",  "mil", "or"};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (slice_eq_z(label, labels[i]))
			return true;
	}
	return false;
}

/* The organisational domain, by a rule of thumb: the last two labels, three
 * below names like "com.ar".  Only for advice. */
static struct slice
organisation(struct slice host)
{
	size_t ends[128];
	size_t n = 0, keep = 2;

	for (size_t i = 0; i < host.n && n < 127; i++) {
		if (i == 0 || host.p[i - 1] == '.')
			ends[n++] = i;
	}
	if (n >= 3 && host.n - ends[n - 1] == 2 &&
	    is_registry(
		slice_of(host.p + ends[n - 2], ends[n - 1] - ends[n - 2] - 1)))
		keep = 3;
	return n > keep ? slice_skip(host, ends[n - keep]) : host;
}

static bool
same_organisation(struct slice a, struct slice b)
{
	return slice_ieq(organisation(a), organisation(b));
}

static void
warn_tracking(const struct brand *b, struct sbuf *out)
{
	if (b->tracking_basis[0] == '\0')
		sbuf_addf(out,
			  "brand %s: tracking_basis is left out: opens are off "
			  "and links untracked, except for customers who "
			  "consented\n",
			  b->name);
	if (b->links_asked && b->link_hosts[0] == NULL)
		sbuf_addf(out,
			  "brand %s: link_hosts is empty: no link can be "
			  "counted; name the hosts of your site and of your "
			  "billing system\n",
			  b->name);
}

static void
warn_names(const struct brand *b, struct sbuf *out)
{
	struct slice from = slice_z(strchr(b->from_address, '@') + 1);
	struct slice host = shape_url_host(slice_z(b->public_url));

	if (!same_organisation(from, host))
		sbuf_addf(
		    out,
		    "brand %s: public_url's host %.*s is not under From's "
		    "domain %.*s: filters suspect such links\n",
		    b->name, SLICE_ARG(host), SLICE_ARG(organisation(from)));
	if (slice_starts(slice_z(b->public_url), SLICE("http://")))
		sbuf_addf(out,
			  "brand %s: public_url is http: links in mail can be "
			  "read and changed on their way; use https\n",
			  b->name);
	if (!same_organisation(from, slice_z(b->return_domain)))
		sbuf_addf(out,
			  "brand %s: return_domain %s is not under From's "
			  "domain %.*s: SPF will not align for DMARC\n",
			  b->name, b->return_domain,
			  SLICE_ARG(organisation(from)));
	if (!same_organisation(from, slice_z(b->dkim_domain)))
		sbuf_addf(out,
			  "brand %s: dkim_domain %s is not under From's domain "
			  "%.*s: DKIM will not align for DMARC\n",
			  b->name, b->dkim_domain,
			  SLICE_ARG(organisation(from)));
}

static void
warn_route(const struct conf *c, const struct brand *b, struct sbuf *out)
{
	const struct relay *r = conf_relay(c, b->route);
	const struct policy *p = conf_policy(c, slice_z(b->policy));
	bool signs = b->dkim_selector[0] || b->dkim_ed25519_selector[0];

	if (r && r->sign == RELAY_SIGN_RELAY && signs)
		sbuf_addf(out,
			  "brand %s: relay %s signs, so that its DKIM "
			  "selectors are not used\n",
			  b->name, r->name);
	else if (!signs && (r == NULL || r->sign == RELAY_SIGN_OURS))
		sbuf_addf(out,
			  "brand %s: dkim_selector is left out: mail is "
			  "unsigned, which large providers refuse and which "
			  "proves nothing of its content; `acuse dkim new` "
			  "makes a key\n",
			  b->name);
	for (size_t i = 0; r && i < p->acts_n; i++) {
		const struct policy_act *act = &p->acts[i];

		if (act->needs_n > 0 && !(act->proof & FACT_RELAY_REPORTED))
			sbuf_addf(out,
				  "brand %s: it sends by relay %s, and act %s "
				  "of policy %s takes no relay_reported as "
				  "proof: the gate will stay shut until the "
				  "recipient's own system or an answer "
				  "proves it\n",
				  b->name, r->name, act->name, p->name);
	}
}

static void
warn_relay(const struct relay *r, struct sbuf *out)
{
	if (!r->verify && r->tls != TLS_OFF)
		sbuf_addf(out,
			  "relay %s: verify is false: anyone on the way can "
			  "read the mail%s\n",
			  r->name, r->user[0] ? " and the password" : "");
}

static void
warn_act(const struct policy *p, const struct policy_act *act, struct sbuf *out)
{
	static const uint32_t weak = FACT_CONTENT | FACT_RELAY_ACCEPTED |
				     FACT_MACHINE | FACT_PERSON_LIKELY;

	if (act->needs_n == 0)
		sbuf_addf(out,
			  "policy %s: act %s needs no step: the gate opens by "
			  "date alone\n",
			  p->name, act->name);
	for (uint32_t bit = 1; bit <= FACT_HOLDER; bit <<= 1) {
		if (act->proof & weak & bit)
			sbuf_addf(out,
				  "policy %s: act %s takes %s as proof, which "
				  "does not prove that the notice arrived\n",
				  p->name, act->name,
				  fact_name((enum fact)bit));
	}
}

/* Those on loopback stand for others, in tests. */
static bool
on_loopback(const char *exchanger)
{
	return strncmp(exchanger, "127.", 4) == 0 ||
	       strncmp(exchanger, "[::1]", 5) == 0;
}

static void
warn_destination(const struct destination *d, struct sbuf *out)
{
	bool some = false;

	for (size_t i = 0; d->exchangers && d->exchangers[i]; i++)
		some |= !on_loopback(d->exchangers[i]);
	if (some && d->pattern[0] == '*')
		sbuf_addf(out,
			  "destination %s: exchangers that are named for more "
			  "than one domain count as a relay: what they accept "
			  "is relay_accepted, not mx_accepted\n",
			  d->pattern);
}

static bool
counts_business_days(const struct policy *p)
{
	for (size_t i = 0; i < p->steps_n; i++) {
		if (p->steps[i].at.unit == UNIT_BUSINESS_DAY)
			return true;
	}
	for (size_t i = 0; i < p->acts_n; i++) {
		if (p->acts[i].at.unit == UNIT_BUSINESS_DAY)
			return true;
	}
	return p->objection_hold_bd > 0;
}

static void
warn_policy(const struct policy *p, struct sbuf *out)
{
	if (p->steps_n == 0)
		sbuf_addf(out, "policy %s: it has no step: it sends nothing\n",
			  p->name);
	if (p->holidays_n == 0 && counts_business_days(p))
		sbuf_addf(out,
			  "policy %s: it counts business days, and names no "
			  "holidays\n",
			  p->name);
	for (size_t i = 0; i < p->acts_n; i++)
		warn_act(p, &p->acts[i], out);
}

void
conf_warnings(const struct conf *c, struct sbuf *out)
{
	if (!c->send)
		sbuf_add_z(out, "general: send is false: all is planned and "
				"shown, nothing is sent\n");
	if (c->allow_private_exchangers)
		sbuf_add_z(out, "smtp: allow_private_exchangers: a recipient's "
				"domain can lead mail into your network\n");
	for (size_t i = 0; i < c->brands_n; i++) {
		warn_tracking(&c->brands[i], out);
		warn_names(&c->brands[i], out);
		warn_route(c, &c->brands[i], out);
	}
	for (size_t i = 0; i < c->relays_n; i++)
		warn_relay(&c->relays[i], out);
	for (size_t i = 0; i < c->destinations_n; i++)
		warn_destination(&c->destinations[i], out);
	for (size_t i = 0; i < c->policies_n; i++)
		warn_policy(&c->policies[i], out);
}
