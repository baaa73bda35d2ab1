#include "server/template_command.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "mailer/letter.h"
#include "mailer/mime.h"
#include "server/settings.h"
#include "server/state.h"
#include "server/template_data.h"
#include "server/template_send.h"
#include "templates/lint.h"
#include "templates/preview.h"
#include "templates/sample.h"

#define MESSAGE_MAX ((size_t)64 << 20)
#define HOSTS_MAX 256

struct command_state {
	const struct options *o;
	const struct conf *conf; /* NULL: none, so only what is built in */
	const struct brand *brand;
	struct catalog *catalog;
	struct arena arena;
};

static enum rc
open_state(struct command_state *s, struct err *e)
{
	const char *dir = NULL;
	enum rc rc = RC_OK;

	arena_init(&s->arena, 256u << 20);
	if (strcmp(s->o->config, DEFAULT_CONFIG) != 0 ||
	    access(s->o->config, F_OK) == 0)
		rc = settings_load(s->o->config, &s->conf, e);
	if (rc == RC_OK && s->conf && s->o->brand) {
		s->brand = conf_brand(s->conf, slice_z(s->o->brand));
		if (!s->brand)
			rc = err_set(e, RC_NOTFOUND, "there is no brand %s",
				     s->o->brand);
	} else if (rc == RC_OK && s->conf && s->conf->brands_n > 0) {
		s->brand = &s->conf->brands[0];
	}
	if (rc == RC_OK && s->conf && s->conf->template_dir[0] != '\0')
		dir = s->conf->template_dir;
	return rc == RC_OK ? catalog_load(dir, &s->catalog, e) : rc;
}

static void
close_state(struct command_state *s)
{
	catalog_free(s->catalog);
	if (s->conf)
		conf_unref(s->conf);
	arena_fini(&s->arena);
}

static void
print_json(json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	printf("%s\n", text);
	free(text);
	json_decref(j);
}

/* ---- list ---- */

static json_t *
locales_of(const struct command_state *s, struct slice mail)
{
	const struct slice *locales;
	size_t n = catalog_locales(s->catalog, &locales);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		if (catalog_has(s->catalog, mail, locales[i]))
			(void)json_array_append_new(
			    list, json_stringn(locales[i].p, locales[i].n));
	return list;
}

static enum rc
list(const struct command_state *s)
{
	const struct slice *mails;
	size_t n = catalog_mails(s->catalog, &mails), k;

	for (size_t i = 0; i < n; i++) {
		json_t *locales = locales_of(s, mails[i]), *one;

		if (s->o->json) {
			print_json(json_pack("{s:s%, s:o}", "template",
					     mails[i].p, mails[i].n, "locales",
					     locales));
			continue;
		}
		printf("%-24.*s", SLICE_ARG(mails[i]));
		json_array_foreach (locales, k, one)
			printf(" %s", json_string_value(one));
		printf("\n");
		json_decref(locales);
	}
	return RC_OK;
}

/* ---- lint ---- */

/* The brand's hosts, and the one of made-up data. */
static size_t
hosts_of(const struct brand *b, struct slice hosts[HOSTS_MAX])
{
	size_t n = 0;

	hosts[n++] = SLICE("alojarsur.example");
	hosts[n++] = SLICE("*.alojarsur.example");
	for (size_t i = 0; b && n < HOSTS_MAX && b->link_hosts[i]; i++)
		hosts[n++] = slice_z(b->link_hosts[i]);
	return n;
}

static void
print_finding(const struct options *o, const struct lint_finding *f)
{
	const char *level = f->level == LINT_ERROR ? "error" : "warning";

	if (o->json)
		print_json(json_pack("{s:s, s:s%, s:s%}", "level", level,
				     "where", f->where.p, f->where.n, "text",
				     f->text.p, f->text.n));
	else
		printf("%.*s: %s: %.*s\n", SLICE_ARG(f->where), level,
		       SLICE_ARG(f->text));
}

static size_t
lint_one(struct command_state *s, struct slice mail, struct slice locale)
{
	struct slice hosts[HOSTS_MAX];
	struct lint_input in = {.catalog = s->catalog,
				.mail = mail,
				.locale = locale,
				.hosts = hosts};
	const struct lint_finding *found;
	size_t n, errors = 0;

	in.host_count = hosts_of(s->brand, hosts);
	n = lint_mail(&in, &s->arena, &found);
	for (size_t i = 0; i < n; i++) {
		print_finding(s->o, &found[i]);
		errors += found[i].level == LINT_ERROR;
	}
	arena_reset(&s->arena);
	return errors;
}

