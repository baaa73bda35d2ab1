#include "mailer/dkim.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/hash.h"
#include "base/sixteen.h"
#include "conf/route.h"

#define HEADERS_MAX 128
#define SIGNATURE_MAX 1024 /* bytes of a header but for b= */
#define RECORD_STRING 255  /* RFC 1035 3.3.14 */
#define BASE64_LINE 72

/* What is signed where it is there; over: once more than it is there, so that
 * a second one cannot be added.  Ref: RFC 6376 5.4, 8.15. */
static const struct {
	struct slice name;
	bool over;
	uint32_t rewrites; /* enum relay_rewrites that take it away */
} signed_headers[] = {
    {{"From", 4}, true, 0},
    {{"Reply-To", 8}, false, 0},
    {{"To", 2}, false, 0},
    {{"Cc", 2}, false, 0},
    {{"Subject", 7}, false, 0},
    {{"Date", 4}, false, REWRITES_DATE},
    {{"Message-ID", 10}, false, REWRITES_MESSAGE_ID},
    {{"MIME-Version", 12}, false, 0},
    {{"Content-Type", 12}, false, 0},
    {{"Content-Transfer-Encoding", 25}, false, 0},
    {{"Content-Language", 16}, false, 0},
    {{"Auto-Submitted", 14}, false, 0},
    {{"Feedback-ID", 11}, false, 0},
    {{"List-Unsubscribe", 16}, false, 0},
    {{"List-Unsubscribe-Post", 21}, false, 0},
    {{"X-Evidence-Ref", 14}, true, 0},
    {{"X-Evidence-Checkpoint", 21}, true, 0},
};
#define SIGNED (sizeof signed_headers / sizeof *signed_headers)

struct header {
	struct slice name, whole; /* whole: with its folds, without last CRLF */
};

struct parsed {
	struct header headers[HEADERS_MAX];
	size_t n;
	struct slice body;
};

/* ---- canonical forms ---- */

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Adds s with each run of blanks as one space, CRLFs dropped, and no blanks at
 * its ends.  Ref: RFC 6376 3.4.2. */
static void
add_squeezed(struct sbuf *out, struct slice s)
{
	char *start = sbuf_room(out, s.n + 1), *o = start;
	bool gap = false;

	if (start == NULL)
		return;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (blank(c) || c == '\r' || c == '\n') {
			gap = o != start;
			continue;
		}
		if (gap)
			*o++ = ' ';
		gap = false;
		*o++ = c;
	}
	out->n += (size_t)(o - start);
}

static void
add_header(struct sbuf *out, const struct header *h)
{
	for (size_t i = 0; i < h->name.n; i++) {
		char c = h->name.p[i];

		sbuf_add_c(out, c >= 'A' && c <= 'Z' ? (char)(c | 32) : c);
	}
	sbuf_add_c(out, ':');
	add_squeezed(
	    out, slice_skip(h->whole, (size_t)slice_find_c(h->whole, ':') + 1));
}

/* Adds the body with each run of blanks as one space, none at the end of a
 * line, and no empty lines at its end.  Ref: RFC 6376 3.4.4. */
static void
add_body(struct sbuf *out, struct slice body)
{
	char *start = sbuf_room(out, body.n + 2), *o = start, *end = start;
	bool gap = false;

	if (start == NULL)
		return;
	for (size_t i = 0; i < body.n; i++) {
		char c = body.p[i];

		if (blank(c)) {
			gap = true;
			continue;
		}
		if (c == '\r' && i + 1 < body.n && body.p[i + 1] == '\n') {
			*o++ = '\r';
			*o++ = '\n';
			i++;
			gap = false;
			continue;
		}
		if (gap)
			*o++ = ' ';
		gap = false;
		*o++ = c;
		end = o;
	}
	if (end != start) {
		*end++ = '\r';
		*end++ = '\n';
	}
	out->n += (size_t)(end - start);
}

/* True for a body that is canonical as it is, as ours mostly are: no tabs, no
 * blank before another or at the end of a line, one CRLF at its end. */
static bool
canonical_already(struct slice body)
{
	sixteen odd = {0};
	size_t i = 0;

	if (body.n < 4 || !slice_ends(body, SLICE("\r\n")) ||
	    slice_ends(body, SLICE("\r\n\r\n")))
		return false;
	for (; body.n - i > 16; i += 16) {
		sixteen at = sixteen_load(body.p + i);
		sixteen next = sixteen_load(body.p + i + 1);

		odd |= (sixteen)(at == '\t') |
		       ((sixteen)(at == ' ') &
			(sixteen)((next == ' ') | (next == '\t') |
				  (next == '\r')));
	}
	for (; i + 1 < body.n; i++)
		if (body.p[i] == '\t' ||
		    (body.p[i] == ' ' &&
		     (blank(body.p[i + 1]) || body.p[i + 1] == '\r')))
			return false;
	return !sixteen_any(odd);
}

/* ---- the message ---- */

