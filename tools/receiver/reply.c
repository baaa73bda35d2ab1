#include "tools/receiver/reply.h"

#include "base/err.h"

struct reply {
	int code;
	const char *enhanced; /* RFC 3463; empty where none belongs */
	const char *text;
};

static const struct reply replies[REPLY_COUNT] = {
    [REPLY_HELO] = {250, "", "at your service, for tests only"},
    [REPLY_TLS_GO] = {220, "2.0.0", "ready to start TLS"},
    [REPLY_TLS_NOT_HERE] = {502, "5.5.1", "no STARTTLS here"},
    [REPLY_TLS_ALREADY] = {503, "5.5.1", "TLS is on already"},
    [REPLY_AUTH_OK] = {235, "2.7.0", "authenticated"},
    [REPLY_AUTH_ASK] = {334, "", ""},
    [REPLY_AUTH_USER] = {334, "", "VXNlcm5hbWU6"},
    [REPLY_AUTH_PASSWORD] = {334, "", "UGFzc3dvcmQ6"},
    [REPLY_AUTH_BAD] = {535, "5.7.8", "wrong user or password"},
    [REPLY_AUTH_CANCELLED] = {501, "5.7.0", "authentication cancelled"},
    [REPLY_AUTH_MALFORMED] = {501, "5.5.2", "not base64 as RFC 4954 has it"},
    [REPLY_AUTH_MECHANISM] = {504, "5.5.4", "no such mechanism here"},
    [REPLY_AUTH_ALREADY] = {503, "5.5.1", "authenticated already"},
    [REPLY_AUTH_NEEDED] = {530, "5.7.0", "authenticate first"},
    [REPLY_MAIL_OK] = {250, "2.1.0", "sender ok"},
    [REPLY_RCPT_OK] = {250, "2.1.5", "recipient ok"},
    [REPLY_RCPT_MANY] = {452, "4.5.3", "too many recipients"},
    [REPLY_GO_AHEAD] = {354, "", "end with a dot on a line of its own"},
    [REPLY_CHUNK_OK] = {250, "2.0.0", "chunk taken"},
    [REPLY_STORED] = {250, "2.0.0", "kept as"},
    [REPLY_STORE_FAILED] = {452, "4.3.1", "cannot keep the message"},
    [REPLY_TOO_BIG] = {552, "5.3.4", "message is too big"},
    [REPLY_GREYLISTED] = {451, "4.7.1", "greylisted, try again later"},
    [REPLY_RESET] = {250, "2.0.0", "forgotten"},
    [REPLY_NOOP] = {250, "2.0.0", "ok"},
    [REPLY_VRFY] = {252, "2.1.5", "cannot say, but will take a message"},
    [REPLY_HELP] = {214, "2.0.0", "see tools/receiver/README.md"},
    [REPLY_BYE] = {221, "2.0.0", "bye"},
    [REPLY_IDLE] = {421, "4.4.2", "idle for too long, closing"},
    [REPLY_BUSY] = {421, "4.3.2", "too many connections, closing"},
    [REPLY_UNKNOWN] = {500, "5.5.2", "unknown command"},
    [REPLY_LONG] = {500, "5.5.6", "line is too long"},
    [REPLY_SYNTAX] = {501, "5.5.2", "syntax error"},
    [REPLY_ARGUMENT] = {501, "5.5.4", "bad parameter"},
    [REPLY_NO_ARGUMENT] = {501, "5.5.4", "takes no parameter"},
    [REPLY_NOT_OFFERED] = {502, "5.5.1", "not offered here"},
    [REPLY_SEQUENCE] = {503, "5.5.1", "bad sequence of commands"},
    [REPLY_NO_VALID_RCPT] = {503, "5.5.1", "no valid recipient"},
    [REPLY_BAD_SENDER] = {553, "5.1.7", "bad sender's address"},
    [REPLY_BAD_RCPT] = {553, "5.1.3", "bad recipient's address"},
    [REPLY_UTF8_NEEDED] = {553, "5.6.7", "address needs SMTPUTF8"},
    [REPLY_PARAMETER] = {555, "5.5.4", "parameter is not offered here"},
};

void
reply_add(struct sbuf *out, enum reply_id id, bool enhanced)
{
	const struct reply *r = &replies[id];

	sbuf_add_int(out, r->code);
	sbuf_add_c(out, ' ');
	if (enhanced && r->enhanced[0]) {
		sbuf_add_z(out, r->enhanced);
		sbuf_add_c(out, ' ');
	}
	sbuf_add_z(out, r->text);
	sbuf_add_z(out, "\r\n");
}

void
reply_add_text(struct sbuf *out, struct slice text)
{
	while (text.p) {
		sbuf_add(out, slice_cut(&text, '\n'));
		sbuf_add_z(out, "\r\n");
	}
}

int
reply_class(struct slice reply)
{
	size_t last = reply.n;

	while (last > 0 &&
	       (reply.p[last - 1] == '\n' || reply.p[last - 1] == '\r'))
		last--;
	while (last > 0 && reply.p[last - 1] != '\n')
		last--;
	if (last >= reply.n || reply.p[last] < '2' || reply.p[last] > '5')
		return 0;
	return reply.p[last] - '0';
}
