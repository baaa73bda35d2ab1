"""The tracker alone: pixel and click, and hits that survive."""

import base64
import os
import random
import socket
import struct
import threading
import time

from harness import run, test, wait_for
from tracker import Load, Tracker, ref_of


@test("a pixel and a click are answered, and are in the ledger once")
def _(t):
    k = Tracker(t)
    (pixel,), (click,) = k.tokens(1)
    r = k.get(pixel, "User-Agent: Mozilla/5.0\r\n")
    t.eq((r.status, r.headers["content-type"], len(r.body)),
         (200, "image/gif", 43))
    t.ok("no-store" in r.headers["cache-control"], "no-store")
    r = k.get(click)
    t.eq((r.status, r.headers["location"], r.headers["referrer-policy"]),
         (302, "https://pay.example/pay/1042?a=1&b=2", "no-referrer"))
    r = k.get(click + "?utm_source=%zz", method="HEAD")
    t.eq((r.status, r.body), (302, b""), "a mangled query does not hurt")
    lines = wait_for(lambda: k.ledger() if len(k.ledger()) == 3 else None)
    t.eq(sum(ref_of(pixel) in x for x in lines), 1)
    t.eq(sum(ref_of(click) in x for x in lines), 2)
    t.ok(any("[Mozilla/5.0]" in x for x in lines), "raw signals are kept")


@test("who hangs up while the hit goes to disk takes nothing along")
def _(t):
    k = Tracker(t, loops=1)
    pixels, _ = k.tokens(4000)
    stays = threading.Thread(target=Load(k.port, 32, pixels[3000:]).run)
    stays.start()
    for i in range(0, 3000, 20):
        some = [k.connect() for _ in range(20)]
        for s, path in zip(some, pixels[i:]):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
            s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
        for s in some:
            s.close()  # by a reset
    stays.join()
    t.eq(k.get(pixels[0]).status, 200)
    got = wait_for(lambda: set(x.split()[2] for x in k.ledger()) >=
                   set(map(ref_of, pixels[3000:])))
    t.ok(got, "those who stay are there")


@test("a token that is not good is answered alike, and leads nowhere")
def _(t):
    k = Tracker(t)
    (pixel,), (click,) = k.tokens(1)
    good = k.get(pixel)
    _, c, token, to = click.split("/")
    for bad in ["/o/x", "/o/" + "A" * 52, "/o/" + token, "/o/%41",
                pixel[:-1] + ("A" if pixel[-1] != "A" else "B"), "/o/" + "z" * 3000,
                "/o/", "/o/%zz", "/o/%00", "/o/%c3", "/o/a/b", pixel + "/x",
                "/o//" + token, "/o/a%2fb"]:
        r = k.get(bad)
        t.eq((r.status, r.body, set(r.headers)),
             (200, good.body, set(good.headers)), bad[:60])
    for body in (b"", b"a=b"):
        r = k.get(pixel, method="POST", body=body)
        t.eq((r.status, r.body), (200, good.body), body)
    wait_for(k.ledger)
    t.eq(len(k.ledger()), 1, "the good one's")
    evil = base64.urlsafe_b64encode(b"https://evil.example/").decode().rstrip("=")
    for bad in ["/c/%s/%s" % (token, evil), "/c/%s/%sA" % (token, to),
                "/c/%s/%s=" % (token, to), "/c/%s/" % token, "/c/" + token,
                "/c/%s/%s" % (pixel.split("/")[2], to),
                "/c/%s/%s/x" % (token, to), "/c//" + to]:
        r = k.get(bad)
        t.eq((r.status, r.headers.get("location")), (404, None), bad[:60])


