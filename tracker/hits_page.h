#ifndef TRACKER_HITS_PAGE_H
#define TRACKER_HITS_PAGE_H

#include "base/sbuf.h"
#include "conf/brand.h"

/* Pages for persons, made without store and templates. */
enum hits_page {
	HITS_PAGE_BAD,	   /* a link that is not ours, or not whole */
	HITS_PAGE_SLOW,	   /* too many of those were followed */
	HITS_PAGE_REVOKED, /* a good one under a revoked key */
	HITS_PAGE_WAIT,	   /* for those that need the store */
	HITS_PAGE_UNSAVED, /* and for what is sent to them */
	HITS_PAGE_BUSY,	   /* no room for what was asked */
	HITS_PAGE_LARGE,   /* nor for what was sent */
	HITS_PAGE_HEADERS, /* nor for what a browser says of itself */
	HITS_PAGE_ODD,	   /* no request that is understood */
	HITS_PAGE_FAULT,   /* ours */
	HITS_PAGE_HOME,	   /* of the host; titled by the brand's name */
	HITS_PAGES
};

/* Adds a page that looks as the brand's others do (templates/page/) and
 * redirects nowhere; brand: NULL names nobody.  host: where the link of
 * HITS_PAGE_REVOKED led.  languages: Accept-Language; where it has none that we
 * speak the brand's is spoken. */
void hits_page(struct sbuf *out, enum hits_page what, const struct brand *brand,
	       struct slice host, struct slice languages);

/* The host of an http or https URL, without port; empty where there is none. */
struct slice url_host(struct slice url);

#endif
