"""tools/receiver: what every other test of delivery relies on."""

import email
import email.policy
import hashlib
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import threading

from harness import DEADLINE, Failed, Raw, run, test, wait_for

TLS = "tls=127.0.0.1:0,tls"
START = "start=127.0.0.1:0,starttls"
T0 = 1795300000000000  # 2026-11-21T22:26:40Z
SECOND = 1000000


def content(i=0, size=0):
    head = "From: a@client.test\r\nSubject: %d\r\n\r\n" % i
    return head + "x" * 70 + "\r\n" * 1 + ("y" * 70 + "\r\n") * (size // 72)


def deliver(raw, rcpt="u@x.test", body="Subject: s\r\n\r\nhello\r\n"):
    """A transaction up to the final reply, of a session that said EHLO."""
    for command in ("MAIL FROM:<a@client.test>", "RCPT TO:<%s>" % rcpt):
        code, text = raw.ask(command)
        if code != 250:
            return code, text
    code, text = raw.ask("DATA")
    if code != 354:
        return code, text
    raw.send(body + ".\r\n")
    return raw.reply()


def hello(receiver, name=None):
    raw = receiver.raw(name)
    raw.ask("EHLO client.test")
    return raw


# ---- the protocol ----

@test("offers the extensions, and only those that it was told to")
def _(t):
    r = t.receiver(listen=("127.0.0.1:0", START),
                   args=("--auth", "u:p", "--max-size", "1000"))
    features = r.smtp().esmtp_features
    for name, value in (("pipelining", ""), ("8bitmime", ""), ("dsn", ""),
                        ("enhancedstatuscodes", ""), ("size", "1000"),
                        ("chunking", ""), ("smtputf8", "")):
        t.eq(features.get(name), value, name)
    t.ok("LOGIN" in features["auth"] and "PLAIN" in features["auth"], "AUTH")
    t.ok("starttls" not in features, "STARTTLS on a plain listener")
    t.ok("starttls" in r.smtp("start").esmtp_features, "STARTTLS")
    r = t.receiver(rules="match=ehlo:client.test stage=ehlo "
                   "action=without:CHUNKING,SMTPUTF8",
                   args=("--without", "DSN"))
    raw = r.raw()
    t.eq(raw.ask("EHLO client.test"),
         (250, "mx.receiver.test\nPIPELINING\nSIZE 67108864\n8BITMIME\n"
          "ENHANCEDSTATUSCODES"))
    t.eq(raw.ask("MAIL FROM:<a@b.test> RET=HDRS")[0], 555)
    t.eq(raw.ask("MAIL FROM:<a@b.test>")[0], 250)
    t.eq(raw.ask("BDAT 3 LAST\r\nabc")[0], 502)


@test("says in greeting and --help that it is for tests")
def _(t):
    r = t.receiver()
    t.ok("for tests" in r.raw(greeting=False).reply()[1], "greeting")
    out = subprocess.run([os.environ["RECEIVER"], "--help"],
                         capture_output=True, text=True, check=True).stdout
    t.ok("not for production" in out, "--help")


@test("keeps each message byte for byte, and journals what it is")
def _(t):
    r = t.receiver()
    bodies = [
        b"Subject: a\r\n\r\nplain\r\n",
        b"\r\n",
        b".\r\n..\r\n...x\r\n.",
        b"no end of line",
        b"bare\nlf\n.\nand cr\rhere\r\n.\n\r\n",
        b"\r\n.\r.\r\n.\n.\r\n",
        b"8 bit \xff\xfe\x80 and nul \0\r\n",
        b"x" * 5000 + b"\r\n" + b".y" * 4000 + b"\r\n",
        bytes(range(256)) * 500 + b"\r\n",
    ]
    c = r.smtp()
    for i, body in enumerate(bodies):
        body = (b"Message-ID: <%d@c.test>\r\n"
                b"x-evidence-ref: org/%032x\r\n\r\n" % (i, i)) + body
        stuffed = body.replace(b"\r\n.", b"\r\n..")
        if not body.endswith(b"\r\n"):
            stuffed += b"\r\n"
            body += b"\r\n"
        c.docmd("MAIL FROM:<a@b.test>")
        c.docmd("RCPT TO:<u%d@x.test>" % i)
        c.docmd("DATA")
        c.send(stuffed + b".\r\n")
        t.eq(c.getreply()[0], 250, "message %d" % i)
        line = r.journal("message")[-1]
        t.eq(r.message(line), body, "content %d" % i)
        t.eq(line["size"], len(body))
        t.eq(line["sha256"], hashlib.sha256(body).hexdigest())
        t.eq(line["recipients"], [{"recipient": "u%d@x.test" % i}])
        t.eq(line["evidence_ref"], "org/%032x" % i)
        t.eq(line["message_id"], "<%d@c.test>" % i)
        t.eq(line["bare_lf"],
             body.count(b"\n") - body.count(b"\r\n"), "bare LF %d" % i)
        t.eq(line["bare_cr"],
             body.count(b"\r") - body.count(b"\r\n"), "bare CR %d" % i)
        t.eq(line["eight_bit"], any(b > 127 for b in body))
        t.eq(line["nul"], b"\0" in body)
        t.eq(line["longest_line"], max(map(len, body.split(b"\r\n"))))
        t.ok(line["kept"] and line["reply"].startswith("250 2.0.0 "), "reply")


@test("takes a content in any pieces")
def _(t):
    r = t.receiver()
    body = b".a\r\n..\r\n\r\n.\rb\r\r\n.c\r\n"
    wire = body.replace(b"\r\n.", b"\r\n..")
    wire = b"." + wire + b".\r\n"
    raw = hello(r)
    for size in (1, 2, 3, 5):
        raw.ask("MAIL FROM:<>")
        raw.ask("RCPT TO:<u@x.test>")
        raw.ask("DATA")
        for i in range(0, len(wire), size):
            raw.send(wire[i:i + size])
        t.eq(raw.reply()[0], 250)
        t.eq(r.message(r.journal("message")[-1]), body, "by %d" % size)


@test("answers each wrong command as RFC 5321 has it, and goes on")
def _(t):
    r = t.receiver(args=("--max-size", "1000", "--max-recipients", "2"))
    raw = r.raw()
    long_local = "l" * 65
    table = [
        ("MAIL FROM:<a@b.test>", 503), ("RCPT TO:<a@b.test>", 503),
        ("EHLO", 501), ("HELO", 501), ("FOO", 500), ("", 500),
        ("NOOP", 250), ("HELP", 214), ("HELO client.test", 250),
        ("MAIL FROM:<a@b.test> SIZE=3", 555),
        ("EHLO client.test", 250),
        ("STARTTLS", 502), ("AUTH PLAIN", 502), ("VRFY a", 252),
        ("MAIL", 501), ("MAIL FROM: <a@b.test>", 501),
        ("MAIL FROM:a@b.test", 501), ("MAIL FROM:<a@b.test", 501),
        ("MAIL FROM:<a@b.test>x", 501), ("MAIL TO:<a@b.test>", 501),
        ("MAIL FROM:<a>", 553), ("MAIL FROM:<a@>", 553),
        ("MAIL FROM:<a b@c.test>", 553), ("MAIL FROM:<a..b@c.test>", 553),
        ("MAIL FROM:<a@b..test>", 553), ("MAIL FROM:<a@-b.test>", 553),
        ("MAIL FROM:<%s@b.test>" % long_local, 553),
        ("MAIL FROM:<a@%s.test>" % ("d" * 64), 553),
        ("MAIL FROM:<a@b.test> SIZE=", 501),
        ("MAIL FROM:<a@b.test> SIZE=-1", 501),
        ("MAIL FROM:<a@b.test> SIZE=1 SIZE=1", 501),
        ("MAIL FROM:<a@b.test> SIZE=1001", 552),
        ("MAIL FROM:<a@b.test> BODY=9BIT", 501),
        ("MAIL FROM:<a@b.test> RET=SOME", 501),
        ("MAIL FROM:<a@b.test> ENVID=a=b", 501),
        ("MAIL FROM:<a@b.test> ENVID=a+4", 501),
        ("MAIL FROM:<a@b.test> ENVID=a+0D", 501),
        ("MAIL FROM:<a@b.test> ENVID=%s" % ("e" * 101), 501),
        ("MAIL FROM:<a@b.test> WHAT=1", 555),
        ("MAIL FROM:<\u00e1@b.test>", 553),
        ("MAIL FROM:<\"a b\"@[127.0.0.1]> SIZE=1000 BODY=8BITMIME", 250),
        ("MAIL FROM:<a@b.test>", 503), ("DATA", 503),
        ("RCPT TO:<>", 553), ("RCPT TO:<u@x.test> NOTIFY=", 501),
        ("RCPT TO:<u@x.test> NOTIFY=NEVER,SUCCESS", 501),
        ("RCPT TO:<u@x.test> NOTIFY=SOON", 501),
        ("RCPT TO:<u@x.test> ORCPT=rfc822", 501),
        ("RCPT TO:<u@x.test> ORCPT=;u@x.test", 501),
        ("RCPT TO:<u@x.test> SIZE=3", 555),
        ("RCPT TO:<u@x.test\t>", 553),
        ("RCPT TO:<\"un closed@x.test>", 501),
        ("RCPT TO:<Postmaster>", 250),
        ("RCPT TO:<@relay.test,@b.test:u@x.test>", 250),
        ("RCPT TO:<third@x.test>", 452),
        ("DATA now", 501), ("RSET now", 501), ("RSET", 250),
        ("RCPT TO:<u@x.test>", 503), ("BDAT x", 501), ("BDAT 1 FIRST", 501),
        ("NOOP " + "n" * 4200, 500), ("NOOP", 250),
        ("NOOP \rx", 501), ("NOOP \0", 501), ("NOOP", 250),
    ]
    for command, want in table:
        code, text = raw.ask(command)
        t.eq(code, want, command[:60])
        if code != 354 and code not in (250, 252) and "." not in text[:4] \
                and r.journal("ehlo", reply=None) == []:
            t.ok(command in ("MAIL FROM:<a@b.test>", "RCPT TO:<a@b.test>",
                             "EHLO", "HELO", "FOO", "", "HELP",
                             "MAIL FROM:<a@b.test> SIZE=3"),
                 "no enhanced code for %s" % command)
    raw.send("NOOP\n")
    t.eq(raw.reply()[0], 501, "a bare LF ends no command")
    t.eq(raw.ask("QUIT")[0], 221)
    t.eq(raw.rest(), b"", "QUIT closes")


@test("takes the path without a source route, and quoted ones")
def _(t):
    r = t.receiver()
    raw = hello(r)
    raw.ask("MAIL FROM:<>")
    for path in ('<@a.test:u@x.test>', '<"a>b\\"@"@x.test>', '<u@[::1]>',
                 "<o'neil+tag=1@x.test>"):
        t.eq(raw.ask("RCPT TO:" + path)[0], 250, path)
    raw.ask("DATA")
    raw.send(".\r\n")
    t.eq(raw.reply()[0], 250)
    line = r.journal("message")[0]
    t.eq(line["sender"], "")
    t.eq(line["size"], 0)
    t.eq([x["recipient"] for x in line["recipients"]],
         ["u@x.test", '"a>b\\"@"@x.test', "u@[::1]", "o'neil+tag=1@x.test"])


@test("reads DSN and SMTPUTF8 parameters, decoded, into the journal")
def _(t):
    r = t.receiver()
    raw = hello(r)
    t.eq(raw.ask("MAIL FROM:<\u00e1@b\u00fc.test> RET=hdrs ENVID=a+2B1+3D "
                 "BODY=8BITMIME SMTPUTF8 SIZE=99")[0], 250)
    t.eq(raw.ask("RCPT TO:<\u00f1@x.test> NOTIFY=success,DELAY "
                 "ORCPT=utf-8;+C3+B1@x.test")[0], 250)
    t.eq(raw.ask("RCPT TO:<b@x.test> NOTIFY=NEVER "
                 "ORCPT=rfc822;b+2Bc@x.test")[0], 250)
    raw.ask("DATA")
    raw.send("\r\n.\r\n")
    raw.reply()
    line = r.journal("message")[0]
    for key, want in (("sender", "\u00e1@b\u00fc.test"), ("ret", "hdrs"),
                      ("envid", "a+1="), ("body", "8BITMIME"),
                      ("smtputf8", True), ("declared_size", 99),
                      ("recipients", [
                          {"recipient": "\u00f1@x.test",
                           "notify": "SUCCESS,DELAY",
                           "orcpt": "utf-8;\u00f1@x.test"},
                          {"recipient": "b@x.test", "notify": "NEVER",
                           "orcpt": "rfc822;b+c@x.test"}])):
        t.eq(line.get(key), want, key)
    raw.ask("MAIL FROM:<a@b.test>")
    t.eq(raw.ask("RCPT TO:<\u00f1@x.test>")[0], 553, "without SMTPUTF8")


@test("takes pipelined transactions in one write, in order")
def _(t):
    r = t.receiver(rules='match=no@x.test stage=rcpt action=reply:"550 no"')
    raw = hello(r)
    wire = ""
    for i in range(50):
        wire += ("MAIL FROM:<a%d@b.test>\r\nRCPT TO:<u%d@x.test>\r\n"
                 "RCPT TO:<no@x.test>\r\nDATA\r\n%s.\r\n" %
                 (i, i, content(i)))
    raw.send(wire + "QUIT\r\n")
    codes = [int(line[:3]) for line in raw.rest().splitlines()]
    t.eq(codes, [250, 250, 550, 354, 250] * 50 + [221])
    t.eq(sorted(r.messages()),
         sorted(content(i).encode() for i in range(50)))


@test("takes BDAT chunks as they are, and answers wrong ones in step")
def _(t):
    r = t.receiver(args=("--max-size", "100000"))
    raw = hello(r)
    body = b"Subject: s\r\n\r\n.\r\n..\r\n\n\r\0\xff no end"
    raw.send("BDAT 4\r\nRSET")
    t.eq(raw.reply()[0], 503, "before MAIL")
    raw.ask("MAIL FROM:<a@b.test>")
    raw.send("BDAT 6 LAST\r\nQUIT\r\n")
    t.eq(raw.reply()[0], 503, "before RCPT")
    raw.ask("RCPT TO:<u@x.test>")
    raw.send(b"BDAT 10\r\n" + body[:10] + b"BDAT 0\r\nBDAT %d last\r\n" %
             (len(body) - 10) + body[10:])
    t.eq([raw.reply()[0] for _ in range(3)], [250, 250, 250])
    t.eq(r.messages(), [body])
    t.eq(len(r.journal("chunk")), 2)
    raw.ask("MAIL FROM:<a@b.test>")
    raw.ask("RCPT TO:<u@x.test>")
    raw.send("BDAT 1\r\nx")
    t.eq(raw.reply()[0], 250)
    for command in ("DATA", "RCPT TO:<v@x.test>", "MAIL FROM:<a@b.test>"):
        t.eq(raw.ask(command)[0], 503, command + " within BDAT")
    raw.send("BDAT 0 LAST\r\n")
    t.eq(raw.reply()[0], 250, "an empty last chunk")
    t.eq(len(r.messages()), 2)
    raw.ask("MAIL FROM:<a@b.test>")
    raw.ask("RCPT TO:<u@x.test>")
    raw.send("BDAT 200000 LAST\r\n" + "x" * 200000)
    t.eq(raw.reply()[0], 552, "too big")
    t.eq(raw.ask("NOOP")[0], 250, "in step")


@test("refuses a content over its size after the dot, and goes on")
def _(t):
    r = t.receiver(args=("--max-size", "5000"))
    raw = hello(r)
    t.eq(deliver(raw, body=content(0, 8000))[0], 552)
    t.eq(deliver(raw, body=content(0, 100))[0], 250)
    lines = r.journal("message")
    t.eq([x["kept"] for x in lines], [False, True])
    t.eq(lines[0]["size"], len(content(0, 8000)))
    t.eq(len(r.messages()), 1)


@test("authenticates by PLAIN and LOGIN, and writes no password down")
def _(t):
    r = t.receiver(rules='match=user:bo stage=mail action=reply:"550 bo"\n'
                   'match=ehlo:late stage=auth action=reply:"454 4.7.0 no"',
                   args=("--auth", "ana:s3cret:x", "--auth", "bo:p",
                         "--auth-required"))
    for mechanism in ("auth_plain", "auth_login"):
        c = r.smtp()
        t.eq(c.docmd("MAIL FROM:<a@b.test>")[0], 530, "before AUTH")
        c.user, c.password = "ana", "s3cret:x"
        t.eq(c.auth(mechanism[5:], getattr(c, mechanism))[0], 235)
        t.eq(c.docmd("AUTH PLAIN")[0], 503, "twice")
        t.eq(c.sendmail("a@b.test", ["u@x.test"], "x"), {})
        c = r.smtp()
        c.user, c.password = "ana", "wrong"
        t.eq(t.raises(smtplib.SMTPAuthenticationError, c.auth, mechanism[5:],
                      getattr(c, mechanism)).smtp_code, 535)
    raw = hello(r)
    t.eq(raw.ask("AUTH PLAIN"), (334, ""))
    t.eq(raw.ask("*")[0], 501)
    t.eq(raw.ask("AUTH LOGIN"), (334, "VXNlcm5hbWU6"))
    t.eq(raw.ask("!!")[0], 501)
    t.eq(raw.ask("AUTH CRAM-MD5")[0], 504)
    t.eq(raw.ask("AUTH PLAIN AGE=")[0], 501)
    t.eq(raw.ask("AUTH PLAIN AGJvAHA=")[0], 235)
    t.eq(raw.ask("MAIL FROM:<>"), (550, "bo"))
    raw = r.raw()
    raw.ask("EHLO late")
    t.eq(raw.ask("AUTH PLAIN AGJvAHA=")[0], 454)
    t.eq(raw.ask("AUTH PLAIN AGJvAHE=")[0], 535, "wrong, so no rule is asked")
    t.eq(raw.ask("MAIL FROM:<>")[0], 530)
    t.eq([x["user"] for x in r.journal("message")], ["ana", "ana"])
    with open(r.journal_path) as f:
        t.ok("s3cret" not in f.read(), "a password in the journal")


@test("speaks TLS by STARTTLS and implicitly, in the versions asked for")
def _(t):
    for low, high in (("1.2", "1.2"), ("1.2", "1.3"), ("1.3", "1.3")):
        r = t.receiver(listen=(TLS, START),
                       args=("--tls-min", low, "--tls-max", high,
                             "--cert-name", "mx.test", "--cert-name",
                             "localhost", "--cert-name", "127.0.0.1"))
        c = r.smtp("start")
        c._host = "mx.test"
        c.starttls(context=r.tls_context())
        t.eq(c.docmd("MAIL FROM:<a@b.test>")[0], 503,
             "EHLO is forgotten by STARTTLS")
        c.ehlo()
        t.ok("starttls" not in c.esmtp_features, "STARTTLS within TLS")
        t.eq(c.sendmail("a@b.test", ["u@x.test"], content()), {})
        c.quit()
        c = smtplib.SMTP_SSL("localhost", r.port("tls"),
                             context=r.tls_context())
        c.sendmail("a@b.test", ["u@x.test"], content(1, 300000))
        c.quit()
        t.eq(sorted(r.messages()), sorted([
            content().encode(), content(1, 300000).encode()]))
        t.eq([x["tls"] for x in r.journal("message")],
             ["TLSv" + high] * 2, "version")
        t.eq([x["server_name"] for x in r.journal("tls")],
             ["mx.test", "localhost"])
        if high == "1.2":
            context = r.tls_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            t.raises(ssl.SSLError, lambda: smtplib.SMTP_SSL(
                "localhost", r.port("tls"), context=context))
            r.wait_journal("close", 3)
            t.ok(r.journal("close")[-1].get("error"), "why TLS failed")


@test("makes certificates with other names, and expired ones")
def _(t):
    r = t.receiver(listen=(TLS,), args=("--cert-name", "other.test"))
    e = t.raises(ssl.SSLCertVerificationError, lambda: smtplib.SMTP_SSL(
        "localhost", r.port("tls"), context=r.tls_context()))
    t.ok("match" in str(e) or "mismatch" in str(e), str(e))
    r = t.receiver(listen=(TLS,), args=("--cert-days", "-1"))
    e = t.raises(ssl.SSLCertVerificationError, lambda: smtplib.SMTP_SSL(
        "localhost", r.port("tls"), context=r.tls_context()))
    t.ok("expired" in str(e), str(e))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
         t.path("k.pem"), "-out", t.path("c.pem"), "-days", "1", "-subj",
         "/CN=given.test", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True)
    r = t.receiver(listen=(TLS,), args=("--cert", t.path("c.pem"), "--key",
                                        t.path("k.pem")))
    context = ssl.create_default_context(cafile=t.path("c.pem"))
    smtplib.SMTP_SSL("localhost", r.port("tls"), context=context).quit()


