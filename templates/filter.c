#include "templates/filter.h"

#include "base/mem.h"
#include "templates/place.h"

/*
 * A filter gets v and leaves its text in v; what it adds to out stays there.
 * A missing value passes all filters but "default" untouched.
 */
struct filter {
	const char *name;
	unsigned args_min, args_max;
	enum rc (*run)(const struct filter_call *c,
		       const struct filter_scope *s, struct filter_value *v,
		       struct sbuf *out, struct err *e);
	const char *const *words; /* that the first argument may be */
};

static struct slice
added(const struct sbuf *out, size_t from)
{
	return slice_of(out->p + from, out->n - from);
}

static void
set_text(struct filter_value *v, struct slice text)
{
	v->datum = NULL;
	v->text = text;
	v->made = true;
}

static enum rc
unfit(struct err *e, const char *wants)
{
	return err_set(e, RC_INVALID, "is not %s", wants);
}

static bool
is_missing(const struct filter_value *v)
{
	return !v->made && datum_kind(v->datum) == DATUM_NULL;
}

static bool
text_of(const struct filter_value *v, struct slice *text)
{
	if (!v->made && datum_kind(v->datum) != DATUM_TEXT)
		return false;
	*text = v->made ? v->text : datum_slice(v->datum);
	return true;
}

static int
word_of(const struct filter_call *c)
{
	const char *const *words = c->filter->words;

	if (c->arg_count == 0)
		return 0;
	for (int i = 0; words[i]; i++)
		if (slice_eq_z(c->args[0].text, words[i]))
			return i;
	return 0;
}

/* ---- money and numbers ---- */

static bool
money_of(const struct datum *d, const struct datum *currency, struct sbuf *out,
	 struct slice *amount, struct slice *code)
{
	struct money m;
	size_t from = out->n;

	switch (datum_kind(d)) {
	case DATUM_MONEY:
		m = datum_amount(d);
		money_add(out, m);
		*amount = added(out, from);
		sbuf_add(out, slice_z(m.currency));
		*code = slice_of(out->p + from + amount->n, 3);
		amount->p = out->p + from;
		return true;
	case DATUM_MAP:
		if (datum_kind(datum_get(d, "amount")) == DATUM_MAP)
			return false;
		return money_of(datum_get(d, "amount"),
				datum_get(d, "currency"), out, amount, code);
	case DATUM_TEXT:
		*amount = datum_slice(d);
		*code = datum_slice(currency);
		return true;
	case DATUM_NULL:
	case DATUM_BOOL:
	case DATUM_INT:
	case DATUM_DATE:
	case DATUM_TIME:
	case DATUM_LIST:
		break;
	}
	return false;
}

static const char *const money_words[] = {"symbol", "code", NULL};

static enum rc
run_money(const struct filter_call *c, const struct filter_scope *s,
	  struct filter_value *v, struct sbuf *out, struct err *e)
{
	bool code = c && word_of(c) == 1;
	struct slice amount, currency;
	size_t from;
	enum rc rc;

	if (v->made ||
	    !money_of(v->datum, s->currency, out, &amount, &currency))
		return unfit(e, "money");
	from = out->n;
	rc = code ? locale_add_money_code(s->locale, amount, currency, out, e)
		  : locale_add_money(s->locale, amount, currency, out, e);
	if (rc == RC_OK)
		set_text(v, added(out, from));
	return rc;
}

static bool
decimal_of(const struct filter_value *v, char buf[24], struct slice *decimal)
{
	struct sbuf b = {.p = buf, .cap = 24, .max = 24};

	if (!v->made && datum_kind(v->datum) == DATUM_INT) {
		sbuf_add_int(&b, datum_number(v->datum));
		*decimal = sbuf_slice(&b);
		return true;
	}
	return text_of(v, decimal);
}

static enum rc
run_number(const struct filter_call *c, const struct filter_scope *s,
	   struct filter_value *v, struct sbuf *out, struct err *e)
{
	int digits = c->arg_count ? (int)c->args[0].number : -1;
	size_t from = out->n;
	struct slice decimal;
	char buf[24];

	if (!decimal_of(v, buf, &decimal))
		return unfit(e, "a number");
	if (locale_add_number(s->locale, decimal, digits, out, e))
		return RC_INVALID;
	set_text(v, added(out, from));
	return RC_OK;
}

static enum rc
run_percent(const struct filter_call *c, const struct filter_scope *s,
	    struct filter_value *v, struct sbuf *out, struct err *e)
{
	size_t from = out->n;
	struct slice decimal;
	char buf[24];

