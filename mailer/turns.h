#ifndef MAILER_TURNS_H
#define MAILER_TURNS_H

#include "store/lane.h"

/*
 * Whose turn it is: brands one after another, and of each brand its lanes, the
 * one that was served longest ago first.
 */
struct turns;

/* Nobody was served yet.  Owns: the caller, turns_free(). */
struct turns *turns_new(void);
void turns_free(struct turns *t);

/* A new round over what is ready now; the brand behind the one that was served
 * last begins.  Owns: the arena, until the next round.  Fails: as the store. */
enum rc turns_begin(struct turns *t, struct db *db, int64_t now_us,
		    struct arena *a, struct err *e) MUST_USE;

/* The next lane that might be served: of the brand at hand, until one of its
 * lanes is.  Fails: RC_NOTFOUND (the round is over); as the store. */
enum rc turns_next(struct turns *t, const struct lane **out,
		   struct err *e) MUST_USE;

/* The lane given last was served: the next brand's turn. */
void turns_served(struct turns *t);

/* The round looked at so many lanes in vain that it left some to the next. */
bool turns_cut(const struct turns *t);

/* A new sweep begins with the next round: what was looked at before counts no
 * more. */
void turns_sweep(struct turns *t);

/* Whether, by the rounds since, all lanes that wait have been looked at. */
bool turns_swept(const struct turns *t);

#endif
