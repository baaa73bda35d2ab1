"""Where mail goes by the route mx, asked of a real DNS: exchangers, addresses,
DANE, and what is refused."""

import hashlib
import os
import re
import socket
import ssl

from certificates import Authority
from harness import run, test, wait_for
from internet import Net, attempt_of, deferred, pin, recipients, send
from ledger import Ledger


@test("exchangers go by preference, and the next one is tried")
def _(t):
    net = Net(t)
    r = net.exchanger("mx2.plain")
    net.ns.add("one.plain", "MX", "20 mx2.plain", "10 mx1.plain")
    net.ns.add("mx1.plain", "A", "127.0.0.9")  # nobody listens there
    a = net.hosting()
    send(a, "ana@one.plain")
    m = a.wait_messages(state="accepted")[0]
    data = a.events(m["mref"], "message.accepted")[0]["data"]
    t.eq((data["host"], data["mode"]), ("mx2.plain", "mx"))
    t.eq((data["tls_policy"], data["tls"]["validated"]),
         ("opportunistic", "none"))
    t.eq(len(r.journal("message")), 1)
    text = attempt_of(a, m)["transcript"]
    t.ok("policy=opportunistic validated=none" in text, text)


def not_for_the_first(t, *args):
    net = Net(t)
    first = net.exchanger(
        "mx1.plain", "127.0.0.1", args=args,
        rules='match=* stage=rcpt action=reply:"521 5.3.2 Not for me"\n')
    second = net.exchanger("mx2.plain", "127.0.0.2", args=args)
    net.ns.add("one.plain", "MX", "10 mx1.plain", "20 mx2.plain")
    a = net.hosting()
    send(a, "ana@one.plain")
    m = a.wait_messages(state="accepted")[0]
    t.eq(m["attempts"], 1)
    t.eq((len(first.journal("rcpt")), len(second.journal("message"))), (1, 1))
    t.eq(a.events(m["mref"], "message.deferred"), [])
    data = a.events(m["mref"], "message.attempted")[0]["data"]
    t.eq(data["hosts"], ["mx1.plain", "mx2.plain"])
    data = a.events(m["mref"], "message.accepted")[0]["data"]
    t.eq((data["host"], data["tried"]), ("mx2.plain", [
        {"host": "mx1.plain", "stage": "RCPT", "code": 521,
         "reply": "521 5.3.2 Not for me", "fault": ""}]))
    attempt = attempt_of(a, m)
    said = attempt["transcript"].split("\n")
    at = [n for n, line in enumerate(said)
          if re.match(r"\d+ T \d{4}-\d\d-\d\dT[0-9:.]+Z 127\.0\.0\.\d:", line)]
    t.eq((at[0], len(at)), (0, 2), said)
    t.ok(any("S 521 5.3.2 Not for me" in x for x in said[:at[1]]), said)
    t.ok(any("S 250 2.0.0" in x for x in said[at[1]:]), said)
    t.eq((data["started_at"], data["ended_at"]),
         (attempt["started_at"], attempt["ended_at"]))
    t.eq(a.messages()[0]["accepted_at"], data["ended_at"])


@test("what one exchanger does not take goes to the next")
def _(t):
    not_for_the_first(t)


@test("the same where nothing is pipelined")
def _(t):
    not_for_the_first(t, "--without", "PIPELINING")


@test("the certificates that a peer showed are kept, with what they are worth")
def _(t):
    net = Net(t)
    r = net.exchanger("mx.plain")
    net.ns.add("one.plain", "MX", "10 mx.plain")
    a = net.hosting()
    send(a, "ana@one.plain")
    m = a.wait_messages(state="accepted")[0]
    tls = a.events(m["mref"], "message.accepted")[0]["data"]["tls"]
    t.eq((tls["subject"], tls["issuer"], tls["verify"]),
         ("/CN=mx.plain", "/CN=ca", "ok"))
    code, shown = a.run("queue", "show", m["mref"])
    t.eq(code, 0, shown)
    pem = re.findall("-----BEGIN.*?END CERTIFICATE-----\n", "".join(
        re.findall(r"(?m)^\d+ T (.*\n)", shown)), re.S)
    with open(r.cert) as f:
        want = f.read()
    t.eq(pem, re.findall("-----BEGIN.*?END CERTIFICATE-----\n", want, re.S))


