/*
 * Writes a message through mailer/mime.h, and signs it.  For tests alone.
 *
 *   writemail [options] <SPEC.json >MESSAGE.eml
 *
 * The specification's texts are the fields of struct mime; "parts" is a list
 * of {type, name, content_id, file}.  Options: --dkim DOMAIN,SELECTOR,KEY.pem
 * (repeat it), --rewrites BITS, --record (prints the keys' DNS records
 * instead), --times N (repeats the work, prints microseconds a message).
 */
#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "mailer/dkim.h"
#include "mailer/mime.h"

#define MESSAGE_MAX (64 * 1024 * 1024)

struct job {
	struct mime m;
	struct mime_part parts[16];
	struct sbuf files[16];
	struct dkim_key keys[DKIM_KEYS_MAX];
	size_t keys_n;
	uint32_t rewrites;
	bool record;
	long times;
};

static void
fail(const struct err *e)
{
	fprintf(stderr, "writemail: %s: %s\n", e->pointer, e->text);
	exit(rc_exit(e->rc));
}

static struct slice
field(json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);

	return slice_of(json_string_value(v), json_string_length(v));
}

static void
fill(struct job *job, json_t *o)
{
	struct mime *m = &job->m;
	json_t *parts = json_object_get(o, "parts");
	struct err e = {0};

	if (!ref_parse(field(o, "mref"), &m->mref))
		memset(&m->mref, 7, sizeof m->mref);
	m->date_us = json_integer_value(json_object_get(o, "date_us"));
	m->message_id = field(o, "message_id");
	m->from.name = field(o, "from_name");
	m->from.address = field(o, "from");
	m->to.name = field(o, "to_name");
	m->to.address = field(o, "to");
	m->reply_to.address = field(o, "reply_to");
	m->subject = field(o, "subject");
	m->language = field(o, "language");
	m->feedback_id = field(o, "feedback_id");
	m->evidence_ref = field(o, "evidence_ref");
	m->evidence_checkpoint = field(o, "evidence_checkpoint");
	m->unsubscribe_url = field(o, "unsubscribe_url");
	m->text = field(o, "text");
	m->html = field(o, "html");
	m->parts = job->parts;
	for (size_t i = 0; i < json_array_size(parts) && i < 16; i++) {
		json_t *p = json_array_get(parts, i);
		const char *path =
		    json_string_value(json_object_get(p, "file"));

		sbuf_init(&job->files[i], MESSAGE_MAX);
		if (path != NULL &&
		    file_read(path, MESSAGE_MAX, &job->files[i], &e) != RC_OK)
			fail(&e);
		job->parts[i].type = field(p, "type");
		job->parts[i].name = field(p, "name");
		job->parts[i].content_id = field(p, "content_id");
		job->parts[i].content = sbuf_slice(&job->files[i]);
		m->parts_n++;
	}
}

static void
add_key(struct job *job, char *arg)
{
	struct dkim_key *k = &job->keys[job->keys_n++];
	char *save = NULL;
	struct err e = {0};

	if (job->keys_n > DKIM_KEYS_MAX)
		exit(64);
	k->domain = strtok_r(arg, ",", &save);
	k->selector = strtok_r(NULL, ",", &save);
	if (sign_key_load(strtok_r(NULL, ",", &save), &k->key, &e) != RC_OK)
		fail(&e);
}

static void
options(struct job *job, int argc, char **argv)
{
	static const struct option longs[] = {{"dkim", 1, NULL, 'd'},
					      {"rewrites", 1, NULL, 'r'},
					      {"record", 0, NULL, 'R'},
					      {"times", 1, NULL, 't'},
					      {NULL, 0, NULL, 0}};
	int c;

	job->times = 1;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'd')
			add_key(job, optarg);
		else if (c == 'r')
			job->rewrites = (uint32_t)strtoul(optarg, NULL, 0);
		else if (c == 'R')
			job->record = true;
		else if (c == 't')
			job->times = strtol(optarg, NULL, 10);
		else
			exit(64);
	}
}

static void
write_mail(struct job *job, struct sbuf *plain, struct sbuf *out)
{
	struct err e = {0};
	int64_t from_us = clock_mono_us();

	for (long i = 0; i < job->times; i++) {
		sbuf_reset(plain);
		sbuf_reset(out);
		if (mime_write(&job->m, plain, &e) != RC_OK)
			fail(&e);
		if (dkim_sign(sbuf_slice(plain), job->keys, job->keys_n,
			      job->rewrites, job->m.date_us, out, &e) != RC_OK)
			fail(&e);
	}
	if (job->times > 1)
		printf("%.1f us, %zu bytes\n",
		       (double)(clock_mono_us() - from_us) / (double)job->times,
		       out->n);
	else
		fwrite(out->p, 1, out->n, stdout);
}

int
main(int argc, char **argv)
{
	struct job *job = MEM_NEW(struct job);
	struct sbuf plain, out;
	json_error_t why;
	json_t *spec;

	options(job, argc, argv);
	sbuf_init(&plain, MESSAGE_MAX);
	sbuf_init(&out, MESSAGE_MAX);
	if (job->record) {
		for (size_t i = 0; i < job->keys_n; i++)
			dkim_dns_record(&job->keys[i], &out);
		fwrite(out.p, 1, out.n, stdout);
	} else {
		spec = json_loadf(stdin, JSON_ALLOW_NUL, &why);
		if (spec == NULL) {
			fprintf(stderr, "writemail: %s\n", why.text);
			return 65;
		}
		fill(job, spec);
		write_mail(job, &plain, &out);
		json_decref(spec);
	}
	for (size_t i = 0; i < job->m.parts_n; i++)
		sbuf_fini(&job->files[i]);
	for (size_t i = 0; i < job->keys_n; i++)
		sign_key_free(job->keys[i].key);
	sbuf_fini(&plain);
	sbuf_fini(&out);
	free(job);
	return 0;
}
