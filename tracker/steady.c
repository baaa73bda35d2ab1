#include "tracker/steady.h"

#include "base/clock.h"
#include "store/meta.h"

#define LEFT_AT "steady_at"
#define LEFT_FOR "steady_for"

static int64_t
agreed_us(const struct steady *s, int64_t mono_us)
{
	int64_t us = s->carried_us + (mono_us - s->mono_us);

	return us < DAY_US ? us : DAY_US;
}

static void
begin(struct steady *s, int64_t wall_us, int64_t mono_us)
{
	s->wall_us = wall_us;
	s->mono_us = mono_us;
	s->carried_us = 0;
}

enum rc
steady_start(struct steady *s, struct db *db, int64_t wall_us, int64_t mono_us,
	     bool *far, struct err *e)
{
	int64_t at_us = 0, for_us = 0;
	enum rc rc = meta_get_int(db, LEFT_AT, &at_us, e);

	*far = false;
	begin(s, wall_us, mono_us);
	s->kept_us = mono_us;
	if (rc == RC_NOTFOUND)
		return RC_OK;
	if (rc == RC_OK)
		rc = meta_get_int(db, LEFT_FOR, &for_us, e);
	if (rc != RC_OK)
		return rc == RC_NOTFOUND ? RC_OK : rc;
	*far = wall_us < at_us || wall_us - at_us > STEADY_AWAY_US;
	if (!*far)
		s->carried_us = for_us;
	return RC_OK;
}

bool
steady_parted(struct steady *s, int64_t wall_us, int64_t mono_us)
{
	int64_t apart_us = (wall_us - s->wall_us) - (mono_us - s->mono_us);

	if (apart_us <= STEADY_JUMP_US && apart_us >= -STEADY_JUMP_US)
		return false;
	begin(s, wall_us, mono_us);
	return true;
}

bool
steady_enough(const struct steady *s, int64_t mono_us)
{
	return agreed_us(s, mono_us) == DAY_US;
}

struct keep_op {
	struct write_op op;
	int64_t at_us, for_us;
};

static enum rc
run_keep(struct write_op *op, struct db *db, struct err *e)
{
	struct keep_op *k = (struct keep_op *)op;
	enum rc rc = meta_set_int(db, LEFT_AT, k->at_us, e);

	return rc == RC_OK ? meta_set_int(db, LEFT_FOR, k->for_us, e) : rc;
}

enum rc
steady_keep(struct steady *s, struct writer *w, int64_t wall_us,
	    int64_t mono_us, struct err *e)
{
	struct keep_op k = {.op = {.run = run_keep},
			    .at_us = wall_us,
			    .for_us = agreed_us(s, mono_us)};

	s->kept_us = mono_us;
	return writer_do(w, &k.op, e);
}
