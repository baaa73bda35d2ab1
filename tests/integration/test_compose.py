"""What arrives, from what billing said: headers, parts, texts and documents,
through the real program and read by parsers that are not ours."""

import base64
import datetime
import email
import email.header
import email.policy
import email.utils
import http.client
import json
import os
import re
import shutil
import subprocess
import urllib.parse
import zlib

from harness import DEADLINE, FastClock, run, test, wait_for
from hosting import Hosting, POLICY

PDF = POLICY.replace('template = "proforma" }',
                     'template = "proforma" attach = {"pdf"} }')
OPTIONAL = POLICY.replace(
    '"receipt" }', '"receipt" }\n\ton "credit.low" { template = "low-credit" '
    'class = optional }')


def in_days(n):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return (today + datetime.timedelta(days=n)).isoformat()


def parsed(r, n):
    """The n-th message that arrived."""
    got = wait_for(lambda: len(r.journal("message")) >= n and
                   r.journal("message"), what="%d messages" % n)
    return email.message_from_bytes(r.message(got[n - 1]),
                                    policy=email.policy.default)


def part(m, kind):
    return m.get_body((kind,)).get_content()


def send_now(a, notice):
    a.ok(a.post("notices/%s/send-now" % notice["id"]))


def public(a, path, body=None, headers=None):
    c = http.client.HTTPConnection("127.0.0.1", a.ports["public"],
                                   timeout=DEADLINE)
    c.request("POST" if body is not None else "GET", path, body,
              {"Host": "notices.hosting.example", **(headers or {})})
    answer = c.getresponse()
    text = answer.read().decode()
    c.close()
    return answer.status, text


@test("mandatory mail has the headers it should, and no way to leave it")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example", name="Ana Pérez de la Ñ",
               locale="es_AR")
    send_now(a, a.invoice("i1", "c1", in_days(40))["notices"][0])
    m = parsed(r, 1)
    t.eq(m.defects, [])
    mref = a.messages()[0]["mref"]
    t.eq(m["message-id"], "<%s@acuse.test.example>" % mref)
    t.eq(m["from"], "Hosting <billing@hosting.example>")
    t.eq(m["to"].addresses[0].display_name, "Ana Pérez de la Ñ")
    t.eq(m["auto-submitted"], "auto-generated")
    t.eq(m["x-auto-response-suppress"], "OOF, AutoReply")
    t.eq(m["x-evidence-ref"], "acuse.test.example/log/" + mref)
    t.eq(m["feedback-id"], "proforma:mandatory:default")
    t.eq(m["content-language"], "es-AR")
    t.eq(m["reply-to"], "billing@hosting.example", "people read it")
    for header in ("return-path", "list-unsubscribe", "list-unsubscribe-post",
                   "bcc", "precedence"):
        t.ok(header not in m, header)
    t.ok("unsubscribe" not in part(m, "html").lower(), "no link to leave")
    sent = email.utils.parsedate_to_datetime(m["date"])
    now = datetime.datetime.now(datetime.timezone.utc)
    t.ok(abs((now - sent).total_seconds()) < 120, m["date"])


@test("optional mail can be left by one click, and then goes no more")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], policy=OPTIONAL)
    a.customer("c1", "ana@one.example", "tech@one.example")

    def low(n):
        return a.ok(a.post("events", {
            "id": "e%d" % n, "type": "credit.low", "customer": "c1",
            "at": "2026-11-01T10:00:00Z",
            "data": {"amount": "5.00", "currency": "USD"}}))["notices"][0]
    low(1)
    m = parsed(r, 1)
    t.eq(m["feedback-id"], "credit.low:optional:default")
    url = m["list-unsubscribe"].strip(" <>")
    t.eq(m["list-unsubscribe-post"], "List-Unsubscribe=One-Click")
    signed = re.search(r"\bh=([^;]*);", m["dkim-signature"]).group(1).lower()
    t.ok({"list-unsubscribe", "list-unsubscribe-post"} <=
         set(re.sub(r"\s", "", signed).split(":")), "both are signed")
    path = urllib.parse.urlsplit(url).path
    status, page = public(a, path)
    t.eq(status, 200)
    t.ok('value="leave"' in page, "a person is asked; looking changes nothing")
    low(2)
    parsed(r, 2)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    t.eq(public(a, path, "", form)[0], 403, "not without saying so")
    status, page = public(a, path, "List-Unsubscribe=One-Click", form)
    t.eq(status, 200, page)
    t.eq(public(a, path, "List-Unsubscribe=One-Click", form)[0], 200, "twice")
    left = low(3)
    wait_for(lambda: a.get("notices/" + left["id"]).body["state"] == "skipped",
             what="the skip")
    t.eq(a.get("notices/" + left["id"]).body["reason"], "opted_out")
    t.eq([(s["email"], s["reason"]) for s in a.items("suppressions")],
         [("ana@one.example", "left")])
    send_now(a, a.invoice("i1", "c1", in_days(40))["notices"][0])
    t.eq(parsed(r, 3)["to"].addresses[0].addr_spec, "ana@one.example",
         "mandatory mail still comes")
    t.eq(parsed(r, 3)["list-unsubscribe"], None, "it cannot be left")
    t.eq(parsed(r, 3)["list-unsubscribe-post"], None)
    mandatory = re.search(r"/u/[\w-]+", part(parsed(r, 3), "html"))
    t.eq(public(a, mandatory.group(0), "List-Unsubscribe=One-Click", form)[0],
         403, "its link ends tracking alone")
    a.ok(a.call("DELETE", "suppressions/ana@one.example"))
    low(4)
    t.eq(parsed(r, 4)["feedback-id"], "credit.low:optional:default")