@test("a handshake that failed is told of what then went in plaintext")
def _(t):
    net = Net(t)
    net.exchanger("mx.plain", rules="match=* stage=tls action=drop\n")
    net.ns.add("one.plain", "MX", "10 mx.plain")
    a = net.hosting()
    send(a, "ana@one.plain")
    m = a.wait_messages(state="accepted")[0]
    data = a.events(m["mref"], "message.accepted")[0]["data"]
    t.eq(data["tls"], None)
    t.ok(data["tls_failure"].startswith("handshake: "), data)
    t.eq([(x["host"], x["stage"]) for x in data["tried"]],
         [("mx.plain", "TLS")])
    said = attempt_of(a, m)["transcript"]
    t.ok(" C STARTTLS" in said and " ! " in said, said)


@test("STARTTLS that is swallowed or refused is told of what went in plaintext")
def _(t):
    net = Net(t)
    cases = (("drop", "STARTTLS: peer closed", ["STARTTLS"]),
             ('reply:"454 4.7.0 not now"', "STARTTLS: 454 4.7.0 not now", []))
    for n, (action, _, _) in enumerate(cases, 1):
        net.exchanger("mx%d.plain" % n, "127.0.0.%d" % n,
                      rules="stage=starttls action=%s\n" % action)
        net.ns.add("d%d.plain" % n, "MX", "10 mx%d.plain" % n)
    a = net.hosting()
    for n, (_, why, tried) in enumerate(cases, 1):
        send(a, "ana@d%d.plain" % n, "c%d" % n)
        m, = a.wait_messages(state="accepted", customer="c%d" % n)
        data = a.events(m["mref"], "message.accepted")[0]["data"]
        t.eq((data["tls"], data.get("tls_failure")), (None, why))
        t.eq([x["stage"] for x in data.get("tried", [])], tried)


@test("a 421 to STARTTLS ends the session: the next exchanger is asked")
def _(t):
    net = Net(t)
    one = net.exchanger("mx1.plain", "127.0.0.1", rules='stage=starttls '
                        'action=reply:"421 4.3.2 busy"\n')
    net.exchanger("mx2.plain", "127.0.0.2")
    net.ns.add("one.plain", "MX", "10 mx1.plain", "20 mx2.plain")
    a = net.hosting()
    send(a, "ana@one.plain")
    m = a.wait_messages(state="accepted")[0]
    data = a.events(m["mref"], "message.accepted")[0]["data"]
    t.eq([(x["stage"], x["reply"]) for x in data["tried"]],
         [("STARTTLS", "421 4.3.2 busy")])
    t.eq(one.journal("mail"), [])


@test("a listing that the first exchanger speaks of is not forgotten")
def _(t):
    net = Net(t)
    net.exchanger("mx1.plain", "127.0.0.1", rules='match=* stage=greeting '
                  'action=reply:"554 this address is listed"\n')
    net.exchanger("mx2.plain", "127.0.0.2")
    net.ns.add("one.plain", "MX", "10 mx1.plain", "20 mx2.plain")
    a = net.hosting()
    send(a, "ana@one.plain")
    m = a.wait_messages(state="accepted")[0]
    data = a.events(m["mref"], "message.accepted")[0]["data"]
    t.eq([x["reply"] for x in data["tried"]], ["554 this address is listed"])
    t.ok("is listed" in attempt_of(a, m)["transcript"], "kept")


@test("a NUL, or an order to a terminal, neither cuts a transcript nor acts")
def _(t):
    net = Net(t)
    net.exchanger("mx.plain", rules='match=* stage=rcpt action=garbage:'
                  '"250 a\\x00b\\x1b[2Jc\\xc2\\x9b2J\\r\\n"\n')
    net.ns.add("one.plain", "MX", "10 mx.plain")
    a = net.hosting()
    send(a, "ana@one.plain")
    m, data = deferred(a, "")
    text = attempt_of(a, m)["transcript"]
    t.ok("250 a\0b\x1b[2Jc\x9b2J" in text and " ! malformed" in text, [text])
    code, shown = a.run("queue", "show", m["mref"])
    t.eq(code, 0, shown)
    t.ok(r"250 a\x00b\x1b[2Jc\x9b2J" in shown and "! malformed" in shown,
         [shown])


