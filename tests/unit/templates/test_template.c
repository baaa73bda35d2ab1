#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "templates/template.h"

struct row {
	enum template_escape escape;
	const char *source, *data;
	const char *wanted; /* or the error, where it begins with "!" */
};

#define H TEMPLATE_HTML
#define T TEMPLATE_TEXT
#define S TEMPLATE_HEADER

static const struct {
	const char *name, *text;
	enum template_escape escape;
} shared[] = {
    {"red", "color: #f00", H},
    {"bold", "<b>{{x}}</b>", H},
    {"self", "{{> self}}", T},
    {"frame",
     "<style>{{$css}}p{}{{/css}}</style><p class=\"a {{$class}}{{/class}}\">",
     H},
    {"layout", "<title>{{$t}}{{/t}}</title><p>{{$b}}none{{/b}}", H},
};

/* Returns what the source makes of the data, or "!pointer text". */
static void
render(enum template_escape escape, const char *source, const char *data,
       const char *locale, struct sbuf *out)
{
	struct template_source sources[6] = {
	    {SLICE("t"), SLICE("f"), slice_z(source), escape, false}};
	struct template_set *set = NULL;
	struct err e = {.rc = RC_OK};
	struct locale *l;
	struct arena a;
	json_t *j = json_loads(data, JSON_DECODE_ANY, NULL);
	enum rc rc;

	assert_non_null(j);
	for (size_t i = 0; i < 5; i++)
		sources[i + 1] = (struct template_source){
		    slice_z(shared[i].name), slice_z(shared[i].name),
		    slice_z(shared[i].text), shared[i].escape, true};
	arena_init(&a, 8 << 20);
	assert_int_equal(locale_get(slice_z(locale),
				    SLICE("America/Argentina/Buenos_Aires"), &l,
				    &e),
			 RC_OK);
	rc = template_set_new(sources, 6, TEMPLATE_STRICT, &set, &e);
	if (rc == RC_OK)
		rc = template_render(template_find(set, SLICE("t")),
				     datum_from_json(&a, j), l, out, &e);
	if (rc) {
		sbuf_reset(out);
		sbuf_addf(out, "!%s %s", e.pointer, e.text);
	}
	template_set_free(set);
	arena_fini(&a);
	json_decref(j);
}

static void
check(const struct row *rows, size_t n, const char *locale)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct sbuf out;

		sbuf_init(&out, 8 << 20);
		render(rows[i].escape, rows[i].source, rows[i].data, locale,
		       &out);
		if (!slice_eq_z(sbuf_slice(&out), rows[i].wanted)) {
			wrong++;
			print_error("%s\n  wanted %s\n  got    %s\n",
				    rows[i].source, rows[i].wanted,
				    sbuf_z(&out));
		}
		sbuf_fini(&out);
	}
	assert_int_equal(wrong, 0);
}

#define CHECK(rows, locale) check(rows, sizeof(rows) / sizeof(*(rows)), locale)

