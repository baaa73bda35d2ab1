#include <stdio.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/hash.h"
#include "base/log.h"
#include "tools/receiver/listener.h"
#include "tools/receiver/outbox.h"
#include "tools/receiver/report.h"
#include "tools/receiver/session.h"

#define PACE_MS 50

/* ---- reports ---- */

static void
put_report(struct session *s, const struct recipient *r,
	   const struct ruling *ruling, enum report_kind kind)
{
	int64_t now_us = clock_wall_us();
	struct report report = {
	    .kind = kind,
	    .mail = &s->mail,
	    .recipient = r,
	    .content = sbuf_slice(&s->content.bytes),
	    .diagnostic = slice_trim(ruling->text),
	    .hostname = s->server->options->hostname,
	    .arrived_us = now_us,
	    .now_us = now_us + ruling->wait_us,
	    .number = ++s->server->last_message,
	};
	struct sbuf text;

	sbuf_init(&text, s->content.bytes.n + (size_t)64 * 1024);
	report_write(&report, &text);
	if (sbuf_ok(&text))
		outbox_put(s->server->outbox, s->mail.path, sbuf_slice(&text),
			   report.now_us);
	sbuf_fini(&text);
}

/* Where no rule says so, delivery is told to whom asked for it. */
static void
put_reports(struct session *s)
{
	struct subject subject = session_subject(s);

	if (!s->server->outbox)
		return;
	for (size_t i = 0; i < s->n; i++) {
		const struct recipient *r = &s->recipients[i];
		struct ruling ruling;
		enum report_kind kind = REPORT_DELIVERED;

		subject.recipients = r;
		subject.n = 1;
		rules_decide(s->server->rules, STAGE_ACCEPTED, &subject,
			     &ruling);
		if (ruling.line)
			kind = ruling.report;
		if (report_wanted(&s->mail, r, kind))
			put_report(s, r, &ruling, kind);
	}
	outbox_look(s->server->outbox);
}

/* ---- journal ---- */

static void
note_notify(struct journal *j, unsigned notify)
{
	char text[64];

	if (!notify)
		return;
	snprintf(text, sizeof(text), "%s%s%s%s",
		 notify & NOTIFY_NEVER ? ",NEVER" : "",
		 notify & NOTIFY_SUCCESS ? ",SUCCESS" : "",
		 notify & NOTIFY_FAILURE ? ",FAILURE" : "",
		 notify & NOTIFY_DELAY ? ",DELAY" : "");
	journal_z(j, "notify", text + 1);
}

static void
note_envelope(struct session *s)
{
	struct journal *j = s->server->journal;
	const struct mail *m = &s->mail;

	journal_text(j, "sender", m->path);
	if (m->body.n)
		journal_text(j, "body", m->body);
	if (m->ret.n)
		journal_text(j, "ret", m->ret);
	if (m->envid.n)
		journal_text(j, "envid", m->envid);
	if (m->auth.n)
		journal_text(j, "auth", m->auth);
	if (m->size >= 0)
		journal_int(j, "declared_size", m->size);
	if (m->smtputf8)
		journal_bool(j, "smtputf8", true);
	journal_open_list(j, "recipients");
	for (size_t i = 0; i < s->n; i++) {
		const struct recipient *r = &s->recipients[i];

		journal_open_item(j);
		journal_text(j, "recipient", r->path);
		note_notify(j, r->notify);
		if (r->orcpt.n)
			journal_text(j, "orcpt", r->orcpt);
		journal_close_item(j);
	}
	journal_close_list(j);
}