@test("throws away what comes in plaintext behind STARTTLS")
def _(t):
    r = t.receiver(listen=(START,))
    raw = hello(r)
    raw.send("STARTTLS\r\nMAIL FROM:<evil@b.test>\r\n")
    t.eq(raw.reply()[0], 220)
    raw.starttls(r.tls_context())
    t.eq(raw.ask("EHLO c.test")[0], 250)
    t.eq(raw.ask("RCPT TO:<u@x.test>")[0], 503)
    t.eq(r.journal("plaintext-after-starttls")[0]["bytes"], 25)
    t.eq(r.journal("mail"), [])


# ---- rules: every action at every stage ----

STAGES = ("connect", "tls", "greeting", "ehlo", "starttls", "auth", "mail",
          "rcpt", "data", "mid-data", "dot", "rset", "quit")
STEPS = {  # stage: what is sent to reach it, from the greeting on
    "ehlo": "EHLO client.test\r\n",
    "starttls": "STARTTLS\r\n",
    "auth": "AUTH PLAIN AHUAcA==\r\n",
    "mail": "MAIL FROM:<a@client.test>\r\n",
    "rcpt": "RCPT TO:<u@x.test>\r\n",
    "data": "DATA\r\n",
    "mid-data": "Subject: s\r\n\r\n" + "x" * 100 + "\r\n",
    "dot": "y\r\n.\r\n",
    "rset": "RSET\r\n",
    "quit": "QUIT\r\n",
}
USUAL = {"connect": 220, "greeting": 220, "ehlo": 250, "starttls": 220,
         "auth": 235, "mail": 250, "rcpt": 250, "data": 354, "dot": 250,
         "rset": 250, "quit": 221}


