#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/route.h"
#include "mailer/dkim.h"

/* Signatures are verified in tests/integration/test_dkim.py by verifiers that
 * are not ours; here, what is signed. */

struct keys {
	char dir[64];
	struct sign_key *ed25519;
};

static const char head[] = "From: Joe <joe@a.example>\r\n"
			   "To: x@b.example\r\n"
			   "Subject: Is dinner\r\n\tready?\r\n"
			   "Date: Fri, 11 Jul 2003 21:00:37 -0700\r\n"
			   "Message-ID: <1@a.example>\r\n";

/* The message with its signature on top. */
static void
sign_it(struct keys *k, const char *text, uint32_t rewrites, struct sbuf *out)
{
	struct dkim_key key = {"a.example", "s1", k->ed25519};
	struct err e = {0};

	sbuf_init(out, 65536);
	if (dkim_sign(slice_z(text), &key, 1, rewrites, 0, out, &e) != RC_OK)
		fail_msg("%s", e.text);
	assert_true(slice_ends(sbuf_slice(out), slice_z(text)));
}

static void
has(struct sbuf *out, const char *want, bool expected)
{
	ptrdiff_t at = slice_find(sbuf_slice(out), slice_z(want));

	if ((at >= 0) != expected)
		print_error("%s in %s\n", want, sbuf_z(out));
	assert_int_equal(at >= 0, expected);
}

static void
body_hashes_are_those_of_the_rfcs(void **state)
{
	static const struct {
		const char *body, *hash;
	} rows[] = {
	    /* RFC 8463 A.2 */
	    {"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\n"
	     "Joe.\r\n",
	     "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="},
	    {"Hi.\r\n\r\nWe lost  the\tgame.\t Are you hungry yet? \t\r\n \r\n"
	     "Joe.\r\n\r\n \r\n\r\n",
	     "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="},
	    /* RFC 6376 3.4.4: an empty body stays empty. */
	    {"", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
	    {"\r\n\r\n", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
	    {" \t\r\n\r\n", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[1024], want[128];
		struct sbuf out;

		snprintf(text, sizeof text, "%s\r\n%s", head, rows[i].body);
		snprintf(want, sizeof want, " bh=%s;", rows[i].hash);
		sign_it(*state, text, 0, &out);
		has(&out, want, true);
		sbuf_fini(&out);
	}
}

static void
what_must_not_be_added_is_signed_once_more(void **state)
{
	char text[1024];
	struct sbuf out;

	snprintf(text, sizeof text, "X-Evidence-Ref: r\r\n%s\r\nx\r\n", head);
	sign_it(*state, text, 0, &out);
	has(&out,
	    " h=From:From:To:Subject:Date:Message-ID:X-Evidence-Ref:"
	    "X-Evidence-Ref:\r\n  X-Evidence-Checkpoint;",
	    true);
	sbuf_fini(&out);
	sign_it(*state, text, REWRITES_DATE | REWRITES_MESSAGE_ID, &out);
	has(&out, " h=From:From:To:Subject:X-Evidence-Ref:", true);
	sbuf_fini(&out);
}

static void
what_is_no_message_is_refused(void **state)
{
	static const char *const bad[] = {"From: a\nTo: b\n\nx",
					  "no colon\r\n\r\nx\r\n",
					  ": x\r\n\r\n", "From: a\r\nTo"};
	struct keys *k = *state;
	struct dkim_key key = {"a.example", "s1", k->ed25519};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = {0};
		struct sbuf out;

		sbuf_init(&out, 65536);
		assert_int_equal(
		    dkim_sign(slice_z(bad[i]), &key, 1, 0, 0, &out, &e),
		    RC_INVALID);
		sbuf_fini(&out);
	}
}

static void
without_keys_the_message_stays_as_it_is(void **state)
{
	struct err e = {0};
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 65536);
	assert_int_equal(dkim_sign(slice_z(head), NULL, 0, 0, 0, &out, &e),
			 RC_OK);
	assert_true(slice_eq_z(sbuf_slice(&out), head));
	sbuf_reset(&out);
	out.max = 10;
	assert_int_equal(dkim_sign(slice_z(head), NULL, 0, 0, 0, &out, &e),
			 RC_LIMIT);
	sbuf_fini(&out);
}

/* Two signatures, and what they sign of what a relay may rewrite. */
static void
what_is_behind_signatures_is_the_message(void **state)
{
	static const uint32_t both = REWRITES_DATE | REWRITES_MESSAGE_ID;
	struct keys *k = *state;
	struct dkim_key keys[2] = {{"a.example", "s1", k->ed25519},
				   {"a.example", "s2", k->ed25519}};
	uint32_t covers = 77;
	struct err e;

	for (uint32_t rewrites = 0; rewrites <= both; rewrites++) {
		struct sbuf out;

		sbuf_init(&out, 65536);
		assert_int_equal(
		    dkim_sign(slice_z(head), keys, 2, rewrites, 0, &out, &e),
		    RC_OK);
		assert_true(
		    slice_eq_z(dkim_behind(sbuf_slice(&out), &covers), head));
		assert_int_equal(covers, both & ~rewrites);
		sbuf_fini(&out);
	}
	assert_true(slice_eq_z(dkim_behind(slice_z(head), &covers), head));
	assert_int_equal(covers, 0);
	assert_int_equal(
	    dkim_behind(SLICE("DKIM-Signature: v=1;\r\n h=date"), &covers).n,
	    0);
	assert_int_equal(dkim_behind(SLICE(""), &covers).n, 0);
}

static void
the_record_is_a_line_of_a_zone(void **state)
{
	struct keys *k = *state;
	struct dkim_key key = {"a.example", "s1", k->ed25519};
	struct sbuf out;

	sbuf_init(&out, 4096);
	dkim_dns_record(&key, &out);
	assert_true(slice_starts(sbuf_slice(&out),
				 SLICE("s1._domainkey.a.example. IN TXT ( "
				       "\"v=DKIM1; k=ed25519; p=")));
	assert_true(slice_ends(sbuf_slice(&out), SLICE("=\" )\n")));
	sbuf_fini(&out);
}

static int
make_keys(void **state)
{
	struct keys *k = MEM_NEW(struct keys);
	char path[128];
	struct err e = {0};

	snprintf(k->dir, sizeof k->dir, "/tmp/acuse-dkim-XXXXXX");
	if (mkdtemp(k->dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/key", k->dir);
	if (sign_key_create(path, SIGN_ED25519, &e) != RC_OK ||
	    sign_key_load(path, &k->ed25519, &e) != RC_OK)
		return -1;
	unlink(path);
	*state = k;
	return 0;
}

static int
forget_keys(void **state)
{
	struct keys *k = *state;

	sign_key_free(k->ed25519);
	rmdir(k->dir);
	free(k);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(body_hashes_are_those_of_the_rfcs),
	    cmocka_unit_test(what_must_not_be_added_is_signed_once_more),
	    cmocka_unit_test(what_is_no_message_is_refused),
	    cmocka_unit_test(without_keys_the_message_stays_as_it_is),
	    cmocka_unit_test(what_is_behind_signatures_is_the_message),
	    cmocka_unit_test(the_record_is_a_line_of_a_zone),
	};

	return cmocka_run_group_tests(tests, make_keys, forget_keys);
}
