#ifndef TRACKER_MULTIPART_H
#define TRACKER_MULTIPART_H

#include "base/slice.h"

/* The value of a field of a multipart/form-data body, as it came; p NULL where
 * there is none of that name, or no boundary.  type: of Content-Type, with its
 * parameters.  Owns: the body.  Ref: RFC 7578. */
struct slice multipart_field(struct slice body, struct slice type,
			     struct slice name);

/* Cuts as slice_cut(), but not at a separator within a quoted string.
 * Ref: RFC 9110, 5.6.4. */
struct slice multipart_cut(struct slice *rest, char sep);

#endif
