#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include "base/sbuf.h"
#include "conf/conf.h"
#include "conf/shape.h"
#include "conf/tree.h"

/* How an option is written, and what its field is.  Numbers and times go into
 * a field of `width` bytes; bounds are of the value as stored. */
enum option_type {
	OPT_BOOL,    /* bool */
	OPT_INT,     /* any integer */
	OPT_SIZE,    /* size_t: bytes, "64K", "2M" */
	OPT_US,	     /* int64_t of microseconds: "90s", "2h" */
	OPT_MS,	     /* int of milliseconds: the same */
	OPT_US_LIST, /* const int64_t *, and a size_t behind it */
	OPT_TEXT,    /* const char *; bounds are of its length */
	OPT_PATH,    /* the same; made absolute, from the file's folder */
	OPT_LIST,    /* const char *const *; bounds are of its count */
	OPT_WORD,    /* an enum, by words */
	OPT_FLAGS,   /* uint32_t, by words */
	OPT_FLAG,    /* bool, true where the list names the one word */
	OPT_LISTEN,  /* struct listen_addr */
	OPT_CAP,     /* int: "3/day" or "none" */
	OPT_MONEY,   /* struct money: "ARS 500" or "" */
	OPT_WINDOW,  /* struct policy_window: or "" */
	OPT_HOLD,    /* int business days, and int64_t us behind it */
	OPT_OFFSET,  /* struct policy_offset; acts resolved by policy */
	OPT_NEEDS,   /* resolved by policy */
	OPT_TYPES,
};

struct option_word {
	const char *word;
	uint32_t value;
};

struct option {
	const char *section, *name;
	enum option_type type;
	size_t offset, width;
	const char *fallback; /* as in a file; NULL: it must be given */
	int64_t min, max;
	const struct shape *shape;	 /* of texts and of each of a list */
	const struct option_word *words; /* ends with a NULL word */
	const char *doc;
};

struct option_section {
	const char *name;
	const char *parent;	   /* "" : at the top */
	const struct shape *title; /* NULL: it has none, and stands once */
	size_t title_offset;
	size_t max; /* how many may stand in one parent */
	const char *doc;
};

/* Both end with a NULL name. */
extern const struct option option_table[];
extern const struct option_section option_sections[];

/* What the parsers of values need beside the value. */
struct option_scope {
	struct arena *a;
	const char *folder;
};

/* Fills the fields of a section from its options, from defaults where they
 * are left out.  node NULL: all are defaults.  Fails: RC_INVALID: unknown,
 * repeated, missing, of a wrong type, out of bounds; named with its line. */
enum rc option_fill(const char *section, const struct tree_node *node,
		    const struct option_scope *scope, void *out,
		    struct err *e) MUST_USE;

/* Checks a section's title (there or not, its shape, that no section of that
 * kind before it in parent has the same) and puts it into out.
 * Fails: RC_INVALID. */
enum rc option_title(const struct option_section *s,
		     const struct tree_node *parent,
		     const struct tree_node *node,
		     const struct option_scope *scope, void *out,
		     struct err *e) MUST_USE;

/* Parses one option's values into its field.  Fails: RC_INVALID, with the text
 * alone (the caller knows the line). */
enum rc option_parse(const struct option *o, const struct option_scope *scope,
		     enum tree_kind kind, const struct slice *values, size_t n,
		     void *out, struct err *e) MUST_USE;

/* True when it takes a list in braces. */
bool option_is_list(const struct option *o);

/* Adds a section with all its options, indented by depth tabs; what stands in
 * it besides and its closing brace are the caller's. */
void option_print_section(const char *section, const void *in,
			  const struct policy *p, int depth, struct sbuf *out);

/* Adds the field's value as a file would say it.  p is the policy around a
 * step or act (for names of acts and steps), else NULL. */
void option_print(const struct option *o, const void *in,
		  const struct policy *p, struct sbuf *out);

/* Adds a text in its quotes. */
void option_print_text(const char *z, struct sbuf *out);

/* "2h", from microseconds, in the largest unit that is whole. */
void option_print_us(int64_t us, struct sbuf *out);

/* The row of a section by name, or NULL. */
const struct option *option_find(const char *section, struct slice name);
const struct option_section *option_section_find(const char *parent,
						 struct slice name);

/* The bounds as the reference page says them; empty where there is nothing to
 * say. */
void option_print_bounds(const struct option *o, struct sbuf *out);

#endif