@test("equal preferences share the load")
def _(t):
    net = Net(t, smtp="")
    both = [net.exchanger("mx1.plain", "127.0.0.1"),
            net.exchanger("mx2.plain", "127.0.0.2")]
    for i in range(30):
        net.ns.add("d%d.plain" % i, "MX", "10 mx1.plain", "10 mx2.plain")
    a = net.hosting()
    for i in range(30):
        send(a, "x@d%d.plain" % i, "c%d" % i)
    a.wait_messages(30, state="accepted")
    counts = [len(r.journal("message")) for r in both]
    t.eq(sum(counts), 30)
    t.ok(min(counts) >= 4, "shuffled: %s" % counts)


@test("without an MX the domain itself is the exchanger, by IPv6 before IPv4")
def _(t):
    net = Net(t)
    four = net.exchanger("one.plain", "127.0.0.1")
    a = None
    send_to = ["ana@one.plain"]
    if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"):
        six = net.exchanger("two.plain", "::1")
        net.ns.add("two.plain", "A", "127.0.0.1")
        send_to.append("bo@two.plain")
    a = net.hosting()
    for i, address in enumerate(send_to):
        send(a, address, "c%d" % i)
    a.wait_messages(len(send_to), state="accepted")
    t.eq(recipients(four), ["ana@one.plain"])
    if len(send_to) > 1:
        t.eq(recipients(six), ["bo@two.plain"])


@test("an IPv6 address that leads nowhere does not keep IPv4 from being tried")
def _(t):
    net = Net(t)
    net.exchanger("mx.plain")
    net.ns.add("mx.plain", "AAAA", "::1")
    net.ns.add("one.plain", "MX", "10 mx.plain")
    a = net.hosting()
    send(a, "ana@one.plain")
    a.wait_messages(state="accepted")


@test("a null MX is a bad address, for good")
def _(t):
    net = Net(t)
    net.exchanger("mx.plain")
    net.ns.add("null.plain", "MX", "0 .")
    net.ns.add("null.plain", "A", "127.0.0.1")
    net.ns.add("mixed.plain", "MX", "0 .", "10 mx.plain")
    a = net.hosting()
    for i, d in enumerate(("null", "mixed")):
        send(a, "ana@%s.plain" % d, "c%d" % i)
    m, = a.wait_messages(state="failed")
    data = a.events(m["mref"], "message.failed")[0]["data"]
    t.ok("null MX" in data["reason"], data)
    t.eq(len(a.items("suppressions")), 1)
    # Beside others it says nothing.
    a.wait_messages(customer="c1", state="accepted")


@test("a domain that is gone may come back: its addresses are not suppressed")
def _(t):
    net = Net(t)
    net.exchanger("mx.plain")
    a = net.hosting()
    send(a, "ana@gone.plain")
    m, data = deferred(a, "there is no domain gone.plain")
    t.eq((m["attempts"], a.items("suppressions")), (0, []))
    net.ns.add("gone.plain", "MX", "10 mx.plain")

    def again():
        a.ok(a.post("queue/retry", {"all": True}))
        return a.messages(state="accepted")
    wait_for(again, what="the mail")


@test("a domain that was mistyped is alarmed of while it can be corrected")
def _(t):
    net = Net(t)
    r = net.exchanger("mx.plain")
    net.ns.add("right.plain", "MX", "10 mx.plain")
    a = net.hosting(clock="2026-11-02T12:00:00Z,2000")
    a.customer("c1", "ana@rigth.plain")
    a.invoice("i1", "c1", "2026-10-31")
    alarms = lambda: [data for kind, data in
                      Ledger(a.state + "/acuse.db").payloads
                      if kind == "alarm.raised" and "step" in data]
    alarm, = wait_for(alarms, what="the alarm")
    t.eq((alarm["step"], alarm["reason"], alarm["before_act"]),
         ("pre-suspension", "no_domain", True))
    m, = a.messages(state="deferred")
    a.customer("c1", "ana@right.plain")
    a.wait_messages(state="accepted", customer="c1")
    t.eq(len(alarms()), 1)


