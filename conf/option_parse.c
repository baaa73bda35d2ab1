#include "conf/option.h"

#include <limits.h>
#include <stdio.h>

#include "base/clock.h"

#define DAY_MAX 36500

static enum rc
refuse(struct err *e, struct slice got, const char *want)
{
	return err_set(e, RC_INVALID, "\"%.*s\" is not %s",
		       (int)(got.n > 80 ? 80 : got.n), got.p ? got.p : "",
		       want);
}

/* ---- numbers and times ---- */

static void
store_int(const struct option *o, void *out, int64_t v)
{
	char *field = (char *)out + o->offset;

	if (o->width == 1)
		*(uint8_t *)field = (uint8_t)v;
	else if (o->width == 2)
		*(uint16_t *)(void *)field = (uint16_t)v;
	else if (o->width == 4)
		*(int32_t *)(void *)field = (int32_t)v;
	else
		*(int64_t *)(void *)field = v;
}

static const struct unit {
	const char *name;
	int64_t us;
} units[] = {
    {"ms", 1000},   {"s", SECOND_US}, {"m", MINUTE_US},
    {"h", HOUR_US}, {"d", DAY_US},
};

#define UNITS (sizeof(units) / sizeof(units[0]))

static bool
parse_us(struct slice s, int64_t *out)
{
	size_t n = 0;
	int64_t v;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	if (!slice_int(slice_of(s.p, n), 0, INT32_MAX, &v))
		return false;
	for (size_t i = 0; i < UNITS; i++) {
		if (!slice_eq_z(slice_skip(s, n), units[i].name))
			continue;
		if (v > DAY_MAX * DAY_US / units[i].us)
			return false;
		*out = v * units[i].us;
		return true;
	}
	return false;
}

void
option_print_us(int64_t us, struct sbuf *out)
{
	size_t i = UNITS - 1;

	if (us == 0) {
		sbuf_add_z(out, "0s");
		return;
	}
	while (i > 0 && us % units[i].us != 0)
		i--;
	sbuf_add_int(out, us / units[i].us);
	sbuf_add_z(out, units[i].name);
}

static enum rc
parse_time(const struct option *o, struct slice s, int64_t lo, int64_t hi,
	   int64_t *us, struct err *e)
{
	struct sbuf b;

	if (!parse_us(s, us))
		return refuse(
		    e, s, "a time like 90s, 15m, 2h or 7d (ms, s, m, h, d)");
	if (*us >= lo && *us <= hi)
		return RC_OK;
	sbuf_init(&b, 64);
	option_print_us(lo, &b);
	sbuf_add_z(&b, " to ");
	option_print_us(hi, &b);
	(void)err_set(e, RC_INVALID, "%.*s is out of bounds: %s takes %s",
		      SLICE_ARG(s), o->name, sbuf_z(&b));
	sbuf_fini(&b);
	return RC_INVALID;
}

static enum rc
parse_int(const struct option *o, const struct option_scope *scope,
	  struct slice s, void *out, struct err *e)
{
	struct slice digits = s;
	int64_t v, unit = 1;

	(void)scope;
	if (o->type == OPT_SIZE && slice_ends(s, SLICE("K")))
		unit = 1024;
	if (o->type == OPT_SIZE && slice_ends(s, SLICE("M")))
		unit = 1024 * 1024;
	if (unit > 1)
		digits.n--;
	if (!slice_int(digits, -INT64_MAX / unit, INT64_MAX / unit, &v))
		return refuse(e, s,
			      o->type == OPT_SIZE
				  ? "a number of bytes like 4096, 64K or 2M"
				  : "a whole number");
	v *= unit;
	if (v < o->min || v > o->max)
		return err_set(e, RC_INVALID,
			       "%.*s is out of bounds: %s takes %lld to %lld",
			       SLICE_ARG(s), o->name, (long long)o->min,
			       (long long)o->max);
	store_int(o, out, v);
	return RC_OK;
}

static enum rc
parse_bool(const struct option *o, const struct option_scope *scope,
	   struct slice s, void *out, struct err *e)
{
	bool v = slice_eq_z(s, "true");

