#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mailbox.h"

static void
mailboxes(void **state)
{
	static const struct {
		struct slice text;
		bool ok;
	} rows[] = {
	    {SLICE_INIT("ana@cliente.example"), true},
	    {SLICE_INIT("a.b+c_d-e=f!#$%&'*/?^`{|}~@x.y-z.example"), true},
	    {SLICE_INIT("root@localhost"), true},
	    {SLICE_INIT("josé@correo.example"), true},
	    {SLICE_INIT("a@españa.example"), true},
	    {SLICE_INIT("a@xn--espaa-rta.example"), true},
	    {SLICE_INIT("a@1.example"), true},
	    {SLICE_INIT(""), false},
	    {SLICE_INIT("@"), false},
	    {SLICE_INIT("a"), false},
	    {SLICE_INIT("a@"), false},
	    {SLICE_INIT("@x.example"), false},
	    {SLICE_INIT("a@b@c.example"), false},
	    {SLICE_INIT("a@.example"), false},
	    {SLICE_INIT("a@x..example"), false},
	    {SLICE_INIT("a@x.example."), false},
	    {SLICE_INIT(".a@x.example"), false},
	    {SLICE_INIT("a.@x.example"), false},
	    {SLICE_INIT("a..b@x.example"), false},
	    {SLICE_INIT("a@-x.example"), false},
	    {SLICE_INIT("a@x-.example"), false},
	    {SLICE_INIT("a@x_y.example"), false},
	    {SLICE_INIT("a@127.0.0.1"), false},
	    {SLICE_INIT("a@99999999999999999999999"), false},
	    {SLICE_INIT("a@[127.0.0.1]"), false},
	    {SLICE_INIT("\"a b\"@x.example"), false},
	    {SLICE_INIT("Ana <a@x.example>"), false},
	    {SLICE_INIT("<a@x.example>"), false},
	    {SLICE_INIT("a@x.example,b@x.example"), false},
	    {SLICE_INIT("a b@x.example"), false},
	    {SLICE_INIT(" a@x.example"), false},
	    {SLICE_INIT("a@x.example "), false},
	    {SLICE_INIT("a@x.example\r\nBcc: b@x.example"), false},
	    {SLICE_INIT("a@x.example\n"), false},
	    {SLICE_INIT("a\0@x.example"), false},
	    {SLICE_INIT("a@x.exam\0ple"), false},
	    {SLICE_INIT("a\x7f@x.example"), false},
	    {SLICE_INIT("a\xff@x.example"), false},
	    {SLICE_INIT("a\xc2\x85@x.example"), false},	    /* C1 */
	    {SLICE_INIT("a\xc2\xa0@x.example"), false},	    /* hard space */
	    {SLICE_INIT("a\xe2\x80\xae@x.example"), false}, /* turns round */
	    {SLICE_INIT("a\xe2\x80\x8b@x.example"), false}, /* zero width */
	    {SLICE_INIT("a@x\xe3\x80\x82"
			"example"),
	     false},						/* full stop */
	    {SLICE_INIT("a\xef\xbc\xa0@x.example"), false},	/* wide at */
	    {SLICE_INIT("a\xf3\xa0\x80\xa0@x.example"), false}, /* tag */
	    {SLICE_INIT("a@b\xc3\xbc"
			"cher.example"),
	     true},
	    {SLICE_INIT("a@\xcc\x81x.example"), false}, /* a mark first */
	    {SLICE_INIT("a@xn--\xc3\xbc.example"), false},
	    {SLICE_INIT("a(b)@x.example"), false},
	    {SLICE_INIT("a;b@x.example"), false},
	    {SLICE_INIT("a\\b@x.example"), false},
	    {SLICE_INIT("a:b@x.example"), false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (mailbox_valid(rows[i].text) != rows[i].ok)
			fail_msg("row %zu: %.*s", i, SLICE_ARG(rows[i].text));
	assert_false(mailbox_valid((struct slice){NULL, 0}));
}

static void
bounds(void **state)
{
	static const struct {
		size_t local, label, labels;
		bool ok;
	} rows[] = {
	    {64, 10, 2, true},	{65, 10, 2, false}, {10, 63, 2, true},
	    {10, 64, 2, false}, {62, 63, 3, true},  {63, 63, 3, false},
	};
	char text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = rows[i].local;

		memset(text, 'x', sizeof(text));
		text[n++] = '@';
		for (size_t l = 0; l < rows[i].labels; l++) {
			n += rows[i].label;
			text[n++] = '.';
		}
		assert_int_equal(mailbox_valid(slice_of(text, n - 1)),
				 rows[i].ok);
	}
}

static void
domains_go_as_a_labels(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
	    {"ana@one.example", "ana@one.example"},
	    {"Ana@One.Example", "Ana@One.Example"},
	    {"ana@b\xc3\xbc"
	     "cher.example",
	     "ana@xn--bcher-kva.example"},
	    {"ana@B\xc3\x9c"
	     "CHER.Example",
	     "ana@xn--bcher-kva.example"},
	    {"ana@fa\xc3\x9f.example", "ana@xn--fa-hia.example"},
	    {"ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"},
	    /* It needs SMTPUTF8 in any case. */
	    {"\xc3\xa4na@b\xc3\xbc"
	     "cher.example",
	     "\xc3\xa4na@b\xc3\xbc"
	     "cher.example"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sbuf b;

		sbuf_init(&b, MAILBOX_MAX);
		assert_true(mailbox_valid(slice_z(rows[i].from)));
		mailbox_add_ascii(&b, slice_z(rows[i].from));
		assert_string_equal(sbuf_z(&b), rows[i].to);
		sbuf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mailboxes),
	    cmocka_unit_test(bounds),
	    cmocka_unit_test(domains_go_as_a_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
