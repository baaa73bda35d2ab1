#ifndef API_API_PRIVATE_H
#define API_API_PRIVATE_H

#include <stdatomic.h>

#include "api/api.h"
#include "api/form.h"
#include "api/keys.h"
#include "api/member.h"
#include "api/parse.h"

/* Shared by the sources of api/ alone. */

struct api {
	struct api_config c;
	struct db **readers; /* one a job thread */
	struct keys *_Atomic keys;
	_Atomic bool ready;
};

/* Whose route table it is. */
static inline struct api *
api_of(const struct http_request *rq)
{
	return rq->owner;
}

/* Name of who asks, for events. */
struct slice api_by(const struct http_request *rq);

/* Takes the place of the keys in force; the old ones live on, for requests
 * under way. */
void api_set_keys(struct api *api, struct keys *keys);

#define ANSWER_MAX ((size_t)256 << 20)

/* All rows, in the order of the reference (route.c). */
extern const struct http_route api_routes[];
extern const size_t api_routes_n;

#endif
