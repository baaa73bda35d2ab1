#ifndef API_PARSE_H
#define API_PARSE_H

#include "queue/consent.h"
#include "queue/gate.h"
#include "queue/happenings.h"
#include "store/customer.h"
#include "store/invoice.h"
#include "store/service.h"

#include "api/form.h"

/* Bodies of requests and lines of batches, parsed and judged by themselves,
 * without the store.  Texts are copied to the arena.  Each fails with
 * RC_INVALID and the JSON pointer at fault. */

/* PUT of what bears billing's own id. */
enum rc parse_customer(json_t *o, struct slice id, struct arena *a,
		       struct customer *out, struct err *e) MUST_USE;
enum rc parse_service(json_t *o, struct slice id, struct arena *a,
		      struct service *out, struct err *e) MUST_USE;
/* Takes "pdf" out of o. */
enum rc parse_invoice(json_t *o, struct slice id, struct arena *a,
		      struct invoice *out, struct err *e) MUST_USE;

/* What happened.  Amounts stay texts: in which currency they are, the invoice
 * says. */
struct event_ask {
	struct happening h;
	struct slice amount, balance, currency;
};
enum rc parse_event(json_t *o, struct arena *a, struct event_ask *out,
		    struct err *e) MUST_USE;

/* A notice by hand. */
enum rc parse_notice(json_t *o, struct arena *a, struct request *out,
		     struct err *e) MUST_USE;

/* A hold; o may be null, which releases (until_us 0). */
struct hold_ask {
	int64_t until_us;
	struct slice reason;
};
enum rc parse_hold(json_t *o, struct arena *a, struct hold_ask *out,
		   struct err *e) MUST_USE;

/* A consent; o may be null, which withdraws (*out untouched, *given false). */
enum rc parse_consent(json_t *o, struct arena *a, struct consent *out,
		      bool *given, struct err *e) MUST_USE;

/* "May I suspend?", about a service or a customer. */
enum rc parse_gate(json_t *o, struct arena *a, struct gate_question *out,
		   struct err *e) MUST_USE;

/* An API key to be made; scopes are bits of enum api_scope. */
struct key_ask {
	struct slice name;
	uint32_t scopes;
};
enum rc parse_key(json_t *o, struct arena *a, struct key_ask *out,
		  struct err *e) MUST_USE;

/* Whose links get a new key; next: it waits for the next such call. */
struct token_key_ask {
	struct slice brand;
	bool next;
};
enum rc parse_token_key(json_t *o, struct arena *a, struct token_key_ask *out,
			struct err *e) MUST_USE;

/* What an operator's call on the queue is about: a message, a destination, a
 * brand, or all. */
struct scope_ask {
	bool by_message, all;
	struct ref mref;
	struct slice domain, brand, reason;
};
enum rc parse_scope(json_t *o, struct arena *a, struct scope_ask *out,
		    struct err *e) MUST_USE;

/* {"reason"}; o may be NULL for no body. */
enum rc parse_reason(json_t *o, struct arena *a, struct slice *out,
		     struct err *e) MUST_USE;

/* {"ttl_s"} of an area link; o may be NULL. */
enum rc parse_area_link(json_t *o, struct arena *a, int64_t *ttl_s,
			struct err *e) MUST_USE;

/* A line of a batch; put and post are indices of their lists, -1 for none. */
struct batch_ask {
	int put, post;
	struct slice id, key;
	json_t *body;
};
extern const char *const batch_puts[];	/* "customer" … */
extern const char *const batch_posts[]; /* "event" … */
enum rc parse_batch_line(json_t *o, struct arena *a, struct batch_ask *out,
			 struct err *e) MUST_USE;

/* The status's names, as billing says them, NULL-terminated. */
extern const char *const invoice_statuses[];
extern const char *const service_statuses[];

#endif