static enum rc
lint(struct command_state *s, struct slice wanted, struct err *e)
{
	const struct slice *mails, *locales;
	size_t n = catalog_mails(s->catalog, &mails), errors = 0, seen = 0;
	size_t locale_n = catalog_locales(s->catalog, &locales);

	for (size_t i = 0; i < n; i++) {
		if (wanted.n && !slice_eq(wanted, mails[i]))
			continue;
		seen++;
		for (size_t k = 0; k < locale_n; k++)
			if (catalog_has(s->catalog, mails[i], locales[k]))
				errors += lint_one(s, mails[i], locales[k]);
	}
	if (seen == 0)
		return err_set(e, RC_NOTFOUND, "there is no mail '%.*s'",
			       SLICE_ARG(wanted));
	if (errors)
		return err_set(e, RC_INVALID, "%zu errors", errors);
	return RC_OK;
}

/* ---- preview ---- */

static enum rc
write_part(const struct options *o, const char *name, struct slice content,
	   struct err *e)
{
	char path[4096];

	if (content.n == 0)
		return RC_OK;
	(void)snprintf(path, sizeof(path), "%s/%s", o->output, name);
	return file_write(path, content, 0644, e);
}

/* The message as it would leave, but for what only a real one has: tracked
 * links, references, a signature. */
static enum rc
make_message(const struct command_state *s, struct slice mail,
	     const struct preview *p, struct slice to, const char *mark,
	     struct sbuf *out, struct err *e)
{
	const struct brand *b = s->brand;
	struct arena *a = (struct arena *)(uintptr_t)&s->arena;
	char hex[REF_HEX];
	struct mime_part document = {
	    SLICE("application/pdf"),
	    slice_z(arena_printf(a, "%.*s.pdf", SLICE_ARG(mail))),
	    sbuf_slice(&p->pdf),
	    {NULL, 0}};
	struct mime m = {
	    .mref = ref_new(),
	    .date_us = clock_wall_us(),
	    .from = {slice_z(b ? b->from_name : "Alojar Sur"),
		     slice_z(b ? b->from_address : "avisos@alojarsur.example")},
	    .to = {SLICE(""), to},
	    .reply_to = {SLICE(""), slice_z(b ? b->reply_to : "")},
	    .subject = slice_z(
		arena_printf(a, "%s%.*s", mark,
			     SLICE_ARG(slice_trim(sbuf_slice(&p->subject))))),
	    .text = sbuf_slice(&p->text),
	    .html = sbuf_slice(&p->html),
	    .parts = &document,
	    .parts_n = p->pdf.n ? 1 : 0,
	};

	ref_hex(m.mref, hex);
	m.message_id = slice_z(
	    arena_printf(a, "%s@%s", hex,
			 s->conf ? s->conf->hostname : "alojarsur.example"));
	return mime_write(&m, out, e);
}

static enum rc
write_message(const struct command_state *s, struct slice mail,
	      const struct preview *p, struct err *e)
{
	struct sbuf out;
	enum rc rc;

	sbuf_init(&out, MESSAGE_MAX);
	rc =
	    make_message(s, mail, p, SLICE("ana@cliente.example"), "", &out, e);
	if (rc == RC_OK)
		rc = write_part(s->o, "mail.eml", sbuf_slice(&out), e);
	sbuf_fini(&out);
	return rc;
}

static enum rc
write_all(const struct command_state *s, struct slice mail,
	  const struct preview *p, struct err *e)
{
	enum rc rc = dir_make(s->o->output, 0755, e);

	if (rc == RC_OK)
		rc =
		    write_part(s->o, "subject.txt", sbuf_slice(&p->subject), e);
	if (rc == RC_OK)
		rc = write_part(s->o, "mail.html", sbuf_slice(&p->html), e);
	if (rc == RC_OK)
		rc = write_part(s->o, "mail.txt", sbuf_slice(&p->text), e);
	if (rc == RC_OK)
		rc = write_part(s->o, "document.pdf", sbuf_slice(&p->pdf), e);
	if (rc == RC_OK)
		rc = write_message(s, mail, p, e);
	if (rc == RC_OK && !s->o->json)
		printf("%.*s\n%s: subject.txt, mail.html, mail.txt, "
		       "mail.eml%s\n",
		       SLICE_ARG(slice_trim(sbuf_slice(&p->subject))),
		       s->o->output, p->pdf.n ? ", document.pdf" : "");
	return rc;
}

