"""The keys that sign links: made, changed and revoked, while servers run."""

import base64
import email
import email.policy
import hashlib
import http.client
import json
import os
import re
import shutil

from acuse import PROGRAM
from harness import DEADLINE, Failed, Process, run, test, wait_for
from ledger import Ledger
from portal import World


def key_of(path):
    """The key's name in a link's token."""
    token = base64.urlsafe_b64decode(path.split("/")[2])
    return "token-" + token[1:5].hex()


def click_of(mail):
    html = mail.get_body(("html",)).get_content()
    return re.search(r"https://[^/\"]+(/c/[\w-]{52}/[\w-]+)", html).group(1)


def redirect_role(t, a, state=None):
    ports = t.path("redirect-ports")
    p = Process(t, [PROGRAM, "serve", "--role", "redirect", "--state",
                    state or a.state, "--config", a.config, "--ports-file",
                    ports], "redirect")
    t.on_end(p.stop)
    wait_for(lambda: os.path.exists(ports), what="the redirect role")
    with open(ports) as f:
        return int(f.read().split()[1])


def status_at(port, path):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    c.request("GET", path)
    r = c.getresponse()
    body = r.read().decode()
    c.close()
    return r.status, body


def events(a, name):
    ledger = Ledger(os.path.join(a.state, "acuse.db"))
    if ledger.faults:
        raise Failed(ledger.faults)
    return [payload for kind, payload in ledger.payloads if kind == name]


def said(t, a, code, *argv):
    got, text = a.run("key", "token", *argv)
    t.eq(got, code, text)
    return text


@test("a new key signs at once, wherever links are answered; old links go on")
def _(t):
    w = World(t)
    a = w.acuse
    old = click_of(w.notice())
    t.eq(key_of(old), "token-00010001")
    port = redirect_role(t, a)
    text = said(t, a, 0, "rotate", "--brand", "default")
    t.eq(text, "brand default: token-00010002 is active\n")
    new = click_of(w.notice())
    t.eq(key_of(new), "token-00010002")
    for path in old, new:
        t.eq(w.get(path).status, 302)
        wait_for(lambda: status_at(port, path)[0] == 302,
                 what="the redirect role knows the key")
    t.eq([(e["brand"], e["purpose"], e["key"], e["by"])
          for e in events(a, "key.rotated")],
         [("default", "links", "token-00010002", "socket")])


@test("a revoked key's links lead nowhere, wherever they are answered")
def _(t):
    w = World(t)
    a = w.acuse
    old = click_of(w.notice())
    port = redirect_role(t, a)
    t.ok("--yes" in said(t, a, 64, "revoke", "token-00010001"),
         "it asks")
    t.eq(w.get(old).status, 302, "not without --yes")
    text = said(t, a, 0, "revoke", "token-00010001", "--yes", "--json")
    t.eq(json.loads(text), {"key": "token-00010001", "brand": "default",
                            "state": "revoked", "in_force": True,
                            "waiting": 0})
    page = w.get(old)
    t.ok(page.status != 302 and "billing.example" in page.text,
         "a page that names the host")
    wait_for(lambda: status_at(port, old)[0] != 302,
             what="the redirect role knows that it is revoked")
    new = click_of(w.notice())
    t.eq((key_of(new), w.get(new).status), ("token-00010002", 302),
         "the key in use was changed first, so that mail goes on")
    t.eq([e["key"] for e in events(a, "key.rotated")],
         ["token-00010002"])
    t.eq([e["key"] for e in events(a, "key.revoked")],
         ["token-00010001"])
    t.ok("revoked already" in said(t, a, 69, "revoke", "token-00010001",
                                   "--yes"), "once")


def waiting_at(t, rules, state):
    """A world whose one message waits in a state, and its mref."""
    w = World(t, send=False, rules=rules)
    a = w.acuse
    a.ok(a.post("notices", {"template": "reminder", "customer": "c1",
                            "invoice": "i1"}))

    def found():
        items = a.get("messages?customer=c1").body["items"]
        return [m for m in items if m["state"] == state]

    return w, wait_for(found, what="it to be " + state)[0]["mref"]


