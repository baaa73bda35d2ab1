#ifndef TEMPLATES_DOCUMENT_H
#define TEMPLATES_DOCUMENT_H

#include "templates/pdf.h"

/*
 * A proforma or receipt as the pages show it: all texts formatted, in the
 * order in which they stand.  Made once from the data; pdf.c draws it.
 */
struct document_pair {
	struct slice label, value;
};

struct document_row {
	struct slice text;   /* of what it is */
	struct slice period; /* "1 de … – 31 de …", or empty */
	struct slice quantity, amount;
};

/* One invoice: its number and dates, lines, taxes and sums. */
struct document_part {
	struct document_pair heads[4];
	size_t head_count;
	struct document_row *rows;
	size_t row_count;
	struct document_pair *sums; /* the last one is the one that counts */
	size_t sum_count;
};

struct document {
	const char *language, *tag;
	struct slice title;   /* "Proforma" */
	struct slice subject; /* its number */
	struct slice warning; /* "Documento no válido como factura" */
	double color[3];
	struct document_pair seller[5], buyer[3]; /* labels may be empty */
	size_t seller_count, buyer_count;
	const char *from_label, *to_label;
	const char *columns[3]; /* description, quantity, amount */
	const char *page_label; /* "Página %d de %d" */
	struct document_part *parts;
	size_t part_count;
	struct document_pair total;    /* of several parts, or empty */
	struct document_pair facts[4]; /* of a payment */
	size_t fact_count;
	const char *pay_label, *scan_label;
	struct slice pay_url; /* empty, also where it is too long for a
			       * code that phones read: not shown */
	struct slice footer;
};

/* Makes the document from the data of a mail.  Owns: the arena, and the data.
 * Fails: RC_INVALID (missing, or of a wrong kind, named), RC_LIMIT (over 1,500
 * bytes in one field). */
enum rc document_make(enum pdf_kind kind, const struct datum *data,
		      struct locale *l, struct arena *a, struct document *out,
		      struct err *e) MUST_USE;

#endif
