/* What the view page shows: the message's own HTML, without its pixel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/token.h"
#include "mailer/sent.h"

#define OURS "https://n.example/o/"

static struct arena arena;

static struct sent
read_one(const char *message)
{
	struct err e = {0};
	struct sent out;

	if (sent_read(slice_z(message), &arena, &out, &e) != RC_OK)
		fail_msg("%s", e.text);
	return out;
}

static void
is(struct slice got, const char *want)
{
	if (!slice_eq_z(got, want))
		fail_msg("got '%.*s', want '%s'", SLICE_ARG(got), want);
}

static void
test_html_of_alternatives(void **state)
{
	struct sent s = read_one(
	    "Subject: x\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain\r\n"
	    "--b\r\nContent-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "<p>Le=C3=B3n =3D 1</p>\r\n--b--\r\n");

	(void)state;
	is(s.html, "<p>León = 1</p>");
	is(s.text, "plain");
}

static void
test_latin_1_becomes_utf_8(void **state)
{
	(void)state;
	is(read_one("Content-Type: text/html; charset=iso-8859-1\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n\r\n<p>Le\xf3n</p>")
	       .html,
	   "<p>León</p>");
}

static void
test_attachments_are_no_text(void **state)
{
	struct sent s = read_one(
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
	    "--b\r\nContent-Type: text/html\r\n"
	    "Content-Disposition: attachment; filename=a.html\r\n\r\n"
	    "<script>1</script>\r\n"
	    "--b\r\nContent-Type: application/pdf; name=f.pdf\r\n"
	    "Content-Disposition: attachment; filename=f.pdf\r\n\r\nx\r\n"
	    "--b--\r\n");

	(void)state;
	is(s.html, "");
	is(s.text, "hello");
	assert_int_equal(s.attachments_n, 2);
	is(s.attachments[0], "a.html");
	is(s.attachments[1], "f.pdf");
}

static void
test_pictures_within_are_shown(void **state)
{
	struct sent s = read_one(
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/related; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: text/html\r\n\r\n"
	    "<img src=\"cid:logo@h\"><img src=\"cid:none@h\">\r\n"
	    "--b\r\nContent-Type: image/png\r\nContent-ID: <logo@h>\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nAQID\r\n--b--\r\n");

	(void)state;
	is(s.html, "<img src=\"data:image/png;base64,AQID\">"
		   "<img src=\"cid:none@h\">");
}

static void
test_what_is_no_message(void **state)
{
	struct err e = {0};
	struct sent out;

	(void)state;
	assert_int_equal(sent_read(SLICE(""), &arena, &out, &e), RC_INVALID);
	assert_int_equal(
	    sent_read(SLICE("Subject: x\r\n\r\n"), &arena, &out, &e),
	    RC_INVALID);
}

static void
test_pixel_is_removed(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"<p>a</p><img src=\"" OURS "T\" width=\"1\"></body>",
	     "<p>a</p></body>"},
	    {"<IMG\nalt='a>b' src='" OURS "T'>x", "x"},
	    {"<img src=\"https://n.example/logo.png\">",
	     "<img src=\"https://n.example/logo.png\">"},
	    {"<a href=\"" OURS "T\">l</a>", "<a href=\"" OURS "T\">l</a>"},
	    {"<image src=\"" OURS "T\">", "<image src=\"" OURS "T\">"},
	    {"a < b <img", "a < b <img"},
	    {"<img src=\"" OURS "T", "<img src=\"" OURS "T"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		is(sent_without_pixel(slice_z(rows[i].in), SLICE(OURS),
				      ref_new(), &arena),
		   rows[i].out);
}

/* The token of a message in the pixel's address on some host. */
static struct slice
image(const char *host, const char *path, struct ref mref)
{
	static const struct token_key key = {.id = 1u << 16 | 7};
	struct sbuf b;
	struct slice out;

	sbuf_init(&b, 1024);
	sbuf_addf(&b, "<img alt='' src=\"https://%s%s", host, path);
	token_add(&b, &key, TOKEN_OPEN, mref, 0, SLICE(""));
	sbuf_add_z(&b, "\" width=1>");
	out = arena_dup(&arena, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}

static void
test_pixel_of_an_older_host_is_removed(void **state)
{
	struct ref mref = ref_new(), nobody = {{0}};
	const struct {
		struct slice in;
		bool stays;
	} rows[] = {
	    {image("old.example", "/o/", mref), false},
	    {image("old.example:8443", "/o/", mref), false},
	    {image("old.example", "/o/", nobody), false},
	    {image("old.example", "/o/x/o/", mref), false},
	    {image("old.example", "/o/", ref_new()), true},
	    {image("old.example", "/c/", mref), true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct slice got =
		    sent_without_pixel(rows[i].in, SLICE(OURS), mref, &arena);

		assert_true(rows[i].stays ? slice_eq(got, rows[i].in)
					  : got.n == 0);
	}
}

static int
begin(void **state)
{
	(void)state;
	arena_init(&arena, 64u << 20);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_html_of_alternatives),
	    cmocka_unit_test(test_latin_1_becomes_utf_8),
	    cmocka_unit_test(test_attachments_are_no_text),
	    cmocka_unit_test(test_pictures_within_are_shown),
	    cmocka_unit_test(test_what_is_no_message),
	    cmocka_unit_test(test_pixel_is_removed),
	    cmocka_unit_test(test_pixel_of_an_older_host_is_removed),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