def reach(t, r, stage, tls):
    """A client that has just sent what brings the stage about."""
    raw = Raw(r.address("tls" if tls else "start"))
    t.on_end(raw.close)
    if tls and stage not in ("connect", "tls"):
        raw.starttls(r.tls_context())
    if stage in ("connect", "tls", "greeting"):
        return raw
    raw.reply()
    for step in STEPS:
        if step == "starttls" and stage != "starttls":
            continue
        raw.send(STEPS[step])
        if step == stage:
            return raw
        if step != "mid-data":
            code = raw.reply()[0]
            if code != USUAL[step]:
                raise Failed("%s gave %d on the way to %s" % (
                    step, code, stage))


def in_tls(raw):
    return isinstance(raw.sock, ssl.SSLSocket)


def check_action(t, r, stage, action, raw):
    """The outcome of one action at one stage, as the sender sees it."""
    what = "%s at %s" % (action, stage)
    if action == "drop":
        t.eq(raw.rest(), b"", what)
        t.ok(not in_tls(raw) or not raw.orderly, what + " with close_notify")
    elif action == "reset":
        t.ok(raw.reset_by_peer(), what)
    elif action == "half-close":
        t.eq(raw.rest(), b"", what)
        t.ok(not in_tls(raw) or raw.orderly, what + " without close_notify")
        for _ in range(3):
            os.write(raw.sock.fileno(), b"x")
        t.eq(r.journal("close"), [], what + " closed")
    elif action == "stall":
        t.ok(raw.silent(0.1), what)
    elif action == "garbage":
        t.eq(raw.line(), b"\x00\xff\xfe?? 2\r5\n", what)
    elif action == "partial-reply":
        got = raw.rest()
        t.ok(got and b"\r\n" not in got[-2:] and
             (stage == "ehlo" or b"\n" not in got), "%s: %r" % (what, got))
    elif action.startswith("reply"):
        t.eq(raw.reply(), (int(action[7:10]), "4.7.1 no"), what)
    elif action == "inject":
        t.eq(raw.reply()[0], USUAL[stage], what)
        t.eq(raw.reply(), (250, "2.0.0 injected"), what)
    elif action in ("delay:50ms", "slow:2000", "accept", "ticket",
                    "key-update"):
        if stage == "mid-data":
            raw.send(".\r\n")
            t.eq(raw.reply()[0], 250, what)
        elif stage not in ("connect", "tls"):
            t.eq(raw.reply()[0], USUAL[stage], what)


