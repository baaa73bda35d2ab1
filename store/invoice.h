#ifndef STORE_INVOICE_H
#define STORE_INVOICE_H

#include "base/money.h"
#include "store/notice.h"

enum invoice_status {
	INVOICE_DRAFT,
	INVOICE_OPEN,
	INVOICE_PENDING,
	INVOICE_PAID,
	INVOICE_CANCELLED,
	INVOICE_REFUNDED,
	INVOICE_DISPUTED,
};

struct invoice {
	struct slice id, customer, number, policy;
	struct ref ref;
	uint8_t policy_version[8];
	int64_t rev, version;
	int status; /* enum invoice_status */
	struct money total, balance;
	int32_t issued_on, due_on, charge_on, retry_on; /* DATE_NONE: none */
	bool auto_renew, charge_failed;
	int64_t objected_until_us; /* acts wait until then; 0: none */
	int32_t objected_due;	   /* the due date of the cycle objected to */
	struct slice body;	   /* JSON as billing put it, without the PDF */
	struct slice pdf_name, pdf;
	int64_t created_us, updated_us;
	const struct slice *services; /* ids named by its lines */
	size_t services_n;
};

/* Reads it with its services and without its PDF.  Fails: RC_NOTFOUND. */
enum rc invoice_get(struct db *db, struct slice id, struct arena *a,
		    struct invoice *out, struct err *e) MUST_USE;
/* The PDF that billing gave; RC_NOTFOUND when there is none. */
enum rc invoice_get_pdf(struct db *db, struct slice id, struct arena *a,
			struct slice *name, struct slice *pdf,
			struct err *e) MUST_USE;
/* Inserts or replaces all fields (pdf only when pdf.n is not 0), and the rows
 * of its services. */
enum rc invoice_put(struct db *db, const struct invoice *i,
		    struct err *e) MUST_USE;
/* By due date, newest first. */
enum rc invoice_list(struct db *db, struct slice customer, size_t limit,
		     struct arena *a, struct invoice **out, size_t *n,
		     struct err *e) MUST_USE;
/* Those whose acts wait past now_us for an objection, in the same order. */
enum rc invoice_list_objected(struct db *db, struct slice customer,
			      int64_t now_us, size_t limit, struct arena *a,
			      struct invoice **out, size_t *n,
			      struct err *e) MUST_USE;
/* Invoices that name a service, by due date, oldest first. */
enum rc invoice_list_service(struct db *db, struct slice service,
			     struct arena *a, struct invoice **out, size_t *n,
			     struct err *e) MUST_USE;

/* A released notice of a message and its invoice: what decides whether it may
 * go still, and no more.  Those without an invoice are not among them. */
struct invoice_terms {
	struct notice notice;	/* subject, brand, template, anchor */
	struct invoice invoice; /* id, policy, status, balance, dates */
};
enum rc invoice_list_terms(struct db *db, int64_t message, struct arena *a,
			   struct invoice_terms **out, size_t *n,
			   struct err *e) MUST_USE;

#endif
