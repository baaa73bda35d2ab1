#include <stdlib.h>

#include "base/codec.h"

/* A text that is decoded is the one that its content encodes to, and what is
 * encoded decodes to itself. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX 262144

static const struct {
	void (*encode)(struct slice, struct sbuf *);
	bool (*decode)(struct slice, struct sbuf *);
	bool any_case;
} codecs[] = {
    {base64_encode, base64_decode, false},
    {base64url_encode, base64url_decode, false},
    {base32_encode, base32_decode, true},
};

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
check_codec(size_t i, struct slice in)
{
	struct sbuf once, twice;

	sbuf_init(&once, TEXT_MAX);
	sbuf_init(&twice, TEXT_MAX);
	if (codecs[i].decode(in, &once)) {
		codecs[i].encode(sbuf_slice(&once), &twice);
		must(codecs[i].any_case ? slice_ieq(sbuf_slice(&twice), in)
					: slice_eq(sbuf_slice(&twice), in));
	} else {
		must(once.n == 0);
	}
	sbuf_reset(&once);
	sbuf_reset(&twice);
	codecs[i].encode(in, &once);
	must(sbuf_ok(&once) && codecs[i].decode(sbuf_slice(&once), &twice));
	must(slice_eq(sbuf_slice(&twice), in));
	sbuf_fini(&once);
	sbuf_fini(&twice);
}

static void
check_hex(struct slice in)
{
	uint8_t *out = malloc(in.n / 2 + 1);
	struct sbuf b;

	must(out != NULL);
	sbuf_init(&b, TEXT_MAX);
	if (hex_decode(in, out, in.n / 2)) {
		hex_encode(slice_of(out, in.n / 2), &b);
		must(slice_eq(sbuf_slice(&b), in));
	}
	sbuf_fini(&b);
	free(out);
}

/* The escapers: their output is bounded, and its alphabet is theirs. */
static void
check_escapes(struct slice in)
{
	struct sbuf b;

	sbuf_init(&b, 6 * in.n + 2);
	sbuf_add_json(&b, in);
	must(sbuf_ok(&b) && slice_utf8(sbuf_slice(&b)) &&
	     !slice_has_control(sbuf_slice(&b)));
	sbuf_reset(&b);
	sbuf_add_html(&b, in);
	must(sbuf_ok(&b) && slice_find_c(sbuf_slice(&b), '<') < 0 &&
	     slice_find_c(sbuf_slice(&b), '"') < 0);
	sbuf_reset(&b);
	sbuf_add_url(&b, in);
	must(sbuf_ok(&b) && slice_find_c(sbuf_slice(&b), '&') < 0);
	sbuf_reset(&b);
	sbuf_add_header(&b, in);
	must(sbuf_ok(&b) ==
	     (slice_find_c(in, '\r') < 0 && slice_find_c(in, '\n') < 0 &&
	      slice_find_c(in, '\0') < 0));
	sbuf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);

	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		check_codec(i, in);
	check_hex(in);
	check_escapes(in);
	return 0;
}
