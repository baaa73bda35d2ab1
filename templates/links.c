#include "templates/links.h"

#include "base/idn.h"
#include "base/mem.h"
#include "templates/href.h"
#include "templates/markup.h"

/*
 * Two passes: the first finds what is to change and decides it (whether a link
 * may be tracked depends on its text, which comes later), the second copies and
 * changes.  Each looks at a byte a fixed number of times.
 *
 * Invariants
 * 1. Edits lie in the order of the source and do not overlap.
 * 2. pending is the edit of the <a> that is open, while its text is gathered.
 */
#define TEXT_MAX 256
#define NOT_TRACKED UINT32_MAX
/* Gmail cuts at 102 KB; the pixel is put before this much. */
#define CLIP_BYTES ((size_t)95 << 10)
#define PREHEADER_BYTES ((size_t)8 << 10)
#define TOKEN_BYTES 64
#define URL_MAX ((size_t)1 << 20)
#define LEAVE_LOOK 4096

struct edit {
	size_t start, end;
	uint32_t index; /* of the destination; NOT_TRACKED: bytes go */
};

struct work {
	const struct links_input *in;
	struct arena *arena;
	struct links_result *res;
	struct edit *edits;
	size_t edit_count, edit_cap;
	struct slice *destinations;
	size_t destination_cap;
	uint32_t *table;   /* index plus one, by hash */
	struct sbuf url;   /* of the link at hand */
	struct sbuf ascii; /* the same, as a redirect can say it */
	bool pending;
	struct slice pending_raw; /* the value in the source */
	char text[TEXT_MAX];
	size_t text_n;
	size_t grown; /* bytes that the edits so far add */
	size_t body_end, safe_point;
};

static const char *const fate_names[LINK_FATES] = {
    [LINK_TRACKED] = "tracked",
    [LINK_OPTED_OUT] = "opted-out",
    [LINK_TEXT_URL] = "text-url",
    [LINK_LONG] = "too-long",
    [LINK_FOREIGN] = "foreign",
    [LINK_UNSUITED] = "unsuited",
    [LINK_OURS] = "ours",
    [LINK_LEAVE] = "unsubscribe",
    [LINK_UNEXPANDED] = "unexpanded",
    [LINK_TOO_MANY] = "too-many",
};

const char *
link_fate_name(enum link_fate f)
{
	return fate_names[f];
}

/* ---- judging ---- */

/* "*.x" allows below x, "*" all. */
static bool
host_allowed(struct slice host, const struct slice *hosts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slice h = hosts[i];

		if (slice_ieq(host, h) || slice_eq_z(h, "*"))
			return true;
		h = slice_skip(h, slice_starts(h, SLICE("*.")));
		if (h.n && h.p[0] == '.' && host.n > h.n &&
		    slice_ieq(slice_skip(host, host.n - h.n), h))
			return true;
	}
	return false;
}

/* Of a decoded URL: http or https, no user information, on one of the hosts, at
 * most LINKS_DESTINATION_MAX bytes, no controls. */
static enum link_fate
judge_url(struct slice url, const struct slice *hosts, size_t host_count)
{
	struct slice host = href_is_web(url) ? href_host(url) : SLICE("");

	if (host.n == 0 || !slice_utf8(url))
		return LINK_UNSUITED;
	/* Browsers take a backslash for a slash, redirects may not. */
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7f ||
		    url.p[i] == '\\')
			return LINK_UNSUITED;
	if (!host_allowed(host, hosts, host_count))
		return LINK_FOREIGN;
	return url.n > LINKS_DESTINATION_MAX ? LINK_LONG : LINK_TRACKED;
}

#define WORD(lit)                                                              \
	{                                                                      \
		lit, sizeof(lit) - 1                                           \
	}

static const struct slice leave_words[] = {
    WORD("unsubscribe"), WORD("opt-out"),	  WORD("optout"),
    WORD("opt_out"),	 WORD("desuscri"),	  WORD("darse de baja"),
    WORD("disiscri"),	 WORD("list-manage.com"),
};

static bool
is_leave(struct slice s)
{
	size_t words = sizeof(leave_words) / sizeof(leave_words[0]);

	s.n = s.n > LEAVE_LOOK ? LEAVE_LOOK : s.n;
	for (size_t i = 0; i < s.n; i++) {
		char c = (char)(s.p[i] | 0x20);

		for (size_t k = 0; k < words; k++) {
			struct slice w = leave_words[k];

			if (c == w.p[0] && w.n <= s.n - i &&
			    slice_ieq(slice_of(s.p + i, w.n), w))
				return true;
		}
	}
	return false;
}

