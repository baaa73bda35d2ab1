#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/parse.h"

static struct arena arena;
static struct err error;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 64u << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static json_t *
json(const char *text)
{
	json_t *o;

	if (json_read(slice_z(text), 1 << 20, &o, &error) != RC_OK)
		fail_msg("%s", error.text);
	return o;
}

#define LEAST                                                                  \
	"\"customer\":\"c1\",\"number\":\"1\",\"status\":\"open\","            \
	"\"total\":\"12.30\",\"due_on\":\"2026-11-21\""

static enum rc
invoice(const char *text, struct invoice *out)
{
	json_t *o = json(text);
	enum rc rc = parse_invoice(o, SLICE("i1"), &arena, out, &error);

	json_decref(o);
	return rc;
}

static void
test_invoice_is_what_billing_put(void **state)
{
	struct invoice i;

	(void)state;
	assert_int_equal(invoice("{" LEAST ",\"currency\":\"JPY\"}", &i),
			 RC_INVALID);
	assert_string_equal(error.pointer, "/total");
	assert_int_equal(
	    invoice(
		"{" LEAST ",\"currency\":\"EUR\",\"pdf\":{\"name\":\"a.pdf\","
		"\"base64\":\"JVBERi0xLjQK\"},\"lines\":[{\"service\":\"s1\","
		"\"description\":\"x\",\"amount\":\"-1.00\"},{\"service\":"
		"\"s1\",\"description\":\"y\",\"amount\":\"1\"}]}",
		&i),
	    RC_OK);
	assert_true(i.total.minor == 1230 && i.balance.minor == 1230);
	assert_string_equal(i.balance.currency, "EUR");
	assert_int_equal(i.services_n, 1);
	assert_int_equal(i.issued_on, DATE_NONE);
	assert_true(slice_eq_z(i.pdf_name, "a.pdf"));
	assert_true(slice_eq_z(i.pdf, "%PDF-1.4\n"));
	assert_true(slice_find(i.body, SLICE("base64")) < 0);
}

/* A retry whose keys stand in another order is the same invoice. */
static void
test_body_does_not_depend_on_the_order_of_keys(void **state)
{
	struct invoice x, y;

	(void)state;
	assert_int_equal(
	    invoice("{" LEAST ",\"currency\":\"EUR\",\"rev\":1}", &x), RC_OK);
	assert_int_equal(
	    invoice("{\"rev\":1, \"currency\":\"EUR\"," LEAST "}", &y), RC_OK);
	assert_true(slice_eq(x.body, y.body));
}

static void
test_customer_keeps_defaults(void **state)
{
	struct customer c;
	json_t *o = json("{\"name\":\"A\",\"contacts\":[{\"id\":\"k\"}]}");

	(void)state;
	assert_int_equal(parse_customer(o, SLICE("c1"), &arena, &c, &error),
			 RC_OK);
	json_decref(o);
	assert_true(slice_eq_z(c.brand, "default"));
	assert_true(slice_eq_z(c.groups, "[]"));
	assert_true(slice_eq_z(c.contacts[0].role, "billing"));
	assert_int_equal(c.contacts[0].since, DATE_NONE);
}

static void
test_scope_is_one_thing(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
	    {"{\"all\":true}", true},
	    {"{\"domain\":\"x.example\"}", true},
	    {"{\"domain\":\"x.example\",\"brand\":\"b\"}", true},
	    {"{\"mref\":\"00112233445566778899aabbccddeeff\"}", true},
	    {"{}", false},
	    {"{\"all\":false}", false},
	    {"{\"mref\":\"00112233445566778899AABBCCDDEEFF\"}", false},
	    {"{\"all\":true,\"brand\":\"b\"}", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scope_ask ask;
		json_t *o = json(rows[i].text);
		enum rc rc = parse_scope(o, &arena, &ask, &error);

		json_decref(o);
		if ((rc == RC_OK) != rows[i].good)
			fail_msg("%s: %s", rows[i].text, rc_name(rc));
	}
}

static void
test_batch_line_is_a_put_or_a_post(void **state)
{
	static const struct {
		const char *text, *pointer; /* NULL: good */
	} rows[] = {
	    {"{\"put\":\"customer\",\"id\":\"c\",\"body\":{}}", NULL},
	    {"{\"post\":\"event\",\"body\":{}}", NULL},
	    {"{\"post\":\"notice\",\"key\":\"k\",\"body\":{}}", NULL},
	    {"{\"put\":\"event\",\"id\":\"c\",\"body\":{}}", "/put"},
	    {"{\"body\":{}}", "/put"},
	    {"{\"put\":\"customer\",\"id\":\"c\"}", "/body"},
	    {"{\"put\":\"customer\",\"id\":\"c\",\"body\":[]}", "/body"},
	    {"{\"put\":\"customer\",\"body\":{}}", "/id"},
	    {"{\"put\":\"customer\",\"id\":\"c d\",\"body\":{}}", "/id"},
	    {"{\"put\":\"customer\",\"id\":\"c\",\"key\":\"k\",\"body\":{}}",
	     "/key"},
	    {"{\"post\":\"event\",\"id\":\"c\",\"body\":{}}", "/id"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct batch_ask ask;
		json_t *o = json(rows[i].text);
		enum rc rc = parse_batch_line(o, &arena, &ask, &error);

		json_decref(o);
		if (rows[i].pointer == NULL)
			assert_int_equal(rc, RC_OK);
		else
			assert_string_equal(error.pointer, rows[i].pointer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_invoice_is_what_billing_put),
	    cmocka_unit_test(test_body_does_not_depend_on_the_order_of_keys),
	    cmocka_unit_test(test_customer_keeps_defaults),
	    cmocka_unit_test(test_scope_is_one_thing),
	    cmocka_unit_test(test_batch_line_is_a_put_or_a_post),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
