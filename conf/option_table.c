/* All options.  A new one is a row here and a field in its struct; parsing,
 * bounds, conf_print(), and docs/configuration.md follow. */
#include "conf/option.h"

#include "base/clock.h"

#define F(type, field)                                                         \
	offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define SEC SECOND_US
#define PUBLIC_BODY_MAX (64 << 10)  /* what forms hold: portal/portal.c */
#define PRIVATE_BODY_MAX (12 << 20) /* an invoice's: api/handlers.h */

static const struct option_word log_levels[] = {
    {"error", 0}, {"warn", 1}, {"info", 2}, {"debug", 3}, {NULL, 0}};
static const struct option_word trackings[] = {
    {"off", TRACKING_OFF},
    {"aggregate", TRACKING_AGGREGATE},
    {"individual", TRACKING_INDIVIDUAL},
    {NULL, 0}};
static const struct option_word visitors[] = {{"none", VISITOR_NONE},
					      {"truncated", VISITOR_TRUNCATED},
					      {"full", VISITOR_FULL},
					      {NULL, 0}};
static const struct option_word relay_tls[] = {{"off", TLS_OFF},
					       {"may", TLS_MAY},
					       {"must", TLS_MUST},
					       {"implicit", TLS_IMPLICIT},
					       {NULL, 0}};
static const struct option_word mx_tls[] = {
    {"off", TLS_OFF}, {"may", TLS_MAY}, {"must", TLS_MUST}, {NULL, 0}};
static const struct option_word signers[] = {
    {"ours", RELAY_SIGN_OURS}, {"relay", RELAY_SIGN_RELAY}, {NULL, 0}};
static const struct option_word rewrites[] = {
    {"message-id", REWRITES_MESSAGE_ID},
    {"date", REWRITES_DATE},
    {"return-path", REWRITES_RETURN_PATH},
    {NULL, 0}};
static const struct option_word channels[] = {{"email", CHANNEL_EMAIL},
					      {NULL, 0}};
static const struct option_word conditions[] = {
    {"auto_renew_ok", COND_AUTO_RENEW_OK}, {NULL, 0}};
static const struct option_word attachments[] = {{"pdf", 1}, {NULL, 0}};
static const struct option_word classes[] = {
    {"mandatory", 0}, {"optional", 1}, {NULL, 0}};
static const struct option_word proxy_headers[] = {
    {"x-forwarded-for", 0}, {"forwarded", 1}, {NULL, 0}};
static const struct option_word groupings[] = {
    {"none", 0}, {"due_date", 1}, {NULL, 0}};
static const struct option_word facts[] = {
    {"content", FACT_CONTENT},
    {"relay_accepted", FACT_RELAY_ACCEPTED},
    {"relay_reported", FACT_RELAY_REPORTED},
    {"mx_accepted", FACT_MX_ACCEPTED},
    {"delivered", FACT_DELIVERED},
    {"machine", FACT_MACHINE},
    {"person_likely", FACT_PERSON_LIKELY},
    {"confirmed", FACT_CONFIRMED},
    {"holder", FACT_HOLDER},
    {NULL, 0}};

const struct option_section option_sections[] = {
    {"general", "", NULL, 0, 1, "The installation as a whole."},
    {"smtp", "", NULL, 0, 1, "How mail leaves, for all routes."},
    {"http", "", NULL, 0, 1, "The two listeners."},
    {"brand", "", &shape_name, offsetof(struct brand, name), 1000,
     "A sender's identity. At least one."},
    {"relay", "", &shape_name, offsetof(struct relay, name), 100,
     "A submission server that brands and destinations name in `route`."},
    {"destination", "", &shape_pattern, offsetof(struct destination, pattern),
     5000,
     "Concurrency and rate for mail to a domain: by its exact name, else by "
     "the longest `*.` row, else by `*`. What leaves by a relay counts for "
     "`relay/NAME` instead; without such a row 4 connections, 50 messages "
     "each."},
    {"policy", "", &shape_name, offsetof(struct policy, name), 200,
     "A schedule: what is sent when, and what the gate asks for."},
    {"step", "policy", &shape_name, offsetof(struct policy_step, name), 100,
     "A notice of the schedule, once for each invoice (or service) and date."},
    {"act", "policy", &shape_act, offsetof(struct policy_act, name), 20,
     "What the gate decides. It does nothing to the service: billing asks, "
     "and `act.due` goes to webhooks."},
    {"on", "policy", &shape_event, offsetof(struct policy_on, event), 20,
     "A notice for an event that billing tells (`POST /v1/events`)."},
    {NULL, NULL, NULL, 0, 0, NULL},
};

