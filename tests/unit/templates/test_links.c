/* The table of links that a mail may hold: what is rewritten, and to which
 * destination; what is left alone, and why; where the pixel goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "templates/links.h"

struct writer {
	struct link_writer base;
};

/* Writes "T<index>" so that the rest of the bytes can be compared. */
static void
add_token(struct link_writer *w, unsigned index, struct slice destination,
	  struct sbuf *out)
{
	(void)w;
	(void)destination;
	sbuf_addf(out, "T%u", index);
}

static struct links_input
input(const char *html)
{
	static struct slice hosts[3];
	static struct writer w = {{add_token}};
	struct links_input in = {.html = slice_z(html)};

	hosts[0] = SLICE("h.example");
	hosts[1] = SLICE("*.pay.example");
	hosts[2] = SLICE("b\u00fccher.example");
	in.hosts = hosts;
	in.host_count = 3;
	in.own_url = SLICE("https://t.h.example");
	in.writer = &w.base;
	return in;
}

struct row {
	const char *html, *wanted;
	const char *destinations[3];
};

static bool
same(const struct links_result *r, const char *const wanted[3])
{
	size_t n = 0;

	while (n < 3 && wanted[n])
		n++;
	if (r->destination_count != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!slice_eq_z(r->destinations[i], wanted[i]))
			return false;
	return true;
}

static void
show(const struct links_result *r)
{
	for (size_t i = 0; i < r->destination_count; i++)
		print_error("  %zu: %.*s\n", i, SLICE_ARG(r->destinations[i]));
}

#define A(url) "<a href=\"" url "\">x</a>"

