#ifndef TEMPLATES_PDF_H
#define TEMPLATES_PDF_H

#include "base/sbuf.h"
#include "templates/datum.h"
#include "templates/locale.h"

enum pdf_kind {
	PDF_PROFORMA, /* data: brand, customer, invoice */
	PDF_RECEIPT,  /* and payment */
};

/* Adds a PDF made from the data of a mail (README.md here lists the keys):
 * A4, fonts embedded, tagged, the pay link as a link and a QR code.  The same
 * input gives the same bytes.  created_us: its creation date.
 * Fails: RC_INVALID (missing or unfit value, named), RC_LIMIT (out is full, or
 * over 200 pages), RC_BUG (Cairo).  Thread: any. */
enum rc pdf_render(enum pdf_kind kind, const struct datum *data,
		   struct locale *l, int64_t created_us, struct sbuf *out,
		   struct err *e) MUST_USE;

#endif
