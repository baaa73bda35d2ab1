#include "mailer/sent.h"

#include <gmime/gmime.h>
#include <pthread.h>

#include "base/codec.h"
#include "base/token.h"

#define HTML_MAX ((size_t)4 << 20)
#define INLINE_MAX ((size_t)2 << 20) /* of pictures within the message */
#define FILES_MAX 32
#define PIXEL_PATH "/o/"

struct picture {
	struct slice id, url; /* "logo@host", "data:image/png;base64,…" */
};

struct reading {
	struct arena *a;
	struct sent *out;
	struct picture pictures[FILES_MAX];
	size_t pictures_n, inlined;
	struct slice files[FILES_MAX];
};

/* ---- parts ---- */

static struct slice
text_of(struct reading *r, GMimeObject *part)
{
	char *z = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
	struct slice s;

	if (z == NULL)
		return SLICE("");
	s = slice_z(z);
	if (s.n > HTML_MAX || !slice_utf8(s))
		s = SLICE("");
	s = arena_dup(r->a, s);
	g_free(z);
	return s;
}

static struct slice
decoded(struct reading *r, GMimeObject *part)
{
	GMimeDataWrapper *w = g_mime_part_get_content(GMIME_PART(part));
	GMimeStream *to = g_mime_stream_mem_new();
	struct slice s = SLICE("");
	GByteArray *bytes;

	if (w != NULL && g_mime_data_wrapper_write_to_stream(w, to) >= 0) {
		bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(to));
		if (bytes->len <= INLINE_MAX - r->inlined)
			s = arena_dup(r->a, slice_of(bytes->data, bytes->len));
	}
	g_object_unref(to);
	return s;
}

static void
take_picture(struct reading *r, GMimeObject *part, const char *id)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	struct slice bytes;
	struct sbuf b;

	if (r->pictures_n == FILES_MAX ||
	    !g_mime_content_type_is_type(type, "image", "*") ||
	    g_mime_content_type_is_type(type, "image", "svg+xml"))
		return;
	bytes = decoded(r, part);
	if (bytes.n == 0)
		return;
	r->inlined += bytes.n;
	sbuf_init(&b, 2 * INLINE_MAX);
	sbuf_addf(&b, "data:image/%s;base64,",
		  g_mime_content_type_get_media_subtype(type));
	base64_encode(bytes, &b);
	r->pictures[r->pictures_n].id = arena_dup(r->a, slice_z(id));
	r->pictures[r->pictures_n++].url = arena_dup(r->a, sbuf_slice(&b));
	sbuf_fini(&b);
}

static void
take_file(struct reading *r, GMimeObject *part)
{
	const char *name = g_mime_part_get_filename(GMIME_PART(part));

	if (name == NULL || r->out->attachments_n == FILES_MAX)
		return;
	r->files[r->out->attachments_n++] = arena_dup(r->a, slice_z(name));
}

static void
take_part(GMimeObject *parent, GMimeObject *part, gpointer arg)
{
	struct reading *r = arg;
	const char *id = g_mime_object_get_content_id(part);
	GMimeContentType *type = g_mime_object_get_content_type(part);

	(void)parent;
	if (!GMIME_IS_PART(part))
		return;
	if (GMIME_IS_TEXT_PART(part) &&
	    !g_mime_part_is_attachment(GMIME_PART(part))) {
		bool html = g_mime_content_type_is_type(type, "text", "html");
		struct slice *to = html ? &r->out->html : &r->out->text;

		if (to->n == 0)
			*to = text_of(r, part);
		return;
	}
	if (id != NULL)
		take_picture(r, part, id);
	else
		take_file(r, part);
}

/* ---- pictures by cid: ---- */

static const struct picture *
picture_at(const struct reading *r, struct slice at)
{
	for (size_t i = 0; i < r->pictures_n; i++)
		if (slice_starts(at, r->pictures[i].id))
			return &r->pictures[i];
	return NULL;
}

