"""What customers and billing systems write is text, and nothing else, wherever
a mail shows it; or it is refused at the edge, with the field named."""

import base64
import datetime
import email
import email.policy
import html.parser
import http.client
import json
import re
import shutil
import subprocess
import urllib.parse

from harness import DEADLINE, run, test, wait_for
from hosting import Hosting, POLICY

EVIL = {
    "markup": "Ana</td><script>alert(1)</script>",
    "attribute": "x\" onmouseover=\"alert(1)' style='x",
    "template": "{{evil}} {{{brand.title}}} {{> _blocks/lang}}",
    "entity": "&lt;b&gt; &amp;amp; &#60;script&#62;",
    "comment": "--><!--[if mso]><a href='https://evil.example'>x</a><![endif]-->",
    "encoded word": "=?utf-8?q?=0D=0ABcc:_x@evil.example?=",
    "quotes": "\"Ana\" <evil@evil.example>, \\",
    "soft break": "a=0D=0ABcc: x@evil.example",
    "bidi": "Ana \u202egpj.exe\u202c \u2066x\u2069",
    "dots": ".",
    "formats": "%s%n%99999d",
    "emoji": "👩‍👩‍👧 Ñandú",
}
REFUSED = {
    "line break": "Ana\r\nBcc: x@evil.example",
    "bare feed": "Ana\nBcc: x@evil.example",
    "bare return": "Ana\rBcc: x@evil.example",
    "nul": "Ana\u0000x",
    "escape": "Ana\u001b[2J",
    "ten kilobytes": "x" * 10240,
    "a megabyte": "x" * (1 << 20),
}
OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def in_days(n):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return (today + datetime.timedelta(days=n)).isoformat()


