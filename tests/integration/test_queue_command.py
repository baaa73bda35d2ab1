"""`acuse queue`: what an operator types, and what it says back."""

import json
import os
import pty
import subprocess

from acuse import Acuse, PROGRAM, sending
from harness import DEADLINE, run, test, wait_for


def served(t, domains=("x.example",), **kw):
    a = Acuse(t, **kw)
    for i, domain in enumerate(domains):
        a.ok(a.put("customers/c%d" % i, {"name": "C", "contacts": [
            {"id": "k1", "email": "c%d@%s" % (i, domain)}]}))
    return a


def ask(a, customer="c0"):
    made = a.ok(a.post("notices", {"template": "cancellation-received",
                                   "customer": customer}))
    if not made["messages"]:
        a.ok(a.post("notices/%s/send-now" % made["id"]))
        made = a.ok(a.get("notices/" + made["id"]))
    return made["messages"][0]["mref"]


def says(t, a, argv, code, *texts):
    got, said = a.run("queue", *argv)
    t.eq(got, code, "%s: %s" % (argv, said))
    for text in texts:
        t.ok(text in said, "%s says %r: %s" % (argv, text, said))
    return said


def state(a, mref):
    return a.ok(a.get("messages/" + mref))["state"]


@test("a brand is named by --brand, and held; its word alone is refused")
def _(t):
    a = served(t)
    mref = ask(a)
    says(t, a, ["hold", "default"], 64, "--brand default", "32 hex digits")
    t.eq(a.ok(a.get("queue"))["holds"], [])
    says(t, a, ["hold", "--brand", "nobody"], 65, "there is default")
    says(t, a, ["hold", "--brand", "default", "--reason", "bad import"], 0,
         "destinations that it changed: 1")
    said = says(t, a, ["list"], 0, "x.example", "brand default held by the command line",
                "since 20", ": bad import")
    t.ok("due now" not in said.lower().split("destination")[1], said)
    held, = a.ok(a.get("queue"))["holds"]
    t.eq((held["brand"], held["domain"], held["reason"]),
         ("default", None, "bad import"))
    says(t, a, ["resume", "--brand", "default"], 0, "resumed: 1")
    t.eq(a.ok(a.get("queue"))["items"][0]["held"], False)
    says(t, a, ["hold", "X.Example", "--brand", "default"], 0, ": 1")
    says(t, a, ["list", "x.example"], 0, "held for this brand by")
    says(t, a, ["resume", "x.example", "--brand", "default"], 0)
    says(t, a, ["hold", mref, "--brand", "default"], 64, "leave --brand out")
    says(t, a, ["hold", "X.Example."], 0)
    t.ok([h for h in a.ok(a.get("queue"))["holds"]
          if h["domain"] == "x.example"], "the same with the root's dot")


@test("what an option would not do is refused, not passed over")
def _(t):
    a = served(t)
    says(t, a, ["hold"], 64, "--brand NAME")
    says(t, a, ["pause", "--brand", "default"], 64, "hold")
    says(t, a, ["pause", "x.example"], 64, "hold")
    says(t, a, ["list", "--reason", "x"], 64, "--reason")
    for n in (0, 257, 5000):
        says(t, a, ["hold", "x.example", "--reason", "x" * n], 64,
             "--reason takes 1 to 256 bytes")
    says(t, a, ["hold", "all", "--yes"], 64, "--yes")
    t.eq(a.ok(a.get("queue"))["paused"], None)
    for domain in ("default", "*.example", "x..example", "u@x.example", "."):
        t.eq(a.post("queue/hold", {"domain": domain}).status, 422, domain)
    t.eq(a.post("queue/hold", {"brand": "nobody"}).status, 422)


@test("nothing changed for a message is an error that tells why")
def _(t):
    a = served(t)
    mref = ask(a)
    says(t, a, ["resume", mref], 69, "not held itself")
    says(t, a, ["hold", mref, "--reason", "a call"], 0, "held")
    says(t, a, ["hold", mref], 69, "held already")
    says(t, a, ["show", mref], 0, "No attempt yet: queued, held: by hand: a call")
    t.ok("a call" in json.dumps(a.ok(a.get("messages/%s/events" % mref))),
         "the reason is told")
    says(t, a, ["list"], 0, "held one by one: 1")
    says(t, a, ["resume", mref], 0, "resumed")
    says(t, a, ["cancel", mref], 0, "cancelled")
    says(t, a, ["cancel", mref], 69, "cancelled already")
    says(t, a, ["retry", "0" * 32], 66)


