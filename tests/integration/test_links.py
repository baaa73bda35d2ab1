"""Tables over all routes that strangers reach: what each one's replies bear,
what each token opens, and what of them the log tells."""

import base64
import itertools
import os
import re
import signal
import socket
import ssl
import subprocess
import warnings

from acuse import Acuse
from harness import DEADLINE, Failed, run, test, wait_for
from portal import World, is_safe
from tokens import DESTINATION, EXPIRY, Keys

LABELS = ("open", "click", "view", "answer", "area", "leave", "reverse")
TEXT = base64.urlsafe_b64encode(DESTINATION).decode().rstrip("=")
SECOND = """
brand "second" {
	id = 2
	title = "Second"
	from_address = "b@second.example"
	return_domain = "b.second.example"
	public_url = "https://notices.second.example"
	locale = "en_US"
	time_zone = "UTC"
	policy = "default"
	tracking_basis = "contract"
}
"""

# Pattern and method, the token's label, and what a good one answers.
ROUTES = {
    ("GET", "/o/{token...}"): ("open", 200),
    ("POST", "/o/{token...}"): ("open", 200),
    ("OPTIONS", "/o/{token...}"): ("open", 200),
    ("GET", "/c/{token}/{destination}"): ("click", 302),
    ("OPTIONS", "/c/{token}/{destination}"): ("click", 204),
    ("GET", "/c/{token...}"): ("click", 404),
    ("GET", "/area/{token}/{expiry}"): ("area", 200),
    ("GET", "/m/{token}"): ("view", 200),
    ("GET", "/a/{token}"): ("answer", 200),
    ("POST", "/a/{token}"): ("answer", 200),
    ("GET", "/u/{token}"): ("leave", 200),
    ("POST", "/u/{token}"): ("leave", 200),
    ("GET", "/area/{token...}"): ("area", 404),
    ("GET", "/m/{token...}"): ("view", 404),
    ("GET", "/a/{token...}"): ("answer", 404),
    ("GET", "/u/{token...}"): ("leave", 404),
    ("GET", "/robots.txt"): (None, 200),
    ("GET", "/"): (None, 200),
}
CUT = ("/area/{token...}", "/m/{token...}", "/a/{token...}", "/u/{token...}")
BODIES = {"/a/{token}": {"answer": "received"},
          "/u/{token}": {"action": "withdraw"}}
addresses = ("2001:db8:%x:%x::1" % x
             for x in itertools.product(range(100), range(0x10000)))


def routes_of_source():
    found = set()
    for name in ("portal/portal.c", "tracker/hits.c"):
        with open(os.path.join(os.environ.get("SRC_DIR", "."), name)) as f:
            text = f.read()
            found |= set(re.findall(
                r'\.method = HTTP_(\w+),\s*\.pattern = "([^"]+)"', text))
            found |= {("GET", x) for x in re.findall(r'CUT\("(.+?)"\)', text)}
    return found


class Links(World):
    """A world whose tokens are at hand; brand 2 has a key, and so has brand
    3, which is in no configuration."""

    def __init__(self, t, **kw):
        super().__init__(t, more=SECOND, **kw)
        self.keys = Keys(self.acuse.state)
        # the area's link knows the customer's reference
        path = self.area()
        self.refs = {"area": base64.urlsafe_b64decode(
            path.split("/")[2])[5:21].hex()}

    def prepare(self):
        for number in (2, 3):
            with open(os.path.join(self.acuse.state, "keys",
                                   "token-%04x0001" % number), "w") as f:
                f.write("acuse-token-key v1\nstate active\nsecret %s\n" %
                        os.urandom(32).hex())

    def ref(self, label):
        return self.refs.get(label, self.mref)

    def path(self, pattern, token):
        if pattern in CUT:
            token += "/"
        return (pattern.replace("...", "").replace("{token}", token)
                .replace("{destination}", TEXT).replace("{expiry}", EXPIRY))

    def send_to(self, method, pattern, token, **headers):
        headers.setdefault("X_Forwarded_For", next(addresses))
        body = BODIES.get(pattern) if method == "POST" else None
        return self.ask(method, self.path(pattern, token), body, **headers)