	(void)c;
	if (!decimal_of(v, buf, &decimal))
		return unfit(e, "a number");
	if (locale_add_percent(s->locale, decimal, out, e))
		return RC_INVALID;
	set_text(v, added(out, from));
	return RC_OK;
}

static void
add_word(struct slice word, struct slice number, struct sbuf *out)
{
	ptrdiff_t at = slice_find_c(word, '#');

	if (at < 0) {
		sbuf_add(out, word);
		return;
	}
	sbuf_add(out, slice_of(word.p, (size_t)at));
	sbuf_add(out, number);
	sbuf_add(out, slice_skip(word, (size_t)at + 1));
}

static enum rc
run_plural(const struct filter_call *c, const struct filter_scope *s,
	   struct filter_value *v, struct sbuf *out, struct err *e)
{
	enum locale_plural plural;
	struct slice decimal, number;
	size_t from = out->n;
	char buf[24];
	int64_t n;

	if (!decimal_of(v, buf, &decimal) ||
	    !slice_int(decimal, -INT64_MAX, INT64_MAX, &n))
		return unfit(e, "a whole number");
	if (locale_add_number(s->locale, decimal, -1, out, e))
		return RC_INVALID;
	number = added(out, from);
	plural = locale_plural(s->locale, n < 0 ? -n : n);
	if (c->arg_count == 2)
		plural = plural == LOCALE_ONE ? 0 : 1;
	from = out->n;
	add_word(c->args[plural].text, number, out);
	set_text(v, added(out, from));
	return RC_OK;
}

/* ---- dates and times ---- */

static bool
time_of(const struct filter_value *v, int64_t *us)
{
	struct slice text;

	if (!v->made && datum_kind(v->datum) == DATUM_TIME) {
		*us = datum_number(v->datum);
		return true;
	}
	return text_of(v, &text) && time_parse(text, us);
}

static bool
date_of_value(const struct filter_value *v, const struct locale *l,
	      int32_t *date)
{
	struct slice text;
	int64_t us;

	if (!v->made && datum_kind(v->datum) == DATUM_DATE) {
		*date = (int32_t)datum_number(v->datum);
		return true;
	}
	if (text_of(v, &text) && date_parse(text, date))
		return true;
	if (!time_of(v, &us))
		return false;
	*date = locale_date_of(l, us);
	return true;
}

static const char *const date_words[] = {
    [LOCALE_DATE_LONG] = "long",       [LOCALE_DATE_SHORT] = "short",
    [LOCALE_DATE_MEDIUM] = "medium",   [LOCALE_DATE_FULL] = "full",
    [LOCALE_DATE_WEEKDAY] = "weekday", [LOCALE_DATE_DAY] = "day",
    [LOCALE_DATE_MONTH] = "month",     [LOCALE_DATES] = NULL,
};

static enum rc
run_date(const struct filter_call *c, const struct filter_scope *s,
	 struct filter_value *v, struct sbuf *out, struct err *e)
{
	enum locale_date how = c ? (enum locale_date)word_of(c) : 0;
	size_t from = out->n;
	int32_t date;

	if (!date_of_value(v, s->locale, &date))
		return unfit(e, "a date");
	if (locale_add_date(s->locale, date, how, out, e))
		return RC_BUG;
	set_text(v, added(out, from));
	return RC_OK;
}

static const char *const datetime_words[] = {"long", "short", NULL};

static enum rc
run_datetime(const struct filter_call *c, const struct filter_scope *s,
	     struct filter_value *v, struct sbuf *out, struct err *e)
{
	bool brief = c && word_of(c) == 1;
	size_t from = out->n;
	int64_t us;

	if (!time_of(v, &us))
		return unfit(e, "a time");
	if (locale_add_datetime(s->locale, us, brief, out, e))
		return RC_BUG;
	set_text(v, added(out, from));
	return RC_OK;
}

static enum rc
add_part(enum rc (*add)(struct locale *, int64_t, struct sbuf *, struct err *),
	 const struct filter_scope *s, struct filter_value *v, struct sbuf *out,
	 struct err *e)
{
	size_t from = out->n;
	int64_t us;

	if (!time_of(v, &us))
		return unfit(e, "a time");
	if (add(s->locale, us, out, e))
		return RC_BUG;
	set_text(v, added(out, from));
	return RC_OK;
}

static enum rc
run_time(const struct filter_call *c, const struct filter_scope *s,
	 struct filter_value *v, struct sbuf *out, struct err *e)
{
	(void)c;
	return add_part(locale_add_time, s, v, out, e);
}