static bool
is_ours(const struct links_input *in, struct slice url)
{
	struct slice own = in->own_url;

	while (own.n && own.p[own.n - 1] == '/')
		own.n--;
	return own.n && url.n >= own.n &&
	       slice_ieq(slice_of(url.p, own.n), own) &&
	       (url.n == own.n || memchr("/?#", url.p[own.n], 3));
}

static enum link_fate
judge(const struct work *w, struct slice url, struct slice text)
{
	enum link_fate fate;

	if (slice_find(url, SLICE("{{")) >= 0)
		return LINK_UNEXPANDED;
	if (is_ours(w->in, url))
		return LINK_OURS;
	if (is_leave(url) || is_leave(text))
		return LINK_LEAVE;
	fate = judge_url(url, w->in->hosts, w->in->host_count);
	if (fate == LINK_TRACKED && href_text_is_address(text))
		return LINK_TEXT_URL;
	return fate;
}

/* ---- destinations ---- */

#define TABLE_SIZE 4096 /* over twice LINKS_MAX */

static uint32_t *
slot_of(struct work *w, struct slice url)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < url.n; i++)
		h = (h ^ (unsigned char)url.p[i]) * 16777619u;
	h ^= h >> 15;
	for (;; h++) {
		uint32_t *slot = &w->table[h % TABLE_SIZE];

		if (!*slot || slice_eq(w->destinations[*slot - 1], url))
			return slot;
	}
}

static void
add_destination(struct work *w, struct slice url)
{
	size_t n = w->res->destination_count;

	if (n == w->destination_cap) {
		struct slice *old = w->destinations;

		w->destination_cap = n ? 2 * n : 32;
		w->destinations =
		    ARENA_ARRAY(w->arena, struct slice, w->destination_cap);
		if (n)
			memcpy(w->destinations, old, n * sizeof(*old));
	}
	w->destinations[n] = url;
	w->res->destinations = w->destinations;
	w->res->destination_count = n + 1;
}

/* The index of a destination; NOT_TRACKED when there are too many. */
static uint32_t
index_of(struct work *w, struct slice url)
{
	uint32_t *slot = slot_of(w, url);

	if (*slot)
		return *slot - 1;
	if (w->res->destination_count == LINKS_MAX)
		return NOT_TRACKED;
	add_destination(w, arena_dup(w->arena, url));
	*slot = (uint32_t)w->res->destination_count;
	return *slot - 1;
}

/* What a link becomes, and the index of where it leads. */
static enum link_fate
track(struct work *w, struct slice url, struct slice text, uint32_t *index)
{
	enum link_fate fate = judge(w, url, text);

	*index = NOT_TRACKED;
	if (fate != LINK_TRACKED)
		return fate;
	sbuf_reset(&w->ascii);
	if (!href_ascii(url, &w->ascii))
		return LINK_UNSUITED;
	if (w->ascii.n > LINKS_DESTINATION_MAX)
		return LINK_LONG;
	*index = index_of(w, sbuf_slice(&w->ascii));
	return *index == NOT_TRACKED ? LINK_TOO_MANY : LINK_TRACKED;
}

static void
begin(struct work *w, const struct links_input *in, struct arena *a,
      struct links_result *res)
{
	size_t n = res->destination_count;

	*w = (struct work){.in = in, .arena = a, .res = res};
	w->table = ARENA_ARRAY(a, uint32_t, TABLE_SIZE);
	w->destination_cap = n;
	if (n) {
		w->destinations = ARENA_ARRAY(a, struct slice, n);
		memcpy(w->destinations, res->destinations,
		       n * sizeof(*w->destinations));
	}
	for (size_t i = 0; i < n; i++)
		*slot_of(w, w->destinations[i]) = (uint32_t)i + 1;
	sbuf_init(&w->url, URL_MAX);
	sbuf_init(&w->ascii, 3 * LINKS_DESTINATION_MAX + IDN_ROOM);
}

static void
end(struct work *w)
{
	sbuf_fini(&w->url);
	sbuf_fini(&w->ascii);
	free(w->edits);
}

