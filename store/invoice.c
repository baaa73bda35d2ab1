#include "store/invoice.h"

#include "base/date.h"
#include "store/rows.h"

static void
bytes8(struct query *q, int i, uint8_t out[8])
{
	struct slice s = column_blob(q, i);

	if (s.n == 8)
		memcpy(out, s.p, 8);
}

static void
money_read(struct query *q, int currency, int minor, struct money *out)
{
	struct slice s = column_text(q, currency);

	out->minor = column_int(q, minor);
	if (s.n < sizeof(out->currency))
		memcpy(out->currency, s.p, s.n);
}

static void
invoice_read(struct query *q, struct arena *a, struct invoice *i)
{
	*i = (struct invoice){.id = arena_dup(a, column_text(q, 0))};
	i->ref = column_ref(q, 1);
	i->customer = arena_dup(a, column_text(q, 2));
	i->number = arena_dup(a, column_text(q, 3));
	i->rev = column_int(q, 4);
	i->version = column_int(q, 5);
	i->status = (int)column_int(q, 6);
	money_read(q, 7, 8, &i->total);
	money_read(q, 7, 9, &i->balance);
	i->issued_on = column_date(q, 10);
	i->due_on = column_date(q, 11);
	i->policy = arena_dup(a, column_text(q, 12));
	bytes8(q, 13, i->policy_version);
	i->auto_renew = column_int(q, 14) != 0;
	i->charge_on = column_date(q, 15);
	i->retry_on = column_date(q, 16);
	i->charge_failed = column_int(q, 17) != 0;
	i->objected_until_us = column_int(q, 18);
	i->objected_due = column_date(q, 19);
	i->body = arena_dup(a, column_text(q, 20));
	i->pdf_name = arena_dup(a, column_text(q, 21));
	i->created_us = column_int(q, 22);
	i->updated_us = column_int(q, 23);
}

static enum rc
services_read(struct db *db, struct arena *a, struct invoice *i, struct err *e)
{
	struct rows rows = ROWS(a, struct slice);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_INVOICE_SERVICES);
	bind_text(&q, 0, i->id);
	while ((rc = query_row(&q, e)) == RC_OK)
		*(struct slice *)rows_add(&rows) =
		    arena_dup(a, column_text(&q, 0));
	query_close(&q);
	i->services = rows.p;
	i->services_n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
invoice_get(struct db *db, struct slice id, struct arena *a,
	    struct invoice *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_INVOICE_GET);
	bind_text(&q, 0, id);
	rc = query_row(&q, e);
	if (rc == RC_OK)
		invoice_read(&q, a, out);
	query_close(&q);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "no such invoice");
	return rc ? rc : services_read(db, a, out, e);
}

enum rc
invoice_get_pdf(struct db *db, struct slice id, struct arena *a,
		struct slice *name, struct slice *pdf, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_INVOICE_PDF);
	bind_text(&q, 0, id);
	rc = query_row(&q, e);
	if (rc == RC_OK && column_null(&q, 1))
		rc = RC_NOTFOUND;
	if (rc == RC_OK) {
		*name = arena_dup(a, column_text(&q, 0));
		*pdf = arena_dup(a, column_blob(&q, 1));
	}
	query_close(&q);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "billing gave no PDF of this invoice");
	return rc;
}

static enum rc
row_put(struct db *db, const struct invoice *i, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_INVOICE_PUT);
	bind_text(&q, 0, i->id);
	bind_ref(&q, 1, i->ref);
	bind_text(&q, 2, i->customer);
	bind_text(&q, 3, i->number);
	bind_int(&q, 4, i->rev);
	bind_int(&q, 5, i->version);
	bind_int(&q, 6, i->status);
	bind_z(&q, 7, i->total.currency);
	bind_int(&q, 8, i->total.minor);
	bind_int(&q, 9, i->balance.minor);
	bind_date(&q, 10, i->issued_on);
	bind_date(&q, 11, i->due_on);
	bind_text(&q, 12, i->policy);
	bind_blob(&q, 13, slice_of(i->policy_version, 8));
	bind_int(&q, 14, i->auto_renew);
	bind_date(&q, 15, i->charge_on);
	bind_date(&q, 16, i->retry_on);
	bind_int(&q, 17, i->charge_failed);
	bind_int(&q, 18, i->objected_until_us);
	bind_date(&q, 19, i->objected_due);
	bind_text(&q, 20, i->body);
	bind_int(&q, 21, i->created_us);
	bind_int(&q, 22, i->updated_us);
	return query_run(&q, e);
}