class Tags(html.parser.HTMLParser):
    """Elements, attributes and text of an HTML mail."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def shown(value):
    """What a mail may show of a value: overrides are taken out."""
    return "".join(c for c in value if c not in OVERRIDES)


def squeezed(text):
    return "".join(text.split())


def received(r, n):
    got = wait_for(lambda: r.journal("message")[n - 1:] and r.journal("message"),
                   what="%d messages" % n)
    return [email.message_from_bytes(r.message(x),
                                     policy=email.policy.default) for x in got]


def pdf_text(t, content):
    tool = shutil.which("pdftotext")
    if tool is None:
        return None
    path = t.write("mail.pdf", content, mode="wb")
    return subprocess.run([tool, "-raw", path, "-"], check=True,
                          stdout=subprocess.PIPE).stdout.decode()


def harmless(t, name, m):
    """No header, element, attribute or link that we did not mean."""
    t.eq(m.defects, [], name)
    for header in ("bcc", "cc", "sender", "resent-to"):
        t.ok(header not in m, "%s: header %s" % (name, header))
    for header in ("from", "to", "subject", "date", "message-id", "reply-to",
                   "mime-version", "content-type"):
        t.ok(len(m.get_all(header, [])) <= 1, "%s: two of %s" % (name, header))
    t.eq([a.addr_spec for a in m["to"].addresses], ["ana@one.example"], name)
    t.ok(not set(OVERRIDES) & set(str(m["to"]) + m["subject"]), name)
    page = Tags(m.get_body(("html",)).get_content())
    for tag, attrs in page.tags:
        t.ok(tag not in ("script", "iframe", "object", "form", "base"),
             "%s: <%s>" % (name, tag))
        t.ok(not [a for a in attrs if a.startswith("on")],
             "%s: %s" % (name, attrs))
        for key in ("href", "src"):
            host = urllib.parse.urlsplit(attrs.get(key) or "").hostname or ""
            t.ok("evil" not in host, "%s: %s" % (name, attrs))
    t.ok(not set(OVERRIDES) & set(page.text), name)
    return page


def attached(m):
    return [p.get_content() for p in m.iter_attachments()
            if p.get_content_type() == "application/pdf"]


@test("what is written into names, numbers and lines stays text everywhere")
def _(t):
    r = t.receiver()
    policy = POLICY.replace('template = "proforma" }',
                            'template = "proforma" attach = {"pdf"} }')
    a = Hosting(t, to=[r], policy=policy)
    for n, (name, value) in enumerate(EVIL.items(), 1):
        cid, iid = "c%d" % n, "i%d" % n
        a.customer(cid, "ana@one.example", name=value, locale="es_AR")
        a.ok(a.put("services/s%d" % n, {"customer": cid, "name": value,
                                        "product": value}))
        made = a.invoice(iid, cid, in_days(40), number=value[:64], lines=[
            {"service": "s%d" % n, "description": value, "quantity": "1",
             "amount": "10.00"}],
            payment_method={"kind": "card", "label": value[:64]})
        a.ok(a.post("notices/%s/send-now" % made["notices"][0]["id"]))
        m = received(r, n)[-1]
        page = harmless(t, name, m)
        for where, text in (("HTML", page.text),
                            ("text", m.get_body(("plain",)).get_content())):
            t.ok(squeezed(shown(value)) in squeezed(text),
                 "%s is not whole in %s: %s" % (name, where, text))
        t.ok(squeezed(shown(value[:64])) in squeezed(m["subject"]),
             "%s in %r" % (name, m["subject"]))
        pdf = attached(m)
        t.eq(len(pdf), 1, name)
        text = pdf_text(t, pdf[0])
        if text is not None and name != "emoji":
            t.ok(squeezed(shown(value))[:20] in squeezed(text),
                 "%s in the PDF: %s" % (name, text))
    t.eq(a.messages(state="deferred"), [])


@test("the pages behind a mail show it as text, too")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    for n, (name, value) in enumerate(EVIL.items(), 1):
        cid = "c%d" % n
        a.customer(cid, "ana@one.example", name=value, locale="es_AR")
        made = a.invoice("i%d" % n, cid, in_days(40), number=value[:64],
                         lines=[{"description": value, "amount": "10.00"}])
        a.ok(a.post("notices/%s/send-now" % made["notices"][0]["id"]))
        m = received(r, n)[-1]
        area = a.ok(a.post("customers/%s/area-link" % cid, {"ttl_s": 600}))
        urls = [area["url"]] + re.findall(
            r"https://notices\.hosting\.example/[ma]/[\w-]+",
            m.get_body(("plain",)).get_content())
        t.ok(len(urls) >= 3, "%s: area, view and answer: %s" % (name, urls))
        for url in urls:
            c = http.client.HTTPConnection("127.0.0.1", a.ports["public"],
                                           timeout=DEADLINE)
            c.request("GET", urllib.parse.urlsplit(url).path,
                      headers={"Host": "notices.hosting.example"})
            got = c.getresponse()
            page = got.read().decode()
            c.close()
            where = "%s, %s" % (name, url)
            t.eq(got.status, 200, where)
            for tag, attrs in Tags(page).tags:
                t.ok(tag not in ("script", "object", "base", "embed"), where)
                t.ok(not [x for x in attrs if x.startswith("on")], where)
                for key in ("href", "src", "action"):
                    host = urllib.parse.urlsplit(attrs.get(key) or "").hostname
                    t.ok("evil" not in (host or ""), where)
            t.ok("script-src" in got.getheader("Content-Security-Policy") or
                 "default-src 'none'" in
                 got.getheader("Content-Security-Policy"), where)


@test("line breaks, controls and megabytes are refused with the field named")
def _(t):
    a = Hosting(t, send="false")
    a.customer("c1", "ana@one.example")
    good = {"customer": "c1", "number": "1", "status": "open",
            "currency": "ARS", "total": "1.00", "due_on": in_days(40),
            "lines": [{"description": "x", "amount": "1.00"}]}
    places = (
        ("customers/c2", {}, ("name",), "/name"),
        ("customers/c2", {"name": "x", "contacts": [{"id": "k"}]},
         ("contacts", 0, "email"), "/contacts/0/email"),
        ("customers/c2", {"name": "x", "contacts": [{"id": "k"}]},
         ("contacts", 0, "phone"), "/contacts/0/phone"),
        ("services/s2", {"customer": "c1"}, ("name",), "/name"),
        ("invoices/i2", good, ("number",), "/number"),
        ("invoices/i2", good, ("lines", 0, "description"),
         "/lines/0/description"),
        ("invoices/i2", good, ("pay_url",), "/pay_url"),
        ("invoices/i2", dict(good, pdf={"base64": base64.b64encode(
            b"%PDF-1.4").decode()}), ("pdf", "name"), "/pdf/name"),
        ("invoices/i2", dict(good, payment_method={"kind": "card"}),
         ("payment_method", "label"), "/payment_method/label"),
    )
    for path, body, keys, pointer in places:
        for name, value in REFUSED.items():
            asked = json.loads(json.dumps(body))
            at = asked
            for key in keys[:-1]:
                at = at[key]
            at[keys[-1]] = value
            got = a.put(path, asked)
            where = "%s, %s: %s" % (pointer, name, got.body)
            if got.status == 413:
                t.ok(name == "a megabyte", where)
            elif name == "nul" and got.status == 400:
                pass  # JSON itself, before there are fields
            else:
                t.eq(got.status, 422, where)
                t.eq(got.body["errors"][0]["pointer"], pointer, where)
    t.eq(a.get("customers/c2").status, 404)
    t.eq(a.get("invoices/i2").status, 404)


@test("addresses and links that would be more than that are refused")
def _(t):
    a = Hosting(t, send="false")
    a.customer("c1", "ana@one.example")
    for address in ("a@x.example>\r\nRCPT TO:<b@x.example", "a@x.example,b@y.z",
                    "a b@x.example", "<a@x.example>", "a@x.example\u202e",
                    "a@[127.0.0.1] x", "@x.example", "a@", "a@x..example",
                    "a" * 10240 + "@x.example", "a@" + "x" * 10240):
        got = a.put("customers/c2", {"name": "x", "contacts": [
            {"id": "k", "email": address}]})
        t.eq((got.status, got.body["errors"][0]["pointer"]),
             (422, "/contacts/0/email"), address)
    for url in ("javascript:alert(1)", "data:text/html,x", "//evil.example",
                "https://me:pw@evil.example/", "https://x\" onclick=\"y",
                "https://x/<script>", "https://x/{{evil}}", "https://x/a b",
                "https://x\\@evil.example/", "https:///path"):
        got = a.put("invoices/i2", {
            "customer": "c1", "number": "1", "status": "open",
            "currency": "ARS", "total": "1.00", "due_on": in_days(40),
            "pay_url": url})
        t.eq((got.status, got.body["errors"][0]["pointer"]),
             (422, "/pay_url"), url)
    for name in ("../x.pdf", "a/b.pdf", "a\\b.pdf", "a\"b.pdf", ".x",
                 "x\u202efdp.exe"):
        got = a.put("invoices/i2", {
            "customer": "c1", "number": "1", "status": "open",
            "currency": "ARS", "total": "1.00", "due_on": in_days(40),
            "pdf": {"name": name,
                    "base64": base64.b64encode(b"%PDF-1.4").decode()}})
        t.eq((got.status, got.body["errors"][0]["pointer"]),
             (422, "/pdf/name"), name)


@test("data of events and requests is text, too")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example", locale="es_AR")
    n = 0
    for name, value in EVIL.items():
        n += 1
        a.ok(a.post("notices", {
            "template": "cancellation-received", "customer": "c1",
            "data": {"reason": value, "effective_on": in_days(3),
                     "url": "https://www.hosting.example/x?q=" +
                     urllib.parse.quote(value)}}))
        harmless(t, name, received(r, n)[-1])
    for name, value in REFUSED.items():
        got = a.post("notices", {
            "template": "cancellation-received", "customer": "c1",
            "data": {"reason": value}})
        if got.status == 202:
            n += 1
            harmless(t, name, received(r, n)[-1])
        else:
            t.ok(got.status in (400, 413, 422), "%s: %s" % (name, got.body))
    for url in ("javascript:alert(1)", "https://evil.example\"><script>"):
        a.ok(a.post("notices", {
            "template": "low-credit", "customer": "c1",
            "data": {"amount": "1.00", "currency": "ARS", "url": url}}))
        held = wait_for(lambda: [m for m in a.messages(state="deferred")
                                 if m["held"]], what="a held message")
        t.ok("event.url" in held[-1]["reason"], held[-1])


run()
