#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mailer/letter.h"
#include "templates/catalog.h"
#include "templates/sample.h"

static const struct {
	const char *basis, *locale, *says;
} footers[] = {
    {"contract", "es_AR", " (por el contrato que tenemos con usted)."},
    {"Contract", "it", " (in base al contratto con Lei)."},
    {"contract", "en", " (under our contract with you)."},
    {"legal duty", "es", " (por obligación legal)."},
    {"legal obligation", "it", " (per obbligo di legge)."},
    {"Legal duty", "en", " (as the law requires of us)."},
    {"legitimate interest", "es", " (por nuestro interés legítimo)."},
    {"legitimate interests", "it", " (per nostro legittimo interesse)."},
    {"legitimate interest", "en",
     " (on the ground of our legitimate "
     "interest)."},
    {"consent", "es", " (con su consentimiento)."},
    {"", "es", " (con su consentimiento)."},
    {"consent", "it", " (con il Suo consenso)."},
    {"", "en", " (with your consent)."},
    {"art. 6.1.b RGPD", "it", " (art. 6.1.b RGPD)."},
    {"our contract with <you>", "es", " (our contract with <you>)."},
};

static bool
says(const struct template *t, const struct datum *data, struct locale *l,
     const char *what)
{
	struct err e = {0};
	struct sbuf out;
	bool found;

	sbuf_init(&out, 1 << 16);
	if (template_render(t, data, l, &out, &e) != RC_OK)
		fail_msg("%s: %s", e.pointer, e.text);
	found = slice_find(sbuf_slice(&out), slice_z(what)) >= 0;
	if (!found)
		print_error("no '%s' in %s\n", what, sbuf_z(&out));
	sbuf_fini(&out);
	return found;
}

/* A brand's ground is configured once, and its customers have languages. */
static void
a_footer_names_the_ground_in_its_own_language(void **state)
{
	struct catalog *c;
	struct err e = {0};

	(void)state;
	assert_int_equal(catalog_load(NULL, &c, &e), RC_OK);
	for (size_t i = 0; i < sizeof(footers) / sizeof(footers[0]); i++) {
		struct slice locale = slice_z(footers[i].locale);
		struct brand b = {.name = "b",
				  .title = "B",
				  .website = "https://b.example",
				  .support_url = "",
				  .logo_url = "",
				  .color = "#000000",
				  .postal_address = "",
				  .tax_id = "",
				  .from_address = "b@b.example",
				  .reply_to = "",
				  .tracking_basis = footers[i].basis};
		struct catalog_mail mail;
		struct datum *data;
		struct locale *l;
		struct arena a;

		arena_init(&a, 1 << 20);
		data = sample_mail(SLICE("reminder"), SAMPLE_FULL, locale, &a);
		datum_set(data, "brand", letter_brand(&b, &a));
		assert_int_equal(catalog_mail(c, SLICE("reminder"), locale,
					      SLICE("en"), &mail, &e),
				 RC_OK);
		assert_int_equal(
		    locale_get(slice_z(mail.locale), SLICE("UTC"), &l, &e),
		    RC_OK);
		assert_true(says(mail.text, data, l, footers[i].says));
		arena_fini(&a);
	}
	catalog_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_footer_names_the_ground_in_its_own_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
