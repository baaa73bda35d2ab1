#ifndef MAILER_LETTER_H
#define MAILER_LETTER_H

#include "base/token.h"
#include "conf/conf.h"
#include "store/message.h"
#include "templates/datum.h"

/* What a message is about, as its templates see it. */
struct letter {
	struct message m;
	const struct brand *brand;
	const struct policy *policy;
	struct slice step; /* of its first notice */
	struct slice locale, time_zone;
	struct slice customer_name;
	struct slice invoice; /* id of the first one; "" */
	bool attach_pdf, mandatory;
	bool track_opens, track_links, track_text;
	bool count_opens; /* of nobody in particular */
	struct datum *data;
	const struct token_key *key;
};

struct letter_sources {
	const struct conf *conf;
	const struct keyring *keys;
	struct db *db; /* any handle */
	int64_t now_us;
};

/* Gathers all that the message's templates may name (templates/README.md).
 * Owns: the arena; brand and policy the configuration.
 * Fails: RC_NOTFOUND (customer, brand or notices gone), RC_INVALID (what was
 * stored cannot be shown; the text says what), those of store/. */
enum rc letter_gather(const struct letter_sources *from,
		      const struct message *m, struct arena *a,
		      struct letter *out, struct err *e) MUST_USE;

/* Tells the data which locale the texts are in: that of the customer where
 * there are texts for it. */
void letter_speak(struct letter *l, struct slice locale, struct arena *a);

/* What templates see of a brand.  Owns: the arena; the texts are the
 * configuration's. */
struct datum *letter_brand(const struct brand *b, struct arena *a);

/* Which ground in law a tracking_basis names, for texts that have words for it:
 * a map in which its key is true, or null for other texts.  Owns: the arena. */
struct datum *letter_ground(struct slice basis, struct arena *a);

#endif
