#include "mailer/sts.h"

/* The two texts of RFC 8461, and how a policy is applied. */

#define AGE_MAX_S 31557600 /* a year. Ref: RFC 8461 3.2 */

static const char *const modes[] = {
    [STS_NONE] = "none", [STS_TESTING] = "testing", [STS_ENFORCE] = "enforce"};

const char *
sts_mode_name(enum sts_mode mode)
{
	return modes[mode];
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static struct slice
trim_blanks(struct slice s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
		s = slice_skip(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* The name of a field that we need not know. */
static bool
is_name(struct slice s)
{
	if (s.n == 0 || s.n > 32 || !is_alnum(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!is_alnum(s.p[i]) && strchr("_-.", s.p[i]) == NULL)
			return false;
	return true;
}

/* ---- the record ---- */

static bool
is_id(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]))
			return false;
	return s.n > 0 && s.n <= STS_ID_MAX;
}

/* A value of an extension: printable, without blanks, ";" and "=". */
static bool
is_plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '=')
			return false;
	return s.n > 0;
}

enum rc
sts_record(struct slice text, struct slice *id, struct err *e)
{
	struct slice rest = text, version = slice_cut(&rest, ';');

	*id = (struct slice){NULL, 0};
	if (!slice_eq(trim_blanks(version), SLICE("v=STSv1")) ||
	    !slice_starts(text, SLICE("v=STSv1")) || rest.p == NULL)
		return err_set(e, RC_NOTFOUND, "no MTA-STS record");
	while (rest.p != NULL) {
		struct slice value = trim_blanks(slice_cut(&rest, ';')), name;

		if (value.n == 0 && rest.p == NULL)
			break; /* behind the last ";" */
		name = slice_cut(&value, '=');
		if (slice_eq(name, SLICE("id"))) {
			if (id->p != NULL || !is_id(value))
				return err_set(e, RC_INVALID,
					       "id twice, or malformed");
			*id = value;
		} else if (!is_name(name) || !is_plain(value)) {
			return err_set(e, RC_INVALID, "malformed field");
		}
	}
	return id->p != NULL ? RC_OK : err_set(e, RC_INVALID, "no id");
}

/* ---- the policy ---- */

/* A host's name, perhaps with "*" as its first label. */
static bool
is_pattern(struct slice s)
{
	struct slice rest = s;

	if (slice_starts(s, SLICE("*.")))
		rest = slice_skip(s, 2);
	if (rest.n == 0 || s.n > 253)
		return false;
	while (rest.p != NULL) {
		struct slice label = slice_cut(&rest, '.');

		if (label.n == 0 || label.n > 63 || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!is_alnum(label.p[i]) && label.p[i] != '-' &&
			    label.p[i] != '_')
				return false;
	}
	return true;
}

/* Printable ASCII, or UTF-8. */
static bool
is_text(struct slice s)
{
	return s.n > 0 && slice_utf8(s) && !slice_has_control(s);
}

struct reading {
	struct sts_policy *out;
	bool version, mode, max_age; /* they were there */
};

static enum rc
read_version(struct reading *r, struct slice v, struct err *e)
{
	if (r->version)
		return RC_OK;
	r->version = true;
	return slice_eq(v, SLICE("STSv1"))
		   ? RC_OK
		   : err_set(e, RC_INVALID, "version is not STSv1");
}

static enum rc
read_mode(struct reading *r, struct slice v, struct err *e)
{
	if (r->mode)
		return RC_OK;
	r->mode = true;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (!slice_eq_z(v, modes[i]))
			continue;
		r->out->mode = (enum sts_mode)i;
		return RC_OK;
	}
	return err_set(e, RC_INVALID, "mode is none that we know");
}

static enum rc
read_max_age(struct reading *r, struct slice v, struct err *e)
{
	if (r->max_age)
		return RC_OK;
	r->max_age = true;
	if (v.n > 10 || v.n == 0 || v.p[0] < '0' || v.p[0] > '9' ||
	    !slice_int(v, 0, INT64_C(9999999999), &r->out->max_age_s))
		return err_set(e, RC_INVALID, "max_age is no number");
	if (r->out->max_age_s > AGE_MAX_S)
		r->out->max_age_s = AGE_MAX_S;
	return RC_OK;
}

static enum rc
read_mx(struct reading *r, struct slice v, struct err *e)
{
	if (!is_pattern(v))
		return err_set(e, RC_INVALID, "mx is no host's name");
	if (r->out->hosts_n == STS_HOSTS_MAX)
		return err_set(e, RC_INVALID, "over %d mx", STS_HOSTS_MAX);
	r->out->hosts[r->out->hosts_n++] = v;
	return RC_OK;
}

/* Of all but mx, the first one counts. */
static const struct {
	const char *name;
	enum rc (*read)(struct reading *, struct slice, struct err *);
} fields[] = {
    {"version", read_version},
    {"mode", read_mode},
    {"max_age", read_max_age},
    {"mx", read_mx},
};

static enum rc
read_field(struct reading *r, struct slice line, struct err *e)
{
	struct slice value = line, name = slice_cut(&value, ':');

	value = trim_blanks(value);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (slice_eq_z(name, fields[i].name))
			return fields[i].read(r, value, e);
	if (!is_name(name) || !is_text(value))
		return err_set(e, RC_INVALID, "malformed line");
	return RC_OK;
}

enum rc
sts_parse(struct slice text, struct sts_policy *out, struct err *e)
{
	struct reading r = {.out = out};
	struct slice rest = text;
	enum rc rc = RC_OK;

	memset(out, 0, sizeof(*out));
	if (text.n > STS_POLICY_MAX)
		return err_set(e, RC_INVALID, "over %d bytes", STS_POLICY_MAX);
	/* Lines end in LF or CRLF; nobody is refused for some at the end. */
	while (rest.n > 0 &&
	       (rest.p[rest.n - 1] == '\n' || rest.p[rest.n - 1] == '\r'))
		rest.n--;
	while (rc == RC_OK && rest.p != NULL) {
		struct slice line = slice_cut(&rest, '\n');

		if (slice_ends(line, SLICE("\r")))
			line.n--;
		rc = read_field(&r, line, e);
	}
	if (rc == RC_OK && (!r.version || !r.mode || !r.max_age))
		rc = err_set(e, RC_INVALID, "version, mode or max_age missing");
	if (rc == RC_OK && out->mode != STS_NONE && out->hosts_n == 0)
		rc = err_set(e, RC_INVALID, "no mx");
	return rc;
}

static bool
matches(struct slice pattern, struct slice host)
{
	if (!slice_starts(pattern, SLICE("*.")))
		return slice_ieq(pattern, host);
	/* The star stands for one label, and just that. */
	return slice_cut(&host, '.').n > 0 && host.n > 0 &&
	       slice_ieq(slice_skip(pattern, 2), host);
}

bool
sts_covers(const struct sts_policy *p, struct slice host)
{
	for (size_t i = 0; i < p->hosts_n; i++)
		if (matches(p->hosts[i], host))
			return true;
	return false;
}
