#include "conf/conf.h"

const struct brand *
conf_brand(const struct conf *c, struct slice name)
{
	for (size_t i = 0; i < c->brands_n; i++) {
		if (slice_eq_z(name, c->brands[i].name))
			return &c->brands[i];
	}
	return NULL;
}

const struct brand *
conf_brand_number(const struct conf *c, uint16_t number)
{
	for (size_t i = 0; i < c->brands_n; i++) {
		if (c->brands[i].number == number)
			return &c->brands[i];
	}
	return NULL;
}

const struct policy *
conf_policy(const struct conf *c, struct slice name)
{
	for (size_t i = 0; i < c->policies_n; i++) {
		if (slice_eq_z(name, c->policies[i].name))
			return &c->policies[i];
	}
	return NULL;
}

const struct relay *
conf_relay(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->relays_n; i++) {
		if (strcmp(name, c->relays[i].name) == 0)
			return &c->relays[i];
	}
	return NULL;
}

/* Whether host fits a pattern, and how closely: 0 not, 1 by "*", more for each
 * byte of what follows "*", most by its name. */
static size_t
closeness(const char *pattern, struct slice host)
{
	struct slice p = slice_z(pattern);
	struct slice tail;

	if (slice_ieq(p, host))
		return SIZE_MAX;
	if (p.n == 0 || p.p[0] != '*')
		return 0;
	p = slice_skip(p, 1);
	if (host.n <= p.n)
		return p.n == 0;
	tail = slice_skip(host, host.n - p.n);
	return slice_ieq(p, tail) ? 1 + p.n : 0;
}

const struct destination *
conf_destination(const struct conf *c, struct slice domain)
{
	const struct destination *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < c->destinations_n; i++) {
		const struct destination *d = &c->destinations[i];
		size_t n = strcmp(d->pattern, "*") == 0
			       ? 1
			       : closeness(d->pattern, domain);

		if (n > most) {
			most = n;
			best = d;
		}
	}
	return best;
}