	(void)scope;
	if (!v && !slice_eq_z(s, "false"))
		return refuse(e, s, "true or false");
	store_int(o, out, v);
	return RC_OK;
}

static enum rc
parse_span(const struct option *o, const struct option_scope *scope,
	   struct slice s, void *out, struct err *e)
{
	int64_t us, unit = o->type == OPT_MS ? 1000 : 1;
	enum rc rc = parse_time(o, s, o->min * unit, o->max * unit, &us, e);

	(void)scope;
	if (!rc)
		store_int(o, out, us / unit);
	return rc;
}

/* ---- words ---- */

static const struct option_word *
find_word(const struct option_word *w, struct slice s)
{
	for (; w->word; w++) {
		if (slice_eq_z(s, w->word))
			return w;
	}
	return NULL;
}

static void
print_words(const struct option_word *w, const char *quote, struct sbuf *out)
{
	for (size_t i = 0; w[i].word; i++) {
		if (i > 0)
			sbuf_add_z(out, w[i + 1].word ? ", " : " or ");
		sbuf_addf(out, "%s%s%s", quote, w[i].word, quote);
	}
}

static enum rc
refuse_word(const struct option *o, struct slice s, struct err *e)
{
	struct sbuf b;

	sbuf_init(&b, 400);
	print_words(o->words, "", &b);
	(void)refuse(e, s, sbuf_z(&b));
	sbuf_fini(&b);
	return RC_INVALID;
}

static enum rc
parse_word(const struct option *o, const struct option_scope *scope,
	   struct slice s, void *out, struct err *e)
{
	const struct option_word *w = find_word(o->words, s);

	(void)scope;
	if (w == NULL)
		return refuse_word(o, s, e);
	store_int(o, out, w->value);
	return RC_OK;
}

static enum rc
parse_flags(const struct option *o, const struct option_scope *scope,
	    const struct slice *values, size_t n, void *out, struct err *e)
{
	uint32_t flags = 0;

	(void)scope;
	for (size_t i = 0; i < n; i++) {
		const struct option_word *w = find_word(o->words, values[i]);

		if (w == NULL)
			return refuse_word(o, values[i], e);
		if (flags & w->value)
			return err_set(e, RC_INVALID, "\"%s\" is there twice",
				       w->word);
		flags |= w->value;
	}
	store_int(o, out, flags);
	return RC_OK;
}

/* ---- texts ---- */

static enum rc
check_text(const struct option *o, struct slice s, int64_t min, int64_t max,
	   struct err *e)
{
	if ((int64_t)s.n < min)
		return s.n == 0 ? err_set(e, RC_INVALID, "it may not be empty")
				: err_set(e, RC_INVALID,
					  "it is under %lld characters",
					  (long long)min);
	if ((int64_t)s.n > max)
		return err_set(e, RC_INVALID,
			       "it is %zu bytes long: at most %lld", s.n,
			       (long long)max);
	if (s.n > 0 && o->words && !find_word(o->words, s))
		return refuse_word(o, s, e);
	if (s.n > 0 && o->shape && !o->shape->fits(s))
		return refuse(e, s, o->shape->want);
	return RC_OK;
}

static enum rc
parse_text(const struct option *o, const struct option_scope *scope,
	   struct slice s, void *out, struct err *e)
{
	char *field = (char *)out + o->offset;
	bool path = o->type == OPT_PATH && s.n > 0;
	bool whole = path && s.p[0] == '/';
	const char *z;
	enum rc rc = check_text(o, s, o->min, whole ? PATH_MAX : o->max, e);

	if (rc)
		return rc;
	if (path && !whole)
		z = arena_printf(scope->a, "%s/%.*s", scope->folder,
				 SLICE_ARG(s));
	else
		z = arena_z(scope->a, s);
	memcpy(field, &z, sizeof(z));
	return RC_OK;
}

