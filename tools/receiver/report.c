#include "tools/receiver/report.h"

#include "base/date.h"

static const struct {
	const char *action, *status, *subject, *text;
} kinds[] = {
    [REPORT_DELIVERED] = {"delivered", "2.0.0", "Delivered",
			  "The message was delivered to"},
    [REPORT_RELAYED] = {"relayed", "2.0.0", "Relayed",
			"The message was relayed, to a server that reports "
			"nothing, for"},
    [REPORT_FAILED] = {"failed", "5.0.0", "Undelivered",
		       "The message could not be delivered to"},
    [REPORT_DELAYED] = {"delayed", "4.0.0", "Delayed",
			"The message was not yet delivered to"},
};

bool
report_wanted(const struct mail *mail, const struct recipient *r,
	      enum report_kind kind)
{
	unsigned notify =
	    r->notify ? r->notify : (unsigned)NOTIFY_FAILURE | NOTIFY_DELAY;

	if (mail->path.n == 0)
		return false;
	switch (kind) {
	case REPORT_DELIVERED:
	case REPORT_RELAYED:
		return notify & NOTIFY_SUCCESS;
	case REPORT_FAILED:
		return notify & NOTIFY_FAILURE;
	case REPORT_DELAYED:
		return notify & NOTIFY_DELAY;
	case REPORT_NONE:
	default:
		return false;
	}
}

/* "Sat, 21 Nov 2026 18:04:05 +0000" of RFC 5322. */
static void
add_date(struct sbuf *out, int64_t us)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t second = us / SECOND_US;
	int32_t date = (int32_t)(second / 86400);
	int year, month, day, rest = (int)(second % 86400);

	date_split(date, &year, &month, &day);
	sbuf_addf(out, "%.3s, %d %.3s %d %02d:%02d:%02d +0000",
		  days + date_weekday(date) * 3, day, months + (month - 1) * 3,
		  year, rest / 3600, rest / 60 % 60, rest % 60);
}

static void
add_field(struct sbuf *out, const char *name, struct slice value)
{
	sbuf_add_z(out, name);
	sbuf_add_z(out, ": ");
	sbuf_add_header(out, value);
	sbuf_add_z(out, "\r\n");
}

static void
add_field_date(struct sbuf *out, const char *name, int64_t us)
{
	sbuf_add_z(out, name);
	sbuf_add_z(out, ": ");
	add_date(out, us);
	sbuf_add_z(out, "\r\n");
}

/* The enhanced code of a reply ("550 5.1.1 text"), or the kind's own. */
static struct slice
status_of(const struct report *r)
{
	struct slice rest = slice_skip(r->diagnostic, 4);
	struct slice code = slice_cut(&rest, ' ');

	if (code.n >= 5 && code.p[1] == '.' && code.p[0] >= '2' &&
	    code.p[0] <= '5')
		return code;
	return slice_z(kinds[r->kind].status);
}

static void
add_head(const struct report *r, struct sbuf *out)
{
	sbuf_add_z(out, "From: Mail Delivery System <mailer-daemon@");
	sbuf_add_z(out, r->hostname);
	sbuf_add_z(out, ">\r\nTo: <");
	sbuf_add_header(out, r->mail->path);
	sbuf_add_z(out, ">\r\n");
	add_field(out, "Subject", slice_z(kinds[r->kind].subject));
	add_field_date(out, "Date", r->now_us);
	sbuf_addf(out,
		  "Message-ID: <report.%llu.%lld@%s>\r\n"
		  "Auto-Submitted: auto-replied\r\n"
		  "MIME-Version: 1.0\r\n"
		  "Content-Type: multipart/report; "
		  "report-type=%sdelivery-status;\r\n"
		  "\tboundary=\"=_report_%llu\"\r\n"
		  "\r\n",
		  (unsigned long long)r->number, (long long)r->now_us,
		  r->hostname, r->recipient->utf8 ? "global-" : "",
		  (unsigned long long)r->number);
}

static void
add_boundary(const struct report *r, struct sbuf *out, const char *end)
{
	sbuf_addf(out, "--=_report_%llu%s\r\n", (unsigned long long)r->number,
		  end);
}

static void
add_text(const struct report *r, struct sbuf *out)
{
	add_boundary(r, out, "");
	sbuf_add_z(out, "Content-Type: text/plain; charset=utf-8\r\n\r\n");
	sbuf_addf(out, "%s\r\n\r\n\t<", kinds[r->kind].text);
	sbuf_add_header(out, r->recipient->path);
	sbuf_add_z(out, ">\r\n\r\n");
	if (r->diagnostic.n) {
		sbuf_add_header(out, r->diagnostic);
		sbuf_add_z(out, "\r\n\r\n");
	}
	sbuf_add_z(out, "This comes from a mail server that is for tests.\r\n");
}

static void
add_status(const struct report *r, struct sbuf *out)
{
	bool utf8 = r->recipient->utf8;

	add_boundary(r, out, "");
	sbuf_addf(out, "Content-Type: message/%sdelivery-status\r\n\r\n",
		  utf8 ? "global-" : "");
	if (r->mail->envid.n)
		add_field(out, "Original-Envelope-Id", r->mail->envid);
	sbuf_addf(out, "Reporting-MTA: dns; %s\r\n", r->hostname);
	add_field_date(out, "Arrival-Date", r->arrived_us);
	sbuf_add_z(out, "\r\n");
	if (r->recipient->orcpt.n)
		add_field(out, "Original-Recipient", r->recipient->orcpt);
	sbuf_addf(out, "Final-Recipient: %s; ", utf8 ? "utf-8" : "rfc822");
	sbuf_add_header(out, r->recipient->path);
	sbuf_add_z(out, "\r\n");
	add_field(out, "Action", slice_z(kinds[r->kind].action));
	add_field(out, "Status", status_of(r));
	if (r->diagnostic.n) {
		sbuf_add_z(out, "Diagnostic-Code: smtp; ");
		sbuf_add_header(out, r->diagnostic);
		sbuf_add_z(out, "\r\n");
	}
	add_field_date(out, "Last-Attempt-Date", r->now_us);
	sbuf_add_z(out, "\r\n");
}

/* Header block up to and with its blank line. */
static struct slice
header_of(struct slice content)
{
	ptrdiff_t end = slice_find(content, SLICE("\r\n\r\n"));

	return end < 0 ? content : slice_of(content.p, (size_t)end + 4);
}

static void
add_message(const struct report *r, struct sbuf *out)
{
	bool full =
	    r->kind == REPORT_FAILED && slice_ieq(r->mail->ret, SLICE("FULL"));
	const char *type = full ? "message/rfc822" : "text/rfc822-headers";

	if (r->recipient->utf8)
		type = full ? "message/global" : "message/global-headers";
	add_boundary(r, out, "");
	sbuf_addf(out, "Content-Type: %s\r\n\r\n", type);
	sbuf_add(out, full ? r->content : header_of(r->content));
	sbuf_add_z(out, "\r\n");
	add_boundary(r, out, "--");
}

void
report_write(const struct report *r, struct sbuf *out)
{
	add_head(r, out);
	add_text(r, out);
	add_status(r, out);
	add_message(r, out);
}
