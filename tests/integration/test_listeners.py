"""The two listeners: each has limits and certificates of its own."""

import json
import os
import socket

from certificates import certificate, shown_at
from harness import DEADLINE, Failed, run, test, wait_for
from hosting import Hosting


def connect(a, which):
    s = socket.create_connection(("127.0.0.1", a.ports[which]), DEADLINE)
    a.t.on_end(s.close)
    return s


def is_served(s):
    """Whether a request on it is answered, rather than hung up on."""
    try:
        s.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        return s.recv(4096).startswith(b"HTTP/1.1 ")
    except (ConnectionResetError, BrokenPipeError):
        return False


def is_open(s):
    s.setblocking(False)
    try:
        return s.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


def served(a, which, n):
    """How many of n connections are answered, and open at once."""
    held = [connect(a, which) for _ in range(n)]
    count = sum(is_open(s) for s in [s for s in held if is_served(s)])
    for s in held:
        s.close()
    return count


def gone(a, which):
    """No connection of ours is counted any more."""
    wait_for(lambda: is_served(connect(a, which)), what="room again")


@test("connections at once are bounded for each listener by its own options")
def _(t):
    a = Hosting(t, http="public_connections_max = 40 "
                        "public_connections_per_address = 30 "
                        "private_connections_max = 20 "
                        "private_connections_per_address = 10")
    t.eq(served(a, "public", 45), 30, "of one address")
    t.eq(served(a, "private", 45), 10, "of one address")
    held = [connect(a, "private") for _ in range(45)]
    t.eq(served(a, "public", 45), 30, "the other's do not count")
    t.eq(a.run("key", "list")[0], 0, "nor does the Unix socket")
    for s in held:
        s.close()
    a.stop()
    a.configure(http="trusted_proxies = {\"127.0.0.1\"} "
                     "public_connections_max = 40 "
                     "private_connections_max = 20")
    a.start()
    t.eq(served(a, "public", 45), 40, "in all")
    t.eq(served(a, "private", 45), 20, "in all")


@test("a body is bounded by its listener's option, a batch is not")
def _(t):
    a = Hosting(t, http="public_body_max = 2K private_body_max = 64K")
    big = {"name": "A" * 60000, "brand": "default"}
    t.ok(a.put("customers/c1", big).status != 413, "within it")
    big["name"] *= 2
    t.eq(a.put("customers/c1", big).status, 413)
    lines = [json.dumps({"put": "customer", "id": "c%d" % i, "body": {
        "name": "Ana", "brand": "default", "contacts": []}}).encode() + b"\n"
        for i in range(2000)]
    got = a.batch_bytes(b"".join(lines))
    t.ok(len(b"".join(lines)) > 128 << 10, "larger than the bound")
    t.eq({x["status"] for x in got.values()}, {201})

    def form(size):
        s = connect(a, "public")
        s.sendall(b"POST /u/x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
                  b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
                  % size + b"a" * size)
        return int(s.recv(100).split()[1])
    t.eq((form(2048), form(2049)), (404, 413))


@test("a request has its listener's time, and no more")
def _(t):
    a = Hosting(t, http="public_request_timeout = 1s "
                        "private_request_timeout = 1h")
    slow = {which: connect(a, which) for which in ("public", "private")}
    for s in slow.values():
        s.sendall(b"GET / HT")
    slow["public"].settimeout(DEADLINE)
    t.eq(slow["public"].recv(100), b"", "hung up on")
    s = slow["private"]
    s.sendall(b"TP/1.1\r\nHost: x\r\n\r\n")
    t.ok(s.recv(100).startswith(b"HTTP/1.1 "), "still served")


def shown(t, a, which, path):
    """The certificate that a listener shows, once it has answered."""
    der, answer = shown_at(a.ports[which], path)
    t.ok(answer.startswith(b"HTTP/1.1 200"), "answered")
    return der


def options(t, **names):
    """Of the pair with that name, for each listener."""
    return " ".join(
        '%s_tls_certificate = "%s" %s_tls_key = "%s"' % (
            which, t.path(name + ".pem"), which, t.path(name + ".key"))
        for which, name in names.items())


@test("each listener has TLS of its own, renewed on SIGHUP; the socket none")
def _(t):
    seen = {which: certificate(t, which) for which in ("public", "private")}
    a = Hosting(t, http=options(t, public="public", private="private"))
    paths = {"public": b"/", "private": b"/healthz"}
    for which, path in paths.items():
        t.eq(shown(t, a, which, path), seen[which], which)
    t.eq(a.run("key", "list")[0], 0, "the Unix socket is plain")
    plain = connect(a, "private")
    t.ok(not is_served(plain), "nothing is answered in the clear")
    fresh = certificate(t, "private")
    a.reload()
    t.eq(shown(t, a, "private", b"/healthz"), fresh)
    t.eq(shown(t, a, "public", b"/"), seen["public"])
    t.write("private.pem", "nonsense")
    t.ok("conf.refused" in a.reload(), "a bad one is refused")
    t.eq(shown(t, a, "private", b"/healthz"), fresh, "the old one stays")


@test("a certificate that moved is shown on SIGHUP; a bad one changes nothing")
def _(t):
    seen = {name: certificate(t, name) for name in ("one", "two", "three")}
    a = Hosting(t, http=options(t, public="one", private="one"))
    t.eq(shown(t, a, "public", b"/"), seen["one"])
    a.configure(http=options(t, public="two", private="three"))
    os.unlink(t.path("one.pem"))
    t.ok("conf.reloaded" in a.reload(), "taken")
    t.eq(a.log("conf.waits"), [], "nothing waits")
    t.eq(shown(t, a, "public", b"/"), seen["two"])
    t.eq(shown(t, a, "private", b"/healthz"), seen["three"])
    t.write("three.key", "nonsense")
    os.mkfifo(t.path("pipe.pem"))
    os.mkfifo(t.path("pipe.key"))
    for bad in "three", "pipe":
        a.configure(http=options(t, public=bad, private="two"))
        t.ok("conf.refused" in a.reload(), "refused")
    t.eq(shown(t, a, "public", b"/"), seen["two"])
    t.eq(shown(t, a, "private", b"/healthz"), seen["three"])


@test("what waits for a start is what runs otherwise, however often one asks")
def _(t):
    a = Hosting(t)

    def waits(http):
        before = len(a.log("conf.waits"))
        a.configure(http=http)
        t.ok("conf.reloaded" in a.reload(), "taken")
        return len(a.log("conf.waits")) - before
    t.eq(waits('trusted_proxies = {"127.0.0.1"}'), 1)
    t.eq(waits('trusted_proxies = {"127.0.0.1"}'), 1, "it still does")
    t.eq(waits(""), 0, "as it runs")


if __name__ == "__main__":
    run()
