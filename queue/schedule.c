#include "queue/schedule.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/date.h"
#include "templates/zone.h"

/* A message that nobody took for so long is given up, like Postfix's. */
/* A window opens at least once in so many days, or never. */
#define LOOK_AHEAD_DAYS 15

static enum rc
find_zone(const char *name, const struct zone **out, struct err *e)
{
	return zone_open(slice_z(name), out, e);
}

static bool
is_holiday(const struct policy *p, int32_t date)
{
	size_t lo = 0, hi = p->holidays_n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->holidays[mid] == date)
			return true;
		if (p->holidays[mid] < date)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

int32_t
business_days(const struct policy *p, int32_t date, int n)
{
	int step = n < 0 ? -1 : 1;

	for (int left = abs(n); left > 0;) {
		int day;

		date += step;
		day = date_weekday(date);
		if (day != 0 && day != 6 && !is_holiday(p, date))
			left--;
	}
	return date;
}

static bool
opens_on(const struct policy_window *w, int32_t date)
{
	return (w->days >> date_weekday(date) & 1) != 0;
}

enum rc
window_next(const struct policy_window *w, const char *zone, int64_t t,
	    int64_t *opens_us, int64_t *closes_us, struct err *e)
{
	const struct zone *z;
	int32_t date;
	int minute;
	enum rc rc;

	if (!w->set) {
		*opens_us = t;
		*closes_us = INT64_MAX;
		return RC_OK;
	}
	rc = find_zone(zone, &z, e);
	if (rc != RC_OK)
		return rc;
	zone_local(z, t, &date, &minute);
	for (int i = 0; i < LOOK_AHEAD_DAYS; i++, date++) {
		int64_t closes = zone_to_utc(z, date, w->to);

		if (!opens_on(w, date) || closes <= t)
			continue;
		*opens_us = zone_to_utc(z, date, w->from);
		if (*opens_us < t)
			*opens_us = t;
		*closes_us = closes;
		return RC_OK;
	}
	return err_set(e, RC_INVALID, "the window never opens");
}

/* The last moment at or before t: t itself inside the window, else the opening
 * of the window before. */
static enum rc
window_last(const struct policy_window *w, const char *zone, int64_t t,
	    int64_t *opens_us, struct err *e)
{
	const struct zone *z;
	int32_t date;
	int minute;
	enum rc rc;

	*opens_us = t;
	if (!w->set)
		return RC_OK;
	rc = find_zone(zone, &z, e);
	if (rc != RC_OK)
		return rc;
	zone_local(z, t, &date, &minute);
	for (int i = 0; i < LOOK_AHEAD_DAYS; i++, date--) {
		int64_t opens = zone_to_utc(z, date, w->from);

		if (!opens_on(w, date) || opens > t)
			continue;
		if (zone_to_utc(z, date, w->to) <= t)
			*opens_us = opens;
		return RC_OK;
	}
	return err_set(e, RC_INVALID, "the window never opens");
}

/* Whose clock a window goes by. */
static const char *
window_zone(const struct policy *p, const struct policy_window *w,
	    const struct anchors *at)
{
	if (w->customer && at->customer_zone != NULL &&
	    at->customer_zone[0] != '\0')
		return at->customer_zone;
	return p->time_zone;
}

static int32_t
anchor_date(const struct anchors *at, enum policy_anchor anchor)
{
	switch (anchor) {
	case ANCHOR_DUE:
		return at->due;
	case ANCHOR_ISSUED:
		return at->issued;
	case ANCHOR_EXPIRES:
		return at->expires;
	case ANCHOR_ACT:
		break;
	}
	return DATE_NONE;
}

static int32_t
move_date(const struct policy *p, int32_t date,
	  const struct policy_offset *offset)
{
	return offset->unit == UNIT_BUSINESS_DAY
		   ? business_days(p, date, offset->amount)
		   : date + offset->amount;
}

/* The opening of the window on a date, or the next one. */
static enum rc
opening(const struct policy *p, const struct policy_window *w,
	const struct anchors *at, int32_t date, int64_t *out, struct err *e)
{
	const char *zone = window_zone(p, w, at);
	const struct zone *z;
	int64_t closes;
	enum rc rc = find_zone(zone, &z, e);

	if (rc != RC_OK)
		return rc;
	return window_next(w, zone, zone_to_utc(z, date, 0), out, &closes, e);
}

