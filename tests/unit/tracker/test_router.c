#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tracker/router.h"

static void
handle(struct http_request *rq)
{
	(void)rq;
}

#define ROW(m, p)                                                              \
	{                                                                      \
		.method = (m), .pattern = (p), .handle = handle                \
	}

static const struct http_route first[] = {
    ROW(HTTP_GET, "/"),
    ROW(HTTP_GET, "/o/{token}"),
    ROW(HTTP_GET, "/v1/customers/{id}"),
    ROW(HTTP_PUT, "/v1/customers/{id}"),
    ROW(HTTP_GET, "/v1/customers/{id}/log"),
    ROW(HTTP_POST, "/v1/customers/{id}/{act}"),
    ROW(HTTP_GET, "/v1/customers/all"),
    ROW(HTTP_GET, "/area/"),
    ROW(HTTP_GET, "/area"),
};

static const struct http_route second[] = {
    ROW(HTTP_GET, "/static/{file...}"),
    ROW(HTTP_GET, "/static/logo"),
    ROW(HTTP_DELETE, "/v1/suppressions/{email}"),
};

static const struct http_table tables[] = {
    {.routes = first, .n = sizeof(first) / sizeof(first[0])},
    {.routes = second, .n = sizeof(second) / sizeof(second[0])},
};

struct find {
	enum http_method method;
	const char *path, *pattern, *a, *b, *allow;
};

static const struct find finds[] = {
    {HTTP_GET, "/", "/", NULL, NULL, NULL},
    {HTTP_HEAD, "/o/abc", "/o/{token}", "abc", NULL, NULL},
    {HTTP_GET, "/o/", NULL, NULL, NULL, ""},
    {HTTP_GET, "/o", NULL, NULL, NULL, ""},
    {HTTP_GET, "/o/a/b", NULL, NULL, NULL, ""},
    {HTTP_GET, "//o/a", NULL, NULL, NULL, ""},
    {HTTP_GET, "", NULL, NULL, NULL, ""},
    {HTTP_GET, "o", NULL, NULL, NULL, ""},
    {HTTP_GET, "/v1/customers/c1", "/v1/customers/{id}", "c1", NULL, NULL},
    {HTTP_PUT, "/v1/customers/c1", "/v1/customers/{id}", "c1", NULL, NULL},
    {HTTP_POST, "/v1/customers/c1", NULL, NULL, NULL,
     "GET, HEAD, PUT, OPTIONS"},
    {HTTP_OTHER, "/v1/customers/c1", NULL, NULL, NULL,
     "GET, HEAD, PUT, OPTIONS"},
    {HTTP_GET, "/v1/customers/all", "/v1/customers/all", NULL, NULL, NULL},
    {HTTP_PUT, "/v1/customers/all", "/v1/customers/{id}", "all", NULL, NULL},
    {HTTP_GET, "/v1/customers/c1/log", "/v1/customers/{id}/log", "c1", NULL,
     NULL},
    {HTTP_POST, "/v1/customers/c1/log", "/v1/customers/{id}/{act}", "c1", "log",
     NULL},
    {HTTP_GET, "/v1/customers/c1/x", NULL, NULL, NULL, "POST, OPTIONS"},
    {HTTP_GET, "/v1/customers/a%2Fb", "/v1/customers/{id}", "a%2Fb", NULL,
     NULL},
    {HTTP_GET, "/area/", "/area/", NULL, NULL, NULL},
    {HTTP_GET, "/area", "/area", NULL, NULL, NULL},
    {HTTP_GET, "/static/logo", "/static/logo", NULL, NULL, NULL},
    {HTTP_GET, "/static/a/../b", "/static/{file...}", "a/../b", NULL, NULL},
    {HTTP_GET, "/static/", "/static/{file...}", "", NULL, NULL},
    {HTTP_GET, "/static", NULL, NULL, NULL, ""},
    {HTTP_GET, "/V1/customers/c1", NULL, NULL, NULL, ""},
    {HTTP_DELETE, "/v1/suppressions/a@b", "/v1/suppressions/{email}", "a@b",
     NULL, NULL},
};

static void
check(const struct router *r, const struct find *f)
{
	struct router_match m;

	router_find(r, f->method, slice_z(f->path), &m);
	if ((m.route != NULL) != (f->pattern != NULL) ||
	    (m.route && strcmp(m.route->pattern, f->pattern) != 0))
		fail_msg("%s %s: %s", http_method_name(f->method), f->path,
			 m.route ? m.route->pattern : "none");
	if (f->a)
		assert_true(slice_eq_z(m.params[0], f->a));
	if (f->b)
		assert_true(slice_eq_z(m.params[1], f->b));
	assert_int_equal(m.params_n,
			 m.route ? (f->a != NULL) + (f->b != NULL) : 0);
	if (f->allow && f->allow[0]) {
		struct sbuf b;

		sbuf_init(&b, 100);
		router_allow(m.allow, &b);
		assert_string_equal(sbuf_z(&b), f->allow);
		sbuf_fini(&b);
	} else if (f->allow) {
		assert_int_equal(m.allow, 0);
	}
}

static void
test_finds(void **state)
{
	struct router *r = NULL;
	struct err e;

	(void)state;
	assert_int_equal(router_new(tables, 2, &r, &e), RC_OK);
	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++)
		check(r, &finds[i]);
	router_free(r);
}

static void
test_refuses_malformed_and_double_rows(void **state)
{
	static const struct http_route bad[][2] = {
	    {ROW(HTTP_GET, "/a/{b}"), ROW(HTTP_GET, "/a/{c}")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_GET, "/a")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_HEAD, "/b")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_OTHER, "/b")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_GET, "b")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_GET, "")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_GET, "/{b")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_GET, "/x{b}")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_GET, "/{}")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_GET, "/{b...}/c")},
	    {ROW(HTTP_GET, "/a"), ROW(HTTP_GET, "/{a}/{b}/{c}/{d}/{e}")},
	    {ROW(HTTP_GET, "/a"),
	     {.method = HTTP_GET, .pattern = "/b", .handle = NULL}},
	    {ROW(HTTP_GET, "/a"),
	     {.method = HTTP_POST,
	      .pattern = "/b",
	      .handle = handle,
	      .runs = HTTP_STREAM}},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct http_table t = {.routes = bad[i], .n = 2};
		struct router *r = NULL;

		if (router_new(&t, 1, &r, &e) != RC_INVALID)
			fail_msg("%zu: %s", i, bad[i][1].pattern);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_finds),
	    cmocka_unit_test(test_refuses_malformed_and_double_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