def has_headers(t, page, what):
    """Each reply that is not an empty one."""
    h = page.headers
    t.eq(h.get("x-content-type-options"), "nosniff", what)
    t.ok(h.get("referrer-policy") in ("no-referrer", "same-origin"), what)
    t.ok("server" not in h and "x-powered-by" not in h, what)
    if not h.get("content-type", "").startswith("image/"):
        csp = h.get("content-security-policy", "")
        t.ok("default-src 'none'" in csp and "frame-ancestors 'none'" in csp,
             "%s: %r" % (what, csp))
        t.ok("script-src" not in csp, what)
    if h.get("content-type", "").startswith("text/html"):
        t.eq(h.get("cache-control"), "no-store, private", what)
        t.eq(h.get("x-frame-options"), "DENY", what)
        is_safe(t, page)


@test("each route's replies bear the headers that keep visitors safe")
def _(t):
    w = Links(t)
    t.eq(routes_of_source(), set(ROUTES), "routes that no row here tries")
    for (method, pattern), (label, good) in ROUTES.items():
        token = w.keys.token(label, w.ref(label)) if label else ""
        what = method + " " + pattern
        page = w.send_to(method, pattern, token)
        t.eq(page.status, good, what)
        has_headers(t, page, what)
        if label:
            page = w.send_to(method, pattern, "A" * 52,
                             Host="notices.host.example")
            t.eq(page.status, 200 if label == "open" else 404, what)
            has_headers(t, page, what + " (bad)")
            t.ok("location" not in page.headers, what)
            t.ok(label == "open" or "host.example" in page.text,
                 what + ": the brand is not named")
    for method, path, status in (
            ("GET", "/nothing", 404), ("DELETE", "/", 405), ("BREW", "/", 405),
            ("OPTIONS", "/", 204), ("GET", "/?a=%00", 200),
            ("GET", "/" + "x" * 5000, 414), ("POST", "/a/%00", 400),
            ("POST", "/robots.txt", 405)):
        page = w.ask(method, path)
        t.eq(page.status, status, path[:20])
        has_headers(t, page, method + " " + path[:20])
    page = w.ask("POST", "/a/" + "A" * 52, "answer=x&text=" + "y" * 40000)
    t.eq(page.status, 413)
    has_headers(t, page, "413")
    csp = w.send_to("GET", "/m/{token}", w.keys.token(
        "view", w.mref)).headers["content-security-policy"]
    t.ok("sandbox" in csp and "allow-scripts" not in csp and
         "allow-same-origin" not in csp, csp)


@test("a bad link names its host's brand, at a foreign host its token's")
def _(t):
    w = Links(t)
    w.keys.secrets[0x20009] = os.urandom(32)
    links = [(m, p, w.keys.token(label, w.mref, 0x20001)[:-4] + "AAAA")
             for (m, p), (label, _) in ROUTES.items()
             if label not in (None, "open") and m == "GET"]
    names = ("host.example", "Second")

    def named(path, **headers):
        page = w.ask("GET", path, **dict(
            {"X_Forwarded_For": next(addresses)}, **headers))
        has_headers(t, page, path)
        t.ok("location" not in page.headers, path)
        text = re.sub(r"notices\.\S+", "", page.text)
        return page.status, [n for n in names if n in text]
    for method, pattern, token in links:
        path = w.path(pattern, token)
        host = "notices.host.example"
        t.eq(named(path, Host="192.0.2.1"), (404, ["Second"]), pattern)
        t.eq(named(path, Host=host), (404, ["host.example"]), pattern)
        for key in (0x20009, 0x30001):
            w.keys.secrets[0x20009] = os.urandom(32)
            t.eq(named(w.path(pattern, w.keys.token(
                "reverse", w.mref, key)), Host="192.0.2.1"), (404, []),
                "a key that there is not, or of no brand")
    for path in ("/c/%zz/x", "/m/%00", "/m/", "/a/%ff", "/u/", "/area/",
                 "/area/x", "/area/%zz/1", "/area/x/1?x=%zz"):
        t.eq(named(path, Host="notices.host.example"),
             (404, ["host.example"]), path)
    t.eq(w.get(w.area() + "?x=%zz").status, 200, "a good one goes on")
    cut = "/c/" + links[0][2]
    t.eq(named(cut, Host="192.0.2.1"), (404, ["Second"]), "cut")
    t.eq(named(cut + "/x/y", Host="192.0.2.1"), (404, []), "not a token")
    t.eq(named(cut[:40], Host="notices.second.example"), (404, ["Second"]))
    told = [named(cut, Host="192.0.2.1", X_Forwarded_For="192.0.2.9")
            for _ in range(60)]
    t.eq(told[0], (404, ["Second"]))
    t.eq(told[-1], (429, []), "who tries one after another learns no more")