def matrix(t, tls):
    actions = ("accept", 'reply:"451 4.7.1 no"', 'reply:"554 4.7.1 no"',
               "drop", "reset", "half-close", "stall", "garbage",
               "partial-reply", "inject", "delay:50ms", "slow:2000",
               "ticket", "key-update")
    r = t.receiver(listen=(START, TLS), args=("--auth", "u:p"))
    done = 0
    for stage in STAGES:
        for action in actions:
            if tls and stage == "starttls" or not tls and stage == "tls":
                continue
            rules = "stage=%s action=%s\n" % (stage, action)
            before = len(r.journal("rules-refused"))
            r.set_rules(rules)
            if len(r.journal("rules-refused")) > before:
                # Each of these is in README's list of what does not go.
                t.ok(stage in ("connect", "tls", "mid-data"), rules)
                continue
            with open(r.journal_path, "w"):
                pass
            try:
                raw = reach(t, r, stage, tls)
                check_action(t, r, stage, action, raw)
                raw.close()
            except ConnectionResetError:
                # The RST may come while connect() still waits.
                t.eq(action, "reset", stage)
                t.ok(stage in ("connect", "tls", "greeting"), stage)
            r.wait_journal("close")
            done += 1
            if stage == "dot":
                line = r.journal("message")[0]
                t.eq(line["kept"], not action.startswith("reply"), action)
            if stage == "mid-data" and action in (
                    "drop", "reset", "half-close", "stall"):
                t.eq(len(r.journal("lost")), 1, action + " loses content")
    t.ok(done > 130, "only %d pairs" % done)


@test("does each action at each stage, in plaintext")
def _(t):
    matrix(t, False)


@test("does each action at each stage, in TLS")
def _(t):
    matrix(t, True)


