#include "mailer/dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unbound.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/ref.h"

#define TYPE_A 1
#define TYPE_MX 15
#define TYPE_AAAA 28
#define TYPE_TLSA 52
#define CLASS_IN 1
#define EXCHANGERS_MAX 16
#define ADDRESSES_MAX 8
#define NAME_MAX_BYTES 256
#define DEBIAN_ANCHOR "/usr/share/dns/root.key"

struct dns {
	struct ub_ctx *ctx;
};

static enum rc
setup(struct dns *d, const struct dns_config *c, struct err *e)
{
	int code = 0;

	if (c->forward != NULL) {
		code = ub_ctx_set_fwd(d->ctx, c->forward);
		if (code == 0)
			code = ub_ctx_set_option(
			    d->ctx, "do-not-query-localhost:", "no");
	} else {
		code = ub_ctx_resolvconf(d->ctx, c->resolv_conf);
	}
	if (code == 0 && c->hosts_file != NULL)
		code = ub_ctx_hosts(d->ctx, c->hosts_file);
	if (code == 0 && c->trust_anchor != NULL)
		code = ub_ctx_add_ta_file(d->ctx, c->trust_anchor);
	else if (code == 0 && access(DEBIAN_ANCHOR, R_OK) == 0)
		code = ub_ctx_add_ta_file(d->ctx, DEBIAN_ANCHOR);
	if (code != 0)
		return err_set(e, RC_IO, "DNS: %s", ub_strerror(code));
	return RC_OK;
}

enum rc
dns_new(const struct dns_config *c, struct dns **out, struct err *e)
{
	struct dns *d = MEM_NEW(struct dns);
	enum rc rc;

	d->ctx = ub_ctx_create();
	if (d->ctx == NULL)
		die("libunbound does not start");
	rc = setup(d, c, e);
	if (rc == RC_OK)
		*out = d;
	else
		dns_free(d);
	return rc;
}

void
dns_free(struct dns *d)
{
	if (d == NULL)
		return;
	ub_ctx_delete(d->ctx);
	free(d);
}

/* One question.  RC_NOTFOUND: the name has no such record; *exists says
 * whether the name itself exists.  Bogus comes before data. */
static enum rc
ask(struct dns *d, const char *name, int type, struct ub_result **out,
    bool *exists, struct err *e)
{
	struct ub_result *r;
	int code = ub_resolve(d->ctx, name, type, CLASS_IN, &r);
	enum rc rc;

	*out = NULL;
	*exists = true;
	if (code != 0)
		return err_set(e, RC_AGAIN, "DNS: %s: %s", name,
			       ub_strerror(code));
	if (r->bogus) {
		rc = err_set(e, RC_AGAIN, "DNS: %s: bogus: %s", name,
			     r->why_bogus != NULL ? r->why_bogus : "");
	} else if (r->rcode != 0 && !r->nxdomain) {
		rc = err_set(e, RC_AGAIN, "DNS: %s: server failure (rcode %d)",
			     name, r->rcode);
	} else if (!r->havedata) {
		*exists = !r->nxdomain;
		rc =
		    err_set(e, RC_NOTFOUND, "DNS: %s has no such record", name);
	} else {
		*out = r;
		return RC_OK;
	}
	ub_resolve_free(r);
	return rc;
}

/* An uncompressed name of the wire as text; false when it is no host name. */
static bool
host_name(const char *data, int len, char out[NAME_MAX_BYTES])
{
	size_t n = 0;
	int at = 0;

	while (at < len && data[at] != 0) {
		int label = (unsigned char)data[at++];

		if (label > 63 || at + label > len ||
		    n + (size_t)label + 2 > NAME_MAX_BYTES)
			return false;
		if (n > 0)
			out[n++] = '.';
		for (int i = 0; i < label; i++, at++) {
			char c = data[at];

			if (!((c >= 'a' && c <= 'z') ||
			      (c >= 'A' && c <= 'Z') ||
			      (c >= '0' && c <= '9') || c == '-' || c == '_'))
				return false;
			out[n++] = c;
		}
	}
	out[n] = '\0';
	return at < len;
}

static enum rc
add_addresses(struct dns *d, struct dns_exchanger *x, int type, struct err *e)
{
	struct ub_result *r = NULL;
	bool exists;
	enum rc rc = ask(d, x->host, type, &r, &exists, e);

	if (rc != RC_OK)
		return rc == RC_NOTFOUND ? RC_OK : rc;
	x->secure = x->secure && r->secure;
	for (int i = 0; r->data[i] != NULL && x->addresses_n < ADDRESSES_MAX;
	     i++) {
		struct sockaddr_storage *ss = &x->addresses[x->addresses_n];

		if (type == TYPE_A && r->len[i] == 4) {
			struct sockaddr_in *in = (void *)ss;

			in->sin_family = AF_INET;
			in->sin_port = htons(25);
			memcpy(&in->sin_addr, r->data[i], 4);
			x->addresses_n++;
		} else if (type == TYPE_AAAA && r->len[i] == 16) {
			struct sockaddr_in6 *in = (void *)ss;

			in->sin6_family = AF_INET6;
			in->sin6_port = htons(25);
			memcpy(&in->sin6_addr, r->data[i], 16);
			x->addresses_n++;
		}
	}
	ub_resolve_free(r);
	return RC_OK;
}