static void
note_content(struct session *s)
{
	struct journal *j = s->server->journal;
	struct slice content = sbuf_slice(&s->content.bytes);
	uint8_t hash[SHA256_SIZE];
	struct content_form form;
	struct sbuf hex;

	sha256_of(content, hash);
	sbuf_init(&hex, SHA256_SIZE * 2 + 1);
	hex_encode(slice_of(hash, sizeof(hash)), &hex);
	content_examine(content, &form);
	journal_int(j, "size", (int64_t)s->content.n);
	journal_text(j, "sha256", sbuf_slice(&hex));
	if (form.evidence_ref.n)
		journal_text(j, "evidence_ref", form.evidence_ref);
	if (form.message_id.n)
		journal_text(j, "message_id", form.message_id);
	journal_int(j, "bare_cr", (int64_t)form.bare_cr);
	journal_int(j, "bare_lf", (int64_t)form.bare_lf);
	journal_int(j, "longest_line", (int64_t)form.longest_line);
	journal_bool(j, "eight_bit", form.eight_bit);
	journal_bool(j, "nul", form.nul);
	sbuf_fini(&hex);
}

void
session_note_content_lost(struct session *s)
{
	session_note(s, "lost");
	note_envelope(s);
	journal_int(s->server->journal, "size", (int64_t)s->content.n);
	journal_end(s->server->journal);
}

/* ---- the end of a message ---- */

static void
name_message(struct session *s, char name[MAILDIR_NAME])
{
	snprintf(name, MAILDIR_NAME, "%lld.M%lluP%ld.receiver",
		 (long long)clock_wall_us(),
		 (unsigned long long)++s->server->last_message, (long)getpid());
}

/* Keeps the message; false, with another reply in its place, when that
 * failed. */
static bool
keep(struct session *s, struct verdict *v, const char *name)
{
	struct err e = {0};

	if (!s->server->maildir ||
	    maildir_keep(s->server->maildir, sbuf_slice(&s->content.bytes),
			 name, &e) == RC_OK)
		return true;
	LOG(MESSAGE_NOT_KEPT, LOG_ERR(&e));
	session_reply(s, REPLY_STORE_FAILED);
	v->reply = sbuf_slice(&s->reply);
	v->good = false;
	return false;
}

static void
finish_message(struct session *s)
{
	struct journal *j = s->server->journal;
	bool fits = sbuf_ok(&s->content.bytes);
	char name[MAILDIR_NAME];
	struct verdict v = {.then = THEN_GO_ON};

	s->mode = MODE_COMMAND;
	name_message(s, name);
	session_reply(s, fits ? REPLY_STORED : REPLY_TOO_BIG);
	if (fits) {
		sbuf_cut(&s->reply, s->reply.n - 2);
		sbuf_addf(&s->reply, " %s\r\n", name);
		session_judge(s, STAGE_DOT, &v);
	} else {
		v.reply = sbuf_slice(&s->reply);
	}
	if (v.good)
		(void)keep(s, &v, name);
	if (s->early)
		v.reply = slice_of(NULL, 0);
	session_note(s, "message");
	journal_bool(j, "kept", v.good);
	if (v.good && s->server->maildir)
		journal_z(j, "file", name);
	if (s->early)
		journal_bool(j, "early_reply", true);
	note_envelope(s);
	note_content(s);
	session_note_verdict(s, &v);
	journal_end(j);
	if (v.good)
		put_reports(s);
	session_say(s, &v, 0);
	s->has_mail = s->chunking = s->early = false;
	content_reset(&s->content);
}

/* ---- bytes ---- */

static void
begin_content(struct session *s)
{
	struct subject subject = session_subject(s);

	content_reset(&s->content);
	s->content_bps = 0;
	s->mid_next = rules_next_mid(s->server->rules, &subject, 0);
}

/* The content has come to where a mid-data rule waits for it. */
static void
reach_mid(struct session *s)
{
	struct subject subject = session_subject(s);
	struct verdict v = {.stage = STAGE_MID_DATA};
	int64_t at = s->mid_next;

	session_judge_mid(s, at, &v);
	s->mid_next = rules_next_mid(s->server->rules, &subject, at);
	if (v.ruling.slow_bps)
		s->content_bps = v.ruling.slow_bps;
	v.ruling.slow_bps = 0;
	if (v.ruling.action == ACTION_EARLY)
		s->early = true;
	if (v.ruling.line) {
		session_note(s, "mid-data");
		journal_int(s->server->journal, "size", (int64_t)s->content.n);
		session_note_verdict(s, &v);
		journal_end(s->server->journal);
	}
	session_say(s, &v, 0);
}

