#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
#define ID_MAX 128
#define TEXT_MAX_DEFAULT 1024
#define URL_MAX_DEFAULT 2048

/* jansson and json_decref() recurse: brackets are counted before, outside of
 * strings. */
static bool
too_deep(struct slice text)
{
	bool in_string = false;
	size_t depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '[' || c == '{') &&
			 ++depth > DEPTH_MAX)
			return true;
		else if (!in_string && (c == ']' || c == '}') && depth)
			depth--;
	}
	return false;
}

enum rc
json_read(struct slice text, size_t max, json_t **out, struct err *e)
{
	json_error_t error;

	if (text.n > max)
		return err_set(e, RC_LIMIT, "over %zu bytes of JSON", max);
	if (too_deep(text))
		return err_set(e, RC_LIMIT, "JSON nested deeper than %d",
			       DEPTH_MAX);
	*out = json_loadb(text.p ? text.p : "", text.n,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (*out == NULL)
		return err_set(e, RC_INVALID, "JSON, line %d, column %d: %s",
			       error.line, error.column, error.text);
	return RC_OK;
}

/* Where a value is: its rule, and the pointer of the object around it. */
struct site {
	const struct json_rule *rule;
	const char *at;
	struct arena *arena;
	struct err *e;
};

/* Ref: RFC 6901, 3. */
static enum rc
refuse_key(const struct site *s, const char *key, const char *text)
{
	struct sbuf pointer;
	enum rc rc;

	sbuf_init(&pointer, sizeof(s->e->pointer) - 1);
	sbuf_add_z(&pointer, s->at);
	sbuf_add_c(&pointer, '/');
	for (; *key && sbuf_ok(&pointer); key++) {
		if (*key == '~')
			sbuf_add_z(&pointer, "~0");
		else if (*key == '/')
			sbuf_add_z(&pointer, "~1");
		else
			sbuf_add_c(&pointer, *key);
	}
	rc = err_at(s->e, RC_INVALID, sbuf_z(&pointer), "%s", text);
	sbuf_fini(&pointer);
	return rc;
}

static enum rc
refuse(const struct site *s, const char *text)
{
	return refuse_key(s, s->rule->key, text);
}

static enum rc
get_text(const struct site *s, json_t *v, int64_t min, int64_t max,
	 struct slice *out)
{
	char text[64];

	*out = SLICE("");
	if (!json_is_string(v))
		return refuse(s, "must be a string");
	*out = slice_of(json_string_value(v), json_string_length(v));
	if ((int64_t)out->n >= min && (int64_t)out->n <= max)
		return RC_OK;
	(void)snprintf(text, sizeof(text), "must be %lld to %lld bytes long",
		       (long long)min, (long long)max);
	return refuse(s, text);
}

static int64_t
or_default(int64_t max, int64_t otherwise)
{
	return max ? max : otherwise;
}

static enum rc
keep(const struct site *s, struct slice text, void *field)
{
	*(struct slice *)field = arena_dup(s->arena, text);
	return RC_OK;
}

static enum rc
read_text(const struct site *s, json_t *v, void *field)
{
	struct slice text;
	enum rc rc =
	    get_text(s, v, s->rule->min,
		     or_default(s->rule->max, TEXT_MAX_DEFAULT), &text);

	if (rc != RC_OK)
		return rc;
	if (slice_has_control(text))
		return refuse(s, "must not hold control characters");
	return keep(s, text, field);
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static enum rc
read_id(const struct site *s, json_t *v, void *field)
{
	struct slice text;
	enum rc rc = get_text(s, v, 1, or_default(s->rule->max, ID_MAX), &text);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < text.n; i++)
		if (!is_alnum(text.p[i]) &&
		    slice_find_c(SLICE("._:-"), text.p[i]) < 0)
			return refuse(s, "must be of A-Z a-z 0-9 . _ : -");
	return keep(s, text, field);
}

static enum rc
read_email(const struct site *s, json_t *v, void *field)
{
	struct slice text;
	enum rc rc = get_text(s, v, 1, MAILBOX_MAX, &text);

	if (rc != RC_OK)
		return rc;
	if (!mailbox_valid(text))
		return refuse(s, text.p[0] == '"'
				     ? "must be an e-mail address, whose local "
				       "part is not quoted"
				     : "must be an e-mail address");
	return keep(s, text, field);
}

static bool
cut_scheme(struct slice *url)
{
	static const struct slice schemes[] = {SLICE_INIT("https://"),
					       SLICE_INIT("http://")};

	for (size_t i = 0; i < 2; i++) {
		size_t n = schemes[i].n;

		if (url->n >= n && slice_ieq(slice_of(url->p, n), schemes[i])) {
			*url = slice_skip(*url, n);
			return true;
		}
	}
	return false;
}

/* Browsers take "\" for "/", so that what is a path to us could be a host to
 * them. */
static bool
url_valid(struct slice url)
{
	struct slice host = url;

	if (!cut_scheme(&host))
		return false;
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7f ||
		    strchr("\\\"<>^`{|}", url.p[i]))
			return false;
	for (size_t i = 0; i < host.n; i++)
		if (strchr("/?#", host.p[i]))
			host.n = i;
	return host.n && slice_find_c(host, '@') < 0 && host.p[0] != ':';
}

