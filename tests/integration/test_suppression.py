"""An address that a server refuses for good: suppressed for the brand with its
evidence, the next notice goes elsewhere or says why not, and an act that needs
it does not happen."""

import datetime
import email
import http.client
import json
import urllib.parse

from harness import DEADLINE, run, test, wait_for
from hosting import CONF, POLICY, Hosting, elsewhere
from ledger import Ledger

GONE = 'match=gone@* stage=rcpt action=reply:"550 5.1.1 No such user"'


def in_days(n):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return (today + datetime.timedelta(days=n)).isoformat()


def payloads(a, kind):
    return [data for name, data in Ledger(a.state + "/acuse.db").payloads
            if name == kind]


def refuse(t, a, customer):
    """The message by which its address became suppressed."""
    a.notice(customer)
    m, = a.wait_messages(customer=customer, state="failed")
    return m


@test("suppressed with its evidence, for this brand alone")
def _(t):
    r = t.receiver(rules=GONE)
    a = Hosting(t, start=False, init=False, to=[r])
    text = CONF % a.fills
    brand = text[text.index('brand "default"'):]
    other = brand.replace("default", "other", 1).replace("id = 1", "id = 2")
    a.configure(text=text + other)
    code, out = a.run("init", "--json")
    t.eq(code, 0, out)
    a.key = json.loads(out)["key"]
    a.start()
    a.customer("c1", "gone@one.example")
    m = refuse(t, a, "c1")
    s, = a.items("suppressions?limit=50")
    t.eq((s["email"], s["brand"], s["mref"]),
         ("gone@one.example", "default", m["mref"]))
    e, = payloads(a, "contact.suppressed")
    t.eq((e["customer"], e["contact"], e["mref"]), ("c1", "k0", m["mref"]))
    e, = a.events(m["mref"], "message.failed")
    t.eq((e["data"]["reply"], e["data"]["code"], e["data"]["to"]),
         ("550 5.1.1 No such user", 550, "failed"))

    r.set_rules("")
    a.customer("c2", "gone@one.example", brand="other")
    a.notice("c2")
    a.wait_messages(customer="c2", state="accepted")
    n = a.notice("c1")
    t.eq((n["state"], n["reason"]), ("skipped", "suppressed"))


@test("the next notice goes to the customer's other contacts")
def _(t):
    r = t.receiver(rules=GONE)
    a = Hosting(t, to=[r])
    a.customer("c1", "gone@one.example", "tech@one.example", "bo@two.example")
    refuse(t, a, "c1")
    a.invoice("i1", "c1", in_days(10))
    got = a.wait_messages(2, customer="c1", state="accepted")
    t.eq(sorted(m["to"] for m in got), ["bo@two.example", "tech@one.example"])
    t.eq(payloads(a, "customer.unreachable"), [])
    t.eq(len(r.journal("rcpt", recipient="gone@one.example")), 1)


@test("nobody is left to tell before a suspension: alarmed, and not suspended")
def _(t):
    r = t.receiver(rules=GONE)
    a = Hosting(t, to=[r])
    a.customer("c1", "gone@one.example")
    refuse(t, a, "c1")
    a.invoice("i1", "c1", in_days(-1))
    alarm, = wait_for(lambda: payloads(a, "alarm.raised"), what="the alarm")
    t.eq((alarm["customer"], alarm["step"], alarm["reason"],
          alarm["before_act"]), ("c1", "pre-suspension", "suppressed", True))
    told = [e for e in payloads(a, "customer.unreachable") if e["before_act"]]
    t.eq([e["step"] for e in told], ["pre-suspension"])
    notices = {n["step"]: n for n in a.ok(a.get("invoices/i1"))["notices"]}
    t.eq((notices["pre-suspension"]["state"],
          notices["pre-suspension"]["reason"]), ("skipped", "suppressed"))
    told = [e["type"] for e in a.ok(a.get("customers/c1/log"))["events"]]
    t.ok({"contact.suppressed", "customer.unreachable", "alarm.raised"} <=
         set(told), told)
    gate = a.ok(a.post("gate", {"action": "suspend", "customer": "c1"}))
    t.eq((gate["allow"], gate["missing"]), (False, ["pre-suspension"]))


