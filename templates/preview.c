#include "templates/preview.h"

#include "templates/pdf.h"
#include "templates/sample.h"

#define SUBJECT_MAX ((size_t)64 << 10)
#define PART_MAX ((size_t)4 << 20)
#define PDF_MAX ((size_t)32 << 20)

static const struct {
	const char *mail;
	enum pdf_kind kind;
} documents[] = {
    {"proforma", PDF_PROFORMA},
    {"receipt", PDF_RECEIPT},
};

static enum rc
add_document(const struct preview_input *in, const struct datum *data,
	     struct locale *l, struct preview *p, struct err *e)
{
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
		if (slice_eq_z(in->mail, documents[i].mail))
			return pdf_render(documents[i].kind, data, l,
					  in->now_us, &p->pdf, e);
	return RC_OK;
}

enum rc
preview_make(const struct preview_input *in, struct arena *a,
	     struct preview *out, struct err *e)
{
	const struct datum *data = in->data;
	struct catalog_mail m;
	struct locale *l;
	enum rc rc;

	sbuf_init(&out->subject, SUBJECT_MAX);
	sbuf_init(&out->html, PART_MAX);
	sbuf_init(&out->text, PART_MAX);
	sbuf_init(&out->pdf, PDF_MAX);
	rc = catalog_mail(in->catalog, in->mail, in->locale, in->brand_locale,
			  &m, e);
	if (rc == RC_OK)
		rc = locale_get(slice_z(m.locale), in->zone, &l, e);
	if (rc)
		return rc;
	memcpy(out->locale, m.locale, sizeof(out->locale));
	if (!data)
		data =
		    sample_mail(in->mail, SAMPLE_FULL, slice_z(out->locale), a);
	rc = template_render(m.subject, data, l, &out->subject, e);
	if (rc == RC_OK)
		rc = template_render(m.html, data, l, &out->html, e);
	if (rc == RC_OK)
		rc = template_render(m.text, data, l, &out->text, e);
	if (rc == RC_OK)
		rc = add_document(in, data, l, out, e);
	return rc;
}

void
preview_fini(struct preview *p)
{
	sbuf_fini(&p->subject);
	sbuf_fini(&p->html);
	sbuf_fini(&p->text);
	sbuf_fini(&p->pdf);
}
