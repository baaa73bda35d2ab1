"""By a relay: who signs, what it rewrites, its own id, what it is asked to
report, and a new key without a gap."""

import hashlib
import json
import re

import dkim

from harness import run, test, wait_for
from hosting import CONF, Hosting, to
from ledger import Ledger

RELAY = """
relay "out" {
	host = "localhost"
	port = %d
	tls = must
	verify = %s
	user = "user"
	password_file = "%s"
	%s
}
"""


def relayed(t, r, more="", verify="false", **fills):
    """A server whose brand sends by a relay."""
    a = Hosting(t, start=False, init=False, **fills)
    text = (CONF % a.fills).replace('route = "mx"', 'route = "out"')
    a.configure(text=text + RELAY % (
        r.port(), verify, t.write("password", "secret\n"), more))
    code, out = a.run("init", "--json")
    t.eq(code, 0, out)
    a.key = json.loads(out)["key"]
    return a.start()


def signed(t, r, **kw):
    return t.receiver(listen=("127.0.0.1:0,starttls",),
                      args=("--auth", "user:secret", "--auth-required"), **kw)


def records(a, *args):
    """What `acuse dkim` prints, as a resolver would give it."""
    code, out = a.run("dkim", *args)
    if code:
        raise AssertionError(out)
    return {name: "".join(re.findall(r'"([^"]*)"', text)) for name, text in
            (line.split(" IN TXT ") for line in out.splitlines()
             if " IN TXT " in line)}


def signatures(message):
    head = message.partition(b"\r\n\r\n")[0].replace(b"\r\n\t", b" ").replace(
        b"\r\n ", b" ")
    return [dict((k.strip(), v.strip()) for k, _, v in (
        f.partition(b"=") for f in line.partition(b":")[2].split(b";")))
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"dkim-signature:")]


def verifies(message, zone):
    return dkim.DKIM(message).verify(
        dnsfunc=lambda name, timeout=5: zone[name.decode()].encode())


def alarms(a):
    return [data for name, data in Ledger(a.state + "/acuse.db").payloads
            if name == "alarm.raised"]


def blocked(a, reason):
    """Waits until the destination rests for that reason."""
    wait_for(lambda: a.items("queue?domain=one.example")[0]["reason"] == reason,
             what="a block by " + reason)


def sent(t, a, r, customer="c1"):
    """The message of a notice, and the receiver's line."""
    a.customer(customer, customer + "@one.example")
    a.notice(customer)
    m, = a.wait_messages(customer=customer, state="accepted")
    return m, r.wait_journal("message", envid=m["mref"])[0]


@test("a relay's 250 is the relay's alone, and its id is read from it")
def _(t):
    for reply, id in (
            ("250 Ok 0100018bcdef0123-4567abcd-000000",
             "0100018bcdef0123-4567abcd-000000"),
            ("250 2.0.0 Ok: queued as 4XyZ12", "4XyZ12")):
        r = signed(t, None, rules='match=* stage=dot action=reply:"%s"' % reply)
        a = relayed(t, r, name="acuse" + id[:4])
        m, entry = sent(t, a, r)
        t.eq((m["queue_id"], m["reply"]), (id, reply))
        t.eq(m["facts"], ["content", "relay_accepted"])
        e, = a.events(m["mref"], "message.accepted")
        t.eq((e["data"]["mode"], e["data"]["host"], e["data"]["queue_id"]),
             ("relay", "localhost", id))
        t.eq(e["data"]["tls"]["validated"], "none")
        t.eq([x["mref"] for x in a.messages(queue_id=id)], [m["mref"]])


@test("a relay that signs by itself gets no signature of ours")
def _(t):
    r = signed(t, None)
    m, entry = sent(t, relayed(t, r, "sign = relay"), r)
    t.ok(b"DKIM-Signature" not in r.message(entry), "unsigned")
    t.eq(m["facts"], ["relay_accepted"])


@test("what a relay rewrites is not signed, and the rest holds afterwards")
def _(t):
    r = signed(t, None)
    a = relayed(t, r, 'rewrites = {"message-id", "date", "return-path"}')
    m, entry = sent(t, a, r)
    message = r.message(entry)
    sig, = signatures(message)
    fields = sig[b"h"].lower().replace(b" ", b"").split(b":")
    t.ok(b"date" not in fields and b"message-id" not in fields, fields)
    t.ok(b"from" in fields and b"x-evidence-ref" in fields, fields)
    theirs = re.sub(rb"(?m)^Date:.*\r$", b"Date: Mon, 2 Nov 2026 00:00:00 +0000\r",
                    re.sub(rb"(?m)^Message-ID:.*\r$",
                           b"Message-ID: <0100@eu.relay.example>\r", message))
    theirs = b"Return-Path: <x@relay.example>\r\n" + theirs
    t.ok(message != theirs and b"0100@eu.relay" in theirs, "it was rewritten")
    t.ok(verifies(theirs, records(a, "show")), "the signature holds")


