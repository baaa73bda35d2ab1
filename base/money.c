#include "base/money.h"

#include <stdlib.h>

#define AMOUNT_MAX 32

/* Sorted by code.  Left out are codes without a minor unit: metals, baskets,
 * testing, none.  Ref: ISO 4217 list one of 2026-01-01. */
static const struct currency {
	char code[4];
	int digits;
} currencies[] = {
    {"AED", 2}, {"AFN", 2}, {"ALL", 2}, {"AMD", 2}, {"AOA", 2}, {"ARS", 2},
    {"AUD", 2}, {"AWG", 2}, {"AZN", 2}, {"BAM", 2}, {"BBD", 2}, {"BDT", 2},
    {"BHD", 3}, {"BIF", 0}, {"BMD", 2}, {"BND", 2}, {"BOB", 2}, {"BOV", 2},
    {"BRL", 2}, {"BSD", 2}, {"BTN", 2}, {"BWP", 2}, {"BYN", 2}, {"BZD", 2},
    {"CAD", 2}, {"CDF", 2}, {"CHE", 2}, {"CHF", 2}, {"CHW", 2}, {"CLF", 4},
    {"CLP", 0}, {"CNY", 2}, {"COP", 2}, {"COU", 2}, {"CRC", 2}, {"CUP", 2},
    {"CVE", 2}, {"CZK", 2}, {"DJF", 0}, {"DKK", 2}, {"DOP", 2}, {"DZD", 2},
    {"EGP", 2}, {"ERN", 2}, {"ETB", 2}, {"EUR", 2}, {"FJD", 2}, {"FKP", 2},
    {"GBP", 2}, {"GEL", 2}, {"GHS", 2}, {"GIP", 2}, {"GMD", 2}, {"GNF", 0},
    {"GTQ", 2}, {"GYD", 2}, {"HKD", 2}, {"HNL", 2}, {"HTG", 2}, {"HUF", 2},
    {"IDR", 2}, {"ILS", 2}, {"INR", 2}, {"IQD", 3}, {"IRR", 2}, {"ISK", 0},
    {"JMD", 2}, {"JOD", 3}, {"JPY", 0}, {"KES", 2}, {"KGS", 2}, {"KHR", 2},
    {"KMF", 0}, {"KPW", 2}, {"KRW", 0}, {"KWD", 3}, {"KYD", 2}, {"KZT", 2},
    {"LAK", 2}, {"LBP", 2}, {"LKR", 2}, {"LRD", 2}, {"LSL", 2}, {"LYD", 3},
    {"MAD", 2}, {"MDL", 2}, {"MGA", 2}, {"MKD", 2}, {"MMK", 2}, {"MNT", 2},
    {"MOP", 2}, {"MRU", 2}, {"MUR", 2}, {"MVR", 2}, {"MWK", 2}, {"MXN", 2},
    {"MXV", 2}, {"MYR", 2}, {"MZN", 2}, {"NAD", 2}, {"NGN", 2}, {"NIO", 2},
    {"NOK", 2}, {"NPR", 2}, {"NZD", 2}, {"OMR", 3}, {"PAB", 2}, {"PEN", 2},
    {"PGK", 2}, {"PHP", 2}, {"PKR", 2}, {"PLN", 2}, {"PYG", 0}, {"QAR", 2},
    {"RON", 2}, {"RSD", 2}, {"RUB", 2}, {"RWF", 0}, {"SAR", 2}, {"SBD", 2},
    {"SCR", 2}, {"SDG", 2}, {"SEK", 2}, {"SGD", 2}, {"SHP", 2}, {"SLE", 2},
    {"SOS", 2}, {"SRD", 2}, {"SSP", 2}, {"STN", 2}, {"SVC", 2}, {"SYP", 2},
    {"SZL", 2}, {"THB", 2}, {"TJS", 2}, {"TMT", 2}, {"TND", 3}, {"TOP", 2},
    {"TRY", 2}, {"TTD", 2}, {"TWD", 2}, {"TZS", 2}, {"UAH", 2}, {"UGX", 0},
    {"USD", 2}, {"USN", 2}, {"UYI", 0}, {"UYU", 2}, {"UYW", 4}, {"UZS", 2},
    {"VED", 2}, {"VES", 2}, {"VND", 0}, {"VUV", 0}, {"WST", 2}, {"XAD", 2},
    {"XAF", 0}, {"XCD", 2}, {"XCG", 2}, {"XOF", 0}, {"XPF", 0}, {"YER", 2},
    {"ZAR", 2}, {"ZMW", 2}, {"ZWG", 2},
};

