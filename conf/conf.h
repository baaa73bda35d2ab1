#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "conf/brand.h"
#include "conf/policy.h"
#include "conf/route.h"

/*
 * The configuration as read: immutable, shared by counted references, so that
 * a reload (SIGHUP) swaps it while others still read the old one.  Options are
 * rows of option_table.c; docs/configuration.md is made from it.
 */

struct listen_addr {
	const char *host; /* "127.0.0.1", "::" */
	uint16_t port;	  /* 0: any free one (tests) */
};

/* Of one of the two HTTP listeners. */
struct listener {
	struct listen_addr listen;
	const char *tls_certificate, *tls_key; /* "" : plain */
	size_t connections_max, connections_per_address, body_max;
	int request_timeout_ms;
};

/* Texts are never NULL, lists end with NULL, paths are absolute or "". */
struct conf {
	const char *file;
	const char *folder; /* of file; relative paths count from it */
	/* general { } */
	const char *hostname; /* of EHLO and Message-ID */
	const char *origin;   /* of the ledger, "acuse.host.example/log" */
	bool send; /* false: observe — plans and shows, sends not */
	int64_t blast_limit;
	int mail_workers, http_threads;
	size_t hit_journal;	  /* bytes, at most */
	const char *template_dir; /* "" : none */
	const char *verdict_file; /* "" : those built in */
	const char *agent_file;
	const char *log_level; /* "error", "warn", "info", "debug" */
	/* smtp { } */
	bool allow_private_exchangers;
	const char *resolver;	  /* "192.0.2.53", "::1@5300"; "" : system's */
	const char *trust_anchor; /* "" : Debian's */
	const char *ca_file;	  /* "" : the system's */
	uint16_t mx_port, sts_port;
	bool resend_uncertain;
	int64_t uncertain_delay_us;
	/* steps after a deferral, in order; the last one repeats */
	const int64_t *retry_us;
	size_t retry_n;
	int64_t smtp_connect_us, smtp_reply_us, smtp_io_us, smtp_session_us;
	int64_t smtp_stop_us;
	/* http { } */
	struct listener public, private;
	const char *const *trusted_proxies;
	bool proxy_forwarded; /* they set Forwarded, not X-Forwarded-For */
	int guess_burst, guess_per_minute;
	bool access_log;

	const struct brand *brands;
	size_t brands_n;
	const struct relay *relays;
	size_t relays_n;
	const struct destination *destinations;
	size_t destinations_n;
	const struct policy *policies;
	size_t policies_n;
};

/* Reads a configuration and the files that it names (include, holidays),
 * relative to its folder.  Owns: one reference, conf_unref().
 * Fails: RC_IO (a file cannot be read); RC_CONFIG: e->pointer is "file:line",
 * and the text names the option, what is wrong and what it takes. */
enum rc conf_load(const char *path, const struct conf **out,
		  struct err *e) MUST_USE;

/* The same from memory, as if it had been read from path.  Fails: as
 * conf_load(). */
enum rc conf_parse(struct slice text, const char *path, const struct conf **out,
		   struct err *e) MUST_USE;

/* One more reference, one less; the last one frees.  Thread: any. */
const struct conf *conf_ref(const struct conf *c);
void conf_unref(const struct conf *c);

/* What an operator should know though it loads: one line each, added to out
 * ("brand default: tracking_basis is left out: opens are off"). */
void conf_warnings(const struct conf *c, struct sbuf *out);

/* Judges a configuration that shall take the place of another.  Fails:
 * RC_STATE: another origin, or a brand whose number changed. */
enum rc conf_check_reload(const struct conf *old, const struct conf *fresh,
			  struct err *e) MUST_USE;

/* By what a process started, and opened its listeners; NULL: not open. */
struct conf_running {
	const struct conf *start, *public, *private;
};

/* Adds to notes a line for each option that runs otherwise than fresh says,
 * and that only a start applies. */
void conf_waits(const struct conf_running *r, const struct conf *fresh,
		struct sbuf *notes);

/* All options with their values, as a file that would load the same. */
void conf_print(const struct conf *c, struct sbuf *out);

/* The reference page (Markdown), made from the option table. */
void conf_reference(struct sbuf *out);

/* By name or number; NULL when there is none. */
const struct brand *conf_brand(const struct conf *c, struct slice name);
const struct brand *conf_brand_number(const struct conf *c, uint16_t number);
const struct policy *conf_policy(const struct conf *c, struct slice name);
const struct relay *conf_relay(const struct conf *c, const char *name);

/* The row for a domain (A-labels, any case): exact, then the longest "*.",
 * then "*".  Never NULL. */
const struct destination *conf_destination(const struct conf *c,
					   struct slice domain);

/* The configuration in force, swapped on reload.  Thread: any. */
struct conf_box;
struct conf_box *conf_box_new(const struct conf *c); /* takes the reference */
void conf_box_free(struct conf_box *b);
const struct conf *conf_box_get(struct conf_box *b); /* adds a reference */
void conf_box_set(struct conf_box *b, const struct conf *c);

#endif
