"""The API's edge: who may ask, what is refused and where it says so, lists,
and calls that are made twice."""

import datetime
import os
import re

from acuse import Acuse
from harness import run, test, wait_for

DUE = (datetime.date.today() + datetime.timedelta(days=40)).isoformat()

CUSTOMER = {"name": "Ana", "contacts": [
    {"id": "k1", "role": "billing", "email": "ana@x.example"}]}
INVOICE = {"customer": "c1", "number": "PF-1", "rev": 1, "status": "open",
           "currency": "ARS", "total": "12345.67", "due_on": DUE}
EVENT = {"id": "e1", "type": "credit.low", "customer": "c1",
         "at": "2026-11-01T10:00:00Z",
         "data": {"amount": "5.00", "threshold": "10.00", "currency": "ARS"}}


def served(t, **kw):
    a = Acuse(t, **kw)
    a.ok(a.put("customers/c1", CUSTOMER))
    return a


def but(base, **changes):
    body = dict(base)
    body.update(changes)
    return {k: v for k, v in body.items() if v is not Ellipsis}


@test("without a key, or with a wrong one: 401, and what is wanted")
def _(t):
    a = Acuse(t)
    for head in ({}, {"Authorization": "Bearer nobody"},
                 {"Authorization": "Basic " + a.key},
                 {"Authorization": "Bearer "}):
        c = a.connect()
        c.request("GET", "/v1/customers/c1", headers=head)
        r = c.getresponse()
        body = r.read()
        t.eq(r.status, 401)
        t.eq(r.getheader("WWW-Authenticate"), "Bearer")
        t.eq(r.getheader("Content-Type"), "application/problem+json")
        t.ok(b"customer" not in body, "it says nothing of customers")
        c.close()


@test("who tries key after key waits; a good key never does")
def _(t):
    a = Acuse(t, options=[
        (r"^http {", "http {\n\tguess_burst = 4\n\tguess_per_minute = 60\n")])

    def ask(key=None, address="192.0.2.1"):
        c = a.connect()
        head = {"X-Forwarded-For": address}
        if key is not None:
            head["Authorization"] = "Bearer " + key
        c.request("GET", "/v1/customers/c1", headers=head)
        r = c.getresponse()
        r.read()
        c.close()
        return r.status, r.getheader("Retry-After")
    good = ask(a.key)
    t.ok(good[0] not in (401, 429), "%r" % (good,))
    t.eq([ask()[0] for _ in range(10)], [401] * 10, "no key, no guess")
    t.eq([ask("acuse_%d" % i)[0] for i in range(4)], [401] * 4)
    t.eq(ask("acuse_5"), (429, "1"))
    t.eq([ask(a.key) for _ in range(10)], [good] * 10, "the good one")
    t.eq(ask("acuse_5", "192.0.2.2")[0], 401, "another address")
    wait_for(lambda: ask("acuse_6")[0] == 401, what="the rate")


@test("a key's scopes are kept to; a new one counts at once, a revoked no more")
def _(t):
    a = served(t)
    read = a.ok(a.post("keys", {"name": "r", "scopes": ["read"]}), 201)["key"]
    send = a.ok(a.post("keys", {"name": "s", "scopes": ["send"]}), 201)["key"]
    t.eq(a.get("customers/c1", key=read).status, 200)
    t.eq(a.put("customers/c1", CUSTOMER, key=read).status, 403)
    t.eq(a.put("customers/c1", CUSTOMER, key=send).status, 200)
    t.eq(a.get("customers/c1", key=send).status, 403)
    t.eq(a.post("keys", {"name": "x", "scopes": ["read"]}, key=send).status,
         403)
    t.eq(a.call("DELETE", "keys/r").status, 204)
    t.eq(a.get("customers/c1", key=read).status, 401)
    t.eq(a.post("keys", {"name": "s", "scopes": ["read"]}).status, 409)
    listed = a.ok(a.get("keys"))["items"]
    t.eq([k["name"] for k in listed], ["first", "r", "s"])
    t.ok(all(read not in str(k) and send not in str(k) for k in listed),
         "secrets are shown once")
    a.kill()
    a.start()
    t.eq(a.get("customers/c1", key=read).status, 401)
    t.eq(a.get("customers/c1", key=a.key).status, 200)


