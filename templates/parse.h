#ifndef TEMPLATES_PARSE_H
#define TEMPLATES_PARSE_H

#include "templates/program.h"

/* Compiles t->source into t; names of partials are not yet looked up.
 * Fails: RC_INVALID with "file:line:column". */
enum rc parse_template(struct template_set *s, struct template *t,
		       struct err *e) MUST_USE;

#endif
