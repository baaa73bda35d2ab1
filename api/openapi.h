#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "base/sbuf.h"

/* Writes the OpenAPI 3.1 document, made from the route table and the forms of
 * bodies. */
void openapi_write(struct sbuf *out);

#endif
