"""An operator's hand on what waits, and a hold on all that a customer gets."""

import datetime
import urllib.parse

from acuse import Acuse, sending
from harness import run, test, wait_for

DUE = (datetime.date.today() + datetime.timedelta(days=40)).isoformat()


def served(t, **kw):
    a = Acuse(t, **kw)
    for k in ("1", "2"):
        a.ok(a.put("customers/c" + k, {"name": "C" + k, "contacts": [
            {"id": "k1", "email": "c%s@x.example" % k}]}))
    return a


def ask(a, customer="c1", **more):
    """A notice by hand; its mref, once it has a message."""
    made = a.ok(a.post("notices", dict(
        {"template": "cancellation-received", "customer": customer}, **more)))
    if not made["messages"]:
        a.ok(a.post("notices/%s/send-now" % made["id"]))
        made = a.ok(a.get("notices/" + made["id"]))
    return made["messages"][0]["mref"]


def state(a, mref):
    return a.ok(a.get("messages/" + mref))["state"]


def until(a, mref, want):
    def there():
        a.process.must_live()
        return state(a, mref) == want
    wait_for(there, what="the message to be " + want)


def events(a, mref):
    return [(e["type"], e["data"].get("what")) for e in
            a.ok(a.get("messages/%s/events" % mref))["items"]]


@test("a notice by hand is sent, its bytes are what arrived, its log tells all")
def _(t):
    r = t.receiver()
    a = served(t, **sending(r))
    made = a.ok(a.post("notices", {"template": "cancellation-received",
                                   "customer": "c1"}), 202)
    t.eq([(m["to"], m["state"]) for m in made["messages"]],
         [("c1@x.example", "queued")])
    mref = made["messages"][0]["mref"]
    until(a, mref, "accepted")
    entry = r.wait_journal("message")[0]
    content = a.get("messages/%s/content" % mref)
    t.eq(content.headers["content-type"], "message/rfc822")
    t.ok(content.body in (r.message(entry), r.message(entry).replace(
        b"\r\n", b"\n")) or r.message(entry).endswith(content.body),
        "the exact bytes")
    m = a.ok(a.get("messages/" + mref))
    t.ok("mx_accepted" in m["facts"], m["facts"])
    t.eq(m["size"], len(content.body))
    found = a.ok(a.get("messages?message_id=" + urllib.parse.quote(
        m["message_id"])))["items"]
    t.eq([x["mref"] for x in found], [mref])
    q = a.ok(a.get("queue/" + mref))
    t.eq(len(q["attempts"]), 1)
    t.ok("RCPT TO" in q["attempts"][0]["transcript"].upper(),
         q["attempts"][0])
    t.eq([e["type"] for e in
          a.ok(a.get("messages/%s/events" % mref))["items"]],
         ["message.created", "message.attempted", "message.accepted"])


@test("a destination that is held keeps what waits, and what comes")
def _(t):
    r = t.receiver()
    a = served(t, **sending(r))
    t.eq(a.ok(a.post("queue/hold", {"domain": "x.example",
                                    "reason": "their request"}))["changed"], 0)
    mrefs = [ask(a), ask(a, "c2")]
    lanes = a.ok(a.get("queue"))["items"]
    t.eq([(x["domain"], x["held"], x["waiting"]) for x in lanes],
         [("x.example", True, 2)])
    t.eq(r.journal("connect"), [])
    t.eq(a.ok(a.post("queue/resume", {"domain": "x.example"}))["changed"], 1)
    for mref in mrefs:
        until(a, mref, "accepted")


@test("what is wrong with us holds no whole queue, and is resumed in bulk")
def _(t):
    r = t.receiver(rules='match=* stage=mail '
                         'action=reply:"530 5.7.0 Authentication required"')
    a = served(t, **sending(r))
    a.ok(a.post("queue/hold", {"domain": "x.example"}))
    mrefs = [ask(a) for _ in range(12)]
    a.ok(a.post("queue/resume", {"domain": "x.example"}))

    def blocked():
        a.process.must_live()
        return [x["reason"] for x in a.ok(a.get("queue"))["items"]] == ["ours"]
    wait_for(blocked, what="the destination's block")
    r.set_rules("")
    freed = a.ok(a.post("queue/resume", {"domain": "x.example"}))["changed"]
    t.ok(1 <= freed <= 4, "held: %d of 12" % freed)
    a.ok(a.post("queue/retry", {"domain": "x.example"}))
    for mref in mrefs:
        until(a, mref, "accepted")


@test("a brand, a destination, both: each hold is lifted by its own name")
def _(t):
    a = served(t)
    ask(a)
    held = lambda: a.ok(a.get("queue"))["items"][0]["held"]
    a.ok(a.post("queue/hold", {"brand": "default"}))
    a.ok(a.post("queue/hold", {"domain": "x.example"}))
    t.eq(held(), True)
    a.ok(a.post("queue/resume", {"brand": "default"}))
    t.eq(held(), True, "the destination's hold stays")
    a.ok(a.post("queue/resume", {"domain": "x.example"}))
    t.eq(held(), False)