@test("an act's step cannot be optional")
def _(t):
    a = Hosting(t, start=False, policy=POLICY.replace(
        'template = "pre-suspension" }',
        'template = "pre-suspension" class = optional }'), init=False)
    code, said = a.run("check-conf")
    t.eq(code, 78, said)
    t.ok("policies.conf:8" in said and "cannot be optional" in said, said)


@test("a text that wants what is not there holds the mail, loudly, until mended")
def _(t):
    r = t.receiver()
    own = t.path("own")
    os.makedirs(os.path.join(own, "mail", "receipt"))
    file = os.path.join(own, "mail", "receipt", "text.en")
    with open(file, "w") as f:
        f.write("Dear {{customer.name}}:\nYour card {{card.number}} paid.\n")
    a = Hosting(t, to=[r], general='template_dir = "%s"' % own)
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", in_days(40))
    a.ok(a.post("events", {
        "id": "e1", "type": "payment.received", "customer": "c1",
        "invoice": "i1", "at": "2026-11-01T10:00:00Z",
        "data": {"amount": "10.00", "balance": "0.00"}}))
    m = wait_for(lambda: [x for x in a.messages() if x["held"]],
                 what="the held message")[0]
    t.eq(m["state"], "deferred")
    t.ok("mail/receipt/text.en:2:11" in m["reason"], m["reason"])
    t.ok("card.number" in m["reason"], m["reason"])
    alarms = a.events(m["mref"], "alarm.raised")
    t.eq(len(alarms), 1)
    t.ok("card.number" in str(alarms[0]["data"]), alarms[0])
    t.eq(r.journal("message"), [])
    with open(file, "w") as f:
        f.write("Dear {{customer.name}}:\nYour payment is here.\n")
    a.reload()
    code, said = a.run("queue", "resume", m["mref"])
    t.eq(code, 0, said)
    text = part(parsed(r, 1), "plain")
    t.ok("Your payment is here." in text, text)
    t.ok("PF" in part(parsed(r, 1), "html") or "i1" in
         part(parsed(r, 1), "html"), "the other parts are those built in")


@test("invoices that fall due together go as one mail, with one link to pay all")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example", locale="es_AR")
    a.ok(a.put("customers/c1/hold", {"until": "2099-01-01T00:00:00Z",
                                     "reason": "test"}))
    for n in (1, 2, 3):
        a.invoice("i%d" % n, "c1", in_days(10),
                  pay_all_url="https://pay.hosting.example/all?c=1&x=2")
    a.ok(a.call("PUT", "customers/c1/hold", b"null"))
    m = parsed(r, 1)
    html, text = part(m, "html"), part(m, "plain")
    t.ok("30,00" in html and "30,00" in text, "the sum")
    for n in (1, 2, 3):
        t.ok("i%d" % n in html and "i%d" % n in text, "each one")
    t.ok("https://pay.hosting.example/all?c=1&x=2" in text, text)
    t.eq(len(r.journal("message")), 1)


@test("billing's own PDF is passed through, byte for byte, under its name")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], policy=PDF)
    own = b"%PDF-1.4\n" + bytes(range(256)) * 40
    a.customer("c1", "ana@one.example")
    made = a.invoice("i1", "c1", in_days(40), pdf={
        "name": "Factura Ñ 1042.pdf", "base64": base64.b64encode(own).decode()})
    send_now(a, made["notices"][0])
    files = list(parsed(r, 1).iter_attachments())
    t.eq([f.get_filename() for f in files], ["Factura Ñ 1042.pdf"])
    t.eq(files[0].get_content(), own)


