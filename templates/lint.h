#ifndef TEMPLATES_LINT_H
#define TEMPLATES_LINT_H

#include "templates/catalog.h"

enum lint_level { LINT_ERROR, LINT_WARNING };

/* One finding.  Texts live in the arena or the catalog. */
struct lint_finding {
	enum lint_level level;
	struct slice where; /* "file:line:column", or "mail/receipt es" */
	struct slice text;
};

struct lint_input {
	const struct catalog *catalog;
	struct slice mail, locale;
	const struct datum *data;  /* NULL: made-up data of each sort */
	const struct slice *hosts; /* the brand's; NULL: links are not judged */
	size_t host_count;
};

/* Renders a mail in one locale and looks for what a customer should not get:
 * names that no data has, values missing where nothing asks first, a subject
 * that is empty, broken or too long, HTML that mail readers cut, links that
 * cannot be tracked, a text part that says little.
 * Owns: the array the arena. */
size_t lint_mail(const struct lint_input *in, struct arena *a,
		 const struct lint_finding **out);

#endif