static struct slice
with_pictures(struct reading *r, struct slice html)
{
	struct slice rest = html, out;
	struct sbuf b;
	ptrdiff_t at;

	if (r->pictures_n == 0)
		return html;
	sbuf_init(&b, HTML_MAX + 8 * INLINE_MAX);
	while ((at = slice_find(rest, SLICE("cid:"))) >= 0) {
		const struct picture *p =
		    picture_at(r, slice_skip(rest, (size_t)at + 4));

		sbuf_add(&b, slice_of(rest.p, (size_t)at));
		sbuf_add(&b, p ? p->url : SLICE("cid:"));
		rest = slice_skip(rest, (size_t)at + 4 + (p ? p->id.n : 0));
	}
	sbuf_add(&b, rest);
	out = sbuf_ok(&b) ? arena_dup(r->a, sbuf_slice(&b)) : html;
	sbuf_fini(&b);
	return out;
}

static pthread_once_t started = PTHREAD_ONCE_INIT;

enum rc
sent_read(struct slice bytes, struct arena *a, struct sent *out, struct err *e)
{
	struct reading r = {.a = a, .out = out};
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *message;
	struct slice *files;

	*out = (struct sent){.html = SLICE(""), .text = SLICE("")};
	(void)pthread_once(&started, g_mime_init);
	stream = g_mime_stream_mem_new_with_buffer(bytes.p, bytes.n);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	if (message != NULL) {
		g_mime_message_foreach(message, take_part, &r);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
	out->html = with_pictures(&r, out->html);
	files = ARENA_ARRAY(a, struct slice, FILES_MAX);
	memcpy(files, r.files, sizeof(r.files));
	out->attachments = files;
	if (out->html.n == 0 && out->text.n == 0)
		return err_set(e, RC_INVALID, "the message has no text");
	return RC_OK;
}

/* ---- the pixel ---- */

/* The end of a tag that begins at html.p, quotes minded; 0 where it has none.
 */
static size_t
tag_end(struct slice html)
{
	char quote = 0;

	for (size_t i = 0; i < html.n; i++) {
		char c = html.p[i];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return i + 1;
	}
	return 0;
}

static bool
is_image(struct slice tag)
{
	return tag.n > 5 && slice_ieq(slice_of(tag.p, 4), SLICE("<img")) &&
	       strchr(" \t\r\n\f/", tag.p[4]) != NULL;
}

static bool
is_pixel(struct slice tag, struct slice prefix, struct ref mref)
{
	static const struct ref nobody;
	struct token t;
	ptrdiff_t at;

	if (slice_find(tag, prefix) >= 0)
		return true;
	while ((at = slice_find(tag, SLICE(PIXEL_PATH))) >= 0) {
		tag = slice_skip(tag, (size_t)at + strlen(PIXEL_PATH));
		if (tag.n >= TOKEN_TEXT &&
		    token_peek(slice_of(tag.p, TOKEN_TEXT), &t) &&
		    (ref_eq(t.ref, mref) || ref_eq(t.ref, nobody)))
			return true;
	}
	return false;
}

struct slice
sent_without_pixel(struct slice html, struct slice prefix, struct ref mref,
		   struct arena *a)
{
	struct slice rest = html, out;
	struct sbuf b;
	ptrdiff_t at;

	sbuf_init(&b, html.n + 1);
	while ((at = slice_find_c(rest, '<')) >= 0) {
		struct slice tag = slice_skip(rest, (size_t)at);

		sbuf_add(&b, slice_of(rest.p, (size_t)at));
		tag.n = is_image(tag) ? tag_end(tag) : 1;
		if (tag.n == 0)
			tag.n = 1;
		if (!is_pixel(tag, prefix, mref))
			sbuf_add(&b, tag);
		rest = slice_skip(rest, (size_t)at + tag.n);
	}
	sbuf_add(&b, rest);
	out = arena_dup(a, sbuf_slice(&b));
	sbuf_fini(&b);
	return out;
}
