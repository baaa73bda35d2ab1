"""The transport against a real server: bytes arrive as they are, TLS is what
it is said to be, and each known fault of libesmtp has its defence."""

import base64
import hashlib
import os
import re
import socket
import ssl
import struct
import subprocess
import threading

from harness import run, test
from smtp_batch import SENDBATCH, fates, mail, send

TLS = "127.0.0.1:0,starttls"
PATIENT = dict(reply_ms=60000, stall_ms=60000, final_ms=60000)


def first(result):
    return result["messages"][0]


def one(t, r, content=None, port=None, **options):
    path = t.write("m.eml", content or mail(), "wb")
    return send(t, port or r.port(), [("x@b.example", path)], **options)


# ---- bytes ----

@test("what is sent is what arrives, byte for byte, in every kind of TLS")
def _(t):
    r = t.receiver(listen=("127.0.0.1:0", "sub=" + TLS,
                           "smtps=127.0.0.1:0,tls"))
    shapes = [
        mail(300, "tiny"),
        mail(1, "dots", body=b".\r\n..\r\n.x\r\n\r\n.\r\n\r\n"),
        mail(1, "empty", body=b""),
        mail(1, "long", body=(b"x" * 998 + b"\r\n") * 20 +
             (b"." * 998 + b"\r\n") * 3),
        # Lines that end at, before and behind a multiple of libesmtp's
        # buffer and of ours, each begun by a dot.
        mail(1, "edges", body=b"".join(
            b"." + b"y" * n + b"\r\n" for n in range(900)) * 2),
        mail(40000, "usual"),
        mail(3 * 1024 * 1024, "large"),
    ]
    paths = [("x@b.example", t.write("m%d.eml" % i, s, "wb"))
             for i, s in enumerate(shapes)]
    for listener, tls in (("mx1", "plain"), ("sub", "must"),
                          ("smtps", "implicit")):
        before = len(r.journal("message"))
        result = send(t, r.port(listener), paths, tls=tls, ca=r.cert_path,
                      verify="name")
        t.eq(fates(result), ["accepted"] * len(shapes), listener)
        got = r.wait_journal("message", before + len(shapes))[before:]
        t.eq([m["sha256"] for m in got],
             [hashlib.sha256(s).hexdigest() for s in shapes], listener)
        t.eq([r.message(m) for m in got], shapes)


@test("a message that is refused does not change the next one")
def _(t):
    r = t.receiver(rules='match=bad@* stage=rcpt action=reply:"550 5.1.1 no"\n'
                   'match=late@* stage=dot action=reply:"452 4.2.2 full"\n'
                   'match=nodata@* stage=data action=reply:"451 4.3.0 no"\n',
                   args=("--without", "PIPELINING"))
    q = t.receiver(rules=open(r.rules_path).read())
    path = t.write("m.eml", mail(), "wb")
    batch = [(n + "@b.example", path) for n in
             ("a", "bad", "b", "late", "c", "nodata", "d", "bad", "nodata")]
    want = ["accepted", "refused", "accepted", "refused", "accepted",
            "refused", "accepted", "refused", "refused"]
    for server in (r, q):
        result = send(t, server.port(), batch)
        t.eq((fates(result), result["rc"]), (want, "ok"))
        t.eq([m["stage"] for m in result["messages"]],
             ["dot", "RCPT", "dot", "dot", "dot", "DATA", "dot", "RCPT",
              "DATA"])
        t.eq(len(server.journal("message", kept=True)), 4)


@test("a message that may not go any more begins no DATA, the others do")
def _(t):
    r = t.receiver(args=("--without", "PIPELINING"))
    q = t.receiver()
    path = t.write("m.eml", mail(), "wb")
    for server in (r, q):
        result = send(t, server.port(),
                      [(n + "@b.example", path) for n in "abc"], stop=2)
        t.eq(fates(result), ["accepted", "stopped", "accepted"])
        t.ok("content" not in result["messages"][1]["events"], "no content")
        t.eq(len(server.journal("message")), 2)
        t.eq(len(server.journal("data")), 2, "DATA was said twice")


