#ifndef CONF_POLICY_READ_H
#define CONF_POLICY_READ_H

#include "conf/option.h"

/* Reads a policy's section with its steps, acts and events, and the file of
 * its holidays.  Names are resolved, and critical steps marked.
 * Fails: RC_INVALID (named with its line: an unknown act or step, acts that
 * wait for one another, a step that would come after the act that needs it),
 * RC_NOTFOUND, RC_IO (holidays). */
enum rc policy_read(const struct tree_node *node,
		    const struct option_scope *scope, struct policy *out,
		    struct err *e) MUST_USE;

/* Adds a policy as a file would say it. */
void policy_print(const struct policy *p, struct sbuf *out);

#endif
