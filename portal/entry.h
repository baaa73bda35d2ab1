#ifndef PORTAL_ENTRY_H
#define PORTAL_ENTRY_H

#include "portal/page.h"
#include "store/notice.h"

/*
 * Entries of the communications log, as templates/page/_blocks/entry.html
 * shows them.  Words say what is proven and no more (EVIDENCE.md).
 */
struct entry {
	struct datum *data;
	int64_t when_us; /* by which the log is sorted */
};

/* A message with its facts and events.  invoices: numbers of the invoices that
 * it is about, a list of texts. */
enum rc entry_message(struct page *pg, const struct message *m,
		      struct datum *invoices, struct entry *out,
		      struct err *e) MUST_USE;

/* A notice that did not become a message: held, cancelled or skipped. */
enum rc entry_unsent(struct page *pg, const struct notice *n,
		     struct datum *invoices, struct entry *out,
		     struct err *e) MUST_USE;

/* What a template is called for people: "Recordatorio de pago". */
struct slice entry_title(const struct page *pg, struct slice template);

#endif