@test("billing corrects a bad address: it gets what the suspension needs")
def _(t):
    r = t.receiver(rules=GONE)
    a = Hosting(t, to=[r])
    a.customer("c1", "gone@one.example")
    a.invoice("i1", "c1", in_days(-2))
    wait_for(lambda: payloads(a, "alarm.raised"), what="the alarm")
    a.customer("c1", "ana@one.example")
    m, = a.wait_messages(state="accepted", customer="c1")
    t.eq(m["to"], "ana@one.example")
    gate = a.ok(a.post("gate", {"action": "suspend", "customer": "c1"}))
    t.eq((gate["reason"], gate["missing"]), ("too_early", []))
    t.eq([e["reason"] for e in payloads(a, "notice.revived")],
         ["contact_changed"])


@test("billing corrects or removes an address that mail still waits for")
def _(t):
    r = t.receiver(rules='match=*@dead.example stage=rcpt '
                   'action=reply:"451 4.3.0 Not now"')
    a = Hosting(t, to=[r])
    for n in (1, 2):
        a.customer("c%d" % n, "u%d@dead.example" % n)
        a.invoice("i%d" % n, "c%d" % n, in_days(-2))
    a.wait_messages(2, state="deferred")
    a.customer("c1", "u1@live.example")
    m, = a.wait_messages(state="accepted")
    t.eq(m["to"], "u1@live.example")
    a.customer("c2")
    r.set_rules("")
    a.ok(a.post("queue/retry", {"all": True}))
    old = a.wait_messages(2, state="cancelled")
    t.eq([(m["to"], m["reason"]) for m in sorted(old, key=lambda m: m["to"])],
         [("u1@dead.example", "contact_changed"),
          ("u2@dead.example", "contact_changed")])
    alarm, = payloads(a, "alarm.raised")
    t.eq((alarm["customer"], alarm["reason"]), ("c2", "no_address"))
    a.customer("c2", "u2@live.example")
    a.wait_messages(2, state="accepted")
    t.ok("dead.example" not in json.dumps(r.journal("message")), "old address")


@test("lifted by hand: an event that names who, and mail goes again")
def _(t):
    r = t.receiver(rules=GONE)
    a = Hosting(t, to=[r])
    a.customer("c1", "gone@one.example")
    refuse(t, a, "c1")
    r.set_rules("")
    t.eq(a.call("DELETE", "suppressions/else@one.example").status, 404)
    t.eq(payloads(a, "contact.restored"), [])
    a.ok(a.call("DELETE", "suppressions/gone@one.example"))
    e, = payloads(a, "contact.restored")
    t.ok(e["by"], e)
    t.eq(e["brand"], "default")
    a.notice("c1")
    a.wait_messages(customer="c1", state="accepted")


@test("lifted by hand: what a suspension needs goes again, to the same address")
def _(t):
    r = t.receiver(rules=GONE)
    a = Hosting(t, to=[r])
    a.customer("c1", "Gone@one.example")
    a.invoice("i1", "c1", in_days(-2))
    wait_for(lambda: payloads(a, "alarm.raised"), what="the alarm")
    r.set_rules("")
    a.ok(a.call("DELETE", "suppressions/gone@ONE.example"))
    m, = a.wait_messages(state="accepted", customer="c1")
    t.eq(m["to"], "Gone@one.example")
    gate = a.ok(a.post("gate", {"action": "suspend", "customer": "c1"}))
    t.eq((gate["reason"], gate["missing"]), ("too_early", []))
    t.eq([e["reason"] for e in payloads(a, "notice.revived")],
         ["suppression_lifted"])
    t.eq(len(r.journal("message")), 1)


def by_step(a, invoice, step):
    n, = [n for n in a.ok(a.get("invoices/" + invoice))["notices"]
          if n["step"] == step]
    return n


@test("asked for by hand, what reached nobody goes again, and nothing else does")
def _(t):
    r = t.receiver(rules='match=*@one.example stage=rcpt '
                   'action=reply:"550 5.1.1 No such user"')
    a = Hosting(t, to=[r])
    for c in ("gone", "paid"):
        a.customer(c, c + "@one.example")
        a.invoice(c, c, in_days(-2))
    a.customer("live", "live@two.example")
    a.invoice("live", "live", in_days(-2))
    ended = lambda c: by_step(a, c, "pre-suspension")["state"] == "done"
    wait_for(lambda: all(map(ended, ("gone", "paid", "live"))), what="ends")
    again = lambda c: a.post("notices/%s/send-now" %
                             by_step(a, c, "pre-suspension")["id"])
    refused = again("gone")
    t.eq(refused.status, 409)
    t.ok("suppressed" in refused.body["detail"], refused.body)
    t.eq(by_step(a, "gone", "pre-suspension")["state"], "done", "as it was")
    t.eq(len(payloads(a, "notice.revived")), 0)
    r.set_rules("")
    a.call("PUT", "invoices/paid", {
        "rev": 9, "customer": "paid", "number": "1", "status": "paid",
        "currency": "USD", "total": "10", "due_on": in_days(-2)})
    for c in ("gone", "paid"):
        a.ok(a.call("DELETE", "suppressions/%s@one.example" % c))
    a.wait_messages(state="accepted", customer="gone")
    t.eq(again("paid").status, 409)
    t.eq(by_step(a, "paid", "pre-suspension")["state"], "done")
    t.eq(again("gone").status, 409)
    t.eq(again("live").status, 409)
    t.eq(a.messages(customer="paid", state="accepted"), [])
    t.eq(sorted(m["recipients"][0]["recipient"] for m in r.journal("message")),
         ["gone@one.example", "live@two.example"])