static void
add_edit(struct work *w, struct slice raw, uint32_t index)
{
	size_t start = (size_t)(raw.p - w->in->html.p);

	if (w->edit_count == w->edit_cap) {
		w->edit_cap = w->edit_cap ? 2 * w->edit_cap : 64;
		w->edits = mem_grow(w->edits, w->edit_cap * sizeof(*w->edits));
	}
	w->edits[w->edit_count++] = (struct edit){start, start + raw.n, index};
}

/* ---- the first pass ---- */

/* The text as it is read: references resolved, U+00A0 a space. */
static struct slice
visible_text(const struct work *w, struct sbuf *b)
{
	if (!href_decode(slice_of(w->text, w->text_n), b))
		return slice_of(w->text, w->text_n);
	for (size_t i = 0; i + 1 < b->n; i++)
		if (b->p[i] == '\xc2' && b->p[i + 1] == '\xa0')
			b->p[i] = b->p[i + 1] = ' ';
	return slice_trim(sbuf_slice(b));
}

/* What the link at hand becomes, now that its text is known. */
static void
settle(struct work *w)
{
	char buf[2 * TEXT_MAX];
	struct sbuf text = {.p = buf, .cap = sizeof(buf), .max = sizeof(buf)};
	enum link_fate fate;
	uint32_t index;

	if (!w->pending)
		return;
	w->pending = false;
	fate = track(w, sbuf_slice(&w->url), visible_text(w, &text), &index);
	w->res->fates[fate]++;
	if (fate != LINK_TRACKED || !w->in->writer)
		return;
	add_edit(w, w->pending_raw, index);
	w->grown +=
	    w->in->own_url.n + TOKEN_BYTES + w->destinations[index].n * 4 / 3;
}

static void
add_text(struct work *w, struct slice s)
{
	if (!w->pending)
		return;
	if (s.n > TEXT_MAX - w->text_n)
		s.n = TEXT_MAX - w->text_n;
	for (size_t i = 0; i < s.n; i++)
		w->text[w->text_n++] =
		    (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i];
}

static bool
is_link_element(const struct markup_tag *t)
{
	return t->element == MARKUP_A || t->element == MARKUP_AREA ||
	       t->element == MARKUP_VML;
}

static void
start_link(struct work *w, const struct markup_tag *t)
{
	const struct slice *out = markup_attribute(t, MARKUP_TRACK);
	const struct slice *href = markup_attribute(t, MARKUP_HREF);

	if (out && slice_ieq(*out, SLICE("off"))) {
		w->res->fates[LINK_OPTED_OUT]++;
		add_edit(w, t->track_whole, NOT_TRACKED);
		return;
	}
	if (!href)
		return;
	sbuf_reset(&w->url);
	if (!href_decode(*href, &w->url)) {
		w->res->fates[LINK_UNSUITED]++;
		return;
	}
	if (!href_is_web(sbuf_slice(&w->url)))
		return;
	w->pending = true;
	w->pending_raw = *href;
	w->text_n = 0;
	/* The text of other elements is not theirs. */
	if (t->element != MARKUP_A)
		settle(w);
}

/* Where an image can stand without harm, should the body be too long. */
static void
note_safe_point(struct work *w, const struct markup_tag *t)
{
	size_t at = (size_t)(t->whole.p - w->in->html.p);

	if (t->conditional || at < PREHEADER_BYTES ||
	    at + w->grown > CLIP_BYTES)
		return;
	if (t->element == MARKUP_TD || t->element == MARKUP_P ||
	    t->element == MARKUP_DIV)
		w->safe_point = at;
}

static void
scan(struct work *w)
{
	struct markup m;
	struct markup_tag t;

	markup_init(&m, w->in->html);
	while (markup_next(&m, &t)) {
		add_text(w, t.before);
		if (!t.whole.n)
			continue;
		if (!t.closing && is_link_element(&t)) {
			settle(w);
			start_link(w, &t);
		} else if (t.closing && t.element == MARKUP_A) {
			settle(w);
		}
		if (t.closing && t.element == MARKUP_BODY && !t.conditional)
			w->body_end = (size_t)(t.whole.p - w->in->html.p);
		else if (t.closing)
			note_safe_point(w, &t);
	}
	settle(w);
}

/* ---- the second pass ---- */