@test("a link past ASCII redirects in ASCII, which leads where it did")
def _(t):
    w = World(t, send=False)
    w.invoice("i1", "PF-1042", 12, rev=2,
              pay_url="https://billing.example/\u00f1?\u00e9=\u202e#\u00fc")
    w.send()
    path = re.search(r"/c/[\w-]+/[\w-]+", w.html).group(0)
    page = w.get(path)
    t.eq(page.status, 302)
    t.eq(page.headers["location"],
         "https://billing.example/%C3%B1?%C3%A9=%E2%80%AE#%C3%BC")


@test("HEAD answers what GET would, without its body; no page is kept")
def _(t):
    w = Links(t)
    for (method, pattern), (label, good) in ROUTES.items():
        if method != "GET":
            continue
        token = w.keys.token(label, w.ref(label)) if label else ""

        def alike():
            pages = [w.send_to(m, pattern, token) for m in ("GET", "HEAD",
                                                            "GET")]
            if pages[0].body != pages[2].body:
                return None  # a minute went by in between
            got, head = pages[:2]
            t.eq((head.status, head.body), (good, b""), pattern)
            same = [{k: v for k, v in p.headers.items() if k != "date"}
                    for p in (got, head)]
            t.eq(same[0], same[1], pattern)
            t.eq(int(got.headers["content-length"]), len(got.body), pattern)
            return True
        wait_for(alike, what=pattern)
        page = w.send_to("GET", pattern, token, If_None_Match="*",
                         If_Modified_Since="Wed, 01 Jan 2031 00:00:00 GMT")
        t.eq(page.status, good, pattern)


@test("a token opens its own purpose, of its own message and brand, alone")
def _(t):
    w = Links(t)
    other = os.urandom(16).hex()
    keys = {"ours": 0x10001, "another brand's": 0x20001, "no brand's": 0x30001}
    w.keys.secrets[0x10007] = w.keys.secrets[0x10001]  # no such key
    wrong = 0
    for (method, pattern), (label, good) in ROUTES.items():
        if label is None:
            continue
        for purpose in LABELS:
            for name, key in keys.items():
                # an area's token names a customer, the others a message
                for ref in {w.mref, w.refs["area"], other}:
                    if purpose == label and key == 0x10001 and \
                            ref == w.ref(label):
                        continue
                    if label == purpose == "click":
                        continue  # below
                    page = w.send_to(method, pattern, w.keys.token(
                        purpose, ref, key))
                    what = "%s %s by a %s token, key %s" % (
                        method, pattern, purpose, name)
                    t.eq(page.status, 200 if label == "open" else 404, what)
                    t.ok("Pérez" not in page.text and
                         "PF-1042" not in page.text, what)
                    wrong += 1
        page = w.send_to(method, pattern, w.keys.token(
            label, w.ref(label), 0x10007))
        t.eq(page.status, 200 if label == "open" else 404, "no such key")
    t.ok(wrong > 400, "%d were tried" % wrong)
    # A redirect asks no store: another brand's good link leads where that
    # brand signed, and is no hit of this message.
    for key in (0x20001, 0x30001):
        page = w.send_to("GET", "/c/{token}/{destination}", w.keys.token(
            "click", w.mref, key))
        t.eq(page.headers.get("location"), DESTINATION.decode())
    page = w.send_to("GET", "/c/{token}/{destination}", w.keys.token(
        "click", w.mref, destination=DESTINATION + b"?"))
    t.eq(page.status, 404)
    # The good ones come last: what came before them would be there too.
    before = len(w.events())
    for label, pattern in (("open", "/o/{token...}"),
                           ("click", "/c/{token}/{destination}"),
                           ("view", "/m/{token}")):
        w.send_to("GET", pattern, w.keys.token(label, w.mref))
    seen = wait_for(lambda: len(w.events()) == before + 3 and w.events(),
                    what="three hits")
    t.eq(sorted(x["type"] for x in seen if x["type"].split(".")[1] in (
        "opened", "clicked", "viewed", "answered", "objected")),
        ["message.clicked", "message.opened", "message.viewed"])
    t.eq(w.send_to("POST", "/a/{token}", w.keys.token(
        "answer", w.mref)).status, 200)


