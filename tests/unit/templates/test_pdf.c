#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "templates/document.h"
#include "templates/sample.h"

/* These libraries share tables by atomics that TSan does not see, since they
 * were built without it. */
const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
	return "race:libharfbuzz\nrace:libpango\nrace:libcairo\n"
	       "race:libfontconfig\nrace:libglib\nrace:libgobject\n"
	       "race:libfreetype\n";
}

#define CREATED (INT64_C(1795284240) * 1000000)

static struct locale *
get_locale(const char *name)
{
	struct locale *l = NULL;
	struct err e;

	if (locale_get(slice_z(name), SLICE("America/Argentina/Buenos_Aires"),
		       &l, &e))
		fail_msg("%s", e.text);
	return l;
}

static void
render(enum pdf_kind kind, const struct datum *d, struct sbuf *out)
{
	struct err e;

	sbuf_reset(out);
	if (pdf_render(kind, d, get_locale("es_AR"), CREATED, out, &e))
		fail_msg("%s", e.text);
}

static size_t
count(struct slice s, const char *needle)
{
	size_t n = 0;
	ptrdiff_t at;

	while ((at = slice_find(s, slice_z(needle))) >= 0) {
		s = slice_skip(s, (size_t)at + 1);
		n++;
	}
	return n;
}

static struct datum *
sample(struct arena *a, const char *mail, enum sample_fill fill)
{
	return sample_mail(slice_z(mail), fill, SLICE("es_AR"), a);
}

static void
test_bytes(void **state)
{
	struct sbuf one, two;
	struct slice s;
	struct arena a;

	(void)state;
	arena_init(&a, 8 << 20);
	sbuf_init(&one, 8 << 20);
	sbuf_init(&two, 8 << 20);
	render(PDF_PROFORMA, sample(&a, "proforma", SAMPLE_FULL), &one);
	render(PDF_PROFORMA, sample(&a, "proforma", SAMPLE_FULL), &two);
	s = sbuf_slice(&one);
	assert_true(slice_eq(s, sbuf_slice(&two)));
	assert_true(slice_starts(s, SLICE("%PDF-")));
	assert_true(count(s, "/StructTreeRoot") > 0);
	assert_true(count(s, "/FontFile2") > 0);
	assert_true(
	    count(s, "/URI (https://alojarsur.example/pay/1042?a=1&b=2)") > 0);
	assert_int_equal(count(s, "/CreationDate (20261121180400Z)"), 1);
	render(PDF_RECEIPT, sample(&a, "receipt", SAMPLE_FULL), &one);
	assert_int_equal(count(sbuf_slice(&one), "/URI ("), 0);
	render(PDF_PROFORMA, sample(&a, "proforma", SAMPLE_MANY), &one);
	render(PDF_PROFORMA, sample(&a, "proforma", SAMPLE_BARE), &one);
	sbuf_fini(&one);
	sbuf_fini(&two);
	arena_fini(&a);
}

static struct datum *
with_lines(struct arena *a, int n, const char *description)
{
	struct datum *d = sample(a, "proforma", SAMPLE_FULL);
	struct datum *invoice = datum_map(a), *lines = datum_list(a);
	struct datum *invoices = datum_list(a);
	struct money m = {1234567, "ARS"};

	for (int i = 0; i < n; i++) {
		struct datum *line = datum_map(a);

		datum_set(line, "description", datum_text_z(a, description));
		datum_set(line, "quantity", datum_text_z(a, "1"));
		datum_set(line, "amount", datum_money(a, m));
		datum_add(lines, line);
	}
	datum_set(invoice, "number", datum_text_z(a, "PF-1"));
	datum_set(invoice, "total", datum_money(a, m));
	datum_set(invoice, "balance", datum_money(a, m));
	datum_set(invoice, "due_on", datum_date(a, 20000));
	datum_set(invoice, "lines", lines);
	datum_add(invoices, invoice);
	datum_set(d, "invoices", invoices);
	return d;
}

