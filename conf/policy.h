#ifndef CONF_POLICY_H
#define CONF_POLICY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/money.h"

/* What a policy file says (API.md, Policies), read once and never changed. */

enum policy_anchor {
	ANCHOR_DUE,
	ANCHOR_ISSUED,
	ANCHOR_EXPIRES,
	ANCHOR_ACT, /* the time of an act of the same policy */
};

enum policy_unit { UNIT_DAY, UNIT_HOUR, UNIT_BUSINESS_DAY };

/* "due-10d", "suspend-24h", "due+5bd". */
struct policy_offset {
	enum policy_anchor anchor;
	int act;    /* index into acts, for ANCHOR_ACT */
	int amount; /* signed */
	enum policy_unit unit;
};

/* "mon-sat 09:00-19:00 customer". */
struct policy_window {
	uint8_t days;	  /* bit 0: Sunday */
	int16_t from, to; /* minutes of the day, from < to */
	bool customer;	  /* whose clock: the customer's, else the policy's */
	bool set;
};

/* Facts of EVIDENCE.md's ladder, as bits. */
enum fact {
	FACT_CONTENT = 1 << 0,
	FACT_RELAY_ACCEPTED = 1 << 1,
	FACT_RELAY_REPORTED = 1 << 2,
	FACT_MX_ACCEPTED = 1 << 3,
	FACT_DELIVERED = 1 << 4,
	FACT_MACHINE = 1 << 5,
	FACT_PERSON_LIKELY = 1 << 6,
	FACT_CONFIRMED = 1 << 7,
	FACT_HOLDER = 1 << 8,
};

/* Conditions judged at release. */
enum policy_condition {
	COND_AUTO_RENEW_OK = 1 << 0, /* false after a failed charge */
};

enum policy_channel { CHANNEL_EMAIL = 1 << 0 };

struct policy_step {
	const char *name;
	const char *template;
	struct policy_offset at;
	const char *const *roles; /* NULL-terminated; of contacts */
	uint32_t channels;	  /* enum policy_channel */
	uint32_t only, unless;	  /* enum policy_condition */
	bool attach_pdf;
	bool track;    /* false: goes out without pixel and counted links */
	bool optional; /* the recipient may leave it; never a critical one */
	bool critical; /* an act needs it */
};

struct policy_act {
	const char *name;
	struct policy_offset at;
	const int *needs; /* indices of steps */
	size_t needs_n;
	uint32_t proof;		     /* enum fact: any one of them is enough */
	struct policy_window window; /* not set: at any time */
};

/* on "payment.received" { template = "receipt" } */
struct policy_on {
	const char *event;
	const char *template;
	const char *const *roles; /* NULL-terminated; of contacts */
	bool attach_pdf;
	bool track;
	bool optional;
	int cap_per_day; /* 0: none */
};

struct policy {
	const char *name;
	const char *time_zone;
	struct policy_window window; /* not set: at any time */
	const char *holidays_file;   /* "" : none */
	const int32_t *holidays;     /* sorted dates */
	size_t holidays_n;
	bool group_due_date;
	struct money minimum; /* currency "" : none */
	int cap_per_day;      /* 0: none */
	int64_t late_us, spread_us;
	int objection_hold_bd;	   /* business days; 0: objection_hold_us */
	int64_t objection_hold_us; /* 0 where it is in business days */
	const struct policy_step *steps;
	size_t steps_n;
	const struct policy_act *acts;
	size_t acts_n;
	const struct policy_on *on;
	size_t on_n;
	uint8_t version[8]; /* first bytes of the SHA-256 of what it says */
};

/* True where recipients may leave what this step, or this event's notice, is:
 * its class is optional.  p may be NULL. */
bool policy_may_leave(const struct policy *p, struct slice step);

/* The name of a fact in files and answers ("mx_accepted"). */
const char *fact_name(enum fact f);

/* "due-10d": true, with *act the name in s for another anchor's act (out->act
 * is then -1, for the caller to resolve), else empty. */
bool policy_offset_parse(struct slice s, struct policy_offset *out,
			 struct slice *act);

/* "mon-thu 09:00-15:00", "mon,wed 09:00-19:00 customer". */
bool policy_window_parse(struct slice s, struct policy_window *out);

#endif