static enum rc
pdf_put(struct db *db, const struct invoice *i, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_INVOICE_PDF_PUT);
	bind_text(&q, 0, i->id);
	bind_text(&q, 1, i->pdf_name);
	bind_blob(&q, 2, i->pdf);
	return query_run(&q, e);
}

static enum rc
services_put(struct db *db, const struct invoice *i, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_INVOICE_SERVICE_CLEAR);
	bind_text(&q, 0, i->id);
	rc = query_run(&q, e);
	for (size_t k = 0; rc == RC_OK && k < i->services_n; k++) {
		query_open(&q, db, STMT_INVOICE_SERVICE_ADD);
		bind_text(&q, 0, i->id);
		bind_text(&q, 1, i->services[k]);
		rc = query_run(&q, e);
	}
	return rc;
}

enum rc
invoice_put(struct db *db, const struct invoice *i, struct err *e)
{
	enum rc rc;

	if ((rc = row_put(db, i, e)))
		return rc;
	if (i->pdf.n && (rc = pdf_put(db, i, e)))
		return rc;
	return services_put(db, i, e);
}

static enum rc
list(struct query *q, struct arena *a, struct invoice **out, size_t *n,
     struct err *e)
{
	struct rows rows = ROWS(a, struct invoice);
	struct invoice *all;
	enum rc rc;

	while ((rc = query_row(q, e)) == RC_OK)
		invoice_read(q, a, rows_add(&rows));
	query_close(q);
	if (rc != RC_NOTFOUND)
		return rc;
	all = rows.p;
	for (size_t i = 0; i < rows.n; i++)
		if ((rc = services_read(q->db, a, &all[i], e)))
			return rc;
	*out = all;
	*n = rows.n;
	return RC_OK;
}

enum rc
invoice_list(struct db *db, struct slice customer, size_t limit,
	     struct arena *a, struct invoice **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_INVOICE_LIST);
	bind_text(&q, 0, customer);
	bind_int(&q, 1, (int64_t)limit);
	return list(&q, a, out, n, e);
}

enum rc
invoice_list_objected(struct db *db, struct slice customer, int64_t now_us,
		      size_t limit, struct arena *a, struct invoice **out,
		      size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_INVOICE_LIST_OBJECTED);
	bind_text(&q, 0, customer);
	bind_int(&q, 1, now_us);
	bind_int(&q, 2, (int64_t)limit);
	return list(&q, a, out, n, e);
}

enum rc
invoice_list_service(struct db *db, struct slice service, struct arena *a,
		     struct invoice **out, size_t *n, struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_INVOICE_LIST_SERVICE);
	bind_text(&q, 0, service);
	return list(&q, a, out, n, e);
}

static void
terms_read(struct query *q, struct arena *a, struct invoice_terms *t)
{
	memset(t, 0, sizeof(*t));
	t->notice.subject = arena_dup(a, column_text(q, 0));
	t->notice.brand = arena_dup(a, column_text(q, 1));
	t->notice.template = arena_dup(a, column_text(q, 2));
	t->notice.anchor = (int32_t)column_int(q, 3);
	t->invoice.id = arena_dup(a, column_text(q, 4));
	t->invoice.policy = arena_dup(a, column_text(q, 5));
	t->invoice.status = (int)column_int(q, 6);
	money_read(q, 7, 8, &t->invoice.balance);
	t->invoice.issued_on = column_date(q, 9);
	t->invoice.due_on = column_date(q, 10);
}

enum rc
invoice_list_terms(struct db *db, int64_t message, struct arena *a,
		   struct invoice_terms **out, size_t *n, struct err *e)
{
	struct rows rows = ROWS(a, struct invoice_terms);
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_INVOICE_LIST_TERMS);
	bind_int(&q, 0, message);
	while ((rc = query_row(&q, e)) == RC_OK)
		terms_read(&q, a, rows_add(&rows));
	query_close(&q);
	*out = rows.p;
	*n = rows.n;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}
