#ifndef CONF_CONF_CHECK_H
#define CONF_CONF_CHECK_H

#include "conf/option.h"

/* Judges what no option can tell alone: names that lead to other sections,
 * numbers that must differ, options that need one another.  root is where it
 * was read from.  Fails: RC_INVALID, named with its line. */
enum rc conf_check(const struct conf *c, const struct tree_node *root,
		   struct err *e) MUST_USE;

#endif