def changed(rng, clicks, pixels):
    """A click's path as a stranger changes it, never to another good one."""
    _, _, token, to = rng.choice(clicks).split("/")
    way = rng.randrange(6)
    chars = "ABCxyz019-_~.!$&'()*+,;=:@%41"
    if way == 0:
        token = rng.choice(clicks + pixels).split("/")[2]
    elif way == 1:
        to = base64.urlsafe_b64encode(rng.choice((
            b"https://evil.example/", b"//evil.example", b"javascript:1",
            b"https://pay.example.evil/", b"https://pay.example@evil/",
            b"https://pay.example/pay/1042?a=1&b=2\r\nX: y"))).decode()
        to = to.rstrip("=") if rng.randrange(2) else to
    else:
        part = list(token if way < 4 else to)
        for _ in range(rng.randrange(1, 4)):
            part[rng.randrange(len(part))] = rng.choice(chars)
        part = "".join(part)[:rng.choice((1000, 51, 20))]
        token, to = (part, to) if way < 4 else (token, part)
    return "/c/%s/%s" % (token, to)


@test("a changed link leads nowhere, on the wire too")
def _(t):
    k = Tracker(t)
    pixels, clicks = k.tokens(20)
    rng = random.Random(os.environ.get("SEED", "1"))
    many = 100000 if os.environ.get("ACUSE_SLOW") else 5000
    good = set(clicks)
    led, s, at = [], k.connect(), 0
    while at < many:
        paths = [p for p in (changed(rng, clicks, pixels) for _ in range(50))
                 if p not in good]
        s.sendall("".join("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % p
                          for p in paths).encode())
        got = b""
        while got.count(b"HTTP/1.1 ") < len(paths) or \
                not got.endswith((b"\n", b"0\r\n\r\n")):
            more = s.recv(1 << 20)
            t.ok(more, "hung up on %r" % paths)
            got += more
        if b"Location:" in got or b"HTTP/1.1 30" in got:
            led += paths
        at += len(paths)
    t.eq(led, [], "one of these")
    t.eq(k.get(clicks[0]).status, 302, "the good one leads on")


@test("another message's token, another purpose's, a revoked key: nothing")
def _(t):
    k = Tracker(t)
    pixels, clicks = k.tokens(2)
    click_as_pixel = "/o/" + clicks[0].split("/")[2]
    t.eq(k.get(click_as_pixel).status, 200)
    t.eq(k.get("/c/" + pixels[0].split("/")[2] + "/" +
               clicks[0].split("/")[3]).status, 404)
    k.get(pixels[1])
    wait_for(lambda: len(k.ledger()) == 1)
    t.ok(ref_of(pixels[1]) in k.ledger()[0], "the good one alone")
    k.stop()
    keys = os.path.join(k.state, "keys")
    (name,) = os.listdir(keys)
    with open(os.path.join(keys, name)) as f:
        text = f.read()
    for state, status in (("retired", 302), ("revoked", 410)):
        with open(os.path.join(keys, name), "w") as f:
            f.write(text.replace("state active", "state " + state))
        k = Tracker(t, state=k.state, name=state)
        r = k.get(clicks[0], "Accept-Language: es-AR\r\n")
        t.eq((r.status, "location" in r.headers), (status, status == 302))
    t.ok(b"pay.example" in r.body and b'lang="es"' in r.body,
         "the page names the host")
    t.ok("form-action 'none'" in r.headers["content-security-policy"], "CSP")
    t.eq(k.get(pixels[0]).status, 200)