@test("reports are asked for where DSN is offered, and nowhere else")
def _(t):
    r = signed(t, None)
    a = relayed(t, r)
    m, entry = sent(t, a, r)
    t.eq((entry["ret"], entry["envid"]), ("HDRS", m["mref"]))
    t.eq([(x["notify"], x["orcpt"]) for x in entry["recipients"]],
         [("SUCCESS,FAILURE,DELAY", "rfc822;c1@one.example")])
    r = t.receiver(args=("--without", "DSN"))
    a = Hosting(t, to=[r], name="plain")
    a.customer("c1", "c1@one.example")
    a.notice("c1")
    a.wait_messages(state="accepted")
    entry, = r.wait_journal("message")
    t.eq((entry.get("ret"), entry.get("envid")), (None, None))
    t.eq([x.get("notify") for x in entry["recipients"]], [None])


@test("a relay whose certificate is not its own gets neither mail nor password")
def _(t):
    r = signed(t, None)
    a = relayed(t, r, verify="true")
    a.customer("c1", "c1@one.example")
    a.notice("c1")
    m, = a.wait_messages(state="deferred")
    t.eq((r.journal("auth"), r.journal("mail")), ([], []))
    shown = a.ok(a.get("queue/" + m["mref"]))["attempts"][0]
    t.ok("self" in shown["transcript"], shown["transcript"])


@test("refused credentials: the destination rests, and somebody is told, once")
def _(t):
    r = t.receiver(listen=("127.0.0.1:0,starttls",),
                   args=("--auth", "user:other", "--auth-required"))
    a = relayed(t, r)
    for c in ("c1", "c2"):
        a.customer(c, c + "@one.example")
        a.notice(c)
        a.wait_messages(customer=c)
        a.ok(a.post("queue/retry", {"all": True}))
        m, = a.wait_messages(customer=c, state="deferred")
        shown = a.ok(a.get("queue/" + m["mref"]))["attempts"][0]
        t.eq((shown["outcome"], shown["code"]), ("untried", 535))
        t.ok("AUTH" in shown["transcript"], shown["transcript"])
    blocked(a, "ours")
    t.eq([(e["domain"], e["reason"]) for e in alarms(a)],
         [("one.example", "ours")])
    t.ok(a.log("destination.blocked"), "it is logged")


@test("a listed sender stops its destination, and what is left of the batch")
def _(t):
    r = t.receiver(rules='match=* stage=dot skip=1 count=1 action=reply:'
                         '"550 5.7.1 Service unavailable, listed at spamhaus"')
    a = Hosting(t, to=[r])
    a.ok(a.post("queue/hold", {"brand": "default"}))
    for c in ("c1", "c2", "c3"):
        a.customer(c, c + "@one.example")
        a.notice(c)
    a.wait_messages(3)
    a.ok(a.post("queue/resume", {"brand": "default"}))
    a.wait_messages(2, state="deferred")
    m, = a.messages(state="accepted")
    t.eq(m["customer"], "c1")
    blocked(a, "policy_block")
    t.eq([e["reason"] for e in alarms(a)], ["policy_block"])
    t.eq(a.items("suppressions?limit=50"), [])
    t.eq(len(r.journal("data")), 2, "the third one did not begin")


@test("a new DKIM key comes into use without a gap")
def _(t):
    r = t.receiver(rules='match=late@* stage=rcpt count=1 '
                         'action=reply:"450 4.2.0 Busy"')
    a = Hosting(t, to=[r], smtp='retry = {"1h"}')
    zone = records(a, "show")
    t.eq(list(zone), ["t._domainkey.hosting.example."])

    def selector(customer):
        m, entry = sent(t, a, r, customer)
        message = r.message(entry)
        t.ok(verifies(message, zone), "it verifies by what is published")
        sig, = signatures(message)
        return sig[b"s"].decode()
    t.eq(selector("c1"), "t")
    a.customer("late", "late@one.example")
    a.notice("late")
    late, = a.wait_messages(state="deferred")

    made = records(a, "new", "--selector", "t2")
    t.eq(list(made), ["t2._domainkey.hosting.example."])
    t.eq(records(a, "new", "--selector", "t2"), made, "it is made once")
    t.eq(records(a, "show"), zone, "the old one is in use")
    t.eq(selector("c2"), "t")
    a.kill()
    a.start()
    t.eq(selector("c3"), "t")

    zone.update(made)   # it is in the DNS now
    text = (CONF % a.fills).replace('dkim_selector = "t"',
                                    'dkim_selector = "t2"')
    a.configure(text=text)
    t.ok("conf.reloaded" in a.reload(), "the new key is taken")
    t.eq(selector("c4"), "t2")
    a.ok(a.post("queue/retry", {"all": True}))
    a.wait_messages(customer="late", state="accepted")
    entry, = r.wait_journal("message", envid=late["mref"])
    t.eq(signatures(r.message(entry))[0][b"s"], b"t", "same bytes")
    t.ok(verifies(r.message(entry), zone), "the old record still stands")

    # A key that is not there is refused, and mail goes on as before.
    a.configure(text=text.replace('"t2"', '"t3"'))
    t.ok("conf.refused" in a.reload(), "no key, no change")
    t.eq(selector("c5"), "t2")
    for name in ("../x", "a b", ""):
        t.ok(a.run("dkim", "new", "--selector", name)[0] != 0, repr(name))


