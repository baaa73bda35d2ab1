#include "api/render.h"

#include "proof/ledger.h"
#include "tracker/agents.h"

/* The wording of EVIDENCE.md's ladder where an event is a fact of it. */
static const struct {
	enum kind kind;
	const char *title;
} titles[] = {
    {KIND_INVOICE_PLANNED, "Planned from an invoice."},
    {KIND_INVOICE_CHANGED, "The invoice changed."},
    {KIND_NOTICE_RELEASED, "Released for sending."},
    {KIND_NOTICE_HELD, "Held."},
    {KIND_NOTICE_RESUMED, "Goes on after being held."},
    {KIND_NOTICE_CANCELLED, "Cancelled: it will not be sent."},
    {KIND_NOTICE_REVIVED, "Planned again."},
    {KIND_NOTICE_SKIPPED, "Not sent."},
    {KIND_NOTICE_DONE, "All its messages have ended."},
    {KIND_MESSAGE_CREATED, "Prepared by the sender."},
    {KIND_MESSAGE_REJECTED, "Refused before any attempt."},
    {KIND_MESSAGE_ATTEMPTED, "An attempt at delivery began."},
    {KIND_MESSAGE_ACCEPTED,
     "A mail server accepted responsibility for the message."},
    {KIND_MESSAGE_DEFERRED, "Not taken yet; it will be tried again."},
    {KIND_MESSAGE_FAILED, "Refused for good."},
    {KIND_MESSAGE_UNCERTAIN,
     "The connection ended before the reply: it may have arrived."},
    {KIND_MESSAGE_EXPIRED, "Given up: its time is over."},
    {KIND_MESSAGE_CANCELLED, "Taken back before it was sent."},
    {KIND_MESSAGE_DELIVERED,
     "The recipient's system reports delivery to the mailbox."},
    {KIND_MESSAGE_BOUNCED, "The recipient's system returned it."},
    {KIND_MESSAGE_COMPLAINED, "The recipient complained of it."},
    {KIND_MESSAGE_OPENED,
     "Its image was loaded, as a machine may do.  Not proof of reading."},
    {KIND_MESSAGE_CLICKED,
     "A link of it was requested, as a machine may do.  Not proof of reading."},
    {KIND_MESSAGE_VIEWED,
     "Its page was requested, as a machine may do.  Not proof of reading."},
    {KIND_MESSAGE_VISITED,
     "A form of it was requested, as a machine may do.  Not proof of reading."},
    {KIND_MESSAGE_FLOODED, "It was hit too often: these were counted alone."},
    {KIND_MESSAGE_ANSWERED,
     "Someone holding this message's secret link answered."},
    {KIND_MESSAGE_OBJECTED,
     "Someone holding this message's secret link objected."},
    {KIND_MESSAGE_SUBMITTED, "A form behind its secret link was sent."},
    {KIND_MESSAGE_REPLIED, "A reply to it came by mail."},
    {KIND_MESSAGE_CLASSIFIED, "Its hits were judged: machine or person."},
    {KIND_MESSAGE_FORGOTTEN,
     "What was kept of its visitors was destroyed: its time was over."},
    {KIND_REPORT_CLAIMED, "A report came that is not authenticated."},
    {KIND_CUSTOMER_HELD, "All notices to the customer are held."},
    {KIND_CUSTOMER_RELEASED, "Notices to the customer go on."},
    {KIND_CUSTOMER_UNREACHABLE, "No address is left to tell."},
    {KIND_CUSTOMER_CONSENTED, "The customer consented to tracking."},
    {KIND_CUSTOMER_WITHDREW, "The customer refuses to be tracked."},
    {KIND_CUSTOMER_ERASED, "The customer's data was erased."},
    {KIND_CONTACT_CHANGED, "A contact changed."},
    {KIND_CONTACT_SUPPRESSED, "An address is no longer written to."},
    {KIND_CONTACT_SKIPPED, "An address was left out: it takes no mail."},
    {KIND_CONTACT_RESTORED, "An address is written to again."},
    {KIND_ACT_DUE, "An act is due, and allowed."},
    {KIND_GATE_ALLOWED, "The gate allowed an act."},
    {KIND_GATE_DENIED, "The gate denied an act."},
    {KIND_GATE_OVERRIDDEN, "The gate's answer was overridden."},
    {KIND_SENDING_PAUSED, "Sending was paused."},
    {KIND_SENDING_RESUMED, "Sending was resumed."},
    {KIND_KEY_ROTATED, "A key was rotated."},
    {KIND_KEY_REVOKED, "A key was revoked."},
    {KIND_ALARM_RAISED, "An alarm was raised."},
    {KIND_ALARM_CLEARED, "An alarm was cleared."},
};

static const char *const class_titles[AGENT_CLASSES] = {
    [AGENT_UNDETERMINED] = "Whether a person or an automated system did it "
			   "cannot be told.",
    [AGENT_MACHINE] =
	"An automated system processed it.  Not evidence of reading.",
    [AGENT_MACHINE_LIKELY] = "From a network of scanners or servers: an "
			     "automated system, as is likely.",
    [AGENT_PROXIED] = "Fetched through the mail provider.  Not evidence of "
		      "reading.",
    [AGENT_RELAY] = "Fetched through a relay that hides who asks.  Not "
		    "evidence of reading.",
    [AGENT_PERSON_LIKELY] = "Consistent with, not proof of, a person.",
};

const char *
render_class_title(int class)
{
	return class >= 0 && class < AGENT_CLASSES ? class_titles[class] : "";
}

const char *
render_title(int kind)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if ((int)titles[i].kind == kind)
			return titles[i].title;
	return "An event of a kind that this version does not know.";
}
