#include <stdlib.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/money.h"

/* Amounts, dates, times and integers: what is taken prints as a text that is
 * taken as the same again. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
check_money(struct slice amount, struct slice currency)
{
	struct money m, again;
	struct sbuf b;

	if (money_parse(amount, currency, &m, NULL) != RC_OK)
		return;
	must(money_shape(amount) && money_digits(currency) >= 0);
	sbuf_init(&b, 64);
	money_add(&b, m);
	must(sbuf_ok(&b));
	must(money_parse(sbuf_slice(&b), currency, &again, NULL) == RC_OK);
	must(again.minor == m.minor);
	sbuf_fini(&b);
}

static void
check_date(struct slice s)
{
	char text[DATE_SIZE];
	int32_t date;

	if (!date_parse(s, &date))
		return;
	date_format(date, text);
	must(slice_eq_z(s, text));
}

static void
check_time(struct slice s)
{
	char text[TIME_SIZE];
	int64_t us, again;

	if (!time_parse(s, &us))
		return;
	time_format(us, text);
	must(time_parse(slice_z(text), &again) && us / 1000 == again / 1000);
}

static void
check_int(struct slice s)
{
	struct sbuf b;
	int64_t v, again;

	if (!slice_int(s, INT64_MIN, INT64_MAX, &v))
		return;
	sbuf_init(&b, 32);
	sbuf_add_int(&b, v);
	must(slice_int(sbuf_slice(&b), INT64_MIN, INT64_MAX, &again) &&
	     v == again);
	sbuf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of(data, size);
	struct slice first = slice_cut(&rest, ' ');

	check_money(first, rest);
	check_date(first);
	check_time(first);
	check_int(first);
	return 0;
}
