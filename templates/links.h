#ifndef TEMPLATES_LINKS_H
#define TEMPLATES_LINKS_H

#include "base/arena.h"
#include "base/sbuf.h"

/*
 * Finds the links of an HTML mail and gives them tracked addresses, changing
 * only the bytes of the href values that it must.  One pass, linear on any
 * input.
 */

#define LINKS_DESTINATION_MAX 1500
#define LINKS_MAX 1000 /* different destinations of one mail */

/* Why a link stayed as it was.  Those that are no links to track (mailto:,
 * #anchor, relative, <link>, cid: …) are not counted. */
enum link_fate {
	LINK_TRACKED,
	LINK_OPTED_OUT,	 /* attribute data-track="off", taken out */
	LINK_TEXT_URL,	 /* its text looks like a URL or host */
	LINK_LONG,	 /* destination over LINKS_DESTINATION_MAX */
	LINK_FOREIGN,	 /* host not among the brand's link_hosts */
	LINK_UNSUITED,	 /* user information, control characters, bad UTF-8 */
	LINK_OURS,	 /* already a link of the tracker */
	LINK_LEAVE,	 /* unsubscribe link */
	LINK_UNEXPANDED, /* holds "{{" */
	LINK_TOO_MANY,	 /* over LINKS_MAX */
	LINK_FATES,
};

/* The word for a fate, for logs and lint. */
const char *link_fate_name(enum link_fate f);

/* Makes tracked addresses; the caller embeds it in a struct of its own. */
struct link_writer {
	/* Adds the tracked URL of the index-th destination, which is decoded
	 * (no HTML references) and ASCII, as a redirect says it.  What it adds
	 * is ASCII without quotes, spaces or markup. */
	void (*add)(struct link_writer *w, unsigned index,
		    struct slice destination, struct sbuf *out);
};

struct links_input {
	struct slice html;
	const struct slice *hosts; /* "*.x" takes in all below x */
	size_t host_count;
	struct slice own_url; /* "https://t.brand.example", the tracker's */
	struct link_writer *writer; /* NULL: links are counted, not changed */
	struct slice pixel_url;	    /* empty: no pixel */
};

struct links_result {
	const struct slice *destinations; /* by index */
	size_t destination_count;
	size_t fates[LINK_FATES]; /* href values by what became of them */
	bool pixel;
};

/* Adds the rewritten HTML to out.  Equal destinations share an index.
 * Owns: destinations the arena.  Fails: RC_LIMIT (out is full). */
enum rc links_rewrite(const struct links_input *in, struct arena *a,
		      struct sbuf *out, struct links_result *res,
		      struct err *e) MUST_USE;

/* Adds text with the URLs in it given tracked addresses, where an operator
 * asks for it; those on hosts not ours are left. */
enum rc links_rewrite_text(const struct links_input *in, struct arena *a,
			   struct sbuf *out, struct links_result *res,
			   struct err *e) MUST_USE;

#endif
