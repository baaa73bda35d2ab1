#include "mailer/compose.h"

#include "base/codec.h"
#include "base/hash.h"
#include "base/mailbox.h"
#include "mailer/mime.h"
#include "store/invoice.h"
#include "templates/links.h"
#include "templates/pdf.h"

#define PART_MAX (4u << 20)
#define MESSAGE_MAX (32u << 20)
#define ROOM_KEPT (1u << 20)

/* Which documents go with which mail. */
static const struct {
	const char *template, *name;
	enum pdf_kind kind;
} documents[] = {
    {"proforma", "proforma", PDF_PROFORMA},
    {"receipt", "receipt", PDF_RECEIPT},
};

struct work {
	const struct composer *c;
	struct arena *a;
	struct letter l;
	struct catalog_mail mail;
	struct locale *locale;
	struct compose_room *room;
	struct mime_part part;
	bool has_part;
};

struct tracked_links {
	struct link_writer writer;
	const struct letter *l;
	unsigned first; /* number of the first link */
};

static void
add_link(struct link_writer *w, unsigned index, struct slice destination,
	 struct sbuf *out)
{
	const struct tracked_links *links = (struct tracked_links *)w;
	const struct letter *l = links->l;

	sbuf_add_z(out, l->brand->public_url);
	sbuf_add_z(out, "/c/");
	token_add(out, l->key, TOKEN_CLICK, l->m.mref,
		  (uint16_t)(links->first + index), destination);
	sbuf_add_c(out, '/');
	base64url_encode(destination, out);
}

/* "*.example" of the configuration is ".example" to the scanner. */
static struct slice *
link_hosts(const struct brand *b, struct arena *a, size_t *n)
{
	struct slice *out;

	for (*n = 0; b->link_hosts != NULL && b->link_hosts[*n] != NULL;)
		(*n)++;
	out = ARENA_ARRAY(a, struct slice, *n + 1);
	for (size_t i = 0; i < *n; i++) {
		out[i] = slice_z(b->link_hosts[i]);
		if (slice_starts(out[i], SLICE("*.")))
			out[i] = slice_skip(out[i], 1);
	}
	return out;
}

/* Where opens are only counted, all mails of a brand have one pixel, which
 * says nothing of who loads it. */
static struct ref
pixel_ref(const struct letter *l)
{
	static const struct ref nobody;

	return l->count_opens ? nobody : l->m.mref;
}

static enum rc
track(struct work *w, struct err *e)
{
	struct tracked_links links = {{add_link}, &w->l, 0};
	struct links_input in = {.html = sbuf_slice(&w->room->html),
				 .own_url = slice_z(w->l.brand->public_url)};
	struct links_result result = {.pixel = false};
	struct sbuf pixel;
	enum rc rc;

	sbuf_init(&pixel, 4096);
	in.hosts = link_hosts(w->l.brand, w->a, &in.host_count);
	if (w->l.track_links)
		in.writer = &links.writer;
	if (w->l.track_opens) {
		sbuf_add_z(&pixel, w->l.brand->public_url);
		sbuf_add_z(&pixel, "/o/");
		token_add(&pixel, w->l.key, TOKEN_OPEN, pixel_ref(&w->l), 0,
			  SLICE(""));
		in.pixel_url = sbuf_slice(&pixel);
	}
	rc = links_rewrite(&in, w->a, &w->room->linked, &result, e);
	sbuf_fini(&pixel);
	if (rc != RC_OK || !w->l.track_text)
		return rc;
	in.html = sbuf_slice(&w->room->text);
	links.first = (unsigned)result.destination_count;
	return links_rewrite_text(&in, w->a, &w->room->linked_text, &result, e);
}

static enum rc
render(struct work *w, struct err *e)
{
	enum rc rc =
	    catalog_mail(materials_catalog(w->c->materials), w->l.m.template,
			 w->l.locale, slice_z(w->l.brand->locale), &w->mail, e);

	if (rc == RC_OK)
		letter_speak(&w->l, slice_z(w->mail.locale), w->a);
	if (rc == RC_OK)
		rc = locale_get(slice_z(w->mail.locale), w->l.time_zone,
				&w->locale, e);
	if (rc == RC_OK)
		rc = template_render(w->mail.subject, w->l.data, w->locale,
				     &w->room->subject, e);
	if (rc == RC_OK)
		rc = template_render(w->mail.html, w->l.data, w->locale,
				     &w->room->html, e);
	if (rc == RC_OK)
		rc = template_render(w->mail.text, w->l.data, w->locale,
				     &w->room->text, e);
	return rc;
}

/* Billing's own PDF where it gave one, else ours. */
static enum rc
attach(struct work *w, struct err *e)
{
	struct slice name, pdf;
	enum rc rc;

	if (!w->l.attach_pdf || w->l.invoice.n == 0)
		return RC_OK;
	rc = invoice_get_pdf(w->c->db, w->l.invoice, w->a, &name, &pdf, e);
	if (rc != RC_OK && rc != RC_NOTFOUND)
		return rc;
	w->part.type = SLICE("application/pdf");
	if (rc == RC_OK) {
		w->part.name = name;
		w->part.content = pdf;
		w->has_part = true;
		return RC_OK;
	}
	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
		if (!slice_eq_z(w->l.m.template, documents[i].template))
			continue;
		rc = pdf_render(documents[i].kind, w->l.data, w->locale,
				w->c->now_us, &w->room->pdf, e);
		if (rc != RC_OK)
			return err_add(e, "pdf");
		w->part.name =
		    slice_z(arena_printf(w->a, "%s-%.*s.pdf", documents[i].name,
					 SLICE_ARG(w->l.invoice)));
		w->part.content = sbuf_slice(&w->room->pdf);
		w->has_part = true;
	}
	return RC_OK;
}

