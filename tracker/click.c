#include "tracker/click.h"

#include "base/codec.h"

static bool
destination_fits(struct slice d)
{
	return d.n <= TOKEN_DESTINATION_MAX && !slice_has_control(d) &&
	       (slice_starts(d, SLICE("https://")) ||
		slice_starts(d, SLICE("http://")));
}

enum rc
click_check(const struct keyring *k, struct slice token, struct slice encoded,
	    struct sbuf *out, struct token *t)
{
	sbuf_reset(out);
	if (!base64url_decode(encoded, out) ||
	    !destination_fits(sbuf_slice(out)))
		return RC_DENIED;
	return token_check(k, token, TOKEN_CLICK, sbuf_slice(out), t);
}
