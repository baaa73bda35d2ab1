#include "tools/receiver/options.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

/* One row an option: its name, what it takes (NULL: nothing), what --help says,
 * and what reads it. */
struct row {
	const char *name, *takes, *help;
	enum rc (*read)(struct options *, const struct row *, char *value,
			struct err *);
	size_t offset;	  /* of the field, for the plain readers */
	int64_t min, max; /* of a number */
};

/* ---- readers ---- */

static enum rc
read_text(struct options *o, const struct row *row, char *value, struct err *e)
{
	(void)e;
	*(const char **)(void *)((char *)o + row->offset) = value;
	return RC_OK;
}

static enum rc
read_flag(struct options *o, const struct row *row, char *value, struct err *e)
{
	(void)value;
	(void)e;
	*(bool *)(void *)((char *)o + row->offset) = true;
	return RC_OK;
}

static enum rc
read_number(struct options *o, const struct row *row, char *value,
	    struct err *e)
{
	int64_t *to = (int64_t *)(void *)((char *)o + row->offset);

	if (!slice_int(slice_z(value), row->min, row->max, to))
		return err_set(e, RC_INVALID,
			       "--%s %s: a number from %lld to %lld", row->name,
			       value, (long long)row->min, (long long)row->max);
	return RC_OK;
}

static enum rc
read_int(struct options *o, const struct row *row, char *value, struct err *e)
{
	int *to = (int *)(void *)((char *)o + row->offset);
	int64_t n;

	if (!slice_int(slice_z(value), row->min, row->max, &n))
		return err_set(e, RC_INVALID,
			       "--%s %s: a number from %lld to %lld", row->name,
			       value, (long long)row->min, (long long)row->max);
	*to = (int)n;
	return RC_OK;
}

/* "127.0.0.1:25" or "[::1]:25"; numbers only, so that no resolver is asked. */
static bool
read_address(const char *value, struct endpoint *out)
{
	struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	    .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found = NULL;
	const char *colon = strrchr(value, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t n = colon ? (size_t)(colon - value) : 0;
	bool brackets = n > 2 && value[0] == '[' && colon[-1] == ']';

	if (!colon || n == 0 || n >= sizeof(host))
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(brackets ? n - 2 : n),
		 value + brackets);
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0 || !found)
		return false;
	memcpy(&out->addr, found->ai_addr, found->ai_addrlen);
	out->addr_len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static enum rc
read_endpoint(struct options *o, const struct row *row, char *value,
	      struct err *e)
{
	struct endpoint *to =
	    (struct endpoint *)(void *)((char *)o + row->offset);

	if (!read_address(value, to))
		return err_set(e, RC_INVALID,
			       "--%s %s: ADDRESS:PORT in numbers", row->name,
			       value);
	return RC_OK;
}

static enum rc
read_listen(struct options *o, const struct row *row, char *value,
	    struct err *e)
{
	struct listen_option *l = &o->listens[o->listen_count];
	struct slice mode = slice_z(value), address = slice_cut(&mode, ',');
	ptrdiff_t sign = slice_find_c(address, '=');
	struct slice name = slice_of(address.p, sign > 0 ? (size_t)sign : 0);
	char text[128];

	if (o->listen_count == OPTIONS_LISTENERS)
		return err_set(e, RC_LIMIT, "--listen: more than %d",
			       OPTIONS_LISTENERS);
	if (sign >= 0)
		address = slice_skip(address, (size_t)sign + 1);
	snprintf(text, sizeof(text), "%.*s", SLICE_ARG(address));
	if (sign == 0 || name.n >= sizeof(l->name) ||
	    address.n >= sizeof(text) || !read_address(text, &l->at))
		return err_set(e, RC_INVALID,
			       "--%s %s: [NAME=]ADDRESS:PORT in numbers, then "
			       "perhaps ,starttls or ,tls",
			       row->name, value);
	if (sign < 0)
		snprintf(l->name, sizeof(l->name), "mx%zu",
			 o->listen_count + 1);
	else
		snprintf(l->name, sizeof(l->name), "%.*s", SLICE_ARG(name));
	l->tls = slice_eq_z(mode, "tls");
	l->starttls = slice_eq_z(mode, "starttls");
	if (mode.p && !l->tls && !l->starttls)
		return err_set(e, RC_INVALID,
			       "--%s: \"%.*s\" is neither starttls nor tls",
			       row->name, SLICE_ARG(mode));
	o->listen_count++;
	return RC_OK;
}