static void
test_filters(void **state)
{
	static const struct row rows[] = {
	    {T, "{{a | money}}", "{\"a\":\"12345.675\",\"currency\":\"ARS\"}",
	     "$\u00a012.345,68"},
	    {T, "{{a | money:\"code\"}}",
	     "{\"a\":{\"amount\":\"5\",\"currency\":\"JPY\"}}", "JPY\u00a05"},
	    {T, "{{#l}}{{a | money}};{{/l}}",
	     "{\"currency\":\"EUR\",\"l\":[{\"a\":\"1\"},{\"a\":\"-2.5\"}]}",
	     "EUR\u00a01,00;-EUR\u00a02,50;"},
	    {T, "{{a | money}}", "{\"a\":\"x\",\"currency\":\"ARS\"}",
	     "!f:1:1 'a' 'x' is not a number"},
	    {T, "{{a | money}}", "{\"a\":\"1\",\"currency\":\"XYZ\"}",
	     "!f:1:1 'a' unknown currency 'XYZ'"},
	    {T, "{{a | money}}", "{\"a\":true}", "!f:1:1 'a' is not money"},
	    {T, "{{a | date}}", "{\"a\":\"2026-11-21\"}",
	     "21 de noviembre de 2026"},
	    {T, "{{a | date:\"short\"}}", "{\"a\":\"2026-11-21\"}",
	     "21/11/2026"},
	    {T, "{{a | date:\"weekday\"|capital}}", "{\"a\":\"2026-11-21\"}",
	     "S\u00e1bado, 21 de noviembre"},
	    {T, "{{a | date}}", "{\"a\":\"2026-11-22T01:00:00Z\"}",
	     "21 de noviembre de 2026"},
	    {T, "{{a | time}} {{a | zone}}", "{\"a\":\"2026-11-22T01:00:00Z\"}",
	     "22:00 ART"},
	    {T, "{{a | datetime:\"short\"}}",
	     "{\"a\":\"2026-11-22T01:00:00Z\"}", "21/11/2026, 22:00"},
	    {T, "{{a | date}}", "{\"a\":\"2026-02-30\"}",
	     "!f:1:1 'a' is not a date"},
	    {T, "{{n}} {{n | plural:\"d\u00eda\",\"d\u00edas\"}}", "{\"n\":1}",
	     "1 d\u00eda"},
	    {T, "{{n | plural:\"# d\u00eda\",\"# d\u00edas\"}}", "{\"n\":1200}",
	     "1.200 d\u00edas"},
	    {T, "{{n | number}} {{n | number:2}}", "{\"n\":\"1234.5\"}",
	     "1.234,5 1.234,50"},
	    {T, "{{n | percent}}", "{\"n\":\"21.5\"}", "21,5\u00a0%"},
	    {T, "{{a | upper}}", "{\"a\":\"\u00f1and\u00fa stra\u00dfe\"}",
	     "\u00d1AND\u00da STRASSE"},
	    {T, "{{a | list}}", "{\"a\":[\"x\",\"y\",\"z\"]}", "x, y y z"},
	    {T, "{{a | list:\"n\"}}", "{\"a\":[{\"n\":\"x\"},{\"n\":\"y\"}]}",
	     "x y y"},
	    {T, "{{a | count}}", "{\"a\":[1,2]}", "2"},
	    {T, "{{a | cut:3}}", "{\"a\":\"\u00e1\u00e9\u00ed\u00f3\"}",
	     "\u00e1\u00e9\u2026"},
	    {T, "{{a | cut:4}}", "{\"a\":\"\u00e1\u00e9\u00ed\u00f3\"}",
	     "\u00e1\u00e9\u00ed\u00f3"},
	    {T, "{{a | default:\"-\"}}{{b.c | upper | default:\"+\"}}",
	     "{\"a\":null}", "-+"},
	    {H, "{{a | lines}}", "{\"a\":\"x<\\ny\"}", "x&lt;<br>y"},
	    {T, "{{a | url}}", "{\"a\":\"a b&\"}", "a%20b%26"},
	    {T, "{{a | nope}}", "{}", "!f:1:1 unknown filter 'nope'"},
	    {T, "{{a | date:\"tall\"}}", "{}",
	     "!f:1:1 filter date does not know \"tall\""},
	    {T, "{{a | cut}}", "{}",
	     "!f:1:1 filter cut: wrong number of arguments"},
	    {T, "{{a | cut:}}", "{}", "!f:1:1 wrong argument of 'cut'"},
	};

	(void)state;
	CHECK(rows, "es_AR");
}