static struct slice
header_name(struct slice line)
{
	ptrdiff_t colon = slice_find_c(line, ':');

	while (colon > 0 && blank(line.p[colon - 1]))
		colon--;
	return slice_of(line.p, colon > 0 ? (size_t)colon : 0);
}

static enum rc
parse(struct slice message, struct parsed *p, struct err *e)
{
	struct slice rest = message;

	p->n = 0;
	while (rest.n > 0) {
		const char *at = rest.p;
		struct slice line = slice_cut(&rest, '\n');
		struct header *h;

		if (line.n == 0 || line.p[line.n - 1] != '\r')
			return err_set(e, RC_INVALID, "a line without CRLF");
		line.n--;
		if (line.n == 0)
			break;
		if (blank(line.p[0]) && p->n > 0) {
			h = &p->headers[p->n - 1];
			h->whole.n = (size_t)(line.p + line.n - h->whole.p);
			continue;
		}
		if (p->n == HEADERS_MAX)
			return err_set(e, RC_INVALID, "over %d headers",
				       HEADERS_MAX);
		h = &p->headers[p->n++];
		h->name = header_name(line);
		h->whole = slice_of(at, line.n);
		if (h->name.n == 0)
			return err_set(e, RC_INVALID, "a header without name");
	}
	p->body = rest;
	return RC_OK;
}

/* Adds the headers of one name, the last one first, to what is hashed, and
 * their names to h=.  Ref: RFC 6376 5.4.2. */
static void
take_headers(const struct parsed *p, size_t row, struct sbuf *data,
	     struct sbuf *list)
{
	struct slice name = signed_headers[row].name;
	size_t times = signed_headers[row].over;

	for (size_t i = p->n; i-- > 0;) {
		if (!slice_ieq(p->headers[i].name, name))
			continue;
		add_header(data, &p->headers[i]);
		sbuf_add(data, SLICE("\r\n"));
		times++;
	}
	for (; times > 0; times--) {
		sbuf_add(list, list->n > 0 ? SLICE(":") : SLICE(""));
		sbuf_add(list, name);
	}
}

/* ---- the signature ---- */

/* Adds a list of names in lines of at most 78. */
static void
add_list(struct sbuf *out, struct slice list)
{
	size_t col = sizeof " h=" - 1;
	bool first = true;

	sbuf_add(out, SLICE("\r\n h="));
	while (list.n > 0) {
		struct slice name = slice_cut(&list, ':');

		if (!first)
			sbuf_add_c(out, ':');
		if (col + name.n + 2 > 78) {
			sbuf_add(out, SLICE("\r\n  "));
			col = 2;
		}
		sbuf_add(out, name);
		col += name.n + 1;
		first = false;
	}
	sbuf_add_c(out, ';');
}

static void
add_base64_folded(struct sbuf *out, struct slice bytes)
{
	struct sbuf text;
	struct slice rest;

	sbuf_init(&text, 2 * bytes.n + 8);
	base64_encode(bytes, &text);
	for (rest = sbuf_slice(&text); rest.n > 0;) {
		size_t n = rest.n < BASE64_LINE ? rest.n : BASE64_LINE;

		sbuf_add(out, slice_of(rest.p, n));
		rest = slice_skip(rest, n);
		if (rest.n > 0)
			sbuf_add(out, SLICE("\r\n  "));
	}
	sbuf_fini(&text);
}

struct hashed {
	struct sbuf data; /* canonical headers that are signed */
	struct sbuf list; /* their names */
	struct sbuf body; /* base64 of the body's hash */
	int64_t now_us;
};

static enum rc
make_signature(const struct dkim_key *k, struct slice data, struct sbuf *out,
	       struct err *e)
{
	uint8_t digest[SHA256_SIZE];

	/* Ed25519 signs the hash, RSA hashes itself.  Ref: RFC 8463 3. */
	if (sign_key_kind(k->key) != SIGN_ED25519)
		return sign(k->key, data, out, e);
	sha256_of(data, digest);
	return sign(k->key, slice_of(digest, sizeof digest), out, e);
}

static enum rc
add_signature(const struct dkim_key *k, struct hashed *h, struct sbuf *out,
	      struct err *e)
{
	bool rsa = sign_key_kind(k->key) == SIGN_RSA;
	size_t from = out->n, mark = h->data.n;
	struct header self;
	struct sbuf b;
	enum rc rc;

	sbuf_addf(out,
		  "DKIM-Signature: v=1; a=%s-sha256; c=relaxed/relaxed;\r\n"
		  " d=%s; s=%s;\r\n t=%lld;",
		  rsa ? "rsa" : "ed25519", k->domain, k->selector,
		  (long long)(h->now_us / SECOND_US));
	add_list(out, sbuf_slice(&h->list));
	sbuf_add(out, SLICE("\r\n bh="));
	sbuf_add(out, sbuf_slice(&h->body));
	sbuf_add(out, SLICE(";\r\n b="));
	if (!sbuf_ok(out))
		return err_set(e, RC_LIMIT, "no room for the signature");
	self.name = SLICE("DKIM-Signature");
	self.whole = slice_skip(sbuf_slice(out), from);
	add_header(&h->data, &self);
	sbuf_init(&b, SIGNATURE_MAX);
	rc = make_signature(k, sbuf_slice(&h->data), &b, e);
	sbuf_cut(&h->data, mark);
	if (rc == RC_OK)
		add_base64_folded(out, sbuf_slice(&b));
	sbuf_add(out, SLICE("\r\n"));
	sbuf_fini(&b);
	return rc;
}