@test("a failure of the DNS defers, and says so; the next try gets through")
def _(t):
    net = Net(t)
    net.exchanger("mx.plain")
    net.ns.add("one.plain", "MX", "10 mx.plain")
    net.ns.fail("one.plain", "MX", "servfail")
    a = net.hosting()
    send(a, "ana@one.plain")
    m, data = deferred(a, "server failure")
    t.eq(m["attempts"], 0)
    net.ns.fail("one.plain", "MX")

    def again():
        a.ok(a.post("queue/retry", {"all": True}))
        return a.messages(state="accepted")
    wait_for(again, what="the mail")


@test("a bogus answer defers and is told, whoever else could be reached")
def _(t):
    net = Net(t)
    r = net.exchanger("mx.signed")
    net.ns.add("one.signed", "MX", "10 mx.signed")
    net.ns.fail("one.signed", "MX", "bogus")
    a = net.hosting()
    send(a, "ana@one.signed")
    deferred(a, "bogus")
    t.eq(r.journal("connect"), [])


@test("TLSA records that match are proof of the exchanger's identity")
def _(t):
    net = Net(t)
    other = Authority(t, "other")
    r = net.exchanger("mx.signed", cert=other.issue("elsewhere.example"))
    net.ns.add("one.signed", "MX", "10 mx.signed")
    pin(net, "mx.signed", r.cert)
    a = net.hosting()
    send(a, "ana@one.signed")
    m = a.wait_messages(state="accepted")[0]
    data = a.events(m["mref"], "message.accepted")[0]["data"]
    t.eq((data["tls_policy"], data["tls"]["validated"]),
         ("dane", "dane 3 1 1"))
    text = attempt_of(a, m)["transcript"]
    t.ok("policy=dane validated=dane 3 1 1" in text, text)


@test("by DANE too for a domain without MX, and for one behind an alias")
def _(t):
    net = Net(t)
    r = net.exchanger("mx.signed")
    net.ns.add("bare.signed", "A", "127.0.0.1")
    net.ns.add("alias.signed", "CNAME", "mx.signed")
    net.ns.add("two.signed", "MX", "10 alias.signed")
    pin(net, "bare.signed", r.cert)
    pin(net, "mx.signed", r.cert)
    a = net.hosting()
    send(a, "ana@bare.signed")
    send(a, "bo@two.signed", "c2")
    for m in a.wait_messages(2, state="accepted"):
        data = a.events(m["mref"], "message.accepted")[0]["data"]
        t.eq(data["tls"]["validated"], "dane 3 1 1", data["host"])


@test("an authority that TLSA names vouches by the exchanger's name, or the domain's")
def _(t):
    net = Net(t)
    own = Authority(t, "own")
    with open(own.cert, "rb") as f:
        root = f.read()
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(root.decode())).hexdigest()
    for i, name in enumerate(("mx1.signed", "two.signed", "other.signed"), 1):
        cert, key = own.issue(name)
        with open(cert, "ab") as f:
            f.write(root)
        net.exchanger("mx%d.signed" % i, "127.0.0.%d" % i, cert=(cert, key))
        net.ns.add("_%d._tcp.mx%d.signed" % (net.port, i), "TLSA",
                   "2 0 1 " + digest)
    for i, name in enumerate(("one", "two", "three"), 1):
        net.ns.add(name + ".signed", "MX", "10 mx%d.signed" % i)
    a = net.hosting()
    for i, name in enumerate(("one", "two", "three"), 1):
        send(a, "ana@%s.signed" % name, "c%d" % i)
    for i in (1, 2):
        m = a.wait_messages(customer="c%d" % i, state="accepted")[0]
        data = a.events(m["mref"], "message.accepted")[0]["data"]
        t.eq(data["tls"]["validated"], "dane 2 0 1")
    _, data = deferred(a, "untried", customer="c3")
    t.ok("ostname mismatch" in data["fault"], data)