static enum rc
read_user(struct options *o, const struct row *row, char *value, struct err *e)
{
	struct slice password = slice_z(value);
	struct slice name = slice_cut(&password, ':');

	if (!password.p || name.n == 0)
		return err_set(e, RC_INVALID, "--%s: USER:PASSWORD", row->name);
	if (o->user_count == OPTIONS_USERS)
		return err_set(e, RC_LIMIT, "--%s: more than %d", row->name,
			       OPTIONS_USERS);
	o->users[o->user_count++] = (struct user_option){name, password};
	return RC_OK;
}

static enum rc
read_without(struct options *o, const struct row *row, char *value,
	     struct err *e)
{
	unsigned bit = extension_of(slice_z(value));

	if (!bit)
		return err_set(e, RC_INVALID,
			       "--%s %s: the receiver has no such extension",
			       row->name, value);
	o->without |= bit;
	return RC_OK;
}

static enum rc
read_cert_name(struct options *o, const struct row *row, char *value,
	       struct err *e)
{
	if (o->tls.name_count == TLS_NAMES)
		return err_set(e, RC_LIMIT, "--%s: more than %d", row->name,
			       TLS_NAMES);
	if (strpbrk(value, ", "))
		return err_set(e, RC_INVALID, "--%s %s: one name or address",
			       row->name, value);
	o->tls.names[o->tls.name_count++] = value;
	return RC_OK;
}

/* ---- the table ---- */

#define FIELD(f) offsetof(struct options, f), 0, 0
#define NUMBER(f, min, max) offsetof(struct options, f), (min), (max)
#define MB INT64_C(1048576)

static const struct row rows[] = {
    {"listen", "[NAME=]ADDRESS:PORT[,starttls|,tls]",
     "listen there (may be repeated; port 0: any; NAME is for rules)",
     read_listen, 0, 0, 0},
    {"ports-file", "FILE",
     "write \"NAME ADDRESS PORT\" lines there when all listen", read_text,
     FIELD(ports_file)},
    {"rules", "FILE",
     "behave by these rules; read again when the file changes, or on SIGHUP",
     read_text, FIELD(rules)},
    {"check-rules", "FILE", "only check a rules file", read_text,
     FIELD(check_rules)},
    {"maildir", "DIR", "keep messages there, byte for byte", read_text,
     FIELD(maildir)},
    {"journal", "FILE", "append a JSON line there for each event", read_text,
     FIELD(journal)},
    {"fsync", NULL, "have message and journal on disk before the reply",
     read_flag, FIELD(sync)},
    {"clock", "FILE", "follow a shared clock instead of the system's",
     read_text, FIELD(clock)},
    {"hostname", "NAME", "name in greeting, EHLO reply and reports", read_text,
     FIELD(hostname)},
    {"without", "EXTENSION", "do not offer it (may be repeated)", read_without,
     0, 0, 0},
    {"auth", "USER:PASSWORD", "offer AUTH PLAIN and LOGIN (may be repeated)",
     read_user, 0, 0, 0},
    {"auth-required", NULL, "refuse MAIL before AUTH", read_flag,
     FIELD(auth_required)},
    {"cert", "FILE", "certificate chain, PEM (else one is made at start)",
     read_text, FIELD(tls.cert)},
    {"key", "FILE", "its private key, PEM", read_text, FIELD(tls.key)},
    {"cert-out", "FILE", "write the certificate made at start there", read_text,
     FIELD(tls.cert_out)},
    {"cert-name", "NAME",
     "host or address in the certificate made at start (may be repeated; "
     "else localhost, 127.0.0.1, ::1 and the hostname)",
     read_cert_name, 0, 0, 0},
    {"cert-days", "DAYS",
     "days until the certificate made at start expires; negative: it has",
     read_int, NUMBER(tls.days, -3650, 36500)},
    {"tls-min", "VERSION", "lowest TLS version, 1.0 to 1.3 (1.2)", read_text,
     FIELD(tls.min)},
    {"tls-max", "VERSION", "highest TLS version (1.3)", read_text,
     FIELD(tls.max)},
    {"tls-tickets", "N", "session tickets after a TLS 1.3 handshake (2)",
     read_int, NUMBER(tls.tickets, 0, 100)},
    {"report-to", "ADDRESS:PORT",
     "send delivery reports there by SMTP (else there are none)", read_endpoint,
     FIELD(report_to)},
    {"max-size", "BYTES", "largest message (67108864)", read_number,
     NUMBER(max_size, 1, 1024 * MB)},
    {"max-recipients", "N", "most recipients of a message (1000)", read_number,
     NUMBER(max_recipients, 1, 100000)},
    {"max-connections", "N", "most connections at once (4000)", read_number,
     NUMBER(max_connections, 1, 100000)},
    {"idle", "SECONDS", "close connections that are silent so long (300)",
     read_number, NUMBER(idle_s, 1, 86400)},
    {"receive-buffer", "BYTES",
     "socket buffer: small ones make a sender feel a stall sooner", read_number,
     NUMBER(receive_buffer, 1, 64 * MB)},
    {"help", NULL, "print this", read_flag, FIELD(help)},
    {"version", NULL, "print what this is", read_flag, FIELD(version)},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void
options_help(void)
{
	puts("receiver: a real SMTP server for tests and the demo of Acuse.\n"
	     "It misbehaves by rules, keeps what it gets, delivers no mail and "
	     "protects nothing:\n"
	     "not for production.  tools/receiver/README.md has the rules' "
	     "language.\n\n"
	     "usage: receiver --listen [NAME=]ADDRESS:PORT [options]\n");
	for (size_t i = 0; i < ROWS; i++)
		printf("  --%s%s%s\n\t%s\n", rows[i].name,
		       rows[i].takes ? " " : "",
		       rows[i].takes ? rows[i].takes : "", rows[i].help);
}

static const struct row *
row_find(const char *name)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return NULL;
}

