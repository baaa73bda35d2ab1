#include "mailer/dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/ref.h"
#include "mailer/resolver.h"

#define RECORDS_MAX 64	  /* MX records that are looked at */
#define EXCHANGERS_MAX 16 /* those of them that count, the best */
#define ADDRESSES_MAX 8
#define IPV6_MAX 4 /* of them, so that there is room for IPv4 */
#define TLSA_MAX 32
#define NAME_MAX_BYTES 256
#define PATIENCE_US (20 * SECOND_US)

struct dns {
	struct resolver *resolver;
	uint16_t port;
};

/* One of the calls: its questions share a deadline. */
struct call {
	struct dns *d;
	struct arena *a;
	int64_t until_us;
};

enum rc
dns_new(const struct dns_config *c, struct dns **out, struct err *e)
{
	struct resolver_config r = {c->resolv_conf, c->trust_anchor,
				    c->forward};
	struct dns *d = MEM_NEW(struct dns);
	enum rc rc = resolver_new(&r, &d->resolver, e);

	d->port = c->port != 0 ? c->port : 25;
	if (rc == RC_OK)
		*out = d;
	else
		free(d);
	return rc;
}

void
dns_free(struct dns *d)
{
	if (d == NULL)
		return;
	resolver_free(d->resolver);
	free(d);
}

void
dns_stop(struct dns *d)
{
	if (d != NULL)
		resolver_stop(d->resolver);
}

bool
dns_stopped(const struct dns *d)
{
	return resolver_stopped(d->resolver);
}

static struct call
call_of(struct dns *d, struct arena *a)
{
	return (struct call){d, a, clock_mono_us() + PATIENCE_US};
}

static enum rc
ask(struct call *c, const char *name, int type, struct answer *out,
    struct err *e)
{
	return resolver_ask(c->d->resolver, name, type, c->until_us, out, e);
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

			if (c >= 'A' && c <= 'Z')
				c = (char)(c | 32);
			if (!((c >= 'a' && c <= 'z') ||
			      (c >= '0' && c <= '9') || c == '-' || c == '_'))
				return false;
			out[n++] = c;
		}
	}
	out[n] = '\0';
	return at < len;
}

/* ---- addresses ---- */

static bool
read_address(int type, const char *data, int len, uint16_t port,
	     struct sockaddr_storage *ss)
{
	if (type == RESOLVER_A && len == 4) {
		struct sockaddr_in *in = (void *)ss;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, data, 4);
		return true;
	}
	if (type == RESOLVER_AAAA && len == 16) {
		struct sockaddr_in6 *in = (void *)ss;

		in->sin6_family = AF_INET6;
		in->sin6_port = htons(port);
		memcpy(&in->sin6_addr, data, 16);
		return true;
	}
	return false;
}

static const char *
without_dot(struct arena *a, const char *name)
{
	struct slice s = slice_z(name);

	if (slice_ends(s, SLICE(".")))
		s.n--;
	return s.n > 0 ? arena_z(a, s) : NULL;
}

/* A host's addresses of one kind, with what else the answer tells. */
static enum rc
add_addresses(struct call *c, struct dns_exchanger *x, int type, uint16_t port,
	      bool *secure, struct err *e)
{
	size_t most = type == RESOLVER_AAAA ? IPV6_MAX : ADDRESSES_MAX;
	struct answer answer;
	enum rc rc = ask(c, x->host, type, &answer, e);

	if (rc != RC_OK)
		return rc == RC_NOTFOUND ? RC_OK : rc;
	*secure |= answer.secure;
	if (answer.secure)
		x->tlsa_base = without_dot(c->a, answer.r->canonname);
	for (int i = 0; answer.r->data[i] != NULL && x->addresses_n < most; i++)
		x->addresses_n +=
		    read_address(type, answer.r->data[i], answer.r->len[i],
				 port, &x->addresses[x->addresses_n]);
	answer_fini(&answer);
	return RC_OK;
}