@test("a key that TLSA does not name gets no mail, nor does plaintext")
def _(t):
    net = Net(t)
    wrong = net.exchanger("mx1.signed", "127.0.0.1")
    clear = net.exchanger("mx2.signed", "127.0.0.2", tls=False)
    for i, r in ((1, wrong), (2, clear)):
        net.ns.add("d%d.signed" % i, "MX", "10 mx%d.signed" % i)
        net.ns.add("_%d._tcp.mx%d.signed" % (net.port, i), "TLSA",
                   "3 1 1 " + "00" * 32)
    a = net.hosting()
    send(a, "ana@d1.signed", "c1")
    send(a, "bo@d2.signed", "c2")
    _, one = deferred(a, "untried", customer="c1")
    _, two = deferred(a, "untried", customer="c2")
    t.eq((one["stage"], one["tls_policy"]), ("TLS", "dane"))
    t.ok("no matching DANE TLSA" in one["fault"], one)
    t.eq((two["stage"], two["fault"]), ("STARTTLS", "STARTTLS is not offered"))
    t.eq(wrong.journal("mail") + clear.journal("mail"), [])


@test("TLSA records that cannot be told keep an exchanger out, and are told")
def _(t):
    net = Net(t)
    first = net.exchanger("mx1.signed", "127.0.0.1")
    second = net.exchanger("mx2.signed", "127.0.0.2")
    net.ns.add("alone.signed", "MX", "10 mx1.signed")
    net.ns.add("both.signed", "MX", "10 mx1.signed", "20 mx2.signed")
    for how in ("servfail", "bogus"):
        name = "_%d._tcp.mx1.signed" % net.port
        pin(net, "mx1.signed", first.cert)
        net.ns.fail(name, "TLSA", how)
        a = net.hosting(name=how)
        send(a, "ana@alone.signed")
        m, data = deferred(a, name)
        t.ok({"servfail": "server failure"}.get(how, how) in data["reason"],
             data)
        t.eq(m["attempts"], 0)
        t.eq(first.journal("connect"), [])
        # Another one may be used, and it is noted why the first was not.
        send(a, "bo@both.signed", "c2")
        m = a.wait_messages(customer="c2", state="accepted")[0]
        text = attempt_of(a, m)["transcript"]
        t.ok("passed over: mx1.signed: DNS: " + name in text, text)
        t.eq(first.journal("connect"), [])
        a.stop()
    t.eq(len(second.journal("message")), 2)


@test("TLSA records of no use to mail still demand TLS")
def _(t):
    net = Net(t)
    r = net.exchanger("mx1.signed", "127.0.0.1")
    clear = net.exchanger("mx2.signed", "127.0.0.2", tls=False)
    for i, x in ((1, r), (2, clear)):
        net.ns.add("d%d.signed" % i, "MX", "10 mx%d.signed" % i)
        pin(net, "mx%d.signed" % i, x.cert, "1 1 1")
    a = net.hosting()
    send(a, "ana@d1.signed", "c1")
    send(a, "bo@d2.signed", "c2")
    m = a.wait_messages(customer="c1", state="accepted")[0]
    data = a.events(m["mref"], "message.accepted")[0]["data"]
    t.eq((data["tls_policy"], data["tls"]["validated"], data["tls_failure"]),
         ("dane", "none", "no TLSA record that can be used"))
    deferred(a, "untried", customer="c2")
    t.eq(clear.journal("mail"), [])


@test("TLSA records that nobody signed are not believed")
def _(t):
    net = Net(t)
    net.exchanger("mx.plain")
    net.ns.add("one.plain", "MX", "10 mx.plain")
    net.ns.add("_%d._tcp.mx.plain" % net.port, "TLSA", "3 1 1 " + "00" * 32)
    a = net.hosting()
    send(a, "ana@one.plain")
    a.wait_messages(state="accepted")
    t.eq(net.ns.count("_%d._tcp.mx.plain" % net.port, "TLSA"), 0)