enum rc
schedule_act(const struct policy *p, const struct policy_act *act,
	     const struct anchors *at, int64_t *opens_us, struct err *e)
{
	int32_t date = anchor_date(at, act->at.anchor);
	const struct zone *z;
	int64_t start, closes;
	enum rc rc;

	if (date == DATE_NONE)
		return err_set(e, RC_NOTFOUND,
			       "act %s has no date to count "
			       "from",
			       act->name);
	if (act->at.unit != UNIT_HOUR)
		date = move_date(p, date, &act->at);
	if (at->act_not_before != DATE_NONE && date < at->act_not_before)
		date = at->act_not_before;
	rc = find_zone(p->time_zone, &z, e);
	if (rc != RC_OK)
		return rc;
	start = zone_to_utc(z, date, 0);
	if (act->at.unit == UNIT_HOUR)
		start += act->at.amount * HOUR_US;
	return window_next(&act->window, window_zone(p, &act->window, at),
			   start, opens_us, &closes, e);
}

enum rc
schedule_after_lead(const struct policy *p, const struct policy_step *step,
		    int64_t accepted_us, int64_t *out_us, struct err *e)
{
	struct policy_offset lead = step->at;
	const struct zone *z;
	int32_t date;
	int minute;
	enum rc rc;

	lead.amount = lead.amount < 0 ? -lead.amount : 0;
	if (lead.unit == UNIT_HOUR) {
		*out_us = accepted_us + lead.amount * HOUR_US;
		return RC_OK;
	}
	rc = find_zone(p->time_zone, &z, e);
	if (rc != RC_OK)
		return rc;
	zone_local(z, accepted_us, &date, &minute);
	*out_us = zone_to_utc(z, move_date(p, date, &lead), minute + 1);
	return RC_OK;
}

/* A step that counts back from an act: whole lead first, comfort second. */
static enum rc
step_before_act(const struct policy *p, const struct policy_step *step,
		const struct anchors *at, int64_t *due_us, struct err *e)
{
	const char *zone = window_zone(p, &p->window, at);
	const struct zone *z;
	int64_t act_us, latest;
	int32_t date;
	int minute;
	enum rc rc;

	rc = schedule_act(p, &p->acts[step->at.act], at, &act_us, e);
	if (rc != RC_OK)
		return rc;
	if (step->at.unit == UNIT_HOUR) {
		latest = act_us + step->at.amount * HOUR_US;
	} else {
		rc = find_zone(p->time_zone, &z, e);
		if (rc != RC_OK)
			return rc;
		zone_local(z, act_us, &date, &minute);
		latest = zone_to_utc(z, move_date(p, date, &step->at), minute);
	}
	return window_last(&p->window, zone, latest, due_us, e);
}

static enum rc
step_due(const struct policy *p, const struct policy_step *step,
	 const struct anchors *at, int64_t *due_us, struct err *e)
{
	int32_t date = anchor_date(at, step->at.anchor);
	const char *zone = window_zone(p, &p->window, at);
	const struct zone *z;
	int64_t closes;
	enum rc rc;

	if (step->at.anchor == ANCHOR_ACT)
		return step_before_act(p, step, at, due_us, e);
	if (step->at.unit != UNIT_HOUR)
		return opening(p, &p->window, at, move_date(p, date, &step->at),
			       due_us, e);
	rc = find_zone(p->time_zone, &z, e);
	if (rc != RC_OK)
		return rc;
	return window_next(&p->window, zone,
			   zone_to_utc(z, date, 0) + step->at.amount * HOUR_US,
			   due_us, &closes, e);
}

static int
by_due(const void *a, const void *b)
{
	const struct step_time *x = a, *y = b;

	return (x->due_us > y->due_us) - (x->due_us < y->due_us);
}

/* A step is of no use once the next one speaks; one that an act waits for is
 * tried for as long as mail is. */
static void
bound(struct step_time *times, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t end = times[i].due_us + KEEP_TRYING_US;

		for (size_t j = i + 1; j < n && !times[i].step->critical; j++) {
			if (times[j].due_us < times[i].due_us + DAY_US)
				continue;
			if (times[j].due_us < end)
				end = times[j].due_us;
			break;
		}
		times[i].not_after_us = end;
	}
}

enum rc
schedule_steps(const struct policy *p, const struct anchors *at,
	       struct step_time *out, size_t *n, struct err *e)
{
	*n = 0;
	for (size_t i = 0; i < p->steps_n; i++) {
		const struct policy_step *step = &p->steps[i];
		enum policy_anchor anchor = step->at.anchor;
		struct step_time *t = &out[*n];
		enum rc rc;

		if (anchor == ANCHOR_ACT)
			anchor = p->acts[step->at.act].at.anchor;
		t->step = step;
		t->anchor = anchor_date(at, anchor);
		if (t->anchor == DATE_NONE)
			continue;
		rc = step_due(p, step, at, &t->due_us, e);
		if (rc != RC_OK)
			return err_add(e, "step %s", step->name);
		(*n)++;
	}
	qsort(out, *n, sizeof(*out), by_due);
	bound(out, *n);
	return RC_OK;
}
