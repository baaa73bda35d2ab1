#define PCRE2_CODE_UNIT_WIDTH 8

#include "mailer/verdict.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "mailer/reply.h"

/* Invariants.
 * 1. Rows are tried in order; what is read later comes later.
 * 2. A message is accepted by FATE_ACCEPTED and by nothing else. */

#define FILE_MAX (256 * 1024)
#define ROWS_MAX 2000
#define BUILT_IN "conf/verdicts.conf"
/* Rules run on what strangers say: a bad one may cost this much, not more. */
#define MATCH_STEPS 20000
#define TEXT_MAX 4096
#define LOGGED_MAX 300

enum { ANY = -1, NONE = -2 };

struct row {
	uint32_t stages;  /* bit: enum stage */
	int code[3];	  /* digits, or ANY; code[0] NONE: no reply */
	int enhanced[3];  /* numbers, or ANY; [0] NONE: there is none */
	pcre2_code *text; /* NULL: any */
	enum verdict verdict;
	char where[64]; /* "file:line" */
};

struct verdict_rules {
	struct row *rows;
	size_t n, cap;
	pcre2_match_context *limits;
};

/* The program's, whatever rules it had at the time. */
static atomic_uint_fast64_t unknown;

static const char *const names[VERDICTS] = {
    [VERDICT_ACCEPTED] = "accepted",
    [VERDICT_UNCERTAIN] = "uncertain",
    [VERDICT_STOPPED] = "stopped",
    [VERDICT_RETRY] = "retry",
    [VERDICT_RETRY_LATER] = "retry_later",
    [VERDICT_SLOW_DOWN] = "slow_down",
    [VERDICT_NEXT_EXCHANGER] = "next_exchanger",
    [VERDICT_MAILBOX_FULL] = "mailbox_full",
    [VERDICT_POLICY_BLOCK] = "policy_block",
    [VERDICT_BAD_ADDRESS] = "bad_address",
    [VERDICT_OURS] = "ours",
};

const char *
verdict_name(enum verdict v)
{
	return names[v];
}

/* ---- reading ---- */

static struct slice
next_field(struct slice *rest)
{
	struct slice field;

	*rest = slice_trim(*rest);
	field = *rest;
	for (size_t i = 0; i < rest->n; i++) {
		if (rest->p[i] != ' ' && rest->p[i] != '\t')
			continue;
		field.n = i;
		break;
	}
	*rest = slice_skip(*rest, field.n);
	return field;
}

/* "/.../", which may hold spaces and "\/"; or "*". */
static bool
text_field(struct slice *rest, struct slice *out)
{
	*rest = slice_trim(*rest);
	if (rest->n == 0 || rest->p[0] != '/') {
		*out = slice_of(NULL, 0);
		return slice_eq_z(next_field(rest), "*");
	}
	for (size_t i = 1; i < rest->n; i++) {
		if (rest->p[i] == '\\')
			i++;
		else if (rest->p[i] == '/') {
			*out = slice_of(rest->p + 1, i - 1);
			*rest = slice_skip(*rest, i + 1);
			return out->n > 0;
		}
	}
	return false;
}

static bool
read_stages(struct slice field, uint32_t *out)
{
	*out = 0;
	if (slice_eq_z(field, "*")) {
		*out = UINT32_MAX;
		return true;
	}
	while (field.p != NULL) {
		struct slice word = slice_cut(&field, ',');
		uint32_t before = *out;

		for (int i = 0; i < STAGES; i++)
			if (slice_ieq(word, slice_z(stage_name((enum stage)i))))
				*out |= UINT32_C(1) << i;
		if (*out == before)
			return false;
	}
	return true;
}

static bool
read_code(struct slice field, int out[3])
{
	out[0] = out[1] = out[2] = ANY;
	if (slice_eq_z(field, "*"))
		return true;
	out[0] = NONE;
	if (slice_eq_z(field, "-"))
		return true;
	if (field.n != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		out[i] = field.p[i] == 'x' ? ANY : field.p[i] - '0';
		if (out[i] != ANY && (out[i] < 0 || out[i] > 9))
			return false;
	}
	return true;
}

static bool
read_enhanced(struct slice field, int out[3])
{
	out[0] = out[1] = out[2] = ANY;
	if (slice_eq_z(field, "*"))
		return true;
	out[0] = NONE;
	if (slice_eq_z(field, "-"))
		return true;
	for (size_t i = 0; i < 3; i++) {
		struct slice part = slice_cut(&field, '.');
		int64_t n;

		out[i] = ANY;
		if (slice_eq_z(part, "x"))
			continue;
		if (!slice_int(part, 0, 999, &n))
			return false;
		out[i] = (int)n;
	}
	return field.p == NULL;
}

