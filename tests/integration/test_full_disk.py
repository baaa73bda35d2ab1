"""A server that starts on a full disk: links lead on, the rest waits."""

import fcntl
import http.client
import os
import resource

from harness import DEADLINE, run, test, wait_for
from mailed import fill, mailed, on_small_disk
from tokens import Keys


def ask(a, path, which="public", method="GET", body=None):
    c = http.client.HTTPConnection("127.0.0.1", a.ports[which],
                                   timeout=DEADLINE)
    c.request(method, path, body, {"User-Agent": "a phone",
                                   "Accept-Language": "es"})
    r = c.getresponse()
    r.body = r.read().decode("utf-8", "replace")
    c.close()
    return r


def links_lead_on(t, a, click, pixel):
    r = ask(a, click)
    t.eq(r.status, 302, r.body)
    t.ok("pay.hosting.example" in r.getheader("Location"), r.headers)
    t.eq(ask(a, pixel).getheader("Content-Type"), "image/gif")


def waits(t, a, click, pixel):
    """What holds while there is no room."""
    links_lead_on(t, a, click, pixel)
    keys, ref = Keys(a.state), "0" * 32
    page = ask(a, "/u/" + keys.token("leave", ref))
    t.eq((page.status, page.getheader("Retry-After")), (503, "120"))
    t.ok("Volvemos en unos minutos" in page.body, page.body)
    page = ask(a, "/a/" + keys.token("answer", ref), method="POST",
               body="answer=received")
    t.eq(page.status, 503)
    t.ok("Su respuesta no se guardó" in page.body, page.body)
    for path in ("/a/" + "a" * 52, "/a/" + keys.token("leave", ref), "/m/x/y",
                 "/area/%s/1" % keys.token("area", ref)):
        page = ask(a, path)
        t.eq(page.status, 404, path)
        t.ok("Este enlace no es válido" in page.body, page.body)
    t.eq(ask(a, "/robots.txt").status, 200)
    page = ask(a, "/")
    t.eq((page.status, page.getheader("Retry-After")), (200, None))
    t.ok("Para denunciar un abuso" in page.body and "mailto:" in page.body,
         page.body)
    for method, path in (("GET", "/v1/stats"), ("PUT", "/v1/customers/c2"),
                         ("GET", "/readyz"), ("GET", "/metrics")):
        r = ask(a, path, "private", method, "{}" if method == "PUT" else None)
        t.eq(r.status, 503, path)
        t.ok("the disk is full" in r.body and r.getheader("Retry-After"),
             r.body)
    t.eq(ask(a, "/healthz", "private").status, 200)
    t.ok(a.log("server.limited"), "it is said")
    code, text = a.run("stats")
    t.ok(code == 75 and "the disk is full" in text, text)


def recovers(t, a, mref, click, pixel, kept, ready):
    a.wait_log("server.whole")
    a.wait_log("server.ready", ready + 1)
    with open(a.ports_path) as f:
        a.ports = {k: int(v) for k, v in (x.split() for x in f)}
    wait_for(lambda: ask(a, "/readyz", "private").status == 200)
    links_lead_on(t, a, click, pixel)
    wait_for(lambda: len(a.events(mref, "message.clicked")) >= kept + 1)
    a.customer("c9", "zoe@one.example")


@test("on a full disk serve starts: links lead on, hits stay; then the rest")
def _(t):
    a, mref, pixel, click = mailed(t, on_small_disk(t, 30),
                                   general="http_threads = 1")
    a.stop()
    ballast = t.path("small", "ballast")
    fill(ballast)
    a.start()
    waits(t, a, click, pixel)
    fill(t.path("small", "more"))  # what the failed start gave back
    a.stop()
    a.start()
    waits(t, a, click, pixel)
    ready = len(a.log("server.ready"))
    os.unlink(ballast)
    recovers(t, a, mref, click, pixel, 2, ready)
    said = len(a.log("server.limited"))
    a.stop()
    a.start()
    t.eq(len(a.log("server.limited")), said, "with room it starts whole")


@test("what cannot start though there is room is tried again; no click waits")
def _(t):
    a, mref, pixel, click = mailed(t)
    a.stop()
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        a.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    waits(t, a, click, pixel)
    a.process.proc.send_signal(1)
    a.wait_log("conf.reloaded")
    pid, ready = a.process.proc.pid, len(a.log("server.ready"))

    said = len(a.log("server.limited"))
    with open(os.path.join(a.state, "lock")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # room, and yet it cannot start
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

        def tried():
            links_lead_on(t, a, click, pixel)
            return len(a.log("server.limited")) > said
        wait_for(tried)
        wait_for(lambda: "the disk is full" in a.run("stats")[1])
    recovers(t, a, mref, click, pixel, 0, ready)


if __name__ == "__main__":
    run()
