#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/codec.h"
#include "base/hash.h"

static void
assert_hex(const uint8_t *bytes, const char *hex)
{
	uint8_t wanted[SHA256_SIZE];

	assert_true(hex_decode(slice_z(hex), wanted, sizeof(wanted)));
	assert_memory_equal(bytes, wanted, sizeof(wanted));
}

/* FIPS 180-2, B. */
static void
sha256_vectors(void **state)
{
	const struct slice parts[] = {
	    SLICE("a"), SLICE(""), {NULL, 0}, SLICE("bc")};
	uint8_t out[SHA256_SIZE];

	(void)state;
	sha256_of(SLICE(""), out);
	assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb924"
			"27ae41e4649b934ca495991b7852b855");
	sha256(parts, 4, out);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad");
	sha256_of(SLICE("abcdbcdecdefdefgefghfghighijhijk"
			"ijkljklmklmnlmnomnopnopq"),
		  out);
	assert_hex(out, "248d6a61d20638b8e5c026930c3e6039"
			"a33ce45964ff2167f6ecedd419db06c1");
}

/* RFC 4231, 4.2, 4.3, 4.4 and 4.7 (a key longer than a block). */
static void
hmac_vectors(void **state)
{
	uint8_t key[131], data[50], out[SHA256_SIZE];
	struct slice parts[] = {SLICE("what do ya want "),
				SLICE("for nothing?")};
	struct slice text = SLICE("Hi There");

	(void)state;
	memset(key, 0x0b, 20);
	hmac_sha256(slice_of(key, 20), &text, 1, out);
	assert_hex(out, "b0344c61d8db38535ca8afceaf0bf12b"
			"881dc200c9833da726e9376c2e32cff7");
	hmac_sha256(SLICE("Jefe"), parts, 2, out);
	assert_hex(out, "5bdcc146bf60754e6a042426089575c7"
			"5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	text = slice_of(data, sizeof(data));
	hmac_sha256(slice_of(key, 20), &text, 1, out);
	assert_hex(out, "773ea91e36800e46854db8ebd09181a7"
			"2959098b3ef8c122d9635514ced565fe");
	text = SLICE("Test Using Larger Than Block-Size Key - Hash Key First");
	hmac_sha256(slice_of(key, sizeof(key)), &text, 1, out);
	assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f"
			"8e0bc6213728c5140546040f0ee37f54");
}

static void
secrets(void **state)
{
	char a[8] = "secret!", b[8] = "secret?";

	(void)state;
	assert_false(secret_eq(a, b, 8));
	assert_true(secret_eq(a, b, 6));
	secret_wipe(a, sizeof(a));
	assert_memory_equal(a, "\0\0\0\0\0\0\0", 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sha256_vectors),
	    cmocka_unit_test(hmac_vectors),
	    cmocka_unit_test(secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
