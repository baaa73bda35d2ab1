#include "mailer/mime.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/mailbox.h"
#include "mailer/encode.h"
#include "mailer/fold.h"

#define TOKEN_MAX 255
#define URL_MAX 900 /* one unbroken word of a line of at most 998 */
#define PARTS_MAX 64

/* ---- what is refused ---- */

static enum rc
bad(struct err *e, const char *field, const char *why)
{
	return err_at(e, RC_INVALID, field, "%s", why);
}

/* U+202D and U+202E make what follows read the other way round, and would
 * show a sender, a subject or a file that is not. */
static bool
turns_around(struct slice s)
{
	return slice_find(s, SLICE("\xe2\x80\xad")) >= 0 ||
	       slice_find(s, SLICE("\xe2\x80\xae")) >= 0;
}

static enum rc
vet_text(struct slice s, size_t max, const char *field, struct err *e)
{
	if (s.n > max)
		return err_at(e, RC_INVALID, field, "over %zu bytes", max);
	if (slice_has_control(s))
		return bad(e, field, "holds a control character");
	if (!slice_utf8(s))
		return bad(e, field, "is not UTF-8");
	if (turns_around(s))
		return bad(e, field, "holds a direction override");
	return RC_OK;
}

/* What stands in a header without any encoding: printable ASCII. */
static enum rc
vet_token(struct slice s, const char *barred, const char *field, struct err *e)
{
	if (s.n > TOKEN_MAX)
		return err_at(e, RC_INVALID, field, "over %d bytes", TOKEN_MAX);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '!' || s.p[i] > '~' ||
		    strchr(barred, s.p[i]) != NULL)
			return bad(e, field,
				   "holds a character that may not "
				   "stand there");
	return RC_OK;
}

static enum rc
vet_mailbox(const struct mime_mailbox *m, const char *field, struct err *e)
{
	char pointer[64];
	enum rc rc;

	snprintf(pointer, sizeof pointer, "%s/name", field);
	rc = vet_text(m->name, MIME_NAME_MAX, pointer, e);
	if (rc != RC_OK)
		return rc;
	snprintf(pointer, sizeof pointer, "%s/address", field);
	if (!mailbox_valid(m->address))
		return bad(e, pointer, "is not a mailbox");
	return RC_OK;
}

static enum rc
vet_url(struct slice s, const char *field, struct err *e)
{
	if (s.n > URL_MAX)
		return err_at(e, RC_INVALID, field, "over %d bytes", URL_MAX);
	if (s.n > 0 && !slice_starts(s, SLICE("https://")) &&
	    !slice_starts(s, SLICE("http://")))
		return bad(e, field, "is not a URL of http or https");
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '!' || s.p[i] > '~' || s.p[i] == '<' ||
		    s.p[i] == '>' || s.p[i] == ',')
			return bad(e, field,
				   "holds a character that a URL "
				   "has encoded");
	return RC_OK;
}

static bool
message_id_valid(struct slice id)
{
	ptrdiff_t at = slice_find_c(id, '@');

	return at > 0 && (size_t)at + 1 < id.n &&
	       slice_find_c(slice_skip(id, (size_t)at + 1), '@') < 0;
}

static bool
type_valid(struct slice type)
{
	ptrdiff_t slash = slice_find_c(type, '/');

	return slash > 0 && (size_t)slash + 1 < type.n &&
	       slice_find_c(slice_skip(type, (size_t)slash + 1), '/') < 0;
}

static enum rc
vet_part(const struct mime *m, size_t i, struct err *e)
{
	const struct mime_part *p = &m->parts[i];
	char pointer[64];
	enum rc rc;

	snprintf(pointer, sizeof pointer, "/parts/%zu/type", i);
	rc = vet_token(p->type, "()<>@,;:\\\"[]?=", pointer, e);
	if (rc != RC_OK)
		return rc;
	if (!type_valid(p->type) || slice_starts(p->type, SLICE("multipart/")))
		return bad(e, pointer, "is not a type that a part can have");
	snprintf(pointer, sizeof pointer, "/parts/%zu/name", i);
	rc = vet_text(p->name, MIME_NAME_MAX, pointer, e);
	if (rc != RC_OK)
		return rc;
	if (slice_find_c(p->name, '/') >= 0 || slice_find_c(p->name, '\\') >= 0)
		return bad(e, pointer, "holds a path");
	snprintf(pointer, sizeof pointer, "/parts/%zu/content_id", i);
	if (p->content_id.n > 0 && m->html.n == 0)
		return bad(e, pointer, "is for HTML, and there is none");
	return vet_token(p->content_id, "<>", pointer, e);
}

