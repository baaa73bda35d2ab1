#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mailer/history.h"

#define SAID "521 5.3.2 \"no\""

static void
add(struct history *h, struct arena *a, const char *host, int64_t started_us,
    struct slice reply, struct slice session, struct slice message)
{
	struct outcome o;

	outcome_init(&o);
	if (reply.n > 0)
		outcome_reply(&o, reply);
	else
		snprintf(o.fault, sizeof(o.fault), "connect timeout");
	o.stage = reply.n > 0 ? STAGE_RCPT : STAGE_CONNECT;
	o.started_us = started_us;
	history_add(h, a, host, &o, session, message);
	outcome_fini(&o);
}

static void
all_sessions_are_kept_in_order(void **state)
{
	struct history h = {.n = 0};
	struct arena a;
	struct sbuf b;

	(void)state;
	arena_init(&a, 1 << 20);
	sbuf_init(&b, 1 << 20);
	assert_int_equal(history_started(&h, 7), 7);
	history_add_json(&h, &b);
	assert_true(slice_eq_z(sbuf_slice(&b), "\"tried\":[]"));
	add(&h, &a, "mx1.b", 5, SLICE(SAID "\r\n"), SLICE("0 T one\n"),
	    slice_of("9 ? a\0b\n", 8));
	add(&h, &a, "mx2.b", 6, SLICE(""), SLICE("0 T two\n"), SLICE(""));
	assert_int_equal(history_started(&h, 7), 5);
	sbuf_reset(&b);
	history_add_transcript(&h, &b);
	assert_int_equal(b.n, 24);
	assert_memory_equal(b.p, "0 T one\n9 ? a\0b\n0 T two\n", 24);
	sbuf_reset(&b);
	history_add_json(&h, &b);
	assert_string_equal(
	    sbuf_z(&b),
	    "\"tried\":[{\"host\":\"mx1.b\",\"stage\":\"RCPT\",\"code\":521,"
	    "\"reply\":\"521 5.3.2 \\\"no\\\"\",\"fault\":\"\"},"
	    "{\"host\":\"mx2.b\",\"stage\":\"connect\",\"code\":0,"
	    "\"reply\":\"\",\"fault\":\"connect timeout\"}]");
	sbuf_fini(&b);
	arena_fini(&a);
}

/* Many servers may say much of many messages. */
static void
what_is_kept_of_one_is_bounded(void **state)
{
	static char much[200000];
	struct history h = {.n = 0};
	struct arena a;
	struct sbuf b;

	(void)state;
	memset(much, 'x', sizeof(much));
	arena_init(&a, 1 << 20);
	sbuf_init(&b, 1 << 20);
	for (int i = 0; i < 20; i++)
		add(&h, &a, "mx", 1, SLICE(""), SLICE("0 T\n"),
		    slice_of(much, sizeof(much)));
	history_add_transcript(&h, &b);
	assert_true(b.n < 20 * 20000);
	sbuf_fini(&b);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_sessions_are_kept_in_order),
	    cmocka_unit_test(what_is_kept_of_one_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
