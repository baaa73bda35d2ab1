#ifndef CONF_BRAND_H
#define CONF_BRAND_H

#include "base/slice.h"

enum tracking { TRACKING_OFF, TRACKING_AGGREGATE, TRACKING_INDIVIDUAL };

/* What is kept of the addresses that pixels and clicks come from. */
enum visitor_address { VISITOR_NONE, VISITOR_TRUNCATED, VISITOR_FULL };

/* A sender's identity.  Texts are never NULL; "" where left out. */
struct brand {
	const char *name;
	uint16_t number;   /* of its token keys; never reused */
	const char *title; /* what people know it as */
	const char *from_name, *from_address, *reply_to;
	const char *return_domain; /* of the reverse path */
	const char *public_url;	   /* "https://avisos.host.example", no "/" */
	const char *website, *support_url, *abuse_contact;
	const char *postal_address, *tax_id; /* printed on documents */
	const char *logo_url, *color;	     /* "#1a5fb4" */
	const char *locale, *time_zone;
	const char *policy;
	const char *route; /* "mx", or a relay's name */
	/* What holds for a customer who was not asked: off without a
	 * tracking_basis.  *_asked is what the file says, and holds for a
	 * customer who consented. */
	enum tracking opens, opens_asked;
	bool links, links_asked; /* rewritten and counted */
	bool text_links;	 /* those of the text part, too */
	const char *tracking_basis;
	enum visitor_address visitor_address;
	int visitor_days;			 /* then they are forgotten */
	const char *const *link_hosts;		 /* NULL-terminated */
	const char *const *embed_origins;	 /* that may frame our pages */
	const char *dkim_domain, *dkim_selector; /* selector "" : unsigned */
	const char *dkim_ed25519_selector;	 /* "" : RSA alone */
};

#endif