@test("the socket of our own user needs no key, and may all")
def _(t):
    a = served(t)
    code, text = a.run("queue", "list", "--json")
    t.eq(code, 0, text)
    t.ok('"sending":false' in text, text)
    code, text = a.run("key", "add", "--name", "cli", "--scope", "read,send")
    t.eq(code, 0, text)
    made = re.search(r"acuse_\S+", text).group(0)
    t.eq(a.get("customers/c1", key=made).status, 200)


BAD = [
    # of customers
    ("customers/c1", but(CUSTOMER, name=...), "/name"),
    ("customers/c1", but(CUSTOMER, name="x" * 300), "/name"),
    ("customers/c1", but(CUSTOMER, name="a\r\nBcc: x@y.example"), "/name"),
    ("customers/c1", but(CUSTOMER, nome="x"), "/nome"),
    ("customers/c1", but(CUSTOMER, locale="xx_XX_?"), "/locale"),
    ("customers/c1", but(CUSTOMER, time_zone="Mars/Base"), "/time_zone"),
    ("customers/c1", but(CUSTOMER, brand="nobody"), "/brand"),
    ("customers/c1", but(CUSTOMER, rev=-1), "/rev"),
    ("customers/c1", but(CUSTOMER, rev="7"), "/rev"),
    ("customers/c1", but(CUSTOMER, contacts={}), "/contacts"),
    ("customers/c1", but(CUSTOMER, contacts=[{"id": "k"}, {"id": "k"}]),
     "/contacts/1/id"),
    ("customers/c1", but(CUSTOMER, contacts=[{"id": "k", "email": "no"}]),
     "/contacts/0/email"),
    ("customers/c1", but(CUSTOMER, contacts=[
        {"id": "k", "email": "a@x.example\r\nRCPT TO:<b@x.example>"}]),
     "/contacts/0/email"),
    ("customers/c1", but(CUSTOMER, contacts=[{"id": "k", "since": "2026-02-30"}]),
     "/contacts/0/since"),
    ("customers/c1", but(CUSTOMER, groups=["a b"]), "/groups/0"),
    ("customers/c%201", CUSTOMER, "/id"),
    ("customers/" + "x" * 129, CUSTOMER, "/id"),
    # of services
    ("services/s1", {"customer": "c1"}, "/name"),
    ("services/s1", {"customer": "nobody", "name": "x"}, "/customer"),
    ("services/s1", {"customer": "c1", "name": "x", "status": "new"},
     "/status"),
    # of invoices
    ("invoices/i1", but(INVOICE, customer="nobody"), "/customer"),
    ("invoices/i1", but(INVOICE, policy="nobody"), "/policy"),
    ("invoices/i1", but(INVOICE, status="overdue"), "/status"),
    ("invoices/i1", but(INVOICE, currency="ARG"), "/currency"),
    ("invoices/i1", but(INVOICE, currency="ars"), "/currency"),
    ("invoices/i1", but(INVOICE, total=12345.67), "/total"),
    ("invoices/i1", but(INVOICE, total="12,345.67"), "/total"),
    ("invoices/i1", but(INVOICE, total="12345.678"), "/total"),
    ("invoices/i1", but(INVOICE, total="99999999999999999999"), "/total"),
    ("invoices/i1", but(INVOICE, balance="1.234"), "/balance"),
    ("invoices/i1", but(INVOICE, due_on="2026-02-30"), "/due_on"),
    ("invoices/i1", but(INVOICE, due_on=...), "/due_on"),
    ("invoices/i1", but(INVOICE, due_on=20261121), "/due_on"),
    ("invoices/i1", but(INVOICE, pay_url="javascript:alert(1)"), "/pay_url"),
    ("invoices/i1", but(INVOICE, pay_url="https://u:p@x.example/"),
     "/pay_url"),
    ("invoices/i1", but(INVOICE, lines=[{"description": "x", "amount": "1"},
                                        {"description": "x",
                                         "amount": "1.001"}]),
     "/lines/1/amount"),
    ("invoices/i1", but(INVOICE, lines=[{"amount": "1"}]),
     "/lines/0/description"),
    ("invoices/i1", but(INVOICE, payment_method={"kind": "cash"}),
     "/payment_method/kind"),
    ("invoices/i1", but(INVOICE, payment_method={"kind": "card",
                                                 "expires": "2026-13"}),
     "/payment_method/expires"),
    ("invoices/i1", but(INVOICE, pdf={"name": "a.pdf", "base64": "!!!!!!!!"}),
     "/pdf/base64"),
    ("invoices/i1", but(INVOICE, pdf={"name": "a.pdf",
                                      "base64": "AAAAAAAAAAAA"}),
     "/pdf/base64"),
    ("invoices/i1", but(INVOICE, pdf={"name": "../a.pdf",
                                      "base64": "JVBERi0xLjQK"}), "/pdf/name"),
    # of events and notices
    ("events", but(EVENT, id=...), "/id"),
    ("events", but(EVENT, type="payment.lost"), "/type"),
    ("events", but(EVENT, at="yesterday"), "/at"),
    ("events", but(EVENT, customer="nobody"), "/customer"),
    ("events", but(EVENT, type="payment.received", data=...), "/data"),
    ("events", but(EVENT, type="payment.received", data={"amount": 5}),
     "/data/amount"),
    ("events", but(EVENT, type="payment.received", invoice="i9",
                   data={"amount": "5"}), "/data/balance"),
    ("events", but(EVENT, type="payment.received", invoice="nobody",
                   data={"amount": "5", "balance": "1"}), "/invoice"),
    ("notices", {"template": "nobody", "customer": "c1"}, "/template"),
    ("notices", {"template": "receipt", "customer": "nobody"}, "/customer"),
    ("notices", {"template": "receipt", "customer": "c1", "to": "x"}, "/to"),
    ("notices", {"template": "receipt", "customer": "c1",
                 "not_after": "2020-01-01T00:00:00Z"}, "/not_after"),
    ("notices", {"template": "receipt", "customer": "c1",
                 "attachments": []}, "/attachments"),
    # of others
    ("gate", {"action": "explode", "customer": "c1"}, "/action"),
    ("gate", {"action": "suspend"}, "/service"),
    ("keys", {"name": "x", "scopes": ["root"]}, "/scopes/0"),
    ("keys", {"name": "x", "scopes": []}, "/scopes"),
    ("queue/hold", {}, "/mref"),
    ("queue/hold", {"all": True, "domain": "x.example"}, "/mref"),
    ("queue/hold", {"mref": "abc"}, "/mref"),
    ("customers/c1/area-link", {"ttl_s": 5}, "/ttl_s"),
]