@test("DSN parameters arrive, and are left out where DSN is not offered")
def _(t):
    r = t.receiver()
    result = one(t, r, dsn=True, envid="0011aabb+=x", orcpt="Jo+se@b.example")
    t.eq(fates(result), ["accepted"])
    m, = r.wait_journal("message")
    t.eq((m["envid"], m["ret"]), ("0011aabb+=x", "HDRS"))
    rcpt = m["recipients"][0]
    t.eq(rcpt["notify"], "SUCCESS,FAILURE,DELAY")
    t.eq(rcpt["orcpt"], "rfc822;Jo+se@b.example")
    r = t.receiver(args=("--without", "DSN"))
    t.eq(fates(one(t, r, dsn=True, envid="x")), ["accepted"])


@test("the longest ENVID and ORCPT go; a longer ENVID is refused, ORCPT left out")
def _(t):
    r = t.receiver()
    t.eq(fates(one(t, r, dsn=True, envid="e" * 100,
                   orcpt="o" * 230 + "@b.example")), ["accepted"])
    for options, field in ((dict(envid="e" * 101), "/envid"),
                           (dict(envid="+" * 90), "/envid"),
                           (dict(envid="a\r\nb"), "/envid"),
                           (dict(orcpt="a\r\nb"), "/orcpt")):
        result = one(t, r, dsn=True, **options)
        t.eq((fates(result), result["at"]), (["invalid"], field))
    for orcpt in ("o" * 300, "=" * 90, "o" * 244, "ñ@b.example"):
        result = one(t, r, dsn=True, orcpt=orcpt)
        t.eq(fates(result), ["accepted"])
        t.ok("ORCPT" not in first(result)["transcript"], "left out")


# ---- what is refused before a socket is opened ----

@test("hostile addresses, names and contents open no socket")
def _(t):
    r = t.receiver()
    path = t.write("m.eml", mail(), "wb")
    good = mail()
    addresses = ["x@b.example\r\nDATA", "x@b.example\nRSET", "x\r@b.example",
                 "a b@b.example", "x@b.example>", "<x@b.example",
                 "x" * 10240 + "@b.example", "x@" + "b" * 300, "@b.example",
                 "x@", "", "x@b..example", "x\x01@b.example"]
    for address in addresses:
        result = send(t, r.port(), [(address, path)])
        t.eq((result["at"], fates(result)), ("/recipient", ["invalid"]),
             repr(address))
        if address:
            result = send(t, r.port(), [("x@b.example", path)],
                          **{"from": address})
            t.eq(result["at"], "/reverse_path", repr(address))
    for name, value in (("helo", "a b"), ("helo", "x\r\nMAIL"), ("helo", ""),
                        ("helo", "h" * 300), ("host", "x y"), ("host", ""),
                        ("user", "u\r\nx"), ("user", "u" * 300)):
        result = send(t, r.port(), [("x@b.example", path)],
                      password="p", **{name: value})
        t.eq((result["rc"], result["at"]), ("invalid", "/" + name))
    contents = [good.replace(b"\r\n", b"\n"), good[:-1], good + b"\n.\r\n",
                good + b"a\rb\r\n", good + b"nul\0\r\n",
                good + b"l" * 999 + b"\r\n", b"", b"\r\n" + good,
                good.replace(b"From:", b"Fron:"),
                b"Return-Path: <x@y.example>\r\n" + good,
                b"Bcc: <x@y.example>\r\n" + good,
                b"Reply-To: a@b.example\r\nReply-To: c@d.example\r\n" + good,
                b"from: again@a.example\r\n" + good,
                good.split(b"\r\n\r\n")[0] + b"\r\n"]
    for content in contents:
        bad = t.write("bad.eml", content, "wb")
        result = send(t, r.port(), [("x@b.example", bad)])
        t.eq((result["at"], fates(result)), ("/content", ["invalid"]),
             repr(content[:60]))
    t.eq(r.journal("connect"), [], "no socket was opened")


