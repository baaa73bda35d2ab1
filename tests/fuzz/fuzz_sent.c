#include "mailer/sent.h"

#define PREFIX "https://n.example/o/"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n), out;
	struct arena a;
	struct sent s;

	arena_init(&a, (size_t)256 << 20);
	if (sent_read(in, &a, &s, NULL) == RC_OK && !slice_utf8(s.html))
		__builtin_trap();
	out = sent_without_pixel(in, SLICE(PREFIX), (struct ref){{0}}, &a);
	if (out.n > in.n)
		__builtin_trap();
	arena_fini(&a);
	return 0;
}