def cookies(size, lines):
    """Cookies of so many bytes in all: in one line, or in one each."""
    each = ["c%d=%s" % (i, "v" * 60) for i in range(size // 64)]
    if lines:
        return "".join("Cookie: %s\r\n" % c for c in each)
    return "Cookie: %s\r\n" % "; ".join(each).ljust(size - 10, "v")


@test("a browser's cookies break no link, however long the link is")
def _(t):
    k = Tracker(t)
    browser = "".join("X-Browser-%02d: %s\r\n" % (i, "b" * 45)
                      for i in range(14))
    t.ok(len(browser) > 850, len(browser))
    to = "https://pay.example/?" + "q" * (1500 - 21)
    _, (longest,) = k.tokens(1, to=to)
    _, (usual,) = k.tokens(1)
    led = 0
    for path in (longest, usual):
        for size in range(0, 8192, 61):
            for lines in (False, True):
                r = k.get(path, browser + cookies(size, lines))
                said = (path[:9], size, lines, r)
                if lines and size > 3072 and r.status == 0:
                    continue  # more headers than we take: libmicrohttpd's
                t.ok(r.status in (302, 431), said)
                t.ok(r.status == 302 or size > 4096 or lines, said)
                t.eq(len(r.body), int(r.headers["content-length"]), said)
                led += r.status == 302
                if path == longest and r.status == 302:
                    t.eq(r.headers["location"], to)
    k.get(usual)
    wait_for(lambda: len(k.ledger()) == led + 1,
             what="a hit for each that was led on, and for no other")


@test("a page's view is on disk before it is answered")
def _(t):
    k = Tracker(t)
    pixels, _ = k.tokens(20)
    for p in pixels:
        t.eq(k.get(p.replace("/o/", "/t/view/")).body, b"the message\n")
    k.kill()
    k = Tracker(t, state=k.state, name="again")
    wait_for(lambda: {x.split()[2] for x in k.ledger()
                      if x.startswith("hit 3 ")} == set(map(ref_of, pixels)))


class Fat(Load):
    """Requests whose headers, which the journal keeps, make its room small."""

    def request(self, path):
        return ("GET %s HTTP/1.1\r\nHost: x\r\nAccept: %s\r\nUser-Agent: %s"
                "\r\n\r\n" % (path, "a" * 128, "m" * 512)).encode()


@test("redirects go on while the ledger is stuck and the journal is full")
def _(t):
    stall = t.write("stall", "")
    k = Tracker(t, stall=stall, loops=1, journal_bytes=3 * (4 << 20))
    pixels, clicks = k.tokens(200)
    kept = Load(k.port, 8, pixels).run()
    load = Fat(k.port, 60, clicks[:1] * 24000)
    t.eq((len(load.run()), load.statuses), (24000, {302: 24000}))
    wait_for(lambda: "hits.lost" in k.stderr())
    t.eq(k.get(clicks[1]).status, 302)
    os.unlink(stall)
    wait_for(lambda: set(map(ref_of, kept)) <=
             {x.split()[2] for x in k.ledger()})
    # With room again, what is answered is kept again.
    def kept_again():
        (pixel,), _ = k.tokens(1)
        k.get(pixel)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            if any(ref_of(pixel) in x for x in k.ledger()):
                return True
    wait_for(kept_again)


@test("a disk that does not answer keeps nobody waiting, however often")
def _(t):
    late = t.path("late")
    k = Tracker(t, late=late, loops=2)
    pixels, clicks = k.tokens(100)
    all = []
    for paths in pixels, clicks:
        open(late, "w").close()
        t.eq(len(Load(k.port, 4, paths).run()), len(paths), "all are answered")
        t.eq(k.get("/t/hello").status, 200)
        all += paths
        wait_for(lambda: "event=journal.late" in k.stderr())
        os.unlink(late)
        wait_for(lambda: sorted(x.split()[2] for x in k.ledger()) ==
                 sorted(map(ref_of, all)), what="each in the ledger, once")
        wait_for(lambda: k.stderr().count("event=journal.late") ==
                 k.stderr().count("event=journal.in_time"))
    t.ok("hits.lost" not in k.stderr(), "and none is lost")


@test("two processes share the journal; either may die")
def _(t):
    a = Tracker(t, name="main")
    b = Tracker(t, state=a.state, name="redirect", drain=0)
    pixels, clicks = a.tokens(300)
    done = Load(a.port, 8, pixels[:150]).run() + \
        Load(b.port, 8, pixels[150:]).run()
    b.kill()
    done += Load(a.port, 8, clicks[:150]).run()
    b = Tracker(t, state=a.state, name="redirect2", drain=0)
    a.kill()
    done += Load(b.port, 8, clicks[150:]).run()
    t.eq(len(done), 600)
    a = Tracker(t, state=a.state, name="main2")
    wait_for(lambda: sorted(x.split()[2] for x in a.ledger()) ==
             sorted(map(ref_of, done)))


if __name__ == "__main__":
    run()
