#include "portal/answer_fields.h"

#include "base/clock.h"
#include "base/date.h"

/* As the page asks for them.  rule: of one that is too long. */
static const struct answer_field {
	const char *name, *label, *rule;
	size_t most;	       /* characters */
	size_t at;	       /* of the slice in struct answer */
	enum answer_kind kind; /* whose it is */
	bool required, date;
} fields[] = {
    {"paid_on", "paid_on", "date", 10, offsetof(struct answer, paid_on),
     ANSWER_PAID, true, true},
    {"paid_by", "paid_by", "long_200", 200, offsetof(struct answer, paid_by),
     ANSWER_PAID, true, false},
    {"reference", "reference", "long_200", 200,
     offsetof(struct answer, reference), ANSWER_PAID, false, false},
    {"text", "why", "long_1000", 1000, offsetof(struct answer, text),
     ANSWER_WRONG, true, false},
};

#define TEN_YEARS 3653 /* days */
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static struct slice *
field_of(struct answer *x, const struct answer_field *f)
{
	return (struct slice *)((char *)x + f->at);
}

/* As browsers count: a line's end is one. */
static size_t
characters(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80 && s.p[i] != '\r';
	return n;
}

/* No day on earth is later than UTC's tomorrow; an older one is a slip. */
static int32_t
last_day(const struct page *pg)
{
	return (int32_t)(pg->now_us / DAY_US) + 1;
}

static int32_t
first_day(const struct page *pg)
{
	return last_day(pg) - TEN_YEARS;
}

static const char *
broken_date(const struct page *pg, const struct answer_field *f,
	    struct slice value)
{
	int32_t date;

	if (!date_parse(value, &date))
		return f->rule;
	return date > last_day(pg)    ? "date_ahead"
	       : date < first_day(pg) ? "date_old"
				      : NULL;
}

static const char *
broken_rule(const struct page *pg, const struct answer_field *f,
	    struct slice value, int kind)
{
	if (value.n == 0)
		return f->required && (int)f->kind == kind ? "required" : NULL;
	if (f->date)
		return broken_date(pg, f, value);
	return characters(value) > f->most ? f->rule : NULL;
}

struct answer_fault
answer_fields_read(struct page *pg, struct answer *x)
{
	int kind = answers_parse(http_form(pg->rq, "answer"));
	struct answer_fault fault = {kind < 0 ? "choose" : NULL, NULL};

	x->kind = kind < 0 ? ANSWERS : (enum answer_kind)kind;
	for (size_t i = 0; i < FIELDS; i++) {
		struct slice *value = field_of(x, &fields[i]);
		const char *rule;

		*value = slice_trim(http_form(pg->rq, fields[i].name));
		if (value->p == NULL)
			*value = SLICE("");
		rule = broken_rule(pg, &fields[i], *value, kind);
		if (rule != NULL && fault.rule == NULL)
			fault = (struct answer_fault){rule, &fields[i]};
	}
	return fault;
}

static void
set_day(struct page *pg, const char *key, int32_t day)
{
	char text[DATE_SIZE];

	date_format(day, text);
	datum_set(pg->data, key,
		  datum_text(&pg->arena, arena_dup(&pg->arena, slice_z(text))));
}

void
answer_fields_set(struct page *pg, struct answer *x,
		  const struct answer_fault *fault)
{
	struct datum *typed = datum_map(&pg->arena);
	struct datum *bad = datum_map(&pg->arena);
	const struct answer_field *f = fault->field;

	for (size_t i = 0; i < FIELDS; i++) {
		datum_set(typed, fields[i].name,
			  datum_text(&pg->arena, *field_of(x, &fields[i])));
		datum_set(bad, fields[i].name,
			  datum_bool(&pg->arena, f == &fields[i]));
	}
	set_day(pg, "first_day", first_day(pg));
	set_day(pg, "last_day", last_day(pg));
	datum_set(pg->data, "typed", typed);
	datum_set(pg->data, "bad", bad);
	datum_set(pg->data, "paid",
		  datum_bool(&pg->arena, x->kind == ANSWER_PAID));
	datum_set(pg->data, "wrong",
		  datum_bool(&pg->arena, x->kind == ANSWER_WRONG));
	datum_set(pg->data, "not_me",
		  datum_bool(&pg->arena, x->kind == ANSWER_NOT_ME));
	datum_set(pg->data, "field",
		  datum_text(&pg->arena,
			     f == NULL
				 ? SLICE("")
				 : page_word(pg, "field", slice_z(f->label),
					     slice_z(f->name))));
	datum_set(pg->data, "rule",
		  datum_text(&pg->arena,
			     fault->rule == NULL
				 ? SLICE("")
				 : page_word(pg, "rule", slice_z(fault->rule),
					     SLICE("?"))));
}