static void
test_rewritten(void **state)
{
	static const struct row rows[] = {
	    {A("https://h.example/?a=1&amp;b=2"),
	     A("T0"),
	     {"https://h.example/?a=1&b=2"}},
	    {A("https://h.example/?a=1&b=2"),
	     A("T0"),
	     {"https://h.example/?a=1&b=2"}},
	    {A("https://h.example/?a=1&b=2&amp;c=3"),
	     A("T0"),
	     {"https://h.example/?a=1&b=2&c=3"}},
	    {A("https://h.example/?a=1&#38;b=2&#x26;c=3"),
	     A("T0"),
	     {"https://h.example/?a=1&b=2&c=3"}},
	    {A("https://h.example/?a=1&copy=1&lt=2&section=3"),
	     A("T0"),
	     {"https://h.example/?a=1&copy=1&lt=2&section=3"}},
	    {A("https://h.example/?a=&amp;amp;b"),
	     A("T0"),
	     {"https://h.example/?a=&amp;b"}},
	    {A("https://h.example/?f[0]=x:2"),
	     A("T0"),
	     {"https://h.example/?f[0]=x:2"}},
	    {A("https://h.example/(EU)_V2.pdf"),
	     A("T0"),
	     {"https://h.example/(EU)_V2.pdf"}},
	    {A("https://h.example/part@part/"),
	     A("T0"),
	     {"https://h.example/part@part/"}},
	    {A("https://h.example/"), A("T0"), {"https://h.example/"}},
	    {A("https://h.example"), A("T0"), {"https://h.example"}},
	    {A("https://h.example/a%2Fb%20c"),
	     A("T0"),
	     {"https://h.example/a%2Fb%20c"}},
	    {A("https://h.example/it's"), A("T0"), {"https://h.example/it's"}},
	    {"<a href='https://h.example/\"q\"'>x</a>",
	     "<a href='T0'>x</a>",
	     {"https://h.example/\"q\""}},
	    {"<a href=https://h.example/q style=\"a\">x</a>",
	     "<a href=T0 style=\"a\">x</a>",
	     {"https://h.example/q"}},
	    {"<A HREF = \"https://h.example/q\">x</A>",
	     "<A HREF = \"T0\">x</A>",
	     {"https://h.example/q"}},
	    {"<a\n  class=\"b\"\r\n\thref\n=\n\"https://h.example/q\"\n>x</a>",
	     "<a\n  class=\"b\"\r\n\thref\n=\n\"T0\"\n>x</a>",
	     {"https://h.example/q"}},
	    {A("https://h.example/a\n b\r\n\t"),
	     A("https://h.example/a\n "
	       "b\r\n\t"),
	     {NULL}},
	    {A("\n https://h.example/a\nb\r\n\t"),
	     A("T0"),
	     {"https://h.example/ab"}},
	    {A("https://h.example/#f-\u00e9"),
	     A("T0"),
	     {"https://h.example/#f-%C3%A9"}},
	    {A("https://h.example/\u00f1?q=\U0001f600"),
	     A("T0"),
	     {"https://h.example/%C3%B1?q=%F0%9F%98%80"}},
	    {A("https://h.example/\u202e?q=%C3%B1&\u00f1"),
	     A("T0"),
	     {"https://h.example/%E2%80%AE?q=%C3%B1&%C3%B1"}},
	    {A("https://h.example/\u00f1") A("https://h.example/%C3%B1"),
	     A("T0") A("T0"),
	     {"https://h.example/%C3%B1"}},
	    {A("https://b\u00fccher.example/x"),
	     A("T0"),
	     {"https://xn--bcher-kva.example/x"}},
	    {A("https://\u00f1.pay.example:8443/\u00f1"),
	     A("T0"),
	     {"https://xn--ida.pay.example:8443/%C3%B1"}},
	    {A("https://h.example/a") A("https://h.example/ab"),
	     A("T0") A("T1"),
	     {"https://h.example/a", "https://h.example/ab"}},
	    {"<a data-href=\"https://h.example/n\" "
	     "href=\"https://h.example/y\">x</a>",
	     "<a data-href=\"https://h.example/n\" href=\"T0\">x</a>",
	     {"https://h.example/y"}},
	    {"<map><area href=\"https://h.example/y\"></map>",
	     "<map><area href=\"T0\"></map>",
	     {"https://h.example/y"}},
	    {"<!--[if mso]><v:roundrect href=\"https://h.example/y\">x"
	     "</v:roundrect><![endif]--><!--[if !mso]><!-->" A(
		 "https://h.example/y") "<!--<![endif]-->",
	     "<!--[if mso]><v:roundrect href=\"T0\">x"
	     "</v:roundrect><![endif]--><!--[if !mso]><!-->" A("T0") "<!--<!["
								     "endif]"
								     "-->",
	     {"https://h.example/y"}},
	    {A("HTTPS://H.Example:8443/y"),
	     A("T0"),
	     {"HTTPS://H.Example:8443/y"}},
	    {A("https://a.pay.example/"), A("T0"), {"https://a.pay.example/"}},
	    {"<a href=\"https://h.example/1\"><b>Pay</b> now<img "
	     "src=\"https://h.example/i\"></a>",
	     "<a href=\"T0\"><b>Pay</b> now<img src=\"https://h.example/i\">"
	     "</a>",
	     {"https://h.example/1"}},
	    {"<a href=\"https://h.example/1\">PF-1042.pdf</a>",
	     "<a href=\"T0\">PF-1042.pdf</a>",
	     {"https://h.example/1"}},
	    {"<a href=\"https://h.example/1\">$ 12.345,67</a>",
	     "<a href=\"T0\">$ 12.345,67</a>",
	     {"https://h.example/1"}},
	    {"<a href=\"https://h.example/1\">unclosed",
	     "<a href=\"T0\">unclosed",
	     {"https://h.example/1"}},
	    {A("https://h.example/?a&nbsp;b"),
	     A("T0"),
	     {"https://h.example/?a%C2%A0b"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct links_input in = input(rows[i].html);
		struct links_result res = {.destination_count = 0};
		struct sbuf out;
		struct arena a;
		struct err e;

		arena_init(&a, 8 << 20);
		sbuf_init(&out, 1 << 20);
		assert_int_equal(links_rewrite(&in, &a, &out, &res, &e), 0);
		if (!slice_eq_z(sbuf_slice(&out), rows[i].wanted) ||
		    !same(&res, rows[i].destinations)) {
			show(&res);
			fail_msg(
			    "row %zu\n  of     %s\n  wanted %s\n  got    %s", i,
			    rows[i].html, rows[i].wanted, sbuf_z(&out));
		}
		sbuf_fini(&out);
		arena_fini(&a);
	}
}

#define NOT_COUNTED LINK_FATES

static void
test_left_alone(void **state)
{
	static const struct {
		const char *html;
		enum link_fate fate;
	} rows[] = {
	    {"<a href=\"https://h.example/p\">https://h.example/p</a>",
	     LINK_TEXT_URL},
	    {"<a href=\"https://h.example/p\">www.h.example</a>",
	     LINK_TEXT_URL},
	    {"<a href=\"https://h.example/p\">h.example</a>", LINK_TEXT_URL},
	    {"<a href=\"https://h.example/p\"> <b>h.exa</b>mple/p </a>",
	     LINK_TEXT_URL},
	    {"<a href=\"https://h.example/p\">&nbsp;h&#46;example</a>",
	     LINK_TEXT_URL},
	    {"<a href=\"https://h.example/p\">see http://h.example</a>",
	     LINK_TEXT_URL},
	    {"<a href=\"https://h.example/p\">203.0.113.5</a>", LINK_TEXT_URL},
	    {A("https://other.example/"), LINK_FOREIGN},
	    {A("https://evilh.example/"), LINK_FOREIGN},
	    {A("https://h.example.evil.example/"), LINK_FOREIGN},
	    {A("https://evilpay.example/"), LINK_FOREIGN},
	    {A("https://pay.example/"), LINK_FOREIGN},
	    {A("https://.pay.example/"), LINK_FOREIGN},
	    {A("https://h.example./"), LINK_FOREIGN},
	    {A("https://h.example@evil.example/"), LINK_UNSUITED},
	    {A("https://u:p@h.example/"), LINK_UNSUITED},
	    {A("https://h.example\\@evil.example/"), LINK_UNSUITED},
	    {A("https://h.example\\evil"), LINK_UNSUITED},
	    {A("https://h.example/a b"), LINK_UNSUITED},
	    {A("https://h.example/&#0;"), LINK_UNSUITED},
	    {A("https://h.example/&rarr;"), LINK_UNSUITED},
	    {A("https://h.example/\xff"), LINK_UNSUITED},
	    {A("https://evil.example\uff0fx.pay.example/"), LINK_UNSUITED},
	    {A("https://[::1]/"), LINK_UNSUITED},
	    {A("https:///x"), LINK_UNSUITED},
	    {A("https:h.example"), LINK_UNSUITED},
	    {A("https://t.h.example/c/x/y"), LINK_OURS},
	    {A("https://t.h.example"), LINK_OURS},
	    {A("https://h.example/unsubscribe?x=1"), LINK_LEAVE},
	    {"<a href=\"https://h.example/u\">Unsubscribe</a>", LINK_LEAVE},
	    {"<a href=\"https://h.example/u\">Darse de baja</a>", LINK_LEAVE},
	    {A("https://h.example/{{name}}"), LINK_UNEXPANDED},
	    {A("mailto:a@h.example"), NOT_COUNTED},
	    {A("tel:+5491100000000"), NOT_COUNTED},
	    {A("sms:+1"), NOT_COUNTED},
	    {A("cid:logo"), NOT_COUNTED},
	    {A("data:text/html,x"), NOT_COUNTED},
	    {A("javascript:alert(1)"), NOT_COUNTED},
	    {A("#anchor"), NOT_COUNTED},
	    {A("/relative"), NOT_COUNTED},
	    {A("//h.example/x"), NOT_COUNTED},
	    {A(""), NOT_COUNTED},
	    {"<a href>x</a><a href=>x</a><a>x</a>", NOT_COUNTED},
	    {"<link href=\"https://h.example/x\">", NOT_COUNTED},
	    {"<base href=\"https://h.example/x\">", NOT_COUNTED},
	    {"<img src=\"https://h.example/x\" href=\"https://h.example/x\">",
	     NOT_COUNTED},
	    {"<p style=\"background:url(https://h.example/x)\">", NOT_COUNTED},
	    {"<!-- " A("https://h.example/x") " -->", NOT_COUNTED},
	    {"<!-->"
	     "<!--->"
	     "<!-- > " A("https://h.example/x") "-->",
	     NOT_COUNTED},
	    {"<script>" A("https://h.example/x") "</script>", NOT_COUNTED},
	    {"<style>" A("https://h.example/x") "</style>", NOT_COUNTED},
	    {"<textarea>" A("https://h.example/x") "</textarea>", NOT_COUNTED},
	    {"<title>" A("https://h.example/x") "</title >", NOT_COUNTED},
	    {"<p title='" A("https://h.example/x") "'>", NOT_COUNTED},
	    {"<a title='href=\"https://h.example/x\"'>", NOT_COUNTED},
	    {"<a href=\"https://h.example/x", NOT_COUNTED},
	    {"<a href=\"https://h.example/x\"", NOT_COUNTED},
	    {"< a href=\"https://h.example/x\">", NOT_COUNTED},
	    {"<", NOT_COUNTED},
	    {"</", NOT_COUNTED},
	    {"<a", NOT_COUNTED},
	    {"<!", NOT_COUNTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct links_input in = input(rows[i].html);
		struct links_result res = {.destination_count = 0};
		struct sbuf out;
		struct arena a;
		struct err e;

		arena_init(&a, 8 << 20);
		sbuf_init(&out, 1 << 20);
		assert_int_equal(links_rewrite(&in, &a, &out, &res, &e), 0);
		if (!slice_eq(sbuf_slice(&out), in.html))
			fail_msg("row %zu: %s became %s", i, rows[i].html,
				 sbuf_z(&out));
		for (int f = 0; f < LINK_FATES; f++)
			if (res.fates[f] != ((int)rows[i].fate == f))
				fail_msg("row %zu: %s has %zu %s", i,
					 rows[i].html, res.fates[f],
					 link_fate_name((enum link_fate)f));
		sbuf_fini(&out);
		arena_fini(&a);
	}
}

static void
rewrite(struct links_input in, struct links_result *res, struct arena *a,
	struct sbuf *out)
{
	struct err e;

	sbuf_reset(out);
	*res = (struct links_result){.destination_count = 0};
	assert_int_equal(links_rewrite(&in, a, out, res, &e), 0);
}

static void
test_lengths_and_opt_out(void **state)
{
	struct links_result res;
	struct sbuf html, out;
	struct arena a;

	(void)state;
	arena_init(&a, 8 << 20);
	sbuf_init(&html, 8 << 20);
	sbuf_init(&out, 8 << 20);
	sbuf_add_z(&html, "<a href=\"https://h.example/");
	while (html.n < 9 + LINKS_DESTINATION_MAX)
		sbuf_add_c(&html, 'x');
	sbuf_add_z(&html, "\">");
	rewrite(input(sbuf_z(&html)), &res, &a, &out);
	assert_int_equal(res.fates[LINK_TRACKED], 1);
	assert_int_equal(res.destinations[0].n, LINKS_DESTINATION_MAX);
	sbuf_cut(&html, html.n - 2);
	sbuf_add_z(&html, "y\">");
	rewrite(input(sbuf_z(&html)), &res, &a, &out);
	assert_int_equal(res.fates[LINK_LONG], 1);
	sbuf_reset(&html);
	sbuf_add_z(&html, "<a href=\"https://h.example/");
	while (html.n < LINKS_DESTINATION_MAX / 2)
		sbuf_add_z(&html, "\u00f1");
	sbuf_add_z(&html, "\">");
	rewrite(input(sbuf_z(&html)), &res, &a, &out);
	assert_int_equal(res.fates[LINK_LONG], 1);
	rewrite(input("<a class=x data-track='OFF' "
		      "href=\"https://h.example/\">x</a>"),
		&res, &a, &out);
	assert_string_equal(sbuf_z(&out), "<a class=x "
					  "href=\"https://h.example/\">x</a>");
	assert_int_equal(res.fates[LINK_OPTED_OUT], 1);
	sbuf_reset(&html);
	for (int i = 0; i < LINKS_MAX + 5; i++)
		sbuf_addf(&html, "<a href=\"https://h.example/%d\">", i);
	rewrite(input(sbuf_z(&html)), &res, &a, &out);
	assert_int_equal(res.fates[LINK_TRACKED], LINKS_MAX);
	assert_int_equal(res.fates[LINK_TOO_MANY], 5);
	sbuf_fini(&html);
	sbuf_fini(&out);
	arena_fini(&a);
}

/* '@' stands for the pixel. */
static void
test_pixel(void **state)
{
	static const struct {
		const char *html, *wanted;
	} rows[] = {
	    {"<body>x</body></html>", "<body>x@</body></html>"},
	    {"<body>x</BODY ></html>", "<body>x@</BODY ></html>"},
	    {"x", "x@"},
	    {"", "@"},
	    {"<p>x</p>", "<p>x</p>@"},
	    {"x</body>y</body>z", "x</body>y@</body>z"},
	    {"x</body><!-- </body> -->", "x@</body><!-- </body> -->"},
	    {"x</body><script>'</body>'</script>",
	     "x@</body><script>'</body>'</script>"},
	    {"x</body><p title='</body>'>", "x@</body><p title='</body>'>"},
	    {"x</body><!--[if mso]></body><![endif]-->",
	     "x@</body><!--[if mso]></body><![endif]-->"},
	};
	struct links_result res;
	struct sbuf out, seen;
	struct arena a;

	(void)state;
	arena_init(&a, 8 << 20);
	sbuf_init(&out, 8 << 20);
	sbuf_init(&seen, 8 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct links_input in = input(rows[i].html);
		ptrdiff_t at, end;

		in.pixel_url = SLICE("https://t.h.example/o/x?a&b");
		rewrite(in, &res, &a, &out);
		assert_true(res.pixel);
		at = slice_find(sbuf_slice(&out), SLICE("<img src=\"https://"
							"t.h.example/o/"
							"x?a&amp;b\" "));
		assert_true(at >= 0);
		end =
		    slice_find_c(slice_skip(sbuf_slice(&out), (size_t)at), '>');
		sbuf_reset(&seen);
		sbuf_add(&seen, slice_of(out.p, (size_t)at));
		sbuf_add_c(&seen, '@');
		sbuf_add(&seen,
			 slice_skip(sbuf_slice(&out), (size_t)(at + end + 1)));
		assert_string_equal(sbuf_z(&seen), rows[i].wanted);
		assert_true(slice_find(sbuf_slice(&out), SLICE("alt=\"\"")) >
			    0);
	}
	sbuf_fini(&out);
	sbuf_fini(&seen);
	arena_fini(&a);
}

/* Past what Gmail shows, the pixel moves up to the last place before that. */
static void
test_pixel_in_long_mail(void **state)
{
	struct links_result res;
	struct links_input in;
	struct sbuf html, out;
	struct arena a;
	ptrdiff_t at;

	(void)state;
	arena_init(&a, 8 << 20);
	sbuf_init(&html, 8 << 20);
	sbuf_init(&out, 8 << 20);
	sbuf_add_z(&html, "<body><div style=\"display:none\">pre</div><table>");
	while (html.n < 150000)
		sbuf_addf(&html, "<tr><td>cell</td></tr>");
	sbuf_add_z(&html, "</table></body>");
	in = input(sbuf_z(&html));
	in.pixel_url = SLICE("https://t.h.example/o/x");
	rewrite(in, &res, &a, &out);
	at = slice_find(sbuf_slice(&out), SLICE("<img "));
	assert_true(at > 50000 && at < 102000);
	assert_true(slice_starts(slice_skip(sbuf_slice(&out), (size_t)at - 4),
				 SLICE("cell")));
	sbuf_fini(&html);
	sbuf_fini(&out);
	arena_fini(&a);
}

static void
test_text(void **state)
{
	static const struct row rows[] = {
	    {"Pay: https://h.example/a?b=1&c.",
	     "Pay: T0.",
	     {"https://h.example/a?b=1&c"}},
	    {"(https://h.example/a) https://h.example/(a)\n",
	     "(T0) T1\n",
	     {"https://h.example/a", "https://h.example/(a)"}},
	    {"https://other.example/ ://x http://",
	     "https://other.example/ "
	     "://x http://",
	     {NULL}},
	    {"<HTTP://h.example/a>", "<T0>", {"HTTP://h.example/a"}},
	    {"xhttps://h.example/a https://h.example/a",
	     "xT0 T0",
	     {"https://h.example/a"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct links_input in = input(rows[i].html);
		struct links_result res = {.destination_count = 0};
		struct sbuf out;
		struct arena a;
		struct err e;

		arena_init(&a, 8 << 20);
		sbuf_init(&out, 1 << 20);
		assert_int_equal(links_rewrite_text(&in, &a, &out, &res, &e),
				 0);
		assert_string_equal(sbuf_z(&out), rows[i].wanted);
		assert_true(same(&res, rows[i].destinations));
		sbuf_fini(&out);
		arena_fini(&a);
	}
}

/* A text part that follows goes on with the numbers of its HTML. */
static void
test_numbers_go_on(void **state)
{
	struct links_input in = input(A("https://h.example/a"));
	struct links_result res = {.destination_count = 0};
	struct sbuf out;
	struct arena a;
	struct err e;

	(void)state;
	arena_init(&a, 8 << 20);
	sbuf_init(&out, 1 << 20);
	assert_int_equal(links_rewrite(&in, &a, &out, &res, &e), 0);
	sbuf_reset(&out);
	in.html = SLICE("https://h.example/b https://h.example/a");
	assert_int_equal(links_rewrite_text(&in, &a, &out, &res, &e), 0);
	assert_string_equal(sbuf_z(&out), "T1 T0");
	assert_int_equal(res.destination_count, 2);
	sbuf_fini(&out);
	arena_fini(&a);
}

/* A megabyte of what makes bad scanners quadratic: it would take minutes, and
 * not end in time. */
static void
test_hostile(void **state)
{
	static const char *const units[] = {
	    "<a href=\"",
	    "<",
	    "<!--",
	    "<script>",
	    "<a href='x' ",
	    "</a",
	    "<!--[if mso]>",
	    "<div><b>",
	    "<a href=https://h.example/>",
	    "&",
	    "<a href=\"&",
	    "<title></",
	    "<a =",
	    "<a data-track=off ",
	    "=\"'",
	};
	struct links_result res;
	struct sbuf html, out;
	struct arena a;

	(void)state;
	sbuf_init(&html, 8 << 20);
	sbuf_init(&out, 64 << 20);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		arena_init(&a, 64 << 20);
		sbuf_reset(&html);
		while (html.n < 1 << 20)
			sbuf_add_z(&html, units[i]);
		rewrite(input(sbuf_z(&html)), &res, &a, &out);
		arena_fini(&a);
	}
	sbuf_fini(&html);
	sbuf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rewritten),
	    cmocka_unit_test(test_left_alone),
	    cmocka_unit_test(test_lengths_and_opt_out),
	    cmocka_unit_test(test_pixel),
	    cmocka_unit_test(test_pixel_in_long_mail),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_numbers_go_on),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
