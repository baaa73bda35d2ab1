#include "tracker/hits_page.h"

#include "conf/color.h"
#include "tracker/languages.h"

struct words {
	const char *language;
	struct {
		const char *title, *text;
	} pages[HITS_PAGES];
	const char *revoked_host, *website, *support, *abuse;
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
	      "This page is being serviced. Open your link again in a few "
	      "minutes."},
	 [HITS_PAGE_UNSAVED] =
	     {"Your answer was not saved",
	      "This page is being serviced. Go back and send it again in a few "
	      "minutes, or open the link from the message then."},
	 [HITS_PAGE_BUSY] = {"Please try again in a few seconds",
			     "This site is very busy just now. Nothing was "
			     "changed."},
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
	 [HITS_PAGE_HOME] =
	     {NULL,
	      "This site handles the links in the messages that we send to "
	      "our customers."},
     },
     "The link led to",
     "Website",
     "Help",
     "To report abuse:"},
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
	      "Por su seguridad no lleva a ninguna parte. Si esperaba este "
	      "mensaje, escriba usted mismo la dirección del sitio."},
	 [HITS_PAGE_WAIT] =
	     {"Volvemos en unos minutos",
	      "Esta página está en mantenimiento. Abra de nuevo su enlace en "
	      "unos minutos."},
	 [HITS_PAGE_UNSAVED] =
	     {"Su respuesta no se guardó",
	      "Esta página está en mantenimiento. Vuelva atrás y envíela de "
	      "nuevo en unos minutos, o abra entonces el enlace desde el "
	      "mensaje."},
	 [HITS_PAGE_BUSY] = {"Vuelva a intentarlo en unos segundos",
			     "En este momento este sitio recibe muchas "
			     "solicitudes. No se cambió nada."},
	 [HITS_PAGE_LARGE] =
	     {"Es demasiado largo",
	      "Lo que envió es más largo de lo que admite esta página. No se "
	      "cambió nada: vuelva atrás, acórtelo y envíelo de nuevo."},
	 [HITS_PAGE_HEADERS] =
	     {"Su navegador envió demasiado",
	      "Junto con la solicitud envía más datos de los que admite este "
	      "sitio, casi siempre cookies. Borre las cookies de este sitio y "
	      "abra de nuevo el enlace desde el mensaje."},
	 [HITS_PAGE_ODD] =
	     {"No entendimos esta solicitud",
	      "Su navegador, o un programa entre él y este sitio, envió algo "
	      "que este sitio no puede leer. Abra de nuevo el enlace desde el "
	      "mensaje."},
	 [HITS_PAGE_FAULT] = {"Algo salió mal",
			      "El error es nuestro. Vuelva a intentarlo más "
			      "tarde."},
	 [HITS_PAGE_HOME] =
	     {NULL,
	      "Por este sitio pasan los enlaces de los mensajes que enviamos "
	      "a nuestros clientes."},
     },
     "El enlace llevaba a",
     "Sitio web",
     "Ayuda",
     "Para denunciar un abuso:"},
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
	     {"Torniamo tra qualche minuto",
	      "Questa pagina è in manutenzione. Apra di nuovo il collegamento "
	      "tra qualche minuto."},
	 [HITS_PAGE_UNSAVED] =
	     {"La Sua risposta non è stata salvata",
	      "Questa pagina è in manutenzione. Torni indietro e la invii di "
	      "nuovo tra qualche minuto, oppure apra allora il collegamento "
	      "dal messaggio."},
	 [HITS_PAGE_BUSY] = {"Riprovi tra qualche secondo",
			     "In questo momento il sito riceve molte "
			     "richieste. Non è cambiato nulla."},
	 [HITS_PAGE_LARGE] =
	     {"È troppo lungo",
	      "Quanto ha inviato è più lungo di quanto questa pagina accetti. "
	      "Non è cambiato nulla: torni indietro, lo accorci e lo invii di "
	      "nuovo."},
	 [HITS_PAGE_HEADERS] =
	     {"Il Suo browser ha inviato troppo",
	      "Insieme alla richiesta invia più dati di quanti il sito ne "
	      "accetti, quasi sempre cookie. Cancelli i cookie di questo sito "
	      "e apra di nuovo il collegamento dal messaggio."},
	 [HITS_PAGE_ODD] =
	     {"La richiesta non è stata compresa",
	      "Il Suo browser, o un programma tra esso e questo sito, ha "
	      "inviato qualcosa che questo sito non sa leggere. Apra di nuovo "
	      "il collegamento dal messaggio."},
	 [HITS_PAGE_FAULT] = {"Qualcosa è andato storto",
			      "L'errore è nostro. Riprovi più tardi."},
	 [HITS_PAGE_HOME] =
	     {NULL, "Da questo sito passano i collegamenti dei messaggi che "
		    "inviamo ai nostri clienti."},
     },
     "Il collegamento portava a",
     "Sito web",
     "Assistenza",
     "Per segnalare un abuso:"},
};

