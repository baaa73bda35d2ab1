#include "tracker/hits_page.h"

struct words {
	const char *language;
	const char *bad_title, *bad_text;
	const char *slow_title, *slow_text;
	const char *revoked_title, *revoked_text, *revoked_host;
	const char *wait_title, *wait_text;
};

static const struct words all_words[] = {
    {"en", "This link is not valid",
     "It may have been cut when it was copied. Open it from the message "
     "again, or type the address of the site yourself.",
     "Too many links that are not valid",
     "They came from your network within a short time. Wait a minute, then "
     "open the link from the message again.",
     "This link is no longer in use",
     "For your safety it does not lead on. If you expected this message, "
     "type the address of the site yourself.",
     "The link led to", "Back in a few minutes",
     "This page is being serviced. Your link is good: open it again in a "
     "few minutes."},
    {"es", "Este enlace no es válido",
     "Es posible que se haya cortado al copiarlo. Ábralo de nuevo desde el "
     "mensaje o escriba usted mismo la dirección del sitio.",
     "Demasiados enlaces no válidos",
     "Llegaron desde su red en poco tiempo. Espere un minuto y abra de nuevo "
     "el enlace desde el mensaje.",
     "Este enlace ya no está en uso",
     "Por su seguridad no lleva a ningún sitio. Si esperaba este mensaje, "
     "escriba usted mismo la dirección del sitio.",
     "El enlace llevaba a", "Volvemos en unos minutos",
     "Esta página está en mantenimiento. Su enlace es válido: ábralo de nuevo "
     "en unos minutos."},
    {"it", "Questo collegamento non è valido",
     "Potrebbe essere stato troncato durante la copia. Lo apra di nuovo dal "
     "messaggio oppure digiti l'indirizzo del sito.",
     "Troppi collegamenti non validi",
     "Sono arrivati dalla Sua rete in poco tempo. Attenda un minuto e apra di "
     "nuovo il collegamento dal messaggio.",
     "Questo collegamento non è più in uso",
     "Per la Sua sicurezza non porta da nessuna parte. Se aspettava questo "
     "messaggio, digiti l'indirizzo del sito.",
     "Il collegamento portava a", "Torniamo fra qualche minuto",
     "Questa pagina è in manutenzione. Il Suo collegamento è valido: lo apra "
     "di nuovo fra qualche minuto."},
};

/* The first language of the list that we speak. */
static const struct words *
words_of(struct slice languages)
{
	while (languages.p) {
		struct slice one = slice_trim(slice_cut(&languages, ','));

		one.n = one.n > 2 ? 2 : one.n;
		for (size_t i = 0; i < sizeof(all_words) / sizeof(all_words[0]);
		     i++)
			if (slice_ieq(one, slice_z(all_words[i].language)))
				return &all_words[i];
	}
	return &all_words[0];
}

static void
head_add(struct sbuf *out, const struct words *w, const char *title,
	 struct slice brand)
{
	sbuf_addf(out,
		  "<!doctype html>\n<html lang=\"%s\"><head>"
		  "<meta charset=\"utf-8\"><meta name=\"viewport\" "
		  "content=\"width=device-width,initial-scale=1\">"
		  "<meta name=\"color-scheme\" content=\"light dark\">"
		  "<meta name=\"robots\" content=\"noindex\"><title>",
		  w->language);
	sbuf_add_html(out, slice_z(title));
	sbuf_add_z(out,
		   "</title><style>:root{color-scheme:light dark}"
		   "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;"
		   "margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"
		   "h1{font-size:1.4rem;line-height:1.25}"
		   "</style></head><body>");
	if (brand.n > 0) {
		sbuf_add_z(out, "<header><p><strong>");
		sbuf_add_html(out, brand);
		sbuf_add_z(out, "</strong></p></header>");
	}
	sbuf_add_z(out, "<main><h1>");
	sbuf_add_html(out, slice_z(title));
	sbuf_add_z(out, "</h1><p>");
}

static void
page_add(struct sbuf *out, const struct words *w, const char *title,
	 const char *text, struct slice brand)
{
	head_add(out, w, title, brand);
	sbuf_add_html(out, slice_z(text));
	sbuf_add_z(out, "</p></main></body></html>\n");
}

void
hits_page_bad(struct sbuf *out, struct slice brand, struct slice languages)
{
	const struct words *w = words_of(languages);

	page_add(out, w, w->bad_title, w->bad_text, brand);
}

void
hits_page_slow(struct sbuf *out, struct slice brand, struct slice languages)
{
	const struct words *w = words_of(languages);

	page_add(out, w, w->slow_title, w->slow_text, brand);
}

void
hits_page_wait(struct sbuf *out, struct slice brand, struct slice languages)
{
	const struct words *w = words_of(languages);

	page_add(out, w, w->wait_title, w->wait_text, brand);
}

void
hits_page_revoked(struct sbuf *out, struct slice brand, struct slice host,
		  struct slice languages)
{
	const struct words *w = words_of(languages);

	head_add(out, w, w->revoked_title, brand);
	sbuf_add_html(out, slice_z(w->revoked_text));
	sbuf_add_z(out, "</p><p>");
	sbuf_add_html(out, slice_z(w->revoked_host));
	sbuf_add_z(out, ": <strong>");
	sbuf_add_html(out, host);
	sbuf_add_z(out, "</strong></p></main></body></html>\n");
}

struct slice
url_host(struct slice url)
{
	ptrdiff_t at = slice_find(url, SLICE("://"));
	size_t n = 0;

	if (at < 0)
		return SLICE("");
	url = slice_skip(url, (size_t)at + 3);
	while (n < url.n && !strchr("/?#:@\\", url.p[n]))
		n++;
	return slice_of(url.p, n);
}
