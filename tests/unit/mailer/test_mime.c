#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gmime/gmime.h>
#include <string.h>

#include "base/mem.h"
#include "mailer/encode.h"
#include "mailer/mime.h"

/* Exact bytes are in tests/golden; here GMime reads what was written. */

static const struct mime basic = {
    .mref = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
    .date_us = INT64_C(1795255200000000),
    .message_id = {"m1@mail.host.example", 20},
    .from = {{"Hosting Sur", 11}, {"avisos@host.example", 19}},
    .to = {{"José", 5}, {"jose@b.example", 14}},
    .subject = {"Factura", 7},
    .text = {"Hola\n", 5},
};

static GMimeMessage *
parse(const struct mime *m, struct sbuf *out)
{
	struct err e = {0};
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *message;

	sbuf_init(out, 1 << 20);
	if (mime_write(m, out, &e) != RC_OK)
		fail_msg("%s: %s", e.pointer, e.text);
	stream = g_mime_stream_mem_new_with_buffer(out->p, out->n);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	assert_non_null(message);
	return message;
}

static void
same(const char *got, struct slice want)
{
	assert_non_null(got);
	if (!slice_eq_z(want, got))
		print_error("got \"%s\", want \"%.*s\"\n", got,
			    SLICE_ARG(want));
	assert_true(slice_eq_z(want, got));
}

static void
names_and_subjects_come_back(void **state)
{
	static const char *const texts[] = {
	    "plain",
	    "señor Ñandú",
	    "請求書 0001 のお知らせ、長い件名はここで折り返されます。"
	    "もう少し続きます。",
	    "a \"quoted\" name, with (a comment) and \\ back",
	    "=?utf-8?q?not=20encoded?= by us",
	    "half ascii then señor and then a long tail of ascii words that "
	    "has to be folded somewhere",
	    "🙂🙃🙂🙃🙂🙃🙂🙃🙂🙃🙂🙃🙂🙃🙂🙃"
	    "🙂🙃🙂🙃🙂🙃🙂🙃🙂🙃",
	    "averyveryveryveryveryveryveryveryveryveryveryveryveryveryveryvery"
	    "veryverylongwordwithoutaspace",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct mime m = basic;
		InternetAddressList *list;
		GMimeMessage *parsed;
		struct sbuf out;

		m.subject = m.to.name = slice_z(texts[i]);
		parsed = parse(&m, &out);
		same(g_mime_message_get_subject(parsed), m.subject);
		list = g_mime_message_get_to(parsed);
		assert_int_equal(internet_address_list_length(list), 1);
		same(internet_address_get_name(
			 internet_address_list_get_address(list, 0)),
		     m.to.name);
		same(g_mime_message_get_message_id(parsed), m.message_id);
		g_object_unref(parsed);
		sbuf_fini(&out);
	}
}

static void
read_part(GMimeObject *o, struct sbuf *out)
{
	GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(o));
	GMimeStream *mem = g_mime_stream_mem_new();
	GByteArray *bytes;

	g_mime_data_wrapper_write_to_stream(content, mem);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
	sbuf_init(out, 1 << 20);
	sbuf_add(out, slice_of(bytes->data, bytes->len));
	g_object_unref(mem);
}

struct seen {
	size_t parts, files;
	const struct mime *m;
};

static void
look(GMimeObject *parent, GMimeObject *o, gpointer arg)
{
	struct seen *seen = arg;
	const char *name;
	struct sbuf got;

	(void)parent;
	if (!GMIME_IS_PART(o))
		return;
	seen->parts++;
	name = g_mime_part_get_filename(GMIME_PART(o));
	if (name == NULL)
		return;
	same(name, seen->m->parts[seen->files].name);
	read_part(o, &got);
	assert_true(
	    slice_eq(sbuf_slice(&got), seen->m->parts[seen->files].content));
	sbuf_fini(&got);
	seen->files++;
}