@test("the access log has a line for each request, and no secret in it")
def _(t):
    w = Links(t, options=[
        (r"^http {", "http {\n\taccess_log = true\n")])
    secrets = [w.acuse.key, w.mref, "ana@cliente", "Pérez", "10.9.8.7", TEXT]
    asked = 0
    for (method, pattern), (label, _) in ROUTES.items():
        good = w.keys.token(label, w.ref(label)) if label else ""
        for token in {good, good[:-1] + "A" if good else ""}:
            secrets += [token] if token else []
            w.send_to(method, pattern, token, X_Forwarded_For="10.9.8.7",
                      Referer="https://x/" + good, Cookie="a=" + good)
            asked += 1
    for path in ("/nothing/" + good, "/a/%00" + good, "/?token=" + good,
                 "/area/" + good, "http://x/a/" + good):
        w.get(path)
        asked += 1
    # refused before anything was looked at, and cut off in the middle
    odd = {b"POST / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n": ("POST", 400),
           b"PUT / HTTP/1.1\r\nHost : x\r\n\r\n": ("PUT", 400),
           b"BREW / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n": ("other", 400)}
    at = ("127.0.0.1", w.acuse.ports["public"])
    cut = socket.create_connection(at, DEADLINE)
    cut.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
    for data in odd:
        with socket.create_connection(at, DEADLINE) as s:
            s.sendall(data)
            while s.recv(4096):
                pass
        asked += 1
    # a link whose form is bad, and a key that is wrong
    w.acuse.get("customers/c1", key="acuse_" + "Z" * 32)
    secrets.append("acuse_" + "Z" * 32)

    def lines():
        return [x for x in w.acuse.process.stderr().splitlines()
                if "event=http.request" in x and "server=public" in x]
    wait_for(lambda: len(lines()) >= asked, what="%d lines" % asked)
    cut.close()
    asked += 1
    odd["cut"] = ("other", 0)
    wait_for(lambda: len(lines()) >= asked, what="the one that was cut off")
    t.eq(len(lines()), asked)
    for line in lines():
        t.ok(re.fullmatch(
            r"\S+ level=info event=http\.request server=public "
            r"method=\w+ route=\S+ status=\d+ us=\d+", line), line)
    for method, status in odd.values():
        want = "method=%s route=none status=%d " % (method, status)
        t.eq(sum(want in x for x in lines()),
             list(odd.values()).count((method, status)), want)
    w.acuse.process.stop()
    log = w.acuse.process.stderr()
    for secret in secrets:
        if secret in log:
            raise Failed("the log tells %s: %s" % (secret, [
                x for x in log.splitlines() if secret in x][:3]))
    w.acuse.start()
    t.ok("server=private" in log, "the private listener's too")


@test("the public listener's TLS: from 1.2 on, a new certificate on SIGHUP")
def _(t):
    def make(name):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", t.path("k"),
             "-out", t.path("c"), "-days", "2", "-subj", "/CN=" + name],
            check=True, stderr=subprocess.DEVNULL)
    make("one.test")
    w = Acuse(t, options=[
        (r"^http {", 'http {\n\tpublic_tls_certificate = "%s"\n\tpublic_tls_key = "%s"\n' %
         (t.path("c"), t.path("k")))])

    def seen(version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with socket.create_connection(
                ("127.0.0.1", w.ports["public"]), DEADLINE) as s, \
                context.wrap_socket(s) as c:
            c.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            t.ok(c.recv(100).startswith(b"HTTP/1.1 200"), "answered")
            return c.getpeercert(binary_form=True)
    first = seen()
    t.eq(seen(ssl.TLSVersion.TLSv1_2), first)
    t.eq(seen(ssl.TLSVersion.TLSv1_3), first)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            t.raises((ssl.SSLError, OSError), seen, old)
    t.write("c", "nonsense")
    w.process.proc.send_signal(signal.SIGHUP)
    wait_for(lambda: "conf.refused" in w.process.stderr())
    t.eq(seen(), first, "a bad certificate keeps the old one")
    make("two.test")
    w.process.proc.send_signal(signal.SIGHUP)
    wait_for(lambda: seen() != first)


@test("a request is not logged unless that is asked for")
def _(t):
    w = World(t, send=False)
    for _ in range(3):
        t.eq(w.get("/").status, 200)
    w.acuse.process.stop()
    t.ok("http.request" not in w.acuse.process.stderr(), "it is logged")
    w.acuse.start()


if __name__ == "__main__":
    run()
