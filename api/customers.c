#include "queue/customers.h"

#include "api/answer.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/objection.h"
#include "api/render.h"
#include "base/clock.h"
#include "base/token.h"
#include "queue/invoices.h"
#include "store/service.h"

#define OBJECTIONS_MAX 100

/* ---- PUT ---- */

static void
add_created(struct change_run *r, bool created, struct slice id)
{
	r->out->status = created ? 201 : 200;
	r->out->id = id;
	member_open(&r->out->body, NULL, '{');
	member_text(&r->out->body, "id", id);
}

static enum rc
parse_put_customer(const struct change_ask *ask, void **what, struct err *e)
{
	*what = ARENA_NEW(ask->a, struct customer);
	return parse_customer(ask->body, ask->id, ask->a, *what, e);
}

static enum rc
run_put_customer(struct change_run *r, struct err *e)
{
	struct customer c = *(const struct customer *)r->what;
	bool created;
	enum rc rc =
	    customers_put(r->api->c.queue, r->db, &c, r->a, &created, e);

	if (rc != RC_OK)
		return rc;
	add_created(r, created, c.id);
	member_int(&r->out->body, "version", c.version);
	member_close(&r->out->body, '}');
	return RC_OK;
}

const struct change_kind change_customer = {
    .body_max = CUSTOMER_BODY_MAX,
    .body_required = true,
    .parse = parse_put_customer,
    .run = run_put_customer,
};

static enum rc
parse_put_service(const struct change_ask *ask, void **what, struct err *e)
{
	*what = ARENA_NEW(ask->a, struct service);
	return parse_service(ask->body, ask->id, ask->a, *what, e);
}

static enum rc
run_put_service(struct change_run *r, struct err *e)
{
	const struct service *s = r->what;
	bool created;
	enum rc rc = services_put(r->api->c.queue, r->db, s, r->a, &created, e);

	if (rc != RC_OK)
		return rc;
	add_created(r, created, s->id);
	member_close(&r->out->body, '}');
	return RC_OK;
}

const struct change_kind change_service = {
    .body_max = CUSTOMER_BODY_MAX,
    .body_required = true,
    .parse = parse_put_service,
    .run = run_put_service,
};

void
customer_put_handle(struct http_request *rq)
{
	change_handle(rq, &change_customer, rq->params[0]);
}

void
service_put_handle(struct http_request *rq)
{
	change_handle(rq, &change_service, rq->params[0]);
}

/* ---- GET ---- */

static enum rc
add_objections(struct reading *r, struct slice customer, struct err *e)
{
	struct invoice *list;
	size_t n;
	enum rc rc = invoice_list_objected(r->db, customer, clock_wall_us(),
					   OBJECTIONS_MAX, r->a, &list, &n, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, "objections", '[');
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		if (!invoice_owed(NULL, &list[i]))
			continue;
		member_open(&r->out, NULL, '{');
		member_text(&r->out, "invoice", list[i].id);
		rc = objection_add(r, &list[i], e);
		member_close(&r->out, '}');
	}
	member_close(&r->out, ']');
	return rc;
}

static enum rc
read_customer(struct reading *r, struct err *e)
{
	struct customer c;
	enum rc rc = customer_get(r->db, r->rq->params[0], r->a, &c, e);

	if (rc != RC_OK)
		return rc;
	member_open(&r->out, NULL, '{');
	render_customer(&r->out, &c);
	rc = add_objections(r, c.id, e);
	member_close(&r->out, '}');
	return rc;
}

static enum rc
read_service(struct reading *r, struct err *e)
{
	struct service s;
	enum rc rc = service_get(r->db, r->rq->params[0], r->a, &s, e);

	if (rc == RC_OK)
		render_service(&r->out, NULL, &s);
	return rc;
}

void
customer_get_handle(struct http_request *rq)
{
	answer_read(rq, read_customer);
}

void
service_get_handle(struct http_request *rq)
{
	answer_read(rq, read_service);
}

/* ---- a hold ---- */

struct hold {
	struct hold_ask ask;
	struct slice customer;
};

static enum rc
parse_put_hold(const struct change_ask *ask, void **what, struct err *e)
{
	struct hold *h = ARENA_NEW(ask->a, struct hold);

	*what = h;
	h->customer = ask->id;
	return parse_hold(ask->body, ask->a, &h->ask, e);
}