@test("an Ed25519 key is added beside the RSA key")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    zone = records(a, "show")
    zone.update(records(a, "new", "--selector", "e1", "--ed25519"))
    text = (CONF % a.fills).replace(
        'dkim_selector = "t"',
        'dkim_selector = "t" dkim_ed25519_selector = "e1"')
    a.configure(text=text)
    t.ok("conf.reloaded" in a.reload(), "both keys are taken")
    m, entry = sent(t, a, r)
    message = r.message(entry)
    t.eq([s[b"a"] for s in signatures(message)],
         [b"rsa-sha256", b"ed25519-sha256"])
    for i in range(2):
        t.ok(dkim.DKIM(message).verify(idx=i, dnsfunc=lambda name, timeout=5:
                                       zone[name.decode()].encode()), str(i))


OWN = 'sign = relay rewrites = {"message-id", "date"}'


def by_mx(t, a, r, receiver):
    """From now on straight to a receiver; nothing of the relay is asked."""
    a.fills.update(exchangers=to(receiver))
    a.configure(text=CONF % a.fills)
    t.ok("conf.reloaded" in a.reload(), "the route was changed")
    a.post("queue/retry", {"all": True})


def tried(a, r, state="deferred"):
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    m, = a.wait_messages(state=state)
    return m


@test("composed for a relay that signs, sent by ourselves: signed by us")
def _(t):
    r = signed(t, None, rules='stage=rcpt action=reply:"451 4.3.0 later"')
    direct = t.receiver()
    a = relayed(t, r, OWN)
    tried(a, r)
    by_mx(t, a, r, direct)
    m, = a.wait_messages(state="accepted")
    e, = direct.wait_journal("message", 1)
    got = direct.message(e)
    t.ok(verifies(got, records(a, "show", "--brand", "default")), "it verifies")
    attempts = a.events(m["mref"], "message.attempted")
    t.eq(attempts[-1]["data"]["sha256"], hashlib.sha256(got).hexdigest())
    t.ok(attempts[0]["data"]["sha256"] != attempts[-1]["data"]["sha256"],
         "as it is on record")
    t.eq(a.get("messages/%s/content" % m["mref"]).body, got)


@test("signed by us for another way, sent by a relay that signs: not twice")
def _(t):
    refusing = t.receiver(rules='stage=rcpt action=reply:"451 4.3.0 later"')
    r = signed(t, None)
    a = relayed(t, r, OWN, exchangers=to(refusing))
    m = tried(a, refusing)
    t.ok(signatures(a.get("messages/%s/content" % m["mref"]).body), "signed")
    a.fills.update(exchangers="")
    with open(a.config) as f:
        text = f.read()
    a.configure(text=text.replace(to(refusing), ""))
    t.ok("conf.reloaded" in a.reload(), "the route was changed")
    a.post("queue/retry", {"all": True})
    a.wait_messages(state="accepted")
    e, = r.wait_journal("message", 1)
    t.eq(signatures(r.message(e)), [])


@test("what may have arrived is never signed otherwise: it is held, with an alarm")
def _(t):
    r = signed(t, None, rules="stage=dot action=drop")
    direct = t.receiver()
    a = relayed(t, r, OWN, smtp='uncertain_delay = "1s"')
    m = tried(a, r, "uncertain")
    r.stop()
    by_mx(t, a, r, direct)
    m, = wait_for(lambda: [m for m in a.messages() if m["held"]],
                  what="it to be held")
    t.ok("route was changed" in m["reason"], m["reason"])
    t.ok([x for x in alarms(a) if "route was changed" in x["reason"]],
         "an alarm")
    t.eq(direct.journal("message"), [])


run()