@test("then= says what comes after a reply; 421 closes by itself")
def _(t):
    r = t.receiver()
    for then, check in (("drop", lambda raw: raw.rest() == b""),
                        ("close", lambda raw: raw.rest() == b""),
                        ("half-close", lambda raw: raw.rest() == b""),
                        ("reset", Raw.reset_by_peer),
                        ("stall", lambda raw: raw.silent(0.1)),
                        ("go-on", lambda raw: raw.ask("NOOP")[0] == 250)):
        r.set_rules('stage=rset action=reply:"250 ok" then=%s' % then)
        raw = hello(r)
        raw.send("RSET\r\nNOOP\r\n" if then != "go-on" else "RSET\r\n")
        if then != "reset":
            t.eq(raw.reply(), (250, "ok"), then)
        t.ok(check(raw), then)
    r.set_rules('stage=rset action=reply:"421 4.3.2 down"')
    raw = hello(r)
    t.eq(raw.ask("RSET")[0], 421)
    t.eq(raw.rest(), b"")
    r.set_rules('stage=greeting action=reply:"554 5.7.1 go away"')
    raw = r.raw(greeting=False)
    t.eq(raw.reply()[0], 554)
    t.eq(raw.ask("EHLO c.test")[0], 503)
    t.eq(raw.ask("QUIT")[0], 221)


@test("a drop after the dot keeps the message, with keep=no it does not")
def _(t):
    r = t.receiver(rules="match=lost@x.test stage=dot action=drop keep=no\n"
                   "match=cut@x.test stage=dot action=partial-reply:9\n"
                   "match=*@x.test stage=dot action=drop\n")
    for rcpt, reply in (("kept", b""), ("lost", b""), ("cut", b"250 2.0.0")):
        raw = hello(r)
        raw.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<%s@x.test>\r\nDATA\r\n" %
                 rcpt)
        t.eq([raw.reply()[0] for _ in range(3)], [250, 250, 354])
        raw.send(content() + ".\r\n")
        t.eq(raw.rest(), reply, rcpt)
    lines = r.journal("message")
    t.eq([x["kept"] for x in lines], [True, False, True])
    t.eq([x["reply"] for x in lines], [None, None, "250 2.0.0"])
    t.eq(len(r.messages()), 2)


@test("injected plaintext stands in one packet behind the STARTTLS reply")
def _(t):
    r = t.receiver(listen=(START,), rules='stage=starttls '
                   'action=inject:"250-x\\n250 SIZE 1"')
    raw = hello(r)
    raw.send("STARTTLS\r\n")
    wait_for(lambda: raw.sock.recv(200, socket.MSG_PEEK).count(b"\n") == 3)
    raw.sock.recv(200)
    raw.starttls(r.tls_context())
    t.eq(raw.ask("EHLO c.test")[0], 250, "and TLS is in order")


@test("mid-data acts at its offset: early replies, drops, several in a row")
def _(t):
    r = t.receiver(rules='match=e@x.test stage=mid-data after=1000 '
                   'action=early-reply:"250 2.0.0 early"\n'
                   'match=e@x.test stage=mid-data after=200K action=drop\n'
                   'match=f@x.test stage=mid-data after=10 '
                   'action=early-reply:"250 2.0.0 early"\n')
    raw = hello(r)
    raw.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<e@x.test>\r\nDATA\r\n")
    [raw.reply() for _ in range(3)]
    raw.send("x" * 999)
    t.ok(raw.silent(0.1), "a reply before its offset")
    raw.send("x")
    t.eq(raw.reply(), (250, "2.0.0 early"))
    try:
        for _ in range(100):
            raw.send("x" * 100000)
        raw.rest()
    except (ConnectionResetError, BrokenPipeError):
        pass
    t.eq(r.wait_journal("lost")[0]["size"], 200 * 1024)
    raw = hello(r)
    raw.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<f@x.test>\r\nDATA\r\n")
    [raw.reply() for _ in range(3)]
    raw.send(content() + ".\r\nNOOP\r\n")
    t.eq(raw.reply(), (250, "2.0.0 early"))
    t.eq(raw.reply(), (250, "2.0.0 ok"), "no second final reply")
    t.ok(r.journal("message")[0]["early_reply"], "journal")
    t.eq(r.messages(), [content().encode()])


@test("what is held goes on when the rules hold it no longer, and not before")
def _(t):
    held = 'stage=rcpt action=hold\nstage=rcpt action=reply:"450 4.2.0 no"\n'
    r = t.receiver(rules=held)
    raw = hello(r)
    t.eq(raw.ask("MAIL FROM:<a@x.test>")[0], 250)
    raw.send("RCPT TO:<b@x.test>\r\n")
    r.wait_journal("rcpt")
    t.ok(raw.silent(), "it is held")
    other = hello(r)
    t.eq(other.ask("NOOP")[0], 250, "others are not")
    r.set_rules(held + "stage=data action=hold:2")
    t.ok(raw.silent(), "it still is")
    r.set_rules("stage=data action=hold:2")
    t.eq(raw.reply()[0], 450, "as it was judged")
    t.eq(raw.ask("RCPT TO:<b@x.test>")[0], 250)
    raw.send("DATA\r\n")
    r.wait_journal("data")
    t.ok(raw.silent(), "this is held too")
    r.set_rules("")
    t.eq(raw.reply()[0], 354)


@test("a stall in the content leaves the sender's bytes unread")
def _(t):
    r = t.receiver(rules="match=stall@x.test stage=mid-data after=100 "
                   "action=stall\nmatch=wait@x.test stage=mid-data after=100 "
                   "action=delay:300ms\nmatch=slow@x.test stage=mid-data "
                   "after=100 action=slow:100K\n",
                   args=("--receive-buffer", "4096"))
    raw = hello(r)
    raw.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<stall@x.test>\r\nDATA\r\n")
    [raw.reply() for _ in range(3)]
    raw.sock.settimeout(0.3)
    t.raises(socket.timeout, raw.send, "x" * 30000000)
    raw.reset()
    t.ok(r.wait_journal("lost")[0]["size"] >= 100, "lost")
    for rcpt in ("wait", "slow"):
        body = content(1, 60000)
        t.eq(deliver(hello(r), rcpt + "@x.test", body)[0], 250, rcpt)
        t.eq(r.message(r.journal("message")[-1]), body.encode(), rcpt)


@test("mid-data and slow work on BDAT too, at a chunk's last byte")
def _(t):
    r = t.receiver(rules="stage=mid-data after=5 action=delay:20ms\n"
                   "stage=mid-data after=10 action=slow:1K\n")
    raw = hello(r)
    raw.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<u@x.test>\r\n"
             "BDAT 5\r\nabcdeBDAT 5\r\nfghijBDAT 60 LAST\r\n" + "k" * 60 +
             "NOOP\r\n")
    t.eq([raw.reply()[0] for _ in range(6)], [250] * 6)
    t.eq(r.messages(), [b"abcdefghij" + b"k" * 60])


