#include "tracker/hits_page.h"

struct words {
	const char *language;
	struct {
		const char *title, *text;
	} pages[HITS_PAGES];
	const char *revoked_host;
};

static const struct words all_words[] = {
    {"en",
     {
	 [HITS_PAGE_BAD] =
	     {"This link is not valid",
	      "It may have been cut when it was copied. Open it from the "
	      "message again, or type the address of the site yourself."},
	 [HITS_PAGE_SLOW] =
	     {"Too many links that are not valid",
	      "They came from your network within a short time. Wait a minute, "
	      "then open the link from the message again."},
	 [HITS_PAGE_REVOKED] =
	     {"This link is no longer in use",
	      "For your safety it does not lead on. If you expected this "
	      "message, type the address of the site yourself."},
	 [HITS_PAGE_WAIT] =
	     {"Back in a few minutes",
	      "This page is being serviced. Your link is good: open it again "
	      "in a few minutes."},
	 [HITS_PAGE_BUSY] = {"Please try again in a few seconds",
			     "Much is being asked of this site just now. "
			     "Nothing was changed."},
	 [HITS_PAGE_LARGE] =
	     {"That is too long",
	      "What you sent is longer than this page takes. Nothing was "
	      "changed: go back, shorten it and send it again."},
	 [HITS_PAGE_HEADERS] =
	     {"Your browser sent too much",
	      "It sends more about itself than this site takes, most often "
	      "cookies. Delete this site's cookies, then open the link from "
	      "the message again."},
	 [HITS_PAGE_ODD] =
	     {"This request was not understood",
	      "Your browser, or a program between it and this site, sent what "
	      "this site cannot read. Open the link from the message again."},
	 [HITS_PAGE_FAULT] = {"Something went wrong",
			      "The fault is ours. Please try again later."},
     },
     "The link led to"},
    {"es",
     {
	 [HITS_PAGE_BAD] =
	     {"Este enlace no es válido",
	      "Es posible que se haya cortado al copiarlo. Ábralo de nuevo "
	      "desde el mensaje o escriba usted mismo la dirección del sitio."},
	 [HITS_PAGE_SLOW] =
	     {"Demasiados enlaces no válidos",
	      "Llegaron desde su red en poco tiempo. Espere un minuto y abra "
	      "de nuevo el enlace desde el mensaje."},
	 [HITS_PAGE_REVOKED] =
	     {"Este enlace ya no está en uso",
	      "Por su seguridad no lleva a ningún sitio. Si esperaba este "
	      "mensaje, escriba usted mismo la dirección del sitio."},
	 [HITS_PAGE_WAIT] =
	     {"Volvemos en unos minutos",
	      "Esta página está en mantenimiento. Su enlace es válido: ábralo "
	      "de nuevo en unos minutos."},
	 [HITS_PAGE_BUSY] = {"Inténtelo en unos segundos",
			     "En este momento se le pide mucho a este sitio. "
			     "No se ha cambiado nada."},
	 [HITS_PAGE_LARGE] =
	     {"Es demasiado largo",
	      "Lo que envió es más largo de lo que admite esta página. No se "
	      "ha cambiado nada: vuelva atrás, acórtelo y envíelo de nuevo."},
	 [HITS_PAGE_HEADERS] =
	     {"Su navegador envió demasiado",
	      "Envía sobre sí mismo más de lo que admite este sitio, casi "
	      "siempre cookies. Borre las cookies de este sitio y abra de "
	      "nuevo el enlace desde el mensaje."},
	 [HITS_PAGE_ODD] =
	     {"No entendimos esta petición",
	      "Su navegador, o un programa entre él y este sitio, envió algo "
	      "que este sitio no puede leer. Abra de nuevo el enlace desde el "
	      "mensaje."},
	 [HITS_PAGE_FAULT] = {"Algo salió mal",
			      "El error es nuestro. Inténtelo más tarde."},
     },
     "El enlace llevaba a"},
    {"it",
     {
	 [HITS_PAGE_BAD] =
	     {"Questo collegamento non è valido",
	      "Potrebbe essere stato troncato durante la copia. Lo apra di "
	      "nuovo dal messaggio oppure digiti l'indirizzo del sito."},
	 [HITS_PAGE_SLOW] =
	     {"Troppi collegamenti non validi",
	      "Sono arrivati dalla Sua rete in poco tempo. Attenda un minuto e "
	      "apra di nuovo il collegamento dal messaggio."},
	 [HITS_PAGE_REVOKED] =
	     {"Questo collegamento non è più in uso",
	      "Per la Sua sicurezza non porta da nessuna parte. Se aspettava "
	      "questo messaggio, digiti l'indirizzo del sito."},
	 [HITS_PAGE_WAIT] =
	     {"Torniamo fra qualche minuto",
	      "Questa pagina è in manutenzione. Il Suo collegamento è valido: "
	      "lo apra di nuovo fra qualche minuto."},
	 [HITS_PAGE_BUSY] = {"Riprovi tra qualche secondo",
			     "In questo momento si chiede molto a questo sito. "
			     "Non è cambiato nulla."},
	 [HITS_PAGE_LARGE] =
	     {"È troppo lungo",
	      "Quanto ha inviato è più lungo di quanto questa pagina accetti. "
	      "Non è cambiato nulla: torni indietro, lo accorci e lo invii di "
	      "nuovo."},
	 [HITS_PAGE_HEADERS] =
	     {"Il Suo browser ha inviato troppo",
	      "Invia su di sé più di quanto questo sito accetti, quasi sempre "
	      "cookie. Cancelli i cookie di questo sito e apra di nuovo il "
	      "collegamento dal messaggio."},
	 [HITS_PAGE_ODD] =
	     {"La richiesta non è stata compresa",
	      "Il Suo browser, o un programma tra esso e questo sito, ha "
	      "inviato qualcosa che questo sito non sa leggere. Apra di nuovo "
	      "il collegamento dal messaggio."},
	 [HITS_PAGE_FAULT] = {"Qualcosa è andato storto",
			      "L'errore è nostro. Riprovi più tardi."},
     },
     "Il collegamento portava a"},
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

void
hits_page(struct sbuf *out, enum hits_page what, struct slice brand,
	  struct slice host, struct slice languages)
{
	const struct words *w = words_of(languages);

	head_add(out, w, w->pages[what].title, brand);
	sbuf_add_html(out, slice_z(w->pages[what].text));
	if (what == HITS_PAGE_REVOKED) {
		sbuf_add_z(out, "</p><p>");
		sbuf_add_html(out, slice_z(w->revoked_host));
		sbuf_add_z(out, ": <strong>");
		sbuf_add_html(out, host);
		sbuf_add_z(out, "</strong>");
	}
	sbuf_add_z(out, "</p></main></body></html>\n");
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
