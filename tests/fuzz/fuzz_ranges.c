/* Lists of ranges as others publish them: what is taken is a list that reads
 * the same again, and no longer. */
#include "base/mem.h"
#include "tracker/ranges.h"

#define OUT_MAX ((size_t)1 << 22)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ranges_count first, again;
	struct sbuf out, twice;
	struct err e;

	sbuf_init(&out, OUT_MAX);
	sbuf_init(&twice, OUT_MAX);
	if (ranges_join(slice_of(data, size), &out, &first, &e) == RC_OK) {
		if (first.kept == 0 || first.kept > first.read)
			die("%zu ranges of %zu", first.kept, first.read);
		if (ranges_join(sbuf_slice(&out), &twice, &again, &e) != RC_OK)
			die("ours is refused: %s", e.text);
		if (!slice_eq(sbuf_slice(&out), sbuf_slice(&twice)))
			die("joined again it differs");
	}
	sbuf_fini(&out);
	sbuf_fini(&twice);
	return 0;
}