# ---- rules: whom, when, how often ----

@test("rules match by recipient, sender, peer, EHLO, listener, port, user, TLS")
def _(t):
    r = t.receiver(listen=("a=127.0.0.1:0", "b=127.0.0.1:0", TLS),
                   args=("--auth", "ana:p"))
    port = r.port("b")

    def codes(rules, cases):
        r.set_rules(rules)
        for (listener, ehlo, sender, rcpt, user), want in cases:
            raw = Raw(r.address(listener))
            t.on_end(raw.close)
            if listener == "tls":
                raw.starttls(r.tls_context())
            raw.reply()
            raw.ask("EHLO " + ehlo)
            if user:
                raw.ask("AUTH PLAIN AGFuYQBw")
            raw.ask("MAIL FROM:<%s>" % sender)
            t.eq(raw.ask("RCPT TO:<%s>" % rcpt)[0], want,
                 "%s for %s" % (rules, (listener, ehlo, sender, rcpt, user)))

    base = ("a", "c.test", "s@b.test", "u@x.test", None)

    def case(want, **kw):
        keys = ("listener", "ehlo", "sender", "rcpt", "user")
        return (tuple(kw.get(k, b) for k, b in zip(keys, base)), want)

    no = ' stage=rcpt action=reply:"450 no"'
    codes("match=u*@X.test" + no, [case(450), case(250, rcpt="v@x.test"),
                                   case(450, rcpt="uu@x.test")])
    codes("match=rcpt:?@*.test" + no, [case(450),
                                       case(250, rcpt="uu@x.test")])
    codes("match=sender:s@*" + no, [case(450), case(250, sender="t@b.test")])
    codes("match=sender:t@* match=u@*" + no, [case(250)])
    codes("match=ehlo:c.*" + no, [case(450), case(250, ehlo="d.test")])
    codes("match=peer:127.*" + no, [case(450)])
    codes("match=peer:10.*" + no, [case(250)])
    codes("match=listener:b" + no, [case(250), case(450, listener="b")])
    codes("match=port:%d" % port + no, [case(250), case(450, listener="b")])
    codes("match=user:ana" + no, [case(250), case(450, user="ana")])
    codes("match=tls:yes" + no, [case(250), case(450, listener="tls")])
    codes("match=tls:no" + no, [case(450), case(250, listener="tls")])
    codes("match=u@*" + ' stage=rcpt action=accept\nmatch=*' + no,
          [case(250), case(450, rcpt="v@x.test")])
    codes("match=*@*" + ' stage=mail action=reply:"450 no"', [case(250)])


@test("skip, every and count choose among matches")
def _(t):
    r = t.receiver(rules='stage=mail action=reply:"450 no" skip=2 every=3 '
                   "count=2")
    raw = hello(r)
    codes = []
    for _ in range(12):
        codes.append(raw.ask("MAIL FROM:<a@b.test>")[0])
        raw.ask("RSET")
    t.eq(codes, [250, 250, 450, 250, 250, 450] + [250] * 6)


@test("greylists by sender, recipient and peer, on the given clock")
def _(t):
    clock = t.fast_clock(T0)
    r = t.receiver(rules="match=*@grey.test stage=rcpt action=greylist:300s\n"
                   'match=full@grey.test stage=rcpt action=reply:"452 full"',
                   clock=clock)
    raw = hello(r)

    def ask(rcpt, sender="a@b.test"):
        raw.ask("RSET")
        raw.ask("MAIL FROM:<%s>" % sender)
        return raw.ask("RCPT TO:<%s@grey.test>" % rcpt)[0]

    t.eq(ask("u"), 451)
    clock.advance(299 * SECOND)
    t.eq(ask("u"), 451)
    t.eq(ask("v"), 451)
    clock.advance(SECOND)
    t.eq(ask("u"), 250)
    t.eq(ask("u", "other@b.test"), 451)
    t.eq(ask("v"), 451)
    t.eq(ask("full"), 451)
    clock.advance(300 * SECOND)
    t.eq(ask("full"), 452, "the search goes on once it passed")
    r.set_rules("match=*@grey.test stage=rcpt action=greylist:300s")
    t.eq(ask("u"), 250, "remembered over new rules")
    t.eq(r.journal("mail")[0]["time"][:19], "2026-11-21T22:26:40")


@test("is down by the clock: connections refused, the port kept, then up")
def _(t):
    clock = t.fast_clock(T0)
    r = t.receiver(listen=("127.0.0.1:0", "b=127.0.0.1:0"), clock=clock,
                   rules="match=listener:mx1 stage=connect action=refuse "
                   "from=2026-11-21T23:00:00Z until=2026-11-23T23:00:00Z")
    start = T0 + 2000 * SECOND
    end = start + 2 * 86400 * SECOND
    wait_for(lambda: start in clock.limits().values(),
             what="the clock held at from=")
    open_before = hello(r)
    clock.set_us(start)
    r.wait_journal("down", listener="mx1")
    t.raises(ConnectionRefusedError, r.raw)
    t.eq(open_before.ask("NOOP")[0], 250, "what was open stays")
    r.raw("b")
    wait_for(lambda: end in clock.limits().values(),
             what="the clock held at until=")
    clock.set_us(end - 1)
    t.raises(ConnectionRefusedError, r.raw)
    clock.set_us(end)
    r.wait_journal("up")
    r.raw()
    clock.set_us(start)
    r.set_rules('stage=rset action=reply:"450 no" '
                "from=2026-11-22T00:00:00+01:00 until=2026-11-21T23:00:01Z")
    raw = hello(r)
    t.eq(raw.ask("RSET")[0], 450)
    clock.advance(SECOND)
    t.eq(raw.ask("RSET")[0], 250)


@test("reads changed rules at once; keeps the old ones when they are bad")
def _(t):
    r = t.receiver(rules='stage=mail action=reply:"450 one"')
    raw = hello(r)
    t.eq(raw.ask("MAIL FROM:<>"), (450, "one"))
    r._write_rules('stage=mail action=reply:"450 two"')
    t.eq(raw.ask("MAIL FROM:<>"), (450, "two"), "without any waiting")
    r.set_rules("# fine\nstage=mail action=explode\n")
    t.eq(raw.ask("MAIL FROM:<>"), (450, "two"))
    line = r.journal("rules-refused")[-1]
    t.ok(line["at"].endswith("rules:2") and "explode" in line["error"],
         str(line))
    r.set_rules("")
    before = len(r.journal("rules"))
    r.proc.send_signal(signal.SIGHUP)
    r.wait_journal("rules", before + 1)
    t.eq(raw.ask("MAIL FROM:<>")[0], 250)