/* Both kinds.  One may fail where the other has answered: a server that knows
 * no AAAA is no reason to wait, and the answers that there are say whether
 * TLSA records are to be looked for. */
static enum rc
find_addresses(struct call *c, struct dns_exchanger *x, uint16_t port,
	       struct err *e)
{
	bool secure = false;
	enum rc rc6, rc4;

	x->addresses =
	    ARENA_ARRAY(c->a, struct sockaddr_storage, ADDRESSES_MAX);
	rc6 = add_addresses(c, x, RESOLVER_AAAA, port, &secure, e);
	rc4 = add_addresses(c, x, RESOLVER_A, port, &secure, e);
	x->secure = x->secure && secure;
	if (x->addresses_n > 0)
		return RC_OK;
	if (rc6 != RC_OK || rc4 != RC_OK)
		return e->rc;
	return err_set(e, RC_NOTFOUND, "DNS: %s has no address", x->host);
}

/* ---- TLSA ---- */

static bool
of_use(const uint8_t *p, int len)
{
	static const int sizes[] = {0, 32, 64}; /* by matching type */

	/* PKIX usages are not for SMTP.  Ref: RFC 7672 3.1.3. */
	return len > 3 && (p[0] == 2 || p[0] == 3) && p[1] <= 1 && p[2] <= 2 &&
	       (sizes[p[2]] == 0 || len == 3 + sizes[p[2]]);
}

static void
read_tlsa(struct call *c, const struct ub_result *r, struct dns_exchanger *x)
{
	struct target_tlsa *list =
	    ARENA_ARRAY(c->a, struct target_tlsa, TLSA_MAX);

	x->dane = true;
	x->tlsa = list;
	for (size_t i = 0; r->data[i] != NULL && x->tlsa_n < TLSA_MAX; i++) {
		const uint8_t *p = (const uint8_t *)r->data[i];

		if (!of_use(p, r->len[i]))
			continue;
		list[x->tlsa_n].usage = p[0];
		list[x->tlsa_n].selector = p[1];
		list[x->tlsa_n].matching = p[2];
		list[x->tlsa_n++].data =
		    arena_dup(c->a, slice_of(p + 3, (size_t)r->len[i] - 3));
	}
}

/* TLSA counts only where every answer on the way to it was signed; there, not
 * to know whether there is one is not to know whether TLS may be left out.
 * Ref: RFC 7672 2.1.1, 2.2. */
static enum rc
find_tlsa(struct call *c, struct dns_exchanger *x, const char *base,
	  struct err *e)
{
	struct answer answer;
	enum rc rc = ask(
	    c, arena_printf(c->a, "_%u._tcp.%s", (unsigned)c->d->port, base),
	    RESOLVER_TLSA, &answer, e);

	if (rc != RC_OK)
		return rc;
	x->tlsa_base = base;
	if (answer.secure)
		read_tlsa(c, answer.r, x);
	answer_fini(&answer);
	return x->dane ? RC_OK : RC_NOTFOUND;
}

