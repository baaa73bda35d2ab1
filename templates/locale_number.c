#include "templates/locale_private.h"

#define DECIMAL_MAX 64

static bool
is_decimal(struct slice s)
{
	size_t n;

	if (s.n && s.p[0] == '-')
		s = slice_skip(s, 1);
	n = locale_span(s, '0', '9');
	if (n == 0 || s.n > DECIMAL_MAX)
		return false;
	s = slice_skip(s, n);
	return s.n == 0 || (s.n > 1 && s.p[0] == '.' &&
			    locale_span(slice_skip(s, 1), '0', '9') == s.n - 1);
}

static enum rc
add_decimal(UNumberFormat *f, struct slice decimal, struct sbuf *out,
	    struct err *e)
{
	UErrorCode st = U_ZERO_ERROR;
	UChar s[UTF16_MAX];
	int32_t n;

	if (!is_decimal(decimal))
		return err_set(e, RC_INVALID, "'%.*s' is not a number",
			       decimal.n > 64 ? 64 : (int)decimal.n, decimal.p);
	n = unum_formatDecimal(f, decimal.p, (int32_t)decimal.n, s, UTF16_MAX,
			       NULL, &st);
	return locale_add_utf16(s, n, st, "format a number", out, e);
}

static enum rc
open_number(UNumberFormatStyle style, const char *name, UNumberFormat **out,
	    struct err *e)
{
	UErrorCode st = U_ZERO_ERROR;

	*out = unum_open(style, NULL, 0, name, NULL, &st);
	if (U_FAILURE(st))
		return locale_icu_err(e, "open a number format", st);
	unum_setAttribute(*out, UNUM_ROUNDING_MODE, UNUM_ROUND_HALFUP);
	return RC_OK;
}

/* The currency is set before its digits: setting it resets them to CLDR's,
 * which for some currencies are fewer than those of ISO 4217. */
static enum rc
open_money(struct money_format *m, const char *name, const char *currency,
	   int digits, bool code, struct err *e)
{
	UErrorCode st = U_ZERO_ERROR;
	UChar u[4];

	if (open_number(code ? UNUM_CURRENCY_ISO : UNUM_CURRENCY, name, &m->f,
			e))
		return RC_BUG;
	u_charsToUChars(currency, u, 4);
	unum_setTextAttribute(m->f, UNUM_CURRENCY_CODE, u, 3, &st);
	if (U_FAILURE(st)) {
		unum_close(m->f);
		m->f = NULL;
		return locale_icu_err(e, "set a currency", st);
	}
	unum_setAttribute(m->f, UNUM_FRACTION_DIGITS, digits);
	memcpy(m->currency, currency, 4);
	m->code = code;
	return RC_OK;
}

static struct money_format *
find_money(struct formats *f, struct slice currency, bool code)
{
	for (size_t i = 0; i < MONEY_MAX; i++)
		if (f->money[i].f && f->money[i].code == code &&
		    slice_eq_z(currency, f->money[i].currency))
			return &f->money[i];
	return NULL;
}

static enum rc
make_money(struct locale *l, struct slice amount, struct slice currency,
	   bool code, struct sbuf *out, struct err *e)
{
	struct money_format *m = find_money(l->f, currency, code);
	int digits;

	if (!m) {
		char z[4] = "";

		digits = money_digits(currency);
		if (digits < 0 || currency.n != 3)
			return err_set(e, RC_INVALID, "unknown currency '%.*s'",
				       currency.n > 16 ? 16 : (int)currency.n,
				       currency.p);
		memcpy(z, currency.p, 3);
		m = &l->f->money[l->f->money_next++ % MONEY_MAX];
		if (m->f)
			unum_close(m->f);
		m->f = NULL;
		if (open_money(m, l->f->name, z, digits, code, e))
			return RC_BUG;
	}
	return add_decimal(m->f, amount, out, e);
}

static enum rc
add_money(struct locale *l, struct slice amount, struct slice currency,
	  bool code, struct sbuf *out, struct err *e)
{
	struct memo *made = &l->f->money_made;
	char text[MEMO_KEY];
	struct sbuf source = {.p = text, .cap = MEMO_KEY, .max = MEMO_KEY};
	size_t from = out->n;
	enum rc rc;

	sbuf_add_c(&source, code ? 'c' : 's');
	sbuf_add(&source, currency);
	sbuf_add_c(&source, ' ');
	sbuf_add(&source, amount);
	if (sbuf_ok(&source) && memo_recall(made, sbuf_slice(&source), out))
		return RC_OK;
	rc = make_money(l, amount, currency, code, out, e);
	if (rc == RC_OK && sbuf_ok(&source))
		memo_keep(made, sbuf_slice(&source), locale_added(out, from));
	return rc;
}

enum rc
locale_add_money(struct locale *l, struct slice amount, struct slice currency,
		 struct sbuf *out, struct err *e)
{
	return add_money(l, amount, currency, false, out, e);
}

enum rc
locale_add_money_code(struct locale *l, struct slice amount,
		      struct slice currency, struct sbuf *out, struct err *e)
{
	return add_money(l, amount, currency, true, out, e);
}

enum rc
locale_add_number(struct locale *l, struct slice decimal, int digits,
		  struct sbuf *out, struct err *e)
{
	UNumberFormat *f = l->f->number;

	if (!f && open_number(UNUM_DECIMAL, l->f->name, &f, e))
		return RC_BUG;
	l->f->number = f;
	unum_setAttribute(f, UNUM_MIN_FRACTION_DIGITS, digits < 0 ? 0 : digits);
	unum_setAttribute(f, UNUM_MAX_FRACTION_DIGITS,
			  digits < 0 ? DECIMAL_MAX : digits);
	return add_decimal(f, decimal, out, e);
}

enum rc
locale_add_percent(struct locale *l, struct slice decimal, struct sbuf *out,
		   struct err *e)
{
	UNumberFormat *f = l->f->percent;

	if (!f) {
		if (open_number(UNUM_PERCENT, l->f->name, &f, e))
			return RC_BUG;
		unum_setAttribute(f, UNUM_MULTIPLIER, 1);
		unum_setAttribute(f, UNUM_MAX_FRACTION_DIGITS, DECIMAL_MAX);
		l->f->percent = f;
	}
	return add_decimal(f, decimal, out, e);
}
