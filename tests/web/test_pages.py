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
BUILD = os.environ.get("BUILD_DIR", "build/release")
MODULES = os.path.join(BUILD, "..", "web", "node_modules")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
LOOKED_AT = ("area-es", "area-it", "answer-es", "answer-it", "answer-en",
             "leave-es", "leave-it", "expired-es", "revoked-it", "view-es",
             "text-it")
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


def browse(portal, shots="-"):
    """What pages.js reports."""
    pages = ["%s=%s" % (n, portal.links[n]) for n in LOOKED_AT]
    done = subprocess.run(
        ["node", os.path.join(HERE, "pages.js"), portal.origin, shots,
         *pages, *STRANGERS], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=300, env=dict(
            os.environ, NODE_PATH=os.path.abspath(MODULES),
            CHROMIUM=CHROMIUM))
    text = done.stdout.decode()
    if done.returncode:
        raise Failed("pages.js ended with %d:\n%s" % (done.returncode, text))
    return [json.loads(x) for x in text.splitlines()]


def judge(t, said):
    problems = [x for x in said if "problem" in x]
    t.ok(not problems, "\n".join(json.dumps(x) for x in problems[:20]))
    answered = [x for x in said if "answered" in x]
    want = {("answer-" + lang, says): title for lang, title in THANKED.items()
            for says in ("received", "paid", "wrong", "not_me")}
    want["answer-en", "keyboard"] = THANKED["en"]
    want.update((("leave-" + lang, "withdraw"), title)
                for lang, title in WITHDRAWN.items())
    t.eq({(x["page"], x["says"]): x["answered"] for x in answered}, want)


@test("pages can be read, reached by keyboard, and run nothing")
def _(t):
    judge(t, browse(Portal(t), os.environ.get("SHOTS", "-")))


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