static void
test_missing(void **state)
{
	static const struct row rows[] = {
	    {T, "x\n {{a.b}}", "{\"a\":{}}", "!f:2:2 no value for 'a.b'"},
	    {T, "{{a}}", "{\"a\":null}", "!f:1:1 no value for 'a'"},
	    {T, "{{a | upper}}", "{}", "!f:1:1 no value for 'a'"},
	    {T, "{{a}}", "{\"a\":{}}", "!f:1:1 'a' is not a text"},
	    {T, "{{#a}}{{a}}{{/a}}{{^b}}none{{/b}}", "{\"a\":\"\"}", "none"},
	    {T, "{{> gone}}", "{}", "!f:1:1 there is no 'gone'"},
	    {T, "{{>*d}}", "{\"d\":\"gone\"}", "!f:1:1 there is no 'gone'"},
	    {T, "{{> self}}", "{}",
	     "!self:1:1 is nested over 96 deep; does it call itself?"},
	    {T, "{{#a}}", "{}", "!f:1:1 'a' is not closed"},
	    {T, "{{/a}}", "{}", "!f:1:1 'a' closes nothing"},
	    {T, "{{#a}}\n{{/b}}", "{}", "!f:2:1 'b' closes nothing"},
	    {T, "{{a", "{}", "!f:1:1 tag has no end"},
	    {T, "{{}}", "{}", "!f:1:1 tag is empty"},
	    {T, "{{a..b}}", "{}", "!f:1:1 wrong name 'a..b'"},
	    {T, "{{a b}}", "{}", "!f:1:1 wrong name 'a b'"},
	    {T, "{{< gone}}{{$x}}{{/gone}}", "{}",
	     "!f:1:1 'gone' is not closed"},
	    {T, "\xff", "{}", "!f:1:1 is not UTF-8, or holds NUL"},
	};

	(void)state;
	CHECK(rows, "es");
}

