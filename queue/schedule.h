#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

#include "base/clock.h"
#include "conf/policy.h"

/* When what a policy plans falls due.  Pure: dates, zones and windows in,
 * moments out; nothing is read and nothing is sent. */

/* How long it is tried to send what was not of use any more before. */
#define KEEP_TRYING_US (5 * DAY_US)

/* What offsets count from; DATE_NONE where it has none. */
struct anchors {
	int32_t due, issued, expires;
	int32_t act_not_before;	   /* acts wait for retry_on; DATE_NONE: no */
	const char *customer_zone; /* "" : the policy's */
};

struct step_time {
	const struct policy_step *step;
	int32_t anchor; /* the date that it counts from */
	int64_t due_us;
	int64_t not_after_us; /* after it, it is no use */
};

struct act_time {
	const struct policy_act *act;
	int64_t opens_us; /* by schedule alone; proofs may move it on */
};

/* All steps of the policy whose anchor exists, by due_us; out has room for
 * p->steps_n.  Fails: RC_INVALID (unknown zone). */
enum rc schedule_steps(const struct policy *p, const struct anchors *at,
		       struct step_time *out, size_t *n,
		       struct err *e) MUST_USE;

/* When an act opens by schedule; RC_NOTFOUND when its anchor has no date. */
enum rc schedule_act(const struct policy *p, const struct policy_act *act,
		     const struct anchors *at, int64_t *opens_us,
		     struct err *e) MUST_USE;

/* The earliest moment of the act when the notice of a needed step was accepted
 * at accepted_us: its whole lead later.  Fails: RC_INVALID (unknown zone). */
enum rc schedule_after_lead(const struct policy *p,
			    const struct policy_step *step, int64_t accepted_us,
			    int64_t *out_us, struct err *e) MUST_USE;

/* The first moment at or after t within the window; *closes_us its end there.
 * zone: of the window's clock. */
enum rc window_next(const struct policy_window *w, const char *zone, int64_t t,
		    int64_t *opens_us, int64_t *closes_us,
		    struct err *e) MUST_USE;

/* date moved by n business days (Monday to Friday, holidays left out). */
int32_t business_days(const struct policy *p, int32_t date, int n);

#endif