@test("refuses bad rules with file, line and reason")
def _(t):
    table = [
        ("stage=rcpt", "needs action"), ("action=drop", "needs stage"),
        ("stage=rctp action=drop", '"rctp"'),
        ("stage=rcpt action=dorp", '"dorp"'),
        ("stage=rcpt action=drop what=3", '"what"'),
        ("stage=rcpt action=drop drop", "KEY=VALUE"),
        ("stage=rcpt action=drop:3", "takes no value"),
        ("stage=rcpt action=reply", "needs a value"),
        ("stage=rcpt action=reply:25", "three digits"),
        ('stage=rcpt action=reply:"450no"', "blank"),
        ('stage=rcpt action=reply:"450-a\\n451 b"', "three digits"),
        ('stage=rcpt action=reply:"450-a"', "blank"),
        ('stage=rcpt action=reply:"450 a\\n450 b"', "'-'"),
        ('stage=rcpt action=reply:"450 a\\rb"', "reply line"),
        ('stage=rcpt action=reply:"450 a', "not closed"),
        ('stage=rcpt action=garbage:"\\q"', "bad escape"),
        ("stage=rcpt action=delay:500", "no duration"),
        ("stage=rcpt action=delay:-5ms", "no duration"),
        ("stage=rcpt action=slow:0", "at least 1"),
        ("stage=mail action=greylist:5s", "stage=mail"),
        ("stage=rcpt action=early-reply:250", "stage=rcpt"),
        ("stage=dot action=refuse", "stage=dot"),
        ("stage=ehlo action=without:FOO", '"FOO"'),
        ("stage=rcpt action=drop action=drop", "one action"),
        ("stage=rcpt report=success", "in place of"),
        ("report=maybe", '"maybe"'),
        ("stage=rcpt action=drop wait=3s", "wait="),
        ("stage=rcpt action=drop after=3", "after="),
        ("stage=rcpt action=drop count=0", "at least 1"),
        ("stage=rcpt action=drop then=later", '"later"'),
        ("stage=rcpt action=drop keep=maybe", "keep="),
        ("stage=rcpt action=drop from=yesterday", '"yesterday"'),
        ("stage=rcpt action=drop from=2026-02-30T00:00:00Z", "no time"),
        ("stage=rcpt action=drop from=2026-01-02T00:00:00Z "
         "until=2026-01-02T00:00:00Z", "not later"),
        ("match= stage=rcpt action=drop", "empty"),
        ("match=tls:on stage=rcpt action=drop", "yes or no"),
        ("match=a " * 9 + "stage=rcpt action=drop", "more than 8"),
    ]
    for rule, why in table:
        path = t.write("bad", "# one\n\n%s\n" % rule)
        p = subprocess.run([os.environ["RECEIVER"], "--check-rules", path],
                           capture_output=True, text=True)
        t.eq(p.returncode, 65, rule)
        t.ok("%s:3: " % path in p.stderr and why in p.stderr,
             "%s: %s" % (rule, p.stderr))
    path = t.write("good", 'match="a b" stage=rcpt action=drop # why\r\n\n')
    out = subprocess.run([os.environ["RECEIVER"], "--check-rules", path],
                         capture_output=True, text=True, check=True).stdout
    t.ok("1 rules" in out, out)


# ---- reports ----

def parts_of(message):
    m = email.message_from_bytes(message, policy=email.policy.default)
    text, status, original = list(m.iter_parts())
    blocks = [dict(block.items()) for block in status.get_payload()]
    return m, blocks, original


@test("reports success where NOTIFY asks, failure where a rule says")
def _(t):
    clock = t.fast_clock(T0)
    sink = t.receiver(name="sink")
    r = t.receiver(
        rules='match=late@x.test report=failure:"550 5.1.1 Gone" wait=1h\n'
        "match=no@x.test report=none\nmatch=slow@x.test report=delayed\n",
        report_to="127.0.0.1:%d" % sink.port(), clock=clock)
    raw = hello(r)
    raw.ask("MAIL FROM:<b.token@track.test> RET=FULL ENVID=env+2B1")
    for rcpt in ("a@x.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;A+2Bb@x.test",
                 "plain@x.test>", "never@x.test> NOTIFY=NEVER",
                 "no@x.test> NOTIFY=SUCCESS", "late@x.test> NOTIFY=FAILURE",
                 "slow@x.test> NOTIFY=SUCCESS"):
        t.eq(raw.ask("RCPT TO:<" + rcpt)[0], 250, rcpt)
    raw.ask("DATA")
    raw.send("Subject: original\r\n\r\n.body\r\n.\r\n")
    t.eq(raw.reply()[0], 250)
    r.wait_journal("report-sent")
    line = sink.wait_journal("message")[0]
    t.eq(line["sender"], "")
    t.eq(line["recipients"], [{"recipient": "b.token@track.test"}])
    m, blocks, original = parts_of(sink.message(line))
    t.eq(m.get_content_type(), "multipart/report")
    t.eq(m.get_param("report-type"), "delivery-status")
    t.eq(blocks[0]["Original-Envelope-Id"], "env+1")
    t.eq(blocks[0]["Reporting-MTA"], "dns; mx.receiver.test")
    t.eq(blocks[1]["Original-Recipient"], "rfc822;A+b@x.test")
    t.eq(blocks[1]["Final-Recipient"], "rfc822; a@x.test")
    t.eq((blocks[1]["Action"], blocks[1]["Status"]), ("delivered", "2.0.0"))
    t.eq(original.get_content_type(), "text/rfc822-headers")
    t.ok("Subject: original" in str(original), "headers")
    wait_for(lambda: T0 + 3600 * SECOND in clock.limits().values(),
             what="the clock held for the late report")
    clock.advance(3600 * SECOND)
    line = sink.wait_journal("message", 2)[1]
    m, blocks, original = parts_of(sink.message(line))
    t.eq(blocks[1]["Final-Recipient"], "rfc822; late@x.test")
    t.eq((blocks[1]["Action"], blocks[1]["Status"]), ("failed", "5.1.1"))
    t.eq(blocks[1]["Diagnostic-Code"], "smtp; 550 5.1.1 Gone")
    t.eq(original.get_content_type(), "message/rfc822")
    t.ok(".\r\n" not in str(m) and "body" in str(original), "full content")
    t.eq(m["Date"], "Sat, 21 Nov 2026 23:26:40 +0000")
    wait_for(lambda: not clock.limits().get(r.proc.pid) or
             clock.limits()[r.proc.pid] == 2 ** 63 - 1)
    t.eq(len(sink.messages()), 2, "and no other report")


