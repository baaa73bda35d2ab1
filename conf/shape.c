#include "conf/shape.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/stat.h>

#define ZONES "/usr/share/zoneinfo"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || is_lower(c) || is_upper(c);
}

/* All of s is letters, digits or one of more. */
static bool
made_of(struct slice s, const char *more)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_alnum(s.p[i]) &&
		    (s.p[i] == '\0' || strchr(more, s.p[i]) == NULL))
			return false;
	}
	return s.n > 0;
}

static bool
fits_line(struct slice s)
{
	return slice_utf8(s) && !slice_has_control(s);
}

static bool
fits_name(struct slice s)
{
	return s.n <= 64 && is_alnum(s.p[0]) && made_of(s, "-_.");
}

static bool
fits_act(struct slice s)
{
	return s.n <= 64 && is_lower(s.p[0]) && made_of(s, "_");
}

static bool
fits_template(struct slice s)
{
	return s.n <= 64 && is_alnum(s.p[0]) && made_of(s, "-_");
}

static bool
fits_label(struct slice s)
{
	return s.n <= 63 && made_of(s, "-") && s.p[0] != '-' &&
	       s.p[s.n - 1] != '-';
}

static bool
fits_host(struct slice s)
{
	struct slice rest = s;

	while (rest.p) {
		if (!fits_label(slice_cut(&rest, '.')))
			return false;
	}
	return s.n <= 253;
}

static bool
is_address(struct slice s)
{
	struct in6_addr any;
	char z[INET6_ADDRSTRLEN];

	if (s.n >= sizeof(z))
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	return strlen(z) == s.n && (inet_pton(AF_INET, z, &any) == 1 ||
				    inet_pton(AF_INET6, z, &any) == 1);
}

static bool
fits_host_addr(struct slice s)
{
	return is_address(s) || fits_host(s);
}

static bool
fits_hosts(struct slice s)
{
	if (slice_starts(s, SLICE("*.")))
		s = slice_skip(s, 2);
	return s.n > 0 && fits_host(s);
}

static bool
fits_pattern(struct slice s)
{
	if (slice_starts(s, SLICE("relay/")))
		return s.n > 6 && fits_name(slice_skip(s, 6));
	return slice_eq_z(s, "*") || fits_hosts(s);
}

static bool
fits_event(struct slice s)
{
	static const char *const events[] = {
	    "payment.failed",	"payment.action_required",
	    "payment.received", "service.suspended",
	    "service.restored", "service.terminated",
	    "credit.low",	"cancellation.requested",
	    "card.expiring",	"domain.expiring",
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (slice_eq_z(s, events[i]))
			return true;
	}
	return false;
}

static bool
fits_origin(struct slice s)
{
	struct slice rest = s;
	struct slice host = slice_cut(&rest, '/');

	if (!fits_host(host))
		return false;
	return rest.p == NULL || made_of(rest, "-_./");
}

static struct slice
after_scheme(struct slice url)
{
	if (slice_starts(url, SLICE("https://")))
		return slice_skip(url, 8);
	if (slice_starts(url, SLICE("http://")))
		return slice_skip(url, 7);
	return (struct slice){NULL, 0};
}

/* "host", "host:port", "[::1]:port" of a URL, and what follows it. */
static struct slice
authority(struct slice url, struct slice *rest)
{
	struct slice s = after_scheme(url);
	size_t n = 0;

	while (n < s.n && strchr("/?#", s.p[n]) == NULL)
		n++;
	*rest = slice_skip(s, n);
	return slice_of(s.p, n);
}

bool
shape_split_port(struct slice s, struct slice *host, uint16_t *port)
{
	int64_t v;
	size_t n = s.n;

	while (n > 0 && s.p[n - 1] != ':')
		n--;
	if (n == 0 || !slice_int(slice_skip(s, n), 0, 65535, &v))
		return false;
	*port = (uint16_t)v;
	*host = slice_of(s.p, n - 1);
	if (slice_starts(*host, SLICE("[")) && slice_ends(*host, SLICE("]"))) {
		*host = slice_of(host->p + 1, host->n - 2);
		return slice_find_c(*host, ':') >= 0 && is_address(*host);
	}
	return host->n > 0 && slice_find_c(*host, ':') < 0;
}

struct slice
shape_url_host(struct slice url)
{
	struct slice rest, host;
	struct slice place = authority(url, &rest);
	uint16_t port;

	if (shape_split_port(place, &host, &port))
		return host;
	return place;
}

static bool
fits_url(struct slice s)
{
	struct slice host = shape_url_host(s);

	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f ||
		    strchr("\"<>\\^`{|}", s.p[i]) != NULL)
			return false;
	}
	return host.n > 0 && fits_host_addr(host);
}

static bool
fits_base_url(struct slice s)
{
	return fits_url(s) && !slice_ends(s, SLICE("/")) &&
	       slice_find_c(s, '?') < 0 && slice_find_c(s, '#') < 0;
}

static bool
fits_web_origin(struct slice s)
{
	struct slice rest;

	return fits_url(s) && authority(s, &rest).n > 0 && rest.n == 0;
}

/* Dot-atoms alone: the addresses of a business that sends mail.  The domain
 * needs a dot, so that "root@localhost" is seen before a customer sees it. */