@test("what keeps a message is said when it is told to go now")
def _(t):
    r = t.receiver(rules='match=* stage=rcpt action=reply:"451 4.7.1 later"')
    a = served(t, **sending(r))
    mref = ask(a)
    wait_for(lambda: state(a, mref) == "deferred", what="a deferral")
    says(t, a, ["show", mref.upper()], 0, "451 4.7.1 later")
    says(t, a, ["pause", "--reason", "a look"], 0)
    says(t, a, ["retry", mref], 69, "all sending is paused: a look")
    says(t, a, ["retry", "x.example"], 0, "due now: 1",
         "nothing goes: all sending is paused: a look")
    says(t, a, ["resume"], 0)
    says(t, a, ["hold", "x.example"], 0)
    says(t, a, ["retry", mref], 69, "is held: resume that")
    says(t, a, ["retry", "all"], 0, "due now: 1",
         "nothing goes: x.example of brand default is held")
    says(t, a, ["resume", "nowhere.example"], 69, "no hold of that name")
    says(t, a, ["hold", "nowhere.example"], 0)
    says(t, a, ["resume", "nowhere.example"], 0, "The hold is lifted",
         "resumed: 0")
    says(t, a, ["resume", "x.example"], 0, "The hold is lifted")
    said = says(t, a, ["retry", mref], 0, "due now")
    t.ok("nothing goes" not in said, said)


@test("what may have arrived is said when it is cancelled")
def _(t):
    r = t.receiver(rules="match=* stage=dot action=drop")
    a = served(t, **sending(r))
    mrefs = [ask(a), ask(a)]
    for mref in mrefs:
        wait_for(lambda: state(a, mref) == "uncertain", what="a doubt")
    says(t, a, ["cancel", mrefs[0]], 0, "cancelled", "It may have arrived")
    says(t, a, ["cancel", "x.example"], 0, "cancelled: 1",
         "may have arrived, since", ": 1")


@test("cancelling all, or a brand, asks first and says how many")
def _(t):
    a = served(t, ("x.example", "y.example"))
    mrefs = [ask(a), ask(a), ask(a, "c1")]
    says(t, a, ["cancel", "all"], 64, "cancel 3 messages", "--yes")
    says(t, a, ["cancel", "--brand", "default"], 64, "3 messages")

    def typed(word):
        master, slave = pty.openpty()
        p = subprocess.Popen([PROGRAM, "queue", "cancel", "all", "--state",
                              a.state, "--config", a.config], stdin=slave,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.write(master, word)
        said = p.communicate(timeout=DEADLINE)[0].decode()
        os.close(slave)
        os.close(master)
        return p.returncode, said
    code, said = typed(b"no\n")
    t.ok(code == 69 and "Cancel 3 messages" in said, said)
    t.eq([state(a, m) for m in mrefs], ["queued"] * 3)
    says(t, a, ["cancel", "y.example"], 0, "cancelled: 1")
    code, said = typed(b"yes\n")
    t.ok(code == 0 and "cancelled: 2" in said, said)
    t.eq([state(a, m) for m in mrefs], ["cancelled"] * 3)
    says(t, a, ["cancel", "all", "--yes"], 0, "cancelled: 0")


@test("the list says in words why each destination waits")
def _(t):
    r = t.receiver(rules='match=*@x.example stage=rcpt '
                   'action=reply:"451 4.7.1 later"')
    a = served(t, ("x.example", "y.example", "z.example"), **sending(r))
    says(t, a, ["list"], 0, "Sending is on", "Nothing waits")
    says(t, a, ["hold", "z.example", "--reason", "moving"], 0)
    says(t, a, ["list"], 0, "No mail yet", "z.example held by", "moving")
    deferred, _, _ = ask(a), ask(a, "c1"), ask(a, "c2")
    wait_for(lambda: state(a, deferred) == "deferred", what="a deferral")
    # y.example has no exchanger that can be found
    wait_for(lambda: "resting" in [x["state"] for x in
                                   a.ok(a.get("queue"))["items"]],
             what="a destination that rests")
    said = says(t, a, ["list"], 0, "tried again at 20", "rests until 20",
                "held by")
    t.ok("no way to it was found" in said or "can be reached" in said, said)
    says(t, a, ["pause", "--reason", "stop"], 0, "Sending is paused by the")
    says(t, a, ["list"], 0, "Sending is paused by", "since 20", ": stop",
         "acuse queue resume")
    shown = json.loads(says(t, a, ["list", "--json"], 0))
    t.eq(len(shown["items"]), 3)
    t.eq(shown["next"], None)
    says(t, a, ["resume"], 0, "Sending is on")


run()
