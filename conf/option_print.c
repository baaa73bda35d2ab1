#include "conf/option.h"

#include "base/clock.h"

static int64_t
load_int(const struct option *o, const void *in)
{
	const char *field = (const char *)in + o->offset;
	uint16_t two;
	int32_t four;
	int64_t eight;

	if (o->width == 1)
		return *(const unsigned char *)field;
	if (o->width == 2) {
		memcpy(&two, field, sizeof(two));
		return two;
	}
	if (o->width == 4) {
		memcpy(&four, field, sizeof(four));
		return four;
	}
	memcpy(&eight, field, sizeof(eight));
	return eight;
}

void
option_print_text(const char *z, struct sbuf *out)
{
	sbuf_add_c(out, '"');
	for (; *z; z++) {
		if (*z == '"' || *z == '\\')
			sbuf_add_c(out, '\\');
		sbuf_add_c(out, *z);
	}
	sbuf_add_c(out, '"');
}

static void
print_list(const char *const *list, struct sbuf *out)
{
	sbuf_add_c(out, '{');
	for (size_t i = 0; list[i]; i++) {
		if (i > 0)
			sbuf_add_z(out, ", ");
		option_print_text(list[i], out);
	}
	sbuf_add_c(out, '}');
}

static void
print_us_list(const struct option *o, const void *in, struct sbuf *out)
{
	const char *field = (const char *)in + o->offset;
	const int64_t *list;
	size_t n;

	memcpy(&list, field, sizeof(list));
	memcpy(&n, field + sizeof(list), sizeof(n));
	sbuf_add_c(out, '{');
	for (size_t i = 0; i < n; i++) {
		sbuf_add_z(out, i > 0 ? ", \"" : "\"");
		option_print_us(list[i], out);
		sbuf_add_c(out, '"');
	}
	sbuf_add_c(out, '}');
}

static void
print_flags(const struct option_word *w, uint32_t flags, struct sbuf *out)
{
	const char *sep = "";

	sbuf_add_c(out, '{');
	for (; w->word; w++) {
		if ((flags & w->value) == 0)
			continue;
		sbuf_addf(out, "%s\"%s\"", sep, w->word);
		sep = ", ";
	}
	sbuf_add_c(out, '}');
}

static void
print_word(const struct option *o, int64_t v, struct sbuf *out)
{
	const struct option_word *w = o->words;

	while (w->word && w->value != (uint32_t)v)
		w++;
	option_print_text(w->word ? w->word : "", out);
}

static void
print_listen(const struct listen_addr *l, struct sbuf *out)
{
	if (strchr(l->host, ':'))
		sbuf_addf(out, "\"[%s]:%u\"", l->host, l->port);
	else
		sbuf_addf(out, "\"%s:%u\"", l->host, l->port);
}

static void
print_window(const struct policy_window *w, struct sbuf *out)
{
	static const char names[] = "sunmontuewedthufrisat";
	const char *sep = "";

	sbuf_add_c(out, '"');
	for (size_t day = 0; w->set && day < 7; day++) {
		if ((w->days & (1U << day)) == 0)
			continue;
		sbuf_addf(out, "%s%.3s", sep, names + 3 * day);
		sep = ",";
	}
	if (w->set)
		sbuf_addf(out, " %02d:%02d-%02d:%02d%s", w->from / 60,
			  w->from % 60, w->to / 60, w->to % 60,
			  w->customer ? " customer" : "");
	sbuf_add_c(out, '"');
}

static void
print_offset(const struct policy_offset *at, const struct policy *p,
	     struct sbuf *out)
{
	static const char *const anchors[] = {
	    [ANCHOR_DUE] = "due",
	    [ANCHOR_ISSUED] = "issued",
	    [ANCHOR_EXPIRES] = "expires",
	    [ANCHOR_ACT] = "",
	};
	static const char *const unit[] = {
	    [UNIT_DAY] = "d",
	    [UNIT_HOUR] = "h",
	    [UNIT_BUSINESS_DAY] = "bd",
	};

	sbuf_addf(out, "\"%s%+d%s\"",
		  at->anchor == ANCHOR_ACT ? p->acts[at->act].name
					   : anchors[at->anchor],
		  at->amount, unit[at->unit]);
}

static void
print_needs(const struct policy_act *act, const struct policy *p,
	    struct sbuf *out)
{
	sbuf_add_c(out, '{');
	for (size_t i = 0; i < act->needs_n; i++) {
		if (i > 0)
			sbuf_add_z(out, ", ");
		option_print_text(p->steps[act->needs[i]].name, out);
	}
	sbuf_add_c(out, '}');
}

static void
print_money(const struct money *m, struct sbuf *out)
{
	sbuf_add_c(out, '"');
	if (m->currency[0]) {
		sbuf_addf(out, "%s ", m->currency);
		money_add(out, *m);
	}
	sbuf_add_c(out, '"');
}

static void
print_us(int64_t us, struct sbuf *out)
{
	sbuf_add_c(out, '"');
	option_print_us(us, out);
	sbuf_add_c(out, '"');
}

