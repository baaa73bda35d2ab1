#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/codec.h"
#include "base/file.h"
#include "mailer/mime.h"
#include "templates/links.h"
#include "templates/pdf.h"
#include "templates/preview.h"
#include "templates/sample.h"

/*
 * What composing a message costs a core, without signing: a reminder with all
 * that it can have, rendered, its links rewritten, written as MIME.  The peer
 * does the same in Node (mustache, cheerio and nodemailer's compiler, by
 * compose_peer.js) on the same HTML and data.  Then the scanner alone on 37 KB
 * of HTML, and a page of PDF.
 */

#define MESSAGES 20000
#define SCANS 20000
#define PAGES 100
#define FOREIGN_BYTES 37000

struct bench {
	struct catalog *catalog;
	struct locale *locale;
	struct catalog_mail mail;
	struct arena data_arena, arena;
	const struct datum *data;
	struct sbuf subject, html, linked, text, mime;
	struct link_writer writer;
};

static struct err error;

/* Of this process alone, so that a busy machine counts for less. */
static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void
must(enum rc rc)
{
	if (rc)
		die("%s: %s", error.pointer, error.text);
}

static void
add_link(struct link_writer *w, unsigned index, struct slice destination,
	 struct sbuf *out)
{
	(void)w;
	(void)index;
	sbuf_add_z(out, "https://t.alojarsur.example/c/AQABAAEAAAAAAAAAAAAA"
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/");
	base64url_encode(destination, out);
}

static void
rewrite(struct bench *b, struct slice html)
{
	struct slice hosts[] = {SLICE("alojarsur.example")};
	struct links_input in = {
	    .html = html,
	    .hosts = hosts,
	    .host_count = 1,
	    .own_url = SLICE("https://t.alojarsur.example"),
	    .writer = &b->writer,
	    .pixel_url = SLICE("https://t.alojarsur.example/o/x"),
	};
	struct links_result res = {.destination_count = 0};

	sbuf_reset(&b->linked);
	must(links_rewrite(&in, &b->arena, &b->linked, &res, &error));
}

static void
render(struct bench *b)
{
	sbuf_reset(&b->subject);
	sbuf_reset(&b->html);
	sbuf_reset(&b->text);
	must(template_render(b->mail.subject, b->data, b->locale, &b->subject,
			     &error));
	must(template_render(b->mail.html, b->data, b->locale, &b->html,
			     &error));
	must(template_render(b->mail.text, b->data, b->locale, &b->text,
			     &error));
}

static void
write_mime(struct bench *b)
{
	struct mime m = {
	    .mref = {{7}},
	    .date_us = INT64_C(1795284240000000),
	    .message_id = SLICE("a1b2c3d4@alojarsur.example"),
	    .from = {SLICE("Alojar Sur"), SLICE("avisos@alojarsur.example")},
	    .to = {SLICE("Ana P\u00e9rez"), SLICE("ana@cliente.example")},
	    .subject = slice_trim(sbuf_slice(&b->subject)),
	    .language = SLICE("es"),
	    .text = sbuf_slice(&b->text),
	    .html = sbuf_slice(&b->linked),
	};

	sbuf_reset(&b->mime);
	must(mime_write(&m, &b->mime, &error));
}

static void
setup(struct bench *b)
{
	must(catalog_load(NULL, &b->catalog, &error));
	must(catalog_mail(b->catalog, SLICE("reminder"), SLICE("es_AR"),
			  SLICE("es"), &b->mail, &error));
	must(locale_get(SLICE("es_AR"), SLICE("UTC"), &b->locale, &error));
	arena_init(&b->data_arena, 8 << 20);
	arena_init(&b->arena, 64 << 20);
	b->data = sample_mail(SLICE("reminder"), SAMPLE_FULL, SLICE("es_AR"),
			      &b->data_arena);
	b->writer.add = add_link;
	sbuf_init(&b->subject, 1 << 20);
	sbuf_init(&b->html, 4 << 20);
	sbuf_init(&b->linked, 4 << 20);
	sbuf_init(&b->text, 4 << 20);
	sbuf_init(&b->mime, 16 << 20);
}

static double
messages_per_second(struct bench *b)
{
	int64_t start_us = cpu_us();

	for (int i = 0; i < MESSAGES; i++) {
		arena_reset(&b->arena);
		render(b);
		rewrite(b, sbuf_slice(&b->html));
		write_mime(b);
	}
	return MESSAGES * 1e6 / (double)(cpu_us() - start_us);
}

static double
renders_per_second(struct bench *b)
{
	int64_t start_us = cpu_us();

	for (int i = 0; i < MESSAGES; i++)
		render(b);
	return MESSAGES * 1e6 / (double)(cpu_us() - start_us);
}

/* Rows of a table as newsletters have them, a link in every sixth. */
static double
scan_us(struct bench *b)
{
	struct sbuf html;
	int64_t start_us;

	sbuf_init(&html, 1 << 20);
	sbuf_add_z(&html, "<html><head><style>p{color:red}</style></head>"
			  "<body><table>");
	for (int i = 0; html.n < FOREIGN_BYTES; i++) {
		sbuf_add_z(&html,
			   "<tr><td align=\"center\" style=\"padding:12px "
			   "24px;font-family:Arial,sans-serif;color:#333\" "
			   "class=\"cell\">Su servicio vence pronto</td></tr>");
		if (i % 6 == 0)
			sbuf_addf(&html,
				  "<a href=\"https://alojarsur.example/pay/%d?"
				  "a=1&amp;b=2\" style=\"color:#fff\">Pagar"
				  "</a>",
				  i);
	}
	sbuf_add_z(&html, "</table></body></html>");
	start_us = cpu_us();
	for (int i = 0; i < SCANS; i++) {
		arena_reset(&b->arena);
		rewrite(b, sbuf_slice(&html));
	}
	start_us = cpu_us() - start_us;
	sbuf_fini(&html);
	return (double)start_us / SCANS;
}

static double
page_ms(struct bench *b)
{
	int64_t start_us = cpu_us();

	for (int i = 0; i < PAGES; i++) {
		sbuf_reset(&b->mime);
		must(pdf_render(PDF_PROFORMA, b->data, b->locale,
				INT64_C(1795284240000000), &b->mime, &error));
	}
	return (double)(cpu_us() - start_us) / 1000 / PAGES;
}

/* The peer reads HTML, text and subject, already rendered by us, and puts the
 * values of a map in; negative when Node or its modules are not there. */
static double
peer_per_second(struct bench *b)
{
	const char *root = getenv("SRC_DIR"), *build = getenv("BUILD_DIR");
	const char *modules = getenv("BENCH_MODULES");
	char command[8192], line[64] = "";
	double rate = -1;
	FILE *p;

	render(b);
	(void)snprintf(command, sizeof(command), "%s/bench-reminder.html",
		       build ? build : "/tmp");
	must(file_write(command, sbuf_slice(&b->html), 0600, &error));
	(void)snprintf(command, sizeof(command),
		       "NODE_PATH=%s node %s/tests/bench/compose_peer.js "
		       "%s/bench-reminder.html 2>/dev/null",
		       modules ? modules : "", root ? root : ".",
		       build ? build : "/tmp");
	p = popen(command, "r");
	if (!p)
		return -1;
	if (fgets(line, sizeof(line), p))
		rate = strtod(line, NULL);
	return pclose(p) == 0 && rate > 0 ? rate : -1;
}

int
main(void)
{
	static struct bench b;
	double ours, peer;

	setup(&b);
	ours = messages_per_second(&b);
	peer = peer_per_second(&b);
	printf("compose.message %.0f messages/s node-mustache-cheerio-"
	       "nodemailer ",
	       ours);
	if (peer > 0)
		printf("%.0f\n", peer);
	else
		printf("-\n");
	printf("compose.render %.0f messages/s\n", renders_per_second(&b));
	printf("compose.links_37k %.1f us\n", scan_us(&b));
	printf("compose.pdf_page %.1f ms\n", page_ms(&b));
	catalog_free(b.catalog);
	return 0;
}
