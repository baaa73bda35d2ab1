"""The portal's pages in a real browser (pages.js, over tools/portaltest)."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "integration"))
from harness import Failed, Process, run, test  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("ACUSE", "build/release/acuse")
BUILD = os.environ.get("BUILD_DIR", "build/release")
MODULES = os.path.join(BUILD, "..", "web", "node_modules")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
LOOKED_AT = ("area-es", "area-it", "answer-es", "answer-it", "answer-en",
             "leave-es", "leave-it", "expired-es", "revoked-it", "view-es",
             "text-it")
LONG = ("area-long", "answer-long", "leave-long", "revoked-long", "text-long",
        "expired-long")
WORD = "W" * 70
NUMBER = "PF-1042-" + "9" * 40
LONG_DATA = {
    "brand": {"title": WORD, "logo_url": "", "postal_address": WORD,
              "tax_id": WORD},
    "customer": {"name": WORD},
    "invoices": [{"number": NUMBER, "total": "12345.67", "balance": "12345.67",
                  "lines": [{"description": WORD, "quantity": "1",
                             "amount": "12345.67"}]}],
    "services": [{"name": WORD, "product": WORD}],
    "service": {"name": WORD, "product": WORD},
    "event": {"name": WORD, "label": WORD, "reason": WORD, "payment": WORD},
    "payment_method": {"label": WORD},
}
STRANGERS = ("home=/", "bad-link=/a/x", "bad-click=/c/x/y")
THANKED = {"es": "Gracias, quedó registrado", "it": "Grazie, risposta registrata",
           "en": "Thank you, it is on record"}
WITHDRAWN = {"es": "Hecho", "it": "Fatto"}


class Portal(Process):
    """Pages over a store that has an entry of every kind."""

    def __init__(self, t, **options):
        os.mkdir(t.path("portal"))
        argv = [os.path.join(BUILD, "portaltest"), t.path("portal")]
        super().__init__(t, argv + ["%s=%s" % x for x in options.items()],
                         "portaltest")
        self.links = {}
        for line in self.proc.stdout:
            name, value = line.decode().split()
            if name == "ready":
                self.origin = "http://127.0.0.1:" + value
                t.on_end(self.stop)
                return
            self.links[name] = value
        self.kill()
        raise Failed("portaltest did not start: " + self.stderr())


def browse(portal, names=LOOKED_AT):
    return look(portal.origin, *["%s=%s" % (n, portal.links[n])
                                 for n in names], *STRANGERS)


def look(origin, *pages):
    """What pages.js reports."""
    shots = os.environ.get("SHOTS", "-")
    done = subprocess.run(
        ["node", os.path.join(HERE, "pages.js"), origin, shots, *pages],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=300, env=dict(
            os.environ, NODE_PATH=os.path.abspath(MODULES),
            CHROMIUM=CHROMIUM))
    text = done.stdout.decode()
    if done.returncode:
        raise Failed("pages.js ended with %d:\n%s" % (done.returncode, text))
    return [json.loads(x) for x in text.splitlines()]


def has_no_problem(t, said):
    problems = [x for x in said if "problem" in x]
    t.ok(not problems, "\n".join(json.dumps(x) for x in problems[:20]))


def judge(t, said):
    has_no_problem(t, said)
    answered = [x for x in said if "answered" in x]
    want = {("answer-" + lang, says): title for lang, title in THANKED.items()
            for says in ("received", "paid", "wrong", "not_me")}
    want["answer-en", "keyboard"] = THANKED["en"]
    want.update((("leave-" + lang, "withdraw"), title)
                for lang, title in WITHDRAWN.items())
    t.eq({(x["page"], x["says"]): x["answered"] for x in answered}, want)


@test("pages can be read, reached by keyboard, and run nothing")
def _(t):
    judge(t, browse(Portal(t)))


@test("words without a space in them push no page sideways on a phone")
def _(t):
    has_no_problem(t, browse(Portal(t, title=WORD), LONG))


def template(*argv):
    return subprocess.run([PROGRAM, "template", *argv], check=True,
                          stdout=subprocess.PIPE, timeout=60).stdout.decode()


@test("nor any mail")
def _(t):
    data = t.write("long.json", json.dumps(LONG_DATA))
    pages = []
    for mail in (x.split()[0] for x in template("list").splitlines()):
        out = t.path(mail)
        template("preview", mail, "--locale", "es_AR", "--data", data,
                 "--output", out)
        pages.append("mail-%s=%s" % (mail, os.path.join(
            os.path.abspath(out), "mail.html")))
    t.ok(len(pages) > 20, pages)
    has_no_problem(t, look("file://", *pages))


def bad_colors(t):
    for color in ("#ffe600", "#ffffff", "#000000"):
        portal = Portal(t, color=color)
        judge(t, browse(portal))
        portal.stop()
        shutil.rmtree(t.path("portal"))


if os.environ.get("ACUSE_SLOW"):
    test("a brand's colour that is hard to read on stays readable")(bad_colors)
for needed, there in (
        ("node", shutil.which("node")), ("chromium", CHROMIUM),
        ("`make web-deps`", os.path.isdir(MODULES))):
    if not there:
        print("1..0 # SKIP there is no " + needed)
        sys.exit(0)
run()
