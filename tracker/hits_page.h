#ifndef TRACKER_HITS_PAGE_H
#define TRACKER_HITS_PAGE_H

#include "base/sbuf.h"

/* Adds the page of a link that is not ours, or not whole: it names the brand
 * (may be empty) and redirects nowhere.  languages: Accept-Language. */
void hits_page_bad(struct sbuf *out, struct slice brand,
		   struct slice languages);

/* Adds the page of one who has followed too many of those. */
void hits_page_slow(struct sbuf *out, struct slice brand,
		    struct slice languages);

/* Adds the page that stands for those which need the store. */
void hits_page_wait(struct sbuf *out, struct slice brand,
		    struct slice languages);

/* Adds the page of a good link under a revoked key: it names the host that the
 * link led to. */
void hits_page_revoked(struct sbuf *out, struct slice brand, struct slice host,
		       struct slice languages);

/* The host of an http or https URL, without port; empty where there is none. */
struct slice url_host(struct slice url);

#endif