@test("one message is held, resumed, cancelled, with its events")
def _(t):
    r = t.receiver()
    a = served(t, **sending(r))
    a.ok(a.post("sending/pause", {"reason": "test"}))
    one, two = ask(a), ask(a, "c2")
    t.eq(a.ok(a.post("queue/hold", {"mref": one}))["changed"], 1)
    t.eq(a.ok(a.post("queue/hold", {"mref": one}))["changed"], 0)
    t.eq(a.ok(a.post("queue/cancel", {"mref": two}))["changed"], 1)
    t.eq(state(a, two), "cancelled")
    t.eq(a.post("queue/cancel", {"mref": two}).status, 409)
    t.eq(a.post("queue/retry", {"mref": one}).status, 409, "it is held")
    t.eq(a.ok(a.post("sending/resume"))["paused"], None)
    t.eq(a.ok(a.post("queue/resume", {"mref": one}))["changed"], 1)
    until(a, one, "accepted")
    t.eq(events(a, one)[:3],
         [("message.created", None), ("sending.paused", "hold"),
          ("sending.resumed", "resume")])
    t.eq(events(a, two)[-1][0], "message.cancelled")
    t.eq(len(r.journal("message")), 1)
    t.eq(a.post("queue/hold", {"mref": "0" * 32}).status, 404)


@test("paused, nothing leaves; the pause outlives a restart and names who")
def _(t):
    r = t.receiver()
    a = served(t, **sending(r))
    paused = a.ok(a.post("sending/pause", {"reason": "bad import"}))
    t.eq((paused["sending"], paused["paused"]), (False, "bad import"))
    mref = ask(a)
    a.kill()
    a.start()
    t.eq(a.ok(a.get("queue"))["paused"], "bad import")
    t.eq(state(a, mref), "queued")
    a.ok(a.post("queue/resume", {"all": True}))
    until(a, mref, "accepted")


# The third of a batch is held before its turn.
HELD = "match=* stage=mail action=hold skip=2\n"


def batch_under_way(t, a, r, n):
    """n messages of one batch; the first of them have begun DATA."""
    a.ok(a.post("sending/pause", {"reason": "gather"}))
    mrefs = [ask(a) for _ in range(n)]
    a.ok(a.post("sending/resume"))
    r.wait_journal("data", 2)
    return mrefs


def begun(r):
    return len(r.journal("data"))


def stopped(t, a, r, n, stop, go, why):
    """After the answer to stop(), none begins DATA until go()."""
    mrefs = batch_under_way(t, a, r, n)
    stop()
    at_answer = begun(r)
    t.ok(at_answer < n - 1, "stopped in the batch: %d" % at_answer)
    r.set_rules("")
    wait_for(lambda: not [m for m in mrefs if state(a, m) == "claimed"],
             what="the batch to be given back")
    # One may lie between its DATA and the receiver's line about it.
    t.ok(begun(r) <= at_answer + 1,
         "%d began after the answer" % (begun(r) - at_answer))
    left = [m for m in mrefs if state(a, m) == "deferred"]
    t.eq(len(left), n - begun(r))
    for mref in left:
        t.eq(a.ok(a.get("messages/" + mref))["reason"], why)
        t.eq(a.ok(a.get("messages/%s/events" % mref))["items"][-1]["type"],
             "message.deferred")
    go()
    a.ok(a.post("queue/retry", {"all": True}))
    for mref in mrefs:
        until(a, mref, "accepted")
    t.eq(begun(r), n)


@test("a pause stops the batch that is on its way")
def _(t):
    r = t.receiver(rules=HELD)
    a = served(t, **sending(r))
    stopped(t, a, r, 20,
            lambda: a.ok(a.post("sending/pause", {"reason": "stop"})),
            lambda: a.ok(a.post("sending/resume")), "paused")


@test("a destination, a brand: a hold stops the batch that is on its way")
def _(t):
    for scope in ({"domain": "x.example"}, {"brand": "default"}):
        r = t.receiver(rules=HELD)
        a = served(t, name=next(iter(scope)), **sending(r))
        stopped(t, a, r, 12,
                lambda: a.ok(a.post("queue/hold", scope)),
                lambda: a.ok(a.post("queue/resume", scope)), "held")
        a.stop()


@test("a hold on a customer stops what is on its way to that one alone")
def _(t):
    r = t.receiver(rules=HELD)
    a = served(t, **sending(r))
    a.ok(a.post("sending/pause", {"reason": "gather"}))
    ours = [ask(a, "c2") for _ in range(4)]
    theirs = [ask(a) for _ in range(8)]
    last = ask(a, "c2")
    a.ok(a.post("sending/resume"))
    r.wait_journal("data", 2)
    a.ok(a.put("customers/c1/hold", {"reason": "court"}))
    r.set_rules("")
    until(a, last, "accepted")
    for mref in ours:
        until(a, mref, "accepted")
    wait_for(lambda: not [m for m in theirs if state(a, m) == "claimed"],
             what="what is held to be given back")
    left = [m for m in theirs if state(a, m) != "accepted"]
    t.ok(len(left) >= 6, left)
    t.eq({a.ok(a.get("messages/" + m))["reason"] for m in left},
         {"customer_hold"})


