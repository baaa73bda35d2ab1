#ifndef TEMPLATES_LINT_H
#define TEMPLATES_LINT_H

#include "templates/catalog.h"

enum lint_level { LINT_ERROR, LINT_WARNING };

/* One finding.  Texts live in the arena or the catalog. */
struct lint_finding {
	enum lint_level level;
	struct slice where; /* "file:line:column", or the mail's name */
	struct slice text;
};

/* Renders a mail in one locale with data and looks for what a customer should
 * not get: missing values (also in sections that data leaves out), a subject
 * that is empty or too long, HTML that mail readers cut, tracked links outside
 * the hosts, no text part to speak of.  Owns: the array the arena. */
size_t lint_mail(const struct catalog *c, struct slice name,
		 struct slice locale, const struct datum *data,
		 const struct slice *hosts, size_t host_count, struct arena *a,
		 const struct lint_finding **out);

#endif
