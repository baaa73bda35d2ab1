"""What the ledger holds can be computed again by somebody else, after a month
of each thing that can happen to a message, and after a kill."""

import datetime
import os
import re
import threading

from acuse import Acuse, sending
from harness import run, test, wait_for
from ledger import Ledger

TODAY = datetime.date.today()


def day(n):
    return (TODAY + datetime.timedelta(days=n)).isoformat()


def customer(a, id, email):
    a.ok(a.put("customers/" + id, {
        "name": "Ana", "brand": "default", "locale": "en_US",
        "time_zone": "UTC", "contacts": [
            {"id": "k1", "role": "billing", "email": email,
             "source": "form", "since": "2024-03-02"}]}))
    a.ok(a.put("services/s-" + id, {"customer": id, "name": "Hosting",
                                    "status": "active"}))


def invoice(a, id, owner, due=12, **more):
    return a.ok(a.put("invoices/" + id, dict({
        "customer": owner, "number": id, "rev": 1, "status": "open",
        "currency": "EUR", "total": "10.00", "balance": "10.00",
        "issued_on": day(due - 20), "due_on": day(due),
        "pay_url": "https://host.example/pay/" + id,
        "lines": [{"service": "s-" + owner, "description": "Hosting",
                   "amount": "10.00"}]}, **more)))


def notice(a, owner, of):
    return a.ok(a.post("notices", {"template": "reminder", "customer": owner,
                                   "invoice": of}))


def states(a):
    return [m["state"] for m in a.ok(a.get("messages"))["items"]]


def live(a, mx):
    """Something of each kind that a month can bring."""
    for id, email in (("c1", "ana@x.example"), ("c2", "no@x.example"),
                      ("c3", "later@x.example")):
        customer(a, id, email)
        invoice(a, "i-" + id, id)
        last = notice(a, id, "i-" + id)["id"]
    wait_for(lambda: sorted(states(a)) == ["accepted", "deferred", "failed"],
             what="an accepted, a refused and a deferred message")
    a.ok(a.post("notices/%s/cancel" % last))
    a.ok(a.put("customers/c1/hold", {"until": day(30) + "T00:00:00Z",
                                     "reason": "talks"}))
    a.ok(a.post("gate", {"action": "suspend", "service": "s-c1"}))
    invoice(a, "i-c1", "c1", due=20, rev=2)
    invoice(a, "i-c1", "c1", due=20, rev=3, status="disputed")
    invoice(a, "i-c3", "c3", rev=2, status="paid", balance="0.00")
    a.run("queue", "pause", "--reason", "a look")
    a.run("queue", "resume")


@test("an outsider computes every entry again, and finds each field listed")
def _(t):
    mx = t.receiver(rules='match=no@x.example stage=rcpt '
                          'action=reply:"550 5.1.1 no such user"\n'
                          'match=later@x.example stage=rcpt '
                          'action=reply:"450 4.2.0 later"')
    a = Acuse(t, **sending(mx))
    live(a, mx)
    a.stop()
    book = Ledger(os.path.join(a.state, "acuse.db"))
    t.eq(book.faults, [], "faults")
    for name in ("contact.changed", "invoice.planned", "invoice.changed",
                 "notice.released", "notice.held", "message.created",
                 "message.attempted", "message.accepted", "message.deferred",
                 "message.failed", "message.cancelled", "contact.suppressed",
                 "customer.held", "gate.denied", "sending.paused",
                 "sending.resumed"):
        t.ok(book.names.get(name), "no %s among %s" % (name, book.names))
    t.ok(re.fullmatch("[0-9a-f]{64}", book.root()), "a root")


@test("what was answered before a kill is in the ledger after it, once")
def _(t):
    a = Acuse(t)
    customer(a, "c1", "ana@x.example")
    answered = []

    def put(first):
        try:
            for i in range(first, first + 1000):
                invoice(a, "i%d" % i, "c1")
                answered.append("i%d" % i)
        except Exception:
            pass    # the server was killed

    threads = [threading.Thread(target=put, args=(n * 1000,))
               for n in range(8)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(answered) > 200, what="two hundred invoices")
    a.kill()
    for thread in threads:
        thread.join()
    a.start()
    a.stop()
    book = Ledger(os.path.join(a.state, "acuse.db"))
    t.eq(book.faults, [], "faults")
    planned = [p["invoice"] for name, p in book.payloads
               if name == "invoice.planned"]
    t.eq(len(planned), len(set(planned)), "planned twice")
    t.eq(set(answered) - set(planned), set(), "answered and lost")


run()
