"""The pages of the real server, after a real sending, as objects."""

import contextlib
import datetime
import email
import email.policy
import http.client
import os
import re
import sqlite3
import urllib.parse

from acuse import Acuse
from harness import DEADLINE, wait_for

FORM = "application/x-www-form-urlencoded"
TODAY = datetime.date.today()
SCRIPT = re.compile(rb"<script|javascript:|\son[a-z]+=", re.I)


def day(n):
    return (TODAY + datetime.timedelta(days=n)).isoformat()


class Page:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {k.lower(): v for k, v in headers}
        self.body = body
        self.text = body.decode("utf-8", "replace")


class World:
    """A server that sent one message, and what was in it."""

    def __init__(self, t, more="", options=(), rules="", send=True,
                 name="acuse", policy=None):
        self.t = t
        self.mx = t.receiver(rules=rules)
        self.acuse = Acuse(t, options=[
            (r"^\tsend = false", "\tsend = true"),
            (r'tracking_basis = ""$', 'tracking_basis = "contract"'),
            (r'link_hosts = .*$', 'link_hosts = {"billing.example"}'),
            *options], more=more +
            '\nsmtp { allow_private_exchangers = true }\n'
            'destination "cliente.example" '
            '{ exchangers = {"127.0.0.1:%d"} tls = off }\n' % self.mx.port(),
            name=name, start=False)
        if policy:
            self.change_policy(*policy)
        self.prepare()
        self.acuse.start()
        self.customer()
        self.invoice("i1", "PF-1042", 12)
        self.links = {}
        if send:
            self.send()

    def prepare(self):
        """Between init and the first start."""

    def change_policy(self, pattern, new):
        path = os.path.join(os.path.dirname(self.acuse.config), "policies",
                            "default.conf")
        with open(path) as f:
            text, n = re.subn(pattern, new, f.read(), flags=re.M)
        self.t.eq(n, 1, "the policy has no " + pattern)
        with open(path, "w") as f:
            f.write(text)

    def customer(self, name="Ana <b>Pérez</b>", locale="es_AR"):
        a = self.acuse
        a.ok(a.put("customers/c1", {
            "name": name, "locale": locale, "brand": "default",
            "time_zone": "America/Argentina/Buenos_Aires",
            "contacts": [{"id": "k1", "role": "billing",
                          "email": "ana@cliente.example"}]}))
        a.ok(a.put("services/s1", {"customer": "c1", "name": "Hosting Pro",
                                   "status": "active", "product": "h"}))

    def invoice(self, id, number, due, status="open", rev=1, balance="100.00",
                **more):
        return self.acuse.ok(self.acuse.put("invoices/" + id, {
            "customer": "c1", "number": number, "rev": rev, "status": status,
            "currency": "ARS", "total": "100.00", "balance": balance,
            "due_on": day(due), "issued_on": day(due - 20),
            "pay_url": "https://billing.example/pay/" + number,
            "lines": [{"service": "s1", "description": "Hosting",
                       "amount": "100.00"}], **more}))

    def send(self):
        a = self.acuse
        a.ok(a.post("notices", {"template": "reminder", "customer": "c1",
                                "invoice": "i1"}))
        entry = self.mx.wait_journal("message")[0]
        self.raw = self.mx.message(entry)
        mail = email.message_from_bytes(self.raw, policy=email.policy.default)
        self.html = mail.get_body(("html",)).get_content()
        for kind in "omau":
            found = re.search(r"https://[^/\"]+(/%s/[\w-]{52})" % kind,
                              self.html)
            if found:
                self.links[kind] = found.group(1)
        self.mref = wait_for(self.accepted, what="the acceptance")

    def notice(self):
        """One more, sent by hand: its mail."""
        before = len(self.mx.journal("message"))
        self.acuse.ok(self.acuse.post("notices", {
            "template": "reminder", "customer": "c1", "invoice": "i1"}))
        entry = self.mx.wait_journal("message", before + 1)[-1]
        return email.message_from_bytes(self.mx.message(entry),
                                        policy=email.policy.default)

    def accepted(self):
        for m in self.acuse.get("messages?customer=c1").body["items"]:
            if m["state"] == "accepted":
                return m["mref"]
        return None

    def events(self, kind=None):
        items = self.acuse.ok(self.acuse.get(
            "messages/%s/events?limit=500" % self.mref))["items"]
        return [x for x in items if kind is None or x["type"] == kind]

    @contextlib.contextmanager
    def locked(self):
        """While the store is another's to write."""
        db = sqlite3.connect(os.path.join(self.acuse.state, "acuse.db"),
                             isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            db.execute("ROLLBACK")
            db.close()

    def leave(self):
        """The link of the preferences, as the area has it."""
        return re.search(r'href="(/u/[\w-]{52})"',
                         self.get(self.area()).text).group(1)

    def area(self, ttl=3600):
        url = self.acuse.ok(self.acuse.post("customers/c1/area-link",
                                            {"ttl_s": ttl}))["url"]
        return urllib.parse.urlsplit(url).path

    def ask(self, method, path, body=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.acuse.ports["public"],
                                       timeout=DEADLINE)
        head = {k.replace("_", "-"): v for k, v in headers.items()}
        if body is not None:
            head.setdefault("Content-Type", FORM)
            if isinstance(body, dict):
                body = urllib.parse.urlencode(body)
        c.request(method, path, body, head)
        r = c.getresponse()
        page = Page(r.status, r.getheaders(), r.read())
        c.close()
        return page

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body, **headers):
        return self.ask("POST", path, body, **headers)


def wants(t, page, *texts):
    for text in texts:
        t.ok(text in page.text, "the page lacks %r:\n%s" % (
            text, page.text[page.text.find("<main"):][:4000]))


def is_safe(t, page):
    """What holds for each page of ours."""
    csp = page.headers.get("content-security-policy", "")
    t.ok("default-src 'none'" in csp, "no policy: %r" % csp)
    t.ok("frame-ancestors" in csp, "no frame-ancestors")
    t.eq(page.headers.get("cache-control"), "no-store, private")
    t.eq(page.headers.get("x-content-type-options"), "nosniff")
    t.ok(page.headers.get("referrer-policy") in ("same-origin",
                                                 "no-referrer"), "referrer")
    t.ok("noindex" in page.headers.get("x-robots-tag", ""), "robots")
    t.ok(not SCRIPT.search(page.body), "there is script")
