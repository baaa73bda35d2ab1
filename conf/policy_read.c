#include "conf/policy_read.h"

#include <stdlib.h>

#include "base/date.h"
#include "base/file.h"
#include "base/hash.h"

#define PRINT_MAX ((size_t)8 << 20)
#define HOLIDAYS_TEXT_MAX ((size_t)256 << 10)

static size_t
count(const struct tree_node *policy, const char *name)
{
	const struct tree_node *n;
	size_t found = 0;

	for (n = policy->first; n; n = n->next)
		found += slice_eq_z(n->name, name);
	return found;
}

/* Reads all sections of one kind into an array of rows. */
static enum rc
read_rows(const struct tree_node *policy, const char *kind, size_t size,
	  void *rows, const struct option_scope *scope, struct err *e)
{
	const struct option_section *s =
	    option_section_find("policy", slice_z(kind));
	const struct tree_node *n;
	char *row = rows;

	for (n = policy->first; n; n = n->next) {
		enum rc rc;

		if (!slice_eq_z(n->name, kind))
			continue;
		rc = option_title(s, policy, n, scope, row, e);
		if (!rc)
			rc = option_fill(kind, n, scope, row, e);
		if (rc)
			return rc;
		row += size;
	}
	return RC_OK;
}

/* ---- names that lead to other rows ---- */

static int
find_act(const struct policy *p, struct slice name)
{
	for (size_t i = 0; i < p->acts_n; i++) {
		if (slice_eq_z(name, p->acts[i].name))
			return (int)i;
	}
	return -1;
}

static int
find_step(const struct policy *p, struct slice name)
{
	for (size_t i = 0; i < p->steps_n; i++) {
		if (slice_eq_z(name, p->steps[i].name))
			return (int)i;
	}
	return -1;
}

static enum rc
resolve_at(const struct policy *p, const struct tree_node *row,
	   struct policy_offset *at, struct err *e)
{
	const struct tree_node *n = tree_find(row, "at");
	struct slice act;

	if (at->anchor != ANCHOR_ACT ||
	    !policy_offset_parse(n->values[0], at, &act))
		return RC_OK;
	at->act = find_act(p, act);
	if (at->act >= 0)
		return RC_OK;
	return tree_err(n, e,
			"at: \"%.*s\" counts from \"%.*s\", which is neither "
			"due, issued, expires nor an act of this policy",
			SLICE_ARG(n->values[0]), SLICE_ARG(act));
}

static enum rc
resolve_needs(const struct policy *p, const struct tree_node *row,
	      struct policy_act *act, const struct option_scope *scope,
	      struct err *e)
{
	const struct tree_node *n = tree_find(row, "needs");
	int *needs;

	if (n == NULL)
		return RC_OK;
	needs = ARENA_ARRAY(scope->a, int, n->values_n + 1);
	for (size_t i = 0; i < n->values_n; i++) {
		needs[i] = find_step(p, n->values[i]);
		if (needs[i] < 0)
			return tree_err(n, e,
					"needs: there is no step \"%.*s\" in "
					"this policy",
					SLICE_ARG(n->values[i]));
	}
	act->needs = needs;
	act->needs_n = n->values_n;
	return RC_OK;
}

/* True when act's time hangs on that of other, through any number of acts. */
static bool
hangs_on(const struct policy *p, int act, int other)
{
	for (size_t i = 0; i <= p->acts_n; i++) {
		if (p->acts[act].at.anchor != ANCHOR_ACT)
			return false;
		act = p->acts[act].at.act;
		if (act == other)
			return true;
	}
	return false;
}

/* An act waits for its steps, so no step may wait for the act. */
static enum rc
check_act(const struct policy *p, int i, const struct tree_node *row,
	  struct err *e)
{
	const struct policy_act *act = &p->acts[i];

	if (hangs_on(p, i, i))
		return tree_err(tree_find(row, "at"), e,
				"at: the time of act \"%s\" hangs on itself",
				act->name);
	if (act->needs_n > 0 && act->proof == 0)
		return tree_err(row, e,
				"act \"%s\" needs steps and names no proof: "
				"add proof = {\"mx_accepted\", …}",
				act->name);
	for (size_t j = 0; j < act->needs_n; j++) {
		const struct policy_step *s = &p->steps[act->needs[j]];

		if (s->at.anchor != ANCHOR_ACT ||
		    (s->at.act == i && s->at.amount < 0))
			continue;
		if (s->at.act == i || hangs_on(p, s->at.act, i))
			return tree_err(tree_find(row, "needs"), e,
					"needs: step \"%s\" would come after "
					"the act \"%s\" that waits for it",
					s->name, act->name);
	}
	return RC_OK;
}

static enum rc
check_classes(const struct tree_node *node, const struct policy_step *steps,
	      struct err *e)
{
	const struct tree_node *n;
	size_t step = 0;

	for (n = node->first; n; n = n->next) {
		if (!slice_eq_z(n->name, "step"))
			continue;
		if (steps[step].critical && steps[step].optional)
			return tree_err(
			    tree_find(n, "class"), e,
			    "class: an act needs step \"%s\", so it "
			    "cannot be optional",
			    steps[step].name);
		step++;
	}
	return RC_OK;
}

static enum rc
resolve(const struct tree_node *node, const struct option_scope *scope,
	struct policy *p, struct policy_step *steps, struct policy_act *acts,
	struct err *e)
{
	const struct tree_node *n;
	size_t step = 0, act = 0;
	enum rc rc = RC_OK;

