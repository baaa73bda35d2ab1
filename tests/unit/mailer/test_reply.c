#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "mailer/outcome.h"
#include "mailer/reply.h"

static void
a_reply_is_whole_only_with_its_last_line(void **state)
{
	static const struct {
		const char *in;
		ptrdiff_t want;
	} rows[] = {
	    {"", 0},
	    {"2", 0},
	    {"250", 0},
	    {"250 ok", 0},
	    {"250 ok\r", 0},
	    {"250 ok\r\n", 8},
	    {"250\r\n", 5},
	    {"250-a\r\n", 0},
	    {"250-a\r\n250", 0},
	    {"250-a\r\n250 b\r\n", 14},
	    {"250-a\r\n250\r\n", 12},
	    {"250 a\r\n250 b\r\n", 7}, /* the first of two */
	    {"199 x\r\n", -1},
	    {"650 x\r\n", -1},
	    {"x", -1},
	    {"2x", -1},
	    {"25x", -1},
	    {"250x", -1},
	    {"2500 x\r\n", -1},
	    {"250 ok\n", -1},
	    {"250 a\rb\r\n", -1},
	    {"250\rb\r\n", -1},
	    {"250-a\r\n251 b\r\n", -1},
	    {"250-a\r\nb", -1},
	    {"\r\n", -1},
	    {"HTTP/1.0 200 OK\r\n", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ptrdiff_t got = reply_scan(slice_z(rows[i].in));

		if (got != rows[i].want)
			print_error("row %zu: %s\n", i, rows[i].in);
		assert_int_equal(got, rows[i].want);
	}
	assert_int_equal(reply_scan(slice_of("250 \0\r\n", 7)), -1);
}

/* However it came, all at once or line by line: there is no room for more. */
static void
a_whole_reply_may_be_too_long(void **state)
{
	static char text[REPLY_MAX + 64];
	size_t n = 0;

	(void)state;
	while (n + 2 * 32 <= REPLY_MAX) {
		memcpy(text + n, "250-xxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", 32);
		n += 32;
	}
	memcpy(text + n, "250 xxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", 32);
	assert_int_equal(n + 32, REPLY_MAX);
	assert_int_equal(reply_scan(slice_of(text, n + 32)), REPLY_MAX);
	text[n + 3] = '-';
	memcpy(text + n + 32, "250 x\r\n", 7);
	assert_int_equal(reply_scan(slice_of(text, n + 39)), -1);
}

static void
an_endless_reply_is_given_up(void **state)
{
	char *in = mem_alloc(2 * REPLY_MAX);
	size_t n = 0;

	(void)state;
	memset(in, 'x', 2 * REPLY_MAX);
	memcpy(in, "250 ", 4);
	assert_int_equal(reply_scan(slice_of(in, REPLY_MAX - 1)), 0);
	assert_int_equal(reply_scan(slice_of(in, REPLY_MAX)), -1);
	while (n + 7 < 2 * REPLY_MAX) {
		memcpy(in + n, "250-x\r\n", 7);
		n += 7;
	}
	assert_int_equal(reply_scan(slice_of(in, n)), -1);
	free(in);
}

static void
the_enhanced_code_is_that_of_the_code(void **state)
{
	static const struct {
		const char *in;
		int want[3];
	} rows[] = {
	    {"250 2.1.5 ok\r\n", {2, 1, 5}},
	    {"550 5.1.1\r\n", {5, 1, 1}},
	    {"550-5.7.26 a\r\n550 5.7.1 b\r\n", {5, 7, 26}},
	    {"450 4.7.650 x\r\n", {4, 7, 650}},
	    {"250 5.1.1 x\r\n", {0}},
	    {"550 2.1.1 x\r\n", {0}},
	    {"550 5.1 x\r\n", {0}},
	    {"550 5.1.1x\r\n", {0}},
	    {"550 5.1.1234 x\r\n", {0}},
	    {"550 5..1 x\r\n", {0}},
	    {"550 192.0.2.1 x\r\n", {0}},
	    {"550 \r\n", {0}},
	    {"550\r\n", {0}},
	    {"550 no\r\n", {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int got[3];
		bool found = reply_enhanced(slice_z(rows[i].in), got);

		assert_memory_equal(got, rows[i].want, sizeof got);
		assert_int_equal(found, rows[i].want[0] != 0);
	}
}

static void
keywords_are_found_whole(void **state)
{
	const struct slice ehlo = SLICE("250-SIZE.example STARTTLS\r\n"
					"250-SIZE 1000\r\n250-DSNX\r\n"
					"250-auth PLAIN LOGIN\r\n"
					"250-X=Y\r\n250 starttls\r\n");
	struct slice param;

	(void)state;
	assert_true(reply_offers(ehlo, SLICE("SIZE"), &param));
	assert_true(slice_eq_z(param, "1000"));
	assert_true(reply_offers(ehlo, SLICE("AUTH"), &param));
	assert_true(slice_eq_z(param, "PLAIN LOGIN"));
	assert_true(reply_offers(ehlo, SLICE("STARTTLS"), NULL));
	assert_false(reply_offers(ehlo, SLICE("DSN"), NULL));
	/* The first line is the peer's name, whatever it says. */
	assert_false(reply_offers(SLICE("250-STARTTLS\r\n250 x\r\n"),
				  SLICE("STARTTLS"), NULL));
	assert_false(reply_offers(SLICE("250 x\r\n"), SLICE("DSN"), NULL));
}

static void
queue_ids_of_known_servers_are_found(void **state)
{
	static const struct {
		const char *reply, *id;
	} rows[] = {
	    {"250 2.0.0 Ok: queued as 4Wxyz12ABCz9\r\n", "4Wxyz12ABCz9"},
	    {"250 OK id=1rXabc-0004Ab-2f\r\n", "1rXabc-0004Ab-2f"},
	    {"250 2.0.0 OK  1700000000 d9443c01a7336-2117sm123.4 - gsmtp\r\n",
	     "d9443c01a7336-2117sm123.4"},
	    {"250 2.0.0 3AB12cd4 Message accepted for delivery\r\n",
	     "3AB12cd4"},
	    {"250 2.6.0 <a@b> [InternalId=7301444403214, Hostname=x] Queued "
	     "mail for delivery\r\n",
	     "7301444403214"},
	    {"250 Ok 0102018f3b1c2d3e-aabbccdd-000000\r\n",
	     "0102018f3b1c2d3e-aabbccdd-000000"},
	    {"250 ok 1700000000 qp 12345\r\n", "12345"},
	    {"250-2.0.0 a\r\n250 2.0.0 Ok: queued as ABCD1\r\n", "ABCD1"},
	    {"250 2.0.0 accepted\r\n", ""},
	    {"250 Ok\r\n", ""},
	    {"250 queued as \r\n", ""},
	    {"250\r\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice id = reply_queue_id(slice_z(rows[i].reply));

		if (!slice_eq_z(id, rows[i].id))
			print_error("%s: %.*s\n", rows[i].reply, SLICE_ARG(id));
		assert_true(slice_eq_z(id, rows[i].id));
	}
}

static void
an_outcome_keeps_the_reply_verbatim(void **state)
{
	struct outcome o;

	(void)state;
	outcome_init(&o);
	outcome_reply(&o, SLICE("250-2.0.0 a\r\n250 2.0.0 queued as XY12\r\n"));
	assert_int_equal(o.code, 250);
	assert_int_equal(o.enhanced[0], 2);
	assert_string_equal(o.remote_id, "XY12");
	assert_string_equal(sbuf_z(&o.reply),
			    "250-2.0.0 a\r\n250 2.0.0 queued as XY12\r\n");
	/* A refusal has no queue id, whatever it says. */
	outcome_reply(&o, SLICE("550 5.0.0 not queued as XY12\r\n"));
	assert_string_equal(o.remote_id, "");
	for (int i = 0; i < STAGES; i++)
		assert_non_null(stage_name((enum stage)i));
	for (int i = 0; i < FATES; i++)
		assert_non_null(fate_name((enum fate)i));
	outcome_fini(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_reply_is_whole_only_with_its_last_line),
	    cmocka_unit_test(an_endless_reply_is_given_up),
	    cmocka_unit_test(a_whole_reply_may_be_too_long),
	    cmocka_unit_test(the_enhanced_code_is_that_of_the_code),
	    cmocka_unit_test(keywords_are_found_whole),
	    cmocka_unit_test(queue_ids_of_known_servers_are_found),
	    cmocka_unit_test(an_outcome_keeps_the_reply_verbatim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