const struct option option_table[] = {
    /* general */
    {"general", "hostname", OPT_TEXT, F(conf, hostname), NULL, 1, 253,
     &shape_host, NULL,
     "Name of this machine in EHLO and Message-ID; its address must have it "
     "as reverse name where mail goes straight to exchangers."},
    {"general", "origin", OPT_TEXT, F(conf, origin), NULL, 1, 200,
     &shape_origin, NULL,
     "Name of the evidence ledger, in every mail and checkpoint. Choose once: "
     "a new name is a new ledger."},
    {"general", "send", OPT_BOOL, F(conf, send), "false", 0, 0, NULL, NULL,
     "`false` observes: plans and shows all, sends nothing."},
    {"general", "blast_limit", OPT_INT, F(conf, blast_limit), "1000", 1,
     1000000000, NULL, NULL,
     "Planning more new sends than this at once pauses sending and alarms."},
    {"general", "mail_workers", OPT_INT, F(conf, mail_workers), "4", 1, 64,
     NULL, NULL,
     "SMTP sessions at once with servers that answer quickly; as many again "
     "with slow ones, and as many again may try others."},
    {"general", "http_threads", OPT_INT, F(conf, http_threads), "2", 1, 32,
     NULL, NULL, "Threads that serve HTTP."},
    {"general", "hit_journal", OPT_SIZE, F(conf, hit_journal), "256M",
     INT64_C(32) << 20, INT64_C(64) << 30, NULL, NULL,
     "Most that the hit journal may take of the disk, while hits wait for a "
     "ledger that takes none: 256M are some 600,000. Past it links lead on, "
     "and hits are lost. It takes 4M for each of `http_threads` and 16M to "
     "begin with; a redirect role beside the server, as many again."},
    {"general", "template_dir", OPT_PATH, F(conf, template_dir), "", 0, 1000,
     &shape_line, NULL,
     "Folder whose files replace those of `templates/`, one by one."},
    {"general", "verdict_file", OPT_PATH, F(conf, verdict_file), "", 0, 1000,
     &shape_line, NULL,
     "Rules on SMTP replies, tried before those built in (`verdicts.conf`)."},
    {"general", "agent_file", OPT_PATH, F(conf, agent_file), "", 0, 1000,
     &shape_line, NULL,
     "Rules that tell machines from persons, instead of those built in "
     "(`agents.conf`)."},
    {"general", "log_level", OPT_TEXT, F(conf, log_level), "info", 1, 8, NULL,
     log_levels, "What is logged. Addresses appear at `debug` alone."},
    /* smtp */
    {"smtp", "allow_private_exchangers", OPT_BOOL,
     F(conf, allow_private_exchangers), "false", 0, 0, NULL, NULL,
     "Deliver to exchangers at private or loopback addresses (tests, a mail "
     "server on the same network)."},
    {"smtp", "resolver", OPT_TEXT, F(conf, resolver), "", 0, 60,
     &shape_resolver, NULL,
     "Name server to ask instead of those in `/etc/resolv.conf`: `127.0.0.1` "
     "or `127.0.0.1@5300`. DANE needs one that passes on what DNSSEC adds."},
    {"smtp", "trust_anchor", OPT_PATH, F(conf, trust_anchor), "", 0, 1000,
     &shape_line, NULL,
     "File with the key of the DNS root (DNSKEY or DS); left out, Debian's, "
     "where `dns-root-data` is installed. Without one there is no DANE."},
    {"smtp", "ca_file", OPT_PATH, F(conf, ca_file), "", 0, 1000, &shape_line,
     NULL,
     "PEM file of the authorities that vouch for relays, exchangers and "
     "MTA-STS policy hosts; left out, the system's."},
    {"smtp", "mx_port", OPT_INT, F(conf, mx_port), "25", 1, 65535, NULL, NULL,
     "Port of the exchangers that the DNS names (tests)."},
    {"smtp", "sts_port", OPT_INT, F(conf, sts_port), "443", 1, 65535, NULL,
     NULL, "Port of MTA-STS policy hosts (tests)."},
    {"smtp", "resend_uncertain", OPT_BOOL, F(conf, resend_uncertain), "true", 0,
     0, NULL, NULL,
     "A message whose acceptance is unknown goes again, same bytes, same "
     "Message-ID; `false` leaves it for a person."},
    {"smtp", "uncertain_delay", OPT_US, F(conf, uncertain_delay_us), "15m", SEC,
     7 * DAY_US, NULL, NULL, "How long after."},
    {"smtp", "retry", OPT_US_LIST, F(conf, retry_us), "5m 15m 1h 2h 4h", 1, 20,
     NULL, NULL,
     "Delays after a deferral, in order; the last one repeats, until the "
     "notice's time is over. Each from 1s to 7d."},
    {"smtp", "connect_timeout", OPT_US, F(conf, smtp_connect_us), "30s", SEC,
     600 * SEC, NULL, NULL, "For opening a connection."},
    {"smtp", "reply_timeout", OPT_US, F(conf, smtp_reply_us), "5m", SEC,
     3600 * SEC, NULL, NULL,
     "For a reply to a command. Ref: RFC 5321, 4.5.3.2 (5 minutes)."},
    {"smtp", "io_timeout", OPT_US, F(conf, smtp_io_us), "3m", SEC, 3600 * SEC,
     NULL, NULL, "For a block of content to be taken."},
    {"smtp", "session_timeout", OPT_US, F(conf, smtp_session_us), "30m", SEC,
     24 * 3600 * SEC, NULL, NULL,
     "For a whole session, but for the reply to the end of a message. None "
     "begins in its second half; what is left has another session."},
    {"smtp", "stop_wait", OPT_US, F(conf, smtp_stop_us), "45s", 0, 600 * SEC,
     NULL, NULL,
     "At a stop, for the replies to messages that are being sent: cut off, "
     "they would be uncertain and go twice. systemd's `TimeoutStopSec` must be "
     "longer by half a minute."},
    /* http */
    {"http", "public_listen", OPT_LISTEN, F(conf, public.listen),
     "127.0.0.1:8480", 0, 0, NULL, NULL,
     "Where pixels, links and the client area are served; `[::]:443` for all "
     "addresses, port 0 for any free one."},
    {"http", "public_tls_certificate", OPT_PATH,
     F(conf, public.tls_certificate), "", 0, 1000, &shape_line, NULL,
     "Its certificate chain (PEM); empty: plain, behind a proxy."},
    {"http", "public_tls_key", OPT_PATH, F(conf, public.tls_key), "", 0, 1000,
     &shape_line, NULL, "Its private key (PEM)."},
    {"http", "public_connections_max", OPT_INT, F(conf, public.connections_max),
     "20000", 16, 1000000, NULL, NULL, "Connections at once, in all."},
    {"http", "public_connections_per_address", OPT_INT,
     F(conf, public.connections_per_address), "2000", 1, 1000000, NULL, NULL,
     "Connections at once from one address, proxies excepted."},
    {"http", "public_request_timeout", OPT_MS,
     F(conf, public.request_timeout_ms), "30s", 100, 3600000, NULL, NULL,
     "From a request's first byte to its last, and for a connection that asks "
     "nothing."},
    {"http", "public_body_max", OPT_SIZE, F(conf, public.body_max), "16K", 1024,
     PUBLIC_BODY_MAX, NULL, NULL, "Largest form that a page may send."},
    {"http", "private_listen", OPT_LISTEN, F(conf, private.listen),
     "127.0.0.1:8481", 0, 0, NULL, NULL,
     "Where the API, the console and the metrics are served."},
    {"http", "private_tls_certificate", OPT_PATH,
     F(conf, private.tls_certificate), "", 0, 1000, &shape_line, NULL,
     "Its certificate chain (PEM); empty: plain, for this machine alone or "
     "behind a proxy. The Unix socket is always plain."},
    {"http", "private_tls_key", OPT_PATH, F(conf, private.tls_key), "", 0, 1000,
     &shape_line, NULL, "Its private key (PEM)."},
    {"http", "private_connections_max", OPT_INT,
     F(conf, private.connections_max), "1000", 16, 1000000, NULL, NULL,
     "Connections at once, in all."},
    {"http", "private_connections_per_address", OPT_INT,
     F(conf, private.connections_per_address), "500", 1, 1000000, NULL, NULL,
     "Connections at once from one address, proxies excepted."},
    {"http", "private_request_timeout", OPT_MS,
     F(conf, private.request_timeout_ms), "60s", 100, 3600000, NULL, NULL,
     "From a request's first byte to its last, and for a connection that asks "
     "nothing; a batch, which is streamed, has ten minutes."},
    {"http", "private_body_max", OPT_SIZE, F(conf, private.body_max), "12M",
     65536, PRIVATE_BODY_MAX, NULL, NULL,
     "Largest body of a request, batches excepted."},
    {"http", "trusted_proxies", OPT_LIST, F(conf, trusted_proxies), "", 0, 100,
     &shape_network, NULL,
     "Proxies whose word on the visitor's address counts."},
    {"http", "proxy_header", OPT_WORD, F(conf, proxy_forwarded),
     "x-forwarded-for", 0, 0, NULL, proxy_headers,
     "The header by which they tell it; it must be one that they set or add to "
     "in every request, since visitors can write it too."},
    {"http", "guess_burst", OPT_INT, F(conf, guess_burst), "30", 1, 10000, NULL,
     NULL,
     "Links and API keys that are not good, at once from one address (IPv6: "
     "one network of 64 bits), before it is told to wait (429). Good ones are "
     "never counted and never wait."},
    {"http", "guess_per_minute", OPT_INT, F(conf, guess_per_minute), "10", 1,
     10000, NULL, NULL, "How many more a minute."},
    {"http", "access_log", OPT_BOOL, F(conf, access_log), "false", 0, 0, NULL,
     NULL, "A log line for each request."},
    /* brand */
    {"brand", "id", OPT_INT, F(brand, number), NULL, 1, 65535, NULL, NULL,
     "Number of the brand in tokens. Never change it, never use it again for "
     "another brand."},
    {"brand", "title", OPT_TEXT, F(brand, title), NULL, 1, 200, &shape_line,
     NULL, "What customers know it as."},
    {"brand", "from_name", OPT_TEXT, F(brand, from_name), "", 0, 200,
     &shape_line, NULL, "Name in From; left out, the title."},
    {"brand", "from_address", OPT_TEXT, F(brand, from_address), NULL, 1, 254,
     &shape_email, NULL, "Address in From."},
    {"brand", "reply_to", OPT_TEXT, F(brand, reply_to), "", 0, 254,
     &shape_email, NULL,
     "Where replies go: a mailbox that people read; left out, From's."},
    {"brand", "return_domain", OPT_TEXT, F(brand, return_domain), NULL, 1, 253,
     &shape_host, NULL,
     "Domain of the reverse path, whose mail comes to Acuse (bounces)."},
    {"brand", "public_url", OPT_TEXT, F(brand, public_url), NULL, 1, 300,
     &shape_base_url, NULL,
     "How the public listener is reached from outside; under From's "
     "organisational domain, or filters suspect the links."},
    {"brand", "website", OPT_TEXT, F(brand, website), "", 0, 500, &shape_url,
     NULL, "Shown in mails and pages."},
    {"brand", "support_url", OPT_TEXT, F(brand, support_url), "", 0, 500,
     &shape_url, NULL, "Where customers get help."},
    {"brand", "abuse_contact", OPT_TEXT, F(brand, abuse_contact), "", 0, 254,
     &shape_email, NULL, "Shown at `/` of the public listener."},
    {"brand", "postal_address", OPT_TEXT, F(brand, postal_address), "", 0, 500,
     &shape_line, NULL, "Printed on mails and documents."},
    {"brand", "tax_id", OPT_TEXT, F(brand, tax_id), "", 0, 100, &shape_line,
     NULL, "Printed on documents (CUIT, NIF, P. IVA …)."},
    {"brand", "logo_url", OPT_TEXT, F(brand, logo_url), "", 0, 500, &shape_url,
     NULL, "Image at the head of mails."},
    {"brand", "color", OPT_TEXT, F(brand, color), "#1a5fb4", 1, 7, &shape_color,
     NULL, "Of headings and buttons."},
    {"brand", "locale", OPT_TEXT, F(brand, locale), NULL, 1, 16, &shape_locale,
     NULL, "For customers who have none."},
    {"brand", "time_zone", OPT_TEXT, F(brand, time_zone), NULL, 1, 64,
     &shape_zone, NULL, "For customers who have none."},
    {"brand", "policy", OPT_TEXT, F(brand, policy), "default", 1, 64,
     &shape_name, NULL, "For invoices that name none."},
    {"brand", "route", OPT_TEXT, F(brand, route), "mx", 1, 64, &shape_name,
     NULL,
     "`mx` (straight to the recipient's exchangers: the strongest evidence) "
     "or a relay's name."},
    {"brand", "tracking_basis", OPT_TEXT, F(brand, tracking_basis), "", 0, 500,
     &shape_line, NULL,
     "Ground in law for individual tracking, shown in the footer: "
     "\"contract\", "
     "\"legal duty\" and \"legitimate interest\" in each customer's language, "
     "any other text as it is. Left out, opens are off and links untracked, "
     "except for customers who consented."},
    {"brand", "opens", OPT_WORD, F(brand, opens_asked), "individual", 0, 0,
     NULL, trackings,
     "Whether a pixel tells that a mail's images were loaded, which a machine "
     "may do. `aggregate`: all mails of the brand have the same pixel, and "
     "loads are counted by the day, of nobody."},
    {"brand", "links", OPT_BOOL, F(brand, links_asked), "true", 0, 0, NULL,
     NULL,
     "Whether links are rewritten, and clicks recorded, views, requests for "
     "the forms behind a mail and those that answer too (the answer itself "
     "always is)."},
    {"brand", "text_links", OPT_BOOL, F(brand, text_links), "false", 0, 0, NULL,
     NULL,
     "Whether those of the plain text part are, too: they are long, and read "
     "worse."},
    {"brand", "visitor_address", OPT_WORD, F(brand, visitor_address),
     "truncated", 0, 0, NULL, visitors,
     "What is kept of the addresses that requests for images and links come "
     "from."},
    {"brand", "visitor_days", OPT_INT, F(brand, visitor_days), "180", 1, 3650,
     NULL, NULL,
     "For how many days. Then what is kept of a hit (address, user agent, "
     "headers) is destroyed; that it was, and how it was classed, stays."},
    {"brand", "link_hosts", OPT_LIST, F(brand, link_hosts), "", 0, 1000,
     &shape_hosts, NULL,
     "Hosts that links may lead to (`*.example.com`: all below it); others "
     "are left as they are."},
    {"brand", "embed_origins", OPT_LIST, F(brand, embed_origins), "", 0, 20,
     &shape_web_origin, NULL,
     "Sites that may show the client area in a frame."},
    {"brand", "dkim_domain", OPT_TEXT, F(brand, dkim_domain), "", 0, 253,
     &shape_host, NULL, "Of DKIM signatures; left out, From's."},
    {"brand", "dkim_selector", OPT_TEXT, F(brand, dkim_selector), "", 0, 63,
     &shape_selector, NULL,
     "Of the RSA key; left out, mail is unsigned. `acuse dkim new` makes keys "
     "and prints the DNS records."},
    {"brand", "dkim_ed25519_selector", OPT_TEXT,
     F(brand, dkim_ed25519_selector), "", 0, 63, &shape_selector, NULL,
     "Of an Ed25519 key beside it; some relays stumble over a second "
     "signature."},
    /* relay */
    {"relay", "host", OPT_TEXT, F(relay, host), NULL, 1, 253, &shape_host_addr,
     NULL, "The server."},
    {"relay", "port", OPT_INT, F(relay, port), "587", 1, 65535, NULL, NULL,
     "Its port."},
    {"relay", "tls", OPT_WORD, F(relay, tls), "must", 0, 0, NULL, relay_tls,
     "STARTTLS (`off`, `may`, `must`), or `implicit` (port 465)."},
    {"relay", "verify", OPT_BOOL, F(relay, verify), "true", 0, 0, NULL, NULL,
     "Whether its certificate must be valid for its name."},
    {"relay", "user", OPT_TEXT, F(relay, user), "", 0, 254, &shape_line, NULL,
     "Name for AUTH; left out, none."},
    {"relay", "password_file", OPT_PATH, F(relay, password_file), "", 0, 1000,
     &shape_line, NULL,
     "File whose first line is the password, readable by Acuse alone."},
    {"relay", "sign", OPT_WORD, F(relay, sign), "ours", 0, 0, NULL, signers,
     "Who signs by DKIM."},
    {"relay", "rewrites", OPT_FLAGS, F(relay, rewrites), "", 0, 3, NULL,
     rewrites, "Headers that it changes: they are left unsigned."},
    /* destination */
    {"destination", "exchangers", OPT_LIST, F(destination, exchangers), "", 0,
     20, &shape_exchanger, NULL,
     "Hosts and ports to deliver to, instead of what DNS says."},
    {"destination", "route", OPT_TEXT, F(destination, route), "", 0, 64,
     &shape_name, NULL, "`mx` or a relay's name; left out, the brand's."},
    {"destination", "connections", OPT_INT, F(destination, connections), "4", 1,
     1000, NULL, NULL, "Connections at once."},
    {"destination", "per_minute", OPT_INT, F(destination, per_minute), "300", 1,
     10000000, NULL, NULL, "Messages a minute."},
    {"destination", "per_connection", OPT_INT, F(destination, per_connection),
     "50", 1, 400, NULL, NULL, "Messages a connection."},
    {"destination", "tls", OPT_WORD, F(destination, tls), "may", 0, 0, NULL,
     mx_tls, "STARTTLS; DANE and MTA-STS can ask for more, never for less."},
    /* policy */
    {"policy", "time_zone", OPT_TEXT, F(policy, time_zone), NULL, 1, 64,
     &shape_zone, NULL, "In which due dates count."},
    {"policy", "window", OPT_WINDOW, F(policy, window), "", 0, 0, NULL, NULL,
     "When notices may leave: days, hours, and `customer` for the customer's "
     "clock instead of the policy's; outside, they wait for its opening. "
     "Left out: always."},
    {"policy", "holidays", OPT_PATH, F(policy, holidays_file), "", 0, 1000,
     &shape_line, NULL,
     "File with a date a line: no business days (`bd`). Saturdays and Sundays "
     "never are."},
    {"policy", "group", OPT_WORD, F(policy, group_due_date), "none", 0, 0, NULL,
     groupings,
     "`due_date`: what falls due for a customer on the same day goes out "
     "together."},
    {"policy", "minimum", OPT_MONEY, F(policy, minimum), "", 0, 0, NULL, NULL,
     "Balances under it, in its currency, are not asked for: `ARS 500`."},
    {"policy", "cap", OPT_CAP, F(policy, cap_per_day), "none", 0, 1000, NULL,
     NULL,
     "Most messages to one customer: `3/day`. Never holds critical "
     "steps."},
    {"policy", "late", OPT_US, F(policy, late_us), "36h", HOUR_US, 90 * DAY_US,
     NULL, NULL,
     "A notice this long after its first opening is skipped as late. Never a "
     "critical one."},
    {"policy", "spread", OPT_US, F(policy, spread_us), "2h", 0, DAY_US, NULL,
     NULL, "Releases after an opening are spread over this."},
    {"policy", "objection_hold", OPT_HOLD, F(policy, objection_hold_bd), "5bd",
     0, 0, NULL, NULL,
     "How long an objection (\"already paid\", \"wrong\", \"not me\") holds "
     "the acts, once a cycle: in `h`, `d` or `bd`."},
    /* step */
    {"step", "at", OPT_OFFSET, F(policy_step, at), NULL, 0, 0, NULL, NULL,
     "From `due`, `issued`, `expires` or an act: `due-10d`, `suspend-24h`, "
     "`due+5bd`."},
    {"step", "template", OPT_TEXT, F(policy_step, template), NULL, 1, 64,
     &shape_template, NULL, "What is sent."},
    {"step", "roles", OPT_LIST, F(policy_step, roles), "billing", 1, 20,
     &shape_name, NULL, "To which of the customer's contacts."},
    {"step", "channels", OPT_FLAGS, F(policy_step, channels), "email", 1, 1,
     NULL, channels, "How."},
    {"step", "attach", OPT_FLAG, F(policy_step, attach_pdf), "", 0, 1, NULL,
     attachments, "The invoice's PDF."},
    {"step", "only", OPT_FLAGS, F(policy_step, only), "", 0, 1, NULL,
     conditions, "Goes only where this is so, at release."},
    {"step", "unless", OPT_FLAGS, F(policy_step, unless), "", 0, 1, NULL,
     conditions, "Does not go where this is so, at release."},
    {"step", "track", OPT_BOOL, F(policy_step, track), "true", 0, 0, NULL, NULL,
     "`false`: goes without pixel and counted links, whatever the brand says."},
    {"step", "class", OPT_WORD, F(policy_step, optional), "mandatory", 0, 0,
     NULL, classes,
     "`optional`: whoever gets it may leave it, by one click. What an act "
     "needs "
     "is always mandatory."},
    /* act */
    {"act", "at", OPT_OFFSET, F(policy_act, at), NULL, 0, 0, NULL, NULL,
     "When, like a step's; it opens no earlier than the lead of what it needs, "
     "counted from acceptance."},
    {"act", "needs", OPT_NEEDS, F(policy_act, needs), "", 0, 20, &shape_name,
     NULL, "Steps without whose proof it stays shut."},
    {"act", "proof", OPT_FLAGS, F(policy_act, proof), "", 0, 9, NULL, facts,
     "Facts of which one is enough for each step."},
    {"act", "window", OPT_WINDOW, F(policy_act, window), "", 0, 0, NULL, NULL,
     "When it may be done. Left out: always."},
    /* on */
    {"on", "template", OPT_TEXT, F(policy_on, template), NULL, 1, 64,
     &shape_template, NULL, "What is sent."},
    {"on", "roles", OPT_LIST, F(policy_on, roles), "billing", 1, 20,
     &shape_name, NULL, "To which of the customer's contacts."},
    {"on", "attach", OPT_FLAG, F(policy_on, attach_pdf), "", 0, 1, NULL,
     attachments, "The PDF, where there is one."},
    {"on", "track", OPT_BOOL, F(policy_on, track), "true", 0, 0, NULL, NULL,
     "`false`: goes without pixel and counted links."},
    {"on", "class", OPT_WORD, F(policy_on, optional), "mandatory", 0, 0, NULL,
     classes, "`optional`: whoever gets it may leave it, by one click."},
    {"on", "cap", OPT_CAP, F(policy_on, cap_per_day), "none", 0, 1000, NULL,
     NULL, "Most of it to one customer: `1/day`."},
    {NULL, NULL, OPT_TYPES, 0, 0, NULL, 0, 0, NULL, NULL, NULL},
};