@test("mail that waits when its links' key is revoked is composed anew")
def _(t):
    w, mref = waiting_at(t, "match=* stage=dot "
                         'action=reply:"451 4.3.0 later" count=1', "deferred")
    a = w.acuse
    text = said(t, a, 0, "revoke", "token-00010001", "--yes")
    t.ok("\n1 message is queued with links of it" in text, text)
    a.ok(a.post("queue/retry", {"all": True}))
    wait_for(lambda: a.get("messages/" + mref).body["state"] == "accepted",
             what="it to be accepted")
    mail = w.mx.message(w.mx.wait_journal("message")[-1])
    link = click_of(email.message_from_bytes(
        mail, policy=email.policy.default))
    t.eq((key_of(link), w.get(link).status), ("token-00010002", 302))
    tries = [e for e in events(a, "message.attempted") if e["mref"] == mref]
    t.eq([e.get("anew") for e in tries], [None, "token-00010001 revoked"])
    t.eq(tries[1]["sha256"], hashlib.sha256(mail).hexdigest())
    t.eq(a.get("messages/%s/content" % mref).body, mail)


@test("what may have arrived with such links is held, with an alarm")
def _(t):
    w, mref = waiting_at(t, "match=* stage=dot action=drop count=1",
                         "uncertain")
    a = w.acuse
    said(t, a, 0, "revoke", "token-00010001", "--yes")
    a.ok(a.post("queue/retry", {"all": True}))
    m = wait_for(lambda: [m for m in [a.get("messages/" + mref).body]
                          if m["held"]], what="it to be held")[0]
    t.ok("token-00010001 was revoked" in m["reason"], m["reason"])
    t.ok([e for e in events(a, "alarm.raised") if e["mref"] == mref],
         "an alarm")


@test("a key is known elsewhere before it signs")
def _(t):
    w = World(t, send=False)
    a = w.acuse
    far = t.path("far")
    shutil.copytree(os.path.join(a.state, "keys"), os.path.join(far, "keys"))
    port = redirect_role(t, a, far)
    t.eq(said(t, a, 0, "next", "--brand", "default"),
         "brand default: token-00010002 is next\n")
    t.eq(key_of(click_of(w.notice())), "token-00010001", "it signs already")
    name = os.path.join("keys", "token-00010002")
    shutil.copy2(os.path.join(a.state, name), os.path.join(far, name))
    said(t, a, 0, "rotate", "--brand", "default")
    new = click_of(w.notice())
    t.eq((key_of(new), w.get(new).status), ("token-00010002", 302))
    wait_for(lambda: status_at(port, new)[0] == 302,
             what="the redirect role elsewhere knows it")
    t.eq([e["key"] for e in events(a, "key.rotated")], ["token-00010002"])


@test("keys are listed, and what is not one is refused")
def _(t):
    w = World(t, send=False)
    a = w.acuse
    said(t, a, 0, "rotate", "--brand", "default")
    t.eq(said(t, a, 0, "list").split("\n"),
         ["token-00010001  retired  default",
          "token-00010002  active   default", ""])
    items = json.loads(said(t, a, 0, "list", "--json"))["items"]
    t.eq([(i["state"], i["in_force"]) for i in items],
         [("retired", True), ("active", True)])
    t.ok("secret" not in json.dumps(items), items)
    for code, argv in ((64, ["rotate"]), (64, ["next"]), (65, ["rotate", "--brand", "none"]),
                       (64, ["revoke"]), (66, ["revoke", "token-1", "--yes"]),
                       (66, ["revoke", "token-00090001", "--yes"]),
                       (64, ["forget"]), (64, ["list", "all"])):
        said(t, a, code, *argv)
    t.eq(a.post("token-keys", {"brand": "none"}).body["errors"][0]["pointer"],
         "/brand")
    key = a.ok(a.post("keys", {"name": "whmcs", "scopes": ["send", "read"]}))
    for call in (a.get("token-keys", key=key["key"]),
                 a.post("token-keys", {"brand": "default"}, key=key["key"])):
        t.eq(call.status, 403)


@test("a key is changed while nothing serves; a broken one changes nothing")
def _(t):
    w = World(t)
    a = w.acuse
    path = os.path.join(a.state, "keys", "token-00010002")
    with open(t.path("broken"), "w") as f:
        f.write("broken\n")
    os.rename(t.path("broken"), path)  # whole at once, so that it is said once
    wait_for(lambda: "keys.refused" in a.process.stderr(),
             what="it is said")
    click = click_of(w.notice())
    t.eq(key_of(click), "token-00010001")
    a.stop()
    a.start()
    t.eq(w.get(click).status, 302, "who starts does without it")
    t.eq(status_at(redirect_role(t, a), click)[0], 302)
    t.eq(a.process.stderr().count("keys.refused"), 2, "and says so again")
    os.remove(path)
    a.stop()
    text = said(t, a, 0, "rotate", "--brand", "default")
    t.ok("token-00010002 is active" in text, text)
    a.start()
    t.eq(key_of(click_of(w.notice())), "token-00010002")
    t.eq(len(events(a, "key.rotated")), 1)


run()