static enum rc
read_url(const struct site *s, json_t *v, void *field)
{
	struct slice text;
	enum rc rc =
	    get_text(s, v, 1, or_default(s->rule->max, URL_MAX_DEFAULT), &text);

	if (rc != RC_OK)
		return rc;
	if (!url_valid(text))
		return refuse(s, "must be an http or https URL without user "
				 "information");
	return keep(s, text, field);
}

static enum rc
read_date(const struct site *s, json_t *v, void *field)
{
	struct slice text =
	    slice_of(json_string_value(v), json_string_length(v));

	if (!date_parse(text, field))
		return refuse(s, "must be a date that exists, as "
				 "\"2026-11-21\"");
	return RC_OK;
}

static enum rc
read_time(const struct site *s, json_t *v, void *field)
{
	struct slice text =
	    slice_of(json_string_value(v), json_string_length(v));

	if (!time_parse(text, field))
		return refuse(s, "must be a time, as "
				 "\"2026-11-21T14:00:00Z\"");
	return RC_OK;
}

static enum rc
read_int(const struct site *s, json_t *v, void *field)
{
	bool any = s->rule->min == 0 && s->rule->max == 0;
	json_int_t number = json_integer_value(v);
	char text[96];

	if (!json_is_integer(v))
		return refuse(s, "must be an integer");
	if (!any && (number < s->rule->min || number > s->rule->max)) {
		(void)snprintf(text, sizeof(text), "must be %lld to %lld",
			       (long long)s->rule->min,
			       (long long)s->rule->max);
		return refuse(s, text);
	}
	*(int64_t *)field = number;
	return RC_OK;
}

static enum rc
read_bool(const struct site *s, json_t *v, void *field)
{
	if (!json_is_boolean(v))
		return refuse(s, "must be true or false");
	*(bool *)field = json_is_true(v);
	return RC_OK;
}

static enum rc
read_amount(const struct site *s, json_t *v, void *field)
{
	struct slice text =
	    slice_of(json_string_value(v), json_string_length(v));

	if (!json_is_string(v) || !money_shape(text))
		return refuse(s, "must be an amount in a string, as "
				 "\"12345.67\"");
	return keep(s, text, field);
}

static enum rc
read_enum(const struct site *s, json_t *v, void *field)
{
	struct slice text =
	    slice_of(json_string_value(v), json_string_length(v));
	const char *const *names = s->rule->names;
	struct sbuf list;
	enum rc rc;

	for (int i = 0; json_is_string(v) && names[i]; i++) {
		if (slice_eq_z(text, names[i])) {
			*(int *)field = i;
			return RC_OK;
		}
	}
	sbuf_init(&list, sizeof(s->e->text));
	sbuf_add_z(&list, "must be one of");
	for (int i = 0; names[i]; i++)
		sbuf_addf(&list, "%s \"%s\"", i ? "," : "", names[i]);
	rc = refuse(s, sbuf_z(&list));
	sbuf_fini(&list);
	return rc;
}

static enum rc
read_object(const struct site *s, json_t *v, void *field)
{
	if (!json_is_object(v))
		return refuse(s, "must be an object");
	*(json_t **)field = v;
	return RC_OK;
}

static enum rc
read_array(const struct site *s, json_t *v, void *field)
{
	char text[64];

	if (!json_is_array(v))
		return refuse(s, "must be an array");
	if (s->rule->max && json_array_size(v) > (size_t)s->rule->max) {
		(void)snprintf(text, sizeof(text), "must hold at most %lld",
			       (long long)s->rule->max);
		return refuse(s, text);
	}
	*(json_t **)field = v;
	return RC_OK;
}

static enum rc (*const readers[])(const struct site *, json_t *, void *) = {
    [JSON_WANT_TEXT] = read_text,     [JSON_WANT_ID] = read_id,
    [JSON_WANT_EMAIL] = read_email,   [JSON_WANT_URL] = read_url,
    [JSON_WANT_DATE] = read_date,     [JSON_WANT_TIME] = read_time,
    [JSON_WANT_INT] = read_int,	      [JSON_WANT_BOOL] = read_bool,
    [JSON_WANT_AMOUNT] = read_amount, [JSON_WANT_ENUM] = read_enum,
    [JSON_WANT_OBJECT] = read_object, [JSON_WANT_ARRAY] = read_array,
};

static bool
has_rule(const struct json_rule *rules, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rules[i].key, key) == 0)
			return true;
	return false;
}

static enum rc
fill_one(const struct site *s, json_t *o, char *target)
{
	const struct json_rule *rule = s->rule;
	json_t *v = json_object_get(o, rule->key);
	enum rc rc;

	if (v == NULL || json_is_null(v))
		return rule->required ? refuse(s, "is required") : RC_OK;
	rc = readers[rule->want](s, v, target + rule->offset);
	if (rc == RC_OK && rule->seen > 0)
		*(bool *)(target + rule->seen) = true;
	return rc;
}

enum rc
json_fill(json_t *o, const char *at, const struct json_rule *rules, size_t n,
	  void *target, struct arena *a, struct err *e)
{
	struct err unwanted;
	struct site s = {.at = at, .arena = a, .e = e ? e : &unwanted};
	enum rc rc = RC_OK;
	const char *key;
	json_t *v;

	if (!json_is_object(o))
		return err_at(e, RC_INVALID, at, "must be an object");
	json_object_foreach (o, key, v)
		if (!has_rule(rules, n, key))
			return refuse_key(&s, key, "no such field");
	for (size_t i = 0; i < n && rc == RC_OK; i++) {
		s.rule = &rules[i];
		rc = fill_one(&s, o, target);
	}
	return rc;
}
