#ifndef TEMPLATES_PREVIEW_H
#define TEMPLATES_PREVIEW_H

#include "templates/catalog.h"

/* A mail as a customer would see it, before links and MIME. */
struct preview {
	struct sbuf subject, html, text;
	struct sbuf pdf; /* empty for mails that have no document */
	char locale[LOCALE_SIZE];
};

struct preview_input {
	const struct catalog *catalog;
	struct slice mail, locale, brand_locale, zone;
	const struct datum *data; /* NULL: made-up data, all there can be */
	int64_t now_us;		  /* the PDF's creation date */
};

/* Renders all parts of a mail, and the document that goes with it.
 * Owns: the caller, preview_fini(), also after a failure.  Fails: RC_NOTFOUND
 * (no such mail), and as template_render() and pdf_render(). */
enum rc preview_make(const struct preview_input *in, struct arena *a,
		     struct preview *out, struct err *e) MUST_USE;
void preview_fini(struct preview *p);

#endif