@test("an 8-bit address needs SMTPUTF8, and is told so before MAIL")
def _(t):
    path = t.write("m.eml", mail(), "wb")
    r = t.receiver()
    result = send(t, r.port(), [("josé@b.example", path)])
    t.eq(fates(result), ["accepted"])
    m, = r.wait_journal("message")
    t.eq((m["smtputf8"], m["recipients"][0]["recipient"]),
         (True, "josé@b.example"))
    r = t.receiver(args=("--without", "SMTPUTF8"))
    result = send(t, r.port(), [("a@b.example", path), ("josé@b.example", path),
                                ("b@b.example", path)])
    t.eq(fates(result), ["accepted", "invalid", "accepted"])
    second = result["messages"][1]
    t.eq((second["enhanced"], second["stage"]), ([5, 6, 7], "MAIL"))
    t.ok("SMTPUTF8" in second["fault"], second["fault"])
    t.eq(len(r.journal("mail")), 2, "no MAIL was said")


@test("8-bit content goes as 8BITMIME, or not at all")
def _(t):
    content = mail(1, body="señor\r\n".encode())
    r = t.receiver()
    t.eq(fates(one(t, r, content)), ["accepted"])
    t.eq(r.wait_journal("message")[0]["body"], "8BITMIME")
    r = t.receiver(args=("--without", "8BITMIME"))
    result = one(t, r, content)
    t.eq((fates(result), first(result)["enhanced"]), (["invalid"], [5, 6, 3]))


# ---- faults of libesmtp ----

@test("a server that stalls and resumes never yields an accepted torso")
def _(t):
    stalls = "match=sender:stall@* stage=mid-data after=200K action="
    r = t.receiver(listen=(TLS,))
    content = mail(16 * 1024 * 1024)
    digest = hashlib.sha256(content).hexdigest()
    for tls in ("plain", "must"):
        # It resumes when we have given up, or before.
        for ms, action in ((300, "hold"), (60000, "delay:1500ms")):
            r.set_rules(stalls + action)
            result = one(t, r, content, tls=tls, ca=r.cert_path, stall_ms=ms,
                         final_ms=60000, **{"from": "stall@a.example"})
            if action == "hold":
                r.set_rules("")
                r.wait_journal("lost")
            if first(result)["fate"] == "accepted":
                t.eq(r.journal("message")[-1]["sha256"], digest)
            elif first(result)["fate"] != "uncertain":
                t.eq((first(result)["fate"], first(result)["fault"]),
                     ("aborted", "write timeout"))
            t.eq(first(result)["fate"] == "accepted", ms == 60000, tls)


@test("a 250 before the dot is no acceptance")
def _(t):
    r = t.receiver(rules='stage=mid-data after=200K '
                   'action=early-reply:"250 2.0.0 Ok" then=go-on\n',
                   listen=(TLS,))
    for tls in ("plain", "must"):
        for then in ("go-on", "drop", "stall"):
            r.set_rules('stage=mid-data after=200K action=early-reply:'
                        '"250 2.0.0 Ok" then=%s\n' % then)
            result = one(t, r, mail(5700000), tls=tls, ca=r.cert_path, **PATIENT)
            t.eq(fates(result), ["aborted"], then)


@test("a 4xx or 5xx amid the content is the answer, and ends the sending")
def _(t):
    r = t.receiver(rules='stage=mid-data after=200K '
                   'action=reply:"552 5.3.4 too big"\n', listen=(TLS,))
    for tls in ("plain", "must"):
        m = first(one(t, r, mail(16 << 20), tls=tls, ca=r.cert_path))
        t.eq((m["fate"], m["stage"], m["code"], m["enhanced"]),
             ("refused", "content", 552, [5, 3, 4]), tls)


