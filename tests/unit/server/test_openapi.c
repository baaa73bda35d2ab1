#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/openapi.h"
#include "base/file.h"
#include "portal/portal.h"
#include "tracker/hits.h"

/* As the server has them. */
static void
document(struct sbuf *out)
{
	const struct http_table public_tables[] = {hits_table(NULL),
						   portal_table(NULL)};

	openapi_write(out, public_tables, 2);
}

/* docs/openapi.yaml is what people read without a server: UPDATE=1 writes it.
 */
static void
test_document_is_the_committed_one(void **state)
{
	const char *src = getenv("SRC_DIR");
	struct sbuf made, kept, path;
	struct err e;

	(void)state;
	sbuf_init(&made, 1 << 20);
	sbuf_init(&kept, 1 << 20);
	sbuf_init(&path, 4096);
	sbuf_addf(&path, "%s/docs/openapi.yaml", src != NULL ? src : ".");
	document(&made);
	assert_true(sbuf_ok(&made));
	if (getenv("UPDATE") != NULL)
		assert_int_equal(
		    file_write(sbuf_z(&path), sbuf_slice(&made), 0644, &e),
		    RC_OK);
	assert_int_equal(file_read(sbuf_z(&path), 1 << 20, &kept, &e), RC_OK);
	assert_string_equal(sbuf_z(&made), sbuf_z(&kept));
	sbuf_fini(&made);
	sbuf_fini(&kept);
	sbuf_fini(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_document_is_the_committed_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
