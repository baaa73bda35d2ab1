#ifndef API_DETAIL_H
#define API_DETAIL_H

#include "api/form.h"
#include "tracker/router.h"

/* What the route table does not say of a route: its body, its query, what a
 * good answer is. */
struct detail {
	enum http_method method;
	const char *pattern;
	const struct form *body; /* NULL: none */
	const char *queries;	 /* names, space-separated */
	const char *good;	 /* statuses; "" : 200 */
	const char *type;	 /* of the answer; "" : application/json */
};

/* Never NULL. */
const struct detail *detail_of(const struct http_route *r);

/* True for a name of its query: another is a typing error. */
bool detail_allows(const struct detail *d, struct slice name);

#endif
