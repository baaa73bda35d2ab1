"""What billing hears of by itself: the feed of events, from billing's side."""

import json
import os
import re
import sqlite3
import subprocess

from acuse import PROGRAM, Acuse
from harness import run, test, wait_for
from portal import World, day

ANSWERS = "message.objected,message.answered"
CONTACT = {"name": "Ana", "contacts": [
    {"id": "k1", "role": "billing", "email": "ana@x.example"}]}


def poll(a, after=0, **query):
    return a.ok(a.get("events?after=%d" % after + "".join(
        "&%s=%s" % x for x in query.items())), 200)


def ledger(a):
    db = sqlite3.connect(os.path.join(a.state, "acuse.db"))
    rows = db.execute("SELECT count(*) FROM events").fetchone()[0]
    db.close()
    return rows


@test("billing hears that somebody says they paid, with all of it, once")
def _(t):
    w = World(t)
    a = w.acuse
    before = poll(a, type=ANSWERS)
    t.eq((before["events"], before["more"]), ([], False))
    t.eq(a.get("invoices/i1").body["objection"], None)
    t.eq(a.get("customers/c1").body["objections"], [])
    page = w.post(w.links["a"], {
        "answer": "paid", "paid_on": day(-2), "paid_by": "transferencia",
        "reference": "TR-77 \"ñ\""})
    t.eq(page.status, 200)
    after = poll(a, before["next"], type=ANSWERS)
    t.eq(len(after["events"]), 1)
    told = after["events"][0]
    t.eq((told["type"], told["mref"], told["customer"], told["invoices"]),
         ("message.objected", w.mref, "c1", ["i1"]))
    t.eq((told["data"]["answer"], told["data"]["paid_on"],
          told["data"]["paid_by"], told["data"]["reference"]),
         ("paid", day(-2), "transferencia", "TR-77 \"ñ\""))
    t.eq([x["invoice"] for x in told["data"]["holds"]], ["i1"])
    t.eq(told["data"], w.events("message.objected")[0]["data"])
    again = poll(a, after["next"], type=ANSWERS)
    t.eq((again["events"], again["next"]), ([], after["next"]))

    held = a.get("invoices/i1").body["objection"]
    t.eq(held, {"answer": "paid", "at": told["at"], "mref": w.mref,
                "until": told["data"]["holds"][0]["until"]})
    t.eq(a.get("customers/c1").body["objections"],
         [dict(held, invoice="i1")])
    metrics = a.get("/metrics").body.decode()
    t.ok('acuse_answers{answer="paid"} 1\n' in metrics, metrics)
    t.ok('acuse_answers{answer="wrong"} 0\n' in metrics, metrics)


@test("the command line shows answers, as lines that a terminal may show")
def _(t):
    w = World(t)
    a = w.acuse

    def shown(*argv):
        return subprocess.run(
            [PROGRAM, "answers", *argv, "--state", a.state, "--config",
             a.config], stdout=subprocess.PIPE, check=True,
            text=True).stdout.splitlines()
    t.eq(w.post(w.links["a"], {
        "answer": "wrong", "text": "not\n\u009b2J mine"}).status, 200)
    lines = shown()
    t.eq(len(lines), 2, repr(lines))
    t.ok("  c1  i1  %s  wrong: not" % w.mref in lines[0], lines[0])
    t.ok("\u009b" not in lines[0], lines[0])
    after = re.search(r"acuse answers (\d+) ", lines[1]).group(1)
    t.eq(len(shown(after)), 1, "told before")
    t.eq(json.loads("".join(shown("--json")))["events"][0]["mref"], w.mref)


@test("the first objection is what holds; a receipt holds nothing")
def _(t):
    w = World(t)
    a = w.acuse
    t.eq(w.post(w.links["a"], {"answer": "received"}).status, 200)
    t.eq(a.get("invoices/i1").body["objection"], None)
    for answer in ("wrong", "not_me"):
        t.eq(w.post(w.links["a"], {"answer": answer,
                                   "text": "x"}).status, 200)
    t.eq([x["data"]["answer"] for x in poll(a, type="message.*")["events"]
          if x["type"] in ANSWERS], ["received", "wrong", "not_me"])
    t.eq(a.get("invoices/i1").body["objection"]["answer"], "wrong")
    w.invoice("i1", "PF-1042", 12, status="paid", rev=2, balance="0.00")
    t.eq(a.get("customers/c1").body["objections"], [], "it is settled")


