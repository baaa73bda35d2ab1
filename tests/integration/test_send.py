"""The real program sends to a receiving server that misbehaves by rules."""

import base64
import datetime
import email
import email.policy
import hashlib
import html
import json
import os
import re
import sqlite3
import threading
import time

from harness import FastClock, run, test, wait_for
from hosting import POLICY, Hosting, black_hole, elsewhere, to

DAY_US = 86400 * 1000000


def in_days(n):
    """A date so many days from today, in UTC."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return (today + datetime.timedelta(days=n)).isoformat()


def micros(text):
    return int(datetime.datetime.fromisoformat(
        text.replace("Z", "+00:00")).timestamp() * 1000000)


def fast(t, start="2026-11-02T12:00:00Z", speed=100000, rules="", listen=None,
         **fills):
    """A server and a receiver on one fast clock."""
    a = Hosting(t, start=False, clock="%s,%d" % (start, speed), **fills)
    clock = FastClock(os.path.join(a.state, "clock"), micros(start))
    r = t.receiver(rules=rules, clock=clock,
                   listen=listen or ("127.0.0.1:0",))
    a.configure(exchangers=to(r) if listen is None else fills.get(
        "exchangers", "exchangers = {%s}" % ", ".join(
            '"%s:%d"' % r.address(n) for n in sorted(r.ports))))
    a.start()
    return a, r


def body_of(message, kind):
    """The decoded part of a received message."""
    m = email.message_from_bytes(message, policy=email.policy.default)
    return m.get_body((kind,)).get_content()


@test("what arrives is what was hashed, stored and told")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", in_days(10))
    m = a.wait_messages(state="accepted")[0]
    got = r.journal("message")[0]
    bytes_ = r.message(got)
    t.eq(a.get("messages/%s/content" % m["mref"]).body, bytes_)
    digest = hashlib.sha256(bytes_).hexdigest()
    attempted = a.events(m["mref"], "message.attempted")
    t.eq([e["data"]["sha256"] for e in attempted], [digest])
    t.eq((m["sha256"], got["sha256"], m["size"]),
         (digest, digest, len(bytes_)))
    accepted = a.events(m["mref"], "message.accepted")[0]["data"]
    t.eq((accepted["reply"], accepted["code"], accepted["mode"]),
         (got["reply"], 250, "named"))
    t.eq(m["facts"], ["content", "mx_accepted"])
    t.eq(got["message_id"], "<%s>" % m["message_id"])
    t.ok(got["evidence_ref"].endswith("/" + m["mref"]), got)
    t.ok(got["sender"].endswith("@bounces.hosting.example"), got)
    t.eq((got["bare_cr"], got["bare_lf"]), (0, 0))
    i = a.ok(a.get("invoices/i1"))["notices"]
    t.eq([(n["step"], n["state"]) for n in i if n["state"] == "done"],
         [("reminder-1", "done")])


@test("links lead exactly where they led, and show as clicked")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", in_days(10))
    m = a.wait_messages(state="accepted")[0]
    page = body_of(r.messages()[0], "html")
    ours = "https://notices.hosting.example"
    links = sorted(set(html.unescape(x) for x in re.findall(
        r'href="(%s/c/[^"]+)"' % ours, page)))
    t.ok(links, "the mail has links")
    want = {"https://pay.hosting.example/i/i1?a=1&b=2"}
    led = set()
    for link in links:
        path = link[len(ours):]
        said = base64.urlsafe_b64decode(path.split("/")[3] + "==").decode()
        c = a.connect()
        c.port = a.ports["public"]
        c.request("GET", path, headers={"User-Agent": "Mozilla/5.0 (X11)"})
        got = c.getresponse()
        got.read()
        c.close()
        t.eq((got.status, got.getheader("Location")), (302, said))
        led.add(said)
    t.ok(want <= led, led)
    clicked = wait_for(lambda: (lambda e: e if len(e) == len(links) else None)(
        a.events(m["mref"], "message.clicked")), what="the clicks")
    t.eq({e["data"]["destination"] for e in clicked}, led)
    t.eq(a.ok(a.get("stats"))["clicked"], 1)
    t.ok(not a.events(m["mref"], "message.opened"), "a click is no opening")


@test("an unknown mailbox: suppressed, and the next notice goes elsewhere")
def _(t):
    r = t.receiver(rules='match=gone@*  stage=rcpt '
                         'action=reply:"550 5.1.1 No such user"')
    a = Hosting(t, to=[r])
    a.customer("c1", "gone@one.example", "tech@one.example")
    a.customer("c2", "gone@two.example")
    for c in ("c1", "c2"):
        a.notice(c)
    failed = a.wait_messages(2, state="failed")
    for m in failed:
        e = a.events(m["mref"], "message.failed")[0]["data"]
        t.eq((e["code"], e["stage"], e["reply"]),
             (550, "RCPT", "550 5.1.1 No such user"))
    log = str(a.items("customers/c1/log?limit=500"))
    t.ok("No such user" in log, log)
    t.eq(sorted(s["email"] for s in a.items("suppressions?limit=50")),
         ["gone@one.example", "gone@two.example"])

    a.invoice("i1", "c1", in_days(10))
    m = a.wait_messages(customer="c1", state="accepted")[0]
    t.eq((m["to"], m["contact"]), ("tech@one.example", "k1"))

    def reasons():
        notices = a.ok(a.get("invoices/i2"))["notices"]
        return [n for n in notices if n["reason"] == "suppressed"]
    a.invoice("i2", "c2", in_days(10))
    t.eq([n["step"] for n in wait_for(reasons)], ["reminder-1"])
    t.eq(len(r.journal("rcpt", recipient="gone@two.example")), 1)

    r.set_rules("")
    t.ok(a.call("DELETE", "suppressions/gone@two.example").status < 300,
         "it is lifted")
    a.notice("c2")
    a.wait_messages(customer="c2", state="accepted")


@test("greylisting and an exchanger that is down for two days")
def _(t):
    down = ("match=listener:down stage=connect action=refuse "
            "until=2026-11-04T12:00:00Z")
    a, r = fast(t, listen=("mx=127.0.0.1:0", "down=127.0.0.1:0"), rules=(
        "match=*@grey.example stage=rcpt action=greylist:300s\n" + down))
    a.configure(exchangers='exchangers = {"%s:%d"}' % r.address("mx"),
                more='destination "dead.example" { exchangers = {"%s:%d"} }\n'
                % r.address("down"))
    t.ok("conf.reloaded" in a.reload(), "configured")
    a.customer("c1", "ana@grey.example")
    a.customer("c2", "bo@dead.example")
    for c in ("c1", "c2"):
        a.notice(c)
    m = a.wait_messages(customer="c1", state="accepted")[0]
    t.eq((m["attempts"], m["uncertain"]), (2, 0))
    late = micros(m["accepted_at"]) - micros(m["created_at"])
    t.ok(300e6 <= late <= 3600e6, "after %g s" % (late / 1e6))
    t.eq(len(a.events(m["mref"], "message.deferred")), 1)

    m = a.wait_messages(customer="c2", state="accepted")[0]
    late = micros(m["accepted_at"]) - micros("2026-11-04T12:00:00Z")
    t.ok(0 <= late <= 5 * 3600e6, "%g s after it was up" % (late / 1e6))
    t.ok(m["attempts"] < 60, m)
    t.eq(len(r.journal("message")), 2)


@test("the second exchanger takes what the first one cannot")
def _(t):
    r = t.receiver(listen=("a=127.0.0.1:0", "b=127.0.0.1:0"), rules=(
        "match=listener:a stage=connect action=refuse"))
    a = Hosting(t, exchangers="exchangers = {%s}" % ", ".join(
        '"%s:%d"' % r.address(n) for n in "ab"))
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    m = a.wait_messages(state="accepted")[0]
    e = a.events(m["mref"], "message.accepted")[0]["data"]
    t.eq(e["peer"], "%s:%d" % r.address("b"))
    t.eq(m["attempts"], 1)


@test("dropped after the dot: uncertain, the same bytes again, and marked")
def _(t):
    r = t.receiver(rules="match=*@lost.example stage=dot action=drop count=1")
    a = Hosting(t, to=[r], smtp='uncertain_delay = "1s"')
    a.customer("c1", "ana@lost.example")
    a.notice("c1")
    m = a.wait_messages(state="uncertain")[0]
    a.ok(a.post("queue/retry", {"all": True}))
    m = a.wait_messages(state="accepted")[0]
    t.eq((m["attempts"], m["uncertain"]), (2, 1))
    first, second = r.wait_journal("message", 2)
    t.eq((first["sha256"], first["message_id"], first["envid"]),
         (second["sha256"], second["message_id"], second["envid"]))
    t.eq(r.message(first), r.message(second))
    t.eq(len(a.events(m["mref"], "message.uncertain")), 1)


@test("what was accepted is on record while the next of its batch stalls")
def _(t):
    r = t.receiver(rules="match=* stage=dot action=stall skip=6 count=1")
    a = Hosting(t, to=[r], patience="10m", more=elsewhere(
        "stall.example", r, more="connections = 1"))
    a.ok(a.post("queue/hold", {"brand": "default"}))
    for i in range(7):
        a.customer("c%d" % i, "ana%d@stall.example" % i)
        a.notice("c%d" % i)
    a.wait_messages(7)
    a.ok(a.post("queue/resume", {"brand": "default"}))
    r.wait_journal("message", 7)
    a.wait_messages(6, state="accepted")
    t.eq(len(a.messages(state="claimed")), 1)
    a.process.kill()
    a.start()
    a.wait_messages(1, state="uncertain")
    t.eq(len(a.messages(state="accepted")), 6)


@test("killed past the dot, and phases is lost too: uncertain, and marked")
def _(t):
    def garble(path):
        with open(path, "wb") as f:
            f.write(os.urandom(5000))

    def zero(path):
        with open(path, "r+b") as f:
            f.write(bytes(os.path.getsize(path)))

    r = t.receiver()
    a = Hosting(t, to=[r], patience="10m", smtp='uncertain_delay = "1s"')
    ways = {"gone": os.unlink, "zeroed": zero, "garbled": garble,
            "cut": lambda path: os.truncate(path, 64), "older": None}
    phases = os.path.join(a.state, "phases")
    for n, (name, lose) in enumerate(ways.items(), 1):
        with open(phases, "rb") as f:
            older = f.read()
        r.set_rules("match=* stage=dot action=stall count=1")
        a.customer("c%d" % n, "ana@%s.example" % name)
        a.notice("c%d" % n)
        r.wait_journal("message", 2 * n - 1)
        a.kill()
        if lose is None:
            with open(phases, "wb") as f:
                f.write(older)
        else:
            lose(phases)
        a.start()
        m = [m for m in a.wait_messages(n, state="accepted")
             if name in m["to"]][0]
        t.eq((name, m["uncertain"]), (name, 1))
        t.eq(len(a.events(m["mref"], "message.uncertain")), 1)
    t.eq(len(a.log("phases.damaged")), 1)


def refusing(a, when):
    """What the store takes no more, until it is called."""
    def execute(sql):
        db = sqlite3.connect(a.state + "/acuse.db", timeout=60)
        with db:
            db.execute(sql)
        db.close()
    execute("CREATE TRIGGER refusing BEFORE UPDATE ON messages WHEN " + when +
            " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END")
    return lambda: execute("DROP TRIGGER refusing")


def alarms_of(a, mref):
    return [e["data"]["reason"] for e in a.events(mref, "alarm.raised")]


@test("an acceptance that the store refuses for good is uncertain, not kept")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], smtp='uncertain_delay = "1h"')
    mend = refusing(a, "new.state = 3 AND new.address LIKE 'bad%'")
    a.ok(a.post("sending/pause", {"reason": "one batch"}))
    for i, name in enumerate(("x", "bad", "y")):
        a.customer("c%d" % i, name + "@one.example")
        a.notice("c%d" % i)
    a.ok(a.post("sending/resume", {}))
    a.wait_messages(2, state="accepted")
    m, = a.wait_messages(state="uncertain")
    t.eq((m["to"], m["uncertain"], m["reason"], m["held"]),
         ("bad@one.example", 1, "unrecorded", False))
    t.eq(alarms_of(a, m["mref"]), ["unrecorded"])
    e, = a.events(m["mref"], "message.uncertain")
    t.eq((e["data"]["attempt"], e["data"]["code"]), (1, 250))
    t.ok(a.log("verdict.lost"), "and in the log")
    mend()
    a.ok(a.post("queue/retry", {"mref": m["mref"]}))
    a.wait_messages(3, state="accepted")
    twice = [e["sha256"] for e in r.journal("message")
             if "bad@one.example" in json.dumps(e["recipients"])]
    t.ok(len(twice) == 2 and twice[0] == twice[1], twice)


@test("a stop does not wait for a store that somebody else has locked")
def _(t):
    r = t.receiver(rules="stage=dot action=delay:100ms")
    a = Hosting(t, to=[r], smtp='uncertain_delay = "1s"')
    a.ok(a.post("sending/pause", {"reason": "one batch each"}))
    for i in range(120):
        a.customer("c%d" % i, "x%d@d%d.example" % (i, i % 4))
        a.notice("c%d" % i)
    a.ok(a.post("sending/resume", {}))
    r.wait_journal("message", 8)
    db = sqlite3.connect(a.state + "/acuse.db", isolation_level=None,
                         timeout=60)
    db.execute("BEGIN IMMEDIATE")
    a.process.proc.terminate()
    # Each verdict that is left would wait five seconds by itself.
    a.process.proc.wait(timeout=60)
    db.execute("ROLLBACK")
    db.close()
    a.start()
    a.wait_messages(120, state="accepted", deadline=120)
    for m in a.messages():
        got = [e for e in r.journal("message")
               if m["to"] in json.dumps(e["recipients"])]
        t.ok(len(got) == 1 or m["uncertain"], (m, len(got)))


@test("a refusal that the store refuses for good is tried again, once")
def _(t):
    r = t.receiver(rules='match=* stage=rcpt count=1 '
                         'action=reply:"451 4.3.0 later"')
    a = Hosting(t, to=[r])
    mend = refusing(a, "new.state = 2 AND new.reply <> ''")
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    m, = a.wait_messages(state="deferred")
    t.eq((m["uncertain"], m["reason"]), (0, "unrecorded"))
    t.eq(alarms_of(a, m["mref"]), ["unrecorded"])
    mend()
    a.ok(a.post("queue/retry", {"mref": m["mref"]}))
    m, = a.wait_messages(state="accepted")
    t.eq((m["uncertain"], m["attempts"]), (0, 2))
    t.eq(len(r.journal("message")), 1)


@test("uncertain waits for a person where the operator wants it so")
def _(t):
    r = t.receiver(rules="match=*@lost.example stage=dot action=drop count=1")
    a = Hosting(t, to=[r], smtp="resend_uncertain = false")
    a.customer("c1", "ana@lost.example")
    a.notice("c1")
    m = a.wait_messages(state="uncertain")[0]
    t.eq(m["held"], True)
    t.eq(a.post("queue/retry", {"mref": m["mref"]}).status, 409)
    a.ok(a.post("queue/resume", {"mref": m["mref"]}))
    a.ok(a.post("queue/retry", {"mref": m["mref"]}))
    a.wait_messages(state="accepted")


def follow(a, message, path="/c/"):
    """Fetches the first link of a kept message to a path of ours."""
    ours = "https://notices.hosting.example"
    link = re.search('="%s(%s[^"]+)"' % (ours, path),
                     html.unescape(body_of(message, "html"))).group(1)
    c = a.connect()
    c.port = a.ports["public"]
    c.request("GET", link, headers={"User-Agent": "Mozilla/5.0 (X11)"})
    status = c.getresponse().status
    c.close()
    return status


@test("uncertain, but fetched since: not sent again, and nobody accepted it")
def _(t):
    r = t.receiver(rules="match=* stage=dot action=drop")
    a = Hosting(t, to=[r], smtp='uncertain_delay = "1h"')
    for i, path in enumerate(("/o/", "/c/", "/m/", None)):
        a.customer("c%d" % i, "x@d%d.example" % i)
        a.notice("c%d" % i)
    a.wait_messages(4, state="uncertain")
    entries = {e["envid"]: r.message(e) for e in r.journal("message")}
    r.set_rules("")
    for i, (path, kind) in enumerate((("/o/", "opened"), ("/c/", "clicked"),
                                      ("/m/", "viewed"))):
        m, = a.messages(customer="c%d" % i)
        t.ok(follow(a, entries[m["mref"]], path) < 400, path)
        wait_for(lambda: a.events(m["mref"], "message." + kind), what=kind)
    a.ok(a.post("queue/retry", {"all": True}))
    m, = a.wait_messages(1, state="accepted")
    t.eq((m["customer"], m["uncertain"]), ("c3", 1))
    for m in a.wait_messages(3, state="cancelled"):
        t.eq((m["reason"], m["uncertain"], m["accepted_at"], m["attempts"]),
             ("arrived", 1, None, 1))
        t.eq(m["facts"], [])
        id, = a.ok(a.get("messages/" + m["mref"]))["notices"]
        n = a.ok(a.get("notices/" + id["id"]))
        t.eq((n["state"], n["reason"]), ("done", None))
    t.eq(len(r.journal("message")), 5)


@test("uncertain, but answered: proof for the gate, where the policy takes it")
def _(t):
    r = t.receiver(rules="match=* stage=dot action=drop")
    for taken in (True, False):
        a = Hosting(t, to=[r], smtp='uncertain_delay = "1h"', policy=(
            POLICY.replace('proof = {"mx_accepted"}',
                           'proof = {"mx_accepted", "confirmed"}')
            if taken else POLICY), name="acuse-%s" % taken)
        a.customer("c1", "ana@one.example")
        a.invoice("i1", "c1", in_days(-1))
        m, = a.wait_messages(state="uncertain")
        ask = {"action": "suspend", "customer": "c1"}
        t.eq(a.ok(a.post("gate", ask))["missing"], ["pre-suspension"])
        entry, = r.wait_journal("message", envid=m["mref"])
        link = re.search(r"https://notices\.hosting\.example(/a/[\w-]+)",
                         body_of(r.message(entry), "html")).group(1)
        c = a.connect()
        c.port = a.ports["public"]
        c.request("POST", link, "answer=received", {
            "Content-Type": "application/x-www-form-urlencoded"})
        t.ok(c.getresponse().status < 400, "answered")
        c.close()
        wait_for(lambda: a.events(m["mref"], "message.answered"))
        gate = a.ok(a.post("gate", ask))
        if taken:
            t.eq((gate["missing"], gate["reason"]), ([], "too_early"))
            t.eq([p["mref"] for p in gate["proof"]], [m["mref"]])
        else:
            t.eq(gate["missing"], ["pre-suspension"])


@test("uncertain, then half of it is paid: the rest alone goes, and is marked")
def _(t):
    r = t.receiver(rules="match=* stage=dot action=drop count=1")
    a = Hosting(t, to=[r], smtp='uncertain_delay = "1h"')
    a.customer("c1", "ana@one.example")
    a.ok(a.post("sending/pause", {"reason": "look"}))
    a.ok(a.post("queue/hold", {"brand": "default"}))
    for i in ("i1", "i2"):
        a.invoice(i, "c1", in_days(10))
    a.ok(a.post("sending/resume", {}))
    held, = a.wait_messages()
    t.eq(len(a.ok(a.get("messages/" + held["mref"]))["notices"]), 2)
    a.ok(a.post("queue/resume", {"brand": "default"}))
    old, = a.wait_messages(state="uncertain")
    a.invoice("i1", "c1", in_days(10), "paid", rev=2)
    new, = a.wait_messages(state="queued")
    t.eq(new["uncertain"], 1)
    t.ok(new["next_at"] >= old["next_at"], "it waits as long")
    t.eq(a.events(new["mref"])[0]["data"]["replaces"], old["mref"])
    a.ok(a.post("queue/retry", {"all": True}))
    m, = a.wait_messages(state="accepted")
    t.eq((m["mref"], m["uncertain"], m["attempts"]), (new["mref"], 1, 1))
    first, second = r.wait_journal("message", 2)
    told = [sorted(set(re.findall(r"\bi[12]\b", body_of(r.message(e), "plain"))))
            for e in (first, second)]
    t.eq(told, [["i1", "i2"], ["i2"]])
    t.eq([(m["mref"], m["reason"], m["uncertain"])
          for m in a.messages(state="cancelled")], [(old["mref"], "paid", 1)])


@test("dead and stalling destinations delay nobody else")
def _(t):
    slow = t.receiver(rules="match=* stage=mail action=stall")
    good = t.receiver()
    # They hold what they hold for longer than this test waits.
    a = Hosting(t, to=[good], patience="120s", more=
                'destination "dead.example" { exchangers = {"%s:%d"} }\n'
                % black_hole(t) + "".join(elsewhere("stall%d.example" % i, slow)
                               for i in range(2)))
    for i in range(60):
        a.customer("d%d" % i, "x%d@dead.example" % i)
        a.customer("s%d" % i, "x%d@stall%d.example" % (i, i % 2))
        a.customer("g%d" % i, "x%d@good%d.example" % (i, i % 5))
        for c in "dsg":
            a.notice("%s%d" % (c, i))
    good.wait_journal("message", 60)
    t.eq(slow.journal("message"), [])
    a.wait_messages(60, state="accepted")
    a.stop()
    counts = json.loads(a.run("stats")[1])["messages"]
    t.eq((counts["claimed"], counts["accepted"]), (0, 60))


@test("one dead and one slow destination among a hundred delay nobody")
def _(t):
    slow = t.receiver(rules="match=* stage=ehlo action=delay:5s\n"
                            "match=* stage=mail action=hold")
    good = t.receiver()
    a = Hosting(t, to=[good], patience="120s", more=
                'destination "d0.example" { exchangers = {"%s:%d"} }\n'
                % black_hole(t) + elsewhere("d1.example", slow))
    a.ok(a.post("queue/hold", {"brand": "default"}))
    lines = []
    for i in range(300):    # the two come first, in each round
        lines.append({"put": "customer", "id": "c%d" % i, "body": {
            "name": "Ana", "brand": "default", "contacts": [
                {"id": "k", "role": "billing",
                 "email": "x%d@d%d.example" % (i, i % 100)}]}})
        lines.append({"post": "notice", "key": "n%d" % i, "body": {
            "template": "contact-confirmation", "customer": "c%d" % i}})
    t.eq({x["status"] < 300 for x in a.batch(lines).values()}, {True})
    a.wait_messages(300)
    a.ok(a.post("queue/resume", {"brand": "default"}))
    good.wait_journal("message", 294)
    went = [m["accepted_at"] for m in a.wait_messages(294, state="accepted")]
    t.eq(len(went), 294)
    # Judged by order: no attempt at either has come to its end, or where the
    # machine was so slow, a whole round of others went before.
    t.eq(slow.journal("message"), [])
    ends = []
    for m in a.messages():
        if m["state"] == "accepted":
            continue
        t.ok(m["to"].endswith(("@d0.example", "@d1.example")), m)
        ends += [x["ended_at"] for x in
                 a.ok(a.get("queue/" + m["mref"]))["attempts"]
                 if x["ended_at"]]
    for end in ends:
        t.ok(len([at for at in went if at < end]) > 98, end)
    t.ok(ends or not a.log("session.failed"), "no session failed")


@test("after paid is answered, no DATA about it begins")
def _(t):
    r = t.receiver(rules="match=* stage=rcpt action=hold",
                   args=("--without", "PIPELINING"))
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", in_days(10))
    r.wait_journal("mail")
    answer = a.invoice("i1", "c1", in_days(10), "paid", rev=2)
    t.eq(answer.get("in_flight", []), [])
    r.set_rules("")
    a.wait_messages(state="cancelled")
    r.wait_journal("close")
    t.eq((r.journal("data"), r.journal("message")), ([], []))
    t.eq([n["reason"] for n in answer["notices"]
          if n["step"] == "reminder-1"], ["paid"])


@test("a payment stands though the invoice is put again, or late")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", in_days(30), rev=3)
    pay = {"id": "e1", "type": "payment.received", "customer": "c1",
           "invoice": "i1", "at": "2026-01-02T00:00:00Z",
           "data": {"amount": "10.00", "balance": "0.00", "currency": "USD",
                    "payment": "p1"}}
    a.ok(a.post("events", pay))
    a.ok(a.post("events", pay))
    again = a.invoice("i1", "c1", in_days(30), rev=3)
    t.eq({n["state"] for n in again["notices"] if n["step"] != pay["type"]},
         {"cancelled"})
    a.wait_messages(state="accepted")
    t.eq([m["template"] for m in a.messages()], ["receipt"])
    back = a.invoice("i1", "c1", in_days(30), rev=4)
    t.ok("planned" in {n["state"] for n in back["notices"]}, back)


@test("what was in flight is named, and never tried again")
def _(t):
    r = t.receiver(rules="match=* stage=dot action=hold\n"
                         'match=* stage=dot action=reply:"451 4.3.0 Later"')
    a = Hosting(t, to=[r], smtp='retry = {"1s"}')
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", in_days(10))
    r.wait_journal("data")
    answer = a.invoice("i1", "c1", in_days(10), "paid", rev=2)
    m = a.messages()[0]
    t.eq(answer["in_flight"], [m["mref"]])
    r.wait_journal("message")
    r.set_rules("")
    m = a.wait_messages(state="cancelled")[0]
    t.eq((m["reason"], m["attempts"]), ("paid", 1))
    t.eq(len(r.journal("data")), 1)
    t.eq(r.journal("message", kept=True), [])


@test("a dispute holds what waits, and its end lets it go on")
def _(t):
    r = t.receiver(rules='match=* stage=rcpt action=reply:"450 4.2.0 Busy"')
    a = Hosting(t, to=[r], smtp='retry = {"1s"}')
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", in_days(10))
    a.wait_messages(state="deferred")
    a.invoice("i1", "c1", in_days(10), "disputed", rev=2, balance="10.00")
    r.set_rules("")
    m = a.messages()[0]
    t.eq(m["held"], True)
    a.ok(a.post("queue/retry", {"all": True}))
    a.customer("c2", "bo@one.example")
    a.notice("c2")
    a.wait_messages(customer="c2", state="accepted")
    t.eq(a.messages(customer="c1")[0]["state"], m["state"])
    a.invoice("i1", "c1", in_days(10), "open", rev=3)
    a.ok(a.post("queue/retry", {"all": True}))
    a.wait_messages(customer="c1", state="accepted")


@test("put a hundred times at once, moved and moved back: each step once")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    problems = []

    def put(n):
        for i in range(10):
            try:
                a.invoice("i1", "c1", in_days(10))
            except Exception as e:
                problems.append(e)
    threads = [threading.Thread(target=put, args=(n,)) for n in range(10)]
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    t.eq(problems, [])
    a.wait_messages(state="accepted")
    a.ok(a.post("sending/pause", {"reason": "the date moves"}))
    a.invoice("i1", "c1", in_days(12), rev=2)
    a.invoice("i1", "c1", in_days(10), rev=3)
    t.eq(a.put("invoices/i1", {
        "customer": "c1", "number": "i1", "rev": 2, "status": "open",
        "currency": "USD", "total": "10.00", "balance": "10.00",
        "issued_on": "2026-01-01", "due_on": in_days(10)}).status, 409)
    a.ok(a.post("sending/resume", {}))

    def live():
        return [n["step"] for n in a.ok(a.get("invoices/i1"))["notices"]
                if n["state"] in ("planned", "released", "done")]
    t.eq(len(live()), len(set(live())), live())
    t.eq("due-changed" in live(), False, "nobody was told of the other date")
    # Where one was told, each move is.
    a.invoice("i1", "c1", in_days(12), rev=4)
    a.wait_messages(2, state="accepted")
    a.invoice("i1", "c1", in_days(10), rev=5)
    a.wait_messages(3, state="accepted")
    t.eq(live().count("due-changed"), 2)
    t.eq(len(live()), len(set(live())) + 1, live())
    t.eq(len([m for m in r.journal("message")
              if b"reminder" in r.message(m).lower()]) <= 1, True)


@test("a pause of all sending survives a kill, and observe sends nothing")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    a.ok(a.post("sending/pause", {"reason": "look"}))
    a.notice("c1")
    a.kill()
    a.start()
    t.eq(a.ok(a.get("queue"))["paused"], "look")
    t.eq(r.journal("connect"), [])
    a.ok(a.post("sending/resume", {}))
    a.wait_messages(state="accepted")
    a.configure(send="false")
    a.reload()
    a.notice("c1")
    a.invoice("i1", "c1", in_days(10))
    a.configure(send="true")
    t.eq(len(r.journal("message")), 1)
    a.reload()
    r.wait_journal("message", 3)


@test("too many at once pause all, until somebody has looked")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], general="blast_limit = 5")
    a.ok(a.post("sending/pause", {"reason": "import"}))
    for i in range(8):
        a.customer("c%d" % i, "x@d%d.example" % i)
        a.invoice("i%d" % i, "c%d" % i, in_days(10))
    a.ok(a.post("sending/resume", {}))
    wait_for(lambda: a.ok(a.get("queue"))["paused"], what="a pause")
    t.ok("blast_limit" in a.ok(a.get("queue"))["paused"], "says why")
    t.eq(r.journal("message"), [])
    a.ok(a.post("sending/resume", {}))
    r.wait_journal("message", 8)


@test("what is taken out of the configuration holds up nobody else")
def _(t):
    r = t.receiver()
    a = Hosting(t, start=False, init=False, to=[r])
    with open(a.config) as f:
        one = f.read()
    brand = one[one.index('brand "default"'):]
    both = one + brand.replace("default", "other", 1).replace(
        "id = 1", "id = 2") .replace('policy = "default"', 'policy = "p2"')
    a.configure(text=both, policy=POLICY + POLICY.replace("default", "p2", 1))
    a.key = json.loads(a.run("init", "--json")[1])["key"]
    a.start()
    a.ok(a.post("sending/pause", {"reason": "look"}))
    a.customer("c1", "ana@one.example", brand="other")
    a.customer("c2", "bo@two.example")
    a.invoice("i1", "c1", in_days(10))
    a.invoice("i2", "c2", in_days(10))
    a.invoice("i3", "c2", in_days(10))
    a.configure(text=one, policy=POLICY.replace('"reminder-1"', '"reminder"'))
    t.ok("conf.reloaded" in a.reload(), "a brand, a policy, a step are gone")
    a.ok(a.post("sending/resume", {}))
    a.wait_messages(customer="c2", state="accepted")
    t.eq(a.messages(customer="c1", state="accepted"), [])
    a.configure(text=both, policy=POLICY + POLICY.replace("default", "p2", 1))
    t.ok("conf.reloaded" in a.reload(), "and back")
    a.ok(a.post("queue/retry", {"all": True}))
    a.wait_messages(customer="c1", state="accepted")
    t.eq(a.log("planner.failed"), [])


@test("a sender at rest, and one that is paused, burn no processor")
def _(t):
    r = t.receiver(rules='match=* stage=rcpt action=reply:"450 4.2.0 Busy"')
    a = Hosting(t, to=[r])
    for i in range(5):
        a.customer("c%d" % i, "x@d%d.example" % i)
        a.notice("c%d" % i)
    a.wait_messages(5, state="deferred")

    def ticks():
        with open("/proc/%d/stat" % a.process.proc.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    for paused in (False, True):
        if paused:
            a.ok(a.post("sending/pause", {"reason": "look"}))
            a.ok(a.post("queue/retry", {"all": True}))
        before, begun = ticks(), time.monotonic()
        wait_for(lambda: time.monotonic() > begun + 1)
        took = time.monotonic() - begun
        used = (ticks() - before) / os.sysconf("SC_CLK_TCK") / took
        t.ok(used < 0.3, "paused %s: %g s in a second" % (paused, used))


run()