static void
set_defaults(struct options *o)
{
	*o = (struct options){
	    .hostname = "mx.receiver.test",
	    .max_size = 64 * MB,
	    .max_recipients = 1000,
	    .max_connections = 4000,
	    .idle_s = 300,
	    .tls = {.days = 30, .min = "1.2", .max = "1.3", .tickets = 2},
	};
}

static enum rc
check_whole(struct options *o, struct err *e)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "::1"};

	if (o->help || o->version || o->check_rules)
		return RC_OK;
	if (o->listen_count == 0)
		return err_set(e, RC_INVALID, "--listen is needed (--help)");
	if (!o->tls.cert != !o->tls.key)
		return err_set(e, RC_INVALID, "--cert and --key go together");
	if (o->auth_required && o->user_count == 0)
		return err_set(e, RC_INVALID, "--auth-required needs --auth");
	if (o->tls.name_count)
		return RC_OK;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		o->tls.names[o->tls.name_count++] = names[i];
	o->tls.names[o->tls.name_count++] = o->hostname;
	return RC_OK;
}

enum rc
options_read(int argc, char **argv, struct options *o, struct err *e)
{
	set_defaults(o);
	for (int i = 1; i < argc; i++) {
		const struct row *row = NULL;
		char *value = NULL;

		if (strncmp(argv[i], "--", 2) == 0) {
			value = strchr(argv[i], '=');
			if (value)
				*value++ = '\0';
			row = row_find(argv[i] + 2);
		}
		if (!row)
			return err_set(e, RC_INVALID,
				       "%s: no such option (--help)", argv[i]);
		if (row->takes && !value && i + 1 < argc)
			value = argv[++i];
		if (!row->takes != !value)
			return err_set(e, RC_INVALID, "--%s takes %s",
				       row->name,
				       row->takes ? row->takes : "no value");
		if (row->read(o, row, value, e) != RC_OK)
			return e->rc;
	}
	return check_whole(o, e);
}

int
endpoint_text(const struct sockaddr_storage *addr, char *out, size_t n)
{
	const struct sockaddr_in6 *six = (const void *)addr;
	const struct sockaddr_in *four = (const void *)addr;
	bool is_six = addr->ss_family == AF_INET6;

	if (!inet_ntop(addr->ss_family,
		       is_six ? (const void *)&six->sin6_addr
			      : (const void *)&four->sin_addr,
		       out, (socklen_t)n))
		out[0] = '\0';
	return ntohs(is_six ? six->sin6_port : four->sin_port);
}