@test("a reminder that reached nobody goes again when it is asked for")
def _(t):
    r = t.receiver(rules=GONE)
    a = Hosting(t, to=[r])
    a.customer("c1", "gone@one.example")
    n = a.notice("c1")
    a.wait_messages(state="failed")
    r.set_rules("")
    a.ok(a.call("DELETE", "suppressions/gone@one.example"))
    n = a.ok(a.post("notices/%s/send-now" % n["id"]))
    t.eq(n["state"], "released")
    a.wait_messages(state="accepted")
    t.eq(a.post("notices/%s/send-now" % n["id"]).status, 409)
    t.eq(len(r.journal("message")), 1)


@test("an 8-bit address at a server without SMTPUTF8 fails before MAIL")
def _(t):
    r = t.receiver(args=("--without", "SMTPUTF8"))
    a = Hosting(t, to=[r])
    a.customer("c1", "josé@one.example", "tech@one.example")
    m = refuse(t, a, "c1")
    e, = a.events(m["mref"], "message.failed")
    t.eq((e["data"]["stage"], e["data"]["enhanced"], e["data"]["code"]),
         ("MAIL", "5.6.7", 0))
    t.ok("SMTPUTF8" in e["data"]["reason"], e)
    t.eq(r.journal("mail"), [])
    a.notice("c1")
    m, = a.wait_messages(state="accepted")
    t.eq(m["to"], "tech@one.example")

    r = t.receiver()
    b = Hosting(t, to=[r], name="other")
    b.customer("c1", "josé@one.example")
    b.notice("c1")
    b.wait_messages(state="accepted")
    entry, = r.wait_journal("message")
    t.eq((entry["smtputf8"], entry["recipients"][0]["recipient"]),
         (True, "josé@one.example"))


def leave(a, mail):
    """One click, as a mail program does."""
    link = email.message_from_bytes(mail)["List-Unsubscribe"].strip(" <>\r\n")
    c = http.client.HTTPConnection("127.0.0.1", a.ports["public"],
                                   timeout=DEADLINE)
    c.request("POST", urllib.parse.urlsplit(link).path,
              "List-Unsubscribe=One-Click",
              {"Content-Type": "application/x-www-form-urlencoded"})
    status = c.getresponse().status
    c.close()
    return status


@test("who left optional mail stays out of it, whatever else came and was lifted")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], policy=POLICY.replace(
        'on "payment', 'on "credit.low" { template = "low-credit" '
        'class = "optional" }\n\ton "payment'))
    mails = 0

    def low_credit(n):
        a.ok(a.post("events", {
            "id": "e%d" % n, "type": "credit.low", "customer": "c1",
            "at": in_days(0) + "T00:00:%02dZ" % n,
            "data": {"amount": "1.00", "threshold": "5.00",
                     "currency": "USD"}}))

    def reasons():
        return [s["reason"] for s in a.items("suppressions?limit=50")]

    def bounce():
        failed = len(a.messages(customer="c1", state="failed"))
        r.set_rules(GONE)
        a.notice("c1")
        a.wait_messages(failed + 1, customer="c1", state="failed")
        r.set_rules("")

    def lift():
        return a.ok(a.call("DELETE", "suppressions/gone@one.example"))
    a.customer("c1", "gone@one.example")
    for n, first in enumerate((bounce, leave)):
        low_credit(n)
        a.wait_messages(mails + 1, customer="c1", state="accepted")
        mails += 1
        mail = r.messages()[-1]
        for act in (bounce, leave) if first is bounce else (leave, bounce):
            if act is bounce:
                bounce()
            else:
                t.eq(leave(a, mail), 200)
        kept = reasons()
        t.ok(kept != ["left"] and len(kept) == 1, kept)
        t.eq((lift()["restored"], reasons()), (1, ["left"]))
        low_credit(n + 10)
        a.notice("c1")
        a.wait_messages(mails + 1, customer="c1", state="accepted")
        mails += 1
        t.eq(len(a.messages(customer="c1", state="accepted")), mails,
             "the mandatory one alone")
        t.eq((lift()["restored"], reasons()), (1, []))
    left = [e for e in payloads(a, "contact.suppressed")
            if e["reason"] == "left"]
    t.eq(len(left), 2, "each time, as it was said")