@test("injected replies never become an answer")
def _(t):
    r = t.receiver(listen=(TLS,))
    fake = 'inject:"250 2.0.0 Ok queued as FAKE1234"'
    for tls, verify in (("must", "name"), ("may", "none")):
        for count in (1, 3, 6):
            r.set_rules('stage=starttls action=garbage:"220 go\\r\\n%s"\n' % (
                r"250 2.0.0 FAKE1234\r\n" * count))
            result = one(t, r, tls=tls, verify=verify, ca=r.cert_path)
            t.eq((fates(result), result["session"]["stage"]),
                 (["untried"], "STARTTLS"))
            t.ok("plaintext" in result["session"]["fault"], "is told")
            t.eq(r.journal("message"), [])
    path = t.write("m.eml", mail(), "wb")
    for tls in ("plain", "must"):
        for stage in ("greeting", "ehlo", "mail", "rcpt", "data", "dot"):
            r.set_rules("stage=%s action=%s\n" % (stage, fake))
            result = send(t, r.port(), [("x@b.example", path)] * 2, tls=tls,
                          ca=r.cert_path, **PATIENT)
            if stage == "dot":
                t.eq(fates(result), ["accepted", "untried"], stage)
            else:
                t.ok(set(fates(result)) <= {"untried", "aborted"},
                     "%s: %s" % (stage, fates(result)))
            for m in result["messages"]:
                t.ok("FAKE1234" not in m["reply"], "injected reply taken")


@test("an injected refusal is no refusal")
def _(t):
    # Where commands are pipelined it is the next one's, for all one can tell.
    r = t.receiver(args=("--without", "PIPELINING"))
    path = t.write("m.eml", mail(), "wb")
    for stage in ("greeting", "ehlo", "mail", "rcpt"):
        r.set_rules('stage=%s action=inject:"550 5.1.1 No such user"\n' % stage)
        result = send(t, r.port(), [("x@b.example", path)] * 2)
        t.ok(set(fates(result)) <= {"untried", "aborted"},
             "%s: %s" % (stage, fates(result)))
        t.eq(result["session"]["fate"], "aborted")


@test("a final reply without its CRLF is none")
def _(t):
    r = t.receiver(listen=(TLS,))
    for tls in ("plain", "must"):
        for n in (1, 3, 4, 20, 28):
            r.set_rules("stage=dot action=partial-reply:%d\n" % n)
            m = first(one(t, r, tls=tls, ca=r.cert_path))
            t.eq((m["fate"], m["stage"], m["code"]), ("uncertain", "dot", 0))
            t.ok(" ? 2" in m["transcript"], "what came is kept")


@test("final replies of many lines and odd shapes are taken for what they are")
def _(t):
    good = [r"250-2.1.0 one\n250 2.0.0 two", r"250-a\n250-b\n250 c", "250 ",
            "250", "250 2.0.0", "250 9.9.9 odd", "200 fine", "299 fine",
            "250 " + "x" * 480,
            r"250-" + r"\n250-".join(["y" * 400] * 15) + r"\n250 end"]
    bad = [r"250-a\n550 b", "350 go on", "199 x", "2500 x", "25 x", "abc",
           r"250-a\n251 b", "650 x"]
    r = t.receiver()
    for text, want in [(g, "accepted") for g in good] + [
            (b, "uncertain") for b in bad]:
        r.set_rules('stage=dot action=garbage:"%s\\r\\n"\n' % (
            text.replace(r"\n", r"\r\n")))
        m = first(one(t, r, **PATIENT))
        t.eq(m["fate"], want, text[:60])
        if want == "accepted":
            t.eq(m["reply"].count("\r\n"), text.count(r"\n") + 1)