static enum rc
write_message(struct work *w, struct composed *done, struct err *e)
{
	const struct brand *b = w->l.brand;
	char hex[REF_HEX];
	enum rc rc;
	struct sbuf to;
	struct mime m = {
	    .mref = w->l.m.mref,
	    .date_us = w->c->now_us,
	    .from = {slice_z(b->from_name), slice_z(b->from_address)},
	    .to = {w->l.customer_name, SLICE("")},
	    .reply_to = {SLICE(""), slice_z(b->reply_to)},
	    .subject = slice_trim(sbuf_slice(&w->room->subject)),
	    .text = sbuf_slice(w->l.track_text ? &w->room->linked_text
					       : &w->room->text),
	    .html = sbuf_slice(&w->room->linked),
	    .parts = &w->part,
	    .parts_n = w->has_part};

	ref_hex(w->l.m.mref, hex);
	m.message_id =
	    slice_z(arena_printf(w->a, "%s@%s", hex, w->c->conf->hostname));
	m.language = slice_z(locale_tag(w->locale));
	m.feedback_id = slice_z(
	    arena_printf(w->a, "%.*s:%s:%s", SLICE_ARG(w->l.step),
			 w->l.mandatory ? "mandatory" : "optional", b->name));
	m.evidence_ref =
	    slice_z(arena_printf(w->a, "%s/%s", w->c->conf->origin, hex));
	if (!w->l.mandatory)
		m.unsubscribe_url =
		    datum_slice(datum_get(w->l.data, "preferences_url"));
	done->subject = m.subject;
	done->message_id = m.message_id;
	sbuf_init(&to, MAILBOX_MAX);
	mailbox_add_ascii(&to, w->l.m.address);
	m.to.address = sbuf_slice(&to);
	rc = mime_write(&m, &w->room->plain, e);
	sbuf_fini(&to);
	return rc;
}

static enum rc
sign_message(struct work *w, struct composed *out, struct err *e)
{
	struct slice plain = sbuf_slice(&w->room->plain);
	const struct dkim_key *keys;
	size_t n = materials_dkim(w->c->materials, w->l.brand->number, &keys);
	enum rc rc = RC_OK;

	out->bytes = plain;
	if (n > 0 && w->c->sign) {
		rc = dkim_sign(plain, keys, n, w->c->rewrites, w->c->now_us,
			       &w->room->bytes, e);
		out->bytes = sbuf_slice(&w->room->bytes);
	}
	if (rc == RC_OK)
		sha256_of(out->bytes, out->sha256);
	return rc;
}

void
compose_room_init(struct compose_room *room)
{
	arena_init(&room->arena, 1u << 30);
	sbuf_init(&room->subject, 4096);
	sbuf_init(&room->html, PART_MAX);
	sbuf_init(&room->linked, PART_MAX);
	sbuf_init(&room->text, PART_MAX);
	sbuf_init(&room->linked_text, PART_MAX);
	sbuf_init(&room->pdf, 2 * PART_MAX);
	sbuf_init(&room->plain, MESSAGE_MAX);
	sbuf_init(&room->bytes, MESSAGE_MAX);
}

void
compose_room_fini(struct compose_room *room)
{
	arena_fini(&room->arena);
	sbuf_fini(&room->subject);
	sbuf_fini(&room->html);
	sbuf_fini(&room->linked);
	sbuf_fini(&room->text);
	sbuf_fini(&room->linked_text);
	sbuf_fini(&room->pdf);
	sbuf_fini(&room->plain);
	sbuf_fini(&room->bytes);
}

/* What a large message took is not kept. */
static void
empty(struct sbuf *b)
{
	if (b->cap > ROOM_KEPT)
		sbuf_fini(b);
	sbuf_reset(b);
}

static void
empty_room(struct compose_room *room)
{
	arena_reset(&room->arena);
	empty(&room->subject);
	empty(&room->html);
	empty(&room->linked);
	empty(&room->text);
	empty(&room->linked_text);
	empty(&room->pdf);
	empty(&room->plain);
	empty(&room->bytes);
}

enum rc
compose(const struct composer *c, const struct message *m,
	struct compose_room *room, struct composed *out, struct err *e)
{
	struct letter_sources from = {c->conf, materials_keys(c->materials),
				      c->db, c->now_us};
	struct work *w;
	enum rc rc;

	empty_room(room);
	w = ARENA_NEW(&room->arena, struct work);
	w->c = c;
	w->a = &room->arena;
	w->room = room;
	rc = letter_gather(&from, m, w->a, &w->l, e);
	if (rc == RC_OK)
		rc = render(w, e);
	if (rc == RC_OK)
		rc = track(w, e);
	if (rc == RC_OK)
		rc = attach(w, e);
	if (rc == RC_OK)
		rc = write_message(w, out, e);
	if (rc == RC_OK)
		rc = sign_message(w, out, e);
	return rc;
}

void
compose_reverse_path(const struct composer *c, const struct message *m,
		     struct sbuf *out)
{
	const struct brand *b = conf_brand(c->conf, m->brand);
	const struct token_key *key =
	    b == NULL ? NULL
		      : keyring_active(materials_keys(c->materials), b->number);

	if (key == NULL)
		return;
	token_add_reverse(out, key, m->mref);
	sbuf_add_c(out, '@');
	sbuf_add_z(out, b->return_domain);
}