static enum rc
run_zone(const struct filter_call *c, const struct filter_scope *s,
	 struct filter_value *v, struct sbuf *out, struct err *e)
{
	(void)c;
	return add_part(locale_add_zone, s, v, out, e);
}

/* ---- words ---- */

static enum rc
change_case(const struct filter_scope *s, struct filter_value *v,
	    enum locale_case how, struct sbuf *out, struct err *e)
{
	size_t from = out->n;
	struct slice text;

	if (!text_of(v, &text))
		return unfit(e, "a text");
	if (locale_add_case(s->locale, text, how, out, e))
		return RC_LIMIT;
	set_text(v, added(out, from));
	return RC_OK;
}

static enum rc
run_upper(const struct filter_call *c, const struct filter_scope *s,
	  struct filter_value *v, struct sbuf *out, struct err *e)
{
	(void)c;
	return change_case(s, v, LOCALE_UPPER, out, e);
}

static enum rc
run_lower(const struct filter_call *c, const struct filter_scope *s,
	  struct filter_value *v, struct sbuf *out, struct err *e)
{
	(void)c;
	return change_case(s, v, LOCALE_LOWER, out, e);
}

static enum rc
run_capital(const struct filter_call *c, const struct filter_scope *s,
	    struct filter_value *v, struct sbuf *out, struct err *e)
{
	(void)c;
	return change_case(s, v, LOCALE_CAPITAL, out, e);
}

#define LIST_MAX 64

static enum rc
run_list(const struct filter_call *c, const struct filter_scope *s,
	 struct filter_value *v, struct sbuf *out, struct err *e)
{
	struct slice items[LIST_MAX];
	size_t n = datum_count(v->datum), from = out->n;

	if (v->made || datum_kind(v->datum) != DATUM_LIST)
		return unfit(e, "a list");
	if (n > LIST_MAX)
		return err_set(e, RC_LIMIT, "has over %d elements", LIST_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct datum *d = datum_at(v->datum, i);

		if (c->arg_count)
			d = datum_find(d, datum_name(c->args[0].text));
		if (datum_kind(d) != DATUM_TEXT)
			return unfit(e, "a list of texts");
		items[i] = datum_slice(d);
	}
	if (locale_add_list(s->locale, items, n, out, e))
		return RC_LIMIT;
	set_text(v, added(out, from));
	return RC_OK;
}

static enum rc
run_count(const struct filter_call *c, const struct filter_scope *s,
	  struct filter_value *v, struct sbuf *out, struct err *e)
{
	size_t from = out->n;

	(void)c;
	(void)s;
	if (v->made || datum_kind(v->datum) != DATUM_LIST)
		return unfit(e, "a list");
	sbuf_add_int(out, (int64_t)datum_count(v->datum));
	set_text(v, added(out, from));
	return RC_OK;
}

static enum rc
run_default(const struct filter_call *c, const struct filter_scope *s,
	    struct filter_value *v, struct sbuf *out, struct err *e)
{
	struct slice text;

	(void)s;
	(void)out;
	(void)e;
	if (is_missing(v) || (text_of(v, &text) && text.n == 0))
		set_text(v, c->args[0].text);
	return RC_OK;
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static enum rc
run_cut(const struct filter_call *c, const struct filter_scope *s,
	struct filter_value *v, struct sbuf *out, struct err *e)
{
	int64_t left = c->args[0].number - 1;
	size_t n = 0, i, from = out->n;
	struct slice text;

	(void)s;
	if (!text_of(v, &text))
		return unfit(e, "a text");
	for (i = 0; i < text.n && left >= 0; i++) {
		if (is_continuation(text.p[i]))
			continue;
		n = left-- == 0 ? i : n;
	}
	while (i < text.n && is_continuation(text.p[i]))
		i++;
	if (i == text.n) {
		set_text(v, text);
		return RC_OK;
	}
	sbuf_add(out, slice_of(text.p, n));
	sbuf_add_z(out, "…");
	set_text(v, added(out, from));
	return RC_OK;
}

static enum rc
run_lines(const struct filter_call *c, const struct filter_scope *s,
	  struct filter_value *v, struct sbuf *out, struct err *e)
{
	struct slice text, rest;
	size_t from = out->n;

	(void)c;
	if (!text_of(v, &text))
		return unfit(e, "a text");
	for (rest = text; rest.n;) {
		struct slice line = slice_cut(&rest, '\n');

		if (place_add(s->html ? PLACE_TEXT : PLACE_PLAIN,
			      slice_trim(line), out, e))
			return RC_BUG;
		if (rest.n)
			sbuf_add_z(out, s->html ? "<br>" : "\n");
	}
	set_text(v, added(out, from));
	v->markup = true;
	return RC_OK;
}

static enum rc
run_url(const struct filter_call *c, const struct filter_scope *s,
	struct filter_value *v, struct sbuf *out, struct err *e)
{
	size_t from = out->n;
	struct slice text;