/* TLSA counts only where every answer on the way to it was signed. */
static enum rc
add_tlsa(struct dns *d, struct dns_exchanger *x, struct arena *a, struct err *e)
{
	struct target_tlsa *list;
	struct ub_result *r = NULL;
	size_t n = 0;
	bool exists;
	enum rc rc;

	if (!x->secure || x->addresses_n == 0)
		return RC_OK;
	rc = ask(d, arena_printf(a, "_25._tcp.%s", x->host), TYPE_TLSA, &r,
		 &exists, e);
	if (rc != RC_OK)
		return rc == RC_NOTFOUND ? RC_OK : rc;
	while (r->data[n] != NULL)
		n++;
	list = ARENA_ARRAY(a, struct target_tlsa, n + 1);
	for (size_t i = 0; r->secure && r->data[i] != NULL; i++) {
		const uint8_t *p = (const uint8_t *)r->data[i];

		/* RFC 7672, 3.1.3: PKIX usages are not for SMTP. */
		if (r->len[i] < 4 || p[0] < 2 || p[0] > 3 || p[1] > 1 ||
		    p[2] > 2)
			continue;
		list[x->tlsa_n].usage = p[0];
		list[x->tlsa_n].selector = p[1];
		list[x->tlsa_n].matching = p[2];
		list[x->tlsa_n++].data =
		    arena_dup(a, slice_of(p + 3, (size_t)r->len[i] - 3));
	}
	x->tlsa = list;
	ub_resolve_free(r);
	return RC_OK;
}

static enum rc
complete(struct dns *d, struct dns_exchanger *x, struct arena *a, struct err *e)
{
	enum rc rc;

	x->addresses = ARENA_ARRAY(a, struct sockaddr_storage, ADDRESSES_MAX);
	rc = add_addresses(d, x, TYPE_AAAA, e);
	if (rc == RC_OK)
		rc = add_addresses(d, x, TYPE_A, e);
	return rc == RC_OK ? add_tlsa(d, x, a, e) : rc;
}

/* By preference; equal ones were shuffled before, and keep that order. */
static void
sort(struct dns_exchanger *list, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct dns_exchanger x = list[i];
		size_t k = i;

		for (; k > 0 && list[k - 1].preference > x.preference; k--)
			list[k] = list[k - 1];
		list[k] = x;
	}
}

static void
shuffle(struct dns_exchanger *list, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		struct dns_exchanger x;
		uint32_t r;

		random_bytes(&r, sizeof(r));
		r %= (uint32_t)i;
		x = list[i - 1];
		list[i - 1] = list[r];
		list[r] = x;
	}
}

static enum rc
read_mx(const struct ub_result *r, struct slice domain, struct arena *a,
	struct dns_exchanger *list, size_t *n, struct err *e)
{
	for (int i = 0; r->data[i] != NULL && *n < EXCHANGERS_MAX; i++) {
		const uint8_t *p = (const uint8_t *)r->data[i];
		char host[NAME_MAX_BYTES];

		if (r->len[i] == 3 && p[2] == 0) /* RFC 7505 */
			return err_set(e, RC_INVALID,
				       "%.*s takes no mail (null MX)",
				       SLICE_ARG(domain));
		if (r->len[i] < 4 ||
		    !host_name(r->data[i] + 2, r->len[i] - 2, host))
			continue;
		list[*n].host = arena_z(a, slice_z(host));
		list[*n].preference = p[0] << 8 | p[1];
		list[(*n)++].secure = r->secure;
	}
	if (*n == 0)
		return err_set(e, RC_AGAIN, "%.*s has no usable MX",
			       SLICE_ARG(domain));
	shuffle(list, *n);
	sort(list, *n);
	return RC_OK;
}

enum rc
dns_exchangers(struct dns *d, struct slice domain, struct arena *a,
	       struct dns_exchanger **out, size_t *n, struct err *e)
{
	struct dns_exchanger *list =
	    ARENA_ARRAY(a, struct dns_exchanger, EXCHANGERS_MAX);
	const char *name = arena_z(a, domain);
	struct ub_result *r = NULL;
	size_t with_address = 0;
	bool exists;
	enum rc rc = ask(d, name, TYPE_MX, &r, &exists, e);

	*n = 0;
	if (rc == RC_NOTFOUND && !exists)
		return err_set(e, RC_INVALID, "there is no domain %s", name);
	if (rc == RC_NOTFOUND) {
		list[0].host = name;
		*n = 1;
	} else if (rc == RC_OK) {
		rc = read_mx(r, domain, a, list, n, e);
		ub_resolve_free(r);
		if (rc != RC_OK)
			return rc;
	} else {
		return rc;
	}
	for (size_t i = 0; i < *n; i++) {
		/* One whose addresses cannot be found now is passed over. */
		if (complete(d, &list[i], a, e) == RC_OK)
			with_address += list[i].addresses_n > 0;
	}
	*out = list;
	if (with_address == 0)
		return err_set(e, RC_AGAIN,
			       "no exchanger of %s has an address now", name);
	return RC_OK;
}
