#include <stdint.h>

#include "api/parse.h"

/* A line of a batch with all that its body can be: whatever is taken can be
 * written down again, and what is refused says why. */

static void
check(enum rc rc, const struct err *e)
{
	if (rc != RC_OK && e->text[0] == '\0')
		die("refused without a word");
}

static void
parse_body(const struct batch_ask *ask, struct arena *a)
{
	struct err e = {.rc = RC_OK};
	struct customer customer;
	struct service service;
	struct invoice invoice;
	struct event_ask event;
	struct request request;
	enum rc rc = RC_OK;

	if (ask->put == 0)
		rc = parse_customer(ask->body, ask->id, a, &customer, &e);
	else if (ask->put == 1)
		rc = parse_service(ask->body, ask->id, a, &service, &e);
	else if (ask->put == 2)
		rc = parse_invoice(ask->body, ask->id, a, &invoice, &e);
	else if (ask->post == 0)
		rc = parse_event(ask->body, a, &event, &e);
	else
		rc = parse_notice(ask->body, a, &request, &e);
	check(rc, &e);
	if (rc == RC_OK && ask->put == 2 &&
	    json_object_get(ask->body, "pdf") != NULL)
		die("the PDF is kept in the body");
}

static void
parse_others(json_t *o, struct arena *a)
{
	struct err e = {.rc = RC_OK};
	struct gate_question gate;
	struct scope_ask scope;
	struct consent consent;
	struct hold_ask hold;
	struct key_ask key;
	bool given;

	check(parse_gate(o, a, &gate, &e), &e);
	check(parse_scope(o, a, &scope, &e), &e);
	check(parse_hold(o, a, &hold, &e), &e);
	check(parse_consent(o, a, &consent, &given, &e), &e);
	check(parse_key(o, a, &key, &e), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = {.rc = RC_OK};
	struct batch_ask ask;
	struct arena a;
	json_t *o;

	if (json_read(slice_of(data, n), 1 << 20, &o, &e) != RC_OK)
		return 0;
	arena_init(&a, 256u << 20);
	parse_others(o, &a);
	if (parse_batch_line(o, &a, &ask, &e) == RC_OK)
		parse_body(&ask, &a);
	arena_fini(&a);
	json_decref(o);
	return 0;
}