@test("links of the text part are counted where the brand asks for it")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], start=False)
    with open(a.config) as f:
        text = f.read().replace("links = true", "links = true\n"
                                "\ttext_links = true")
    a.configure(text=text)
    a.start()
    a.customer("c1", "ana@one.example")
    send_now(a, a.invoice("i1", "c1", in_days(40))["notices"][0])
    links = re.findall(r"https://notices\.hosting\.example(/c/\S+)",
                       part(parsed(r, 1), "plain"))
    t.ok(links, "the text has such links")
    c = http.client.HTTPConnection("127.0.0.1", a.ports["public"],
                                   timeout=DEADLINE)
    c.request("GET", links[0], headers={"Host": "notices.hosting.example"})
    t.eq(c.getresponse().getheader("Location"),
         "https://pay.hosting.example/i/i1?a=1&b=2")
    c.close()


@test("a customer's mails of a cycle all have subjects of their own")
def _(t):
    start = datetime.datetime(2026, 11, 15, tzinfo=datetime.timezone.utc)
    a = Hosting(t, start=False, clock="2026-11-15T00:00:00Z,200000")
    clock = FastClock(os.path.join(a.state, "clock"),
                      int(start.timestamp()) * 1000000)
    r = t.receiver(clock=clock)
    a.configure(exchangers='exchangers = {"%s:%d"}' % r.address())
    a.start()
    for n, locale in enumerate(("es_AR", "it_IT", "en_US")):
        a.customer("c%d" % n, "a%d@one.example" % n, locale=locale)
        a.invoice("i%d" % n, "c%d" % n, "2026-12-01")
    wait_for(lambda: len(r.journal("message")) >= 12, what="all four steps")
    subjects = [email.message_from_bytes(
        r.message(x), policy=email.policy.default)["subject"]
        for x in r.journal("message")]
    t.eq(len(set(subjects)), len(subjects), str(subjects))
    t.ok(max(len(s) for s in subjects) <= 90, str(subjects))


@test("who speaks what no text is in is written to in the brand's language")
def _(t):
    r = t.receiver()
    own = t.path("own")
    os.makedirs(os.path.join(own, "mail", "proforma"))
    with open(os.path.join(own, "mail", "proforma", "text.en"), "w") as f:
        f.write("{{lang}} {{locale}} {{balance | money}}\n")
    a = Hosting(t, to=[r], general='template_dir = "%s"' % own)
    a.customer("c1", "ana@one.example", locale="fr_FR")
    a.customer("c2", "bob@one.example", locale="en_GB")
    for n, want in enumerate(("en en_US $10.00", "en en_GB US$10.00"), 1):
        send_now(a, a.invoice("i%d" % n, "c%d" % n, in_days(40))["notices"][0])
        m = parsed(r, n)
        t.ok(want in part(m, "plain"), part(m, "plain"))
        t.eq(m["content-language"], "en-US" if n == 1 else "en-GB")


@test("large mails to one destination are composed a few at a time")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], policy=PDF)
    a.ok(a.post("queue/hold", {"brand": "default"}))
    own = base64.b64encode(b"%PDF-1.4\n" + os.urandom(7 << 20)).decode()
    for i in range(6):
        a.customer("c%d" % i, "x%d@one.example" % i)
        made = a.invoice("i%d" % i, "c%d" % i, in_days(40),
                         pdf={"name": "x.pdf", "base64": own})
        send_now(a, made["notices"][0])
    a.ok(a.post("queue/resume", {"brand": "default"}))
    got = a.wait_messages(6, state="accepted", deadline=120)
    t.eq({(m["attempts"], m["uncertain"]) for m in got}, {(1, 0)})
    # 10 MB each: at most two a batch, which is a connection.
    t.ok(len(r.journal("connect")) >= 3, r.journal("connect"))