static void
print_cap(int64_t v, struct sbuf *out)
{
	if (v == 0)
		sbuf_add_z(out, "none");
	else
		sbuf_addf(out, "\"%d/day\"", (int)v);
}

static void
print_hold(const struct policy *p, struct sbuf *out)
{
	if (p->objection_hold_bd)
		sbuf_addf(out, "\"%dbd\"", p->objection_hold_bd);
	else
		print_us(p->objection_hold_us, out);
}

void
option_print(const struct option *o, const void *in, const struct policy *p,
	     struct sbuf *out)
{
	const void *field = (const char *)in + o->offset;

	switch (o->type) {
	case OPT_BOOL:
		sbuf_add_z(out, load_int(o, in) ? "true" : "false");
		break;
	case OPT_INT:
	case OPT_SIZE:
		sbuf_add_int(out, load_int(o, in));
		break;
	case OPT_US:
		print_us(load_int(o, in), out);
		break;
	case OPT_MS:
		print_us(load_int(o, in) * 1000, out);
		break;
	case OPT_US_LIST:
		print_us_list(o, in, out);
		break;
	case OPT_TEXT:
	case OPT_PATH:
		option_print_text(*(const char *const *)field, out);
		break;
	case OPT_LIST:
		print_list(*(const char *const *const *)field, out);
		break;
	case OPT_WORD:
		print_word(o, load_int(o, in), out);
		break;
	case OPT_FLAGS:
	case OPT_FLAG:
		print_flags(o->words, (uint32_t)load_int(o, in), out);
		break;
	case OPT_LISTEN:
		print_listen(field, out);
		break;
	case OPT_CAP:
		print_cap(load_int(o, in), out);
		break;
	case OPT_MONEY:
		print_money(field, out);
		break;
	case OPT_WINDOW:
		print_window(field, out);
		break;
	case OPT_HOLD:
		print_hold(in, out);
		break;
	case OPT_OFFSET:
		print_offset(field, p, out);
		break;
	case OPT_NEEDS:
		print_needs(in, p, out);
		break;
	case OPT_TYPES:
		break;
	}
}

static void
bounds_us(int64_t lo, int64_t hi, struct sbuf *out)
{
	option_print_us(lo, out);
	sbuf_add_z(out, " to ");
	option_print_us(hi, out);
}

static void
print_count(const struct option *o, const char *what, struct sbuf *out)
{
	if (o->min == o->max)
		sbuf_addf(out, "%lld %s", (long long)o->min, what);
	else
		sbuf_addf(out, "%lld to %lld %s", (long long)o->min,
			  (long long)o->max, what);
}

static void
print_choice(const struct option *o, struct sbuf *out)
{
	for (const struct option_word *w = o->words; w->word; w++)
		sbuf_addf(out, "%s`%s`", w == o->words ? "" : ", ", w->word);
}

void
option_print_bounds(const struct option *o, struct sbuf *out)
{
	switch (o->type) {
	case OPT_INT:
		sbuf_addf(out, "%lld to %lld", (long long)o->min,
			  (long long)o->max);
		break;
	case OPT_SIZE:
		print_count(o, "bytes", out);
		break;
	case OPT_US:
		bounds_us(o->min, o->max, out);
		break;
	case OPT_MS:
		bounds_us(o->min * 1000, o->max * 1000, out);
		break;
	case OPT_TEXT:
		if (o->words)
			print_choice(o, out);
		else if (o->max > 1)
			sbuf_addf(out, "at most %lld bytes", (long long)o->max);
		break;
	case OPT_WORD:
	case OPT_FLAGS:
	case OPT_FLAG:
		print_choice(o, out);
		break;
	case OPT_LIST:
	case OPT_US_LIST:
	case OPT_NEEDS:
		print_count(o, "values", out);
		break;
	case OPT_CAP:
		sbuf_addf(out, "1 to %lld a day", (long long)o->max);
		break;
	case OPT_HOLD:
		sbuf_add_z(out, "at most 250bd, 365d");
		break;
	case OPT_BOOL:
	case OPT_PATH:
	case OPT_LISTEN:
	case OPT_MONEY:
	case OPT_WINDOW:
	case OPT_OFFSET:
	case OPT_TYPES:
		break;
	}
}

static const struct option_section *
section_named(const char *name)
{
	const struct option_section *s = option_sections;

	while (strcmp(s->name, name) != 0)
		s++;
	return s;
}

void
option_print_section(const char *section, const void *in,
		     const struct policy *p, int depth, struct sbuf *out)
{
	const struct option_section *s = section_named(section);
	const struct option *o;

	sbuf_addf(out, "%.*s%s ", depth, "\t\t", section);
	if (s->title) {
		const char *title;

		memcpy(&title, (const char *)in + s->title_offset,
		       sizeof(title));
		option_print_text(title, out);
		sbuf_add_c(out, ' ');
	}
	sbuf_add_z(out, "{\n");
	for (o = option_table; o->name; o++) {
		if (strcmp(o->section, section) != 0)
			continue;
		sbuf_addf(out, "%.*s%s = ", depth + 1, "\t\t", o->name);
		option_print(o, in, p, out);
		sbuf_add_c(out, '\n');
	}
}