static enum rc
run_put_hold(struct change_run *r, struct err *e)
{
	const struct hold *h = r->what;
	enum rc rc =
	    customers_hold(r->api->c.queue, r->db, h->customer, h->ask.until_us,
			   h->ask.reason, r->by, r->a, e);

	if (rc != RC_OK)
		return rc;
	add_created(r, false, h->customer);
	render_hold(&r->out->body, "hold", h->ask.until_us, h->ask.reason);
	member_close(&r->out->body, '}');
	return RC_OK;
}

void
customer_hold_handle(struct http_request *rq)
{
	static const struct change_kind kind = {
	    .body_max = SMALL_BODY_MAX,
	    .body_required = true,
	    .parse = parse_put_hold,
	    .run = run_put_hold,
	};

	change_handle(rq, &kind, rq->params[0]);
}

/* ---- consent ---- */

struct said {
	struct consent consent;
	struct slice customer;
	bool given;
};

static enum rc
parse_put_consent(const struct change_ask *ask, void **what, struct err *e)
{
	struct said *s = ARENA_NEW(ask->a, struct said);

	*what = s;
	s->customer = ask->id;
	return parse_consent(ask->body, ask->a, &s->consent, &s->given, e);
}

static enum rc
run_put_consent(struct change_run *r, struct err *e)
{
	const struct said *s = r->what;
	struct consent x = s->consent;
	struct customer c;
	enum rc rc;

	x.by = r->by;
	rc = s->given ? consent_give(r->db, s->customer, &x, r->a, e)
		      : consent_withdraw(r->db, s->customer, SLICE("api"),
					 r->by, r->a, e);
	if (rc == RC_OK)
		rc = customer_get(r->db, s->customer, r->a, &c, e);
	if (rc != RC_OK)
		return rc;
	add_created(r, false, s->customer);
	render_consent(&r->out->body, "consent", c.consent);
	member_close(&r->out->body, '}');
	return RC_OK;
}

void
customer_consent_handle(struct http_request *rq)
{
	static const struct change_kind kind = {
	    .body_max = SMALL_BODY_MAX,
	    .body_required = true,
	    .parse = parse_put_consent,
	    .run = run_put_consent,
	};

	change_handle(rq, &kind, rq->params[0]);
}

/* ---- the client area ---- */

static enum rc
add_area_url(const struct reading *r, const struct customer *c, int64_t expiry,
	     struct sbuf *url, struct err *e)
{
	const struct conf *conf = conf_box_get(r->api->c.queue->conf);
	struct materials *m = materials_box_get(r->api->c.materials);
	const struct brand *brand = conf_brand(conf, c->brand);
	const struct token_key *key =
	    brand == NULL ? NULL
			  : keyring_active(materials_keys(m), brand->number);
	char text[24];
	enum rc rc = RC_OK;

	(void)snprintf(text, sizeof(text), "%lld", (long long)expiry);
	if (key == NULL) {
		rc = err_set(e, RC_STATE, "brand %.*s has no key for links",
			     SLICE_ARG(c->brand));
	} else {
		sbuf_add_z(url, brand->public_url);
		sbuf_add_z(url, "/area/");
		token_add(url, key, TOKEN_AREA, c->ref, 0, slice_z(text));
		sbuf_addf(url, "/%s", text);
	}
	materials_release(m);
	conf_unref(conf);
	return rc;
}

static enum rc
read_area_link(struct reading *r, struct err *e)
{
	struct customer c;
	struct sbuf url;
	json_t *o = NULL;
	int64_t ttl_s, expiry;
	enum rc rc = RC_OK;

	if (slice_trim(r->rq->body).n > 0)
		rc = json_read(r->rq->body, SMALL_BODY_MAX, &o, e);
	if (rc == RC_OK)
		rc = parse_area_link(o, r->a, &ttl_s, e);
	json_decref(o);
	if (rc == RC_OK)
		rc = customer_get(r->db, r->rq->params[0], r->a, &c, e);
	if (rc != RC_OK)
		return rc;
	expiry = clock_wall_us() / SECOND_US + ttl_s;
	sbuf_init(&url, 4096);
	rc = add_area_url(r, &c, expiry, &url, e);
	if (rc == RC_OK) {
		member_open(&r->out, NULL, '{');
		member_text(&r->out, "url", sbuf_slice(&url));
		member_time(&r->out, "expires_at", expiry * SECOND_US);
		member_close(&r->out, '}');
	}
	sbuf_fini(&url);
	return rc;
}

void
customer_area_link_handle(struct http_request *rq)
{
	answer_read(rq, read_area_link);
}
