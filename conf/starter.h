#ifndef CONF_STARTER_H
#define CONF_STARTER_H

#include "base/sbuf.h"

/* What is asked before a new installation.  All but domain may be NULL: it is
 * made from the domain, or what conf/acuse.conf says stays. */
struct starter {
	const char *domain;	    /* of From: "hosting.example" */
	const char *hostname;	    /* else "acuse." and the domain */
	const char *title;	    /* of the brand; else the domain */
	const char *from_address;   /* else "billing@" and the domain */
	const char *public_url;	    /* else "https://notices." and it */
	const char *locale;	    /* else "en_US" */
	const char *time_zone;	    /* else UTC; the brand's and the policy's */
	const char *tracking_basis; /* else none */
	const char *dkim_selector;  /* else none */
	const char *public_listen, *private_listen;
};

/* Adds acuse.conf with the answers in it.  Fails: RC_INVALID (an answer that
 * the option would not take; e->pointer is the option's name). */
enum rc conf_starter(const struct starter *s, struct sbuf *out,
		     struct err *e) MUST_USE;

/* Writes it, its policy, destinations.conf and the holidays into folder, which
 * is made, and loads the result.  Fails: RC_STATE (there is an acuse.conf
 * already: nothing is touched), RC_IO, RC_INVALID. */
enum rc conf_starter_write(const struct starter *s, const char *folder,
			   struct err *e) MUST_USE;

#endif
