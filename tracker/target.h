#ifndef TRACKER_TARGET_H
#define TRACKER_TARGET_H

#include "base/arena.h"
#include "tracker/http.h"

#define TARGET_FIELDS_MAX 64

/* Cuts a request target (origin or absolute form) into its path, which begins
 * with "/", and its query, both undecoded; query.p is NULL without a "?".
 * False for any other form, control characters, spaces, "#" or bytes past
 * ASCII.  Ref: RFC 9112, 3.2. */
bool target_split(struct slice target, struct slice *path, struct slice *query);

enum target_text {
	TARGET_LINE, /* no control characters at all */
	TARGET_TEXT, /* tab, CR and LF too */
	/* What people type and paste into forms: any text, where other control
	 * characters become spaces, and bytes that are not UTF-8 U+FFFD. */
	TARGET_TYPED,
};

/* Decodes %XX once, into the arena if there is any.  False for a broken
 * escape, NUL or other control characters, or what is not UTF-8. */
bool target_decode(struct slice in, enum target_text kind, struct arena *a,
		   struct slice *out);

/* The same for what bears no escapes. */
struct slice target_mended(struct slice in, struct arena *a);

/* Decodes "a=1&b=x+y" into at most TARGET_FIELDS_MAX fields of the arena.
 * False as target_decode(), or when there are more. */
bool target_fields(struct slice in, enum target_text kind, struct arena *a,
		   const struct http_field **out, size_t *n);

#endif
