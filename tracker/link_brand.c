#include "tracker/link_brand.h"

#include "base/token.h"
#include "tracker/hits_page.h"

const struct brand *
link_brand_host(const struct conf *c, const struct http_request *rq)
{
	struct slice host = http_header_in(rq, "Host");

	host = slice_cut(&host, ':');
	for (size_t i = 0; i < c->brands_n; i++)
		if (slice_ieq(url_host(slice_z(c->brands[i].public_url)), host))
			return &c->brands[i];
	return c->brands_n == 1 ? &c->brands[0] : NULL;
}

const struct brand *
link_brand_claimed(const struct conf *c, const struct keyring *keys,
		   struct slice token)
{
	struct token t;

	if (!token_peek(token, &t) || !keyring_find(keys, t.key_id))
		return NULL;
	return conf_brand_number(c, (uint16_t)(t.key_id >> 16));
}