	(void)c;
	(void)s;
	if (!text_of(v, &text))
		return unfit(e, "a text");
	sbuf_add_url(out, text);
	set_text(v, added(out, from));
	return RC_OK;
}

/* ---- the table; README.md shows it to authors ---- */

static const struct filter filters[] = {
    {"capital", 0, 0, run_capital, NULL},
    {"count", 0, 0, run_count, NULL},
    {"cut", 1, 1, run_cut, NULL},
    {"date", 0, 1, run_date, date_words},
    {"datetime", 0, 1, run_datetime, datetime_words},
    {"default", 1, 1, run_default, NULL},
    {"lines", 0, 0, run_lines, NULL},
    {"list", 0, 1, run_list, NULL},
    {"lower", 0, 0, run_lower, NULL},
    {"money", 0, 1, run_money, money_words},
    {"number", 0, 1, run_number, NULL},
    {"percent", 0, 0, run_percent, NULL},
    {"plural", 2, 6, run_plural, NULL},
    {"time", 0, 0, run_time, NULL},
    {"upper", 0, 0, run_upper, NULL},
    {"url", 0, 0, run_url, NULL},
    {"zone", 0, 0, run_zone, NULL},
};

const struct filter *
filter_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (slice_eq_z(name, filters[i].name))
			return &filters[i];
	return NULL;
}

bool
filter_is_default(const struct filter *f)
{
	return f->run == run_default;
}

bool
filter_makes_markup(const struct filter *f)
{
	return f->run == run_lines;
}

bool
filter_wants_currency(const struct filter *f)
{
	return f->run == run_money;
}

static enum rc
check_word(const struct filter_call *c, struct err *e)
{
	const struct filter *f = c->filter;

	for (int i = 0; f->words[i]; i++)
		if (slice_eq_z(c->args[0].text, f->words[i]))
			return RC_OK;
	return err_set(e, RC_INVALID, "filter %s does not know \"%.*s\"",
		       f->name, SLICE_ARG(c->args[0].text));
}

enum rc
filter_check(const struct filter_call *c, struct err *e)
{
	const struct filter *f = c->filter;
	int64_t least = f->run == run_cut ? 1 : 0;

	if (c->arg_count < f->args_min || c->arg_count > f->args_max ||
	    (f->run == run_plural && c->arg_count != 2 && c->arg_count != 6))
		return err_set(e, RC_INVALID,
			       "filter %s: wrong number of "
			       "arguments",
			       f->name);
	if ((f->run == run_cut || (f->run == run_number && c->arg_count)) &&
	    (c->args[0].number < least || c->args[0].number > 1000))
		return err_set(e, RC_INVALID,
			       "filter %s wants a number from "
			       "%d to 1000",
			       f->name, (int)least);
	if (f->words && c->arg_count)
		return check_word(c, e);
	return RC_OK;
}

enum rc
filter_run(const struct filter_call *c, const struct filter_scope *s,
	   struct filter_value *v, struct sbuf *out, struct err *e)
{
	enum rc rc;

	if (is_missing(v) && !filter_is_default(c->filter))
		return RC_OK;
	rc = c->filter->run(c, s, v, out, e);
	if (rc == RC_OK && !sbuf_ok(out))
		rc = err_set(e, RC_LIMIT, "is too long for filter %s",
			     c->filter->name);
	return rc;
}

enum rc
filter_plain(struct filter_value *v, const struct filter_scope *s,
	     struct sbuf *out, struct err *e)
{
	size_t from = out->n;

	if (v->made)
		return RC_OK;
	switch (datum_kind(v->datum)) {
	case DATUM_TEXT:
		set_text(v, datum_slice(v->datum));
		return RC_OK;
	case DATUM_INT:
		sbuf_add_int(out, datum_number(v->datum));
		set_text(v, added(out, from));
		return RC_OK;
	case DATUM_BOOL:
		set_text(v,
			 datum_true(v->datum) ? SLICE("true") : SLICE("false"));
		return RC_OK;
	case DATUM_MONEY:
		return run_money(NULL, s, v, out, e);
	case DATUM_DATE:
		return run_date(NULL, s, v, out, e);
	case DATUM_TIME:
		return run_datetime(NULL, s, v, out, e);
	case DATUM_NULL:
	case DATUM_LIST:
	case DATUM_MAP:
		break;
	}
	return unfit(e, "a text");
}