static bool
read_verdict(struct slice rest, enum verdict *out)
{
	struct slice arrow = next_field(&rest), word = next_field(&rest);

	rest = slice_trim(rest);
	if (!slice_eq_z(arrow, "->") || (rest.n > 0 && rest.p[0] != '#'))
		return false;
	for (int i = 0; i < VERDICTS; i++) {
		*out = (enum verdict)i;
		if (slice_eq_z(word, names[i]))
			return i != VERDICT_UNCERTAIN && i != VERDICT_STOPPED;
	}
	return false;
}

static enum rc
compile(struct slice pattern, pcre2_code **out, const char *where,
	struct err *e)
{
	unsigned char why[128];
	PCRE2_SIZE at;
	int code;

	*out = NULL;
	if (pattern.n == 0)
		return RC_OK;
	*out = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, PCRE2_CASELESS,
			     &code, &at, NULL);
	if (*out == NULL) {
		pcre2_get_error_message(code, why, sizeof why);
		return err_at(e, RC_INVALID, where, "at %zu of the text: %s",
			      at, (const char *)why);
	}
	/* Where there is no JIT it matches all the same. */
	pcre2_jit_compile(*out, PCRE2_JIT_COMPLETE);
	return RC_OK;
}

static enum rc
read_row(struct slice line, struct row *r, struct err *e)
{
	struct slice stage = next_field(&line), code = next_field(&line);
	struct slice enhanced = next_field(&line), text;

	if (!read_stages(stage, &r->stages))
		return err_at(e, RC_INVALID, r->where,
			      "stage: \"%.*s\" is none", SLICE_ARG(stage));
	if (!read_code(code, r->code))
		return err_at(e, RC_INVALID, r->where,
			      "code: three digits, x for any; or - or *");
	if (!read_enhanced(enhanced, r->enhanced))
		return err_at(e, RC_INVALID, r->where,
			      "enhanced: as 5.1.1, x for any; or - or *");
	if (!text_field(&line, &text))
		return err_at(e, RC_INVALID, r->where,
			      "text: /regular expression/ or *");
	if (!read_verdict(line, &r->verdict))
		return err_at(e, RC_INVALID, r->where,
			      "\"-> verdict\" is missing, or is none");
	if (r->verdict == VERDICT_ACCEPTED &&
	    (r->stages != UINT32_C(1) << STAGE_DOT || r->code[0] != 2))
		return err_at(e, RC_INVALID, r->where,
			      "only a 2xx to the final dot is accepted");
	return compile(text, &r->text, r->where, e);
}

static struct row *
add_row(struct verdict_rules *v)
{
	if (v->n == v->cap) {
		v->cap = v->cap ? 2 * v->cap : 128;
		v->rows = mem_grow(v->rows, v->cap * sizeof *v->rows);
	}
	memset(&v->rows[v->n], 0, sizeof *v->rows);
	return &v->rows[v->n];
}

enum rc
verdict_rules_add(struct verdict_rules *v, const char *name, struct slice text,
		  struct err *e)
{
	int number = 0;

	while (text.n > 0) {
		struct slice line = slice_trim(slice_cut(&text, '\n'));
		struct row *r;
		enum rc rc;

		number++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		r = add_row(v);
		snprintf(r->where, sizeof r->where, "%.50s:%d", name, number);
		if (v->n == ROWS_MAX)
			return err_at(e, RC_LIMIT, r->where, "over %d rows",
				      ROWS_MAX);
		rc = read_row(line, r, e);
		if (rc != RC_OK)
			return rc;
		v->n++;
	}
	return RC_OK;
}

struct verdict_rules *
verdict_rules_new(void)
{
	struct verdict_rules *v = MEM_NEW(struct verdict_rules);

	v->limits = pcre2_match_context_create(NULL);
	if (v->limits == NULL)
		die("out of memory");
	pcre2_set_match_limit(v->limits, MATCH_STEPS);
	pcre2_set_depth_limit(v->limits, MATCH_STEPS);
	return v;
}

void
verdict_rules_free(struct verdict_rules *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->n; i++)
		pcre2_code_free(v->rows[i].text);
	pcre2_match_context_free(v->limits);
	free(v->rows);
	free(v);
}

static enum rc
add_file(struct verdict_rules *v, const char *path, struct err *e)
{
	const char *name = strrchr(path, '/');
	struct sbuf text;
	enum rc rc;

	sbuf_init(&text, FILE_MAX);
	rc = file_read(path, FILE_MAX, &text, e);
	if (rc == RC_OK)
		rc = verdict_rules_add(v, name ? name + 1 : path,
				       sbuf_slice(&text), e);
	else if (rc == RC_NOTFOUND)
		e->rc = rc = RC_IO;
	sbuf_fini(&text);
	return rc;
}

