"""Once only: however often and in whatever order billing tells of an invoice,
there is one notice a step and date."""

import collections
import datetime
import threading

from acuse import Acuse, sending
from harness import run, test, wait_for

TODAY = datetime.date.today()


def day(n):
    return (TODAY + datetime.timedelta(days=n)).isoformat()


def invoice(rev=1, due=40, status="open", **more):
    body = {"customer": "c1", "number": "PF-1", "rev": rev, "status": status,
            "currency": "ARS", "total": "12345.67", "due_on": day(due),
            "pay_url": "https://billing.example/pay/1?a=1&b=2",
            "lines": [{"service": "s1", "description": "Hosting",
                       "amount": "12345.67"}]}
    if status in ("paid", "cancelled", "refunded"):
        body["balance"] = "0"
    body.update(more)
    return body


def served(t, **kw):
    a = Acuse(t, **kw)
    a.ok(a.put("customers/c1", {
        "name": "Ana", "contacts": [{"id": "k1", "email": "ana@x.example"}]}))
    a.ok(a.put("services/s1", {"customer": "c1", "name": "Hosting"}))
    return a


def put(a, **kw):
    return a.ok(a.put("invoices/i1", invoice(**kw)))


def states(answer):
    """{(step, day of due_at): [state]} of what an answer lists."""
    out = collections.defaultdict(list)
    for n in answer["notices"]:
        out[n["step"], n["due_at"][:10]].append(n["state"])
    return out


def once(t, a):
    """The invoice's notices by (step, anchor), none of them twice."""
    seen = {}
    cursor = ""
    while True:
        page = a.ok(a.get("customers/c1/log?limit=500" + cursor))
        for n in page["items"]:
            key = n["step"], n.get("anchor")
            t.ok(key not in seen, "%s stands twice" % (key,))
            seen[key] = n
        if not page["next"]:
            return seen
        cursor = "&cursor=" + page["next"]


def ids(answer):
    return {n["id"] for n in answer["notices"]}


@test("an invoice that is put answers all that will be sent, and when")
def _(t):
    a = served(t)
    first = a.put("invoices/i1", invoice())
    t.eq(first.status, 201)
    steps = [n["step"] for n in first.body["notices"]]
    t.eq(steps, ["proforma", "reminder-1", "reminder-2", "upcoming",
                 "reminder-final", "pre-suspension", "pre-suspension-all",
                 "pre-deletion"])
    for n in first.body["notices"]:
        t.eq(sorted(n), ["channels", "due_at", "id", "reason", "state",
                         "step", "template"])
        t.eq(n["channels"], ["email"])
    dues = [n["due_at"] for n in first.body["notices"]]
    t.eq(dues, sorted(dues), "in the order of their times")


@test("the same invoice put twice changes nothing, not even its version")
def _(t):
    a = served(t)
    first = put(a)
    again = a.put("invoices/i1", invoice())
    t.eq(again.status, 200)
    t.eq(again.body["notices"], first["notices"])
    t.eq(again.body["version"], first["version"])
    once(t, a)


@test("an invoice put a hundred times at once is planned once")
def _(t):
    a = served(t)
    answers = []
    start = threading.Barrier(100)

    def one():
        c = a.connect()
        start.wait()
        answers.append(a.put("invoices/i1", invoice(), on=c))
        c.close()
    threads = [threading.Thread(target=one) for _ in range(100)]
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    t.eq(len(answers), 100)
    t.eq(sorted(collections.Counter(x.status for x in answers).items()),
         [(200, 99), (201, 1)])
    t.eq(len({str(x.body["notices"]) for x in answers}), 1)
    t.eq(len(once(t, a)), 8)


