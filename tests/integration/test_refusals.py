"""What the server refuses of itself: pages for persons, problems for
programs."""

import os
import select
import signal
import socket
import ssl

from certificates import Authority
from harness import run, test, wait_for
from hosting import Hosting
from portal import World, is_safe
from tracker import Tracker, parse, read_all

BRAND = "host.example"
LANGUAGES = {"es-AR,es;q=0.9": "es", "it": "it", "fr,en": "en"}


class Shown:
    """A reply as tests/integration/portal.py has pages."""

    def __init__(self, data):
        reply = parse(data)
        self.status, self.headers, self.body = reply
        self.text = self.body.decode("utf-8", "replace")


def exchange(port, data):
    with socket.create_connection(("127.0.0.1", port), 20) as s:
        try:
            s.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            pass
        return Shown(read_all(s))


def request(first, language, more=b"", body=b""):
    return (b"%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Accept-Language: %s\r\n%s\r\n%s" %
            (first, language.encode(), more, body))


def is_page(t, page, status, language, brand, what):
    t.eq((page.status, page.headers.get("content-type")),
         (status, "text/html; charset=utf-8"), what)
    is_safe(t, page)
    t.ok('<html lang="%s">' % language in page.text, what)
    t.ok(" · %s</title>" % brand in page.text, what)
    t.ok('<a href="https://www.%s"' % brand in page.text, what)
    t.eq(int(page.headers["content-length"]), len(page.body), what)


@test("what is refused on the pages behind links is a page of the brand's")
def _(t):
    w = World(t)
    a, u = (w.links[x].encode() for x in "au")
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    size = b"Content-Length: %d\r\n"
    cases = {
        "long link": (b"GET /c/" + b"a" * 5000, b"", b"", 414),
        "long query": (b"GET " + u + b"?" + b"a" * 5000, b"", b"", 414),
        "long answer": (b"POST " + a, form + size % 70000, b"x" * 70000, 413),
        "long choice": (b"POST " + u, form + size % 70000, b"x" * 70000, 413),
        "past the listener's": (b"POST " + a, form + size % (9 << 20), b"",
                                413),
        "in chunks": (b"POST " + a, form + b"Transfer-Encoding: chunked\r\n",
                      b"0\r\n\r\n", 411),
        "many headers": (b"GET " + u, b"A: b\r\n" * 70, b"", 431),
        "large headers": (b"GET " + u, b"Cookie: " + b"a" * 10500 + b"\r\n",
                          b"", 431),
        "larger headers": (b"GET " + u, b"Cookie: " + b"a" * 11700 + b"\r\n",
                           b"", 431),
        "length": (b"POST " + a, form + b"Content-Length: +4\r\n", b"abcd",
                   400),
        "two lengths": (b"POST " + a, size % 4 + size % 5, b"abcd", 400),
        "escapes": (b"POST /a/%zz", form + size % 4, b"abcd", 400),
        "method": (b"DELETE " + u, b"", b"", 405),
        "nowhere": (b"GET /x", b"", b"", 404),
    }
    for what, (first, more, body, status) in cases.items():
        for asked, language in LANGUAGES.items():
            page = exchange(w.acuse.ports["public"],
                            request(first, asked, more, body))
            is_page(t, page, status, language, BRAND, what)
    private = exchange(w.acuse.ports["private"],
                       request(b"GET /v1/" + b"a" * 5000, "es"))
    t.eq((private.status, private.headers["content-type"]),
         (414, "application/problem+json"), "billing reads no pages")


@test("who finds no room for a job is shown a page, and told when to return")
def _(t):
    stall = t.write("stall", "")
    k = Tracker(t, stall=stall, request_ms=20000, jobs_per_address=5, pages=1,
                trusted="127.0.0.0/8")
    asked = []

    def ask(n, path):
        s = k.connect()
        s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                  b"Accept-Language: es\r\nX-Forwarded-For: 192.0.2.%d\r\n\r\n"
                  % (path, n))
        if select.select([s], [], [], 0.2)[0]:
            return Shown(read_all(s))
        asked.append(s)
    ask(1, b"/t/wait")
    ask(1, b"/t/wait")
    wait_for(lambda: k.get("/t/waiting").body == b"2")
    many = wait_for(lambda: ask(2, b"/t/job"))
    full = wait_for(lambda: ask(len(asked), b"/t/job"))
    for page, status in ((many, 429), (full, 503)):
        t.eq((page.status, page.headers["retry-after"]), (status, "1"))
        t.eq(page.headers["content-type"], "text/html; charset=utf-8")
        is_safe(t, page)
        t.ok('<html lang="es">' in page.text and
             "Vuelva a intentarlo en unos segundos" in page.text, page.text)
    os.unlink(stall)
    for s in asked:
        read_all(s)


@test("a crowd that asks for pages at once is served, each in turn")
def _(t):
    a = Hosting(t, send="false", http='trusted_proxies = {"127.0.0.1"}')
    crowd = [socket.create_connection(("127.0.0.1", a.ports["public"]), 20)
             for _ in range(600)]
    a.process.proc.send_signal(signal.SIGSTOP)  # it finds all of them waiting
    for n, s in enumerate(crowd):
        t.on_end(s.close)
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                  b"X-Forwarded-For: 10.0.%d.%d\r\n\r\n" % (n >> 8, n & 255))
    a.process.proc.send_signal(signal.SIGCONT)
    seen = [parse(read_all(s)).status for s in crowd]
    t.eq((seen.count(200), set(seen)), (600, {200}))


@test("over TLS what is refused past the library arrives whole too")
def _(t):
    certificate, key = Authority(t).issue("x.test")
    k = Tracker(t, pages=1, certificate=certificate, key=key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for more, status in ((b"Content-Length: +4\r\n", 400),
                         (b"Cookie: " + b"a" * 11700 + b"\r\n", 431)):
        with k.connect() as s, context.wrap_socket(
                s, suppress_ragged_eofs=True) as c:
            c.sendall(request(b"GET /t/hello", "it", more))
            page = Shown(read_all(c))
        t.eq(page.status, status)
        is_safe(t, page)
        t.eq(int(page.headers["content-length"]), len(page.body))


if __name__ == "__main__":
    run()