@test("what is refused is named by its JSON pointer, and nothing half done")
def _(t):
    a = served(t)
    posts = ("events", "notices", "gate", "keys", "queue/hold",
             "customers/c1/area-link")
    before = a.ok(a.get("customers/c1"))
    for path, body, pointer in BAD:
        r = a.call("POST" if path in posts else "PUT", path, body)
        why = "%s %s: %s" % (path, body, r.body)
        t.eq(r.status, 422, why)
        t.eq(r.body["errors"][0]["pointer"], pointer, why)
        t.ok(r.body["errors"][0]["detail"], why)
        t.eq(r.headers["content-type"], "application/problem+json")
    t.eq(a.ok(a.get("customers/c1")), before)
    t.eq(a.get("invoices/i1").status, 404)
    t.eq(a.ok(a.get("plan?customer=c1"))["items"], [])


@test("what is malformed: 400, 413, 415")
def _(t):
    a = served(t)
    for body in (b"", b"{", b"{} {}", b'{"name": "a", "name": "b"}',
                 b'{"name": "\xff"}', b'{"name": "\\u0000"}', b"[" * 200,
                 b"null", b'"x"', b"{" * 100000):
        t.eq(a.put("customers/c1", body).status, 400, body[:40])
    t.eq(a.put("customers/c1", b'{"name": "%s"}' % (b"x" * 300000)).status,
         413)
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        t.eq(a.put("customers/c1", CUSTOMER,
                   headers={"Content-Type": kind}).status, 415)
    t.eq(a.put("customers/c1", CUSTOMER, headers={
        "Content-Type": "application/json; charset=utf-8"}).status, 200)
    for path in ("messages?limit=0", "messages?limit=501", "messages?limit=x",
                 "messages?cursor=zzz", "messages?state=lost", "plan",
                 "plan?customer=c1&invoice=i1", "stats?from=yesterday",
                 "stats?by=year", "gate?action=suspend",
                 "messages?custmer=c1", "customers/c1?limit=1"):
        t.eq(a.get(path).status, 400, path)