static void
hash_body(struct slice body, struct sbuf *out)
{
	uint8_t digest[SHA256_SIZE];
	struct sbuf canonical;

	sbuf_init(&canonical, body.n + 2);
	if (!canonical_already(body)) {
		add_body(&canonical, body);
		body = sbuf_slice(&canonical);
	}
	sha256_of(body, digest);
	base64_encode(slice_of(digest, sizeof digest), out);
	sbuf_fini(&canonical);
}

enum rc
dkim_sign(struct slice message, const struct dkim_key *keys, size_t n,
	  uint32_t rewrites, int64_t now_us, struct sbuf *out, struct err *e)
{
	struct hashed h = {.now_us = now_us};
	struct parsed p;
	enum rc rc;

	if (n > DKIM_KEYS_MAX)
		return err_set(e, RC_INVALID, "over %d keys", DKIM_KEYS_MAX);
	rc = parse(message, &p, e);
	if (rc != RC_OK)
		return rc;
	sbuf_init(&h.data, message.n + 4 * SIGNATURE_MAX);
	sbuf_init(&h.list, SIGNATURE_MAX);
	sbuf_init(&h.body, 64);
	for (size_t i = 0; i < SIGNED; i++)
		if ((signed_headers[i].rewrites & rewrites) == 0)
			take_headers(&p, i, &h.data, &h.list);
	if (n > 0)
		hash_body(p.body, &h.body);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = add_signature(&keys[i], &h, out, e);
	sbuf_add(out, message);
	if (rc == RC_OK &&
	    (!sbuf_ok(out) || !sbuf_ok(&h.data) || !sbuf_ok(&h.list)))
		rc = err_set(e, RC_LIMIT, "no room for the signed message");
	sbuf_fini(&h.data);
	sbuf_fini(&h.list);
	sbuf_fini(&h.body);
	return rc;
}

/* ---- what was signed ---- */

/* The first header with its folds, its last CRLF included. */
static struct slice
first_header(struct slice message)
{
	struct slice rest = message;

	do
		(void)slice_cut(&rest, '\n');
	while (rest.n > 0 && blank(rest.p[0]));
	return slice_of(message.p, message.n - rest.n);
}

/* Of a signature that add_list() wrote. */
static uint32_t
covered(struct slice signature)
{
	struct slice list = SLICE("");
	uint32_t covers = 0;

	for (; signature.n > 0; (void)slice_cut(&signature, '\n'))
		if (slice_starts(signature, SLICE(" h="))) {
			signature = slice_skip(signature, 3);
			list = slice_cut(&signature, ';');
		}
	while (list.n > 0) {
		struct slice name = slice_trim(slice_cut(&list, ':'));

		for (size_t i = 0; i < SIGNED; i++)
			if (slice_ieq(name, signed_headers[i].name))
				covers |= signed_headers[i].rewrites;
	}
	return covers;
}

struct slice
dkim_behind(struct slice message, uint32_t *covers)
{
	*covers = 0;
	while (slice_starts(message, SLICE("DKIM-Signature:"))) {
		struct slice header = first_header(message);

		*covers |= covered(header);
		message = slice_skip(message, header.n);
	}
	return message;
}

/* ---- the key in DNS ---- */

void
dkim_dns_text(const struct dkim_key *key, struct sbuf *out)
{
	bool rsa = sign_key_kind(key->key) == SIGN_RSA;
	struct sbuf public;

	sbuf_init(&public, 4096);
	sign_key_public(key->key, &public);
	sbuf_addf(out, "v=DKIM1; k=%s; p=", rsa ? "rsa" : "ed25519");
	base64_encode(sbuf_slice(&public), out);
	sbuf_fini(&public);
}

void
dkim_dns_record(const struct dkim_key *key, struct sbuf *out)
{
	struct sbuf text;
	struct slice rest;

	sbuf_init(&text, 8192);
	dkim_dns_text(key, &text);
	sbuf_addf(out, "%s._domainkey.%s. IN TXT (", key->selector,
		  key->domain);
	for (rest = sbuf_slice(&text); rest.n > 0;) {
		size_t n = rest.n < RECORD_STRING ? rest.n : RECORD_STRING;

		sbuf_addf(out, " \"%.*s\"", (int)n, rest.p);
		rest = slice_skip(rest, n);
	}
	sbuf_add(out, SLICE(" )\n"));
	sbuf_fini(&text);
}
