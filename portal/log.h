#ifndef PORTAL_LOG_H
#define PORTAL_LOG_H

#include "portal/page.h"
#include "store/notice.h"

/*
 * Entries of the communications log, as templates/page/_blocks/entry.html
 * shows them.  Words say what is proven and no more (EVIDENCE.md).
 */
struct log_entry {
	struct datum *data;
	int64_t when_us; /* by which the log is sorted */
};

/* A message with its facts and events.  invoices: numbers of the invoices that
 * it is about, a list of texts. */
enum rc log_message(struct page *pg, const struct message *m,
		    struct datum *invoices, struct log_entry *out,
		    struct err *e) MUST_USE;

/* A notice that did not become a message: held, cancelled or skipped. */
enum rc log_unsent(struct page *pg, const struct notice *n,
		   struct datum *invoices, struct log_entry *out,
		   struct err *e) MUST_USE;

/* What a template is called for people: "Recordatorio de pago". */
struct slice log_title(const struct page *pg, struct slice template);

#endif
