#ifndef TRACKER_LANGUAGES_H
#define TRACKER_LANGUAGES_H

#include "base/slice.h"

#define LANGUAGES_MAX 16 /* of a list; nobody speaks more */

/* The languages of an Accept-Language, most wanted first ("es-AR", "it"), and
 * how many there are.  Left out are those that are not wanted (q=0), "*", and
 * what is no language.  Owns: slices of the list.  Ref: RFC 9110, 12.5.4. */
size_t languages_read(struct slice list, struct slice out[LANGUAGES_MAX]);

#endif