static void
test_places(void **state)
{
	static const struct row rows[] = {
	    {H, "<p title='{{x}}'>{{x}}", "{\"x\":\"<&\\\"'>\"}",
	     "<p title='&lt;&amp;&quot;&#39;&gt;'>&lt;&amp;&quot;&#39;&gt;"},
	    {H, "{{x}}", "{\"x\":\"</td><script>{{evil}}\"}",
	     "&lt;/td&gt;&lt;script&gt;{{evil}}"},
	    {H, "{{x}}", "{\"x\":\"a\u202eb\u2066\\u0007c\\td\"}", "abc\td"},
	    {T, "{{x}}", "{\"x\":\"a\u202eb<\\nBcc: c\"}", "ab< Bcc: c"},
	    {T, "{{x | lines}}", "{\"x\":\"a\u202eb<\\r\\nc\\td\"}",
	     "ab<\nc d"},
	    {S, "{{x | lines}}", "{}", "!f:1:1 filter lines has no place here"},
	    {H, "<b title=\"{{x | lines}}\">", "{}",
	     "!f:1:11 filter lines has no place here"},
	    {S, "{{x}}", "{\"x\":\"a\\r\\nBcc: b\"}", "a  Bcc: b"},
	    {H, "<a href=\"{{x}}\">", "{\"x\":\"https://h/?a=1&b=2\"}",
	     "<a href=\"https://h/?a=1&amp;b=2\">"},
	    {H, "<a href=\"{{x}}\">", "{\"x\":\"javascript:alert(1)\"}",
	     "!f:1:10 'x' is no http, https, mailto or tel URL"},
	    {H, "<a href=\"{{x}}\">", "{\"x\":\" https://h/\"}",
	     "!f:1:10 'x' is no http, https, mailto or tel URL"},
	    {H, "<a href=\"{{x}}\">", "{\"x\":\"//evil\"}",
	     "!f:1:10 'x' is no http, https, mailto or tel URL"},
	    {H, "<a href=\"{{x}}\">", "{\"x\":\"\"}",
	     "!f:1:10 'x' is an empty URL"},
	    {H, "<a href=\"{{x}}/p?q={{y}}\">",
	     "{\"x\":\"https://h\",\"y\":\"a b&c/@\"}",
	     "<a href=\"https://h/p?q=a%20b%26c%2F@\">"},
	    {H, "<a href=\"{{#a}}https://{{/a}}{{x}}\">", "{}",
	     "!f:1:30 no value may stand in a URL that a section began"},
	    {H, "<b style=\"color: {{x}}\">", "{\"x\":\"#0b5\"}",
	     "<b style=\"color: #0b5\">"},
	    {H, "<b style=\"color: {{x}}\">", "{\"x\":\"red;x:url(y)\"}",
	     "!f:1:18 'x' has characters that CSS values here may not have"},
	    {H, "<style>a{color:{{x}}}</style>{{x}}", "{\"x\":\"#0b5\"}",
	     "<style>a{color:#0b5}</style>#0b5"},
	    {H, "<script>{{x}}</script>", "{}",
	     "!f:1:9 no value may stand in <script>"},
	    {H, "<b onclick=\"{{x}}\">", "{}",
	     "!f:1:13 no value may stand in an attribute that takes no "
	     "values"},
	    {H, "<b a={{x}}>", "{}",
	     "!f:1:6 no value may stand in an unquoted attribute"},
	    {H, "<b {{x}}>", "{}", "!f:1:4 no value may stand in a tag"},
	    {H, "<{{x}}>", "{}", "!f:1:2 no value may stand in a tag's name"},
	    {H, "<!-- {{x}} -->", "{}",
	     "!f:1:6 no value may stand in a comment"},
	    {H, "<!--[if mso]><b a=\"{{x}}\">{{x}}<![endif]-->{{x}}",
	     "{\"x\":\"<\"}",
	     "<!--[if mso]><b a=\"&lt;\">&lt;<![endif]-->&lt;"},
	    {H, "<!--[if !mso]><!-->{{x}}<!--<![endif]-->{{x}}",
	     "{\"x\":\"<\"}", "<!--[if !mso]><!-->&lt;<!--<![endif]-->&lt;"},
	    {H, "<title>{{x}}</title>", "{\"x\":\"<\"}", "<title>&lt;</title>"},
	    {H, "{{#x}}<a {{/x}}>", "{}",
	     "!f:1:1 section begins in text and ends in a tag"},
	    {H, "<p", "{}", "!f:1:3 ends in a tag's name"},
	    {H, "<b style=\"{{> red}}\">", "{}", "<b style=\"color: #f00\">"},
	    {H, "<b style=\"{{> bold}}\">", "{}",
	     "!f:1:11 'bold' holds more than plain text, which has no place "
	     "here"},
	    {H, "{{> bold}}", "{\"x\":\"&\"}", "<b>&amp;</b>"},
	    {H, "<b a=\"{{{x}}}\">", "{}",
	     "!f:1:7 no unescaped value may stand in an attribute that takes "
	     "no values"},
	    {H,
	     "{{< layout}}{{$t}}{{x}}{{/t}}{{$b}}<i>{{x}}</i>{{/b}}{{/layout}}",
	     "{\"x\":\"<\"}", "<title>&lt;</title><p><i>&lt;</i>"},
	    {H,
	     "{{< frame}}{{$css}}a > b{}{{/css}}{{$class}}c{{/class}}"
	     "{{/frame}}",
	     "{}", "<style>a > b{}</style><p class=\"a c\">"},
	    {H, "{{< frame}}{{$class}}{{x}}{{/class}}{{/frame}}", "{}",
	     "!f:1:12 block 'class' stands in an attribute or <style>, where "
	     "it may hold plain text alone"},
	    {H, "{{< frame}}{{$class}}\" x{{/class}}{{/frame}}", "{}",
	     "!f:1:12 block 'class' stands in an attribute or <style>, where "
	     "it may hold plain text alone"},
	    {H, "{{< frame}}{{$css}}</style>{{/css}}{{/frame}}", "{}",
	     "!f:1:12 block 'css' stands in an attribute or <style>, where it "
	     "may hold plain text alone"},
	    {H, "<script>{{$x}}{{/x}}</script>", "{}",
	     "!f:1:9 no block or partial may stand in <script>"},
	    {H, "{{< layout}}{{$b}}<i {{/b}}{{/layout}}", "{}",
	     "!f:1:13 block ends in a tag"},
	};

	(void)state;
	CHECK(rows, "es");
}

