#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "mailer/verdict.h"

/* What servers say, word for word but for names and addresses. */
static const struct {
	enum stage stage;
	const char *reply;
	enum verdict want;
} replies[] = {
    /* Gmail */
    {STAGE_RCPT,
     "550-5.1.1 The email account that you tried to reach does not exist. "
     "Please try\r\n550-5.1.1 double-checking the recipient's email address "
     "for typos or\r\n550 5.1.1 unnecessary spaces.",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "550 5.2.1 The email account that you tried to reach is inactive.",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "550-5.2.1 The user you are trying to contact is receiving mail at a rate "
     "that\r\n550 5.2.1 prevents additional messages from being delivered.",
     VERDICT_RETRY},
    {STAGE_RCPT,
     "450-4.2.1 The user you are trying to contact is receiving mail at a rate "
     "that\r\n450 4.2.1 prevents additional messages from being delivered.",
     VERDICT_RETRY},
    {STAGE_RCPT,
     "452-4.2.2 The recipient's inbox is out of storage space. Please direct "
     "the\r\n452 4.2.2 recipient to the page of help",
     VERDICT_MAILBOX_FULL},
    {STAGE_RCPT,
     "553 5.1.3 The recipient address <x@y> is not a valid RFC 5321 address.",
     VERDICT_BAD_ADDRESS},
    {STAGE_DOT,
     "421-4.7.26 This mail has been rate limited because the sender is\r\n421 "
     "4.7.26 unauthenticated.",
     VERDICT_SLOW_DOWN},
    {STAGE_DOT,
     "550-5.7.1 [192.0.2.1 19] Our system has detected that this message is "
     "likely\r\n550 5.7.1 suspicious due to the very low reputation of the "
     "sending domain.",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT,
     "550-5.7.25 [192.0.2.1] The IP address sending this message does not have "
     "a PTR\r\n550 5.7.25 record setup",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT,
     "550-5.7.30 This mail has been blocked because the sender is "
     "unauthenticated.\r\n550 5.7.30 Gmail requires all senders to "
     "authenticate with DKIM.",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT,
     "550 5.7.1 [192.0.2.1] Messages missing a valid Message-ID header are not "
     "accepted.",
     VERDICT_OURS},
    {STAGE_DOT, "552-5.2.3 Your message exceeded Google's message size limits.",
     VERDICT_OURS},
    {STAGE_RCPT, "550 5.4.5 Daily user sending limit exceeded.",
     VERDICT_SLOW_DOWN},
    {STAGE_MAIL, "451 4.3.0 Mail server temporarily rejected message.",
     VERDICT_RETRY},
    /* Outlook.com and Exchange */
    {STAGE_RCPT,
     "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "550 5.4.1 [x@y.example]: Recipient address rejected: Access denied. "
     "[DB8.prod.example]",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient x@y.example not "
     "found by SMTP address lookup",
     VERDICT_BAD_ADDRESS},
    {STAGE_MAIL,
     "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. "
     "(S77714)",
     VERDICT_SLOW_DOWN},
    {STAGE_MAIL,
     "451 4.7.652 The mail server [192.0.2.1] has exceeded the maximum number "
     "of connections. (S3115)",
     VERDICT_SLOW_DOWN},
    {STAGE_MAIL,
     "421 RP-001 The mail server IP connecting to Outlook.com has exceeded the "
     "rate limit allowed.",
     VERDICT_SLOW_DOWN},
    {STAGE_DOT,
     "550 5.7.515 Access denied, sending domain b.example does not meet the "
     "required authentication level.",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT,
     "550 5.7.509 Access denied, sending domain b.example does not pass DMARC "
     "verification and has a DMARC policy of reject.",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "550 5.7.708 Service unavailable. Access denied, traffic not accepted "
     "from this IP.",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "550 5.7.501 Service unavailable. Access denied, spam abuse detected",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 5.7.64 TenantAttribution; Relay Access Denied",
     VERDICT_OURS},
    {STAGE_RCPT, "554 5.4.14 Hop count exceeded - possible mail loop",
     VERDICT_OURS},
    {STAGE_RCPT,
     "554 5.2.122 The recipient has exceeded their limit for the number of "
     "messages they can receive per hour.",
     VERDICT_RETRY},
    {STAGE_DOT,
     "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication "
     "required",
     VERDICT_OURS},
    {STAGE_DOT, "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception",
     VERDICT_MAILBOX_FULL},
    {STAGE_DOT, "550 5.1.8 Access denied, bad outbound sender", VERDICT_OURS},
    {STAGE_DOT,
     "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
     VERDICT_OURS},
    {STAGE_GREETING,
     "421 4.3.2 The maximum number of concurrent connections has exceeded a "
     "limit, closing transmission channel",
     VERDICT_SLOW_DOWN},
    {STAGE_DOT,
     "451 4.7.0 Temporary server error. Please try again later. PRX2",
     VERDICT_RETRY},
    /* Yahoo and AOL */
    {STAGE_MAIL,
     "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, "
     "because the ip is in Spamhaus's list",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "553 5.7.2 [TSS09] All messages from 192.0.2.1 will be permanently "
     "deferred",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently "
     "deferred",
     VERDICT_SLOW_DOWN},
    {STAGE_DOT,
     "554 delivery error: dd Requested mail action aborted, mailbox not found",
     VERDICT_BAD_ADDRESS},
    {STAGE_DOT,
     "554 30 Sorry, your message to x@y.example cannot be delivered. This "
     "mailbox is disabled (554.30).",
     VERDICT_BAD_ADDRESS},
    {STAGE_DOT, "552 1 Requested mail action aborted, mailbox over quota",
     VERDICT_MAILBOX_FULL},
    {STAGE_DOT, "451 Message temporarily deferred - [160]", VERDICT_RETRY},
    /* iCloud, GMX, Orange, Comcast, Mail.ru, Yandex, QQ */
    {STAGE_RCPT, "550 5.1.1 unknown or illegal alias: x@y.example",
     VERDICT_BAD_ADDRESS},
    {STAGE_DOT, "554 5.7.1 [CS01] Message rejected due to local policy.",
     VERDICT_POLICY_BLOCK},
    {STAGE_GREETING,
     "554-gmx.example (mx01) Nemesis ESMTP Service not available\r\n554-No "
     "SMTP service\r\n554 Bad DNS PTR resource record.",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT,
     "554-Transaction failed\r\n554 Reject due to policy restrictions.",
     VERDICT_POLICY_BLOCK},
    {STAGE_MAIL,
     "550-Requested action not taken: mailbox unavailable\r\n550 invalid DNS "
     "MX or A/AAAA resource record",
     VERDICT_OURS},
    {STAGE_RCPT,
     "552 Requested mail action aborted: exceeded storage allocation",
     VERDICT_MAILBOX_FULL},
    {STAGE_RCPT,
     "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid "
     "recipient. OFR_416 [416]",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "550 5.1.0 <b.x@b.example> sender rejected : invalid sender domain",
     VERDICT_OURS},
    {STAGE_MAIL, "421 4.1.0 192.0.2.1 Throttled - try again later.",
     VERDICT_SLOW_DOWN},
    {STAGE_RCPT, "550 5.1.1 Not our Customer", VERDICT_BAD_ADDRESS},
    {STAGE_DOT,
     "550 Message was not accepted -- invalid mailbox. Local mailbox "
     "x@y.example is unavailable: user not found",
     VERDICT_BAD_ADDRESS},
    {STAGE_DOT, "550 spam message rejected. Please visit the page of help",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 5.7.1 No such user!", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "451 4.7.1 Sorry, the service is currently unavailable. Please come back "
     "later.",
     VERDICT_RETRY_LATER},
    {STAGE_RCPT, "550 Connection frequency limited.", VERDICT_SLOW_DOWN},
    {STAGE_RCPT, "550 Mailbox unavailable or access denied",
     VERDICT_BAD_ADDRESS},
    /* Postfix */
    {STAGE_RCPT,
     "550 5.1.8 <b.x@b.example>: Sender address rejected: Domain not found",
     VERDICT_OURS},
    {STAGE_RCPT,
     "550 5.1.7 <b.x@b.example>: Sender address rejected: undeliverable "
     "address: host said: 550 5.1.1 user unknown",
     VERDICT_OURS},
    {STAGE_RCPT,
     "550 5.1.0 <b.x@b.example>: Sender address rejected: User unknown in "
     "local recipient table",
     VERDICT_OURS},
    {STAGE_RCPT,
     "553 5.7.1 <b.x@b.example>: Sender address rejected: not logged in",
     VERDICT_OURS},
    {STAGE_RCPT,
     "554 5.7.1 <b.x@b.example>: Sender address rejected: Access denied",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "451 4.1.8 <b.x@b.example>: Sender address rejected: Domain not found",
     VERDICT_RETRY},
    {STAGE_RCPT,
     "550 5.1.1 <sender@sender.example>: Recipient address rejected: User "
     "unknown in virtual mailbox table",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "550 5.1.0 <x@y.example>: Recipient address rejected: undeliverable "
     "address: mail for y.example loops back to myself",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "450 4.1.1 <x@y.example>: Recipient address rejected: unverified address: "
     "Address verification in progress",
     VERDICT_RETRY_LATER},
    {STAGE_RCPT,
     "450 4.1.2 <x@y.example>: Recipient address rejected: Domain not found",
     VERDICT_RETRY},
    {STAGE_RCPT,
     "550 5.7.1 <x@y.example>: Recipient address rejected: Please see "
     "http://www.openspf.net/Why?s=mfrom",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "550 5.7.23 <x@y.example>: Recipient address rejected: Message rejected "
     "due to: SPF fail - not authorized",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]",
     VERDICT_RETRY},
    {STAGE_RCPT,
     "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified "
     "hostname",
     VERDICT_OURS},
    {STAGE_RCPT,
     "550 5.7.1 <mail.b.example>: Helo command rejected: Host not found",
     VERDICT_OURS},
    {STAGE_RCPT,
     "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using "
     "list.example; see the page",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "454 4.7.1 <x@y.example>: Relay access denied", VERDICT_RETRY},
    {STAGE_RCPT, "452 4.3.1 Insufficient system storage", VERDICT_RETRY},
    {STAGE_RCPT, "552 5.2.2 Mailbox size limit exceeded", VERDICT_MAILBOX_FULL},
    {STAGE_DOT,
     "552 5.2.2 This message is larger than the space left in the mailbox; "
     "mailbox size exceeded",
     VERDICT_MAILBOX_FULL},
    {STAGE_DOT, "552 5.3.4 Error: message file too big", VERDICT_OURS},
    {STAGE_DOT, "554 5.4.6 Error: too many hops", VERDICT_OURS},
    {STAGE_DOT, "554 5.7.1 Spam message rejected", VERDICT_POLICY_BLOCK},
    {STAGE_DOT, "451 4.7.1 Try again later", VERDICT_RETRY_LATER},
    {STAGE_DOT,
     "550 5.7.1 Message rejected: address of a link in it is disabled",
     VERDICT_OURS},
    {STAGE_DOT, "554 5.7.0 Reject, id=01234-05 - INFECTED: Eicar",
     VERDICT_OURS},
    /* Exim */
    {STAGE_RCPT, "550 Sender verify failed", VERDICT_OURS},
    {STAGE_RCPT,
     "550-Verification failed for <b.x@b.example>\r\n550-No Such User "
     "Here\r\n550 Sender verify failed",
     VERDICT_OURS},
    {STAGE_RCPT, "550-Callout verification failed:\r\n550 550 Unknown user",
     VERDICT_OURS},
    {STAGE_RCPT, "451 Could not complete sender verify callout", VERDICT_RETRY},
    {STAGE_RCPT, "550 Unrouteable address", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 Administrative prohibition", VERDICT_OURS},
    {STAGE_RCPT, "550 relay not permitted", VERDICT_OURS},
    {STAGE_RCPT,
     "550-mail.b.example [192.0.2.1] is currently not permitted to relay "
     "through\r\n550 this server.",
     VERDICT_OURS},
    {STAGE_RCPT, "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)",
     VERDICT_OURS},
    {STAGE_RCPT,
     "550 JunkMail rejected - mail.b.example [192.0.2.1] is in an RBL on "
     "list.example",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "552 Mailbox is full / Blocks limit exceeded / Inode limit exceeded",
     VERDICT_MAILBOX_FULL},
    {STAGE_RCPT, "550 mailbox is full: retry timeout exceeded",
     VERDICT_MAILBOX_FULL},
    {STAGE_DOT, "552 Message size exceeds maximum permitted", VERDICT_OURS},
    {STAGE_DOT, "550 maximum allowed line length is 998 octets, got 1001",
     VERDICT_OURS},
    {STAGE_DOT,
     "550 Domain b.example has exceeded the max emails per hour (500/500 "
     "(100%)) allowed. Message discarded.",
     VERDICT_SLOW_DOWN},
    {STAGE_DOT,
     "550 This message was classified as SPAM and may not be delivered",
     VERDICT_POLICY_BLOCK},
    /* qmail and Sendmail */
    {STAGE_RCPT,
     "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
     VERDICT_OURS},
    {STAGE_RCPT,
     "553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "552 sorry, that message size exceeds my databytes limit (#5.3.4)",
     VERDICT_OURS},
    {STAGE_DOT, "554 qq Mail server permanently rejected message (#5.3.0)",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT, "451 qq temporary problem (#4.3.0)", VERDICT_RETRY},
    {STAGE_RCPT, "550 5.1.1 <x@y.example>... User unknown",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 5.7.1 <x@y.example>... Relaying denied", VERDICT_OURS},
    {STAGE_RCPT,
     "553 5.1.8 <b.x@b.example>... Domain of sender address b.x@b.example does "
     "not exist",
     VERDICT_OURS},
    {STAGE_RCPT,
     "553 5.3.0 <x@y.example>... DNSBL:RBL 521< 192.0.2.1 >_is_blocked.",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "521 5.3.2 Not for me", VERDICT_NEXT_EXCHANGER},
    {STAGE_RCPT, "554 5.3.5 Local configuration error", VERDICT_OURS},
    {STAGE_MAIL, "452 4.4.5 Insufficient disk space; try again later",
     VERDICT_RETRY},
    /* Mimecast, Proofpoint, Barracuda, IronPort, MessageLabs */
    {STAGE_RCPT,
     "550 csi.mimecast.org Poor Reputation Sender. - "
     "https://community.mimecast.com/docs/DOC-1369#550",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "550 Administrative prohibition - envelope blocked - "
     "https://community.mimecast.com/docs/DOC-1369#550",
     VERDICT_OURS},
    {STAGE_RCPT,
     "550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550",
     VERDICT_BAD_ADDRESS},
    {STAGE_DOT,
     "550 Rejected by header based Anti-Spoofing policy: b@b.example - "
     "https://community.mimecast.com/docs/DOC-1369#550",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "451 Internal resources are temporarily unavailable - "
     "https://community.mimecast.com/docs/DOC-1369#451",
     VERDICT_RETRY},
    {STAGE_GREETING,
     "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "550 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT, "550 5.7.0 Local Policy Violation", VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 5.7.0 Local Policy Violation", VERDICT_OURS},
    {STAGE_RCPT,
     "554 Service unavailable; Client host [mail.b.example] blocked using "
     "Barracuda Reputation; "
     "http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.1",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT,
     "550 permanent failure for one or more recipients (x@y.example:blocked)",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT,
     "550 permanent failure for one or more recipients (x@y.example:550 5.1.1 "
     "User unknown)",
     VERDICT_BAD_ADDRESS},
    {STAGE_GREETING,
     "554-mx.y.example\r\n554 Your access to this mail system has been "
     "rejected due to the sending MTA's poor reputation.",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 #5.1.0 Address rejected.", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "550 #5.7.1 Your access to submit messages to this e-mail system has been "
     "rejected.",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "452 Too many recipients received this hour",
     VERDICT_SLOW_DOWN},
    {STAGE_RCPT,
     "553-Message filtered. Refer to the Troubleshooting page for more\r\n553 "
     "information. (#5.7.1)",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "553 you are trying to use me [mx.y.example] as a relay, but I have not "
     "been configured to let you (#5.7.1)",
     VERDICT_OURS},
    {STAGE_MAIL,
     "501 Connection rejected by policy [7.7] 8606, please visit the page",
     VERDICT_POLICY_BLOCK},
    /* relays: Amazon SES and others */
    {STAGE_DOT,
     "554 Message rejected: Email address is not verified. The following "
     "identities failed the check in region EU-WEST-1: b@b.example",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT, "554 Message rejected: Sending suspended for this account.",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT, "454 Throttling failure: Maximum sending rate exceeded.",
     VERDICT_SLOW_DOWN},
    {STAGE_DOT, "454 Throttling failure: Daily message quota exceeded.",
     VERDICT_SLOW_DOWN},
    {STAGE_AUTH, "535 Authentication Credentials Invalid", VERDICT_OURS},
    {STAGE_RCPT, "550 5.7.1 Message rejected due to sender's account suspended",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 5.7.1 Your account has been suspended",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "554 5.7.1 Email rejected due to your IP address 192.0.2.1 being invalid",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 Unauthenticated senders not allowed",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT,
     "550 The from address does not match a verified Sender Identity.",
     VERDICT_OURS},
    {STAGE_RCPT, "554 Relay rejected for policy reasons.", VERDICT_OURS},
    {STAGE_RCPT, "550 5.7.1 Sender rejected by recipient", VERDICT_OURS},
    /* Dovecot, OpenSMTPD, MDaemon, Domino */
    {STAGE_DOT,
     "552 5.2.2 <x@y.example> Quota exceeded (mailbox for user is full)",
     VERDICT_MAILBOX_FULL},
    {STAGE_RCPT, "550 5.1.1 <x@y.example> User doesn't exist: x@y.example",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 Invalid recipient: <x@y.example>", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 <x@y.example>, Recipient unknown", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "550 Relaying to <x@y.example> denied (authentication required)",
     VERDICT_OURS},
    /* for now, whatever the code */
    {STAGE_RCPT, "550 4.7.1 Greylisted, please try again in 300 seconds",
     VERDICT_RETRY_LATER},
    {STAGE_RCPT, "550 4.2.1 The mailbox is temporarily disabled, try later",
     VERDICT_RETRY},
    {STAGE_RCPT, "550 4.2.1 User unknown", VERDICT_RETRY},
    {STAGE_RCPT, "550 4.4.1 Temporary lookup failure", VERDICT_RETRY},
    {STAGE_RCPT, "550 Greylisting in effect, please come back later",
     VERDICT_RETRY_LATER},
    {STAGE_RCPT, "550 Temporary local problem - please try later",
     VERDICT_RETRY},
    {STAGE_RCPT, "550 Please try again later", VERDICT_RETRY},
    {STAGE_RCPT, "550 Internal server error", VERDICT_RETRY},
    {STAGE_RCPT, "550 Requested action not taken: database unavailable",
     VERDICT_RETRY},
    {STAGE_RCPT, "550 unable to verify recipient at this time", VERDICT_RETRY},
    {STAGE_RCPT,
     "550-5.1.1 The email account that you tried to reach does not "
     "exist.\r\n550 4.7.0 other",
     VERDICT_RETRY},
    {STAGE_RCPT, "550 insufficient system resources", VERDICT_RETRY},
    {STAGE_RCPT, "550 5.2.0 mailbox is being moved, try again tomorrow",
     VERDICT_RETRY},
    {STAGE_RCPT, "550 5.1.0 The server is overloaded", VERDICT_RETRY},
    {STAGE_RCPT, "550 5.1.1 User lookup failed, directory down", VERDICT_RETRY},
    {STAGE_RCPT, "550 Recipient verification in progress", VERDICT_RETRY},
    {STAGE_RCPT, "450 5.1.1 User unknown", VERDICT_RETRY},
    {STAGE_DOT, "550 5.1.1 Mailbox database is temporarily unavailable",
     VERDICT_RETRY},
    {STAGE_MAIL, "550 4.7.1 not now", VERDICT_RETRY},
    {STAGE_MAIL, "452 4.3.1 no space", VERDICT_RETRY},
    /* about us */
    {STAGE_RCPT,
     "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 Access denied - invalid HELO name (see RFC2821 4.1.1.1)",
     VERDICT_OURS},
    {STAGE_RCPT, "550 Your country is not allowed to send us mail",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 Rejected", VERDICT_OURS},
    {STAGE_RCPT, "550 Mail from your server is not accepted",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT,
     "550 Recipient not accepted: too many invalid recipients from you",
     VERDICT_SLOW_DOWN},
    {STAGE_RCPT, "550 No TLS, no mail", VERDICT_OURS},
    {STAGE_RCPT, "550 Must issue a STARTTLS command first", VERDICT_OURS},
    {STAGE_RCPT, "550 5.1.0 TLS required", VERDICT_OURS},
    {STAGE_RCPT, "550 we do not accept mail from dynamic IPs",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 SPF: not authorised", VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 Connections from the host not accepted",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "553 sorry, your envelope sender is in my badmailfrom list",
     VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 Domain b.example has no MX record", VERDICT_OURS},
    {STAGE_RCPT, "550 Blocked by geo filter", VERDICT_POLICY_BLOCK},
    {STAGE_RCPT, "550 Bad sender", VERDICT_OURS},
    {STAGE_RCPT, "553 5.3.0 Message refused", VERDICT_OURS},
    {STAGE_RCPT, "550 5.0.0 Message refused", VERDICT_OURS},
    {STAGE_RCPT, "553 authentication required", VERDICT_OURS},
    {STAGE_RCPT, "550 5.1.0 Authentication required", VERDICT_OURS},
    {STAGE_RCPT, "550 Authentication required for relay", VERDICT_OURS},
    {STAGE_RCPT, "550 not local host y.example, not a gateway", VERDICT_OURS},
    {STAGE_RCPT, "550 this domain is not hosted here", VERDICT_OURS},
    {STAGE_RCPT, "550 domain suspended for non payment", VERDICT_OURS},
    {STAGE_RCPT, "553 Relaying disallowed as b@b.example", VERDICT_OURS},
    {STAGE_RCPT, "550 message size limit", VERDICT_OURS},
    {STAGE_RCPT, "550 5.1.0 Not welcome", VERDICT_OURS},
    {STAGE_RCPT, "553 no", VERDICT_OURS},
    {STAGE_RCPT, "551 no", VERDICT_OURS},
    {STAGE_RCPT,
     "554 5.7.1 <x@y.example>: Recipient address rejected: Access denied",
     VERDICT_OURS},
    {STAGE_RCPT,
     "554 5.7.1 <x@y.example>: Recipient address rejected: Rejected by policy",
     VERDICT_OURS},
    {STAGE_DOT, "550 Your message was not delivered because of spam",
     VERDICT_POLICY_BLOCK},
    {STAGE_DOT, "552 5.7.0 illegal attachment", VERDICT_OURS},
    {STAGE_DOT, "550 high probability of spam", VERDICT_POLICY_BLOCK},
    {STAGE_DATA, "554 5.5.1 no valid recipients", VERDICT_OURS},
    {STAGE_MAIL, "550 5.7.1 unable", VERDICT_POLICY_BLOCK},
    {STAGE_MAIL, "553 5.1.8 sender not ok", VERDICT_OURS},
    {STAGE_DOT, "550 5.2.0 The user has rejected your message",
     VERDICT_POLICY_BLOCK},
    /* of the mailbox, in whatever words and with whatever address */
    {STAGE_RCPT, "550 5.1.1-First line", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 R\351cipient inconnu \033[31mred", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 Usuario desconocido", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 El destinatario no existe", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 Empf\xc3\xa4nger unbekannt", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "551 User not local; please try <forward@z.example>",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 Over quota", VERDICT_MAILBOX_FULL},
    {STAGE_RCPT, "550 5.1.1 Mailbox full", VERDICT_MAILBOX_FULL},
    {STAGE_DOT, "550 5.1.1 user unknown", VERDICT_BAD_ADDRESS},
    {STAGE_DOT, "554 5.2.2 full", VERDICT_MAILBOX_FULL},
    {STAGE_RCPT,
     "550 5.1.1 User unknown. Please check the address and try again",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 <later@tls.example>: user unknown", VERDICT_BAD_ADDRESS},
    {STAGE_RCPT, "550 5.1.1 <temporary.spf@greylist.example> unknown",
     VERDICT_BAD_ADDRESS},
    {STAGE_RCPT,
     "550 sorry, this recipient is not in my validrcptto list (#5.7.1)",
     VERDICT_BAD_ADDRESS},
};

static enum verdict
judge(struct verdict_rules *v, enum stage stage, const char *reply,
      const char **rule)
{
	struct outcome o;
	enum verdict got;
	char text[1024];

	snprintf(text, sizeof(text), "%s\r\n", reply);
	outcome_init(&o);
	o.stage = stage;
	o.fate = FATE_REFUSED;
	outcome_reply(&o, slice_z(text));
	got = verdict_of(v, &o, rule);
	outcome_fini(&o);
	return got;
}

static void
each_reply_means_what_its_server_means(void **state)
{
	uint64_t unknown = verdict_unknown();
	struct verdict_rules *v = NULL;
	struct err e = {0};
	bool ok = true;

	(void)state;
	assert_int_equal(verdict_rules_load(NULL, &v, &e), RC_OK);
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		const char *rule;
		enum verdict got =
		    judge(v, replies[i].stage, replies[i].reply, &rule);

		if (got == replies[i].want)
			continue;
		ok = false;
		print_error("%s \"%s\": %s by %s, not %s\n",
			    stage_name(replies[i].stage), replies[i].reply,
			    verdict_name(got), rule,
			    verdict_name(replies[i].want));
	}
	assert_true(ok);
	assert_int_equal(verdict_unknown(), unknown);
	verdict_rules_free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_reply_means_what_its_server_means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
