#include "conf/policy.h"

static const struct {
	enum fact fact;
	const char *name;
} facts[] = {
    {FACT_CONTENT, "content"},
    {FACT_RELAY_ACCEPTED, "relay_accepted"},
    {FACT_RELAY_REPORTED, "relay_reported"},
    {FACT_MX_ACCEPTED, "mx_accepted"},
    {FACT_DELIVERED, "delivered"},
    {FACT_MACHINE, "machine"},
    {FACT_PERSON_LIKELY, "person_likely"},
    {FACT_CONFIRMED, "confirmed"},
    {FACT_HOLDER, "holder"},
};

#define FACTS (sizeof(facts) / sizeof(facts[0]))

const char *
fact_name(enum fact f)
{
	for (size_t i = 0; i < FACTS; i++) {
		if (facts[i].fact == f)
			return facts[i].name;
	}
	return "unknown";
}

bool
policy_may_leave(const struct policy *p, struct slice step)
{
	for (size_t i = 0; p != NULL && i < p->steps_n; i++)
		if (slice_eq_z(step, p->steps[i].name))
			return p->steps[i].optional;
	for (size_t i = 0; p != NULL && i < p->on_n; i++)
		if (slice_eq_z(step, p->on[i].event))
			return p->on[i].optional;
	return false;
}

static const struct {
	const char *name;
	enum policy_unit unit;
	int most;
} units[] = {
    {"d", UNIT_DAY, 3650},
    {"h", UNIT_HOUR, 87600},
    {"bd", UNIT_BUSINESS_DAY, 2600},
};

static const struct {
	const char *name;
	enum policy_anchor anchor;
} anchors[] = {
    {"due", ANCHOR_DUE},
    {"issued", ANCHOR_ISSUED},
    {"expires", ANCHOR_EXPIRES},
};

/* "-10d" */
static bool
parse_amount(struct slice s, struct policy_offset *out)
{
	size_t n = 1;
	int64_t v;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!slice_eq_z(slice_skip(s, n), units[i].name))
			continue;
		if (!slice_int(slice_of(s.p + 1, n - 1), 0, units[i].most, &v))
			return false;
		out->unit = units[i].unit;
		out->amount = (int)(s.p[0] == '-' ? -v : v);
		return true;
	}
	return false;
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

bool
policy_offset_parse(struct slice s, struct policy_offset *out,
		    struct slice *act)
{
	struct policy_offset o = {ANCHOR_ACT, -1, 0, UNIT_DAY};
	size_t n = 0;

	*act = (struct slice){NULL, 0};
	while (n < s.n && is_name(s.p[n]))
		n++;
	if (n == 0)
		return false;
	if (n < s.n && ((s.p[n] != '+' && s.p[n] != '-') ||
			!parse_amount(slice_skip(s, n), &o)))
		return false;
	s.n = n;
	for (size_t i = 0; i < sizeof(anchors) / sizeof(anchors[0]); i++) {
		if (slice_eq_z(s, anchors[i].name))
			o.anchor = anchors[i].anchor;
	}
	if (o.anchor == ANCHOR_ACT)
		*act = s;
	else
		o.act = 0;
	*out = o;
	return true;
}

static int
parse_day(struct slice s)
{
	static const char *const names[] = {"sun", "mon", "tue", "wed",
					    "thu", "fri", "sat"};

	for (int i = 0; i < 7; i++) {
		if (slice_eq_z(s, names[i]))
			return i;
	}
	return -1;
}

/* "mon-sat", "mon,wed,fri", "sat-mon". */
static bool
parse_days(struct slice s, uint8_t *out)
{
	*out = 0;
	while (s.p) {
		struct slice last = slice_cut(&s, ',');
		struct slice first = slice_cut(&last, '-');
		int from = parse_day(first);
		int to = last.p ? parse_day(last) : from;

		if (from < 0 || to < 0)
			return false;
		*out = (uint8_t)(*out | 1U << to);
		for (int day = from; day != to; day = (day + 1) % 7)
			*out = (uint8_t)(*out | 1U << day);
	}
	return true;
}

/* "09:30" in minutes; 24:00 is the end of the day. */
static bool
parse_clock(struct slice s, int16_t *out)
{
	int64_t hour, minute;

	if (s.n != 5 || s.p[2] != ':' ||
	    !slice_int(slice_of(s.p, 2), 0, 24, &hour) ||
	    !slice_int(slice_of(s.p + 3, 2), 0, hour == 24 ? 0 : 59, &minute))
		return false;
	*out = (int16_t)(hour * 60 + minute);
	return true;
}

bool
policy_window_parse(struct slice s, struct policy_window *out)
{
	struct policy_window w = {.set = true};
	struct slice rest = slice_trim(s);
	struct slice days = slice_cut(&rest, ' ');
	struct slice to, from;

	rest = slice_trim(rest);
	to = slice_cut(&rest, ' ');
	from = slice_cut(&to, '-');
	rest = slice_trim(rest);
	w.customer = slice_eq_z(rest, "customer");
	if ((rest.n > 0 && !w.customer) || !parse_days(days, &w.days) ||
	    !parse_clock(from, &w.from) || !parse_clock(to, &w.to) ||
	    w.from >= w.to)
		return false;
	*out = w;
	return true;
}