static enum rc
check_count(const struct option *o, size_t n, struct err *e)
{
	if ((int64_t)n < o->min || (int64_t)n > o->max)
		return err_set(
		    e, RC_INVALID, "%s has %zu values: it takes %lld to %lld",
		    o->name, n, (long long)o->min, (long long)o->max);
	return RC_OK;
}

static enum rc
parse_list(const struct option *o, const struct option_scope *scope,
	   const struct slice *values, size_t n, void *out, struct err *e)
{
	char *field = (char *)out + o->offset;
	char **list = ARENA_ARRAY(scope->a, char *, n + 1);

	for (size_t i = 0; i < n; i++) {
		enum rc rc = check_text(o, values[i], 1, 253, e);

		if (rc)
			return rc;
		for (size_t j = 0; j < i; j++) {
			if (slice_ieq(values[i], values[j]))
				return err_set(e, RC_INVALID,
					       "\"%.*s\" is there twice",
					       SLICE_ARG(values[i]));
		}
		list[i] = arena_z(scope->a, values[i]);
	}
	memcpy(field, &list, sizeof(list));
	return RC_OK;
}

static enum rc
parse_us_list(const struct option *o, const struct option_scope *scope,
	      const struct slice *values, size_t n, void *out, struct err *e)
{
	char *field = (char *)out + o->offset;
	int64_t *list = ARENA_ARRAY(scope->a, int64_t, n + 1);

	for (size_t i = 0; i < n; i++) {
		enum rc rc = parse_time(o, values[i], SECOND_US, 7 * DAY_US,
					&list[i], e);

		if (rc)
			return rc;
	}
	memcpy(field, &list, sizeof(list));
	memcpy(field + sizeof(list), &n, sizeof(n));
	return RC_OK;
}

/* ---- what has a form of its own ---- */

static enum rc
parse_listen(const struct option *o, const struct option_scope *scope,
	     struct slice s, void *out, struct err *e)
{
	struct listen_addr l;
	struct slice host;

	if (!shape_split_port(s, &host, &l.port) || !shape_host_addr.fits(host))
		return refuse(e, s,
			      "an address and a port, like 127.0.0.1:8480 or "
			      "[::]:443");
	l.host = arena_z(scope->a, host);
	memcpy((char *)out + o->offset, &l, sizeof(l));
	return RC_OK;
}

static enum rc
parse_cap(const struct option *o, const struct option_scope *scope,
	  struct slice s, void *out, struct err *e)
{
	struct slice unit = s;
	struct slice digits = slice_cut(&unit, '/');
	int64_t v = 0;

	(void)scope;
	if (!slice_eq_z(s, "none") &&
	    (!slice_eq_z(unit, "day") || !slice_int(digits, 1, o->max, &v)))
		return refuse(e, s, "a number a day like 3/day, or none");
	store_int(o, out, v);
	return RC_OK;
}

static enum rc
parse_money(const struct option *o, const struct option_scope *scope,
	    struct slice s, void *out, struct err *e)
{
	struct money m = {0, ""};
	struct slice amount = s;
	struct slice currency = slice_cut(&amount, ' ');

	(void)scope;
	if (s.n > 0 && amount.p == NULL)
		return refuse(e, s,
			      "a currency and an amount like \"ARS 500\"");
	if (s.n > 0) {
		enum rc rc = money_parse(amount, currency, &m, e);

		if (rc)
			return rc;
		if (m.minor < 0)
			return refuse(e, s, "an amount of 0 or more");
	}
	memcpy((char *)out + o->offset, &m, sizeof(m));
	return RC_OK;
}

static enum rc
parse_window(const struct option *o, const struct option_scope *scope,
	     struct slice s, void *out, struct err *e)
{
	struct policy_window w = {0};

	(void)scope;
	if (s.n > 0 && !policy_window_parse(s, &w))
		return refuse(e, s,
			      "days and hours like \"mon-sat 09:00-19:00\", or "
			      "\"mon,wed 09:00-13:00 customer\"");
	memcpy((char *)out + o->offset, &w, sizeof(w));
	return RC_OK;
}