static enum rc
vet_headers(const struct mime *m, struct err *e)
{
	static const char specials[] = "()<>,;:\\\"[]";
	const struct {
		struct slice s;
		const char *barred, *field;
	} all[] = {
	    {m->message_id, specials, "/message_id"},
	    {m->language, specials, "/language"},
	    {m->feedback_id, "", "/feedback_id"},
	    {m->evidence_ref, "", "/evidence_ref"},
	    {m->evidence_checkpoint, "", "/evidence_checkpoint"},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		enum rc rc =
		    vet_token(all[i].s, all[i].barred, all[i].field, e);
		if (rc != RC_OK)
			return rc;
	}
	if (!message_id_valid(m->message_id))
		return bad(e, "/message_id", "is not of the form id@host");
	return vet_url(m->unsubscribe_url, "/unsubscribe_url", e);
}

static enum rc
vet_bodies(const struct mime *m, struct err *e)
{
	if (m->text.n == 0 && m->html.n == 0)
		return bad(e, "/text", "there is neither text nor HTML");
	if (!slice_utf8(m->text))
		return bad(e, "/text", "is not UTF-8, or holds a NUL");
	if (!slice_utf8(m->html))
		return bad(e, "/html", "is not UTF-8, or holds a NUL");
	if (m->parts_n > PARTS_MAX)
		return err_at(e, RC_INVALID, "/parts", "over %d", PARTS_MAX);
	return RC_OK;
}

static enum rc
vet(const struct mime *m, struct err *e)
{
	enum rc rc = vet_mailbox(&m->from, "/from", e);

	if (rc == RC_OK)
		rc = vet_mailbox(&m->to, "/to", e);
	if (rc == RC_OK && m->reply_to.address.n > 0)
		rc = vet_mailbox(&m->reply_to, "/reply_to", e);
	if (rc == RC_OK)
		rc = vet_text(m->subject, MIME_SUBJECT_MAX, "/subject", e);
	if (rc == RC_OK)
		rc = vet_headers(m, e);
	if (rc == RC_OK)
		rc = vet_bodies(m, e);
	for (size_t i = 0; rc == RC_OK && i < m->parts_n; i++)
		rc = vet_part(m, i, e);
	return rc;
}

/* ---- headers ---- */

static void
token_header(struct sbuf *out, const char *name, struct slice value)
{
	struct fold f;

	if (value.n == 0)
		return;
	fold_begin(&f, out, name);
	fold_token(&f, value);
	fold_end(&f);
}

static void
mailbox_header(struct sbuf *out, const char *name, const struct mime_mailbox *m)
{
	char angle[MAILBOX_MAX + 4];
	struct fold f;
	int n;

	if (m->address.n == 0)
		return;
	fold_begin(&f, out, name);
	if (m->name.n == 0) {
		fold_token(&f, m->address);
	} else {
		n = snprintf(angle, sizeof angle, "<%.*s>",
			     SLICE_ARG(m->address));
		fold_phrase(&f, m->name);
		fold_token(&f, slice_of(angle, (size_t)n));
	}
	fold_end(&f);
}

static void
text_header(struct sbuf *out, const char *name, struct slice text)
{
	struct fold f;

	fold_begin(&f, out, name);
	fold_text(&f, text);
	fold_end(&f);
}

static void
angle_header(struct sbuf *out, const char *name, struct slice value)
{
	char angle[URL_MAX + 4];
	int n;

	if (value.n == 0)
		return;
	n = snprintf(angle, sizeof angle, "<%.*s>", SLICE_ARG(value));
	token_header(out, name, slice_of(angle, (size_t)n));
}

