"""Batches: lines in order, each answered, none in the way of another, in
bounded memory, whatever the network does to them."""

import datetime
import json
import os
import socket
import struct

from acuse import Acuse
from harness import DEADLINE, run, test, wait_for

DUE = (datetime.date.today() + datetime.timedelta(days=40)).isoformat()


def customer(k):
    return {"put": "customer", "id": "c%d" % k, "body": {
        "name": "Customer %d" % k, "contacts": [
            {"id": "k1", "email": "c%d@x.example" % k}]}}


def invoice(k, **more):
    body = {"customer": "c%d" % k, "number": "N%d" % k, "status": "open",
            "currency": "EUR", "total": "10.00", "due_on": DUE, "rev": 1}
    body.update(more)
    return {"put": "invoice", "id": "i%d" % k, "body": body}


def rss_kb(a):
    with open("/proc/%d/status" % a.process.proc.pid) as f:
        for line in f:
            if line.startswith("RssAnon:"):
                return int(line.split()[1])


def head(a, more=""):
    return ("POST /v1/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            "Authorization: Bearer %s\r\n%s\r\n" % (a.key, more)).encode()


def connect(t, a):
    s = socket.create_connection(("127.0.0.1", a.ports["private"]),
                                 DEADLINE)
    t.on_end(s.close)
    return s


def rest(s):
    data = b""
    while True:
        more = s.recv(65536)
        if not more:
            return data
        data += more


@test("each line is answered by its number; a bad one stops nothing")
def _(t):
    a = Acuse(t)
    out = a.batch([
        customer(1),
        {"put": "service", "id": "s1",
         "body": {"customer": "c1", "name": "Hosting"}},
        invoice(1),
        b"nonsense",
        {"put": "invoice", "id": "i2", "body": {}},
        invoice(9),
        {"put": "nobody", "id": "x", "body": {}},
        {"put": "customer", "body": {"name": "x"}},
        {"post": "event", "id": "x", "body": {}},
        {"put": "customer", "post": "event", "id": "x", "body": {}},
        b"",
        {"post": "notice", "key": "n1",
         "body": {"template": "receipt", "customer": "c1"}},
        {"post": "event", "body": {
            "id": "e1", "type": "payment.received", "customer": "c1",
            "invoice": "i1", "at": "2026-11-01T10:00:00Z",
            "data": {"amount": "10.00", "balance": "0"}}},
        customer(1),
    ])
    t.eq({n: x["status"] for n, x in out.items()}, {
        1: 201, 2: 201, 3: 201, 4: 400, 5: 422, 6: 422, 7: 422, 8: 422,
        9: 422, 10: 422, 12: 202, 13: 202, 14: 200})
    t.eq(list(out), sorted(out), "in the order of the lines")
    t.eq(out[3]["id"], "i1")
    t.eq(out[13]["id"], "e1")
    t.eq(out[5]["problem"]["errors"][0]["pointer"], "/body/customer")
    t.eq(out[6]["problem"]["errors"][0]["pointer"], "/body/customer")
    t.eq(out[7]["problem"]["errors"][0]["pointer"], "/put")
    t.eq(out[8]["problem"]["errors"][0]["pointer"], "/id")
    t.eq(a.ok(a.get("invoices/i1"))["balance"], "0.00")


@test("a batch that is sent again does nothing again")
def _(t):
    a = Acuse(t)
    lines = [customer(1), invoice(1),
             {"post": "notice", "key": "n1",
              "body": {"template": "receipt", "customer": "c1"}},
             {"post": "event", "body": {
                 "id": "e1", "type": "credit.low", "customer": "c1",
                 "at": "2026-11-01T10:00:00Z", "data": {}}}]
    first = a.batch(lines)
    again = a.batch(lines)
    t.eq([x["id"] for x in again.values()], [x["id"] for x in first.values()])
    t.eq([x["status"] for x in again.values()], [200, 200, 202, 202])
    same = a.post("notices", {"customer": "c1", "template": "receipt"},
                  headers={"Idempotency-Key": "n1"})
    t.eq(same.body["id"], first[3]["id"], "the key counts in both ways")
    lines[2]["body"]["to"] = "b@x.example"
    t.eq(a.batch(lines)[3]["status"], 422)
    log = a.ok(a.get("customers/c1/log?limit=500"))["items"]
    t.eq(len([n for n in log if n["template"] == "receipt"]), 1)
    t.eq(len([n for n in log if n["template"] == "low-credit"]), 1)


@test("lines may come in any pieces, with CRLF, the last without an end")
def _(t):
    a = Acuse(t)
    body = b"\r\n".join(json.dumps(x).encode()
                        for x in [customer(k) for k in range(20)])
    for size in (1, 7, 1000):
        s = connect(t, a)
        s.sendall(head(a, "Transfer-Encoding: chunked\r\n"))
        for at in range(0, len(body), size):
            part = body[at:at + size]
            s.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        s.sendall(b"0\r\n\r\n")
        answer = rest(s)
        t.ok(b" 200 " in answer.split(b"\r\n")[0], str(answer[:200]))
        t.eq(answer.count(b'"line":'), 20)
        t.eq(answer.count(b'"problem"'), 0)
    t.eq(a.get("customers/c19").status, 200)


@test("an empty body is answered by nothing")
def _(t):
    a = Acuse(t)
    t.eq(a.batch_bytes(b""), {})
    t.eq(a.batch_bytes(b"\n\n\r\n"), {})


@test("twenty thousand lines go through in bounded memory")
def _(t):
    a = Acuse(t)
    a.batch([customer(k) for k in range(100)])
    before = rss_kb(a)
    peak = [before]
    lines = []
    for k in range(20000):
        lines.append(json.dumps(customer(k) if k % 2 else {
            "put": "customer", "id": "c%d" % k, "body": {"nome": "x" * 200}}))
    body = ("\n".join(lines)).encode()
    s = connect(t, a)
    s.sendall(head(a, "Content-Length: %d\r\n" % len(body)))
    for at in range(0, len(body), 65536):
        s.sendall(body[at:at + 65536])
        peak.append(rss_kb(a))
    answer = rest(s)
    peak.append(rss_kb(a))
    t.eq(answer.count(b'"status":422'), 10000)
    t.eq(answer.count(b'"status":20'), 10000)
    t.ok(len(answer) > 1 << 20, "answers past what is held in memory")
    numbers = [json.loads(x)["line"]
               for x in answer.split(b"\r\n\r\n", 1)[1].splitlines()
               if x.startswith(b"{")]
    t.eq(numbers, list(range(1, 20001)))
    if os.environ.get("MODE", "release") == "release":  # not a sanitizer's
        t.ok(max(peak) < before + 40000,
             "%s kB, from %d" % (max(peak), before))


@test("over a hundred thousand lines: the rest is not looked at, and said so")
def _(t):
    a = Acuse(t)
    body = b'{"put":1}\n' * 100003
    out = a.batch_bytes(body)
    t.eq(len(out), 100001)
    t.eq(out[100000]["status"], 422)
    t.ok("100,000" in out[100001]["problem"]["detail"],
         out[100001]["problem"])


@test("a line over its bound is refused alone")
def _(t):
    a = Acuse(t)
    long = json.dumps({"put": "customer", "id": "c2", "body": {
        "name": "x" * (3 << 20)}}).encode()
    out = a.batch([customer(1), long, customer(3)])
    t.eq({n: x["status"] for n, x in out.items()}, {1: 201, 2: 400, 3: 201})


@test("who goes away in the middle leaves what was whole, and no harm")
def _(t):
    a = Acuse(t)
    for k in range(30):
        s = socket.create_connection(("127.0.0.1", a.ports["private"]),
                                 DEADLINE)
        lines = b"".join(json.dumps(customer(100 * k + i)).encode() + b"\n"
                         for i in range(100))
        s.sendall(head(a, "Content-Length: 1000000\r\n") + lines +
                  b'{"put": "cust')
        s.close()
    wait_for(lambda: a.get("customers/c2999").status == 200,
             what="the last whole line")
    t.eq(a.get("/readyz").status, 200)


@test("stopping while batches come, and some of who sent them are gone")
def _(t):
    for k in range(2):
        a = Acuse(t, name="acuse%d" % k)
        body = b"".join(json.dumps(customer(i)).encode() + b"\n"
                        for i in range(2000))
        open_ones = []
        for i in range(6):
            s = connect(t, a)
            s.sendall(head(a, "Content-Length: %d\r\n" % (len(body) + 9)))
            s.sendall(body)
            if i % 2:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
                s.close()
            else:
                open_ones.append(s)
        a.stop()


@test("many batches at once keep each to its own order")
def _(t):
    import threading
    a = Acuse(t)
    failed = []

    def one(k):
        lines = []
        for i in range(40):
            n = 1000 * k + i
            lines += [customer(n), invoice(n),
                      invoice(n, rev=2, status="paid", balance="0")]
        out = a.batch(lines)
        bad = [x for x in out.values() if x["status"] >= 300]
        failed.extend(bad)
    threads = [threading.Thread(target=one, args=(k,)) for k in range(8)]
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    t.eq(failed, [])
    t.eq(a.ok(a.get("invoices/i7039"))["status"], "paid")


@test("a batch wants the scope and the type")
def _(t):
    a = Acuse(t)
    read = a.ok(a.post("keys", {"name": "r", "scopes": ["read"]}), 201)["key"]
    kind = {"Content-Type": "application/x-ndjson"}
    t.eq(a.post("batch", b"{}\n", headers=kind, key=read).status, 403)
    t.eq(a.post("batch", b"{}\n", headers={
        "Content-Type": "text/csv"}).status, 415)


run()