	for (n = node->first; n && !rc; n = n->next) {
		if (slice_eq_z(n->name, "step"))
			rc = resolve_at(p, n, &steps[step++].at, e);
		if (!slice_eq_z(n->name, "act"))
			continue;
		rc = resolve_at(p, n, &acts[act].at, e);
		if (!rc)
			rc = resolve_needs(p, n, &acts[act], scope, e);
		act++;
	}
	act = 0;
	for (n = node->first; n && !rc; n = n->next) {
		if (slice_eq_z(n->name, "act"))
			rc = check_act(p, (int)act++, n, e);
	}
	for (size_t i = 0; i < p->acts_n && !rc; i++) {
		for (size_t j = 0; j < acts[i].needs_n; j++)
			steps[acts[i].needs[j]].critical = true;
	}
	return rc ? rc : check_classes(node, steps, e);
}

static enum rc
check_acts_named(const struct tree_node *node, struct err *e)
{
	const struct tree_node *n;
	struct policy_offset at;
	struct slice act;

	for (n = node->first; n; n = n->next) {
		if (slice_eq_z(n->name, "act") &&
		    policy_offset_parse(n->title, &at, &act) &&
		    at.anchor != ANCHOR_ACT)
			return tree_err(n, e,
					"an act may not be called \"%.*s\": "
					"times count from that",
					SLICE_ARG(n->title));
	}
	return RC_OK;
}

/* ---- holidays ---- */

static int
by_date(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

/* "2026-05-25  # comment", a line each; blank lines and comments go. */
static enum rc
parse_holidays(struct slice text, const char *path,
	       const struct option_scope *scope, struct policy *p,
	       struct err *e)
{
	int32_t *dates = ARENA_ARRAY(scope->a, int32_t, text.n / 10 + 1);
	size_t n = 0;

	for (int line = 1; text.p; line++) {
		struct slice comment = slice_cut(&text, '\n');
		struct slice date = slice_trim(slice_cut(&comment, '#'));
		const struct tree_node at = {.file = path, .line = line};

		if (date.n == 0)
			continue;
		if (!date_parse(date, &dates[n]))
			return tree_err(&at, e,
					"\"%.*s\" is not a date: write "
					"YYYY-MM-DD, then # and its name",
					(int)(date.n > 40 ? 40 : date.n),
					date.p);
		n++;
	}
	qsort(dates, n, sizeof(*dates), by_date);
	for (size_t i = 1; i < n; i++) {
		char z[DATE_SIZE];

		date_format(dates[i], z);
		if (dates[i] == dates[i - 1])
			return err_at(e, RC_INVALID, path,
				      "%s is there twice: drop one", z);
	}
	p->holidays = dates;
	p->holidays_n = n;
	return RC_OK;
}

static enum rc
read_holidays(const struct tree_node *node, const struct option_scope *scope,
	      struct policy *p, struct err *e)
{
	const struct tree_node *n = tree_find(node, "holidays");
	const char *path;
	struct sbuf text;
	enum rc rc;

	if (p->holidays_file[0] == '\0')
		return RC_OK;
	path = p->holidays_file;
	sbuf_init(&text, HOLIDAYS_TEXT_MAX);
	rc = file_read(path, HOLIDAYS_TEXT_MAX, &text, e);
	if (rc)
		rc = tree_err_file(n, e, "holidays",
				   "make the file, or leave the option out");
	else
		rc = parse_holidays(sbuf_slice(&text), path, scope, p, e);
	sbuf_fini(&text);
	return rc;
}

/* ---- the whole ---- */

/* Of what it says, not of how it is written: comments, the order of options and
 * where the holidays stand do not count. */
static void
set_version(struct policy *p)
{
	struct policy bare = *p;
	uint8_t hash[SHA256_SIZE];
	struct sbuf b;
	struct slice parts[2];

	sbuf_init(&b, PRINT_MAX);
	bare.holidays_file = "";
	policy_print(&bare, &b);
	parts[0] = sbuf_slice(&b);
	parts[1] = slice_of(p->holidays, p->holidays_n * sizeof(*p->holidays));
	sha256(parts, 2, hash);
	memcpy(p->version, hash, sizeof(p->version));
	sbuf_fini(&b);
}

enum rc
policy_read(const struct tree_node *node, const struct option_scope *scope,
	    struct policy *out, struct err *e)
{
	struct policy_step *steps;
	struct policy_act *acts;
	struct policy_on *on;
	enum rc rc;

	out->steps_n = count(node, "step");
	out->acts_n = count(node, "act");
	out->on_n = count(node, "on");
	steps = ARENA_ARRAY(scope->a, struct policy_step, out->steps_n + 1);
	acts = ARENA_ARRAY(scope->a, struct policy_act, out->acts_n + 1);
	on = ARENA_ARRAY(scope->a, struct policy_on, out->on_n + 1);
	out->steps = steps;
	out->acts = acts;
	out->on = on;
	rc = option_fill("policy", node, scope, out, e);
	if (!rc)
		rc = read_rows(node, "step", sizeof(*steps), steps, scope, e);
	if (!rc)
		rc = read_rows(node, "act", sizeof(*acts), acts, scope, e);
	if (!rc)
		rc = read_rows(node, "on", sizeof(*on), on, scope, e);
	if (!rc)
		rc = check_acts_named(node, e);
	if (!rc)
		rc = resolve(node, scope, out, steps, acts, e);
	if (!rc)
		rc = read_holidays(node, scope, out, e);
	if (!rc)
		set_version(out);
	return rc;
}