@test("what is not there: 404; what is not built has no route")
def _(t):
    a = served(t)
    ref = "0" * 32
    for path in ("customers/nobody", "customers/nobody/log",
                 "services/nobody", "invoices/nobody", "notices/" + ref,
                 "notices/xyz", "messages/" + ref, "messages/XYZ",
                 "messages/%s/events" % ref, "messages/%s/content" % ref,
                 "queue/" + ref, "plan?customer=nobody", "plan?invoice=nobody",
                 "gate?action=suspend&service=nobody"):
        t.eq(a.get(path).status, 404, path)
    t.eq(a.put("customers/nobody/hold", {"reason": "x"}).status, 404)
    t.eq(a.call("DELETE", "suppressions/a@x.example").status, 404)
    for method, path in (("POST", "reconcile"), ("PUT", "webhooks/w1"),
                         ("GET", "ledger/checkpoint"),
                         ("GET", "messages/%s/evidence" % ref),
                         ("GET", "messages/%s/certificate" % ref),
                         ("PUT", "messages/%s/legal-hold" % ref),
                         ("POST", "gate/gate-1/override"),
                         ("POST", "customers/c1/erase"),
                         ("POST", "templates/receipt/preview")):
        t.eq(a.call(method, path, {}).status, 404, path)
    t.eq(a.call("PATCH", "customers/c1", {}).status, 405)


@test("an Idempotency-Key makes a POST once; it stands for one request alone")
def _(t):
    a = served(t)
    ask = {"template": "receipt", "customer": "c1"}
    head = {"Idempotency-Key": "k-1"}
    first = a.post("notices", ask, headers=head)
    t.eq(first.status, 202)
    again = a.post("notices", {"customer": "c1", "template": "receipt"},
                   headers=head)
    t.eq((again.status, again.body), (first.status, first.body))
    t.eq(a.post("notices", but(ask, to="b@x.example"), headers=head).status,
         422)
    t.eq(a.post("events", EVENT, headers=head).status, 422)
    other = a.post("notices", ask, headers={"Idempotency-Key": "k-2"})
    t.ok(other.body["id"] != first.body["id"], "another key, another notice")
    free = a.post("notices", ask)
    t.ok(free.body["id"] not in (first.body["id"], other.body["id"]), "")
    t.eq(len(a.ok(a.get("plan?customer=c1"))["items"]), 3)
    bad = a.post("notices", but(ask, to="x"), headers={
        "Idempotency-Key": "k-3"})
    t.eq(bad.status, 422)
    t.eq(a.post("notices", ask, headers={"Idempotency-Key": "k-3"}).status,
         202, "a refusal is not kept")
    t.eq(a.post("notices", ask, headers={"Idempotency-Key": "x" * 201}).status,
         400)
    a.kill()
    a.start()
    t.eq(a.post("notices", ask, headers=head).body, first.body)