enum rc
verdict_rules_load(const char *path, struct verdict_rules **out, struct err *e)
{
	const struct embedded_file *own = embedded_find(BUILT_IN);
	struct verdict_rules *v = verdict_rules_new();
	enum rc rc = RC_OK;

	if (path != NULL && *path != '\0')
		rc = add_file(v, path, e);
	if (rc == RC_OK && own == NULL)
		rc = err_set(e, RC_BUG, "%s is not in the program", BUILT_IN);
	if (rc == RC_OK)
		rc = verdict_rules_add(v, BUILT_IN,
				       slice_of(own->data, own->size), e);
	if (rc != RC_OK) {
		verdict_rules_free(v);
		return rc;
	}
	*out = v;
	return RC_OK;
}

/* ---- judging ---- */

/* The lines of a reply without their codes, a space between them. */
static struct slice
join(struct slice reply, char text[TEXT_MAX])
{
	struct slice line;
	size_t n = 0;

	while (reply_line(&reply, &line)) {
		size_t k = line.n;

		if (n > 0 && n < TEXT_MAX)
			text[n++] = ' ';
		if (k > TEXT_MAX - n)
			k = TEXT_MAX - n;
		memcpy(text + n, line.p, k);
		n += k;
	}
	return slice_of(text, n);
}

static bool
code_fits(const struct row *r, int code)
{
	const int digits[3] = {code / 100, code / 10 % 10, code % 10};

	if (r->code[0] == NONE || code == 0)
		return code == 0 && (r->code[0] == NONE ||
				     (r->code[0] == ANY && r->code[1] == ANY &&
				      r->code[2] == ANY));
	for (int i = 0; i < 3; i++)
		if (r->code[i] != ANY && r->code[i] != digits[i])
			return false;
	return true;
}

static bool
enhanced_fits(const struct row *r, const int enhanced[3])
{
	if (r->enhanced[0] == NONE)
		return enhanced[0] == 0;
	for (int i = 0; i < 3; i++)
		if (r->enhanced[i] != ANY && r->enhanced[i] != enhanced[i])
			return false;
	return true;
}

static bool
text_fits(const struct verdict_rules *v, const struct row *r, struct slice text,
	  pcre2_match_data *data)
{
	if (r->text == NULL)
		return true;
	return pcre2_match(r->text, (PCRE2_SPTR)text.p, text.n, 0, 0, data,
			   v->limits) >= 0;
}

static enum verdict
by_digit(const struct outcome *o)
{
	return o->code / 100 == 5 ? VERDICT_OURS : VERDICT_RETRY;
}

static enum verdict
no_row(const struct outcome *o, struct slice text)
{
	enum verdict verdict = by_digit(o);

	atomic_fetch_add(&unknown, 1);
	if (text.n > LOGGED_MAX)
		text.n = LOGGED_MAX;
	LOG(VERDICT_UNKNOWN, LOG_Z("stage", stage_name(o->stage)),
	    LOG_I("code", o->code), LOG_S("reply", text),
	    LOG_Z("verdict", names[verdict]));
	return verdict;
}

static enum verdict
by_rows(struct verdict_rules *v, const struct outcome *o, const char **rule)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	char buf[TEXT_MAX];
	struct slice text =
	    o->code != 0 ? join(sbuf_slice(&o->reply), buf) : slice_z(o->fault);
	const struct row *found = NULL;

	if (data == NULL)
		die("out of memory");
	for (size_t i = 0; i < v->n && found == NULL; i++) {
		const struct row *r = &v->rows[i];

		if ((r->stages >> o->stage & 1) != 0 && code_fits(r, o->code) &&
		    enhanced_fits(r, o->enhanced) &&
		    text_fits(v, r, text, data))
			found = r;
	}
	pcre2_match_data_free(data);
	*rule = "first digit";
	if (found == NULL)
		return no_row(o, text);
	*rule = found->where;
	return found->verdict == VERDICT_ACCEPTED ? VERDICT_RETRY
						  : found->verdict;
}

enum verdict
verdict_of(struct verdict_rules *v, const struct outcome *o, const char **rule)
{
	const char *ignored;

	if (rule == NULL)
		rule = &ignored;
	*rule = "";
	switch (o->fate) {
	case FATE_ACCEPTED:
		return VERDICT_ACCEPTED;
	case FATE_UNCERTAIN:
		return VERDICT_UNCERTAIN;
	case FATE_STOPPED:
		return VERDICT_STOPPED;
	case FATE_INVALID:
		/* Another exchanger may offer what this one does not. */
		return o->stage == STAGE_INPUT ? VERDICT_OURS
					       : by_rows(v, o, rule);
	case FATE_UNTRIED:
	case FATE_REFUSED:
	case FATE_ABORTED:
	case FATES:
		break;
	}
	return by_rows(v, o, rule);
}

uint64_t
verdict_unknown(void)
{
	return atomic_load(&unknown);
}
