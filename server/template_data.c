#include "server/template_data.h"

#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "mailer/letter.h"

#define FILE_MAX ((size_t)16 << 20)
#define POINTER_MAX 160

struct fitting {
	struct arena *a;
	const char *path, *currency;
	struct err *e;
};

static enum rc
bad(const struct fitting *f, const char *at, const char *wants)
{
	char pointer[POINTER_MAX];

	snprintf(pointer, sizeof(pointer), "%s%.100s", f->path, at);
	return err_at(f->e, RC_INVALID, pointer, "is not %s", wants);
}

static enum rc fit(const struct fitting *f, const char *at,
		   const struct datum *like, const json_t *j,
		   struct datum **out);

static enum rc
fit_text(const struct fitting *f, const char *at, enum datum_kind kind,
	 const json_t *j, struct datum **out)
{
	struct slice s = slice_z(json_string_value(j));
	struct money m;
	int32_t date;
	int64_t us;

	if (kind == DATUM_MONEY) {
		if (money_parse(s, slice_z(f->currency), &m, NULL) != RC_OK)
			return bad(f, at, "an amount of the currency");
		*out = datum_money(f->a, m);
	} else if (kind == DATUM_DATE) {
		if (!date_parse(s, &date))
			return bad(f, at, "a date (YYYY-MM-DD)");
		*out = datum_date(f->a, date);
	} else {
		if (!time_parse(s, &us))
			return bad(f, at, "a time (RFC 3339)");
		*out = datum_time(f->a, us);
	}
	return RC_OK;
}

static enum rc
fit_list(const struct fitting *f, const char *at, const struct datum *like,
	 const json_t *j, struct datum **out)
{
	size_t i;
	json_t *one;

	*out = datum_list(f->a);
	json_array_foreach (j, i, one) {
		char pointer[POINTER_MAX];
		struct datum *d = NULL;
		enum rc rc;

		snprintf(pointer, sizeof(pointer), "%.100s/%zu", at, i);
		rc = fit(f, pointer, datum_at(like, 0), one, &d);
		if (rc != RC_OK)
			return rc;
		if (datum_kind(d) == DATUM_MAP && datum_get(d, "first")) {
			datum_set(d, "first", datum_bool(f->a, i == 0));
			datum_set(
			    d, "last",
			    datum_bool(f->a, i + 1 == json_array_size(j)));
		}
		datum_add(*out, d);
	}
	return RC_OK;
}

static enum rc
fit_map(const struct fitting *f, const char *at, const struct datum *like,
	const json_t *j, struct datum *out)
{
	const char *key;
	json_t *one;

	json_object_foreach ((json_t *)(uintptr_t)j, key, one) {
		struct slice name = arena_dup(f->a, slice_z(key));
		char pointer[POINTER_MAX];
		struct datum *d = NULL;
		enum rc rc;

		snprintf(pointer, sizeof(pointer), "%.80s/%.70s", at, key);
		rc = fit(f, pointer, datum_get(like, key), one, &d);
		if (rc != RC_OK)
			return rc;
		datum_set_slice(out, name, d);
	}
	return RC_OK;
}

static enum rc
fit(const struct fitting *f, const char *at, const struct datum *like,
    const json_t *j, struct datum **out)
{
	enum datum_kind kind = datum_kind(like);

	if (json_is_string(j) &&
	    (kind == DATUM_MONEY || kind == DATUM_DATE || kind == DATUM_TIME))
		return fit_text(f, at, kind, j, out);
	if (kind == DATUM_MONEY && !json_is_null(j))
		return bad(f, at, "an amount: it is a decimal string");
	if (json_is_array(j))
		return fit_list(f, at, like, j, out);
	if (!json_is_object(j)) {
		*out = datum_from_json(f->a, j);
		return RC_OK;
	}
	*out = datum_map(f->a);
	for (size_t i = 0; i < datum_count(like) && kind == DATUM_MAP; i++)
		datum_set_slice(*out, datum_key(like, i),
				(struct datum *)(uintptr_t)datum_at(like, i));
	return fit_map(f, at, like, j, *out);
}

/* As the mailer does with a brand's ground. */
static void
derive_ground(const struct fitting *f, const json_t *j, struct datum *data)
{
	const json_t *brand = json_object_get(j, "brand");
	struct datum *d = (struct datum *)(uintptr_t)datum_get(data, "brand");

	if (json_object_get(brand, "tracking_basis") != NULL &&
	    json_object_get(brand, "ground") == NULL)
		datum_set(
		    d, "ground",
		    letter_ground(datum_slice(datum_get(d, "tracking_basis")),
				  f->a));
}

/* What the mailer derives from the invoices, where the file does not say it. */
static void
derive(const struct fitting *f, const json_t *j, struct datum *data)
{
	static const char *const same[] = {"due_on", "pay_url"};
	const struct datum *list = datum_get(data, "invoices");
	const struct datum *first = datum_at(list, 0);
	size_t n = datum_count(list);
	struct money sum;

	if (json_object_get(j, "invoices") == NULL || n == 0)
		return;
	datum_set(data, "invoice", (struct datum *)(uintptr_t)first);
	datum_set(data, "count", datum_int(f->a, (int64_t)n));
	datum_set(data, "many", datum_bool(f->a, n > 1));
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (json_object_get(j, same[i]) == NULL &&
		    datum_get(first, same[i]) != NULL)
			datum_set(data, same[i],
				  (struct datum *)(uintptr_t)datum_get(
				      first, same[i]));
	sum = datum_amount(datum_get(first, "balance"));
	for (size_t i = 1; i < n; i++)
		sum.minor +=
		    datum_amount(datum_get(datum_at(list, i), "balance")).minor;
	if (json_object_get(j, "balance") == NULL)
		datum_set(data, "balance", datum_money(f->a, sum));
	if (n > 1 && json_object_get(j, "pay_url") == NULL)
		datum_set(data, "pay_url", datum_text_z(f->a, ""));
}

enum rc
template_data_read(const char *path, struct arena *a, struct datum *data,
		   struct err *e)
{
	struct fitting f = {a, path, NULL, e};
	struct money sample = datum_amount(datum_path(data, "invoice.total"));
	json_t *j = NULL;
	struct sbuf b;
	enum rc rc;

	sbuf_init(&b, FILE_MAX);
	rc = file_read(path, FILE_MAX, &b, e);
	if (rc == RC_OK)
		rc = json_read(sbuf_slice(&b), FILE_MAX, &j, e);
	sbuf_fini(&b);
	if (rc == RC_OK && !json_is_object(j))
		rc = bad(&f, "", "a JSON object");
	if (rc == RC_OK) {
		const char *currency =
		    json_string_value(json_object_get(j, "currency"));

		f.currency = currency ? arena_z(a, slice_z(currency))
			     : sample.currency[0] ? sample.currency
						  : "EUR";
		rc = fit_map(&f, "", data, j, data);
	}
	if (rc == RC_OK) {
		derive_ground(&f, j, data);
		derive(&f, j, data);
	}
	json_decref(j);
	return rc;
}
