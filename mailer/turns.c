#include "mailer/turns.h"

#include "base/mem.h"

/* Invariants.
 * 1. A brand whose lane was served is behind all brands that wait, and the
 *    lane behind all lanes of its brand that wait (LANE_SETTLE).  So what one
 *    brand queues delays another's by one batch a turn, however much it is.
 * 2. A round looks at LOOK_MAX lanes of a brand; where it passed over so many
 *    the next round goes on behind them, and begins anew at the end.  So lanes
 *    that may not be served now hide no other.
 * 3. A sweep is over once each brand that waits has been looked at from its
 *    beginning to its end since the sweep began, in however many rounds. */

#define PAGE 64
#define LOOK_MAX 512

static const struct lane_place beginning = {INT64_MIN, 0};

struct turn {
	struct turn *next;
	char *brand;
	struct lane_place from;
	bool behind; /* the round began behind lanes that were passed over */
	bool left;   /* the round left lanes to the next */
	bool waits;  /* in the round */
	/* sweeps: of its last pass, and of the last one that came to its end */
	uint64_t began, ended;
	struct lane *page;
	size_t n, i, looked;
	bool over;
};

struct turns {
	struct turn *list; /* by name */
	struct turn *hand; /* whose turn it is; NULL: the first one's */
	struct db *db;
	struct arena *a;
	int64_t now_us;
	uint64_t sweep;
	bool cut;
};

struct turns *
turns_new(void)
{
	return MEM_NEW(struct turns);
}

void
turns_free(struct turns *t)
{
	if (t == NULL)
		return;
	while (t->list != NULL) {
		struct turn *gone = t->list;

		t->list = gone->next;
		free(gone->brand);
		free(gone);
	}
	free(t);
}

/* The brand's place in the list, which is kept from round to round. */
static struct turn **
place_of(struct turns *t, struct slice brand)
{
	struct turn **p = &t->list;

	while (*p != NULL && slice_cmp(slice_z((*p)->brand), brand) < 0)
		p = &(*p)->next;
	return p;
}

static void
join(struct turns *t, struct slice brand)
{
	struct turn **p = place_of(t, brand), *turn = *p;

	if (turn == NULL || !slice_eq_z(brand, turn->brand)) {
		turn = MEM_NEW(struct turn);
		turn->brand = mem_z(brand);
		turn->next = *p;
		*p = turn;
	}
	turn->behind = turn->left;
	if (!turn->left) {
		turn->from = beginning;
		turn->began = t->sweep;
	}
	turn->waits = true;
	turn->left = false;
	turn->n = turn->i = turn->looked = 0;
	turn->over = false;
}

enum rc
turns_begin(struct turns *t, struct db *db, int64_t now_us, struct arena *a,
	    struct err *e)
{
	struct slice brand = SLICE("");
	enum rc rc;

	t->db = db;
	t->a = a;
	t->now_us = now_us;
	t->cut = false;
	for (struct turn *i = t->list; i != NULL; i = i->next) {
		i->over = true;
		i->waits = false;
	}
	while ((rc = lane_next_brand(db, brand, a, &brand, e)) == RC_OK)
		join(t, brand);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static struct turn *
after(const struct turns *t, const struct turn *i)
{
	return i->next != NULL ? i->next : t->list;
}

/* The next page of a brand's lanes.  Fails: RC_NOTFOUND (no more now). */
static enum rc
turn_page(struct turns *t, struct turn *i, struct err *e)
{
	bool last = i->n > 0 && i->n < PAGE;
	enum rc rc = RC_OK;

	if (i->looked >= LOOK_MAX) {
		t->cut = i->left = true;
		return RC_NOTFOUND;
	}
	i->i = i->n = 0;
	if (!last)
		rc = lane_list_ready(t->db, slice_z(i->brand), i->from,
				     t->now_us, PAGE, t->a, &i->page, &i->n, e);
	if (rc != RC_OK || i->n > 0)
		return rc;
	t->cut |= i->behind;
	i->ended = i->began;
	return RC_NOTFOUND;
}

static enum rc
look(struct turns *t, struct turn *i, const struct lane **out, struct err *e)
{
	enum rc rc = i->i == i->n ? turn_page(t, i, e) : RC_OK;

	if (rc != RC_OK)
		return rc;
	*out = &i->page[i->i++];
	i->from = (struct lane_place){lane_go_us(*out), (*out)->id};
	i->looked++;
	return RC_OK;
}

enum rc
turns_next(struct turns *t, const struct lane **out, struct err *e)
{
	if (t->hand == NULL)
		t->hand = t->list;
	for (struct turn *i = t->hand, *end = NULL; i != end;
	     i = after(t, i), end = t->hand) {
		enum rc rc = RC_NOTFOUND;

		if (!i->over)
			rc = look(t, i, out, e);
		if (rc == RC_OK) {
			t->hand = i;
			return RC_OK;
		}
		if (rc != RC_NOTFOUND)
			return rc;
		i->over = true;
	}
	return RC_NOTFOUND;
}

void
turns_served(struct turns *t)
{
	t->hand = after(t, t->hand);
}

bool
turns_cut(const struct turns *t)
{
	return t->cut;
}

void
turns_sweep(struct turns *t)
{
	t->sweep++;
}

bool
turns_swept(const struct turns *t)
{
	for (const struct turn *i = t->list; i != NULL; i = i->next)
		if (i->waits && i->ended != t->sweep)
			return false;
	return true;
}
