/* A word that one language lacks would make a page fail there alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/sbuf.h"
#include "conf/policy.h"
#include "proof/ledger.h"
#include "queue/answers.h"
#include "queue/state.h"
#include "templates/catalog.h"
#include "tracker/agents.h"

static const char *const languages[] = {"en", "es", "it"};

static struct catalog *catalog;
static struct sbuf texts[3];

static int
load(void **state)
{
	struct err e = {0};

	(void)state;
	if (catalog_load(NULL, &catalog, &e) != RC_OK) {
		print_error("%s: %s\n", e.pointer, e.text);
		return -1;
	}
	for (int i = 0; i < 3; i++) {
		struct catalog_page page;
		struct locale *l;
		struct arena a;

		arena_init(&a, 1 << 20);
		sbuf_init(&texts[i], 1 << 20);
		sbuf_add_c(&texts[i], '\n');
		if (catalog_page(catalog, SLICE("words"), slice_z(languages[i]),
				 SLICE("en"), &page, &e) != RC_OK ||
		    locale_get(slice_z(languages[i]), SLICE("UTC"), &l, &e) !=
			RC_OK ||
		    template_render(page.html, datum_map(&a), l, &texts[i],
				    &e) != RC_OK) {
			print_error("%s: %s\n", e.pointer, e.text);
			return -1;
		}
		arena_fini(&a);
	}
	return 0;
}

static int
unload(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		sbuf_fini(&texts[i]);
	catalog_free(catalog);
	return 0;
}

static bool
has(int language, const char *key)
{
	char line[160];

	snprintf(line, sizeof(line), "\n%s =", key);
	return slice_find(sbuf_slice(&texts[language]), slice_z(line)) >= 0;
}

static void
want(const char *prefix, const char *name)
{
	for (int i = 0; i < 3; i++) {
		char key[160];

		snprintf(key, sizeof(key), "%s_%s", prefix, name);
		if (!has(i, key))
			fail_msg("words.%s.html has no %s", languages[i], key);
	}
}

static void
test_every_language_has_the_same_words(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct slice rest = sbuf_slice(&texts[i]);

		while (rest.p != NULL) {
			struct slice line = slice_cut(&rest, '\n'), key;
			char z[160];

			if (slice_find_c(line, '=') < 0)
				continue;
			key = slice_trim(slice_cut(&line, '='));
			snprintf(z, sizeof(z), "%.*s", SLICE_ARG(key));
			for (int k = 0; k < 3; k++)
				if (!has(k, z))
					fail_msg("words.%s.html has no %s",
						 languages[k], z);
		}
	}
}

static void
test_all_states_facts_and_events_are_told(void **state)
{
	(void)state;
	for (int i = 0; i < MESSAGE_STATES; i++) {
		want("state", message_state_name(i));
		want("detail", message_state_name(i));
	}
	for (unsigned bit = FACT_RELAY_ACCEPTED; bit <= FACT_HOLDER; bit <<= 1)
		want("fact", fact_name((enum fact)bit));
	for (int i = 0; i < AGENT_CLASSES; i++)
		want("class", agent_class_name((enum agent_class)i));
	for (int kind = KIND_NOTICE_RELEASED; kind <= KIND_MESSAGE_FORGOTTEN;
	     kind++)
		if (kind_name(kind) != NULL)
			want("event", kind_name(kind));
	for (int i = 0; i < ANSWERS; i++) {
		want("answer", answers_name((enum answer_kind)i));
		want("next", answers_name((enum answer_kind)i));
	}
}

static void
test_each_rule_of_a_field_is_told(void **state)
{
	static const char *const rules[] = {
	    "choose",	"required",  "date", "date_ahead", "date_old",
	    "long_200", "long_1000", "busy", "many"};
	static const char *const labels[] = {"paid_on", "paid_by", "reference",
					     "why"};

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		want("rule", rules[i]);
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		want("field", labels[i]);
}

static void
test_all_templates_have_a_title(void **state)
{
	const struct slice *names;
	size_t n = catalog_mails(catalog, &names);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char z[100];

		snprintf(z, sizeof(z), "%.*s", SLICE_ARG(names[i]));
		if (z[0] != '_')
			want("title", z);
	}
}

/* EVIDENCE.md: each fact is told as what it is. */
static void
test_nothing_is_said_to_be_read(void **state)
{
	static const char *const claims[] = {
	    "fehaciente", "burofax",  "registered", "raccomandata",
	    "leído por",  "was read", "fue leído",  "è stato letto dal"};

	(void)state;
	for (int i = 0; i < 3; i++)
		for (size_t k = 0; k < sizeof(claims) / sizeof(*claims); k++)
			assert_true(slice_find(sbuf_slice(&texts[i]),
					       slice_z(claims[k])) < 0);
}

/* Nor to be opened: images were loaded, links requested, by whomever.  A
 * dispute may be open. */
static void
test_nothing_is_said_to_be_opened(void **state)
{
	static const char *const claims[] = {
	    "opened", " abre", "se abr", "abiert", "apert", " apre", "followed",
	};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct slice rest = sbuf_slice(&texts[i]);

		while (rest.p != NULL) {
			struct slice line = slice_cut(&rest, '\n'), key;

			key = slice_cut(&line, '=');
			if (slice_starts(key, SLICE("title_dispute-")))
				continue;
			for (size_t k = 0; k < sizeof(claims) / sizeof(*claims);
			     k++)
				if (slice_find(line, slice_z(claims[k])) >= 0)
					fail_msg("words.%s.html: %.*s",
						 languages[i], SLICE_ARG(line));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_language_has_the_same_words),
	    cmocka_unit_test(test_all_states_facts_and_events_are_told),
	    cmocka_unit_test(test_each_rule_of_a_field_is_told),
	    cmocka_unit_test(test_all_templates_have_a_title),
	    cmocka_unit_test(test_nothing_is_said_to_be_read),
	    cmocka_unit_test(test_nothing_is_said_to_be_opened),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