@test("a customer's PUT answers what was put, and undoes no hold")
def _(t):
    a = Acuse(t)
    put = {"name": "Ana Pérez", "locale": "es_AR",
           "time_zone": "America/Argentina/Buenos_Aires", "brand": "default",
           "contacts": [{"id": "k1", "role": "billing",
                         "email": "ana@cliente.example",
                         "phone": "+5491100000000", "source": "signup form",
                         "since": "2024-03-02",
                         "confirmed_at": "2024-03-02T14:00:00Z"}],
           "groups": ["resellers"], "rev": 7}
    t.eq(a.put("customers/c1", put).status, 201)
    got = a.ok(a.get("customers/c1"))
    t.eq({k: got[k] for k in put}, put)
    held = a.ok(a.put("customers/c1/hold", {"reason": "court"}))
    t.eq(held["hold"], {"until": None, "reason": "court"})
    t.eq(a.put("customers/c1", but(put, rev=8)).status, 200)
    t.eq(a.ok(a.get("customers/c1"))["hold"],
         {"until": None, "reason": "court"})
    t.eq(a.put("customers/c1", put).status, 409, "a lower rev is stale")
    t.eq(a.put("customers/c1/hold", {"until": "2020-01-01T00:00:00Z"}).status,
         422)
    t.eq(a.put("customers/c1/hold", b"null").status, 200)
    t.eq(a.ok(a.get("customers/c1"))["hold"], None)


@test("an invoice's GET answers what was put; its PDF is kept apart")
def _(t):
    a = served(t)
    put = but(INVOICE, balance="345.67", issued_on="2026-11-06",
              pay_url="https://billing.example/pay/1?a=1&b=2",
              payment_method={"kind": "card", "label": "Visa 4242",
                              "expires": "2026-12"},
              lines=[{"service": "s1", "description": "Hosting \"Pro\" <&>",
                      "quantity": "1", "amount": "12345.67",
                      "from": "2026-11-21", "to": "2026-12-20"}])
    a.ok(a.put("invoices/i1", but(put, pdf={
        "name": "PF-1.pdf", "base64": "JVBERi0xLjQK"})))
    got = a.ok(a.get("invoices/i1"))
    t.eq({k: got[k] for k in put}, put)
    t.eq(got["pdf"], {"name": "PF-1.pdf"})
    t.eq([x["act"] for x in got["acts"]],
         ["suspend", "suspend_all", "terminate"])


@test("lists come in pages that neither repeat nor miss")
def _(t):
    a = served(t)
    wanted = set()
    for k in range(7):
        made = a.ok(a.post("notices", {"template": "receipt",
                                       "customer": "c1"}))
        a.ok(a.post("notices/%s/send-now" % made["id"]))
        wanted.add(made["id"])
    for path, key in (("customers/c1/log", "id"), ("messages", "mref")):
        seen, cursor = [], ""
        while True:
            page = a.ok(a.get("%s?limit=2%s" % (path, cursor)))
            seen += [x[key] for x in page["items"]]
            if page["next"] is None:
                break
            cursor = "&cursor=" + page["next"]
        t.eq(len(seen), len(set(seen)), path)
        t.eq(len(seen), 7, path)
    mails = a.ok(a.get("messages?customer=c1&email=ana@x.example"
                       "&state=queued"))["items"]
    t.eq(len(mails), 7)
    t.eq(a.ok(a.get("messages?email=b@x.example"))["items"], [])
    times = [m["created_at"] for m in mails]
    # a whole second is told without its fraction
    t.eq(times, sorted(times, key=lambda x: x.rstrip("Z"), reverse=True),
         "newest first")
    events = a.ok(a.get("messages/%s/events" % mails[0]["mref"]))["items"]
    t.eq([e["type"] for e in events], ["message.created"])