static enum rc
render(struct command_state *s, struct slice mail, struct preview *p,
       struct err *e)
{
	const char *locale = s->brand ? s->brand->locale : "en";
	const char *zone = s->brand ? s->brand->time_zone : "";
	struct preview_input in = {
	    .catalog = s->catalog,
	    .mail = mail,
	    .locale = slice_z(s->o->locale ? s->o->locale : locale),
	    .brand_locale = slice_z(locale),
	    .zone = slice_z(s->o->time_zone ? s->o->time_zone : zone),
	    .now_us = clock_wall_us(),
	};
	struct datum *data =
	    sample_mail(mail, SAMPLE_FULL, in.locale, &s->arena);

	memset(p, 0, sizeof(*p));
	if (s->brand)
		datum_set(data, "brand", letter_brand(s->brand, &s->arena));
	if (s->o->data) {
		enum rc rc = template_data_read(s->o->data, &s->arena, data, e);

		if (rc != RC_OK)
			return rc;
	}
	in.data = data;
	return preview_make(&in, &s->arena, p, e);
}

static enum rc
preview(struct command_state *s, struct slice mail, struct err *e)
{
	struct preview p;
	enum rc rc;

	if (mail.n == 0 || !s->o->output)
		return err_set(e, RC_USAGE,
			       "preview takes a MAIL and --output DIR");
	rc = render(s, mail, &p, e);
	if (rc == RC_OK)
		rc = write_all(s, mail, &p, e);
	preview_fini(&p);
	return rc;
}

/* ---- send-test ---- */

static enum rc
send_test(struct command_state *s, struct slice mail, struct err *e)
{
	struct template_sending t = {.conf = s->conf,
				     .brand = s->brand,
				     .state = s->o->state,
				     .to = s->o->to};
	struct sbuf message, answer;
	struct preview p;
	enum rc rc;

	if (mail.n == 0 || !s->o->to)
		return err_set(e, RC_USAGE,
			       "send-test takes a MAIL and --to ADDRESS");
	if (!s->brand)
		return err_set(e, RC_CONFIG, "there is no configuration %s",
			       s->o->config);
	sbuf_init(&message, MESSAGE_MAX);
	sbuf_init(&answer, MESSAGE_MAX);
	rc = render(s, mail, &p, e);
	if (rc == RC_OK)
		rc = make_message(s, mail, &p, slice_z(s->o->to), "[test] ",
				  &message, e);
	t.message = sbuf_slice(&message);
	if (rc == RC_OK)
		rc = state_become_owner(s->o->state, e);
	if (rc == RC_OK)
		rc = template_send(&t, &answer, e);
	if (rc == RC_OK && s->o->json)
		print_json(json_pack("{s:s%}", "reply", answer.p, answer.n));
	else if (rc == RC_OK)
		printf("%.*s\n", SLICE_ARG(sbuf_slice(&answer)));
	preview_fini(&p);
	sbuf_fini(&message);
	sbuf_fini(&answer);
	return rc;
}

enum rc
template_command_run(const struct options *o, struct err *e)
{
	struct slice verb = slice_z(o->argc > 0 ? o->argv[0] : "");
	struct slice mail = slice_z(o->argc > 1 ? o->argv[1] : "");
	struct command_state s = {.o = o};
	enum rc rc = open_state(&s, e);

	if (rc == RC_OK && slice_eq_z(verb, "list"))
		rc = list(&s);
	else if (rc == RC_OK && slice_eq_z(verb, "lint"))
		rc = lint(&s, mail, e);
	else if (rc == RC_OK && slice_eq_z(verb, "preview"))
		rc = preview(&s, mail, e);
	else if (rc == RC_OK && slice_eq_z(verb, "send-test"))
		rc = send_test(&s, mail, e);
	else if (rc == RC_OK)
		rc = err_set(e, RC_USAGE,
			     "takes list, lint, preview or send-test");
	close_state(&s);
	return rc;
}