static void
add_pixel(struct work *w, struct sbuf *out)
{
	sbuf_add_z(out, "<img src=\"");
	sbuf_add_html(out, w->in->pixel_url);
	sbuf_add_z(out, "\" width=\"1\" height=\"1\" alt=\"\" "
			"aria-hidden=\"true\" style=\"display:block;"
			"width:1px;height:1px;border:0;opacity:0\">");
	w->res->pixel = true;
}

static size_t
pixel_at(const struct work *w)
{
	size_t at = w->body_end == SIZE_MAX ? w->in->html.n : w->body_end;

	if (at + w->grown > CLIP_BYTES && w->safe_point)
		return w->safe_point;
	return at;
}

static void
copy(struct work *w, size_t from, size_t to, size_t pixel, struct sbuf *out)
{
	const char *p = w->in->html.p;

	if (w->in->pixel_url.n && pixel >= from && pixel <= to &&
	    !w->res->pixel) {
		sbuf_add(out, slice_of(p + from, pixel - from));
		add_pixel(w, out);
		from = pixel;
	}
	sbuf_add(out, slice_of(p + from, to - from));
}

static void
write_all(struct work *w, struct sbuf *out)
{
	size_t at = 0, pixel = pixel_at(w);

	w->res->pixel = false;
	for (size_t i = 0; i < w->edit_count; i++) {
		const struct edit *ed = &w->edits[i];

		copy(w, at, ed->start, pixel, out);
		if (ed->index != NOT_TRACKED)
			w->in->writer->add(w->in->writer, ed->index,
					   w->destinations[ed->index], out);
		at = ed->end;
	}
	copy(w, at, w->in->html.n, pixel, out);
}

enum rc
links_rewrite(const struct links_input *in, struct arena *a, struct sbuf *out,
	      struct links_result *res, struct err *e)
{
	struct work w;

	begin(&w, in, a, res);
	w.body_end = SIZE_MAX;
	scan(&w);
	write_all(&w, out);
	end(&w);
	if (!sbuf_ok(out))
		return err_set(e, RC_LIMIT, "HTML with links is over %zu bytes",
			       out->max);
	return RC_OK;
}

/* ---- plain text ---- */

static bool
ends_url(char c)
{
	return (unsigned char)c <= ' ' || memchr("<>\"`", c, 4);
}

/* The URL that text begins with, without the punctuation of the sentence. */
static struct slice
text_url(struct slice s)
{
	size_t n = 0, open = 0;

	while (n < s.n && !ends_url(s.p[n]))
		open += s.p[n++] == '(';
	for (; n; n--) {
		char c = s.p[n - 1];

		if (c == ')' && open)
			break;
		if (!memchr(".,;:!?)]}'*_", c, 12))
			break;
	}
	return slice_of(s.p, n);
}

static void
text_link(struct work *w, struct slice url, struct sbuf *out)
{
	uint32_t index;
	enum link_fate fate = track(w, url, SLICE(""), &index);

	w->res->fates[fate]++;
	if (fate == LINK_TRACKED && w->in->writer)
		w->in->writer->add(w->in->writer, index, w->destinations[index],
				   out);
	else
		sbuf_add(out, url);
}

enum rc
links_rewrite_text(const struct links_input *in, struct arena *a,
		   struct sbuf *out, struct links_result *res, struct err *e)
{
	struct slice s = in->html;
	struct work w;
	ptrdiff_t at;

	begin(&w, in, a, res);
	while ((at = slice_find(s, SLICE("://"))) >= 0) {
		size_t n = (size_t)at, back = 0;
		struct slice url;

		while (back < 5 && back < n && s.p[n - back - 1] != ' ' &&
		       !href_is_web(slice_of(s.p + n - back, back + 3)))
			back++;
		url = slice_of(s.p + n - back, s.n - n + back);
		if (!href_is_web(url)) {
			sbuf_add(out, slice_of(s.p, n + 3));
			s = slice_skip(s, n + 3);
			continue;
		}
		sbuf_add(out, slice_of(s.p, n - back));
		url = text_url(url);
		text_link(&w, url, out);
		s = slice_skip(s, n - back + url.n);
	}
	sbuf_add(out, s);
	end(&w);
	if (!sbuf_ok(out))
		return err_set(e, RC_LIMIT, "text with links is over %zu bytes",
			       out->max);
	return RC_OK;
}
