#include "mailer/vet.h"

#include "base/mailbox.h"
#include "base/sixteen.h"

#define NAME_MAX_BYTES 253
#define CREDENTIAL_MAX 255
#define LINE_MAX_BYTES 998 /* RFC 5322 2.1.1 */
#define CONTENT_MAX (64 * 1024 * 1024)

enum { ONCE = 1, NEEDED = 2, NEVER = 4 };

/* What is missing would be added on the way, what is double would be dropped,
 * and the rest would be stripped: none of it may happen to signed bytes. */
static const struct {
	struct slice name;
	unsigned rule;
} headers[] = {
    {{"Date", 4}, ONCE | NEEDED},
    {{"From", 4}, ONCE | NEEDED},
    {{"Message-ID", 10}, ONCE | NEEDED},
    {{"Sender", 6}, ONCE},
    {{"To", 2}, ONCE},
    {{"Cc", 2}, ONCE},
    {{"Bcc", 3}, NEVER},
    {{"Reply-To", 8}, ONCE},
    {{"Return-Path", 11}, NEVER},
    {{"Original-Recipient", 18}, NEVER},
    {{"Disposition-Notification-To", 27}, ONCE},
};
#define HEADERS (sizeof headers / sizeof *headers)

bool
vet_eight_bit(struct slice s)
{
	uint64_t word, any = 0;
	size_t i = 0;

	for (; i + sizeof word <= s.n; i += sizeof word) {
		memcpy(&word, s.p + i, sizeof word);
		any |= word;
	}
	for (; i < s.n; i++)
		any |= (unsigned char)s.p[i];
	return (any & UINT64_C(0x8080808080808080)) != 0;
}

static bool
printable(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

/* A host's name, or an address: letters, digits, ".", "-", ":", "_". */
static bool
host_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '.' && c != '-' &&
		    c != ':' && c != '_')
			return false;
	}
	return s.n > 0 && s.n <= NAME_MAX_BYTES;
}

/* "[192.0.2.1]" in EHLO, where we have no name. */
static bool
helo_name(struct slice s)
{
	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = slice_of(s.p + 1, s.n - 2);
	return host_name(s);
}

static bool
credential(const char *z)
{
	struct slice s = slice_z(z);

	return s.n > 0 && s.n <= CREDENTIAL_MAX && !slice_has_control(s);
}

enum rc
vet_target(const struct target *to, struct err *e)
{
	sa_family_t family = to->peer.ss_family;

	if (family != AF_INET && family != AF_INET6)
		return err_at(e, RC_INVALID, "/peer", "no address");
	if (to->local.ss_family != 0 && to->local.ss_family != family)
		return err_at(e, RC_INVALID, "/local",
			      "not of the peer's address family");
	if (!host_name(slice_z(to->host)))
		return err_at(e, RC_INVALID, "/host", "not a host's name");
	if (!helo_name(slice_z(to->helo)))
		return err_at(e, RC_INVALID, "/helo", "not a host's name");
	if (to->user == NULL)
		return RC_OK;
	if (!credential(to->user))
		return err_at(e, RC_INVALID, "/user",
			      "empty, too long, or with control characters");
	if (!credential(to->password))
		return err_at(e, RC_INVALID, "/password",
			      "empty, too long, or with control characters");
	return RC_OK;
}

/* Ref: RFC 3461 4. */
size_t
vet_xtext_size(struct slice s)
{
	size_t n = s.n;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '!' || s.p[i] > '~' || s.p[i] == '+' ||
		    s.p[i] == '=')
			n += 2;
	return n;
}

static enum rc
vet_envelope(const struct transport_message *m, struct err *e)
{
	if (m->reverse_path.n > 0 && !mailbox_valid(m->reverse_path))
		return err_at(e, RC_INVALID, "/reverse_path",
			      "not a mailbox that SMTP could carry");
	if (!mailbox_valid(m->recipient))
		return err_at(e, RC_INVALID, "/recipient",
			      "not a mailbox that SMTP could carry");
	if (m->envid.n > TRANSPORT_ENVID_MAX || !printable(m->envid) ||
	    vet_xtext_size(m->envid) > TRANSPORT_ORCPT_MAX)
		return err_at(e, RC_INVALID, "/envid",
			      "over %d bytes, or not printable ASCII",
			      TRANSPORT_ENVID_MAX);
	if (slice_has_control(m->orcpt))
		return err_at(e, RC_INVALID, "/orcpt",
			      "holds a control character");
	return RC_OK;
}