@test("private addresses, and ourselves, are refused unless allowed")
def _(t):
    net = Net(t)
    r = net.exchanger("mx.plain")
    net.ns.add("private.plain", "MX", "10 mx.plain")
    net.ns.add("loop.plain", "MX", "20 mx.plain", "10 ACUSE.test.example",
               "5 first.plain")
    net.ns.add("first.plain", "A", "192.168.7.7")
    net.ns.add("acuse.test.example", "A", "203.0.113.7")
    for i in range(8):  # in whichever order they come
        net.ns.add("worse%d.plain" % i, "MX", "10 acuse.test.example",
                   "10 mx.plain", "20 first.plain")
    a = net.hosting(private="0")
    with open(a.config) as f:
        strict = f.read().replace("allow_private_exchangers = true",
                                  "allow_private_exchangers = false")
    a.configure(text=strict)
    t.ok("conf.reloaded" in a.reload(), "the reload")
    send(a, "ana@private.plain", "c1")
    _, data = deferred(a, "at a private address", customer="c1")
    send(a, "bo@loop.plain", "c2")
    _, data = deferred(a, "this machine", customer="c2")
    t.ok("first.plain: at a private address" in data["reason"], data)
    t.ok("mx.plain" not in data["reason"], "behind us: not even looked at")
    for i in range(8):
        send(a, "cy@worse%d.plain" % i, "w%d" % i)
    for i in range(8):
        _, data = deferred(a, "this machine", customer="w%d" % i)
        t.ok("mx.plain" not in data["reason"], "beside us: the same")
    t.eq(r.journal("connect"), [])
    a.configure()
    a.reload()
    a.ok(a.post("queue/retry", {"all": True}))
    a.wait_messages(customer="c1", state="accepted")


@test("an exchanger at an address of this machine is a loop")
def _(t):
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    t.on_end(probe.close)
    try:
        probe.connect(("192.0.2.1", 9))  # sends nothing
        own = probe.getsockname()[0]
    except OSError:
        return
    net = Net(t)
    net.ns.add("one.plain", "MX", "10 mx.plain")
    net.ns.add("mx.plain", "A", own)
    a = net.hosting()
    with open(a.config) as f:
        a.configure(text=f.read().replace("allow_private_exchangers = true",
                                          "allow_private_exchangers = false"))
    a.reload()
    send(a, "ana@one.plain")
    deferred(a, "is this machine")


@test("an IDN goes as A-labels, to peers without SMTPUTF8 too")
def _(t):
    net = Net(t)
    r = net.exchanger("mx.plain", args=("--without", "SMTPUTF8"))
    utf8 = net.exchanger("mx2.plain", "127.0.0.2")
    net.ns.add("xn--bcher-kva.plain", "MX", "10 mx.plain")
    net.ns.add("xn--caf-dma.plain", "MX", "10 mx2.plain")
    a = net.hosting()
    send(a, "ana@B\u00fccher.plain", "c1")
    m = a.wait_messages(customer="c1", state="accepted")[0]
    t.eq(recipients(r), ["ana@xn--bcher-kva.plain"])
    got = r.journal("message")[0]
    t.ok(b"\r\nTo: Ana <ana@xn--bcher-kva.plain>\r\n" in r.message(got),
         r.message(got)[:900])
    t.eq(m["to"], "ana@B\u00fccher.plain")
    # A local part that is not ASCII needs SMTPUTF8, and says so.
    send(a, "an\u00e1@b\u00fccher.plain", "c2")
    wait_for(lambda: a.messages(customer="c2")[0]["held"] or
             a.messages(customer="c2", state="failed"), what="the refusal")
    m = a.messages(customer="c2")[0]
    t.ok("SMTPUTF8" in m["reason"], m)
    send(a, "an\u00e1@caf\u00e9.plain", "c3")
    a.wait_messages(customer="c3", state="accepted")
    t.eq(recipients(utf8), ["an\u00e1@caf\u00e9.plain"])
    bad = a.put("customers/c4", {"name": "B", "brand": "default", "contacts": [
        {"id": "k", "role": "billing", "email": "a@\u0301x.plain"}]})
    t.eq((bad.status, bad.body["errors"][0]["pointer"]),
         (422, "/contacts/0/email"))


run()
