#ifndef TRACKER_LINK_BRAND_H
#define TRACKER_LINK_BRAND_H

#include "base/keyring.h"
#include "conf/conf.h"
#include "tracker/http.h"

/* The brand whose host was asked for, or that is the only one; NULL where
 * neither tells. */
const struct brand *link_brand_host(const struct conf *c,
				    const struct http_request *rq);

/* The brand that a token which is not good says it is of, for the name on a
 * page alone: NULL unless the key that it names is one of ours, so that chance
 * names nobody.  Whoever tries one number after another learns which brands
 * there are; http_guess() bounds that, and has to be asked before. */
const struct brand *link_brand_claimed(const struct conf *c,
				       const struct keyring *keys,
				       struct slice token);

#endif
