#include "base/codec.h"
#include "tests/fuzz/keys.h"
#include "tracker/click.h"

/* Links as strangers change them: whatever they do to a good link's path, it
 * leads to the destination that was signed, or nowhere. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how many changes of the good path follow (place, new
 * byte); what is left replaces the path's end. */
static void
change(struct sbuf *path, struct slice data)
{
	size_t changes;

	if (data.n == 0)
		return;
	changes = (unsigned char)data.p[0] % 8;
	data = slice_skip(data, 1);
	for (; changes > 0 && data.n >= 2; changes--) {
		path->p[(unsigned char)data.p[0] % path->n] = data.p[1];
		data = slice_skip(data, 2);
	}
	if (data.n > 0) {
		sbuf_cut(path, path->n - (data.n > path->n ? path->n : data.n));
		sbuf_add(path, data);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice url = SLICE("https://pay.example/1042?a=1&b=2");
	struct sbuf good, path, out;
	struct slice rest, token;
	struct token t;

	if (!keys)
		make_keys();
	sbuf_init(&good, 4096);
	sbuf_init(&path, 1 << 20);
	sbuf_init(&out, TOKEN_DESTINATION_MAX);
	token_add(&good, key, TOKEN_CLICK, (struct ref){{1}}, 3, url);
	sbuf_add_c(&good, '/');
	base64url_encode(url, &good);
	sbuf_add(&path, sbuf_slice(&good));
	change(&path, slice_of(data, size));
	rest = sbuf_slice(&path);
	token = slice_cut(&rest, '/');
	if (click_check(keys, token, rest, &out, &t) == RC_OK) {
		must(slice_eq(sbuf_slice(&out), url));
		must(slice_eq(sbuf_slice(&path), sbuf_slice(&good)));
	} else {
		must(!slice_eq(sbuf_slice(&path), sbuf_slice(&good)));
	}
	sbuf_fini(&good);
	sbuf_fini(&path);
	sbuf_fini(&out);
	return 0;
}
