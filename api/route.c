#include "api/api_private.h"
#include "api/handlers.h"

#define READ(path, function, text)                                             \
	{                                                                      \
		.method = HTTP_GET, .pattern = (path), .scope = "read",        \
		.runs = HTTP_JOB, .handle = (function), .doc = (text)          \
	}

/* Reads and writes on a job thread, and takes no body. */
#define WORK(path, who, function, text)                                        \
	{                                                                      \
		.method = HTTP_POST, .pattern = (path), .scope = (who),        \
		.runs = HTTP_JOB, .durable = true, .handle = (function),       \
		.doc = (text)                                                  \
	}

#define CHANGE(verb, path, who, bytes, function, text)                         \
	{                                                                      \
		.method = (verb), .pattern = (path), .scope = (who),           \
		.runs = HTTP_LOOP, .durable = true, .body_max = (bytes),       \
		.handle = (function), .doc = (text)                            \
	}

const struct http_route api_routes[] = {
    /* what billing tells */
    CHANGE(HTTP_PUT, "/v1/customers/{id}", "send", CUSTOMER_BODY_MAX,
	   customer_put_handle,
	   "Stores a customer with all contacts; holds and consent stay."),
    READ("/v1/customers/{id}", customer_get_handle, "A customer."),
    READ("/v1/customers/{id}/log", customer_log_handle,
	 "The communications log, newest first: notices and messages with "
	 "their events, and what was not sent and why."),
    CHANGE(HTTP_PUT, "/v1/customers/{id}/hold", "send", SMALL_BODY_MAX,
	   customer_hold_handle,
	   "Holds all notices to a customer; null lets them go on."),
    CHANGE(HTTP_PUT, "/v1/customers/{id}/consent", "send", SMALL_BODY_MAX,
	   customer_consent_handle,
	   "A customer's consent to being tracked; null withdraws it.  One "
	   "that was given before the last withdrawal answers 409."),
    {.method = HTTP_POST,
     .pattern = "/v1/customers/{id}/area-link",
     .scope = "read",
     .runs = HTTP_JOB,
     .body_max = SMALL_BODY_MAX,
     .handle = customer_area_link_handle,
     .doc = "A URL of the client area that works without a log-in for a "
	    "while."},
    CHANGE(HTTP_PUT, "/v1/services/{id}", "send", CUSTOMER_BODY_MAX,
	   service_put_handle, "Stores a service of a customer."),
    READ("/v1/services/{id}", service_get_handle, "A service."),
    CHANGE(HTTP_PUT, "/v1/invoices/{id}", "send", INVOICE_BODY_MAX,
	   invoice_put_handle,
	   "Stores an invoice, plans its notices, and answers all that will "
	   "be sent and when."),
    READ("/v1/invoices/{id}", invoice_get_handle,
	 "An invoice as it stands, with its notices and acts."),
    CHANGE(HTTP_POST, "/v1/events", "send", SMALL_BODY_MAX * 2,
	   event_post_handle, "What happened in billing, once by its id."),
    CHANGE(HTTP_POST, "/v1/notices", "send", SMALL_BODY_MAX * 2,
	   notice_post_handle, "One notice by hand."),
    {.method = HTTP_POST,
     .pattern = "/v1/batch",
     .scope = "send",
     .runs = HTTP_STREAM,
     .durable = true,
     .body_max = BATCH_BODY_MAX,
     .handle = batch_end_handle,
     .body = batch_body_handle,
     .gone = batch_gone_handle,
     .doc = "NDJSON, an operation a line, applied in order and committed as "
	    "they arrive; answers a line for each.  At most 100,000 lines of "
	    "2 MiB."},

    /* what it can ask */
    READ("/v1/plan", plan_handle,
	 "What will be sent to a customer or for an invoice."),
    READ("/v1/notices/{id}", notice_get_handle, "A notice with its messages."),
    READ("/v1/messages", message_list_handle,
	 "Messages, newest first, by what one has in hand in a dispute."),
    READ("/v1/messages/{mref}", message_get_handle, "A message."),
    READ("/v1/messages/{mref}/events", message_events_handle,
	 "Its events, as the ledger holds them."),
    READ("/v1/messages/{mref}/content", message_content_handle,
	 "Its exact bytes."),
    WORK("/v1/messages/{mref}/classify", "send", message_classify_handle,
	 "Judges its opens and clicks now: machine or person.  An event, where "
	 "that differs from what was told."),
    READ("/v1/events", feed_handle,
	 "The ledger's events in its order, after the first so many, of those "
	 "types: \"message.objected\", or \"message.*\".  \"next\" is where to "
	 "go on, at once where there is more."),
    CHANGE(HTTP_POST, "/v1/gate", "send", SMALL_BODY_MAX, gate_post_handle,
	   "May I suspend this service?  An event, which can be cited.  No "
	   "answer means: do not act."),
    READ("/v1/gate", gate_get_handle, "The same question without an event."),
    READ("/v1/suppressions", suppression_list_handle,
	 "Addresses that are not written to, newest first."),
    READ("/v1/stats", stats_handle,
	 "Counts of notices and messages within a time, whole or by hour or "
	 "day."),

    /* what it can do */
    CHANGE(HTTP_POST, "/v1/notices/{id}/cancel", "send", SMALL_BODY_MAX,
	   notice_cancel_handle, "Cancels a notice that has not gone."),
    CHANGE(HTTP_POST, "/v1/notices/{id}/hold", "send", SMALL_BODY_MAX,
	   notice_hold_handle, "Holds a planned notice."),
    CHANGE(HTTP_POST, "/v1/notices/{id}/resume", "send", SMALL_BODY_MAX,
	   notice_resume_handle, "Lets a held notice go on."),
    CHANGE(HTTP_POST, "/v1/notices/{id}/send-now", "send", SMALL_BODY_MAX,
	   notice_send_now_handle,
	   "Releases a planned or held notice now, whatever its window."),
    CHANGE(HTTP_DELETE, "/v1/suppressions/{email}", "admin", SMALL_BODY_MAX,
	   suppression_delete_handle,
	   "Writes to a suppressed address again, of every brand."),

    /* operating */
    READ("/v1/queue", queue_get_handle,
	 "Destinations with what waits for each, and whether mail may go."),
    READ("/v1/queue/{mref}", queue_message_handle,
	 "A message with its attempts and their transcripts."),
    CHANGE(HTTP_POST, "/v1/queue/hold", "admin", SMALL_BODY_MAX,
	   queue_hold_handle,
	   "Holds a message, a destination, a brand, or all."),
    CHANGE(HTTP_POST, "/v1/queue/resume", "admin", SMALL_BODY_MAX,
	   queue_resume_handle, "Lets them go on."),
    CHANGE(HTTP_POST, "/v1/queue/retry", "admin", SMALL_BODY_MAX,
	   queue_retry_handle, "Tries them now, whatever the back-off."),
    CHANGE(HTTP_POST, "/v1/queue/cancel", "admin", SMALL_BODY_MAX,
	   queue_cancel_handle, "Cancels what waits and has not begun."),
    CHANGE(HTTP_POST, "/v1/sending/pause", "admin", SMALL_BODY_MAX,
	   sending_pause_handle, "Pauses all sending."),
    CHANGE(HTTP_POST, "/v1/sending/resume", "admin", SMALL_BODY_MAX,
	   sending_resume_handle, "Resumes it."),
    WORK("/v1/classify", "admin", classify_handle,
	 "Judges all messages again by the present rules, some hundreds a "
	 "call; \"next\" is where to go on."),
    READ("/v1/agents", agents_get_handle,
	 "The rules that tell machines from persons, and their ranges."),
    WORK("/v1/agents/reload", "admin", agents_reload_handle,
	 "Reads rules and ranges again; wrong ones change nothing."),
    CHANGE(HTTP_POST, "/v1/keys", "admin", SMALL_BODY_MAX, key_post_handle,
	   "Makes an API key and shows it, once."),
    {.method = HTTP_GET,
     .pattern = "/v1/keys",
     .scope = "admin",
     .runs = HTTP_JOB,
     .handle = key_list_handle,
     .doc = "API keys by name, without their secrets."},
    CHANGE(HTTP_DELETE, "/v1/keys/{name}", "admin", 0, key_delete_handle,
	   "Revokes an API key."),
    {.method = HTTP_GET,
     .pattern = "/v1/token-keys",
     .scope = "admin",
     .runs = HTTP_JOB,
     .handle = token_key_list_handle,
     .doc = "The keys that sign links, without their secrets."},
    {.method = HTTP_POST,
     .pattern = "/v1/token-keys",
     .scope = "admin",
     .runs = HTTP_JOB,
     .durable = true,
     .body_max = SMALL_BODY_MAX,
     .handle = token_key_post_handle,
     .doc = "Gives a brand a new key for its links, the one that waits if one "
	    "does; links that are out stay good.  With next it makes the one "
	    "that waits, which others can have before it signs."},
    {.method = HTTP_DELETE,
     .pattern = "/v1/token-keys/{key}",
     .scope = "admin",
     .runs = HTTP_JOB,
     .durable = true,
     .handle = token_key_delete_handle,
     .doc = "Revokes one: links that it signed lead nowhere any more.  The "
	    "brand gets a new key first where it was the one in use.  waiting "
	    "says how many messages (of the first 10,000) are queued with such "
	    "links: they are composed anew before their next attempt, or held "
	    "where an earlier one may have arrived."},

    /* of the program */
    {.method = HTTP_GET,
     .pattern = "/v1/openapi.yaml",
     .runs = HTTP_LOOP,
     .handle = openapi_handle,
     .doc = "This document."},
    {.method = HTTP_GET,
     .pattern = "/healthz",
     .runs = HTTP_LOOP,
     .handle = healthz_handle,
     .doc = "The process answers."},
    {.method = HTTP_GET,
     .pattern = "/readyz",
     .runs = HTTP_LOOP,
     .handle = readyz_handle,
     .doc = "The store takes changes."},
    {.method = HTTP_GET,
     .pattern = "/metrics",
     .runs = HTTP_JOB,
     .handle = metrics_handle,
     .doc = "Figures of now, as Prometheus reads them."},
};

const size_t api_routes_n = sizeof(api_routes) / sizeof(api_routes[0]);