#define CURRENCIES (sizeof(currencies) / sizeof(currencies[0]))

static int
compare(const void *wanted, const void *row)
{
	return memcmp(wanted, ((const struct currency *)row)->code, 3);
}

int
money_digits(struct slice currency)
{
	const struct currency *found = NULL;

	if (currency.n == 3)
		found = bsearch(currency.p, currencies, CURRENCIES,
				sizeof(currencies[0]), compare);
	return found ? found->digits : -1;
}

/* Digits of s, added to *minor with its sign. */
static bool
add_digits(struct slice s, bool negative, int64_t *minor)
{
	for (size_t i = 0; i < s.n; i++) {
		int digit = s.p[i] - '0';

		if (__builtin_mul_overflow(*minor, 10, minor) ||
		    __builtin_add_overflow(*minor, negative ? -digit : digit,
					   minor))
			return false;
	}
	return true;
}

static bool
all_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* Splits "-12.5" into its parts; the fraction is empty where there is none. */
static bool
split(struct slice amount, bool *negative, struct slice *whole,
      struct slice *fraction)
{
	struct slice rest = amount;

	*negative = slice_starts(amount, SLICE("-"));
	if (*negative)
		rest = slice_skip(rest, 1);
	*whole = slice_cut(&rest, '.');
	*fraction = rest;
	if (!all_digits(*whole) || (whole->n > 1 && whole->p[0] == '0'))
		return false;
	return rest.p == NULL || all_digits(rest);
}

bool
money_shape(struct slice amount)
{
	struct slice whole, fraction;
	bool negative;

	return amount.n <= AMOUNT_MAX &&
	       split(amount, &negative, &whole, &fraction);
}

enum rc
money_parse(struct slice amount, struct slice currency, struct money *out,
	    struct err *e)
{
	int digits = money_digits(currency);
	struct slice whole, fraction;
	int64_t minor = 0;
	bool negative;

	if (digits < 0)
		return err_set(e, RC_INVALID, "\"%.*s\" is no currency code",
			       currency.n < 16 ? (int)currency.n : 16,
			       currency.p ? currency.p : "");
	if (amount.n > AMOUNT_MAX ||
	    !split(amount, &negative, &whole, &fraction))
		return err_set(e, RC_INVALID,
			       "an amount is digits, a point and digits, such "
			       "as \"12345.67\"");
	if (fraction.n > (size_t)digits)
		return err_set(e, RC_INVALID,
			       "%.*s has %d digits after the point, not %zu",
			       SLICE_ARG(currency), digits, fraction.n);
	if (!add_digits(whole, negative, &minor) ||
	    !add_digits(fraction, negative, &minor) ||
	    !add_digits(slice_of("0000", (size_t)digits - fraction.n), negative,
			&minor))
		return err_set(e, RC_INVALID, "the amount is too large");
	out->minor = minor;
	memcpy(out->currency, currency.p, 3);
	out->currency[3] = '\0';
	return RC_OK;
}

void
money_add(struct sbuf *out, struct money m)
{
	uint64_t left = m.minor < 0 ? -(uint64_t)m.minor : (uint64_t)m.minor;
	int digits = money_digits(slice_z(m.currency));
	char text[32];
	size_t at = sizeof(text);

	if (digits < 0)
		die("money of no currency");
	for (int i = 0; i <= digits || left; i++) {
		if (i == digits && digits)
			text[--at] = '.';
		text[--at] = (char)('0' + left % 10);
		left /= 10;
	}
	if (m.minor < 0)
		text[--at] = '-';
	sbuf_add(out, slice_of(text + at, sizeof(text) - at));
}