/* Where the host is an alias, the name that it stands for comes first. */
static enum rc
complete(struct call *c, struct dns_exchanger *x, struct err *e)
{
	enum rc rc = find_addresses(c, x, c->d->port, e);
	const char *alias = x->tlsa_base;

	if (rc != RC_OK || !x->secure)
		return rc;
	rc = RC_NOTFOUND;
	if (alias != NULL && strcasecmp(alias, x->host) != 0)
		rc = find_tlsa(c, x, alias, e);
	if (rc == RC_NOTFOUND)
		rc = find_tlsa(c, x, x->host, e);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- exchangers ---- */

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
read_mx(const struct answer *answer, struct slice domain, struct arena *a,
	struct dns_exchanger *list, size_t *n, struct err *e)
{
	const struct ub_result *r = answer->r;

	/* A lone MX to the root is a null MX.  Ref: RFC 7505 3. */
	if (r->data[1] == NULL && r->len[0] == 3 && r->data[0][2] == 0)
		return err_set(e, RC_INVALID, "%.*s takes no mail (null MX)",
			       SLICE_ARG(domain));
	for (int i = 0; r->data[i] != NULL && *n < RECORDS_MAX; i++) {
		const uint8_t *p = (const uint8_t *)r->data[i];
		char host[NAME_MAX_BYTES];

		if (r->len[i] < 4 ||
		    !host_name(r->data[i] + 2, r->len[i] - 2, host))
			continue;
		list[*n].host = arena_z(a, slice_z(host));
		list[*n].preference = p[0] << 8 | p[1];
		list[(*n)++].secure = answer->secure;
	}
	if (*n == 0)
		return err_set(e, RC_AGAIN, "%.*s has no usable MX",
			       SLICE_ARG(domain));
	shuffle(list, *n);
	sort(list, *n);
	if (*n > EXCHANGERS_MAX)
		*n = EXCHANGERS_MAX;
	return RC_OK;
}

static enum rc
find_mx(struct call *c, struct slice domain, struct dns_exchanger *list,
	size_t *n, struct err *e)
{
	const char *name = arena_z(c->a, domain);
	struct answer answer;
	enum rc rc = ask(c, name, RESOLVER_MX, &answer, e);

	if (rc == RC_OK) {
		rc = read_mx(&answer, domain, c->a, list, n, e);
		answer_fini(&answer);
	} else if (rc == RC_NOTFOUND && !answer.exists) {
		rc = err_set(e, RC_NOTFOUND, "there is no domain %s", name);
	} else if (rc == RC_NOTFOUND) {
		/* That there is none may be signed too. */
		list[0].host = name;
		list[0].secure = answer.secure;
		*n = 1;
		rc = RC_OK;
	}
	return rc;
}

enum rc
dns_exchangers(struct dns *d, struct slice domain, struct arena *a,
	       struct dns_exchanger **out, size_t *n, struct err *e)
{
	struct dns_exchanger *list =
	    ARENA_ARRAY(a, struct dns_exchanger, RECORDS_MAX);
	struct call c = call_of(d, a);
	enum rc rc;

	*n = 0;
	*out = list;
	rc = find_mx(&c, domain, list, n, e);
	for (size_t i = 0; rc == RC_OK && i < *n; i++) {
		struct err why;

		if (complete(&c, &list[i], &why) == RC_OK)
			continue;
		list[i].fault = arena_z(a, slice_z(why.text));
		list[i].addresses_n = 0;
	}
	return rc;
}

/* ---- the rest ---- */

/* Strings of a length byte each. */
static struct slice
join(const char *data, int len, struct arena *a)
{
	char *text = arena_alloc(a, (size_t)len + 1);
	size_t n = 0;

	for (int at = 0; at < len;) {
		int k = (unsigned char)data[at++];

		if (k > len - at)
			k = len - at;
		memcpy(text + n, data + at, (size_t)k);
		n += (size_t)k;
		at += k;
	}
	return slice_of(text, n);
}

enum rc
dns_texts(struct dns *d, const char *name, struct arena *a, struct slice **out,
	  size_t *n, struct err *e)
{
	struct call c = call_of(d, a);
	struct answer answer;
	enum rc rc = ask(&c, name, RESOLVER_TXT, &answer, e);

	*n = 0;
	if (rc != RC_OK)
		return rc;
	*out = ARENA_ARRAY(a, struct slice, RECORDS_MAX);
	for (; answer.r->data[*n] != NULL && *n < RECORDS_MAX; (*n)++)
		(*out)[*n] = join(answer.r->data[*n], answer.r->len[*n], a);
	answer_fini(&answer);
	return RC_OK;
}

enum rc
dns_addresses(struct dns *d, const char *host, struct arena *a,
	      struct sockaddr_storage **out, size_t *n, struct err *e)
{
	struct dns_exchanger x = {.host = host};
	struct call c = call_of(d, a);
	enum rc rc = find_addresses(&c, &x, 0, e);

	*out = x.addresses;
	*n = x.addresses_n;
	return rc;
}