static enum rc
parse_hold(const struct option *o, const struct option_scope *scope,
	   struct slice s, void *out, struct err *e)
{
	struct policy *p = out;
	struct slice digits = slice_of(s.p, s.n - 2 < s.n ? s.n - 2 : 0);
	int64_t days = 0, us = 0;
	bool fits;

	(void)o;
	(void)scope;
	if (slice_ends(s, SLICE("bd")))
		fits = slice_int(digits, 1, 250, &days);
	else
		fits = parse_us(s, &us) && us <= 365 * DAY_US;
	if (!fits)
		return refuse(e, s,
			      "a time like 5bd (1 to 250 business days), 72h "
			      "or 7d (at most 365d)");
	p->objection_hold_bd = (int)days;
	p->objection_hold_us = us;
	return RC_OK;
}

static enum rc
parse_offset(const struct option *o, const struct option_scope *scope,
	     struct slice s, void *out, struct err *e)
{
	struct policy_offset at;
	struct slice act;

	(void)scope;
	if (!policy_offset_parse(s, &at, &act))
		return refuse(e, s,
			      "a time from \"due\", \"issued\", \"expires\" or "
			      "an act, like due-10d, suspend-24h or due+5bd "
			      "(d, h, bd)");
	memcpy((char *)out + o->offset, &at, sizeof(at));
	return RC_OK;
}

/* Its steps are known only once the policy was read: here, their names are
 * looked at. */
static enum rc
parse_needs(const struct option *o, const struct option_scope *scope,
	    const struct slice *values, size_t n, void *out, struct err *e)
{
	struct policy_act unused;

	(void)out;
	return parse_list(o, scope, values, n, &unused, e);
}

typedef enum rc parse_one(const struct option *, const struct option_scope *,
			  struct slice, void *, struct err *);
typedef enum rc parse_many(const struct option *, const struct option_scope *,
			   const struct slice *, size_t, void *, struct err *);

static const struct {
	parse_one *one;
	parse_many *many;
} parsers[OPT_TYPES] = {
    [OPT_BOOL] = {parse_bool, NULL},	 [OPT_INT] = {parse_int, NULL},
    [OPT_SIZE] = {parse_int, NULL},	 [OPT_US] = {parse_span, NULL},
    [OPT_MS] = {parse_span, NULL},	 [OPT_US_LIST] = {NULL, parse_us_list},
    [OPT_TEXT] = {parse_text, NULL},	 [OPT_PATH] = {parse_text, NULL},
    [OPT_LIST] = {NULL, parse_list},	 [OPT_WORD] = {parse_word, NULL},
    [OPT_FLAGS] = {NULL, parse_flags},	 [OPT_FLAG] = {NULL, parse_flags},
    [OPT_LISTEN] = {parse_listen, NULL}, [OPT_CAP] = {parse_cap, NULL},
    [OPT_MONEY] = {parse_money, NULL},	 [OPT_WINDOW] = {parse_window, NULL},
    [OPT_HOLD] = {parse_hold, NULL},	 [OPT_OFFSET] = {parse_offset, NULL},
    [OPT_NEEDS] = {NULL, parse_needs},
};

bool
option_is_list(const struct option *o)
{
	return parsers[o->type].many != NULL;
}

enum rc
option_parse(const struct option *o, const struct option_scope *scope,
	     enum tree_kind kind, const struct slice *values, size_t n,
	     void *out, struct err *e)
{
	enum rc rc;

	if (kind == TREE_SECTION)
		return err_set(e, RC_INVALID,
			       "it is an option, not a section: write %s = …",
			       o->name);
	if (!option_is_list(o)) {
		if (kind != TREE_ONE)
			return err_set(e, RC_INVALID,
				       "it takes one value, not a list");
		return parsers[o->type].one(o, scope, values[0], out, e);
	}
	if (kind != TREE_MANY)
		return err_set(e, RC_INVALID,
			       "it takes a list: write %s = {\"%.*s\"}",
			       o->name, SLICE_ARG(values[0]));
	rc = check_count(o, n, e);
	if (rc)
		return rc;
	return parsers[o->type].many(o, scope, values, n, out, e);
}