static bool
fits_email(struct slice s)
{
	struct slice domain = s;
	struct slice local = slice_cut(&domain, '@');

	if (domain.p == NULL || domain.n == 0 || local.n > 64 ||
	    !made_of(local, "!#$%&'*+-/=?^_`{|}~.") || local.p[0] == '.' ||
	    local.p[local.n - 1] == '.' || slice_find(local, SLICE("..")) >= 0)
		return false;
	return fits_host(domain) && slice_find_c(domain, '.') > 0;
}

static bool
fits_color(struct slice s)
{
	if (s.n != 7 || s.p[0] != '#')
		return false;
	for (size_t i = 1; i < 7; i++) {
		if (!is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f') &&
		    !(s.p[i] >= 'A' && s.p[i] <= 'F'))
			return false;
	}
	return true;
}

static bool
fits_locale(struct slice s)
{
	struct slice region = s;
	struct slice language = slice_cut(&region, '_');

	if (language.n < 2 || language.n > 3)
		return false;
	for (size_t i = 0; i < language.n; i++) {
		if (!is_lower(language.p[i]))
			return false;
	}
	return region.p == NULL || (region.n == 2 && is_upper(region.p[0]) &&
				    is_upper(region.p[1]));
}

/* A file below the system's zones: every part begins with a letter, so that
 * no path leads out.  Where there are no zones, the look of it must do. */
static bool
fits_zone(struct slice s)
{
	struct slice rest = s;
	struct stat st;
	char path[sizeof(ZONES) + 80];

	if (s.n > 64)
		return false;
	while (rest.p) {
		struct slice part = slice_cut(&rest, '/');

		if (!made_of(part, "_+-") || is_digit(part.p[0]) ||
		    !is_alnum(part.p[0]))
			return false;
	}
	if (stat(ZONES "/UTC", &st) != 0)
		return true;
	(void)snprintf(path, sizeof(path), ZONES "/%.*s", SLICE_ARG(s));
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool
fits_network(struct slice s)
{
	struct slice bits = s;
	struct slice address = slice_cut(&bits, '/');
	int64_t n;

	if (!is_address(address))
		return false;
	return bits.p == NULL ||
	       slice_int(bits, 0, slice_find_c(address, ':') < 0 ? 32 : 128,
			 &n);
}

static bool
fits_exchanger(struct slice s)
{
	struct slice host;
	uint16_t port;

	return shape_split_port(s, &host, &port) && port != 0 &&
	       fits_host_addr(host);
}

/* As libunbound takes it. */
static bool
fits_resolver(struct slice s)
{
	struct slice port = s, address = slice_cut(&port, '@');
	int64_t n;

	return is_address(address) &&
	       (port.p == NULL || slice_int(port, 1, 65535, &n));
}

const struct shape shape_line = {"text of one line, in UTF-8", fits_line};
const struct shape shape_name = {
    "a name: letters, digits, \"-\", \"_\", \".\"; at most 64", fits_name};
const struct shape shape_act = {"a name: letters, digits, \"_\"; at most 64",
				fits_act};
const struct shape shape_host = {
    "a host name like mail.example.com (punycode for other scripts)",
    fits_host};
const struct shape shape_host_addr = {"a host name or an IP address",
				      fits_host_addr};
const struct shape shape_hosts = {
    "a host name, or \"*.example.com\" for all below it", fits_hosts};
const struct shape shape_pattern = {
    "a domain, \"*.example.com\" for all below it, \"*\", or \"relay/NAME\"",
    fits_pattern};
const struct shape shape_event = {
    "an event of billing: payment.received, payment.failed, "
    "payment.action_required, service.suspended, service.restored, "
    "service.terminated, cancellation.requested, credit.low, card.expiring "
    "or domain.expiring",
    fits_event};
const struct shape shape_origin = {
    "a host name and a path, like acuse.example.com/log", fits_origin};
const struct shape shape_url = {
    "a URL that begins with https:// or http:// and names a host", fits_url};
const struct shape shape_base_url = {
    "a URL that begins with https:// or http://, names a host, and has no "
    "\"/\" at its end",
    fits_base_url};
const struct shape shape_web_origin = {
    "https:// or http:// and a host, with nothing behind", fits_web_origin};
const struct shape shape_email = {"an address like billing@example.com",
				  fits_email};
const struct shape shape_color = {"a colour like #1a5fb4", fits_color};
const struct shape shape_locale = {"a locale like es_AR, it or en_US",
				   fits_locale};
const struct shape shape_zone = {
    "a time zone of " ZONES ", like America/Argentina/Buenos_Aires", fits_zone};
const struct shape shape_selector = {
    "a DKIM selector: letters, digits, \"-\" and \".\"", fits_host};
const struct shape shape_network = {
    "an IP address or a network like 10.0.0.0/8", fits_network};
const struct shape shape_exchanger = {
    "a host or an address, and a port, like 127.0.0.1:2525", fits_exchanger};
const struct shape shape_resolver = {
    "an IP address, perhaps with @ and a port, like 127.0.0.1@5300",
    fits_resolver};
const struct shape shape_template = {
    "the name of a template: letters, digits, \"-\", \"_\"", fits_template};