@test("reports to UTF-8 addresses, and none to the null reverse-path")
def _(t):
    sink = t.receiver(name="sink")
    r = t.receiver(rules="match=*@x.test report=failure",
                   report_to="127.0.0.1:%d" % sink.port())
    raw = hello(r)
    for sender in ("<>", "<\u00e1@b.test>"):
        raw.ask("MAIL FROM:%s SMTPUTF8" % sender)
        raw.ask("RCPT TO:<\u00f1@x.test>")
        raw.ask("DATA")
        raw.send("Subject: s\r\n\r\n.\r\n")
        t.eq(raw.reply()[0], 250)
    line = sink.wait_journal("message")[0]
    t.eq(line["recipients"], [{"recipient": "\u00e1@b.test"}])
    t.eq(line["smtputf8"], True)
    text = sink.message(line).decode()
    t.ok("Final-Recipient: utf-8; \u00f1@x.test" in text, text)
    t.ok("message/global-delivery-status" in text, text)
    t.eq(len(sink.messages()), 1)


@test("tries a report again while its address is down or says 4xx")
def _(t):
    sink = t.receiver(name="sink", rules="stage=connect action=refuse\n")
    r = t.receiver(report_to="127.0.0.1:%d" % sink.port())
    raw = hello(r)
    raw.ask("MAIL FROM:<s@b.test>")
    raw.ask("RCPT TO:<u@x.test> NOTIFY=SUCCESS")
    raw.ask("DATA")
    raw.send("Subject: s\r\n\r\n.\r\n")
    raw.reply()
    sink.set_rules('stage=mail action=reply:"451 later" count=1\n'
                   "stage=dot action=drop keep=no count=1\n")
    sink.wait_journal("message", 2)
    r.wait_journal("report-sent")
    t.eq(len(sink.messages()), 1)
    sink.set_rules('stage=rcpt action=reply:"550 5.1.1 unknown"')
    raw.ask("MAIL FROM:<s@b.test>")
    raw.ask("RCPT TO:<u@x.test> NOTIFY=SUCCESS")
    raw.ask("DATA")
    raw.send("Subject: s\r\n\r\n.\r\n")
    raw.reply()
    t.eq(r.wait_journal("report-failed")[0]["reply"], "550 5.1.1 unknown")


# ---- as a server ----

@test("serves hundreds of connections at once, none waiting for another")
def _(t):
    r = t.receiver(rules="match=stall@x.test stage=dot action=stall\n")
    stalled = [hello(r) for _ in range(20)]
    for raw in stalled:
        raw.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<stall@x.test>\r\nDATA\r\n"
                 "x\r\n.\r\n")
    idle = [r.raw() for _ in range(300)]
    problems = []

    def send(worker):
        try:
            raw = Raw(r.address())
            raw.reply()
            raw.ask("EHLO c.test")
            for i in range(50):
                code, text = deliver(raw, body=content(worker * 1000 + i))
                if code != 250:
                    problems.append(text)
            raw.ask("QUIT")
            raw.close()
        except Exception as e:
            problems.append(repr(e))

    threads = [threading.Thread(target=send, args=(w,)) for w in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    t.eq(problems, [])
    t.eq(len(r.messages()), 16 * 50 + 20)
    t.eq(sorted(m for m in r.messages() if b"Subject" in m),
         sorted(content(w * 1000 + i).encode()
                for w in range(16) for i in range(50)))
    for raw in idle:
        t.eq(raw.ask("NOOP")[0], 250)


@test("limits connections and idleness")
def _(t):
    r = t.receiver(args=("--max-connections", "2", "--idle", "1"))
    first, second = r.raw(), r.raw()
    third = r.raw(greeting=False)
    t.eq(third.reply()[0], 421)
    t.eq(third.rest(), b"")
    t.eq(first.reply()[0], 421, "idle")
    t.eq(second.reply()[0], 421, "idle")
    t.eq(first.rest(), b"")


@test("survives clients that go away at every moment")
def _(t):
    r = t.receiver(listen=(START, TLS), args=("--auth", "u:p"))
    for stage in STEPS:
        for way in ("close", "reset"):
            raw = reach(t, r, stage, False)
            getattr(raw, way)()
            if stage != "starttls":
                raw = reach(t, r, stage, True)
                getattr(raw, way)()
    raw = Raw(r.address("tls"))
    raw.send("EHLO client.test\r\n")
    raw.reset_by_peer()
    raw.close()
    t.eq(deliver(hello(r, "start"))[0], 250)
    r.wait_journal("close", 39)


@test("with --fsync, and without a Maildir when it cannot be written")
def _(t):
    r = t.receiver(args=("--fsync",))
    t.eq(deliver(hello(r))[0], 250)
    t.eq(len(r.messages()), 1)
    os.rename(os.path.join(r.maildir, "new"), os.path.join(r.maildir, "old"))
    os.rmdir(os.path.join(r.maildir, "tmp"))
    t.eq(deliver(hello(r))[0], 452)
    t.eq(r.journal("message")[-1]["kept"], False)


@test("says what is wrong with its options, with exit codes as in sysexits")
def _(t):
    r = t.receiver()
    used = "127.0.0.1:%d" % r.port()
    free = "127.0.0.1:0"
    table = [
        ([], 64, "--listen"), (["--bogus"], 64, "--bogus"),
        (["--listen", "localhost:25"], 64, "localhost"),
        (["--listen", free + ",ssl"], 64, "ssl"),
        (["--listen"], 64, "takes"), (["--fsync=1"], 64, "no value"),
        (["--listen", free, "--idle", "x"], 64, "--idle"),
        (["--listen", free, "--auth", "x"], 64, "--auth"),
        (["--listen", free, "--without", "X"], 64, "X"),
        (["--listen", free, "--cert", "x"], 64, "--key"),
        (["--listen", free, "--auth-required"], 64, "--auth"),
        (["--listen", free + ",tls", "--tls-min", "1.3", "--tls-max", "1.2"],
         65, "TLS versions"),
        (["--listen", free + ",tls", "--cert", "/nowhere", "--key", "/no"],
         65, "/nowhere"),
        (["--listen", free, "--rules", "/nowhere"], None, "/nowhere"),
        (["--listen", free, "--clock", "/nowhere"], None, "/nowhere"),
        (["--listen", free, "--journal", "/nowhere/j"], None, "/nowhere"),
        (["--listen", used], None, str(r.port())),
    ]
    for args, rc, text in table:
        p = subprocess.run([os.environ["RECEIVER"]] + args,
                           capture_output=True, text=True, timeout=DEADLINE)
        t.ok(p.returncode == rc or (rc is None and p.returncode >= 64),
             "%s: exit %d" % (args, p.returncode))
        t.ok(text in p.stderr, "%s: %s" % (args, p.stderr))


@test("listens on IPv6")
def _(t):
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError:
        return
    r = t.receiver(listen=("[::1]:0", "six=[::1]:0"))
    t.eq(deliver(hello(r, "six"))[0], 250)
    t.eq(r.journal("message")[0]["peer"], "::1")


run()