@test("what waits for an address when it is suppressed ends with that reason")
def _(t):
    busy = 'match=* stage=rcpt action=reply:"450 4.2.0 Busy"'
    r = t.receiver(rules=busy)
    a = Hosting(t, to=[r], smtp='retry = {"1h"}')
    for c in ("c1", "c2"):
        a.customer(c, "gone@one.example")
    a.notice("c1")
    a.wait_messages(customer="c1", state="deferred")
    r.set_rules(GONE)
    a.notice("c2")
    a.wait_messages(customer="c2")
    a.ok(a.post("queue/retry", {"domain": "one.example"}))
    m = {x["reason"] for x in a.wait_messages(2, state="failed")}
    t.ok(m <= {"bad_address", "suppressed"} and "bad_address" in m, m)
    a.notice("c1")
    t.eq(len(a.messages()), 2, "and no more is made")


def at_once(a, *addresses):
    """A message to each, all released together."""
    a.ok(a.post("sending/pause", {"reason": "look"}))
    for i, address in enumerate(addresses):
        a.customer("q%d" % i, *address.split())
        a.notice("q%d" % i)
    a.ok(a.post("sending/resume", {}))


@test("others to it in one batch get no RCPT, and go where the next would")
def _(t):
    r = t.receiver(rules=GONE)
    a = Hosting(t, to=[r])
    at_once(a, "gone@one.example", "Gone@one.example", "ana@one.example",
            "gone@one.example bo@two.example", "gone@one.example")
    a.wait_messages(2, state="accepted")
    failed = a.wait_messages(4, state="failed")
    t.eq(sorted(m["reason"] for m in failed),
         ["bad_address"] + ["suppressed"] * 3)
    t.eq(len(r.journal("rcpt", recipient="gone@one.example")), 1)
    t.eq(r.journal("rcpt", recipient="Gone@one.example"), [])
    t.eq({m["to"] for m in a.messages(state="accepted")},
         {"ana@one.example", "bo@two.example"})
    m, = [m for m in failed if m["customer"] == "q4"]
    e, = a.events(m["mref"], "message.failed")
    t.eq((e["data"]["reason"], e["data"]["code"]), ("suppressed", 0))
    told = payloads(a, "customer.unreachable")
    t.eq(sorted((e["customer"], e["reason"], e["before_act"]) for e in told),
         [("q1", "suppressed", False), ("q4", "suppressed", False)])
    t.eq(sorted(e.get("reason", "") for e in payloads(a, "notice.done")),
         ["", "", "suppressed", "suppressed", "undelivered"])
    t.eq(a.log("destination.blocked"), [])


@test("one that another connection has claimed gets no RCPT either")
def _(t):
    slow = "match=slow@* stage=rcpt action=hold:2\n"
    r = t.receiver(rules=slow + "match=gone@* stage=rcpt action=hold\n" +
                   GONE)
    a = Hosting(t, to=[r], more=elsewhere(
        "one.example", r, more="connections = 2 per_connection = 2 "
        "per_minute = 1000"))
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    a.wait_messages(customer="c1", state="accepted")
    at_once(a, "gone@one.example", "bo@one.example", "slow@one.example",
            "gone@one.example")
    r.wait_journal("rcpt", recipient="gone@one.example")
    r.wait_journal("rcpt", recipient="slow@one.example")
    r.set_rules(slow + GONE)
    a.wait_messages(1, customer="q0", state="failed")
    r.set_rules(GONE)
    a.wait_messages(customer="q3", state="failed")
    a.wait_messages(3, state="accepted")
    t.eq(len(r.journal("rcpt", recipient="gone@one.example")), 1)


@test("what a server says reaches no terminal as an order, by the log neither")
def _(t):
    r = t.receiver(rules=r'stage=rcpt '
                   r'action=garbage:"550 5.1.1 a\xc2\x9b31mb\x1b[2Jc\r\n"')
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    m, = a.wait_messages(state="failed")
    code, said = a.run("log", "c1")
    t.eq(code, 0, said)
    t.ok(r"a\u009b31mb\u001b[2Jc" in said.replace("\\u001B", "\\u001b"),
         said)
    t.ok("\x9b" not in said and "\x1b" not in said, said)


run()
