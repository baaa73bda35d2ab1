#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/api_private.h"
#include "api/openapi.h"

static void
test_every_route_is_told(void **state)
{
	struct sbuf made, line;

	(void)state;
	sbuf_init(&made, 1 << 20);
	sbuf_init(&line, 4096);
	openapi_write(&made, NULL, 0);
	for (size_t i = 0; i < api_routes_n; i++) {
		sbuf_reset(&line);
		sbuf_add_z(&line, "      summary: ");
		assert_non_null(api_routes[i].doc);
		sbuf_add_json(&line, slice_z(api_routes[i].doc));
		sbuf_add_c(&line, '\n');
		if (slice_find(sbuf_slice(&made), sbuf_slice(&line)) < 0)
			fail_msg("%s is not told", api_routes[i].pattern);
	}
	sbuf_fini(&made);
	sbuf_fini(&line);
}

/* A scope that no key can have would close a route to all. */
static void
test_every_scope_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < api_routes_n; i++)
		if (api_routes[i].scope != NULL)
			assert_true(keys_scope(api_routes[i].scope) != 0);
}

static void
test_routes_can_be_told_apart(void **state)
{
	struct http_table table = {.routes = api_routes, .n = api_routes_n};
	struct router *r;
	struct err e;

	(void)state;
	assert_int_equal(router_new(&table, 1, &r, &e), RC_OK);
	router_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_route_is_told),
	    cmocka_unit_test(test_every_scope_is_known),
	    cmocka_unit_test(test_routes_can_be_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
