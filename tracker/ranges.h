#ifndef TRACKER_RANGES_H
#define TRACKER_RANGES_H

#include "base/err.h"
#include "base/sbuf.h"

/* What reading a published list found. */
struct ranges_count {
	size_t read; /* ranges in the list */
	size_t kept; /* lines that say the same: neighbours joined */
};

/*
 * Reads a list of ranges as their owners publish it and adds it to out as
 * conf/ranges/ has them, a range a line.  It is a range a line (the rest of a
 * line after a comma, and what follows #, is not looked at), JSON that has
 * ranges under the names that Amazon, Google, Microsoft, Oracle and GitHub use,
 * or TXT records of SPF, as Google's are.  A byte order mark is passed over.
 * Fails: RC_INVALID with the line, or the range: none at all, one that is no
 * range, has bits past its prefix, is wider than /8 of IPv4 and /16 of IPv6, or
 * touches what RFC 6890 keeps from the net; or all cover over a sixteenth of
 * IPv4; RC_LIMIT (over a million).
 */
enum rc ranges_join(struct slice text, struct sbuf *out,
		    struct ranges_count *count, struct err *e) MUST_USE;

#endif