@test("a hundred different revisions at once end at the highest")
def _(t):
    a = served(t)
    codes = []

    def one(rev):
        answer = a.put("invoices/i1", invoice(rev=rev, due=20 + rev % 7))
        codes.append(answer.status)
    threads = [threading.Thread(target=one, args=(rev,))
               for rev in range(1, 101)]
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    t.ok(set(codes) <= {200, 201, 409}, "answers are 200, 201 or 409")
    stored = a.ok(a.get("invoices/i1"))
    t.eq(stored["rev"], 100)
    t.eq(stored["due_on"], day(20 + 100 % 7))
    for (step, anchor), n in once(t, a).items():
        t.eq(n["state"] == "cancelled", anchor != stored["due_on"],
             "%s of %s is %s" % (step, anchor, n["state"]))


@test("a lower rev answers 409 and revives nothing")
def _(t):
    a = served(t)
    put(a, rev=5)
    paid = put(a, rev=6, status="paid")
    late = a.put("invoices/i1", invoice(rev=5))
    t.eq(late.status, 409)
    t.ok("stale" in late.body["detail"], "it says stale")
    t.eq(late.body["errors"][0]["pointer"], "/rev")
    after = a.ok(a.get("invoices/i1"))
    t.eq(after["status"], "paid")
    t.eq(after["notices"], paid["notices"])


@test("paid, cancelled, refunded or a balance of 0 stops all steps at once")
def _(t):
    a = served(t)
    for k, change in enumerate(({"status": "paid"}, {"status": "cancelled"},
                                {"status": "refunded"}, {"balance": "0.00"})):
        rev = 10 * k + 1
        put(a, rev=rev)
        stopped = put(a, rev=rev + 1, **change)
        reason = change.get("status", "paid")
        for n in stopped["notices"]:
            t.eq((n["state"], n["reason"]), ("cancelled", reason))
        t.eq(stopped["in_flight"], [])
        t.eq(a.ok(a.get("plan?invoice=i1"))["items"], [])


@test("reopened, it goes on with the same notices")
def _(t):
    a = served(t)
    first = put(a, rev=1)
    put(a, rev=2, status="cancelled")
    again = put(a, rev=3)
    t.eq(ids(again), ids(first))
    t.eq({n["state"] for n in again["notices"]}, {"planned"})
    t.eq(len(once(t, a)), 8)


@test("moved and moved back: one notice a step and date")
def _(t):
    a = served(t)
    first = put(a, rev=1, due=40)
    moved = put(a, rev=2, due=50)
    t.eq({n["reason"] for n in moved["notices"] if n["id"] in ids(first)},
         {"superseded"})
    t.eq(len([n for n in moved["notices"] if n["state"] == "planned"]), 8)
    back = put(a, rev=3, due=40)
    t.eq(ids(back), ids(moved), "nothing new is made")
    for n in back["notices"]:
        t.eq(n["state"],
             "planned" if n["id"] in ids(first) else "cancelled")
    again = put(a, rev=4, due=50)
    t.eq(ids(again), ids(moved))
    t.eq(len(once(t, a)), 16)


@test("a step that went is never sent again, wherever the date moves")
def _(t):
    r = t.receiver()
    a = served(t, **sending(r))
    gone = put(a, rev=1)["notices"][0]["id"]
    a.ok(a.post("notices/%s/send-now" % gone))
    wait_for(lambda: a.get("notices/" + gone).body["state"] == "done",
             what="the mail")
    told = put(a, rev=2, due=50)
    due_changed = [n for n in told["notices"] if n["step"] == "due-changed"]
    t.eq(len(due_changed), 1, "the mail named the old date")
    put(a, rev=3, due=40)
    put(a, rev=4, due=50)
    put(a, rev=5, due=40)
    t.eq(a.ok(a.get("notices/" + gone))["state"], "done")
    once(t, a)
    t.eq(len([e for e in r.journal("message")]), len(
        [m for m in a.get("messages").body["items"] if m["accepted_at"]]))


@test("paid while its reminder is being sent: the answer names it in flight")
def _(t):
    r = t.receiver(rules="match=*@x.example stage=dot action=hold")
    a = served(t, **sending(r))
    one, two = put(a, rev=1)["notices"][:2]
    a.ok(a.post("notices/%s/send-now" % one["id"]))
    mref = a.ok(a.get("notices/" + one["id"]))["messages"][0]["mref"]
    r.wait_journal("data")  # our DATA is out
    paid = put(a, rev=2, status="paid")
    t.eq(paid["in_flight"], [mref])
    r.set_rules("")
    t.eq(a.get("notices/" + two["id"]).body["state"], "cancelled")


