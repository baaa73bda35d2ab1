/* What the rules that came with it make of names alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tracker/agents.h"

#define T0 INT64_C(1800000000000000)
#define SAFARI(more)                                                           \
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) "              \
	"AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148" more

/* Each by its owner's own page on it, or as seen. */
static const char *const robots[] = {
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; "
    "GPTBot/1.2; +https://openai.com/gptbot)",
    "ClaudeBot/1.0",
    "Mozilla/5.0 (compatible; YandexBot/3.0)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0)",
    "Mozilla/5.0 (compatible; Yahoo! Slurp)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1",
    "WhatsApp/2.23.20.0 A",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "BarracudaCentral/1.0",
    "Mozilla/5.0 (Windows NT 6.1; Trident/5.0) ProofPoint",
    "Google-Safety",
    "Mozilla/5.0 (compatible; Google-InspectionTool/1.0)",
    "Iframely/1.3.1 (+https://iframely.com/docs/about)",
    "Mozilla/5.0 (compatible; Nobody knows; +https://a.example/fetcher)",
    "Apache-HttpClient/4.5.13 (Java/11.0.2)",
    "Java/1.8.0_191",
    "okhttp/4.9.3",
    "Go-http-client/1.1",
    "axios/1.6.0",
    "node-fetch/1.0",
    "libwww-perl/6.05",
    "Wget/1.21",
    "curl/8.5.0",
    "python-requests/2.31.0",
    "PhantomJS/2.1",
    "Apache-HttpAsyncClient/4.1",
    "ReactorNetty/1.1.0",
    "reqwest/0.11",
    "Faraday v2.7.10",
    "WordPress/6.4; https://x.example",
    "Mozilla/5.0 zgrab/0.x",
    "FeedFetcher-Google",
    "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
    "SophosLabs URL Scanner",
    "Symantec Email Security.cloud",
    "Mozilla/5.0 (compatible; TM-WRS/1.0)",
    "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1; TrendMicro)",
    "Mozilla/5.0 (compatible; bitdefender-trafficlight)",
    "Mozilla/5.0 (compatible; Cisco IronPort)",
    "Mozilla/5.0 (compatible; FortiGuard)",
    "Expanse, a Palo Alto Networks company, searches across the Internet",
    "virustotalcloud",
    "urlscan.io",
    "com.apple.LinkPresentation/1 CFNetwork/1490 Darwin/23",
};

/* None has a browser's engine; for whom they ask is not known. */
static const char *const others[] = {
    "Mozilla/5.0",
    "Mozilla",
    "-",
    "Mozilla/5.0 (compatible)",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328)",
    "Mozilla/4.0 (compatible; ms-office; MSOffice rmj)",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; "
    "ms-office; MSOffice 16)",
    "Microsoft Outlook/16.0",
    "Outlook-Android/2.0",
    "MobileSafari/8618.1.15 CFNetwork/1496.0.7 Darwin/23.5.0",
    "Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B Build/TP1A)",
    "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
};

static const char *const browsers[] = {
    SAFARI(" Version/17.4 Safari/604.1"),
    SAFARI(" [LinkedInApp]/9.29"),
    SAFARI(" [FBAN/FBIOS;FBAV/452.0.0.0;FBDV/iPhone14,5]"),
    SAFARI(" Instagram 318.0.0.0 (iPhone14,5; iOS 17_4; es_ES)"),
    "Mozilla/5.0 (Linux; Android 13; CUBOT X50) AppleWebKit/537.36 (KHTML, "
    "like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; CUBOT_NOTE_20) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 "
    "Firefox/125.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 "
    "Thunderbird/115.9.0",
    "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (Mobile; Nokia 8110 4G; rv:48.0) Gecko/48.0 Firefox/48.0 "
    "KAIOS/2.5",
    "Mozilla/5.0 (Linux; Android 13; M2101K7BNY) AppleWebKit/537.36 (KHTML, "
    "like Gecko) Version/4.0 Chrome/124 Mobile Safari/537.36 WhatsApp/2.24.9",
    SAFARI(" MicroMessenger/8.0.38"),
    "Lynx/2.9.0dev.10 libwww-FM/2.14 SSL-MM/1.4.1",
};

static const struct agents *agents;

static int
setup(void **state)
{
	struct err e = {0};

	(void)state;
	return agents_load(NULL, NULL, &agents, &e) != RC_OK;
}

static int
teardown(void **state)
{
	(void)state;
	agents_unref(agents);
	return 0;
}

/* Long after the 250, from nowhere that is known. */
static unsigned
judged_otherwise(const char *name, bool answered, enum agent_class want)
{
	static const struct agent_times accepted = {T0, T0};
	struct agent_hit h = {.hit = {.time_us = T0 + INT64_C(3600000000),
				      .kind = answered ? HIT_VIEW : HIT_CLICK,
				      .method = answered ? HIT_POST : HIT_GET,
				      .agent = slice_z(name)},
			      .answered = answered};

	assert_true(addr_parse(SLICE("203.0.113.7"), &h.hit.address));
	agents_classify(agents, &h, 1, &accepted);
	if (h.class == want)
		return 0;
	print_error("%s%s is %s by %s\n", answered ? "answer: " : "", name,
		    agent_class_name(h.class), h.rule);
	return 1;
}

static void
test_robots(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(robots) / sizeof(robots[0]); i++)
		for (int answered = 0; answered < 2; answered++)
			wrong += judged_otherwise(robots[i], answered,
						  AGENT_MACHINE);
	assert_int_equal(wrong, 0);
}

static void
test_others(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		for (int answered = 0; answered < 2; answered++)
			wrong += judged_otherwise(others[i], answered,
						  AGENT_UNDETERMINED);
	assert_int_equal(wrong, 0);
}

static void
test_browsers(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(browsers) / sizeof(browsers[0]); i++)
		for (int answered = 0; answered < 2; answered++)
			wrong += judged_otherwise(browsers[i], answered,
						  AGENT_PERSON_LIKELY);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_robots),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_browsers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
