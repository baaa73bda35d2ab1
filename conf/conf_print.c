#include "conf/policy_read.h"

static void
print_rows(const char *section, const void *rows, size_t n, size_t size,
	   struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		sbuf_add_c(out, '\n');
		option_print_section(section, (const char *)rows + i * size,
				     NULL, 0, out);
		sbuf_add_z(out, "}\n");
	}
}

void
conf_print(const struct conf *c, struct sbuf *out)
{
	static const char *const singles[] = {"general", "smtp", "http"};

	sbuf_add_z(out, "# All options, those left to their defaults "
			"included.\n");
	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++)
		print_rows(singles[i], c, 1, 0, out);
	print_rows("brand", c->brands, c->brands_n, sizeof(*c->brands), out);
	print_rows("relay", c->relays, c->relays_n, sizeof(*c->relays), out);
	print_rows("destination", c->destinations, c->destinations_n,
		   sizeof(*c->destinations), out);
	for (size_t i = 0; i < c->policies_n; i++) {
		sbuf_add_c(out, '\n');
		policy_print(&c->policies[i], out);
	}
}

static const char *const type_names[OPT_TYPES] = {
    [OPT_BOOL] = "yes or no", [OPT_INT] = "number",
    [OPT_SIZE] = "bytes",     [OPT_US] = "time",
    [OPT_MS] = "time",	      [OPT_US_LIST] = "list of times",
    [OPT_TEXT] = "text",      [OPT_PATH] = "file",
    [OPT_LIST] = "list",      [OPT_WORD] = "word",
    [OPT_FLAGS] = "list",     [OPT_FLAG] = "list",
    [OPT_LISTEN] = "address", [OPT_CAP] = "number a day",
    [OPT_MONEY] = "money",    [OPT_WINDOW] = "window",
    [OPT_HOLD] = "time",      [OPT_OFFSET] = "offset",
    [OPT_NEEDS] = "list",
};

static const char intro[] =
    "# Configuration\n"
    "\n"
    "Made from the option table (`conf/option_table.c`) by `acuse check-conf "
    "--reference`; a test keeps the two equal.\n"
    "\n"
    "`acuse check-conf FILE` says what is wrong with a file, and where; "
    "`acuse check-conf --print-config FILE` shows all options with their "
    "values. A running server reads its files again on SIGHUP; a bad file "
    "keeps the old ones in force.\n"
    "\n"
    "## Writing\n"
    "\n"
    "    include = {\"policies/default.conf\", \"destinations.conf\"}\n"
    "\n"
    "    general {\n"
    "      hostname = \"acuse.example.com\"   # a comment\n"
    "      origin   = \"acuse.example.com/log\"\n"
    "    }\n"
    "    brand \"default\" { id = 1 … }\n"
    "\n"
    "- Text stands in double quotes, on one line; `\\\"` and `\\\\` are a "
    "quote and a backslash. Plain words and numbers need no quotes. Lists "
    "stand in braces, with commas.\n"
    "- Comments: from `#` or `//` to the end of the line, or `/* … */`.\n"
    "- Yes or no: `true`, `false`. Times: a number and `ms`, `s`, `m`, `h` "
    "or `d`. Bytes: a number, or with `K` or `M`. Money: `\"ARS 500\"`. "
    "Windows: `\"mon-sat 09:00-19:00\"`, with `customer` behind it for the "
    "customer's clock. Offsets: `due`, `issued`, `expires` or an act, then "
    "`-10d`, `+24h` or `+5bd` (days, hours, business days).\n"
    "- `include` names files whose sections are read as if they stood here; "
    "only the first file has one. File names count from the first file's "
    "folder.\n"
    "- An option that is unknown, there twice, of another type, out of bounds "
    "or missing stops the load, with file and line.\n";

static void
add_cell(const char *z, struct sbuf *out)
{
	for (; *z; z++) {
		if (*z == '|')
			sbuf_add_c(out, '\\');
		sbuf_add_c(out, *z);
	}
}

static void
add_default(const struct option *o, struct sbuf *out)
{
	if (o->fallback == NULL) {
		sbuf_add_z(out, "*must be given*");
	} else if (o->fallback[0] == '\0') {
		sbuf_add_z(out, "none");
	} else {
		sbuf_add_c(out, '`');
		add_cell(o->fallback, out);
		sbuf_add_c(out, '`');
	}
}

static void
add_row(const struct option *o, struct sbuf *out)
{
	struct sbuf bounds;

	sbuf_init(&bounds, 1000);
	option_print_bounds(o, &bounds);
	sbuf_addf(out, "| `%s` | %s", o->name, type_names[o->type]);
	if (bounds.n > 0)
		sbuf_add_z(out, ": ");
	sbuf_add(out, sbuf_slice(&bounds));
	sbuf_add_z(out, " | ");
	add_default(o, out);
	sbuf_add_z(out, " | ");
	add_cell(o->doc, out);
	sbuf_add_z(out, " |\n");
	sbuf_fini(&bounds);
}

static void
add_section(const struct option_section *s, struct sbuf *out)
{
	const struct option *o;

	sbuf_addf(out, "\n## %s%s%s%s\n\n%s\n\n", s->parent,
		  s->parent[0] ? ": " : "", s->name, s->title ? " \"…\"" : "",
		  s->doc);
	if (s->title)
		sbuf_addf(out, "Its name: %s.\n\n", s->title->want);
	sbuf_add_z(out, "| option | takes | default | |\n|---|---|---|---|\n");
	for (o = option_table; o->name; o++) {
		if (strcmp(o->section, s->name) == 0)
			add_row(o, out);
	}
}

void
conf_reference(struct sbuf *out)
{
	const struct option_section *s;

	sbuf_add_z(out, intro);
	for (s = option_sections; s->name; s++)
		add_section(s, out);
}
