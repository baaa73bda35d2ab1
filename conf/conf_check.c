#include "conf/conf_check.h"

#define SEGMENT_BYTES ((size_t)4 << 20) /* of the hit journal */

/* The line of an option of a section, else of the section. */
static const struct tree_node *
line_of(const struct tree_node *section, const char *option)
{
	const struct tree_node *n = tree_find(section, option);

	return n ? n : section;
}

/* The node of the section of this kind and title. */
static const struct tree_node *
node_of(const struct tree_node *root, const char *kind, const char *title)
{
	const struct tree_node *n = root->first;

	while (n && (!slice_eq_z(n->name, kind) ||
		     (title && !slice_eq_z(n->title, title))))
		n = n->next;
	return n ? n : root;
}

static enum rc
check_route(const struct conf *c, const struct tree_node *n, const char *route,
	    struct err *e)
{
	if (route[0] == '\0' || strcmp(route, "mx") == 0 ||
	    conf_relay(c, route))
		return RC_OK;
	return tree_err(line_of(n, "route"), e,
			"route: there is no relay \"%s\": write \"mx\", or add "
			"relay \"%s\" { … }",
			route, route);
}

static enum rc
check_brand(const struct conf *c, const struct brand *b,
	    const struct tree_node *n, struct err *e)
{
	const struct brand *first = conf_brand_number(c, b->number);

	if (first != b)
		return tree_err(
		    line_of(n, "id"), e,
		    "id: %u is the number of brand \"%s\" too: each "
		    "brand has one of its own",
		    b->number, first->name);
	if (conf_policy(c, slice_z(b->policy)) == NULL)
		return tree_err(line_of(n, "policy"), e,
				"policy: there is no policy \"%s\": include "
				"its file, or add policy \"%s\" { … }",
				b->policy, b->policy);
	if (b->dkim_ed25519_selector[0] &&
	    strcmp(b->dkim_ed25519_selector, b->dkim_selector) == 0)
		return tree_err(line_of(n, "dkim_ed25519_selector"), e,
				"dkim_ed25519_selector: \"%s\" is the RSA "
				"key's: each key has one of its own",
				b->dkim_selector);
	return check_route(c, n, b->route, e);
}

/* Two options that are nothing without each other. */
static enum rc
check_pair(const struct tree_node *section, const char *a, const char *a_value,
	   const char *b, const char *b_value, struct err *e)
{
	if ((a_value[0] == '\0') == (b_value[0] == '\0'))
		return RC_OK;
	if (a_value[0])
		return tree_err(line_of(section, a), e,
				"%s: %s is missing beside it", a, b);
	return tree_err(line_of(section, b), e, "%s: %s is missing beside it",
			b, a);
}

static enum rc
check_relay(const struct relay *r, const struct tree_node *n, struct err *e)
{
	enum rc rc;

	if (strcmp(r->name, "mx") == 0)
		return tree_err(n, e,
				"a relay may not be called \"mx\": that is the "
				"way straight to exchangers");
	rc = check_pair(n, "user", r->user, "password_file", r->password_file,
			e);
	if (rc != RC_OK)
		return rc;
	if (r->user[0] && (r->tls == TLS_OFF || r->tls == TLS_MAY))
		return tree_err(line_of(n, "tls"), e,
				"tls: a password would go out in the clear: "
				"write tls = must or implicit");
	return RC_OK;
}

static enum rc
check_http(const struct conf *c, const struct tree_node *root, struct err *e)
{
	const struct tree_node *http = node_of(root, "http", NULL);
	const struct listener *open = &c->public, *own = &c->private;
	enum rc rc =
	    check_pair(http, "public_tls_certificate", open->tls_certificate,
		       "public_tls_key", open->tls_key, e);

	if (rc == RC_OK)
		rc = check_pair(http, "private_tls_certificate",
				own->tls_certificate, "private_tls_key",
				own->tls_key, e);
	if (rc == RC_OK && open->listen.port == own->listen.port &&
	    open->listen.port != 0 &&
	    strcmp(open->listen.host, own->listen.host) == 0)
		return tree_err(line_of(http, "private_listen"), e,
				"private_listen: it is public_listen's place "
				"too: give it a port of its own");
	return rc;
}

/* Each thread, and each of a redirect role's, has a segment of its own; the
 * rest is what hits may wait in. */
static enum rc
check_journal(const struct conf *c, const struct tree_node *root, struct err *e)
{
	const struct tree_node *general = node_of(root, "general", NULL);
	size_t least = ((size_t)c->http_threads * 2 + 4) * SEGMENT_BYTES;

	if (c->hit_journal >= least)
		return RC_OK;
	return tree_err(line_of(general, "hit_journal"), e,
			"hit_journal: %d http_threads need at least %zuM",
			c->http_threads, least >> 20);
}

enum rc
conf_check(const struct conf *c, const struct tree_node *root, struct err *e)
{
	enum rc rc = check_http(c, root, e);

	if (!rc)
		rc = check_journal(c, root, e);
	if (!rc && c->brands_n == 0)
		rc = tree_err(root, e,
			      "there is no brand: add brand \"default\" { … }");
	for (size_t i = 0; i < c->relays_n && !rc; i++)
		rc = check_relay(&c->relays[i],
				 node_of(root, "relay", c->relays[i].name), e);
	for (size_t i = 0; i < c->brands_n && !rc; i++)
		rc = check_brand(c, &c->brands[i],
				 node_of(root, "brand", c->brands[i].name), e);
	for (size_t i = 0; i < c->destinations_n && !rc; i++)
		rc = check_route(
		    c, node_of(root, "destination", c->destinations[i].pattern),
		    c->destinations[i].route, e);
	return rc;
}