@test("the largest invoice that the API takes goes out, with its PDF")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], policy=PDF)
    long = "Ñ" * 128
    a.customer("c1", "ana@one.example", name=long, locale="es_AR")
    a.ok(a.put("services/s1", {"customer": "c1", "name": long,
                               "product": "x" * 128}))
    url = "https://pay.hosting.example/" + "x" * (2048 - 28)
    lines = [{"service": "s1", "description": "%3d " % n + "W" * 61,
              "quantity": "1", "amount": "99999999.99"} for n in range(1000)]
    over = dict(lines[0], description="W" * 1000)
    refused = a.put("invoices/i1", {
        "customer": "c1", "number": "1", "status": "open", "currency": "USD",
        "total": "1.00", "due_on": in_days(40), "lines": lines + [over]})
    t.eq(refused.body["errors"][0]["pointer"], "/lines")
    refused = a.put("invoices/i1", {
        "customer": "c1", "number": "1", "status": "open", "currency": "USD",
        "total": "1.00", "due_on": in_days(40), "lines": lines[1:] + [over]})
    t.eq(refused.body["errors"][0]["pointer"], "/lines/999/description")
    made = a.invoice("i1", "c1", in_days(40), number="9" * 64, pay_url=url,
                     pay_all_url=url, lines=lines, total="99999999999.99",
                     balance="99999999999.99")
    send_now(a, made["notices"][0])

    def settled():
        m = a.messages()
        return m and (m[0]["state"] == "accepted" or m[0]["held"]) and m[0]
    m = wait_for(settled, what="the mail")
    t.eq((m["state"], m["reason"]), ("accepted", None), str(m))
    m = parsed(r, 1)
    t.ok(url in part(m, "plain"), "the link is whole")
    t.ok("999 WWW" in part(m, "html"), "the last line")
    t.eq(len(list(m.iter_attachments())), 1)


def unpacked(pdf):
    """All that a PDF says: its bytes, and its streams'."""
    out = [pdf]
    for m in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        try:
            out.append(zlib.decompressobj().decompress(m.group(1)))
        except zlib.error:
            pass
    return b"\n".join(out)


@test("the PDF's links are billing's own: no key of ours can make them dead")
def _(t):
    r = t.receiver()
    a = Hosting(t, to=[r], policy=PDF)
    a.customer("c1", "ana@one.example")
    send_now(a, a.invoice("i1", "c1", in_days(40))["notices"][0])
    m = parsed(r, 1)
    t.ok("/c/" in part(m, "html"), "the mail's own links are tracked")
    pdf, = m.iter_attachments()
    said = unpacked(pdf.get_content())
    t.ok(b"pay.hosting.example/i/i1" in said, "the link to pay")
    t.ok(b"notices.hosting.example" not in said, "a link of ours")


@test("what Python's parser reads, Node's mailparser reads too")
def _(t):
    node = shutil.which("node")
    modules = os.environ.get("BENCH_MODULES", "build/bench/node_modules")
    r = t.receiver()
    a = Hosting(t, to=[r], policy=PDF)
    name = "Ana «Ñandú» Pérez, 株式会社 \"x\" 👩‍👩‍👧"
    a.customer("c1", "ana@one.example", name=name, locale="es_AR")
    send_now(a, a.invoice("i1", "c1", in_days(40), number="Nº 1 – ñ")
             ["notices"][0])
    m = parsed(r, 1)
    raw = r.message(r.journal("message")[0])
    script = """
const {simpleParser} = require('mailparser');
let all = [];
process.stdin.on('data', d => all.push(d)).on('end', async () => {
  const m = await simpleParser(Buffer.concat(all), {skipImageLinks: true});
  console.log(JSON.stringify({subject: m.subject, to: m.to.value[0],
    text: m.text, html: m.html, files: m.attachments.map(
      x => [x.filename, x.contentType, x.content.toString('base64')])}));
});"""
    if node is None or not os.path.isdir(os.path.join(modules, "mailparser")):
        print("# mailparser is not installed: make bench-deps")
        return
    p = subprocess.run([node, "-e", script], input=raw, check=True,
                       stdout=subprocess.PIPE,
                       env=dict(os.environ, NODE_PATH=modules))
    got = json.loads(p.stdout)
    raw_to = email.message_from_bytes(raw)["to"].replace("\r\n", "")
    shown = str(email.header.make_header(email.header.decode_header(
        email.utils.parseaddr(raw_to)[0])))
    t.eq(shown, name, "Python's")
    t.eq(got["to"], {"address": "ana@one.example", "name": name}, "Node's")
    t.eq(got["subject"], m["subject"])
    for kind, theirs in (("plain", got["text"]), ("html", got["html"])):
        t.eq(theirs.strip(), part(m, kind).replace("\r\n", "\n").strip())
    t.eq(got["files"], [[x.get_filename(), "application/pdf", base64.b64encode(
        x.get_content()).decode()] for x in m.iter_attachments()])


run()