@test("pages leave nothing out and tell nothing twice, of any types")
def _(t):
    w = World(t)
    a = w.acuse
    for i in range(7):
        w.invoice("i%d" % (i + 2), "PF-%d" % i, 20 + i)
    wait_for(lambda: poll(a)["more"] is False, what="the end")
    n = ledger(a)
    seen, after, more = [], 0, True
    while more:
        part = poll(a, after, limit=3)
        t.ok(len(part["events"]) <= 3 and part["next"] > after, repr(part))
        seen += part["events"]
        after, more = part["next"], part["more"]
    t.eq([x["index"] for x in seen][:n], list(range(n)))
    t.eq(a.ok(a.get("events"))["events"][:n], seen[:n])
    plans = poll(a, limit=1, type="invoice.planned")
    t.eq(plans["events"][0]["invoices"], ["i1"])
    t.eq(plans["next"], plans["events"][0]["index"] + 1)
    notices = poll(a, type="notice.*")["events"]
    t.eq({x["type"].split(".")[0] for x in notices}, {"notice"})
    t.eq({(len(x["notice"]), x["customer"]) for x in notices}, {(32, "c1")})


@test("a poll passes over so many events of others, and says where it is")
def _(t):
    a = Acuse(t)
    a.ok(a.put("customers/c1", CONTACT))
    lines = 10100
    got = a.batch([{"put": "customer", "id": "c1", "body": {
        "name": "Ana", "contacts": [dict(
            CONTACT["contacts"][0], email="a%d@x.example" % i)]}}
        for i in range(lines)])
    t.eq({x["status"] for x in got.values()}, {200})
    n = ledger(a)
    t.ok(n > 10000, "only %d events" % n)
    part = poll(a, type=ANSWERS)
    t.eq((part["events"], part["next"], part["more"]), ([], 10000, True))
    part = poll(a, part["next"], type=ANSWERS)
    t.eq((part["events"], part["next"], part["more"]), ([], n, False))
    t.eq(len(poll(a, limit=1000)["events"]), 1000)


@test("what was erased is told without its data")
def _(t):
    w = World(t)
    a = w.acuse
    t.eq(w.post(w.links["a"], {"answer": "wrong", "text": "x"}).status, 200)
    a.stop()
    db = sqlite3.connect(os.path.join(a.state, "acuse.db"))
    db.execute("UPDATE events SET salt = NULL, payload = NULL")
    db.commit()
    db.close()
    a.start()
    told = poll(a, type=ANSWERS)["events"]
    t.eq([(x["type"], x["mref"], x["data"]) for x in told],
         [("message.objected", w.mref, None)])
    held = a.get("invoices/i1").body["objection"]
    t.eq((held["answer"], held["at"], held["mref"]), (None, None, None))
    t.ok(held["until"], "the acts are held all the same")
    t.eq(a.get("events").status, 200)


@test("what is asked wrongly is refused, and keys are for administrators")
def _(t):
    a = Acuse(t)
    a.ok(a.post("token-keys", {"brand": "default"}), 201)
    for query, what in (("type=message.objektet", "message.objektet"),
                        ("type=", "no event"), ("type=*", "no event"),
                        ("type=message", "no event"),
                        ("type=message.objected,", "no event"),
                        ("type=.*", "no event"),
                        ("after=-1", "after"), ("after=x", "after"),
                        ("limit=0", "limit"), ("limit=1001", "limit"),
                        ("types=message.objected", "types")):
        answer = a.get("events?" + query)
        t.eq(answer.status, 400, query)
        t.eq(answer.headers["content-type"], "application/problem+json")
        t.ok(what in answer.body["detail"], repr(answer.body))
    answer = a.get("events?after=%d" % (ledger(a) + 1))
    t.eq(answer.status, 409, "another ledger's")
    read = a.ok(a.post("keys", {"name": "r", "scopes": ["read"]}), 201)["key"]
    send = a.ok(a.post("keys", {"name": "s", "scopes": ["send"]}), 201)["key"]
    t.eq(a.get("events", key=send).status, 403)
    t.eq(a.get("events?type=key.rotated", key=read).status, 403)
    t.eq(a.ok(a.get("events", key=read))["events"], [])
    t.eq([x["type"] for x in poll(a, type="key.*")["events"]],
         ["key.rotated"])


run()