static void
parts_come_back(void **state)
{
	static const char bytes[] = "\0\r\n.\r\n--=_m\377binary";
	const struct mime_part parts[] = {
	    {SLICE("image/png"),
	     SLICE("logo.png"),
	     {bytes, sizeof bytes},
	     SLICE("logo@host.example")},
	    {SLICE("application/pdf"),
	     SLICE("Factura n.º 12 – señor Muñoz – un nombre que no cabe en "
		   "una línea, ni en dos, según se mire.pdf"),
	     {bytes, sizeof bytes},
	     {NULL, 0}},
	    {SLICE("text/plain"),
	     SLICE("a \"b\"; c=d.txt"),
	     {"x", 1},
	     {NULL, 0}},
	    {SLICE("text/plain"), SLICE("empty.txt"), {NULL, 0}, {NULL, 0}},
	};
	struct mime m = basic;
	struct seen seen = {.m = &m};
	GMimeMessage *parsed;
	struct sbuf out;

	(void)state;
	m.html = SLICE("<p>Hola <img src=\"cid:logo@host.example\"></p>\n");
	m.parts = parts;
	m.parts_n = 4;
	parsed = parse(&m, &out);
	g_mime_message_foreach(parsed, look, &seen);
	assert_int_equal(seen.parts, 6);
	assert_int_equal(seen.files, 4);
	g_object_unref(parsed);
	sbuf_fini(&out);
}

/* Any text, and any way to end its lines, comes back canonical. */
static void
text_comes_back(void **state)
{
	static const char *const texts[] = {
	    "a\r\nb\n\n\nc",
	    " lead\ntrail \t\n \n\t\n",
	    "=3D = =\n=\n",
	    ".\n..\n.a\nFrom me\nFromage\n",
	    "a\rb\n",
	    "x\x01y\x7fz\n",
	    "ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé\n",
	    "123456789012345678901234567890123456789012345678901234567890123456"
	    "7890123456\n",
	    "123456789012345678901234567890123456789012345678901234567890123456"
	    "7"
	    "890123456é\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct mime m = basic;
		GMimeMessage *parsed;
		struct sbuf out, got, want;
		struct slice rest = slice_z(texts[i]);

		m.text = rest;
		parsed = parse(&m, &out);
		read_part(g_mime_message_get_mime_part(parsed), &got);
		sbuf_init(&want, 1000);
		while (rest.n > 0) {
			struct slice line = slice_cut(&rest, '\n');

			if (line.n > 0 && line.p[line.n - 1] == '\r')
				line.n--;
			sbuf_add(&want, line);
			sbuf_add(&want, SLICE("\r\n"));
		}
		assert_true(slice_eq(sbuf_slice(&got), sbuf_slice(&want)));
		g_object_unref(parsed);
		sbuf_fini(&out);
		sbuf_fini(&got);
		sbuf_fini(&want);
	}
}

static void
a_full_buffer_is_told(void **state)
{
	struct err e = {0};
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 200);
	assert_int_equal(mime_write(&basic, &out, &e), RC_LIMIT);
	sbuf_fini(&out);
}

static void
quoted_printable_is_not_longer_than_it_may_be(void **state)
{
	struct sbuf out;
	char *text = mem_alloc(100000);

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		text[i] = (char)(i * 7 + i / 251);
	sbuf_init(&out, 1 << 20);
	encode_qp(slice_of(text, 100000), &out);
	assert_true(sbuf_ok(&out));
	for (struct slice rest = sbuf_slice(&out); rest.n > 0;)
		assert_true(slice_cut(&rest, '\n').n <= 77);
	sbuf_fini(&out);
	free(text);
}

static int
start(void **state)
{
	(void)state;
	g_mime_init();
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	g_mime_shutdown();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_and_subjects_come_back),
	    cmocka_unit_test(parts_come_back),
	    cmocka_unit_test(text_comes_back),
	    cmocka_unit_test(a_full_buffer_is_told),
	    cmocka_unit_test(quoted_printable_is_not_longer_than_it_may_be),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
