#include "tracker/http_guard.h"

#include "tracker/multipart.h"
#include "tracker/router.h"

#define NODE_MAX 64 /* of an address in quotes */

static bool
token_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool
is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!token_char((unsigned char)s.p[i]))
			return false;
	return s.n > 0;
}

static bool
value_fits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool
host_fits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f || strchr("/?#@\\<>\"^`{|}", c))
			return false;
	}
	return s.n <= 255 + 6;
}

enum http_method
http_method_of(struct slice name)
{
	for (unsigned i = 0; i < HTTP_OTHER; i++)
		if (slice_eq_z(name, http_method_name((enum http_method)i)))
			return (enum http_method)i;
	return HTTP_OTHER;
}

struct count {
	const struct http_field *host, *length, *coding;
	unsigned hosts, lengths, codings;
};

static const char *
header_check(const struct http_field *f, struct count *c)
{
	if (!is_token(f->name))
		return "a header's name is malformed";
	if (!value_fits(f->value))
		return "a header's value has control characters";
	if (f->name.n == 4 && slice_ieq(f->name, SLICE("Host"))) {
		c->host = f;
		c->hosts++;
	} else if (f->name.n == 14 &&
		   slice_ieq(f->name, SLICE("Content-Length"))) {
		c->length = f;
		c->lengths++;
	} else if (f->name.n == 17 &&
		   slice_ieq(f->name, SLICE("Transfer-Encoding"))) {
		c->coding = f;
		c->codings++;
	}
	return NULL;
}

static const char *
framing_check(const struct count *c, bool http11, struct http_shape *out)
{
	if (c->hosts > 1 || (http11 && c->hosts == 0))
		return "one Host is wanted";
	if (c->host && !host_fits(c->host->value))
		return "Host is malformed";
	if (c->codings && c->lengths)
		return "Transfer-Encoding beside Content-Length";
	if (c->codings > 1 || c->lengths > 1)
		return "the body's length is said twice";
	if (c->codings &&
	    (!http11 || !slice_ieq(c->coding->value, SLICE("chunked"))))
		return "Transfer-Encoding is not chunked";
	out->length = -1;
	if (c->lengths) {
		struct slice v = c->length->value;

		for (size_t i = 0; i < v.n; i++)
			if (v.p[i] < '0' || v.p[i] > '9')
				return "Content-Length is malformed";
		if (!slice_int(v, 0, INT64_MAX / 2, &out->length))
			return "Content-Length is malformed";
	}
	out->chunked = c->codings > 0;
	out->has_body = out->chunked || out->length > 0;
	return NULL;
}

int
http_guard(const struct http_field *headers, size_t n, struct slice method,
	   struct slice version, struct http_shape *out, const char **why)
{
	struct count c = {0};
	bool http11 = slice_eq(version, SLICE("HTTP/1.1"));

	*out = (struct http_shape){.length = -1};
	*why = NULL;
	if (!http11 && !slice_eq(version, SLICE("HTTP/1.0"))) {
		*why = "HTTP/1.1 is spoken here";
		return 505;
	}
	if (!is_token(method) || method.n > 32)
		*why = "the method is malformed";
	for (size_t i = 0; i < n && !*why; i++)
		*why = header_check(&headers[i], &c);
	if (!*why)
		*why = framing_check(&c, http11, out);
	if (*why)
		return 400;
	for (size_t i = 0; i < n; i++) {
		if (headers[i].name.n != 6 ||
		    !slice_ieq(headers[i].name, SLICE("Expect")))
			continue;
		if (!slice_ieq(headers[i].value, SLICE("100-continue"))) {
			*why = "nothing but 100-continue can be expected";
			return 417;
		}
		out->expect_continue = true;
	}
	return 0;
}

/* "192.0.2.1", "192.0.2.1:1234", "[2001:db8::1]:1234". */
static bool
node_parse(struct slice s, struct addr *out)
{
	char plain[NODE_MAX];
	size_t n = 0;

	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"') {
		s = slice_of(s.p + 1, s.n - 2);
		if (s.n > NODE_MAX)
			return false;
		for (size_t i = 0; i < s.n; i++) {
			i += s.p[i] == '\\' && i + 1 < s.n;
			plain[n++] = s.p[i];
		}
		s = slice_of(plain, n);
	}
	if (s.n && s.p[0] == '[') {
		ptrdiff_t end = slice_find_c(s, ']');

		if (end < 0)
			return false;
		s.n = (size_t)end + 1;
	} else {
		ptrdiff_t colon = slice_find_c(s, ':');

		if (colon >= 0 &&
		    slice_find_c(slice_skip(s, (size_t)colon + 1), ':') < 0)
			s.n = (size_t)colon;
	}
	return addr_parse(s, out);
}

/* From the right, where our proxies wrote: what a visitor leaves open on the
 * left swallows nothing.  Not at a separator in a quoted string. */
static struct slice
last_cut(struct slice *rest, char sep)
{
	struct slice part = *rest;
	bool quoted = false;

	for (size_t i = part.n; i > 0; i--) {
		if (part.p[i - 1] == '"' && (i < 2 || part.p[i - 2] != '\\'))
			quoted = !quoted;
		if (part.p[i - 1] != sep || quoted)
			continue;
		rest->n = i - 1;
		return slice_of(part.p + i, part.n - i);
	}
	*rest = (struct slice){NULL, 0};
	return part;
}

/* The value of "for=" or "proto=" in one element of Forwarded. */
static struct slice
element_get(struct slice element, struct slice name)
{
	while (element.p) {
		struct slice value = multipart_cut(&element, ';');
		struct slice key = slice_trim(slice_cut(&value, '='));

		if (value.p && slice_ieq(key, name))
			return slice_trim(value);
	}
	return (struct slice){NULL, 0};
}

static struct slice
header_last(const struct http_field *headers, size_t n, struct slice name)
{
	for (size_t i = n; i > 0; i--)
		if (slice_ieq(headers[i - 1].name, name))
			return headers[i - 1].value;
	return (struct slice){NULL, 0};
}

static void
scheme_take(struct slice proto, bool *https)
{
	if (proto.p)
		*https = slice_ieq(slice_trim(proto), SLICE("https"));
}

/* Goes back through one line of the header.  False where it ends: at the
 * visitor, or at what is no address. */
static bool
line_walk(struct slice list, const struct http_proxies *proxies,
	  struct addr *peer, bool *https)
{
	while (list.p && addr_set_find(proxies->trusted, *peer)) {
		struct slice part = slice_trim(last_cut(&list, ','));
		struct addr a;

		if (part.n == 0)
			continue;
		if (proxies->forwarded) {
			scheme_take(element_get(part, SLICE("proto")), https);
			part = element_get(part, SLICE("for"));
		}
		if (!node_parse(part, &a))
			return false;
		*peer = a;
	}
	return addr_set_find(proxies->trusted, *peer) != 0;
}

void
http_forwarded(const struct http_field *headers, size_t n,
	       const struct http_proxies *proxies, struct addr *peer,
	       bool *https)
{
	struct slice name =
	    proxies->forwarded ? SLICE("Forwarded") : SLICE("X-Forwarded-For");

	if (!proxies->trusted || !addr_set_find(proxies->trusted, *peer))
		return;
	*https = false;
	if (!proxies->forwarded)
		scheme_take(header_last(headers, n, SLICE("X-Forwarded-Proto")),
			    https);
	for (size_t i = n; i > 0; i--)
		if (slice_ieq(headers[i - 1].name, name) &&
		    !line_walk(headers[i - 1].value, proxies, peer, https))
			return;
}