@test("the log tells what was not sent, and why, with each event")
def _(t):
    a = served(t)
    notices = a.ok(a.put("invoices/i1", INVOICE))["notices"]
    a.ok(a.post("notices/%s/hold" % notices[0]["id"], {"reason": "asked"}))
    a.ok(a.put("invoices/i1", but(INVOICE, rev=2, status="paid")))
    log = a.ok(a.get("customers/c1/log?limit=500"))["items"]
    t.eq(len(log), len(notices))
    for n in log:
        t.eq((n["state"], n["reason"], n["sent"]),
             ("cancelled", "paid", False))
        t.eq(n["events"][-1]["type"], "notice.cancelled")
        t.eq(n["events"][-1]["data"]["reason"], "paid")
        t.ok(n["events"][-1]["title"], "an event has a title")
    held = [n for n in log if n["id"] == notices[0]["id"]][0]["events"]
    t.eq([e["type"] for e in held], ["notice.held", "notice.cancelled"])
    t.eq(held[0]["data"]["by"], "first", "the key's name is in the event")
    stats = a.ok(a.get("stats"))
    t.eq(stats["stopped_by_payment"], len(notices))
    t.eq(stats["cancelled"], {"paid": len(notices)})


@test("the gate says no until its proof is there; a look leaves no event")
def _(t):
    a = served(t)
    a.ok(a.put("services/s1", {"customer": "c1", "name": "x"}))
    a.ok(a.put("invoices/i1", but(INVOICE, lines=[
        {"service": "s1", "description": "x", "amount": "12345.67"}])))

    def leaves():
        return re.search(rb"acuse_ledger_leaves (\d+)",
                         a.get("/metrics").body).group(1)
    before = leaves()
    look = a.ok(a.get("gate?action=suspend&service=s1"))
    t.eq((look["allow"], look["missing"]), (False, ["pre-suspension"]))
    t.eq(leaves(), before)
    asked = a.ok(a.post("gate", {"action": "suspend", "service": "s1"}))
    t.eq(sorted(asked), sorted(list(look) + ["id"]))
    t.ok(leaves() != before, "an event that can be cited")
    owed = a.ok(a.post("gate", {"action": "terminate", "customer": "c1",
                                "invoice": "i1"}))
    t.eq(owed["allow"], False)
    a.ok(a.put("invoices/i1", but(INVOICE, rev=2, status="paid")))
    t.eq(a.ok(a.get("gate?action=suspend&customer=c1"))["reason"], "not_owed")


@test("the area link is the brand's, and expires when it says")
def _(t):
    a = served(t)
    link = a.ok(a.post("customers/c1/area-link", {"ttl_s": 3600}))
    m = re.match(r"https://notices\.host\.example/area/([\w-]{52})/(\d+)$",
                 link["url"])
    t.ok(m, link["url"])
    expires = datetime.datetime.strptime(link["expires_at"],
                                         "%Y-%m-%dT%H:%M:%SZ")
    t.eq(int(m.group(2)),
         int(expires.replace(tzinfo=datetime.timezone.utc).timestamp()))


@test("the OpenAPI document is the one in docs/, and all its paths answer")
def _(t):
    a = served(t)
    text = a.ok(a.get("openapi.yaml")).decode()
    with open(os.path.join(os.environ.get("SRC_DIR", "."), "docs",
                           "openapi.yaml")) as f:
        kept = f.read()
    t.ok(text == kept, "docs/openapi.yaml is out of date: UPDATE=1 and the "
         "unit test of api/openapi write it anew")
    path, tried = None, 0
    for line in text.split("components:")[0].splitlines():
        m = re.match(r"  (/\S*):$", line)
        path = m.group(1) if m else path
        m = re.match(r"    (get|put|post|delete):$", line)
        if not m or not path:
            continue
        r = a.call(m.group(1).upper(), re.sub(r"\{\w+\}", "x1", path), b"[]"
                   if m.group(1) in ("put", "post") else None,
                   headers={"Content-Type": "application/x-ndjson"}
                   if path.endswith("/batch") else {})
        t.ok(r.status not in (405, 500), "%s %s" % (m.group(1), path))
        tried += 1
    t.ok(tried > 40, "%d calls" % tried)


run()
