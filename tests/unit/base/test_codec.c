#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/codec.h"

struct codec {
	void (*encode)(struct slice, struct sbuf *);
	bool (*decode)(struct slice, struct sbuf *);
};

static const struct codec base64 = {base64_encode, base64_decode};
static const struct codec base64url = {base64url_encode, base64url_decode};
static const struct codec base32 = {base32_encode, base32_decode};

/* RFC 4648, 10, and what tells the alphabets apart. */
static void
vectors(void **state)
{
	static const struct {
		const struct codec *codec;
		struct slice plain;
		const char *text;
	} rows[] = {
	    {&base64, SLICE_INIT(""), ""},
	    {&base64, SLICE_INIT("f"), "Zg=="},
	    {&base64, SLICE_INIT("fo"), "Zm8="},
	    {&base64, SLICE_INIT("foo"), "Zm9v"},
	    {&base64, SLICE_INIT("foob"), "Zm9vYg=="},
	    {&base64, SLICE_INIT("fooba"), "Zm9vYmE="},
	    {&base64, SLICE_INIT("foobar"), "Zm9vYmFy"},
	    {&base64, SLICE_INIT("\xfb\xff\xfe"), "+//+"},
	    {&base64url, SLICE_INIT("\xfb\xff\xfe"), "-__-"},
	    {&base64url, SLICE_INIT("f"), "Zg"},
	    {&base64url, SLICE_INIT("\0\0"), "AAA"},
	    {&base32, SLICE_INIT(""), ""},
	    {&base32, SLICE_INIT("f"), "my"},
	    {&base32, SLICE_INIT("fo"), "mzxq"},
	    {&base32, SLICE_INIT("foo"), "mzxw6"},
	    {&base32, SLICE_INIT("foob"), "mzxw6yq"},
	    {&base32, SLICE_INIT("fooba"), "mzxw6ytb"},
	    {&base32, SLICE_INIT("foobar"), "mzxw6ytboi"},
	};
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sbuf_reset(&b);
		rows[i].codec->encode(rows[i].plain, &b);
		assert_string_equal(sbuf_z(&b), rows[i].text);
		sbuf_reset(&b);
		assert_true(rows[i].codec->decode(slice_z(rows[i].text), &b));
		assert_true(slice_eq(sbuf_slice(&b), rows[i].plain));
	}
	sbuf_fini(&b);
}

static void
not_canonical_is_refused(void **state)
{
	static const struct {
		const struct codec *codec;
		struct slice text;
	} rows[] = {
	    {&base64, SLICE_INIT("Zg")},
	    {&base64, SLICE_INIT("Zg=")},
	    {&base64, SLICE_INIT("Zh==")},
	    {&base64, SLICE_INIT("Zm9=")},
	    {&base64, SLICE_INIT("Z===")},
	    {&base64, SLICE_INIT("====")},
	    {&base64, SLICE_INIT("Zm9vZg==\n")},
	    {&base64, SLICE_INIT("-__-")},
	    {&base64, SLICE_INIT("Zg==Zg==")},
	    {&base64, SLICE_INIT("Z m9")},
	    {&base64url, SLICE_INIT("Zg==")},
	    {&base64url, SLICE_INIT("Zh")},
	    {&base64url, SLICE_INIT("+//+")},
	    {&base64url, SLICE_INIT("Z")},
	    {&base64url, SLICE_INIT("AAAAA")},
	    {&base64url, SLICE_INIT("A\0")},
	    {&base32, SLICE_INIT("m")},
	    {&base32, SLICE_INIT("mz")},
	    {&base32, SLICE_INIT("mzx")},
	    {&base32, SLICE_INIT("mzxw6y")},
	    {&base32, SLICE_INIT("m1")},
	    {&base32, SLICE_INIT("my======")},
	    {&base32, SLICE_INIT("m\xd9")},
	    {&base32, SLICE_INIT("[y")},
	};
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 1000);
	sbuf_add_z(&b, "kept");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(rows[i].codec->decode(rows[i].text, &b));
		assert_string_equal(sbuf_z(&b), "kept");
	}
	sbuf_fini(&b);
}

static void
round_trips(void **state)
{
	const struct codec *codecs[] = {&base64, &base64url, &base32};
	struct sbuf text, back;
	char plain[70];

	(void)state;
	sbuf_init(&text, 1000);
	sbuf_init(&back, 1000);
	for (size_t n = 0; n < sizeof(plain); n++)
		for (size_t c = 0; c < 3; c++) {
			memset(plain, (int)(n * 37), n);
			sbuf_reset(&text);
			sbuf_reset(&back);
			codecs[c]->encode(slice_of(plain, n), &text);
			assert_true(
			    codecs[c]->decode(sbuf_slice(&text), &back));
			assert_true(
			    slice_eq(sbuf_slice(&back), slice_of(plain, n)));
		}
	sbuf_fini(&text);
	sbuf_fini(&back);
}

static void
hex(void **state)
{
	uint8_t out[2] = {7, 7};
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 4);
	hex_encode(SLICE("\x00\xaf"), &b);
	assert_string_equal(sbuf_z(&b), "00af");
	assert_true(hex_decode(SLICE("00af"), out, 2));
	assert_int_equal(out[1], 0xaf);
	assert_false(hex_decode(SLICE("00AF"), out, 2));
	assert_false(hex_decode(SLICE("00a"), out, 2));
	assert_false(hex_decode(SLICE("00af0"), out, 2));
	assert_false(hex_decode(SLICE("00ag"), out, 2));
	assert_int_equal(out[0], 0);
	assert_true(base32_decode(SLICE("MY"), &b) == false); /* full */
	sbuf_reset(&b);
	assert_true(base32_decode(SLICE("MY"), &b));
	assert_string_equal(sbuf_z(&b), "f");
	sbuf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(vectors),
	    cmocka_unit_test(not_canonical_is_refused),
	    cmocka_unit_test(round_trips),
	    cmocka_unit_test(hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