@test("valid replies of odd shapes to MAIL and RCPT are taken, too")
def _(t):
    shapes = ["250", "250 ", "250 2.1.0", "250 2.1.0 ", "250 ok", "250 5.1.1 x",
              "250 2.1", "250 2.1.0.0 x", "250 2.1000.1 x", "250 2.01.5 x",
              "250 2.1.0x", "250 .", "250 2.", "250 2..0 x", "250 2 1 0",
              r"250-2.1.0 a\n250 ok", r"250-ok\n250 2.1.5 b", "251 2.1.5 moved",
              r"250-2.1.0 a\n250-2.1.5 b\n250 2.0.0 c", "250 " + "x" * 480]
    r = t.receiver()
    for stage in ("mail", "rcpt"):
        for text in shapes:
            r.set_rules("stage=%s action=garbage:\"%s\\r\\n\"\n" % (
                stage, text.replace(r"\n", r"\r\n")))
            m = first(one(t, r, **PATIENT))
            t.eq(m["fate"], "accepted", "%s %s" % (stage, text[:40]))
    for text in ("450", "450 4.2.0", "450 x", "550", "550 5.1", "550 5.1.1",
                 "550 2.0.0 odd", r"550-5.1.1 a\n550 b"):
        r.set_rules("stage=rcpt action=garbage:\"%s\\r\\n\"\n" % (
            text.replace(r"\n", r"\r\n")))
        m = first(one(t, r, **PATIENT))
        t.eq((m["fate"], m["code"], m["stage"]),
             ("refused", int(text[:3]), "RCPT"), text)


@test("TLS 1.3 tickets and key updates at every moment hang nothing")
def _(t):
    r = t.receiver(listen=(TLS,), args=("--tls-tickets", "8"))
    path = t.write("m.eml", mail(30000), "wb")
    for stage in ("ehlo", "mail", "rcpt", "data", "mid-data", "dot", "quit"):
        for action in ("ticket", "key-update"):
            r.set_rules("match=tls:yes stage=%s action=%s\n" % (stage, action))
            result = send(t, r.port(), [("x@b.example", path)] * 3, tls="must",
                          ca=r.cert_path, **PATIENT)
            t.eq(fates(result), ["accepted"] * 3, stage + " " + action)
            t.eq(result["tls"]["version"], "TLSv1.3")


@test("sessions one after the other in one process share what they may")
def _(t):
    r = t.receiver(listen=(TLS,))
    path = t.write("m.eml", mail(), "wb")
    out = subprocess.run(
        [SENDBATCH, "--port", str(r.port()), "--tls", "must", "--ca",
         r.cert_path, "--repeat", "20", "--quiet"] +
        ["x@b.example=" + path] * 5, stdout=subprocess.PIPE, check=True)
    t.ok(out.stdout.startswith(b"100 accepted"), out.stdout)
    t.eq(len(r.journal("message", kept=True)), 100)