static void
test_pages(void **state)
{
	struct sbuf b;
	struct arena a;
	struct err e;

	(void)state;
	arena_init(&a, 64 << 20);
	sbuf_init(&b, 64 << 20);
	render(PDF_PROFORMA, with_lines(&a, 100, "Hosting"), &b);
	assert_int_equal(count(sbuf_slice(&b), "/Count 4"), 1);
	sbuf_reset(&b);
	assert_int_equal(pdf_render(PDF_PROFORMA,
				    with_lines(&a, 20000, "Hosting"),
				    get_locale("es"), CREATED, &b, &e),
			 RC_LIMIT);
	assert_non_null(strstr(e.text, "over 200 pages"));
	sbuf_fini(&b);
	arena_fini(&a);
}

/* Names are not ours: whatever they hold is shown, or refused by name. */
static void
test_hostile_data(void **state)
{
	static const char *const names[] = {
	    "</td><script>",
	    "{{evil}}",
	    "a\r\nBcc: b",
	    "a\u202eb",
	    "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
	    "\U0001f600",
	    "(\\)'",
	    "%s%n"};
	struct datum *d, *customer;
	char *big;
	struct sbuf b;
	struct arena a;
	struct err e;

	(void)state;
	arena_init(&a, 64 << 20);
	sbuf_init(&b, 64 << 20);
	customer = datum_map(&a);
	d = sample(&a, "proforma", SAMPLE_FULL);
	datum_set(d, "customer", customer);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		datum_set(customer, "name", datum_text_z(&a, names[i]));
		render(PDF_PROFORMA, d, &b);
	}
	big = arena_alloc(&a, (1 << 20) + 1);
	memset(big, 'W', 1 << 20);
	datum_set(customer, "name", datum_text_z(&a, big));
	assert_int_equal(
	    pdf_render(PDF_PROFORMA, d, get_locale("es"), CREATED, &b, &e),
	    RC_LIMIT);
	assert_non_null(strstr(e.text, "'customer.name'"));
	big[1500] = '\0';
	datum_set(customer, "name", datum_text_z(&a, big));
	render(PDF_PROFORMA, d, &b);
	datum_set(customer, "name", datum_text_z(&a, "\xff"));
	assert_int_equal(
	    pdf_render(PDF_PROFORMA, d, get_locale("es"), CREATED, &b, &e),
	    RC_INVALID);
	datum_set(customer, "name", datum_null(&a));
	assert_int_equal(
	    pdf_render(PDF_PROFORMA, d, get_locale("es"), CREATED, &b, &e),
	    RC_INVALID);
	assert_non_null(strstr(e.text, "'customer.name'"));
	sbuf_fini(&b);
	arena_fini(&a);
}

/* What a reader finds by searching; needs poppler-utils. */
static void
test_searchable(void **state)
{
	char pdf[] = "/tmp/acuse-pdf-XXXXXX", command[128], found[4096];
	int fd = mkstemp(pdf);
	struct sbuf b;
	struct arena a;
	struct err e;
	size_t n;
	FILE *f;

	(void)state;
	if (system("command -v pdftotext >/dev/null")) {
		print_message("skipped: pdftotext is not there\n");
		skip();
	}
	arena_init(&a, 8 << 20);
	sbuf_init(&b, 8 << 20);
	render(PDF_PROFORMA, sample(&a, "proforma", SAMPLE_FULL), &b);
	assert_int_equal(file_write(pdf, sbuf_slice(&b), 0600, &e), 0);
	snprintf(command, sizeof(command), "pdftotext %s - 2>/dev/null", pdf);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(found, 1, sizeof(found) - 1, f);
	found[n] = '\0';
	pclose(f);
	assert_non_null(strstr(found, "Ana P\u00e9rez"));
	assert_non_null(strstr(found, "PF-1042"));
	assert_non_null(strstr(found, "12.345,67"));
	assert_non_null(strstr(found, "21 de noviembre de 2026"));
	remove(pdf);
	(void)fd;
	sbuf_fini(&b);
	arena_fini(&a);
}

static void
render_some(void *arg)
{
	struct arena a;
	struct sbuf b;

	(void)arg;
	arena_init(&a, 8 << 20);
	sbuf_init(&b, 8 << 20);
	for (int i = 0; i < 3; i++)
		render(PDF_PROFORMA, sample(&a, "proforma", SAMPLE_MANY), &b);
	sbuf_fini(&b);
	arena_fini(&a);
}

static void
test_threads(void **state)
{
	struct thread t[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		thread_start(&t[i], "pdf", render_some, NULL);
	for (int i = 0; i < 2; i++)
		thread_join(&t[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_hostile_data),
	    cmocka_unit_test(test_searchable),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
