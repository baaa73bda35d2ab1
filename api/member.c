#include "api/member.h"

static void
begin(struct sbuf *b, const char *key)
{
	char last = b->n > 0 ? b->p[b->n - 1] : '{';

	if (last != '{' && last != '[')
		sbuf_add_c(b, ',');
	if (key != NULL)
		sbuf_addf(b, "\"%s\":", key);
}

void
member_open(struct sbuf *b, const char *key, char bracket)
{
	if (b->n > 0)
		begin(b, key);
	sbuf_add_c(b, bracket);
}

void
member_close(struct sbuf *b, char bracket)
{
	sbuf_add_c(b, bracket);
}

void
member_text(struct sbuf *b, const char *key, struct slice text)
{
	begin(b, key);
	sbuf_add_json(b, text);
}

void
member_text_or_null(struct sbuf *b, const char *key, struct slice text)
{
	if (text.n > 0)
		member_text(b, key, text);
	else
		member_null(b, key);
}

void
member_int(struct sbuf *b, const char *key, int64_t n)
{
	begin(b, key);
	sbuf_add_int(b, n);
}

void
member_bool(struct sbuf *b, const char *key, bool yes)
{
	begin(b, key);
	sbuf_add_z(b, yes ? "true" : "false");
}

void
member_null(struct sbuf *b, const char *key)
{
	begin(b, key);
	sbuf_add_z(b, "null");
}

void
member_time(struct sbuf *b, const char *key, int64_t us)
{
	char text[TIME_SIZE] = "";

	if (us != 0)
		time_format(us, text);
	member_text_or_null(b, key, slice_z(text));
}

void
member_date(struct sbuf *b, const char *key, int32_t date)
{
	char text[DATE_SIZE];

	date_format(date, text);
	member_text_or_null(b, key, slice_z(text));
}

void
member_ref(struct sbuf *b, const char *key, struct ref ref)
{
	char hex[REF_HEX];

	ref_hex(ref, hex);
	member_text(b, key, slice_z(hex));
}

void
member_raw(struct sbuf *b, const char *key, struct slice json)
{
	begin(b, key);
	sbuf_add(b, json);
}
