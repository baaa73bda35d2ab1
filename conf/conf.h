#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "conf/policy.h"

/*
 * The configuration as read: immutable, shared by counted references, so that
 * a reload (SIGHUP) swaps it while others still read the old one.
 */

enum tracking { TRACKING_OFF, TRACKING_AGGREGATE, TRACKING_INDIVIDUAL };
enum tls_mode { TLS_OFF, TLS_MAY, TLS_MUST, TLS_IMPLICIT };
enum relay_sign { RELAY_SIGN_OURS, RELAY_SIGN_RELAY };

enum relay_rewrites {
	REWRITES_MESSAGE_ID = 1 << 0,
	REWRITES_DATE = 1 << 1,
	REWRITES_RETURN_PATH = 1 << 2,
};

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
	enum tracking opens;
	bool links; /* rewritten and counted */
	const char *tracking_basis;
	const char *const *link_hosts;		 /* NULL-terminated */
	const char *dkim_domain, *dkim_selector; /* "" : unsigned */
	const char *dkim_ed25519_selector;	 /* "" : RSA alone */
};

struct relay {
	const char *name, *host, *user, *password_file;
	uint16_t port;
	enum tls_mode tls;
	bool verify;
	enum relay_sign sign;
	uint32_t rewrites;
};

/* Rate and concurrency for a destination domain; the row "*" is for others. */
struct destination {
	const char *pattern;	       /* "gmail.com", "*.example", "*" */
	const char *const *exchangers; /* "127.0.0.1:2525": instead of DNS */
	const char *route;	       /* "" : the brand's */
	int connections, per_minute, per_connection;
	enum tls_mode tls;
};

struct listen_addr {
	const char *host; /* "127.0.0.1", "::" */
	uint16_t port;
};

struct conf {
	/* [general] */
	const char *file;
	const char *hostname; /* of EHLO and Message-ID */
	const char *origin;   /* of the ledger, "acuse.host.example/log" */
	bool send; /* false: observe — plans and shows, sends not */
	int64_t blast_limit;
	int mail_workers, http_threads;
	bool allow_private_exchangers;
	bool resend_uncertain;
	int64_t uncertain_delay_us;
	const char *template_dir; /* "" : none */
	const char *log_level;
	/* retry steps after a deferral, in order; the last one repeats */
	const int64_t *retry_us;
	size_t retry_n;
	int64_t smtp_connect_us, smtp_reply_us, smtp_io_us, smtp_session_us;
	/* listeners */
	struct listen_addr public_listen, private_listen;
	const char *tls_certificate, *tls_key; /* "" : plain */
	const char *const *trusted_proxies;
	size_t body_max, connections_max, connections_per_address;
	int request_timeout_ms;

	const struct brand *brands;
	size_t brands_n;
	const struct relay *relays;
	size_t relays_n;
	const struct destination *destinations;
	size_t destinations_n;
	const struct policy *policies;
	size_t policies_n;
};

/* Reads acuse.conf and the files that it names (policies, holidays), relative
 * to its folder.  Fails: RC_IO, RC_INVALID; e->pointer is "file:line" and the
 * text names the option and its bounds.  Owns: one reference, conf_unref(). */
enum rc conf_load(const char *path, const struct conf **out,
		  struct err *e) MUST_USE;
const struct conf *conf_ref(const struct conf *c);
void conf_unref(const struct conf *c);

/* What an operator should know though it loads: one line each, added to out
 * ("brand default: tracking_basis is left out: opens are off"). */
void conf_warnings(const struct conf *c, struct sbuf *out);

/* All options with their values, as a file that would load the same. */
void conf_print(const struct conf *c, struct sbuf *out);

/* The reference page (Markdown), made from the option table. */
void conf_reference(struct sbuf *out);

/* By name or number; NULL when there is none. */
const struct brand *conf_brand(const struct conf *c, struct slice name);
const struct brand *conf_brand_number(const struct conf *c, uint16_t number);
const struct policy *conf_policy(const struct conf *c, struct slice name);
const struct relay *conf_relay(const struct conf *c, const char *name);

/* The row for a domain (lower-case A-labels): exact, then the longest "*.",
 * then "*".  Never NULL. */
const struct destination *conf_destination(const struct conf *c,
					   struct slice domain);

/* True when host is on the brand's link_hosts ("*.x" allows below x). */
bool brand_allows_host(const struct brand *b, struct slice host);

/* The configuration in force, swapped on reload.  Thread: any. */
struct conf_box;
struct conf_box *conf_box_new(const struct conf *c); /* takes the reference */
void conf_box_free(struct conf_box *b);
const struct conf *conf_box_get(struct conf_box *b); /* adds a reference */
void conf_box_set(struct conf_box *b, const struct conf *c);

#endif