@test("sessions at once do not disturb each other")
def _(t):
    r = t.receiver(listen=(TLS,), args=("--auth", "user:secret"),
                   rules='match=bad@* stage=rcpt action=reply:"550 5.1.1 no"\n')
    paths = [t.write("m%d.eml" % i, mail(5000 + i, str(i)), "wb")
             for i in range(4)]
    for tls in ("plain", "must"):
        before = len(r.journal("message", kept=True))
        out = subprocess.run(
            [SENDBATCH, "--port", str(r.port()), "--tls", tls, "--ca",
             r.cert_path, "--user", "user", "--password", "secret",
             "--auth-in-clear", "--threads", "4", "--repeat", "5", "--quiet"] +
            ["x@b.example=" + p for p in paths] + ["bad@b.example=" + paths[0]],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        t.ok(b"Sanitizer" not in out.stderr, out.stderr.decode())
        t.ok(out.stdout.startswith(b"80 accepted"), out.stdout)
        got = r.journal("message", kept=True)[before:]
        t.eq(len(got), 80)
        want = [hashlib.sha256(open(p, "rb").read()).hexdigest()
                for p in paths]
        t.eq(sorted(m["sha256"] for m in got), sorted(want * 20))


@test("BDAT is never used, though CHUNKING is offered")
def _(t):
    r = t.receiver()
    t.eq(fates(one(t, r)), ["accepted"])
    t.eq(r.journal("chunk"), [])
    t.ok("CHUNKING" in one(t, r)["ehlo"], "it was offered")


@test("a peer that says 421 gets no further message")
def _(t):
    r = t.receiver(rules='match=two@* stage=rcpt action=reply:"421 4.7.0 bye"\n')
    path = t.write("m.eml", mail(), "wb")
    result = send(t, r.port(), [(n + "@b.example", path)
                                for n in ("one", "two", "three")])
    t.eq(fates(result), ["accepted", "refused", "untried"])
    t.eq((result["count"], result["rc"]), (2, "again"))
    t.eq((result["session"]["code"], result["session"]["stage"]),
         (421, "RCPT"))


@test("deadline and cancel end a session, and tell what is not known")
def _(t):
    r = t.receiver(rules="match=stall@* stage=dot action=stall\n"
                   "match=slow@* stage=mid-data action=stall\n")
    short = t.write("short.eml", mail(), "wb")
    path = t.write("m.eml", mail(16 << 20), "wb")
    for recipient, content, fate, fault in (
            ("stall", short, "uncertain", "reply timeout"),
            ("slow", path, "aborted", "deadline")):
        # Too short for a slow machine to come so far, it is lengthened.
        for ms in (3000, 12000, 48000):
            result = send(t, r.port(), [(recipient + "@b.example", content)],
                          deadline_ms=ms, final_ms=ms + 1000)
            got = fates(result), first(result)["fault"]
            if got == ([fate], fault):
                break
        t.eq(got, ([fate], fault))
    result = send(t, r.port(), [("slow@b.example", path)], cancel=1)
    t.eq((fates(result), first(result)["fault"]), (["aborted"], "cancelled"))


@test("HELO where EHLO is unknown, and no parameters then")
def _(t):
    r = t.receiver(rules='stage=ehlo count=1 action=reply:"502 5.5.1 what"\n')
    result = one(t, r, dsn=True, envid="x")
    t.ok(" C HELO " in result["session"]["transcript"], "HELO was said")
    t.eq(fates(result), ["accepted"])
    t.ok("ENVID" not in first(result)["transcript"], "no DSN")


@test("over IPv6")
def _(t):
    r = t.receiver(listen=("[::1]:0",))
    result = one(t, r, address="::1")
    t.eq(fates(result), ["accepted"])
    t.eq(result["peer"], "[::1]:%d" % r.port())


# ---- AUTH ----

@test("AUTH by PLAIN and LOGIN; none is tried in the clear or left out")
def _(t):
    r = t.receiver(listen=(TLS,), args=("--auth", "us er:se cret",
                                        "--auth-required"))
    who = dict(user="us er", password="se cret", ca=r.cert_path)
    result = one(t, r, tls="must", **who)
    t.eq(fates(result), ["accepted"])
    t.ok(" C AUTH PLAIN (not kept)" in result["session"]["transcript"], "told")
    secret = base64.b64encode(b"\0us er\0se cret").decode()
    t.ok(secret not in str(result) and "se cret" not in str(result), "kept")
    result = one(t, r, tls="plain", **who)
    t.eq((fates(result), result["session"]["stage"]), (["untried"], "AUTH")
         if result["count"] else ([first(result)["fate"]], "AUTH"))
    t.eq(r.journal("auth", known=False), [])
    result = one(t, r, tls="must", user="us er", password="wrong",
                 ca=r.cert_path)
    t.eq((result["session"]["stage"], result["session"]["fate"],
          result["session"]["code"]), ("AUTH", "refused", 535))
    t.eq(len(r.journal("mail")), 1, "nothing was sent unauthenticated")
    r = t.receiver(listen=(TLS,))
    result = one(t, r, tls="must", **dict(who, ca=r.cert_path))
    t.eq((fates(result), result["session"]["stage"]), (["untried"], "AUTH"))
    t.ok("mechanism" in result["session"]["fault"], "is told")


@test("AUTH LOGIN where PLAIN is not offered")
def _(t):
    r = t.receiver(args=("--auth", "user:secret", "--auth-required"),
                   rules=r'stage=ehlo action=reply:"250-x\n250 AUTH LOGIN"'
                   "\n")
    result = one(t, r, user="user", password="secret", auth_in_clear=True)
    t.eq(fates(result), ["accepted"])
    text = result["session"]["transcript"]
    t.eq(text.count("(not kept)"), 2)
    for secret in (b"user", b"secret"):
        t.ok(base64.b64encode(secret).decode() not in str(result), "kept")
    result = one(t, r, user="user", password="wrong", auth_in_clear=True)
    t.eq((fates(result), result["session"]["code"]), (["untried"], 535))


# ---- TLS ----

@test("TLS facts are noted, and the name is checked where it must be")
def _(t):
    r = t.receiver(listen=(TLS,), args=("--cert-name", "mx.b.example"))
    result = one(t, r, tls="may", host="mx.b.example")
    t.eq((fates(result), result["tls"]["validated"]), (["accepted"], "none"))
    t.ok("self" in result["tls"]["verify"], result["tls"]["verify"])
    der = ssl.PEM_cert_to_DER_cert(open(r.cert_path).read())
    t.eq(result["tls"]["sha256"], hashlib.sha256(der).hexdigest())
    t.eq(ssl.PEM_cert_to_DER_cert(result["tls"]["chain"]), der)
    t.eq(r.journal("tls")[0]["server_name"], "mx.b.example")
    result = one(t, r, tls="must", verify="name", host="mx.b.example",
                 ca=r.cert_path)
    t.eq((fates(result), result["tls"]["validated"]), (["accepted"], "name"))
    for host, ca, why in (("mx.c.example", r.cert_path, "ostname"),
                          ("mx.b.example", None, "self")):
        result = one(t, r, tls="must", verify="name", host=host, ca=ca)
        t.eq((fates(result), result["session"]["stage"]), (["untried"], "TLS"))
        t.ok(why in result["session"]["fault"], result["session"]["fault"])
    r = t.receiver(listen=(TLS,), args=("--cert-name", "mx.b.example",
                                        "--cert-days", "-1"))
    result = one(t, r, tls="must", verify="name", host="mx.b.example",
                 ca=r.cert_path)
    t.ok("expired" in result["session"]["fault"], result["session"]["fault"])


@test("TLS is not gone without where it must be; versions 1.2 and 1.3 alone")
def _(t):
    r = t.receiver()
    result = one(t, r, tls="must")
    t.eq((fates(result), result["session"]["stage"]), (["untried"], "STARTTLS"))
    t.eq(fates(one(t, r, tls="may")), ["accepted"])
    r = t.receiver(listen=(TLS,), args=("--tls-max", "1.2"))
    result = one(t, r, tls="must", ca=r.cert_path)
    t.eq((fates(result), result["tls"]["version"]), (["accepted"], "TLSv1.2"))
    r = t.receiver(listen=(TLS,), args=("--tls-min", "1.0", "--tls-max", "1.1"))
    result = one(t, r, tls="may")
    t.eq((fates(result), result["session"]["stage"]), (["untried"], "TLS"))


def offered_versions(hello):
    """What a ClientHello's supported_versions (RFC 8446 4.2.1) lists."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 1 + hello[at]
    end = at + 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 2
    while at < end:
        kind, size = struct.unpack(">HH", hello[at:at + 4])
        if kind == 43:
            return {hello[i:i + 2].hex()
                    for i in range(at + 5, at + 4 + size, 2)}
        at += 4 + size
    return None


@test("no version of TLS before 1.2 is offered")
def _(t):
    # Where the system's policy forbids older ones too it does not show above.
    server = socket.create_server(("127.0.0.1", 0))
    t.on_end(server.close)
    got = []

    def hear():
        peer, _ = server.accept()
        while len(b"".join(got)) < 5 or len(b"".join(got)) < 5 + \
                int.from_bytes(b"".join(got)[3:5], "big"):
            got.append(peer.recv(65536))
        peer.close()
    thread = threading.Thread(target=hear)
    thread.start()
    path = t.write("m.eml", mail(), "wb")
    send(t, server.getsockname()[1], [("x@b.example", path)], tls="implicit")
    thread.join()
    t.eq(offered_versions(b"".join(got)), {"0303", "0304"})


@test("DANE: the record's key and no other")
def _(t):
    r = t.receiver(listen=(TLS,), args=("--cert-name", "mx.b.example"))
    spki = subprocess.run(
        "openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform der"
        % r.cert_path, shell=True, stdout=subprocess.PIPE, check=True).stdout
    good = hashlib.sha256(spki).hexdigest()
    for host in ("mx.b.example", "other.example"):
        result = one(t, r, tls="must", verify="dane", host=host,
                     tlsa="3 1 1 " + good)
        t.eq((fates(result), result["tls"]["validated"]),
             (["accepted"], "dane 3 1 1"), host)
    result = one(t, r, tls="must", verify="dane", host="mx.b.example",
                 tlsa="3 1 1 " + "00" * 32)
    t.eq((fates(result), result["session"]["stage"]), (["untried"], "TLS"))
    # PKIX usages are not usable for mail: TLS, of which nothing is claimed.
    result = one(t, r, tls="must", verify="dane", host="mx.b.example",
                 tlsa="9 1 1 " + good)
    t.eq((fates(result), result["tls"]["validated"]), (["accepted"], "none"))


# ---- the seam ----

def without_symbol(path, out, name):
    """A copy of an ELF program whose exported function has lost its name."""
    image = bytearray(open(path, "rb").read())
    shoff, = struct.unpack_from("<Q", image, 40)
    shentsize, shnum = struct.unpack_from("<HH", image, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", image, shoff + i * shentsize)
                for i in range(shnum)]
    dynsym = next(s for s in sections if s[1] == 11)
    strings = sections[dynsym[6]]
    found = 0
    for at in range(dynsym[4], dynsym[4] + dynsym[5], dynsym[9]):
        offset, info, other, shndx = struct.unpack_from("<IBBH", image, at)
        end = image.index(0, strings[4] + offset)
        if shndx and image[strings[4] + offset:end] == name.encode():
            struct.pack_into("<I", image, at, 0)
            found += 1
    with open(out, "wb") as f:
        f.write(image)
    os.chmod(out, 0o755)
    return found


@test("without any one of the interposed functions nothing is accepted")
def _(t):
    r = t.receiver()
    path = t.write("m.eml", mail(), "wb")
    for name in ("connect", "poll", "read", "write"):
        program = t.path("sendbatch-" + name)
        t.eq(without_symbol(SENDBATCH, program, name), 1, name)
        p = subprocess.run([program, "--port", str(r.port()),
                            "x@b.example=" + path], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
        t.eq((p.returncode, p.stdout), (70, b""), name)
        t.ok(b"does not pass the seam" in p.stderr, name)
    t.eq(r.journal("message"), [])


@test("libesmtp imports no other way to a socket than those interposed")
def _(t):
    maps = subprocess.run(["ldd", SENDBATCH], stdout=subprocess.PIPE).stdout
    library = re.search(rb"libesmtp\S* => (\S+)", maps).group(1).decode()
    nm = subprocess.run(["objdump", "-T", library], stdout=subprocess.PIPE,
                        check=True).stdout.decode()
    names = {line.split()[-1] for line in nm.splitlines() if "*UND*" in line}
    t.ok({"connect", "poll", "read", "write"} <= names, "those interposed")
    others = {"send", "recv", "sendto", "recvfrom", "sendmsg", "recvmsg",
              "writev", "readv", "select", "ppoll", "pselect", "sendfile",
              "__recv_chk", "__fdelt_chk", "epoll_wait", "splice", "fwrite",
              "dprintf", "__write_chk"}
    t.eq(names & others, set())


run()
