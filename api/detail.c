#include "api/detail.h"

#include <string.h>

static const struct detail details[] = {
    {HTTP_PUT, "/v1/customers/{id}", &form_customer, "", "200 201", ""},
    {HTTP_GET, "/v1/customers/{id}/log", NULL, "limit cursor", "", ""},
    {HTTP_PUT, "/v1/customers/{id}/hold", &form_hold, "", "", ""},
    {HTTP_PUT, "/v1/customers/{id}/consent", &form_consent, "", "", ""},
    {HTTP_POST, "/v1/customers/{id}/area-link", &form_area_link, "", "", ""},
    {HTTP_PUT, "/v1/services/{id}", &form_service, "", "200 201", ""},
    {HTTP_PUT, "/v1/invoices/{id}", &form_invoice, "", "200 201", ""},
    {HTTP_POST, "/v1/events", &form_event, "", "202", ""},
    {HTTP_GET, "/v1/events", NULL, "after type limit", "", ""},
    {HTTP_POST, "/v1/notices", &form_notice, "", "202", ""},
    {HTTP_POST, "/v1/batch", &form_batch_line, "", "", "application/x-ndjson"},
    {HTTP_GET, "/v1/plan", NULL, "customer invoice from to", "", ""},
    {HTTP_GET, "/v1/messages", NULL,
     "customer invoice email message_id queue_id state limit cursor", "", ""},
    {HTTP_GET, "/v1/messages/{mref}/events", NULL, "limit cursor", "", ""},
    {HTTP_GET, "/v1/messages/{mref}/content", NULL, "", "", "message/rfc822"},
    {HTTP_POST, "/v1/gate", &form_gate, "", "", ""},
    {HTTP_GET, "/v1/gate", NULL, "action service customer invoice", "", ""},
    {HTTP_GET, "/v1/suppressions", NULL, "limit cursor", "", ""},
    {HTTP_GET, "/v1/stats", NULL, "from to by", "", ""},
    {HTTP_POST, "/v1/notices/{id}/cancel", &form_reason, "", "", ""},
    {HTTP_POST, "/v1/notices/{id}/hold", &form_reason, "", "", ""},
    {HTTP_POST, "/v1/notices/{id}/resume", &form_reason, "", "", ""},
    {HTTP_POST, "/v1/notices/{id}/send-now", &form_reason, "", "", ""},
    {HTTP_GET, "/v1/queue", NULL, "brand domain limit cursor", "", ""},
    {HTTP_POST, "/v1/queue/hold", &form_scope, "", "", ""},
    {HTTP_POST, "/v1/queue/resume", &form_scope, "", "", ""},
    {HTTP_POST, "/v1/queue/retry", &form_scope, "", "", ""},
    {HTTP_POST, "/v1/queue/cancel", &form_scope, "", "", ""},
    {HTTP_POST, "/v1/sending/pause", &form_reason, "", "", ""},
    {HTTP_POST, "/v1/sending/resume", &form_reason, "", "", ""},
    {HTTP_POST, "/v1/classify", NULL, "from", "", ""},
    {HTTP_POST, "/v1/keys", &form_key, "", "201", ""},
    {HTTP_DELETE, "/v1/keys/{name}", NULL, "", "204", ""},
    {HTTP_POST, "/v1/token-keys", &form_token_key, "", "201", ""},
    {HTTP_GET, "/v1/openapi.yaml", NULL, "", "", "application/yaml"},
    {HTTP_GET, "/healthz", NULL, "", "", "text/plain"},
    {HTTP_GET, "/readyz", NULL, "", "", "text/plain"},
    {HTTP_GET, "/metrics", NULL, "", "", "text/plain"},
};

const struct detail *
detail_of(const struct http_route *r)
{
	static const struct detail none = {
	    .queries = "", .good = "", .type = ""};

	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++)
		if (details[i].method == r->method &&
		    strcmp(details[i].pattern, r->pattern) == 0)
			return &details[i];
	return &none;
}

bool
detail_allows(const struct detail *d, struct slice name)
{
	struct slice rest = slice_z(d->queries);

	while (rest.n > 0)
		if (slice_eq(slice_cut(&rest, ' '), name))
			return true;
	return false;
}
