#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "tracker/agents.h"

#define MOZ "Mozilla/5.0"
#define IPHONE                                                                 \
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) "              \
	"AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 " \
	"Safari/604.1"
#define ANDROID                                                                \
	"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, " \
	"like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
#define WINDOWS                                                                \
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "        \
	"(KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
#define MAC                                                                    \
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1.15 "   \
	"(KHTML, like Gecko) Version/17.4 Safari/605.1.15"
#define OUTLOOK                                                                \
	"Mozilla/4.0 (compatible; ms-office; MSOffice rmj; Windows NT 10.0)"
#define THUNDERBIRD                                                            \
	"Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 "            \
	"Thunderbird/115.9.0"
#define GMAIL                                                                  \
	"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via "       \
	"ggpht.com GoogleImageProxy)"
#define GMAIL_AHEAD                                                            \
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "        \
	"(KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 "  \
	"Mozilla/5.0"
#define YAHOO "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy"
#define PREFETCH "sec-purpose: prefetch;prerender\naccept: */*\n"

#define HOME "203.0.113.7"
#define PHONE "198.51.100.20"
#define OFFICE "192.0.2.33"
#define GOOGLE "66.249.84.10"
#define BARRACUDA "209.222.82.5"
#define PROOFPOINT "67.231.152.9"
#define MIMECAST "205.139.110.61"
#define SAFELINKS "40.94.31.66"
#define EOP "104.47.11.5"
#define APPLE "172.224.240.9"
#define SERVERS "198.18.5.5"
#define NONE "" /* kept of none */

enum {
	U = AGENT_UNDETERMINED,
	M = AGENT_MACHINE,
	ML = AGENT_MACHINE_LIKELY,
	PX = AGENT_PROXIED,
	R = AGENT_RELAY,
	P = AGENT_PERSON_LIKELY
};

/* o: open, c: click, v: view, f: form, a: answer; upper case H and O: HEAD,
 * OPTIONS of a click, h: HEAD of an open, q: POST of an open. */
struct step {
	double at_s; /* after the 250 */
	char what;
	int link;
	const char *address, *agent, *signals;
	int want;
};

struct sequence {
	const char *name;
	bool undelivered; /* the 250 is not known */
	struct step steps[8];
};

static const struct sequence sequences[] = {
    /* opens */
    {"Apple prefetch", 0, {{2, 'o', 0, APPLE, MOZ, "", M}}},
    {"Apple prefetch hours later", 0, {{9000, 'o', 0, APPLE, MOZ, "", M}}},
    {"Apple prefetch from an unlisted address",
     0,
     {{70, 'o', 0, HOME, MOZ, "", M}}},
    {"Safari through Apple's relay", 0, {{700, 'o', 0, APPLE, IPHONE, "", R}}},
    {"the same, of whose address the network is kept",
     0,
     {{700, 'o', 0, "172.224.240.0", IPHONE, "", R}}},
    {"a network that has a part of the relay's",
     0,
     {{700, 'o', 0, "172.224.241.0", IPHONE, "", R}}},
    {"a neighbour of the relay's",
     0,
     {{700, 'o', 0, "172.224.241.5", IPHONE, "", U}}},
    {"an address that is not kept is in no range",
     0,
     {{700, 'o', 0, NONE, GMAIL_AHEAD, "", U}}},
    {"Mozilla/5.0 with more is no prefetch",
     0,
     {{700, 'o', 0, HOME, MOZ " ", "", U}}},
    {"Gmail proxy, first view", 0, {{400, 'o', 0, GOOGLE, GMAIL, "", PX}}},
    {"Gmail proxy, repeated",
     0,
     {{400, 'o', 0, GOOGLE, GMAIL, "", PX},
      {4000, 'o', 0, GOOGLE, GMAIL, "", PX}}},
    {"Gmail proxy seconds after arrival",
     0,
     {{1, 'o', 0, GOOGLE, GMAIL, "", PX}}},
    {"Gmail prefetch", 0, {{3, 'o', 0, GOOGLE, GMAIL_AHEAD, "", M}}},
    {"the same words from elsewhere",
     0,
     {{3, 'o', 0, HOME, GMAIL_AHEAD, "", U}}},
    {"Gmail prefetch, then a view",
     0,
     {{3, 'o', 0, GOOGLE, GMAIL_AHEAD, "", M},
      {900, 'o', 0, GOOGLE, GMAIL, "", PX}}},
    {"Yahoo proxy", 0, {{500, 'o', 0, "98.136.1.1", YAHOO, "", PX}}},
    {"Yahoo proxy before arrival",
     0,
     {{-5, 'o', 0, "98.136.1.1", YAHOO, "", M}}},
    {"Outlook on a desktop", 0, {{700, 'o', 0, OFFICE, OUTLOOK, "", U}}},
    {"Thunderbird", 0, {{700, 'o', 0, HOME, THUNDERBIRD, "", U}}},
    {"a phone's mail reader", 0, {{700, 'o', 0, PHONE, IPHONE, "", U}}},
    {"a phone's mail reader, many times",
     0,
     {{700, 'o', 0, PHONE, IPHONE, "", U},
      {7000, 'o', 0, PHONE, IPHONE, "", U},
      {70000, 'o', 0, PHONE, IPHONE, "", U}}},
    {"open without an agent", 0, {{700, 'o', 0, HOME, "", "", M}}},
    {"open by HEAD", 0, {{700, 'h', 0, HOME, WINDOWS, "", M}}},
    {"open through an image proxy with a robot's name",
     0,
     {{700, 'o', 0, HOME,
       "Mozilla/5.0 (compatible; Mail.RU_Bot/Img/2.0; +http://go.mail.ru/)", "",
       PX}}},
    {"open by POST", 0, {{700, 'q', 0, HOME, WINDOWS, "", M}}},
    {"open before arrival", 0, {{-1, 'o', 0, HOME, WINDOWS, "", M}}},
    {"open by a scanner's network",
     0,
     {{40, 'o', 0, BARRACUDA, WINDOWS, "", ML}}},
    {"open by curl", 0, {{700, 'o', 0, HOME, "curl/8.5.0", "", M}}},
    {"open when the 250 is not known", 1, {{0, 'o', 0, HOME, MAC, "", U}}},

    /* who says so acts, from wherever */
    {"a click, then an answer from another network",
     0,
     {{20, 'c', 1, OFFICE, WINDOWS, "", U},
      {80, 'a', 0, PHONE, IPHONE, "", P}}},
    {"a click, then an answer by the same system",
     0,
     {{20, 'c', 1, OFFICE, WINDOWS, "", P},
      {80, 'a', 0, PHONE, WINDOWS, "", P}}},
    {"a click, then an answer of which nothing is kept",
     0,
     {{20, 'c', 1, OFFICE, WINDOWS, "", U}, {80, 'a', 0, NONE, "", "", P}}},
    {"two clicks of which no address is kept, by one system",
     1,
     {{0, 'c', 1, NONE, WINDOWS, "", P}, {60, 'c', 1, NONE, WINDOWS, "", P}}},
    {"two clicks of which no address is kept, by two systems",
     1,
     {{0, 'c', 1, NONE, WINDOWS, "", U}, {60, 'c', 1, NONE, IPHONE, "", U}}},
    {"two within seconds of which no address is kept",
     0,
     {{700, 'c', 1, NONE, WINDOWS, "", U}, {705, 'c', 1, NONE, MAC, "", U}}},
    {"two within seconds of which no address is kept, by one system",
     0,
     {{700, 'c', 1, NONE, WINDOWS, "", P},
      {705, 'c', 1, NONE, WINDOWS, "", P}}},

    /* clicks by machines */
    {"click by HEAD", 0, {{700, 'H', 1, HOME, WINDOWS, "", M}}},
    {"click by OPTIONS", 0, {{700, 'O', 1, HOME, WINDOWS, "", M}}},
    {"prefetched click", 0, {{700, 'c', 1, HOME, ANDROID, PREFETCH, M}}},
    {"prefetch by Purpose",
     0,
     {{700, 'c', 1, HOME, ANDROID, "purpose: prefetch\n", M}}},
    {"Safari's preview",
     0,
     {{700, 'c', 1, HOME, MAC, "x-purpose: preview\n", M}}},
    {"Firefox's old prefetch",
     0,
     {{700, 'c', 1, HOME, WINDOWS, "x-moz: prefetch\n", M}}},
    {"another header that says prefetch",
     0,
     {{700, 'c', 1, HOME, WINDOWS, "accept: prefetch\n", P}}},
    {"click before arrival", 0, {{-0.5, 'c', 1, OFFICE, WINDOWS, "", M}}},
    {"three links within two seconds",
     0,
     {{43, 'c', 1, OFFICE, WINDOWS, "", M},
      {43.6, 'c', 2, OFFICE, WINDOWS, "", M},
      {44.4, 'c', 3, OFFICE, WINDOWS, "", M}}},
    {"the burst's repeats too",
     0,
     {{43, 'c', 1, OFFICE, WINDOWS, "", M},
      {43.1, 'c', 1, OFFICE, WINDOWS, "", M},
      {43.6, 'c', 2, OFFICE, WINDOWS, "", M},
      {44.4, 'c', 3, OFFICE, WINDOWS, "", M}}},
    {"a burst hours later",
     0,
     {{9000, 'c', 1, OFFICE, WINDOWS, "", M},
      {9000.1, 'c', 2, SERVERS, IPHONE, "", M},
      {9000.2, 'v', 3, HOME, MAC, "", M}}},
    {"a mail's one link, its view and its forms at once",
     0,
     {{700, 'c', 0, OFFICE, WINDOWS, "", M},
      {700.1, 'v', 0, OFFICE, WINDOWS, "", M},
      {700.2, 'f', 1, OFFICE, WINDOWS, "", M},
      {700.3, 'f', 2, OFFICE, WINDOWS, "", M}}},
    {"a link and the view of it are two",
     0,
     {{700, 'c', 0, OFFICE, WINDOWS, "", M},
      {700.1, 'c', 1, OFFICE, WINDOWS, "", M},
      {700.2, 'v', 0, OFFICE, WINDOWS, "", M}}},
    {"two links at once are no burst",
     0,
     {{40, 'c', 1, OFFICE, WINDOWS, "", U},
      {40.5, 'c', 2, OFFICE, WINDOWS, "", U}}},
    {"three links in three seconds are no burst",
     0,
     {{40, 'c', 1, OFFICE, WINDOWS, "", U},
      {41.5, 'c', 2, OFFICE, WINDOWS, "", U},
      {43, 'c', 3, OFFICE, WINDOWS, "", U}}},
    {"one link three times is no burst",
     0,
     {{40, 'c', 1, OFFICE, WINDOWS, "", U},
      {40.5, 'c', 1, OFFICE, WINDOWS, "", U},
      {41, 'c', 1, OFFICE, WINDOWS, "", U}}},
    {"opens make no burst",
     0,
     {{40, 'o', 1, OFFICE, WINDOWS, "", U},
      {40.5, 'o', 2, OFFICE, WINDOWS, "", U},
      {41, 'c', 3, OFFICE, WINDOWS, "", U}}},
    {"a burst, then a person",
     0,
     {{43, 'c', 1, OFFICE, WINDOWS, "", M},
      {43.6, 'c', 2, OFFICE, WINDOWS, "", M},
      {44.4, 'c', 3, OFFICE, WINDOWS, "", M},
      {7200, 'c', 1, PHONE, IPHONE, "", P}}},
    {"a burst lends a click no second interaction",
     0,
     {{43, 'c', 1, OFFICE, WINDOWS, "", M},
      {43.6, 'c', 2, OFFICE, WINDOWS, "", M},
      {44.4, 'c', 3, OFFICE, WINDOWS, "", M},
      {200, 'c', 1, OFFICE, WINDOWS, "", U}}},
    {"Outlook SafeLinks at the time of the click",
     0,
     {{600, 'c', 1, SAFELINKS, WINDOWS, "", U},
      {603, 'c', 1, HOME, MAC, "", U}}},
    {"SafeLinks detonation by one system",
     0,
     {{50, 'c', 1, EOP, WINDOWS, "", ML}}},
    {"Mimecast alone", 0, {{60, 'c', 1, MIMECAST, WINDOWS, "", ML}}},
    {"Mimecast, then a person on a phone at once",
     0,
     {{700, 'c', 1, MIMECAST, WINDOWS, "", U},
      {702, 'c', 1, PHONE, IPHONE, "", U}}},
    {"Mimecast, then a person an hour later",
     0,
     {{60, 'c', 1, MIMECAST, WINDOWS, "", ML},
      {3700, 'c', 1, PHONE, IPHONE, "", P}}},
    {"Barracuda names itself",
     0,
     {{30, 'c', 1, BARRACUDA, "BarracudaCentral/1.0", "", M}}},
    {"Barracuda does not", 0, {{30, 'c', 1, BARRACUDA, WINDOWS, "", ML}}},
    {"Barracuda after six minutes",
     0,
     {{400, 'c', 1, BARRACUDA, WINDOWS, "", ML}}},
    {"Proofpoint", 0, {{25, 'c', 1, PROOFPOINT, IPHONE, "", ML}}},
    {"Proofpoint twice gives itself no second",
     0,
     {{25, 'c', 1, PROOFPOINT, WINDOWS, "", ML},
      {125, 'c', 2, PROOFPOINT, WINDOWS, "", ML}}},
    {"servers for rent that fetch a link, and no image",
     0,
     {{700, 'c', 1, SERVERS, WINDOWS, "", ML}}},
    {"the same twice, and a view",
     0,
     {{20, 'c', 1, SERVERS, WINDOWS, "", ML},
      {700, 'c', 2, SERVERS, WINDOWS, "", ML},
      {900, 'v', 0, SERVERS, WINDOWS, "", ML}}},
    {"a rented desktop, where the images were loaded",
     0,
     {{600, 'o', 0, SERVERS, WINDOWS, "", ML},
      {630, 'c', 1, SERVERS, WINDOWS, "", U},
      {700, 'v', 0, SERVERS, WINDOWS, "", U}}},
    {"images that were loaded elsewhere are not its own",
     0,
     {{600, 'o', 0, HOME, WINDOWS, "", U},
      {630, 'c', 1, SERVERS, WINDOWS, "", ML}}},
    {"nor are those that come after",
     0,
     {{600, 'c', 1, SERVERS, WINDOWS, "", ML},
      {630, 'o', 0, SERVERS, WINDOWS, "", ML}}},
    {"nor those that were asked for by HEAD",
     0,
     {{600, 'h', 0, SERVERS, WINDOWS, "", M},
      {630, 'c', 1, SERVERS, WINDOWS, "", ML}}},
    {"a sandbox that does all lends nobody a second interaction",
     0,
     {{10, 'o', 0, SERVERS, WINDOWS, "", ML},
      {12, 'c', 1, SERVERS, WINDOWS, "", U},
      {50, 'c', 1, HOME, WINDOWS, "", U}}},
    {"a scanner's network is one though it loads images",
     0,
     {{30, 'o', 0, BARRACUDA, WINDOWS, "", ML},
      {40, 'c', 1, BARRACUDA, WINDOWS, "", ML}}},
    {"no image loaded is no sign by itself: most readers block them",
     0,
     {{1800, 'c', 1, HOME, WINDOWS, "", P}}},
    {"an answer by hand from a rented desktop",
     0,
     {{600, 'o', 0, SERVERS, WINDOWS, "", ML},
      {630, 'v', 0, SERVERS, WINDOWS, "", U},
      {660, 'a', 0, SERVERS, WINDOWS, "", P}}},
    {"python", 0, {{700, 'c', 1, HOME, "python-requests/2.31", "", M}}},
    {"a messenger's preview",
     0,
     {{700, 'c', 1, SERVERS, "WhatsApp/2.23.20", "", M}}},
    {"a headless browser",
     0,
     {{700, 'c', 1, SERVERS,
       "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like "
       "Gecko) HeadlessChrome/124.0 Safari/537.36",
       "", M}}},
    {"click without an agent", 0, {{700, 'c', 1, HOME, "", "", M}}},

    /* clicks by persons, as far as can be said */
    {"a person on a phone", 0, {{1800, 'c', 1, PHONE, IPHONE, "", P}}},
    {"a person at once", 0, {{20, 'c', 1, PHONE, IPHONE, "", U}}},
    {"a person at once, who comes back",
     0,
     {{20, 'c', 1, PHONE, IPHONE, "", P}, {50, 'c', 1, PHONE, IPHONE, "", P}}},
    {"a reload is no second interaction",
     0,
     {{20, 'c', 1, PHONE, IPHONE, "", U}, {24, 'c', 1, PHONE, IPHONE, "", U}}},
    {"a phone that changes networks",
     0,
     {{20, 'c', 1, PHONE, IPHONE, "", P}, {80, 'v', 0, HOME, IPHONE, "", P}}},
    {"two scanners in a row, alike",
     0,
     {{20, 'c', 1, OFFICE, WINDOWS, "", U},
      {45, 'c', 1, "203.0.113.9", WINDOWS, "", U}}},
    {"two people, one after the other",
     0,
     {{1800, 'c', 1, PHONE, IPHONE, "", P},
      {5400, 'c', 1, OFFICE, WINDOWS, "", P}}},
    {"two people at once",
     0,
     {{1800, 'c', 1, PHONE, IPHONE, "", U},
      {1810, 'c', 1, OFFICE, WINDOWS, "", U}}},
    {"two devices of one network",
     0,
     {{1800, 'c', 1, HOME, IPHONE, "", P},
      {1810, 'c', 1, "203.0.113.99", WINDOWS, "", P}}},
    {"two networks, one system",
     0,
     {{1800, 'c', 1, HOME, IPHONE, "", P},
      {1810, 'c', 1, PHONE, IPHONE, "", P}}},
    {"a forwarder",
     0,
     {{1800, 'c', 1, PHONE, IPHONE, "", P},
      {90000, 'c', 1, OFFICE, MAC, "", P},
      {90100, 'c', 2, OFFICE, MAC, "", P}}},
    {"opened and clicked",
     0,
     {{600, 'o', 0, HOME, THUNDERBIRD, "", U},
      {620, 'c', 1, HOME, WINDOWS, "", P}}},
    {"an open is no second interaction",
     0,
     {{10, 'o', 0, PHONE, IPHONE, "", U}, {60, 'c', 1, PHONE, IPHONE, "", U}}},
    {"a view of the message", 0, {{1800, 'v', 0, HOME, MAC, "", P}}},
    {"an answer",
     0,
     {{30, 'v', 0, PHONE, ANDROID, "", P},
      {75, 'a', 0, PHONE, ANDROID, "", P}}},
    {"a form asked for says nothing of who did",
     0,
     {{1800, 'f', 1, PHONE, ANDROID, "", U},
      {1830, 'a', 0, PHONE, ANDROID, "", P}}},
    {"a form lends a click no second interaction",
     0,
     {{20, 'c', 1, PHONE, IPHONE, "", U}, {50, 'f', 1, PHONE, IPHONE, "", U}}},
    {"a form before arrival", 0, {{-1, 'f', 1, OFFICE, WINDOWS, "", M}}},
    {"an answer within seconds",
     0,
     {{3, 'v', 0, PHONE, ANDROID, "", U}, {6, 'a', 0, PHONE, ANDROID, "", U}}},
    {"a click when the 250 is not known",
     1,
     {{1800, 'c', 1, PHONE, IPHONE, "", U}}},
    {"two clicks when the 250 is not known",
     1,
     {{1800, 'c', 1, PHONE, IPHONE, "", P},
      {1900, 'c', 2, PHONE, IPHONE, "", P}}},
    {"Gmail prefetch and a person's click",
     0,
     {{3, 'o', 0, GOOGLE, GMAIL_AHEAD, "", M},
      {800, 'o', 0, GOOGLE, GMAIL, "", PX},
      {830, 'c', 1, HOME, WINDOWS, "", P}}},
    {"Apple prefetch and a person's click through the relay",
     0,
     {{3, 'o', 0, APPLE, MOZ, "", M}, {830, 'c', 1, APPLE, IPHONE, "", P}}},
};

#define SEQUENCES (sizeof(sequences) / sizeof(sequences[0]))

static const struct agents *agents;
static char dir[] = "/tmp/acuse-agents-XXXXXX";

static void
put(const char *name, struct slice text)
{
	char path[128];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_write(path, text, 0600, &e), RC_OK);
}

static void
take(const char *name, char path[128])
{
	(void)snprintf(path, 128, "%s/%s", dir, name);
}

/* The built-in rules and ranges, with Apple's list, which is built in empty,
 * filled. */
static int
setup(void **state)
{
	const struct embedded_file *f = NULL;
	struct err e = {0};
	char path[128];

	(void)state;
	assert_non_null(mkdtemp(dir));
	take("ranges", path);
	assert_int_equal(dir_make(path, 0700, &e), RC_OK);
	while ((f = embedded_next("conf/ranges/", f)) != NULL)
		put(f->name + sizeof("conf/") - 1, slice_of(f->data, f->size));
	put("ranges/apple-egress.txt",
	    SLICE("172.224.240.0/24,US,US-CA,Cupertino,\n"
		  "172.224.241.16/28,US,US-CA,Cupertino,\n"));
	put("ranges/hosting.txt", SLICE("198.18.0.0/20\n"));
	f = embedded_find("conf/agents.conf");
	assert_non_null(f);
	put("agents.conf", slice_of(f->data, f->size));
	take("agents.conf", path);
	if (agents_load(path, NULL, &agents, &e) != RC_OK)
		fail_msg("%s: %s", e.pointer, e.text);
	return 0;
}

static int
teardown(void **state)
{
	char command[160];

	(void)state;
	agents_unref(agents);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void
test_built_in(void **state)
{
	const struct agents *a = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(agents_load(NULL, NULL, &a, &e), RC_OK);
	agents_unref(a);
}

#define T0 INT64_C(1800000000000000)

static const struct agent_times unknown = {INT64_MIN, INT64_MIN};
static const struct agent_times accepted = {T0, T0};

static void
hit_of(const struct step *s, struct agent_hit *out)
{
	*out =
	    (struct agent_hit){.hit = {.time_us = T0 + (int64_t)(s->at_s * 1e6),
				       .kind = HIT_CLICK,
				       .method = HIT_GET,
				       .index = (uint16_t)s->link,
				       .agent = slice_z(s->agent),
				       .signals = slice_z(s->signals)}};
	if (strcmp(s->address, NONE) != 0)
		assert_true(addr_parse(slice_z(s->address), &out->hit.address));
	if (strchr("ohq", s->what))
		out->hit.kind = HIT_OPEN;
	if (s->what == 'v' || s->what == 'a')
		out->hit.kind = HIT_VIEW;
	if (s->what == 'f')
		out->hit.kind = HIT_VISIT;
	out->answered = s->what == 'a';
	if (strchr("Hh", s->what))
		out->hit.method = HIT_HEAD;
	if (s->what == 'O')
		out->hit.method = HIT_OPTIONS;
	if (strchr("qa", s->what))
		out->hit.method = HIT_POST;
}

static void
test_sequences(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < SEQUENCES; i++) {
		const struct sequence *q = &sequences[i];
		struct agent_hit hits[8];
		size_t n = 0;

		while (n < 8 && q->steps[n].what) {
			hit_of(&q->steps[n], &hits[n]);
			n++;
		}
		agents_classify(agents, hits, n,
				q->undelivered ? &unknown : &accepted);
		for (size_t k = 0; k < n; k++) {
			if ((int)hits[k].class == q->steps[k].want)
				continue;
			print_error("%s: hit %zu is %s by %s, not %s\n",
				    q->name, k, agent_class_name(hits[k].class),
				    hits[k].rule,
				    agent_class_name(
					(enum agent_class)q->steps[k].want));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	assert_true(SEQUENCES >= 60);
}

static void
test_open_is_never_a_person(void **state)
{
	(void)state;
	for (size_t i = 0; i < SEQUENCES; i++)
		for (size_t k = 0; k < 8 && sequences[i].steps[k].what; k++)
			if (strchr("ohq", sequences[i].steps[k].what))
				assert_int_not_equal(sequences[i].steps[k].want,
						     P);
}

struct bad {
	const char *text, *at, *words;
};

static void
test_refused(void **state)
{
	static const struct bad all[] = {
	    {"rule \"x\" { class = machine }", ":1", "on"},
	    {"rule \"x\" { on = {\"open\"} }", ":1", "class"},
	    {"rule \"x\" { on = {\"open\"} class = person_likely }", ":1",
	     "reading"},
	    {"rule \"x\" {\non = {\"shut\"}\nclass = machine }", ":2", "shut"},
	    {"rule \"x\" { on = {\"open\"}\nagent = \"(\"\nclass = machine }",
	     ":2", "agent"},
	    {"rule \"x\" { on = {\"open\"} class = machine\nburst = 99 }", ":2",
	     "burst"},
	    {"rule \"x\" { on = {\"open\"} class = machine burst = 3 }", ":1",
	     "within"},
	    {"rule \"x\" { on = {\"open\"} class = machine\nafter = \"5\" }",
	     ":2", "time"},
	    {"rule \"x\" { on = {\"open\"} class = human }", ":1", "human"},
	    {"rule \"x\" { on = {\"open\"} class = machine\ncolour = red }",
	     ":2", "colour"},
	    {"rule \"x\" { on = {\"open\"} class = machine\non = {\"view\"} }",
	     ":2", "twice"},
	    {"rule \"x\" { on = {\"open\"} class = machine "
	     "ranges = {\"y\"} }",
	     ":1", "\"y\""},
	    {"ranges \"y\" { file = \"absent.txt\" }", ":1", "absent.txt"},
	    {"ranges \"y\" { file = \"r.txt\" }", "r.txt:3", "10.0.0.1/8"},
	    {"rule \"x\" { on = {\"open\"} class = machine }\n"
	     "rule \"x\" { on = {\"view\"} class = machine }",
	     ":2", "two rules"},
	    {"", "", "no rule"},
	    {"nonsense", "", ""},
	};
	const struct agents *a = NULL;
	struct err e;
	char path[128];

	(void)state;
	put("r.txt", SLICE("10.0.0.0/8\n# fine\n10.0.0.1/8\n"));
	take("a.conf", path);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		e = (struct err){0};
		put("a.conf", slice_z(all[i].text));
		assert_int_not_equal(agents_load(path, NULL, &a, &e), RC_OK);
		if (!strstr(e.pointer, all[i].at) ||
		    !strstr(e.text, all[i].words))
			fail_msg("%s: %s %s", all[i].text, e.pointer, e.text);
	}
}

static void
test_hash_follows_rules_and_ranges(void **state)
{
	struct slice rules = SLICE("ranges \"y\" { file = \"r.txt\" }\n"
				   "rule \"x\" { on = {\"open\"} ranges = "
				   "{\"y\"} class = relay }\n");
	uint8_t h[3][SHA256_SIZE];
	const struct agents *a = NULL;
	struct err e;
	char path[128];

	(void)state;
	take("a.conf", path);
	put("a.conf", rules);
	for (size_t i = 0; i < 3; i++) {
		put("r.txt", i == 2 ? SLICE("10.0.0.0/8,AR,Buenos Aires\n")
				    : SLICE("10.0.0.0/9\n"));
		assert_int_equal(agents_load(path, NULL, &a, &e), RC_OK);
		agents_hash(a, h[i]);
		agents_unref(a);
	}
	assert_memory_equal(h[0], h[1], SHA256_SIZE);
	assert_memory_not_equal(h[0], h[2], SHA256_SIZE);
}

/* A hostile User-Agent costs bounded time and matches nothing. */
static void
test_hostile_agent(void **state)
{
	static char agent[HIT_AGENT_MAX];
	struct step s = {700, 'o', 0, GOOGLE, "x", "", U};
	struct agent_hit h;

	(void)state;
	memset(agent, ' ', sizeof(agent));
	memcpy(agent, "Chrome/42.0.2311.135 ", 21);
	hit_of(&s, &h);
	h.hit.agent = slice_of(agent, sizeof(agent));
	agents_classify(agents, &h, 1, &accepted);
	assert_int_equal(h.class, U);
}

static void
test_many_hits(void **state)
{
	static struct agent_hit hits[AGENT_HITS_MAX];
	struct step s = {700, 'c', 0, HOME, WINDOWS, "", U};

	(void)state;
	for (size_t i = 0; i < AGENT_HITS_MAX; i++) {
		s.link = (int)i % 2;
		hit_of(&s, &hits[i]);
	}
	agents_classify(agents, hits, AGENT_HITS_MAX, &accepted);
	assert_int_equal(hits[AGENT_HITS_MAX - 1].class, P);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_built_in),
	    cmocka_unit_test(test_sequences),
	    cmocka_unit_test(test_open_is_never_a_person),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_hash_follows_rules_and_ranges),
	    cmocka_unit_test(test_hostile_agent),
	    cmocka_unit_test(test_many_hits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