static void
date_header(struct sbuf *out, int64_t us)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int32_t date = (int32_t)(us / DAY_US);
	int64_t s = us % DAY_US / SECOND_US;
	int y, m, d;

	date_split(date, &y, &m, &d);
	sbuf_addf(out, "Date: %.3s, %d %.3s %04d %02d:%02d:%02d +0000\r\n",
		  days + 3 * date_weekday(date), d, months + 3 * (m - 1), y,
		  (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

static void
headers(const struct mime *m, struct sbuf *out)
{
	date_header(out, m->date_us);
	mailbox_header(out, "From", &m->from);
	mailbox_header(out, "Reply-To", &m->reply_to);
	mailbox_header(out, "To", &m->to);
	text_header(out, "Subject", m->subject);
	angle_header(out, "Message-ID", m->message_id);
	token_header(out, "Content-Language", m->language);
	token_header(out, "Auto-Submitted", SLICE("auto-generated"));
	text_header(out, "X-Auto-Response-Suppress", SLICE("OOF, AutoReply"));
	token_header(out, "Feedback-ID", m->feedback_id);
	angle_header(out, "List-Unsubscribe", m->unsubscribe_url);
	/* One click is for HTTPS alone.  Ref: RFC 8058 3.1. */
	if (slice_starts(m->unsubscribe_url, SLICE("https://")))
		token_header(out, "List-Unsubscribe-Post",
			     SLICE("List-Unsubscribe=One-Click"));
	token_header(out, "X-Evidence-Ref", m->evidence_ref);
	token_header(out, "X-Evidence-Checkpoint", m->evidence_checkpoint);
	token_header(out, "MIME-Version", SLICE("1.0"));
}

/* ---- parts ---- */

/* A boundary cannot occur in quoted-printable or base64, where "=_" never
 * does, so that it need not be looked for. */
static void
add_boundary(struct sbuf *out, const struct mime *m, char level)
{
	char hex[REF_HEX];

	ref_hex(m->mref, hex);
	sbuf_addf(out, "=_%c_%s", level, hex);
}

static void
multipart(struct sbuf *out, const struct mime *m, const char *type, char level)
{
	sbuf_addf(out, "Content-Type: multipart/%s;\r\n boundary=\"", type);
	add_boundary(out, m, level);
	sbuf_add(out, SLICE("\"\r\n\r\n"));
}

static void
delimiter(struct sbuf *out, const struct mime *m, char level, const char *end)
{
	sbuf_add(out, SLICE("--"));
	add_boundary(out, m, level);
	sbuf_add_z(out, end);
	sbuf_add(out, SLICE("\r\n"));
}

static void
body(struct sbuf *out, const char *type, struct slice text)
{
	bool base64 = encode_prefers_base64(text);

	sbuf_addf(out,
		  "Content-Type: text/%s; charset=utf-8\r\n"
		  "Content-Transfer-Encoding: %s\r\n\r\n",
		  type, base64 ? "base64" : "quoted-printable");
	if (base64)
		encode_base64_text(text, out);
	else
		encode_qp(text, out);
}

static void
file(struct sbuf *out, const struct mime_part *p)
{
	struct fold f;

	fold_begin(&f, out, "Content-Type");
	fold_token(&f, p->type);
	fold_end(&f);
	sbuf_add(out, SLICE("Content-Transfer-Encoding: base64\r\n"));
	fold_begin(&f, out, "Content-Disposition");
	fold_token(&f,
		   p->content_id.n > 0 ? SLICE("inline") : SLICE("attachment"));
	if (p->name.n > 0)
		fold_parameter(&f, "filename", p->name);
	fold_end(&f);
	angle_header(out, "Content-ID", p->content_id);
	sbuf_add(out, SLICE("\r\n"));
	encode_base64(p->content, out);
}

/* The parts that are shown in the HTML, or those that are not. */
static size_t
count(const struct mime *m, bool shown)
{
	size_t n = 0;

	for (size_t i = 0; i < m->parts_n; i++)
		n += (m->parts[i].content_id.n > 0) == shown;
	return n;
}

static void
files(struct sbuf *out, const struct mime *m, bool shown, char level)
{
	for (size_t i = 0; i < m->parts_n; i++) {
		if ((m->parts[i].content_id.n > 0) != shown)
			continue;
		delimiter(out, m, level, "");
		file(out, &m->parts[i]);
	}
	delimiter(out, m, level, "--");
}

static void
html(struct sbuf *out, const struct mime *m)
{
	if (count(m, true) == 0) {
		body(out, "html", m->html);
		return;
	}
	multipart(out, m, "related", 'r');
	delimiter(out, m, 'r', "");
	body(out, "html", m->html);
	files(out, m, true, 'r');
}

static void
bodies(struct sbuf *out, const struct mime *m)
{
	if (m->html.n == 0) {
		body(out, "plain", m->text);
	} else if (m->text.n == 0) {
		html(out, m);
	} else {
		multipart(out, m, "alternative", 'a');
		delimiter(out, m, 'a', "");
		body(out, "plain", m->text);
		delimiter(out, m, 'a', "");
		html(out, m);
		delimiter(out, m, 'a', "--");
	}
}

enum rc
mime_write(const struct mime *m, struct sbuf *out, struct err *e)
{
	enum rc rc = vet(m, e);

	if (rc != RC_OK)
		return rc;
	headers(m, out);
	if (count(m, false) == 0) {
		bodies(out, m);
	} else {
		multipart(out, m, "mixed", 'm');
		delimiter(out, m, 'm', "");
		bodies(out, m);
		files(out, m, false, 'm');
	}
	if (!sbuf_ok(out))
		return err_set(e, RC_LIMIT, "the message is over %zu bytes",
			       out->max);
	return RC_OK;
}
