"""The HTTP server: hostile requests, slow visitors, many connections, TLS."""

import json
import os
import re
import random
import resource
import select
import signal
import socket
import subprocess
import threading
import time

from harness import DEADLINE, run, test, wait_for
from tracker import PROGRAM, Load, Tracker, parse, read_all, ref_of


HOST = b"Host: x\r\n"
GET = b"GET /t/hello HTTP/1.1\r\n" + HOST
POST = b"POST /t/echo HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
REFUSED = (0, 400)  # those that libmicrohttpd itself refuses may go unanswered

# What could be understood in two ways, or overflows: bytes, and the statuses
# that are right.  Nothing that follows on the connection is answered.
HOSTILE = {
    # a body's length said twice, or not as it should
    "te and cl": (CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n", REFUSED),
    "cl and te": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked"
                  b"\r\n\r\n0\r\n\r\n", REFUSED),
    "te and cl 0": (CHUNKED + b"Content-Length: 0\r\n\r\n0\r\n\r\n", REFUSED),
    "cl twice": (POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
                 REFUSED),
    "cl twice alike": (POST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\n"
                       b"abcd", REFUSED),
    "cl list": (POST + b"Content-Length: 4, 4\r\n\r\nabcd", REFUSED),
    "cl plus": (POST + b"Content-Length: +4\r\n\r\nabcd", REFUSED),
    "cl negative": (POST + b"Content-Length: -4\r\n\r\nabcd", REFUSED),
    "cl hex": (POST + b"Content-Length: 0x4\r\n\r\nabcd", REFUSED),
    "cl empty": (POST + b"Content-Length:\r\n\r\nabcd", REFUSED),
    "cl inner space": (POST + b"Content-Length: 4 4\r\n\r\nabcd", REFUSED),
    "cl fraction": (POST + b"Content-Length: 4.0\r\n\r\nabcd", REFUSED),
    "cl 2^64": (POST + b"Content-Length: 18446744073709551620\r\n\r\nabcd",
                (0, 400, 413)),
    "cl huge": (POST + b"Content-Length: 99999999999999999999\r\n\r\n",
                (0, 400, 413)),
    "te unknown": (POST + b"Transfer-Encoding: gzip\r\n\r\n", REFUSED),
    "te identity": (POST + b"Transfer-Encoding: identity\r\n"
                    b"Content-Length: 4\r\n\r\nabcd", REFUSED),
    "te empty": (POST + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n", REFUSED),
    "te list": (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n"
                b"0\r\n\r\n", REFUSED),
    "te list before": (POST + b"Transfer-Encoding: identity, chunked\r\n\r\n"
                       b"0\r\n\r\n", REFUSED),
    "te twice": (CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 REFUSED),
    "te quoted": (POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
                  REFUSED),
    "te parameter": (POST + b"Transfer-Encoding: chunked;a=b\r\n\r\n"
                     b"0\r\n\r\n", REFUSED),
    "te vertical tab": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n"
                        b"0\r\n\r\n", REFUSED),
    "te and CR": (POST + b"Transfer-Encoding: chunked\r\r\n\r\n0\r\n\r\n",
                  REFUSED),
    "te in 1.0": (b"POST /t/echo HTTP/1.0\r\n" + HOST +
                  b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", REFUSED),
    "body on GET": (GET + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n",
                    REFUSED),
    # between chunks
    "chunk size minus": (CHUNKED + b"\r\n-3\r\nabc\r\n0\r\n\r\n", REFUSED),
    "chunk size plus": (CHUNKED + b"\r\n+3\r\nabc\r\n0\r\n\r\n", REFUSED),
    "chunk size 0x": (CHUNKED + b"\r\n0x3\r\nabc\r\n0\r\n\r\n", REFUSED),
    "chunk size space": (CHUNKED + b"\r\n3 \r\nabc\r\n0\r\n\r\n", REFUSED),
    "chunk size none": (CHUNKED + b"\r\n\r\nabc\r\n0\r\n\r\n", REFUSED),
    "chunk size 2^68": (CHUNKED + b"\r\n" + b"f" * 17 + b"\r\nabc\r\n",
                        (0, 400, 413)),
    "chunk too long": (CHUNKED + b"\r\n3\r\nabcd\r\n0\r\n\r\n", REFUSED),
    # Host
    "host twice": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", REFUSED),
    "no host": (b"GET /t/hello HTTP/1.1\r\n\r\n", (400,)),
    "host list": (b"GET /t/hello HTTP/1.1\r\nHost: a, b\r\n\r\n", REFUSED),
    "host with path": (b"GET /t/hello HTTP/1.1\r\nHost: a/b\r\n\r\n", REFUSED),
    "host with user": (b"GET /t/hello HTTP/1.1\r\nHost: a@b\r\n\r\n", REFUSED),
    # lines
    "space before colon": (b"GET /t/hello HTTP/1.1\r\nHost : x\r\n\r\n",
                           REFUSED),
    "space in te name": (POST + b"Transfer-Encoding : chunked\r\n\r\n"
                         b"0\r\n\r\n", REFUSED),
    "tab before colon": (POST + b"Content-Length\t: 4\r\n\r\nabcd", REFUSED),
    "nameless": (GET + b": x\r\n\r\n", REFUSED),
    "space in name": (GET + b"A B: x\r\n\r\n", REFUSED),
    "high byte in name": (GET + b"A\xff: x\r\n\r\n", REFUSED),
    "LF in name": (GET + b"A\nB: x\r\n\r\n", REFUSED),
    "CR in name": (GET + b"A\rB: x\r\n\r\n", REFUSED),
    "NUL in name": (GET + b"A\0B: x\r\n\r\n", REFUSED),
    "NUL in value": (GET + b"A: b\0c\r\n\r\n", REFUSED),
    "LF ends a header": (GET + b"A: b\nTransfer-Encoding: chunked\r\n\r\n"
                         b"0\r\n\r\n", REFUSED),
    "CR ends a header": (GET + b"A: b\rTransfer-Encoding: chunked\r\n\r\n"
                         b"0\r\n\r\n", REFUSED),
    "CR before CRLF": (GET + b"A: b\r\r\n\r\n", REFUSED),
    "LF alone": (b"GET /t/hello HTTP/1.1\nHost: x\n\n", REFUSED),
    "LF ends the first line": (b"GET /t/hello HTTP/1.1\nHost: x\r\n\r\n",
                               REFUSED),
    "LF ends the headers": (GET + b"\n", REFUSED),
    "folded": (GET + b"X-A: b\r\n c\r\n\r\n", REFUSED),
    "folded te": (POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
                  REFUSED),
    "folded first": (b"GET /t/hello HTTP/1.1\r\n Host: x\r\n\r\n", REFUSED),
    "folded by tab": (GET + b"X-A: b\r\n\tc\r\n\r\n", REFUSED),
    "no colon": (GET + b"nonsense\r\n\r\n", REFUSED),
    # the first line
    "fragment": (b"GET /t/hello#x HTTP/1.1\r\n" + HOST + b"\r\n", REFUSED),
    "high bytes": (b"GET /t/\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n", REFUSED),
    "two spaces": (b"GET  /t/hello HTTP/1.1\r\n" + HOST + b"\r\n", REFUSED),
    "two spaces behind": (b"GET /t/hello  HTTP/1.1\r\n" + HOST + b"\r\n",
                          REFUSED),
    "tabs": (b"GET\t/t/hello\tHTTP/1.1\r\n" + HOST + b"\r\n", REFUSED),
    "space before": (b" GET /t/hello HTTP/1.1\r\n" + HOST + b"\r\n", REFUSED),
    "authority form": (b"CONNECT x:80 HTTP/1.1\r\n" + HOST + b"\r\n", REFUSED),
    "authority in GET": (b"GET x:80 HTTP/1.1\r\n" + HOST + b"\r\n", REFUSED),
    "absolute, other scheme": (b"GET ftp://x/t/hello HTTP/1.1\r\n" + HOST +
                               b"\r\n", REFUSED),
    "asterisk": (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", REFUSED),
    "malformed method": (b"G\"T /t/hello HTTP/1.1\r\n" + HOST + b"\r\n",
                         REFUSED),
    "http/2": (b"GET /t/hello HTTP/2.0\r\n" + HOST + b"\r\n", (0, 400, 505)),
    "http/1.2": (b"GET /t/hello HTTP/1.2\r\n" + HOST + b"\r\n", (0, 400, 505)),
    "http/01.1": (b"GET /t/hello HTTP/01.1\r\n" + HOST + b"\r\n",
                  (0, 400, 505)),
    "preface of 2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (0, 400, 505)),
    "http/0.9": (b"GET /t/hello\r\n" + HOST + b"\r\n", (0, 400, 505)),
    "TLS here": (bytes([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]) + b"\r\n\r\n",
                 REFUSED),
    # over-long everything
    "long target": (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
                    (414,)),
    "longer target": (b"GET /" + b"a" * 50000 + b" HTTP/1.1\r\n" + HOST +
                      b"\r\n", (0, 414, 431)),
    "long query": (b"GET /t/hello?" + b"a" * 5000 + b" HTTP/1.1\r\n" + HOST +
                   b"\r\n", (414,)),
    "long header": (GET + b"A: " + b"a" * 20000 + b"\r\n\r\n", (0, 413, 431)),
    "long name": (GET + b"a" * 20000 + b": b\r\n\r\n", (0, 413, 431)),
    "many headers": (GET + b"A: b\r\n" * 70 + b"\r\n", (0, 431)),
    "long method": (b"G" * 40 + b" /t/hello HTTP/1.1\r\n" + HOST + b"\r\n",
                    REFUSED),
    "long body": (POST + b"Content-Length: 2000000\r\n\r\n" + b"a" * 1999000,
                  (0, 413)),
}

# What is plain but wrong in the path: answered by 400, and the connection
# goes on.
MALFORMED = [b"/t/echo/a%00b/c", b"/t/echo/%00/c", b"/t/echo/a%zz/c",
             b"/t/echo/a%/c", b"/t/echo/a%4/c", b"/t/echo/a%ff/c",
             b"/t/echo/a%c0%af/c", b"/t/echo/a%0d%0aX:y/c", b"/t/echo/a%7f/c",
             b"/t/echo/%ed%a0%80/c", b"/t/echo/a/b?%00", b"/t/echo/a/b?x=%zz",
             b"/t/echo/a/b?" + b"a=b&" * 65]


@test("HTTP that could mean two things is refused, and disconnected")
def _(t):
    k = Tracker(t, idle_ms=1000, request_ms=2000)
    wrong = []
    for name, (data, right) in HOSTILE.items():
        out = k.raw(data + GET + b"\r\n")
        replies = len(re.findall(rb"HTTP/1\.1 \d", out))
        if parse(out).status not in right or b"hello\n" in out or replies > 1:
            wrong.append((name, parse(out).status, out[-200:]))
    t.eq(wrong, [])
    for path in MALFORMED:
        out = k.raw(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" + GET +
                    b"Connection: close\r\n\r\n")
        t.eq([int(x[:3]) for x in out.split(b"HTTP/1.1 ")[1:]], [400, 200],
             "%r" % path[:40])
    # legal, though rare: what is refused above is not refused too widely
    for data in (b"\r\n" + GET + b"A:b\r\nC:\t d \r\nE:\r\n\r\n",
                 b"GET http://x/t/hello HTTP/1.1\r\n" + HOST + b"\r\n",
                 b"GET HTTP://X/t/hello HTTP/1.1\r\n" + HOST + b"\r\n",
                 b"GET /t/hello HTTP/1.0\r\n\r\n",
                 GET + b"Content-Length: 3\r\n\r\nabc"):
        t.ok(b"hello\n" in k.raw(data), "%r" % data[:60])


@test("a length that cannot be read gets one reply, whole, however it comes")
def _(t):
    k = Tracker(t, idle_ms=5000, request_ms=5000)
    others = [k.connect() for _ in range(3)]
    for s in others:  # begun, and not whole: nothing is theirs to get
        s.sendall(GET + b"A: ")
    for length in (b"+4", b"4, 4", b"", b"0x4", b"9" * 30):
        for before in (b"", GET + b"\r\n"):
            with k.connect() as s:
                s.sendall(before + POST + b"Content-")
                wait_for(lambda: k.get("/t/hello").status == 200)
                s.sendall(b"Length: " + length + b"\r\n\r\n" + GET + b"\r\n")
                out = read_all(s)
            if before:
                t.eq(parse(out).status, 200, "the one before it")
                out = out[out.index(b"hello\n") + 6:]
            r = parse(out)
            t.eq((r.status, out.count(b"HTTP/1.1")), (400, 1), out)
            t.eq(json.loads(r.body)["detail"], "Content-Length is malformed")
            t.eq(len(r.body), int(r.headers["content-length"]))
            t.eq(r.headers["connection"], "close")
    for s in others:
        s.sendall(b"b\r\n\r\n")
        t.ok(s.recv(4096).startswith(b"HTTP/1.1 200"), "answered themselves")


@test("a listener that wants lengths takes no chunks at all")
def _(t):
    k = Tracker(t, length_wanted=1)
    for data in (CHUNKED + b"\r\n3;\nabc\r\n0\r\n\r\n",
                 CHUNKED + b"\r\n3\r\nab\r\n0\r\n\r\n",
                 CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n",
                 GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
        out = k.raw(data + GET + b"\r\n")
        t.eq(parse(out).status, 411)
        t.ok(b"hello\n" not in out, "what came behind was answered")
    t.eq(k.get("/t/echo", method="POST", body=b"abc").status, 200)


@test("a request may come in pieces, pipelined, and with a body")
def _(t):
    k = Tracker(t)
    with k.connect() as s:
        for byte in b"GET /t/hello HTTP/1.1\r\nHost: x\r\n\r\n":
            s.sendall(bytes([byte]))
        s.sendall(b"GET /t/job HTTP/1.1\r\nHost: x\r\n\r\n"
                  b"HEAD /t/hello HTTP/1.1\r\nHost: x\r\n\r\n"
                  b"GET /t/etag HTTP/1.1\r\nHost: x\r\n"
                  b"If-None-Match: \"v0\", W/\"v1\"\r\n\r\n"
                  b"POST /t/echo HTTP/1.1\r\nHost: x\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n"
                  b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                  b"GET /t/nothing HTTP/1.1\r\nHost: x\r\n\r\n"
                  b"GET /t/hello HTTP/1.1\r\nHost: x\r\n"
                  b"Connection: close\r\n\r\n")
        out = read_all(s)
    t.eq([int(x.split()[0]) for x in out.decode().split("HTTP/1.1 ")[1:]],
         [200, 200, 200, 304, 200, 404, 200])
    t.ok(b"body 5\nabcde" in out, "the chunks were joined")
    t.eq(out.count(b"hello\n"), 2, "HEAD has no body")


@test("what was seen before is not sent again; HEAD tells what GET would send")
def _(t):
    k = Tracker(t)
    for named, status in (
            ('"v1"', 304), ('W/"v1"', 304), ("*", 304), ('"v0", "v1"', 304),
            ('"v0","v1"  ', 304), ('"v2"', 200), ('v1', 200), ('""', 200),
            ('"v1', 200), ("", 200)):
        for method in ("GET", "HEAD"):
            r = k.get("/t/etag", "If-None-Match: %s\r\n" % named, method)
            t.eq((r.status, r.headers["etag"]), (status, '"v1"'), named)
            t.eq(r.body, b"same\n" if (status, method) == (200, "GET") else b"")
            t.eq(r.headers["content-length"], "5", "as a 200 would: " + named)
    # a date is no reason to send nothing where there is none to compare
    r = k.get("/t/etag", "If-Modified-Since: Wed, 01 Jan 2031 00:00:00 GMT\r\n")
    t.eq((r.status, r.body), (200, b"same\n"))
    for path in ("/t/file", "/t/hello", "/t/nothing", "/t/problem"):
        got, head = k.get(path), k.get(path, method="HEAD")
        t.eq((head.status, head.body), (got.status, b""), path)
        t.eq(int(head.headers["content-length"]), len(got.body), path)
        for x in (got, head):
            x.headers.pop("date")
        t.eq(head.headers, got.headers, path)


@test("methods, bodies and problems are answered as HTTP and API.md say")
def _(t):
    k = Tracker(t)
    r = k.get("/t/echo", method="DELETE")
    t.eq((r.status, r.headers["allow"]), (405, "POST, PUT, OPTIONS"))
    t.eq(k.get("/t/hello", method="OPTIONS").headers["allow"],
         "GET, HEAD, OPTIONS")
    t.eq(k.get("/t/hello", method="BREW").status, 405)
    r = k.get("/t/problem")
    t.eq((r.status, r.headers["content-type"]),
         (422, "application/problem+json"))
    t.eq(json.loads(r.body)["errors"],
         [{"pointer": "/contacts/0/email", "detail": 'no "@" in it'}])
    t.eq(k.get("/t/echo", method="PUT", body=b"x" * 101).status, 413)
    t.eq(k.get("/t/echo", method="PUT", body=b"x" * 100).status, 200)
    t.eq(k.get("/t/echo", method="POST", body=b"x" * (2 << 20)).status, 413)
    r = k.get("/t/echo/a%2Fb/%C3%B1?q=1+%2B&%41=")
    t.ok(b"param [a/b]\nparam [\xc3\xb1]\nquery [q]=[1 +]\nquery [A]=[]\n"
         in r.body, "decoded once")
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    out = k.raw(b"PUT /t/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3 +
                b"0\r\n\r\n")
    t.eq(parse(out).status, 413, "a chunked body past its bound")
    t.eq(len(k.get("/t/file").body), 100000)


@test("a streamed body waits for room, and arrives whole")
def _(t):
    k = Tracker(t)
    r = k.get("/t/stream", method="POST", body=b"y" * 3000000)
    t.eq((r.status, r.body), (200, b"3000000\n"))
    # Far past the bound they hang up, and the reply may be lost.
    r = k.get("/t/stream", method="POST", body=b"y" * (20 << 20))
    t.ok(r.status in (413, 0), "refused")
    t.eq(k.get("/t/hello").status, 200)


@test("a forwarded address counts from a trusted proxy only")
def _(t):
    plain = Tracker(t, name="plain")
    r = plain.get("/t/echo/a/b", "X-Forwarded-For: 192.0.2.9\r\n")
    t.ok(b"peer 127.0.0.1\n" in r.body, "nobody is trusted")
    k = Tracker(t, state=t.path("two"), name="two", trusted="127.0.0.0/8")
    for headers, want in [
            ("X-Forwarded-For: 198.51.100.1, 192.0.2.9\r\n", b"192.0.2.9\n"),
            ("X-Forwarded-For: 192.0.2.9, 127.0.0.3\r\n", b"192.0.2.9\n"),
            ("X-Forwarded-For: 192.0.2.9, nonsense\r\n", b"127.0.0.1\n"),
            ("X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-For: 127.0.0.2\r\n",
             b"192.0.2.9\n"),
            ("X-Forwarded-For: [2001:db8::7]:443\r\n", b"2001:db8::7\n"),
            ("X-Forwarded-For: 192.0.2.9\r\nForwarded: for=198.51.100.1\r\n",
             b"192.0.2.9\n"),
            ("X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n",
             b"192.0.2.9 https\n")]:
        body = k.get("/t/echo/a/b", headers).body
        t.ok(b"peer " + want in body, "%s: %r" % (headers, body[:80]))
    k = Tracker(t, state=t.path("three"), name="three",
                trusted="127.0.0.0/8", forwarded=1)
    for headers, want in [
            ("Forwarded: for=192.0.2.4;proto=https, for=\"[2001:db8::8]:1\""
             ";proto=https\r\n", b"2001:db8::8 https\n"),
            ("Forwarded: for=192.0.2.4, for=_hidden\r\n", b"127.0.0.1\n"),
            ("X-Forwarded-For: 192.0.2.9\r\n", b"127.0.0.1\n")]:
        body = k.get("/t/echo/a/b", headers).body
        t.ok(b"peer " + want in body, "%s: %r" % (headers, body[:80]))


@test("too many bad links of an address are told to wait, good ones never")
def _(t):
    k = Tracker(t, trusted="127.0.0.0/8", guess_burst=5, guess_per_minute=1)
    (pixel,), (click,) = k.tokens(1)
    bad = click[:10] + ("A" if click[10] != "A" else "B") + click[11:]

    def ask(path, address="192.0.2.1", more=""):
        return k.get(path, "X-Forwarded-For: %s\r\n%s" % (address, more))
    t.eq([ask(bad).status for _ in range(5)], [404] * 5)
    r = ask(bad, more="Accept-Language: it\r\n")
    t.eq(r.status, 429)
    t.ok(0 < int(r.headers["retry-after"]) <= 60, r.headers)
    t.ok(b'lang="it"' in r.body and "location" not in r.headers, "a page")
    for _ in range(20):
        t.eq(ask(click).status, 302, "a customer behind the same address")
        t.eq(ask("/nothing" + bad).status, 404, "no route, no guess")
        t.eq(ask("/o/" + bad.split("/")[2]).status, 200, "a pixel says nothing")
    t.eq(ask(bad, "192.0.2.2").status, 404, "another address")
    t.eq([ask(bad, "2001:db8::%x" % i).status for i in range(1, 7)],
         [404] * 5 + [429], "an IPv6 network of 64 bits is one")
    t.eq(ask(bad, "2001:db8:0:1::1").status, 404, "another network")
    k = Tracker(t, name="faster", trusted="127.0.0.0/8", guess_burst=5,
                guess_per_minute=60)
    many = ("GET %s HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n"
            "%s\r\n")
    many = many % (bad, "") * 20 + many % (bad, "Connection: close\r\n")
    out = wait_for(lambda: (lambda out: out if b" 429 " in out else None)(
        k.raw(many.encode())), what="the bound")
    t.ok(b"Retry-After: 1\r\n" in out, out)
    wait_for(lambda: ask(bad).status == 404, what="the rate")


# What is dripped, a byte each time: slow in the first line, in a header, in a
# body, in what comes between chunks, and before anything.
SLOW = {
    "first line": (b"GET /t/hello", b"x"),
    "header": (GET + b"A: ", b"x"),
    "many headers": (GET, b"A: b\r\n"),
    "empty lines": (b"", b"\r\n"),
    "body": (POST + b"Content-Length: 10000\r\n\r\n", b"x"),
    "chunks": (CHUNKED + b"\r\n", b"1\r\nx\r\n"),
    "chunk size": (CHUNKED + b"\r\n", b"0"),
    "trailers": (CHUNKED + b"\r\n0\r\n", b"A: b\r\n"),
    "refused body": (b"PUT /t/echo HTTP/1.1\r\n" + HOST +
                     b"Content-Length: 10000\r\n\r\n", b"x"),
    "pipelined": (GET + b"\r\n" + GET, b"x"),
    "TLS on it": (b"", b"\x16"),
}


@test("slow and idle clients are disconnected, others are served")
def _(t):
    k = Tracker(t, idle_ms=1000, request_ms=2000)
    idle = [k.connect() for _ in range(50)]
    kept = k.connect()
    kept.sendall(GET + b"\r\n")
    stalled = k.connect()
    stalled.sendall(POST + b"Content-Length: 100\r\n\r\nabc")
    slow = {name: k.connect() for name in SLOW}
    for name, s in slow.items():
        s.sendall(SLOW[name][0])
    stop = threading.Event()
    closed = {}

    def drip():
        drips = 0
        while len(closed) < len(slow) and not stop.wait(0.2):
            drips += 1
            for name, s in slow.items():
                try:
                    if name not in closed:
                        s.sendall(SLOW[name][1])
                except OSError:
                    closed[name] = drips
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        t.eq(k.get("/t/hello").status, 200)
        for s in idle + [kept, stalled]:
            read_all(s)
        t.eq(k.get("/t/hello").status, 200)
        wait_for(lambda: len(closed) == len(slow),
                 what="the end of each slow one")
    finally:
        stop.set()
        thread.join()
    t.ok(max(closed.values()) < 50, "drips until then: %r" % closed)
    t.eq(k.get("/t/hello").status, 200)


@test("a visitor who does not read is disconnected, and holds up nobody")
def _(t):
    k = Tracker(t, idle_ms=1000, request_ms=2000, loops=1)
    deaf = [k.connect() for _ in range(20)]
    for s in deaf:
        s.sendall(b"GET /t/file HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
    for _ in range(20):
        t.eq(k.get("/t/hello").status, 200)
    wait_for(lambda: k.get("/t/connections").body == b"1",
             what="their disconnection")


@test("connections past the bound are refused; idle ones make room")
def _(t):
    k = Tracker(t, connections=48, idle_ms=60000, request_ms=60000)
    held = [k.connect() for _ in range(48)]
    for s in held:
        s.sendall(GET + b"\r\n")
        t.ok(s.recv(4096).startswith(b"HTTP/1.1 200"), "within the bound")
    t.eq(k.raw(GET + b"\r\n"), b"", "one too many")
    wait_for(lambda: k.get("/t/hello").status == 200, what="room")
    # where there is room, idle ones stay
    for s in held:
        s.close()
    wait_for(lambda: k.get("/t/connections").body == b"1")
    fresh = [k.connect() for _ in range(20)]
    for _ in range(2):
        for s in fresh:
            s.sendall(GET + b"\r\n")
            t.ok(s.recv(4096).startswith(b"HTTP/1.1 200"), "kept alive")
        begun = time.monotonic()
        wait_for(lambda: k.get("/t/hello").status == 200 and
                 time.monotonic() - begun > 3)


def descriptors(k):
    return len(os.listdir("/proc/%d/fd" % k.proc.pid))


@test("when descriptors ran out once, it is listened again")
def _(t):
    k = Tracker(t, loops=1, idle_ms=60000, drain=0)
    t.eq(k.get("/t/hello").status, 200)
    wait_for(lambda: k.get("/t/connections").body == b"1")
    few = descriptors(k) + 8
    resource.prlimit(k.proc.pid, resource.RLIMIT_NOFILE, (few, few))
    held = [k.connect() for _ in range(30)]
    wait_for(lambda: descriptors(k) >= few - 1, what="none left")
    k.proc.send_signal(signal.SIGSTOP)  # it sees all of them go at once
    for s in held:
        s.close()
    k.proc.send_signal(signal.SIGCONT)
    wait_for(lambda: descriptors(k) < few - 4, what="some free")
    t.eq(k.get("/t/hello").status, 200)


@test("connections leave descriptors to the rest of the process")
def _(t):
    k = Tracker(t, under=("prlimit", "--nofile=200:200"), loops=1,
                idle_ms=60000, request_ms=60000)
    t.ok("event=http.bounded" in k.stderr(), "told")
    before = descriptors(k)
    for _ in range(300):
        k.connect()
    wait_for(lambda: descriptors(k) >= before + 100, what="connections")
    wait_for(lambda: k.get("/t/hello").status == 200, what="room")
    t.ok(descriptors(k) <= before + 151, descriptors(k))


@test("connections past the bound of an address are refused")
def _(t):
    k = Tracker(t, per_address=20)
    held = [k.connect() for _ in range(20)]
    for s in held:
        s.sendall(b"GET /t/hello HTTP/1.1\r\nHost: x\r\n\r\n")
        t.ok(s.recv(4096).startswith(b"HTTP/1.1 200"), "within the bound")
    t.eq(k.raw(b"GET /t/hello HTTP/1.1\r\nHost: x\r\n\r\n"), b"")
    held[0].close()
    wait_for(lambda: k.get("/t/hello").status == 200)


@test("the Unix socket is ours alone, and says so")
def _(t):
    path = t.path("s")
    k = Tracker(t, socket=path)
    t.eq(os.stat(path).st_mode & 0o777, 0o600)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.sendall(b"GET /t/echo/a/b HTTP/1.1\r\nHost: x\r\n"
                  b"Connection: close\r\n\r\n")
        t.ok(b"peer - socket\n" in read_all(s), "our own uid")
    t.ok(b" socket" not in k.get("/t/echo/a/b").body, "not by TCP")
    k.stop()
    t.ok(not os.path.exists(path), "removed at the end")


@test("TLS from 1.2 on; a new certificate is taken without a restart")
def _(t):
    import ssl

    def make(name):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-keyout", t.path("k"), "-out", t.path("c"), "-days", "2",
             "-subj", "/CN=" + name], check=True, stderr=subprocess.DEVNULL)
    make("one.test")
    k = Tracker(t, certificate=t.path("c"), key=t.path("k"))

    def seen(version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with k.connect() as s, context.wrap_socket(s) as c:
            c.sendall(b"GET /t/job HTTP/1.1\r\nHost: x\r\n"
                      b"Connection: close\r\n\r\n")
            t.ok(c.recv(100).startswith(b"HTTP/1.1 200"), "answered")
            (pixel,), _ = k.tokens(1)
        with k.connect() as s, context.wrap_socket(s) as c:
            c.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" %
                      pixel.encode())
            t.ok(c.recv(100).startswith(b"HTTP/1.1 200"), "a pixel too")
            return c.getpeercert(binary_form=True)
    first = seen()
    t.eq(seen(ssl.TLSVersion.TLSv1_2), first)
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t.raises((ssl.SSLError, OSError), seen, ssl.TLSVersion.TLSv1_1)
    t.write("c", "nonsense")
    k.proc.send_signal(1)
    wait_for(lambda: "refused" in k.stderr())
    t.eq(seen(), first, "a bad pair keeps the old one")
    make("two.test")
    k.proc.send_signal(1)
    wait_for(lambda: seen() != first)


@test("a stop answers what is under way, and accepts no more")
def _(t):
    stall = t.write("stall", "")
    k = Tracker(t, stall=stall, request_ms=600000)
    waiting = [k.connect() for _ in range(2)]
    for s in waiting:
        s.sendall(b"GET /t/wait HTTP/1.1\r\nHost: x\r\n\r\n")
    wait_for(lambda: k.get("/t/waiting").body == b"2")
    idle = k.connect()
    idle.sendall(b"GET /t/hello HTTP/1.1\r\nHost: x\r\n\r\n")
    t.ok(b"hello" in idle.recv(4096), "served")
    k.proc.send_signal(15)

    def refused():
        try:
            socket.create_connection(("127.0.0.1", k.port), 1).close()
        except ConnectionError:
            return True
    wait_for(refused)
    t.ok(k.alive(), "it waits for those under way")
    os.unlink(stall)
    for s in waiting:
        r = parse(read_all(s))
        t.eq((r.status, r.body), (200, b"waited\n"))
        t.eq(r.headers.get("connection"), "close")
    t.eq(read_all(idle), b"")
    k.stop()


@test("jobs that are full answer 503; a gone visitor is noticed")
def _(t):
    stall = t.write("stall", "")
    k = Tracker(t, stall=stall, request_ms=600000)
    held = [k.connect() for _ in range(2 + 64)]
    for n, s in enumerate(held):
        s.sendall(b"GET /t/wait HTTP/1.1\r\nHost: x\r\n\r\n")
        if n == 1:
            wait_for(lambda: k.get("/t/waiting").body == b"2")

    def full():
        with k.connect() as s:
            s.sendall(b"GET /t/job HTTP/1.1\r\nHost: x\r\n"
                      b"Connection: close\r\n\r\n")
            s.settimeout(0.2)
            try:
                return b" 503 " in s.recv(4096)
            except TimeoutError:
                held.append(s)
    wait_for(full)
    r = k.get("/t/job")
    t.eq((r.status, r.headers.get("retry-after")), (503, "1"))
    (pixel,), (click,) = k.tokens(1)
    t.eq(k.get(click).status, 302, "clicks do not need jobs")
    # Those who hold the job threads leave: the threads are free again.
    for s in held:
        s.close()
    wait_for(lambda: k.get("/t/job").status == 200)


def get_from(k, address, path):
    s = socket.create_connection(("127.0.0.1", k.port), DEADLINE,
                                 (address, 0))
    with s:
        s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                  % path)
        return parse(read_all(s))


@test("one address does not take all the room of jobs")
def _(t):
    stall = t.write("stall", "")
    k = Tracker(t, stall=stall, request_ms=600000, jobs_per_address=5)
    held = [k.connect() for _ in range(2)]
    for n, s in enumerate(held):
        s.sendall(b"GET /t/wait HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: k.get("/t/waiting").body == b"%d" % (n + 1))
    waiting = [k.connect() for _ in range(5 + 1)]
    for s in waiting:
        s.sendall(b"GET /t/job HTTP/1.1\r\nHost: x\r\nConnection: close"
                  b"\r\n\r\n")
    (s, *_), _, _ = select.select(waiting, [], [], DEADLINE)
    waiting.remove(s)
    r = parse(read_all(s))
    t.eq((r.status, r.headers.get("retry-after")), (429, "1"))
    other = threading.Thread(target=lambda: got.append(
        get_from(k, "127.0.0.2", b"/t/job").status))
    got = []
    other.start()
    os.unlink(stall)
    other.join(DEADLINE)
    t.eq(got, [200], "another visitor's turn comes")
    t.eq([parse(read_all(s)).status for s in waiting], [200] * 5)
    t.eq([k.get("/t/job").status for _ in range(12)], [200] * 12,
         "none is counted for ever")


@test("who closes the sending side once it has asked is answered all the same")
def _(t):
    k = Tracker(t, idle_ms=60000, request_ms=60000)
    _, (click,) = k.tokens(1)
    asked = [(b"GET %s HTTP/1.1\r\n" % path.encode(), b"", status)
             for path, status in ((click, 302), ("/t/hello", 200),
                                  ("/t/job", 200), ("/t/view/x", 200))]
    asked.append((b"POST /t/echo HTTP/1.1\r\nContent-Length: 3\r\n", b"abc",
                  200))
    for head, body, status in asked:
        seen = []
        for n in range(40):
            s = k.connect()
            s.sendall(head + HOST + b"\r\n" + body)
            s.shutdown(socket.SHUT_WR)
            seen.append(s)
        # to the end: a connection that has nothing more to say is not kept
        t.eq([parse(read_all(s)).status for s in seen], [status] * 40, head)


@test("a port in use is said by name; the log has no tokens")
def _(t):
    k = Tracker(t, log=1)
    r = subprocess.run([PROGRAM, t.path("other"), "port=%d" % k.port],
                       stderr=subprocess.PIPE, timeout=DEADLINE)
    t.ok(r.returncode != 0 and str(k.port).encode() in r.stderr,
         "%r" % (r,))
    (pixel,), _ = k.tokens(1)
    k.get(pixel)
    wait_for(lambda: "route=\"/o/{token...}\"" in k.stderr() or
             "route=/o/{token...}" in k.stderr())
    t.ok(pixel not in k.stderr(), "no token")


@test("no number of connections makes it stall")
def _(t):
    k = Tracker(t)
    for n in (64, 128, 129, 256, 1000):
        pixels, clicks = k.tokens(1500)
        asked = pixels + clicks + ["/t/job"] * 200
        random.shuffle(asked)
        load = Load(k.port, n, asked)
        answered = load.run()
        t.eq(len(answered), len(asked), "%d connections" % n)
        want = set(map(ref_of, pixels + clicks))
        wait_for(lambda: want <= {x.split()[2] for x in k.ledger()[-20000:]})


if __name__ == "__main__":
    run()
