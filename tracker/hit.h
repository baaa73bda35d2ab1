#ifndef TRACKER_HIT_H
#define TRACKER_HIT_H

#include "base/ref.h"
#include "base/sbuf.h"
#include "tracker/addr.h"

#define HIT_AGENT_MAX 512
#define HIT_SIGNALS_MAX 768
#define HIT_DESTINATION_MAX 1500
#define HIT_RECORD_MAX 4096 /* a whole record, header included */

enum hit_kind { HIT_OPEN = 1, HIT_CLICK, HIT_VIEW, HIT_VISIT, HIT_KINDS };

/* The index of a visit: which page it asked for. */
enum hit_page { HIT_PAGE_ANSWER = 1, HIT_PAGE_PREFERENCES };

enum hit_method {
	HIT_GET = 1,
	HIT_HEAD,
	HIT_OPTIONS,
	HIT_POST,
};

/* A pixel, click, view or visit with its raw signals. */
struct hit {
	int64_t time_us; /* clock_wall */
	enum hit_kind kind;
	enum hit_method method;
	uint32_t key_id;
	struct ref mref;
	uint16_t index;	     /* of a link; of a visit, enum hit_page */
	struct addr address; /* all zero: none, or switched off */
	struct slice agent;  /* User-Agent, cut to its bound */
	/* "name: value\n" of the headers that rules look at, names in lower
	 * case, cut to its bound */
	struct slice signals;
	struct slice destination; /* of a click; never cut */
	uint32_t end; /* as it was read: where in its segment it ends */
};

/* Adds a record's bytes, which belong nowhere yet; texts past their bounds are
 * cut. */
void hit_encode(const struct hit *h, struct sbuf *out);

/* Makes them those of a segment, by its nonce and where in it the record
 * begins; returns the record's size. */
size_t hit_place(char *record, uint64_t nonce, uint64_t at);

/* Takes the record at the beginning of in and says its size.  False where
 * there is none that is whole and belongs there.  Slices point into in. */
bool hit_decode(struct slice in, uint64_t nonce, uint64_t at, struct hit *out,
		size_t *size);

/* "answer", "preferences"; and back, 0 for another name. */
const char *hit_page_name(uint16_t page);
uint16_t hit_page_parse(struct slice name);

#endif
