#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "base/sbuf.h"
#include "tracker/router.h"

/* Writes the OpenAPI 3.1 document, made from the route table and the forms of
 * bodies, and from the n tables of the public listener. */
void openapi_write(struct sbuf *out, const struct http_table *public_tables,
		   size_t n);

#endif