static void
test_plain_values(void **state)
{
	struct template_source source = {
	    SLICE("t"), SLICE("f"),
	    SLICE("{{n}} {{yes}} {{m}} {{d}} {{t}} {{#m}}{{.}}{{/m}}"), T,
	    false};
	struct template_set *set;
	struct money m;
	struct locale *l;
	struct sbuf out;
	struct arena a;
	struct datum *d;
	struct err e;

	(void)state;
	arena_init(&a, 1 << 20);
	sbuf_init(&out, 1 << 20);
	d = datum_map(&a);
	assert_int_equal(money_parse(SLICE("1234.5"), SLICE("EUR"), &m, &e), 0);
	datum_set(d, "n", datum_int(&a, -12345));
	datum_set(d, "yes", datum_bool(&a, true));
	datum_set(d, "m", datum_money(&a, m));
	datum_set(d, "d", datum_date(&a, date_of(2026, 11, 21)));
	datum_set(d, "t", datum_time(&a, INT64_C(1795284240) * 1000000));
	assert_int_equal(locale_get(SLICE("it"), SLICE("Europe/Rome"), &l, &e),
			 0);
	assert_int_equal(
	    template_set_new(&source, 1, TEMPLATE_STRICT, &set, &e), 0);
	if (template_render(template_find(set, SLICE("t")), d, l, &out, &e))
		fail_msg("%s", e.text);
	assert_string_equal(
	    sbuf_z(&out),
	    "-12345 true 1.234,50\u00a0\u20ac 21 novembre 2026 "
	    "21 novembre 2026 alle ore 19:04 1.234,50\u00a0\u20ac");
	template_set_free(set);
	sbuf_fini(&out);
	arena_fini(&a);
}

static void
test_limits(void **state)
{
	struct template_source source = {SLICE("t"), SLICE("f"),
					 SLICE("{{#l}}{{x}}{{/l}}"), T, false};
	struct template_set *set;
	struct sbuf out;
	struct arena a;
	struct datum *d, *list;
	struct locale *l;
	struct err e;
	char *big;

	(void)state;
	arena_init(&a, 8 << 20);
	sbuf_init(&out, 1 << 20);
	assert_int_equal(locale_get(SLICE("es"), SLICE(""), &l, &e), 0);
	big = arena_alloc(&a, 1 << 20);
	memset(big, 'x', 1 << 20);
	d = datum_map(&a);
	list = datum_list(&a);
	datum_set(d, "l", list);
	datum_set(d, "x", datum_text(&a, slice_of(big, 1 << 19)));
	for (int i = 0; i < 1000; i++)
		datum_add(list, datum_int(&a, i));
	assert_int_equal(
	    template_set_new(&source, 1, TEMPLATE_STRICT, &set, &e), 0);
	assert_int_equal(
	    template_render(template_find(set, SLICE("t")), d, l, &out, &e),
	    RC_LIMIT);
	template_set_free(set);
	source.text = SLICE("{{x | upper}}");
	assert_int_equal(
	    template_set_new(&source, 1, TEMPLATE_STRICT, &set, &e), 0);
	sbuf_reset(&out);
	assert_int_equal(
	    template_render(template_find(set, SLICE("t")), d, l, &out, &e),
	    RC_LIMIT);
	assert_non_null(strstr(e.text, "'x'"));
	template_set_free(set);
	sbuf_fini(&out);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_filters),	 cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_places),	 cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_plain_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