/* NULL for a language that we do not speak. */
static const struct words *
words_find(struct slice language)
{
	for (size_t i = 0; i < sizeof(all_words) / sizeof(all_words[0]); i++)
		if (slice_ieq(language, slice_z(all_words[i].language)))
			return &all_words[i];
	return NULL;
}

static const struct words *
words_of(struct slice languages, const struct brand *brand)
{
	struct slice list[LANGUAGES_MAX], locale;
	size_t n = languages_read(languages, list);
	const struct words *w = NULL;

	for (size_t i = 0; i < n && w == NULL; i++)
		w = words_find(slice_cut(&list[i], '-'));
	if (w == NULL && brand != NULL) {
		locale = slice_z(brand->locale);
		w = words_find(slice_cut(&locale, '_'));
	}
	return w ? w : &all_words[0];
}

/* ---- the page ---- */

/* What these pages use of templates/page/_layout/page.html. */
static const char style[] =
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--ink);overflow-wrap:"
    "anywhere;font:1rem/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Helvetica Neue\",Arial,sans-serif}"
    ".wrap{max-width:38rem;margin:0 auto;padding:0 1rem}"
    ".bar{background:var(--card);border-top:4px solid var(--fill);"
    "border-bottom:1px solid var(--line);margin-bottom:1.75rem}"
    ".top{padding:.9rem 0;font-size:1.15rem;font-weight:700;"
    "letter-spacing:-.01em}"
    ".top a{color:inherit;text-decoration:none;display:inline-block}"
    ".top img{display:block;max-height:2.5rem;max-width:12rem}"
    "a{color:var(--link);text-underline-offset:.15em}"
    ":focus-visible{outline:3px solid var(--link);outline-offset:2px}"
    "h1{font-size:clamp(1.45rem,1.2rem + 1.2vw,1.9rem);line-height:1.2;"
    "letter-spacing:-.02em;margin:.4rem 0;text-wrap:balance}"
    "p{margin:0 0 .9rem}"
    ".card{background:var(--card);border:1px solid var(--line);"
    "border-radius:.9rem;padding:1.25rem;margin:1.75rem 0}"
    ".card>:last-child{margin-bottom:0}"
    ".bottom{border-top:1px solid var(--line);margin-top:2.5rem;"
    "padding:1.25rem 0 2.5rem;color:var(--soft);font-size:.875rem}"
    ".bottom ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;"
    "margin:0 0 .6rem;padding:0;list-style:none}";

static void
add_style(struct sbuf *out, const struct brand *brand)
{
	struct colors c;

	colors_of(slice_z(brand ? brand->color : ""), &c);
	sbuf_addf(out,
		  "<style>:root{color-scheme:light dark;--fill:%s;--link:%s;"
		  "--page:#f4f5f7;--card:#fff;--ink:#1a1d23;--soft:#565d69;"
		  "--line:#dfe2e8}"
		  "@media(prefers-color-scheme:dark){:root{--link:%s;"
		  "--page:#13151a;--card:#1d2027;--ink:#eceef2;--soft:#a5adba;"
		  "--line:#343944}.top img{background:#fff;"
		  "padding:.3rem .5rem;border-radius:.4rem}}",
		  c.fill, c.light, c.dark);
	sbuf_add_z(out, style);
	sbuf_add_z(out, "</style>");
}

static void
add_link(struct sbuf *out, const char *before, const char *url)
{
	sbuf_add_z(out, before);
	sbuf_add_z(out, "<a href=\"");
	sbuf_add_html(out, slice_z(url));
	sbuf_add_z(out, "\" rel=\"noopener\">");
}