@test("a draft plans nothing, disputed and pending hold, open lets go")
def _(t):
    a = served(t)
    t.eq(put(a, rev=1, status="draft")["notices"], [])
    first = put(a, rev=2)
    for k, status in enumerate(("disputed", "pending")):
        held = put(a, rev=3 + 2 * k, status=status)
        t.eq({(n["state"], n["reason"]) for n in held["notices"]},
             {("held", status)})
        t.eq(ids(held), ids(first))
        free = put(a, rev=4 + 2 * k)
        t.eq({n["state"] for n in free["notices"]}, {"planned"})


@test("what a person cancelled stays cancelled")
def _(t):
    a = served(t)
    gone = put(a, rev=1)["notices"][1]["id"]
    a.ok(a.post("notices/%s/cancel" % gone, {"reason": "paid"}))
    put(a, rev=2, status="cancelled")
    after = put(a, rev=3)
    for n in after["notices"]:
        t.eq(n["state"], "cancelled" if n["id"] == gone else "planned")


@test("an invoice keeps its customer")
def _(t):
    a = served(t)
    put(a)
    a.ok(a.put("customers/c2", {"name": "Other"}))
    other = a.put("invoices/i1", invoice(rev=2, customer="c2"))
    t.eq(other.status, 422)
    t.eq(other.body["errors"][0]["pointer"], "/customer")


@test("what was answered is there after SIGKILL")
def _(t):
    a = served(t)
    first = put(a)
    a.kill()
    a.start()
    t.eq(a.ok(a.get("invoices/i1"))["notices"], first["notices"])
    t.eq(put(a)["version"], first["version"])


@test("a payment event sets the balance, makes one receipt, stops the rest")
def _(t):
    a = served(t)
    put(a)
    event = {"id": "e1", "type": "payment.received", "customer": "c1",
             "invoice": "i1", "at": "2026-11-01T10:00:00Z",
             "data": {"amount": "12345.67", "balance": "0.00",
                      "payment": "p9"}}
    first = a.post("events", event)
    t.eq(first.status, 202)
    t.eq([n["template"] for n in first.body["notices"]], ["receipt"])
    again = a.post("events", event)
    t.eq(again.status, 202)
    t.eq([n["id"] for n in again.body["notices"]],
         [n["id"] for n in first.body["notices"]])
    stored = a.ok(a.get("invoices/i1"))
    t.eq(stored["balance"], "0.00")
    receipts = [n for n in stored["notices"] if n["template"] == "receipt"]
    t.eq(len(receipts), 1)
    for n in stored["notices"]:
        if n["template"] != "receipt":
            t.eq((n["state"], n["reason"]), ("cancelled", "paid"))
    event["data"]["amount"] = "1.00"
    t.eq(a.post("events", event).status, 409, "the id is taken")


@test("a partial payment leaves the rest planned; a failed charge is told once")
def _(t):
    a = served(t)
    put(a, auto_renew=True, charge_on=day(35))
    a.ok(a.post("events", {
        "id": "e1", "type": "payment.received", "customer": "c1",
        "invoice": "i1", "at": "2026-11-01T10:00:00Z",
        "data": {"amount": "2000", "balance": "10345.67"}}))
    failed = {"id": "e2", "type": "payment.failed", "customer": "c1",
              "invoice": "i1", "at": "2026-11-01T11:00:00Z",
              "data": {"reason": "card expired", "retry_on": day(60)}}
    made = a.ok(a.post("events", failed))["notices"]
    t.eq([n["template"] for n in made], ["charge-failed"])
    stored = a.ok(a.get("invoices/i1"))
    t.eq(stored["balance"], "10345.67")
    t.eq(stored["charge_failed"], True)
    t.eq(stored["retry_on"], day(60))
    t.eq(len([n for n in stored["notices"] if n["state"] == "planned"]), 10)


run()