@test("retry goes past the back-off")
def _(t):
    r = t.receiver(rules='match=*@x.example stage=rcpt '
                   'action=reply:"451 4.7.1 later"')
    a = served(t, **sending(r))
    mref = ask(a)
    until(a, mref, "deferred")
    r.set_rules("")
    for scope in ({"domain": "x.example"},):
        a.ok(a.post("queue/retry", scope))
    until(a, mref, "accepted")


@test("cancelling a destination ends all that waits for it")
def _(t):
    a = served(t)
    mrefs = [ask(a) for _ in range(5)] + [ask(a, "c2")]
    out = a.ok(a.post("queue/cancel", {"domain": "x.example"}))
    t.eq(out, {"changed": 6, "more": False})
    for mref in mrefs:
        t.eq(state(a, mref), "cancelled")
    for n in a.ok(a.get("customers/c1/log"))["items"]:
        t.eq(n["state"], "cancelled")
    t.eq(a.ok(a.post("queue/cancel", {"all": True}))["changed"], 0)


@test("a notice by hand: held, resumed, cancelled, sent now; what ended stays")
def _(t):
    a = served(t)
    n = a.ok(a.put("invoices/i1", {
        "customer": "c1", "number": "1", "status": "open", "currency": "EUR",
        "total": "10", "due_on": DUE}))["notices"]
    post = lambda k, what: a.post("notices/%s/%s" % (n[k]["id"], what))
    t.eq(post(0, "resume").status, 409)
    t.eq(a.ok(post(0, "hold"))["state"], "held")
    t.eq(a.ok(post(0, "send-now"))["state"], "released")
    t.eq(post(0, "send-now").status, 409)
    t.eq(post(0, "hold").status, 409)
    gone = a.ok(post(0, "cancel"))
    t.eq(gone["state"], "cancelled")
    t.eq([m["state"] for m in gone["messages"]], ["cancelled"],
         "its message goes with it")
    t.eq(a.ok(post(1, "cancel"))["state"], "cancelled")
    t.eq(post(1, "cancel").status, 409)
    t.eq(a.post("notices/%s/cancel" % ("0" * 32)).status, 404)


@test("cancelling one of two notices in a mail leaves the other its own")
def _(t):
    a = served(t)
    ids = []
    for k in ("i1", "i2"):
        made = a.ok(a.put("invoices/" + k, {
            "customer": "c1", "number": k, "status": "open",
            "currency": "EUR", "total": "10", "due_on": DUE}))
        ids.append(made["notices"][0]["id"])
    a.ok(a.post("notices/%s/send-now" % ids[0]))
    both = [a.ok(a.get("notices/" + x))["messages"] for x in ids]
    t.eq(both[0], both[1], "one mail carries both")
    a.ok(a.post("notices/%s/cancel" % ids[0]))
    after = [a.ok(a.get("notices/" + x)) for x in ids]
    t.eq([n["state"] for n in after], ["cancelled", "released"])
    t.eq([m["state"] for m in after[1]["messages"]], ["queued"])
    t.ok(after[1]["messages"][0]["mref"] != both[0][0]["mref"],
         "in a mail of its own")


@test("a hold on a customer keeps even what is asked for by hand")
def _(t):
    r = t.receiver()
    a = served(t, **sending(r))
    a.ok(a.put("customers/c1/hold", {"reason": "court"}))
    made = a.ok(a.post("notices", {"template": "cancellation-received", "customer": "c1"}))
    t.eq((made["state"], made["reason"], made["messages"]),
         ("held", "customer_hold", []))
    a.ok(a.put("customers/c1/hold", b"null"))
    wait_for(lambda: a.get("notices/" + made["id"]).body["state"] == "done",
             what="the mail")


@test("a refused address is suppressed, and can be written to again")
def _(t):
    r = t.receiver(rules='match=c1@x.example stage=rcpt '
                   'action=reply:"550 5.1.1 no such user"')
    a = served(t, **sending(r))
    mref = ask(a)
    until(a, mref, "failed")
    listed = a.ok(a.get("suppressions"))["items"]
    t.eq([(x["email"], x["mref"]) for x in listed], [("c1@x.example", mref)])
    again = a.ok(a.post("notices", {"template": "cancellation-received", "customer": "c1"}))
    t.eq((again["state"], again["reason"]), ("skipped", "suppressed"))
    t.eq(a.ok(a.call("DELETE", "suppressions/C1@X.example"))["restored"], 1)
    t.eq(a.ok(a.get("suppressions"))["items"], [])
    r.set_rules("")
    until(a, ask(a), "accepted")


run()
