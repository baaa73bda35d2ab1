#include "base/ref.h"

#include <errno.h>
#include <sys/random.h>

void
random_bytes(void *p, size_t n)
{
	char *at = p;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			die("the system gives no random bytes");
		at += got;
		n -= (size_t)got;
	}
}

struct ref
ref_new(void)
{
	struct ref r;

	random_bytes(r.b, sizeof(r.b));
	return r;
}

bool
ref_eq(struct ref a, struct ref b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

void
ref_hex(struct ref r, char out[REF_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(r.b); i++) {
		out[2 * i] = digits[r.b[i] >> 4];
		out[2 * i + 1] = digits[r.b[i] & 15];
	}
	out[REF_HEX - 1] = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
ref_parse(struct slice s, struct ref *out)
{
	struct ref r;

	if (s.n != REF_HEX - 1)
		return false;
	for (size_t i = 0; i < sizeof(r.b); i++) {
		int high = nibble(s.p[2 * i]), low = nibble(s.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		r.b[i] = (uint8_t)(high << 4 | low);
	}
	*out = r;
	return true;
}