/* How much of n may be taken at once. */
static size_t
share_of(const struct session *s, size_t n)
{
	if (s->mid_next > 0 && (uint64_t)s->mid_next - s->content.n < n)
		n = (size_t)((uint64_t)s->mid_next - s->content.n);
	if (s->content_bps) {
		size_t share = (size_t)(s->content_bps * PACE_MS / 1000);

		if (n > share)
			n = share ? share : 1;
	}
	return n;
}

static void
pace(struct session *s, size_t used)
{
	if (s->content_bps && !conn_busy(s->conn))
		conn_hold(s->conn, (int64_t)used * 1000 / s->content_bps);
}

static void
finish_chunk(struct session *s)
{
	struct verdict v;

	s->mode = MODE_COMMAND;
	if (s->chunk_fault != REPLY_NONE) {
		session_refuse(s, "BDAT", s->chunk_fault);
		return;
	}
	if (s->chunk_last) {
		finish_message(s);
		return;
	}
	session_reply(s, REPLY_CHUNK_OK);
	session_judge(s, STAGE_DATA, &v);
	if (!v.good)
		s->has_mail = false;
	session_note(s, "chunk");
	journal_int(s->server->journal, "size", (int64_t)s->content.n);
	session_note_verdict(s, &v);
	journal_end(s->server->journal);
	session_say(s, &v, 0);
}

static size_t
take_chunk(struct session *s, struct slice in)
{
	if (in.n > s->chunk_left)
		in.n = (size_t)s->chunk_left;
	if (s->chunk_fault == REPLY_NONE)
		content_take_chunk(&s->content, in);
	s->chunk_left -= in.n;
	return in.n;
}

bool
session_take_content(struct session *s, struct slice in, size_t *used)
{
	bool data = s->mode == MODE_DATA;

	*used = 0;
	if (data ? s->content.done : s->chunk_left == 0) {
		if (data)
			finish_message(s);
		else
			finish_chunk(s);
		return true;
	}
	if (in.n == 0)
		return false;
	in.n = share_of(s, in.n);
	*used = data ? content_take_data(&s->content, in) : take_chunk(s, in);
	if (s->mid_next > 0 && s->content.n >= (uint64_t)s->mid_next)
		reach_mid(s);
	pace(s, *used);
	return true;
}

/* ---- DATA, BDAT ---- */

void
session_data(struct session *s)
{
	struct verdict v;

	if (!s->has_mail || s->chunking) {
		session_refuse(s, "DATA", REPLY_SEQUENCE);
		return;
	}
	if (s->n == 0) {
		session_refuse(s, "DATA", REPLY_NO_VALID_RCPT);
		return;
	}
	session_reply(s, REPLY_GO_AHEAD);
	session_judge(s, STAGE_DATA, &v);
	session_note(s, "data");
	session_note_verdict(s, &v);
	journal_end(s->server->journal);
	if (v.good) {
		s->mode = MODE_DATA;
		begin_content(s);
	}
	session_say(s, &v, 0);
}

static enum reply_id
chunk_fault_of(const struct session *s)
{
	if (!s->greeted)
		return REPLY_SEQUENCE;
	if (!(s->offered & EXT_CHUNKING))
		return REPLY_NOT_OFFERED;
	if (!s->has_mail)
		return REPLY_SEQUENCE;
	return s->n ? REPLY_NONE : REPLY_NO_VALID_RCPT;
}

void
session_bdat(struct session *s, struct slice rest)
{
	if (!command_bdat(rest, &s->chunk_left, &s->chunk_last)) {
		session_refuse(s, "BDAT", REPLY_ARGUMENT);
		return;
	}
	s->chunk_fault = chunk_fault_of(s);
	if (s->chunk_fault == REPLY_NONE && !s->chunking) {
		begin_content(s);
		s->chunking = true;
	}
	s->mode = MODE_BDAT;
}