static void
add_header(struct sbuf *out, const struct brand *b)
{
	bool site = b->website[0] != '\0';

	sbuf_add_z(out, "<header class=\"bar\"><div class=\"wrap\">");
	if (site)
		add_link(out, "<div class=\"top\">", b->website);
	else
		sbuf_add_z(out, "<div class=\"top\">");
	if (b->logo_url[0] != '\0') {
		sbuf_add_z(out, "<img src=\"");
		sbuf_add_html(out, slice_z(b->logo_url));
		sbuf_add_z(out, "\" alt=\"");
		sbuf_add_html(out, slice_z(b->title));
		sbuf_add_z(out, "\">");
	} else {
		sbuf_add_html(out, slice_z(b->title));
	}
	sbuf_add_z(out, site ? "</a></div></div></header>\n"
			     : "</div></div></header>\n");
}

static void
add_footer(struct sbuf *out, const struct brand *b, const struct words *w)
{
	const struct {
		const char *url, *word;
	} links[] = {{b->website, w->website}, {b->support_url, w->support}};

	sbuf_add_z(out, "<footer class=\"wrap\"><div class=\"bottom\"><ul>");
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].url[0] == '\0')
			continue;
		add_link(out, "<li>", links[i].url);
		sbuf_add_html(out, slice_z(links[i].word));
		sbuf_add_z(out, "</a></li>");
	}
	sbuf_add_z(out, "</ul><p>");
	sbuf_add_html(out, slice_z(b->title));
	sbuf_add_z(out, "</p></div></footer>");
}

static void
add_head(struct sbuf *out, const struct words *w, const char *title,
	 const struct brand *brand)
{
	sbuf_addf(out,
		  "<!doctype html>\n<html lang=\"%s\"><head>"
		  "<meta charset=\"utf-8\"><meta name=\"viewport\" "
		  "content=\"width=device-width,initial-scale=1\">"
		  "<meta name=\"color-scheme\" content=\"light dark\">"
		  "<meta name=\"robots\" content=\"noindex, nofollow\">"
		  "<link rel=\"icon\" href=\"data:,\"><title>",
		  w->language);
	sbuf_add_html(out, slice_z(title ? title : brand ? "" : "Acuse"));
	if (brand) {
		sbuf_add_z(out, title ? " · " : "");
		sbuf_add_html(out, slice_z(brand->title));
	}
	sbuf_add_z(out, "</title>");
	add_style(out, brand);
	sbuf_add_z(out, "</head><body>\n");
}

static void
add_abuse(struct sbuf *out, const struct words *w, const char *address)
{
	sbuf_add_z(out, "</p><p>");
	sbuf_add_html(out, slice_z(w->abuse));
	sbuf_add_z(out, " <a href=\"mailto:");
	sbuf_add_html(out, slice_z(address));
	sbuf_add_z(out, "\">");
	sbuf_add_html(out, slice_z(address));
	sbuf_add_z(out, "</a>");
}

void
hits_page(struct sbuf *out, enum hits_page what, const struct brand *brand,
	  struct slice host, struct slice languages)
{
	const struct words *w = words_of(languages, brand);
	const char *title = w->pages[what].title;

	if (title == NULL)
		title = brand ? brand->title : "Acuse";
	add_head(out, w, w->pages[what].title, brand);
	if (brand)
		add_header(out, brand);
	sbuf_add_z(out, "<main class=\"wrap\"><div class=\"card\"><h1>");
	sbuf_add_html(out, slice_z(title));
	sbuf_add_z(out, "</h1><p>");
	sbuf_add_html(out, slice_z(w->pages[what].text));
	if (what == HITS_PAGE_REVOKED) {
		sbuf_add_z(out, "</p><p>");
		sbuf_add_html(out, slice_z(w->revoked_host));
		sbuf_add_z(out, ": <strong>");
		sbuf_add_html(out, host);
		sbuf_add_z(out, "</strong>");
	}
	if (what == HITS_PAGE_HOME && brand && brand->abuse_contact[0])
		add_abuse(out, w, brand->abuse_contact);
	sbuf_add_z(out, "</p></div></main>\n");
	if (brand)
		add_footer(out, brand, w);
	sbuf_add_z(out, "</body></html>\n");
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