/* Counts a header; false where it may not be. */
static bool
count_header(struct slice line, unsigned seen[HEADERS])
{
	ptrdiff_t colon = slice_find_c(line, ':');
	struct slice name = {line.p, colon < 0 ? 0 : (size_t)colon};

	name = slice_trim(name);
	for (size_t i = 0; i < HEADERS; i++) {
		if (!slice_ieq(name, headers[i].name))
			continue;
		seen[i]++;
		return (headers[i].rule & NEVER) == 0 && seen[i] == 1;
	}
	return name.n > 0;
}

static enum rc
vet_headers(struct slice rest, struct err *e)
{
	unsigned seen[HEADERS] = {0};
	bool ended = false;

	while (rest.n > 0 && !ended) {
		struct slice line = slice_cut(&rest, '\n');

		ended = line.n <= 1;
		if (ended || line.p[0] == ' ' || line.p[0] == '\t')
			continue;
		if (!count_header(line, seen))
			return err_at(e, RC_INVALID, "/content",
				      "header that is double or may not be: "
				      "%.*s",
				      (int)(line.n < 60 ? line.n - 1 : 60),
				      line.p);
	}
	if (!ended)
		return err_at(e, RC_INVALID, "/content",
			      "no empty line after the headers");
	for (size_t i = 0; i < HEADERS; i++)
		if ((headers[i].rule & NEEDED) != 0 && seen[i] == 0)
			return err_at(e, RC_INVALID, "/content", "no %s header",
				      headers[i].name.p);
	return RC_OK;
}

/* Whether each CR stands before a LF, and each LF behind a CR, and there is no
 * NUL; of bytes of which the last is a LF. */
static bool
whole_lines(struct slice s)
{
	sixteen odd = {0};
	size_t i = 0;

	for (; s.n - i > 16; i += 16) {
		sixteen at = sixteen_load(s.p + i);

		odd |= (sixteen)(at == 0) |
		       ((sixteen)(at == '\r') ^
			(sixteen)(sixteen_load(s.p + i + 1) == '\n'));
	}
	for (; i + 1 < s.n; i++)
		if (s.p[i] == '\0' || (s.p[i] == '\r') != (s.p[i + 1] == '\n'))
			return false;
	return s.p[0] != '\n' && !sixteen_any(odd);
}

/* Whether each line is short enough; of such that end in a LF. */
static bool
short_lines(struct slice s)
{
	const size_t max = LINE_MAX_BYTES + 2;

	while (s.n > max) {
		const char *last = memrchr(s.p, '\n', max);

		if (last == NULL)
			return false;
		s = slice_skip(s, (size_t)(last + 1 - s.p));
	}
	return true;
}

/* Goes line by line where something is wrong, to say where. */
static enum rc
vet_lines(struct slice rest, struct err *e)
{
	size_t number = 0;

	if (rest.n == 0 || rest.n > CONTENT_MAX)
		return err_at(e, RC_INVALID, "/content",
			      "empty, or over %d bytes", CONTENT_MAX);
	if (!slice_ends(rest, SLICE("\r\n")))
		return err_at(e, RC_INVALID, "/content",
			      "does not end in CRLF");
	if (whole_lines(rest) && short_lines(rest))
		return RC_OK;
	if (memchr(rest.p, '\0', rest.n) != NULL)
		return err_at(e, RC_INVALID, "/content", "holds a NUL");
	while (rest.n > 0) {
		struct slice line = slice_cut(&rest, '\n');

		number++;
		if (line.n == 0 || line.n - 1 > LINE_MAX_BYTES ||
		    slice_find_c(line, '\r') != (ptrdiff_t)line.n - 1)
			return err_at(e, RC_INVALID, "/content",
				      "line %zu: over %d bytes, or a CR or LF "
				      "that is not of a CRLF",
				      number, LINE_MAX_BYTES);
	}
	return RC_OK;
}

enum rc
vet_message(const struct transport_message *m, struct err *e)
{
	enum rc rc = vet_envelope(m, e);

	if (rc == RC_OK)
		rc = vet_lines(m->content, e);
	if (rc == RC_OK)
		rc = vet_headers(m->content, e);
	return rc;
}
