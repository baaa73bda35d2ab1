#include "tests/unit/conf/conf_test.h"

#include "conf/tree.h"

static struct arena arena;

static enum rc
tree(struct slice text, struct tree_node **out, struct err *e)
{
	arena_reset(&arena);
	*e = (struct err){0};
	return tree_parse(text, "f", &arena, out, e);
}

static void
keeps_names_values_and_lines(void **state)
{
	static const char text[] = "# comment\n"
				   "a = 1 // one\n"
				   "s \"title\" { /* two\n"
				   "lines */ b = \"x \\\" \\\\ # y\"\n"
				   "  c = {\"p\", q,\n"
				   " \"r\",}\n"
				   "}\n"
				   "d={}";
	const struct tree_node *n;
	struct tree_node *root;
	struct err e;

	(void)state;
	assert_int_equal(tree(slice_z(text), &root, &e), RC_OK);
	n = root->first;
	assert_true(slice_eq_z(n->name, "a") && n->kind == TREE_ONE);
	assert_true(slice_eq_z(n->values[0], "1"));
	assert_int_equal(n->line, 2);
	n = n->next;
	assert_true(n->kind == TREE_SECTION && slice_eq_z(n->title, "title"));
	assert_true(slice_eq_z(n->first->values[0], "x \" \\ # y"));
	assert_int_equal(n->first->line, 4);
	n = tree_find(n, "c");
	assert_int_equal(n->values_n, 3);
	assert_true(slice_eq_z(n->values[1], "q"));
	assert_int_equal(n->line, 5);
	n = tree_find(root, "d");
	assert_int_equal(n->values_n, 0);
	assert_int_equal(n->line, 8);
	assert_int_equal(n->kind, TREE_MANY);
	assert_null(n->next);
}

/* A file cut short, or with a slip of the pen, never loads as something else.
 */
static void
refuses_with_line_and_reason(void **state)
{
	const struct {
		struct slice text;
		int line;
		const char *says;
	} cases[] = {
	    {SLICE("s {\na = 1\n"), 3, "ends inside \"s\", opened at line 1"},
	    {SLICE("a = 1\n/* open\n\n"), 2, "never closed"},
	    {SLICE("a = \"open\nb = 2"), 1, "no closing"},
	    {SLICE("a = \"open"), 1, "no closing"},
	    {SLICE("a = \"x\\"), 1, "backslash"},
	    {SLICE("a = \"x\\n\""), 1, "backslash"},
	    {SLICE("\na =\n"), 3, "expected a value"},
	    {SLICE("a"), 1, "expected '='"},
	    {SLICE("a b"), 1, "found 'b'"},
	    {SLICE("a \"t\" = 1"), 1, "expected '='"},
	    {SLICE("}"), 1, "found '}'"},
	    {SLICE("s { } }"), 1, "found '}'"},
	    {SLICE("1 = a"), 1, "name of an option"},
	    {SLICE("a = {\"x\" \"y\"}"), 1, "expected ',' or '}'"},
	    {SLICE("a = {\"x\""), 1, "expected ',' or '}'"},
	    {SLICE("a = {,}"), 1, "expected a value"},
	    {SLICE("a = 'x'"), 1, "found '''"},
	    {SLICE("a = \"\001\""), 1, "control character"},
	    {SLICE("a = \001"), 1, "a control character"},
	    {SLICE("a = 1\nb = \"\xff\""), 2, "UTF-8"},
	    {SLICE("a = 1\nb = \"\0\""), 2, "UTF-8"},
	    {SLICE("\xc3\xa1 = 1"), 1, "outside ASCII"},
	    {SLICE("a{b{c{d{}}}}"), 1, "sections inside sections"},
	};
	struct tree_node *root;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char at[20];

		(void)snprintf(at, sizeof(at), "f:%d", cases[i].line);
		if (!tree(cases[i].text, &root, &e))
			fail_msg("taken: %s", cases[i].text.p);
		if (strcmp(e.pointer, at) != 0 ||
		    strstr(e.text, cases[i].says) == NULL)
			fail_msg("%s: %s; for %s", e.pointer, e.text,
				 cases[i].text.p);
	}
}

static void
takes_what_editors_write(void **state)
{
	struct tree_node *root;
	struct err e;

	(void)state;
	assert_int_equal(tree(SLICE(""), &root, &e), RC_OK);
	assert_null(root->first);
	assert_int_equal(tree(SLICE("\xef\xbb\xbf"
				    "a = 1\r\nb = 2\r\n"),
			      &root, &e),
			 RC_OK);
	assert_true(slice_eq_z(root->first->values[0], "1"));
	assert_int_equal(tree(SLICE("a = \"\xc3\xb1\""), &root, &e), RC_OK);
	assert_true(slice_eq_z(root->first->values[0], "\xc3\xb1"));
}

static void
bounds_size_and_number(void **state)
{
	struct tree_node *root;
	struct sbuf b;
	struct err e;

	(void)state;
	sbuf_init(&b, 4 * TREE_TEXT_MAX);
	for (int i = 0; i <= TREE_NODES_MAX; i++)
		sbuf_add_z(&b, "a=1 ");
	assert_int_equal(tree(sbuf_slice(&b), &root, &e), RC_LIMIT);
	sbuf_reset(&b);
	sbuf_add_z(&b, "a = {");
	for (int i = 0; i <= TREE_NODES_MAX; i++)
		sbuf_add_z(&b, "1,");
	assert_int_equal(tree(sbuf_slice(&b), &root, &e), RC_LIMIT);
	sbuf_reset(&b);
	for (size_t i = 0; i <= TREE_TEXT_MAX; i++)
		sbuf_add_c(&b, ' ');
	assert_int_equal(tree(sbuf_slice(&b), &root, &e), RC_LIMIT);
	sbuf_fini(&b);
}

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, (size_t)64 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_names_values_and_lines),
	    cmocka_unit_test(refuses_with_line_and_reason),
	    cmocka_unit_test(takes_what_editors_write),
	    cmocka_unit_test(bounds_size_and_number),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
