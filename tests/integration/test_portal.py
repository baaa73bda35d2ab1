"""The pages that customers see, of the real server, after a real sending."""

import base64
import datetime
import email
import email.policy
import glob
import html
import json
import os
import re
import signal
import sqlite3
import threading
import urllib.parse

from harness import Failed, run, test, wait_for
from mailed import metric
from portal import FORM, TODAY, World, day, is_safe, wants
from tracker import Load


def packed(data):
    """As store/content.c packs: no dictionary, and a frame of one raw block.
    RFC 8878, 3.1.1"""
    return (b"\0\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) +
            (len(data) << 3 | 1).to_bytes(3, "little") + data)


def together(*calls):
    """What each gives, all at once."""
    got = [None] * len(calls)

    def run_one(i):
        got[i] = calls[i]()
    threads = [threading.Thread(target=run_one, args=(i,))
               for i in range(len(calls))]
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    return got


@test("the client area shows what was sent, what was not and what will be")
def _(t):
    w = World(t)
    w.invoice("i2", "PF-1050", 14)
    w.invoice("i2", "PF-1050", 14, status="paid", rev=2, balance="0.00")
    w.invoice("i3", "PF-1060", 14, status="disputed")
    w.invoice("i4", "PF-1070", -3)
    page = w.get(w.area())
    t.eq(page.status, 200)
    is_safe(t, page)
    wants(t, page, '<html lang="es-AR"', "Ana &lt;b&gt;Pérez&lt;/b&gt;",
          "PF-1042", "https://billing.example/pay/PF-1042",
          "ana@cliente.example", "Aceptado por su servidor",
          "aceptó la responsabilidad", "La proforma ya estaba pagada",
          "La proforma está en revisión", "Último recordatorio", "No enviado",
          "/m/", "300,00", "Venció el", "Vence el", "Vencida")
    t.ok("<b>Pérez" not in page.text, "a name became markup")
    t.ok("leído por" not in page.text, "a reading is claimed")


@test("an area link ends when it says, and opens nothing when it is changed")
def _(t):
    w = World(t, send=False)
    path = w.area()
    head, token, expiry = path[1:].split("/")
    t.eq(w.get(path).status, 200)
    later = str(int(expiry) + 1000000)
    for bad in ("/area/%s/%s" % (token, later),
                "/area/%s/0%s" % (token, expiry),
                "/area/%s/%s" % (token[:-2] + "AA", expiry),
                "/area/x/" + expiry, "/area/%s/-1" % token):
        page = w.get(bad)
        t.eq(page.status, 404, bad)
        is_safe(t, page)
        wants(t, page, "host.example")
        t.ok("Ana" not in page.text, "a name leaked")
    short = w.area(ttl=60)
    t.eq(w.get(short).status, 200)


@test("the area may be framed by the origins that the brand names, alone")
def _(t):
    w = World(t, send=False, options=[
        (r'^\tabuse_contact = .*$', '\tabuse_contact = "abuse@host.example"\n'
         '\tembed_origins = {"https://my.host.example"}')])
    page = w.get(w.area())
    t.ok("frame-ancestors https://my.host.example" in
         page.headers["content-security-policy"], "not framed")
    t.ok("x-frame-options" not in page.headers, "two voices")
    page = w.get("/")
    t.ok("frame-ancestors 'none'" in page.headers["content-security-policy"],
         "another page is framed")


@test("a message is shown as it was sent, harmless, without its pixel")
def _(t):
    w = World(t)
    t.ok("/o/" in w.html, "there is no pixel to take out")
    page = w.get(w.links["m"], User_Agent="Mozilla/5.0 (X11)")
    t.eq(page.status, 200)
    csp = page.headers["content-security-policy"]
    for part in ("sandbox", "form-action 'none'", "default-src 'none'"):
        t.ok(part in csp, "no %s in %s" % (part, csp))
    t.ok("allow-same-origin" not in csp, "it has our origin")
    t.ok("allow-scripts" not in csp, "it may run scripts")
    t.ok("allow-forms" not in csp, "it may post")
    t.ok("/o/" not in page.text, "the pixel is there")
    want = re.sub(r"<img src=\"[^\"]*/o/[^>]*>", "", w.html)
    t.eq(page.text.replace("\r\n", "\n").strip(),
         want.replace("\r\n", "\n").strip())
    viewed = wait_for(lambda: w.events("message.viewed"), what="the view")
    t.eq(len(viewed), 1)


@test("a message loses its pixel after its brand's host has changed, too")
def _(t):
    w = World(t)
    with open(w.acuse.config) as f:
        text, n = re.subn(r'(public_url = "https://)[^"]*', r"\1new.example",
                          f.read())
    t.eq(n, 1)
    with open(w.acuse.config, "w") as f:
        f.write(text)
    w.acuse.process.stop()
    w.acuse.start()
    page = w.get(w.links["m"])
    t.eq(page.status, 200)
    t.ok("/o/" not in page.text, "the pixel is there")


@test("a message that is text alone is shown as harmless as any other")
def _(t):
    w = World(t)
    w.acuse.process.stop()
    db = sqlite3.connect(os.path.join(w.acuse.state, "acuse.db"))
    sent = b"Subject: x\r\n\r\nHello <b>Ana</b>\r\n"
    n = db.execute("UPDATE contents SET bytes = ?", (packed(sent),)).rowcount
    db.commit()
    db.close()
    t.eq(n, 1)
    w.acuse.start()
    page = w.get(w.links["m"])
    t.eq(page.status, 200)
    wants(t, page, "Hello &lt;b&gt;Ana&lt;/b&gt;")
    csp = page.headers["content-security-policy"]
    for part in ("sandbox", "form-action 'none'", "default-src 'none'"):
        t.ok(part in csp, "no %s in %s" % (part, csp))
    t.eq(page.headers["referrer-policy"], "no-referrer")


@test("a link of one purpose, or of another message, opens nothing else")
def _(t):
    w = World(t)
    tokens = {k: v.split("/")[2] for k, v in w.links.items()}
    for path in ("/m/", "/a/", "/u/"):
        for kind, token in tokens.items():
            if path[1] != kind:
                t.eq(w.get(path + token).status, 404, path + kind)
    for path in ("/m/", "/a/"):
        raw = bytearray(base64.urlsafe_b64decode(tokens[path[1]]))
        for i in range(len(raw)):
            changed = bytearray(raw)
            changed[i] ^= 1
            page = w.get(path + base64.urlsafe_b64encode(changed).decode(),
                         X_Forwarded_For="2001:db8:0:%x::1" % i)
            t.eq(page.status, 404, "byte %d" % i)
    t.eq(w.post("/a/" + tokens["m"], {"answer": "received"}).status, 404)
    t.eq(len(w.events("message.answered")), 0)


@test("too many bad links of an address wait; a customer there does not")
def _(t):
    w = World(t, options=[
        (r"^http {", "http {\n\tguess_burst = 4\n\tguess_per_minute = 1\n")])
    links = dict(w.links, u=w.leave(), area=w.area())
    for n, path in enumerate(links[k] for k in ("m", "a", "u", "area")):
        me = "192.0.2.%d" % n
        head, kind, token, *rest = path.split("/")
        bad = "/".join([head, kind, ("B" if token[0] == "A" else "A") +
                        token[1:-1] + "A", *rest])
        t.eq([w.get(bad, X_Forwarded_For=me).status for _ in range(4)],
             [404] * 4, path)
        page = w.get(bad, X_Forwarded_For=me, Accept_Language="es")
        t.eq(page.status, 429, path)
        is_safe(t, page)
        wants(t, page, "Demasiados enlaces", "host.example")
        t.ok(0 < int(page.headers["retry-after"]) <= 60, "Retry-After")
        if kind in "au":
            t.eq(w.post(bad, {"answer": "received"},
                        X_Forwarded_For=me).status, 429)
        t.eq(w.get(path, X_Forwarded_For=me).status, 200, "the good one")
        t.eq(w.get(bad, X_Forwarded_For="198.51.100.%d" % n).status, 404)


@test("an answer is kept, told, and given once")
def _(t):
    w = World(t)
    page = w.get(w.links["a"])
    t.eq(page.status, 200)
    is_safe(t, page)
    wants(t, page, "Recibí este mensaje", "Ya pagué", "Hay un error",
          "No soy la persona", "ana@cliente.example")
    t.eq(page.text.count("<form"), 4)
    t.eq(len(w.events("message.answered")), 0, "a GET changed something")
    for _ in range(3):
        page = w.post(w.links["a"], {"answer": "received"})
        t.eq(page.status, 200)
        is_safe(t, page)
        wants(t, page, "Queda constancia")
    t.eq(len(w.events("message.answered")), 1, "the same answer again")
    t.ok("127.0" not in json.dumps(w.events("message.answered")), "for ever")
    visit = [e["data"] for e in w.events("message.submitted")]
    t.eq([(v["method"], v["address"]) for v in visit],
         [("POST", "127.0.0.0")], "what is kept for some days")
    m = w.acuse.get("messages/" + w.mref).body
    t.ok("confirmed" in json.dumps(m), "no fact: %r" % m)
    wants(t, w.get(w.links["a"]), "Ya respondió")
    wants(t, w.get(w.area()), "Respuesta recibida",
          "Respondió alguien que tiene el enlace secreto")


@test("where nothing is recorded, an answer is, and not who asked")
def _(t):
    for option in ((r"^\tlinks = .*$", "\tlinks = false"),
                   (r'tracking_basis = "contract"$', 'tracking_basis = ""')):
        w = World(t, options=[option], name="acuse-" + option[1][:5].strip())
        t.eq(w.post(w.links["a"], {"answer": "wrong", "text": "x"}).status,
             200)
        t.eq(len(w.events("message.objected")), 1)
        t.eq(w.events("message.submitted"), [], option[1])


@test("who asks about an invoice that is settled by now is told so")
def _(t):
    w = World(t)
    said = {"paid": ("es", "La proforma", "consta como pagada: no tiene que"),
            "cancelled": ("it", "La proforma", "è stata annullata"),
            "refunded": ("en", "Invoice", "is on record as refunded")}
    t.ok("PF-1042</bdi>" not in w.get(w.links["a"]).text, "it is owed")
    for rev, (status, (locale, *words)) in enumerate(said.items(), 2):
        w.customer(locale=locale)
        w.invoice("i1", "PF-1042", 12, status=status, rev=rev, balance="0.00")
        page = w.get(w.links["a"])
        is_safe(t, page)
        wants(t, page, "<bdi>PF-1042</bdi>", *words)
    page = w.post(w.links["a"], {"answer": "paid", "paid_on": day(0),
                                 "paid_by": "x"})
    wants(t, page, "<bdi>PF-1042</bdi>", "is on record as refunded")


@test("a charge is announced only to whom it will be made")
def _(t):
    w = World(t)
    page = w.get(w.area())
    wants(t, page, "Recordatorio de pago")
    t.ok("Próximo cobro automático" not in page.text, "nobody charges it")
    w.invoice("i1", "PF-1042", 12, rev=2, auto_renew=True, charge_on=day(12))
    page = w.get(w.area())
    wants(t, page, "Próximo cobro automático")
    plan = page.text.split('id="plan"')[1].split("</section>")[0]
    t.ok("Recordatorio de pago" not in plan, "it is charged")


@test("an objection holds the acts once a due date, and tells billing why")
def _(t):
    w = World(t)
    page = w.post(w.links["a"], {
        "answer": "paid", "paid_on": day(-1), "paid_by": "Transferencia",
        "reference": "<script>alert(1)</script>"})
    t.eq(page.status, 200)
    wants(t, page, "Ya pagué", "en espera")
    told = w.events("message.objected")
    t.eq(len(told), 1)
    data = json.dumps(told[0])
    for part in ("paid", "Transferencia", day(-1), "holds"):
        t.ok(part in data, "no %s in %s" % (part, data))
    w.post(w.links["a"], {"answer": "wrong", "text": "No es mi plan"})
    second = w.events("message.objected")
    t.eq(len(second), 2)
    t.ok("holds" not in json.dumps(
        [x for x in second if "No es mi plan" in json.dumps(x)]),
        "a second objection held again")
    page = w.get(w.area())
    t.ok("<script>alert" not in page.text, "a reference became markup")
    wants(t, page, "No es mi plan", "&lt;script&gt;",
          "las medidas por falta de pago esperan hasta el")


@test("answers that are malformed, foreign or too many change nothing")
def _(t):
    w = World(t)
    path = w.links["a"]
    t.eq(w.post(path, {"answer": "maybe"}).status, 422)
    t.eq(w.post(path, "").status, 422)
    t.eq(w.post(path, b"answer=received\xff%00").status, 422)
    t.eq(w.post(path, {"answer": "wrong", "text": "y" * 40000}).status, 413)
    t.eq(w.post(path, b'{"answer":"received"}',
                Content_Type="application/json").status, 422)
    t.eq(w.post(path, {"answer": "received"},
                Sec_Fetch_Site="cross-site").status, 403)
    t.eq(w.post(path, {"answer": "received"},
                Origin="https://evil.example").status, 403)
    t.eq(len(w.events("message.answered")), 0)
    # a browser of old behind a proxy that rewrites Host
    t.eq(w.post(path, {"answer": "received"}, Host="127.0.0.1:8480",
                Origin="https://notices.host.example").status, 200)
    pages = [w.post(path, {"answer": "wrong", "text": "No %d" % i})
             for i in range(25)]
    statuses = [x.status for x in pages]
    t.eq(statuses.count(200), 19, "beside the one before")
    t.eq(set(statuses[20:]), {429})
    wants(t, pages[-1], "se registraron muchas respuestas", ">No 24<")
    t.eq(len(w.events("message.objected")), 19)
    t.eq(w.ask("PUT", path, "answer=received").status, 405)


@test("an answer's page names the field and the rule, and keeps what was typed")
def _(t):
    w = World(t)
    path = w.links["a"]
    paid = {"answer": "paid", "paid_on": day(-1), "paid_by": "Banco <b>",
            "reference": "R-77"}
    long = "Ni el importe ni la fecha. " * 40
    for form, words, kept in (
            (dict(paid, paid_on=""), ("¿Cuándo pagó?", "Complete este campo"),
             ("Banco &lt;b&gt;", "R-77")),
            (dict(paid, paid_on="2026-02-30"),
             ("¿Cuándo pagó?", "Indique un día que exista"),
             ("2026-02-30", "R-77")),
            (dict(paid, paid_on=day(3)),
             ("¿Cuándo pagó?", "Ese día todavía no llegó"), (day(3), "R-77")),
            (dict(paid, paid_on="1999-01-01"),
             ("¿Cuándo pagó?", "Ese día queda muy atrás"), ("1999-01-01",)),
            (dict(paid, paid_by=" "), ("¿Cómo pagó?", "Complete este campo"),
             (day(-1), "R-77")),
            (dict(paid, reference="ñ" * 201),
             ("Número de operación o referencia", "Admite hasta 200"),
             ("ñ" * 201,)),
            ({"answer": "wrong"}, ("¿Qué está mal?", "Complete"), ()),
            ({"answer": "wrong", "text": long},
             ("¿Qué está mal?", "Admite hasta 1000 caracteres"),
             (long.strip(),)),
            ({"text": "Sin elegir"}, ("Elija una de las cuatro",),
             ("Sin elegir",))):
        page = w.post(path, form)
        t.eq(page.status, 422, "%r" % form)
        is_safe(t, page)
        alert = re.search(r'role="alert".*?</p>', page.text, re.S)
        t.ok(alert, "nothing is told of %r" % form)
        for word in ("todavía no se guardó",) + words:
            t.ok(word in alert.group(0), "no %r for %r" % (word, form))
        wants(t, page, *kept)
        t.ok("<title>Su respuesta todavía no se guardó." in page.text,
             "it has the title of a page that nothing is wrong with")
        if "answer" in form:
            t.eq(page.text.count("<details class=\"card choice\" open>"), 1)
            marked = re.findall(r'<[^>]* aria-invalid="true"[^>]*>', page.text)
            t.eq(len(marked), 1)
            t.ok('aria-describedby="fault"' in marked[0], marked[0])
            beside = re.search(r'id="fault">([^<]*)<', page.text).group(1)
            t.ok(beside in alert.group(0), "%r is not beside it" % beside)
    for locale, word, ahead in (
            ("it_IT", "Compili questo campo.", "deve ancora venire"),
            ("en_US", "Please fill this in.", "is still to come")):
        w.customer(locale=locale)
        wants(t, w.post(path, {"answer": "wrong"}), word)
        wants(t, w.post(path, dict(paid, paid_on="2099-01-01")), ahead)
    t.eq(w.events("message.objected"), [])
    page = w.get(path)
    for mark in ('role="alert"', '"true"', '"fault"', "todavía no se guardó"):
        t.ok(mark not in page.text, "before anything is said: " + mark)
    # what the page itself allows is taken, and what a paste brings along
    for text, kept in (("字" * 1000, "字" * 1000),
                       ("a\r\n" * 500, "a\r\n" * 499 + "a"),
                       ("una\vlínea", "una línea"), (b"se\xf1or", "se\ufffdor")):
        t.eq(w.post(path, {"answer": "wrong", "text": text}).status, 200)
        t.ok(kept in [e["data"].get("text")
                      for e in w.events("message.objected")], "%r" % kept)


@test("a hundred answers at once are one")
def _(t):
    w = World(t)
    got = [x.status for x in together(
        *[lambda: w.post(w.links["a"], {"answer": "received"})] * 100)]
    t.ok(set(got) <= {200, 503}, "answered %r" % set(got))
    t.ok(got.count(200) > 0, "none was taken")
    t.eq(len(w.events("message.answered")), 1)


class Optional(World):
    def prepare(self):
        self.change_policy(r'on   "credit.low".*$', 'on "credit.low" '
                           '{ template = "low-credit" class = "optional" }')
        self.change_policy(r'cap       = "3/day"', 'cap = "100/day"')


CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = "multipart/form-data; boundary=b"


def part(disposition, value):
    return (b"--b\r\nContent-Disposition: form-data; " + disposition +
            b"\r\n\r\n" + value + b"\r\n--b--\r\n")


def low_credit(w, n):
    """A mail that may be left: its link."""
    w.acuse.ok(w.acuse.post("events", {
        "id": "e%d" % n, "type": "credit.low", "customer": "c1",
        "at": TODAY.isoformat() + "T00:00:%02dZ" % n,
        "data": {"amount": "%d.00" % (10 + n), "threshold": "50.00",
                 "currency": "ARS"}}))


@test("one click leaves optional mail, in any form that mail programs send")
def _(t):
    refused = (
        (b"x=1", {}),
        (b"x=List-Unsubscribe=One-Click", {}),
        (part(b'name="x"', b'"List-Unsubscribe" One-Click'),
         {"Content_Type": MULTIPART}),
        (part(b'name="x"; filename="; name=List-Unsubscribe"', b"One-Click"),
         {"Content_Type": MULTIPART}),
        (b"action=leave", {"Sec_Fetch_Site": "cross-site"}),
        (b"action=leave", {"Origin": "https://webmail.example"}))
    taken = (
        (CLICK, {}),
        (CLICK + b"\r\n", {"Content_Type": FORM + "; charset=UTF-8"}),
        (CLICK, {"Sec_Fetch_Site": "cross-site",
                 "Origin": "https://webmail.example"}),
        (part(b'name="List-Unsubscribe"', b"One-Click"),
         {"Content_Type": MULTIPART}),
        (part(b"name=List-Unsubscribe", b"One-Click"),
         {"Content_Type": 'multipart/form-data; charset=utf-8; boundary="b"'}),
        (b"preamble\r\n--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1"
         b"\r\n" + part(b'name="List-Unsubscribe"', b"One-Click"),
         {"Content_Type": MULTIPART}))
    w = Optional(t, send=False)
    for n, (body, headers) in enumerate(taken):
        low_credit(w, 2 * n)
        mail = email.message_from_bytes(w.mx.message(
            w.mx.wait_journal("message", n + 1)[-1]),
            policy=email.policy.default)
        leave = urllib.parse.urlsplit(
            mail["list-unsubscribe"].strip(" <>")).path
        if n == 0:
            for body_kind in ("html", "plain"):
                text = mail.get_body((body_kind,)).get_content()
                t.ok("dejar de recibir" in text, "it cannot be left")
                t.ok("lo que registramos" in text, "nor tracking ended")
            wants(t, w.get(leave), "Privacidad", 'value="leave"')
            for no, with_ in refused:
                t.eq(w.post(leave, no, **with_).status, 403, "%r" % no)
        t.eq(w.post(leave, body, **headers).status, 200, "%r" % body)
        gone = w.acuse.ok(w.acuse.get("suppressions"))["items"]
        t.eq([x["email"] for x in gone], ["ana@cliente.example"])
        if n == 0:
            low_credit(w, 1)
            wait_for(lambda: "Pidió no recibir" in w.get(w.area()).text,
                     what="the notice being left out")
            t.eq(len(w.mx.journal("message")), 1)
            page = w.get(leave)
            wants(t, page, "Dejó de recibir los avisos opcionales el",
                  str(datetime.date.today().year))
            t.ok('value="leave"' not in page.text, "it asks again")
        w.acuse.ok(w.acuse.call("DELETE",
                                "suppressions/ana@cliente.example"))


@test("an answer that was thanked for outlives a SIGKILL")
def _(t):
    w = World(t)
    for i in range(10):
        page = w.post(w.links["a"], {"answer": "wrong", "text": "No %d" % i})
        t.eq(page.status, 200)
        w.acuse.kill()
        w.acuse.start()
        t.eq(len(w.events("message.objected")), i + 1)


@test("a mandatory mail says what is recorded, and leads to where it ends")
def _(t):
    w = World(t, send=False)
    for locale, record, change, stop in (
            ("es_AR", "registramos si se cargan sus imágenes y si se solicitan "
             "sus enlaces (por el contrato que tenemos con usted)",
             "cambiar lo que registramos", "dejar de recibir"),
            ("it_IT", "registriamo se vengono caricate le immagini e se "
             "vengono richiesti i link (in base al contratto con Lei)",
             "modificare ciò che registriamo", "smettere di ricever"),
            ("en_US", "we record whether its images are loaded and whether "
             "its links are requested (under our contract with you)",
             "change what we record", "stop receiving")):
        w.customer(locale=locale)
        mail = w.notice()
        t.eq(mail["list-unsubscribe"], None)
        for kind in ("html", "plain"):
            text = mail.get_body((kind,)).get_content()
            flat = re.sub(r"\s+", " ", text)
            t.ok(record in flat, "%s: no %r in %s" % (kind, record, flat))
            t.ok(change in flat, "%s: no %r" % (kind, change))
            t.ok(stop not in flat, "mandatory mail can be left")
            path = re.search(r"https://[^/\"]+(/u/[\w-]{52})", text)
            t.ok(path, "%s has no way to /u/" % kind)
    t.eq(w.post(path.group(1), {"action": "withdraw"}).status, 200)
    text = w.notice().get_body(("html",)).get_content()
    for part in ("we record", "/u/", "/o/", "/c/"):
        t.ok(part not in text, "withdrawn, and it has " + part)


@test("mandatory mail refuses an unsubscription, visibly; tracking can end")
def _(t):
    w = World(t)
    leave = w.links["u"]
    page = w.get(leave)
    t.eq(page.status, 200)
    is_safe(t, page)
    wants(t, page, "obligatorios", "No registrar mi actividad")
    page = w.post(leave, "List-Unsubscribe=One-Click")
    t.eq(page.status, 403)
    wants(t, page, "No podemos darle de baja")
    for _ in range(2):
        page = w.post(leave, {"action": "withdraw"})
        t.eq(page.status, 200)
        wants(t, page, "sin seguimiento")
    for locale, objected, consent in (
            ("it_IT", "Si è opposto al tracciamento", "consenso"),
            ("en_US", "You objected to tracking", "consent"),
            ("es_AR", "Se opuso al seguimiento", "consentimiento")):
        w.customer(locale=locale)
        page = w.get(leave)
        wants(t, page, objected)
        t.ok(consent not in page.text, "nobody had consented")
    told = len(w.events())
    t.eq(w.get(w.links["m"]).status, 200)
    t.eq(w.get(w.links["o"]).status, 200)
    w.acuse.process.stop()
    w.acuse.start()
    t.eq(len(w.events()), told, "what was sent before is tracked still")
    body = w.notice().get_body(("html",)).get_content()
    t.ok("/o/" not in body and "/c/" not in body, "it is tracked still")


@test("with the store locked pages are read, and no answer is claimed")
def _(t):
    w = World(t)
    area = w.area()
    got = []
    post = threading.Thread(target=lambda: got.append(
        w.post(w.links["a"], {"answer": "received"})))
    with w.locked():
        post.start()
        for path in (area, w.links["m"], w.links["a"], "/"):
            t.eq(w.get(path).status, 200, path)
        t.ok(not [x for x in got if x.status == 200],
             "claimed before the disk")
    post.join()
    if got[0].status != 200:
        t.eq(got[0].status, 503)
        wants(t, got[0], "todavía no se guardó")
    t.eq(len(w.events("message.answered")), int(got[0].status == 200))


def sent_again(page, value):
    """What the browser sends when the form of an answer is sent as it is."""
    form = next(x for x in re.findall(r"<form.*?</form>", page.text, re.S)
                if 'value="%s"' % value in x)
    fields = dict(re.findall(r' name="(\w+)"[^>]* value="([^"]*)"', form))
    fields.update(re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>([^<]*)<',
                             form))
    return {k: html.unescape(v) for k, v in fields.items()}


@test("what was typed is there to be sent again when the store was locked")
def _(t):
    w = World(t)
    said = ({"answer": "paid", "paid_on": day(-1), "paid_by": "Banco <b>",
             "reference": "R-77"},
            {"answer": "wrong", "text": "No es mi plan, y \"100\" no es 10"})
    with w.locked():
        pages = together(
            *(lambda x=x: w.post(w.links["a"], x) for x in said),
            lambda: w.post(w.links["u"], {"action": "withdraw"}))
        last = pages.pop()
        t.eq(last.status, 503)
        is_safe(t, last)
        wants(t, last, "No se cambió nada", "Vuelva a intentarlo en unos minutos",
              'value="withdraw"')
        for page, form in zip(pages, said):
            t.eq(page.status, 503)
            is_safe(t, page)
            t.ok("retry-after" in page.headers, "no Retry-After")
            t.ok("form-action 'self'" in
                 page.headers["content-security-policy"], "it cannot be sent")
            alert = re.search(r'role="alert".*?</p>', page.text, re.S).group(0)
            for word in ("todavía no se guardó", "de nuevo en unos minutos"):
                t.ok(word in alert, alert)
            t.eq(sent_again(page, form["answer"]), form)
    t.eq(w.events("message.objected"), [])
    for page, form in zip(pages, said):
        t.eq(w.post(w.links["a"], sent_again(page, form["answer"])).status,
             200)
    t.eq(len(w.events("message.objected")), 2)


@test("each customer is spoken to in their own language, strangers in theirs")
def _(t):
    w = World(t)
    for locale, lang, words in (
            ("it_IT", "it-IT", "Le Sue comunicazioni"),
            ("en_US", "en-US", "Your communications"),
            ("es_ES", "es-ES", "Sus comunicaciones")):
        w.customer(name="X", locale=locale)
        page = w.get(w.area(), Accept_Language="de")
        wants(t, page, '<html lang="%s"' % lang, words)
    for asked, words in (("it", "Questo collegamento non"),
                         ("pt-BR, es;q=0.8", "Este enlace no"),
                         ("de,en", "This link is not"), ("x" * 3000, "This link"),
                         ("en;q=0, es", "Este enlace no"),
                         ("en;q=0.2, it;q=0.7", "Questo collegamento non"),
                         ("it-\u00e9,,;;", "collegamento")):
        page = w.get("/a/nothing", Accept_Language=asked.encode(
            "latin-1", "replace").decode("latin-1"))
        t.eq(page.status, 404)
        wants(t, page, words)


@test("an operator changes a word or a page, and keeps the rest")
def _(t):
    for name, text in (("words.es.html", "area_title = Su rincón\n"),
                       ("home.html", "<p>{{brand.title}}, sin más</p>\n")):
        path = t.path("mine", "page", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
    w = World(t, send=False, options=[
        (r"^general {", 'general {\n\ttemplate_dir = "%s"' % t.path("mine"))])
    wants(t, w.get(w.area()), "Su rincón", "Proformas pendientes")
    t.eq(w.get("/").text, "<p>host.example, sin más</p>")


@test("a revoked key's links show nothing, and name the host")
def _(t):
    w = World(t)
    key = glob.glob(os.path.join(w.acuse.state, "keys", "token-*"))[0]
    area = w.area()
    with open(key) as f:
        text = f.read()
    with open(key, "w") as f:
        f.write(text.replace("state active", "state revoked"))
    w.acuse.process.proc.send_signal(signal.SIGHUP)
    wait_for(lambda: w.get(area).status == 410, what="the reload")
    for path in (area, w.links["m"], w.links["a"]):
        page = w.get(path, Accept_Language="es")
        t.eq(page.status, 410)
        is_safe(t, page)
        wants(t, page, "notices.host.example", "ya no está en uso")
        t.ok("Ana" not in page.text, "a name leaked")
    t.eq(w.post(w.links["a"], {"answer": "received"}).status, 410)


@test("the front page names the brand and where abuse is reported")
def _(t):
    w = World(t, send=False)
    page = w.get("/")
    t.eq(page.status, 200)
    is_safe(t, page)
    wants(t, page, "host.example", "mailto:abuse@host.example")
    t.eq(w.get("/robots.txt").text, "User-agent: *\nDisallow: /\n")
    for path in ("/area", "/area/", "/m/", "/admin/", "/v1/customers/c1",
                 "/e/x", "/a/%00", "/../etc/passwd"):
        t.ok(w.get(path).status in (400, 404), path)


@test("links that are not good are counted, of whatever kind")
def _(t):
    w = World(t)
    for path in ("/a/x", "/m/" + "A" * 52, "/u/x", "/area/x/1", "/c/x/y",
                 "/o/x", "/a/x/more"):
        w.get(path)
    t.eq(metric(w.acuse, "acuse_bad_tokens"), 7)
    t.eq(w.get(w.links["a"]).status, 200)
    t.eq(metric(w.acuse, "acuse_revoked_tokens"), 0)
    code, out = w.acuse.run("key", "token", "revoke", "token-00010001",
                            "--yes")
    t.eq(code, 0, out)
    for kind in "am":
        t.eq(w.get(w.links[kind]).status, 410)
    t.eq((metric(w.acuse, "acuse_bad_tokens"),
          metric(w.acuse, "acuse_revoked_tokens")), (7, 2))


@test("the log goes back page by page without losing or repeating a message")
def _(t):
    w = World(t, send=False, options=[
        (r"blast_limit = 1000", "blast_limit = 100000")])
    for i in range(130):
        w.invoice("k%d" % i, "K-%04d" % i, -60 - i)
    path, seen, pages = w.area(), [], 0
    query = ""
    while True:
        page = w.get(path + query)
        t.eq(page.status, 200)
        log = page.text[page.text.find('id="log"'):]
        seen += re.findall(r"Proforma </span><bdi>(K-\d{4})</bdi>", log)
        pages += 1
        older = re.search(r'href="\?before=(\d+)"', page.text)
        if not older:
            break
        query = "?before=" + older.group(1)
        if pages > 40:
            raise Failed("the log has no end")
    t.ok(pages > 2, "%d pages" % pages)
    counts = {k: seen.count(k) for k in set(seen)}
    t.eq(len(counts), 130)
    t.eq(len(set(counts.values())), 1, "some are told more often")



class Visitor(Load):
    """All from one address, by the proxy."""

    def request(self, path):
        return super().request(path)[:-2] + \
            b"X-Forwarded-For: 198.51.100.7\r\n\r\n"


@test("who asks for a page without end holds up neither billing nor others")
def _(t):
    w = World(t)
    area, done = w.area(), threading.Event()
    load = Visitor(w.acuse.ports["public"], 300,
                   iter(lambda: None if done.is_set() else area, None))
    thread = threading.Thread(target=load.run)
    thread.start()
    try:
        wait_for(lambda: len(load.answered) > 300)
        for _ in range(20):
            t.eq(w.acuse.get("customers/c1").status, 200)
            t.eq(w.acuse.get("gate?action=suspend&service=s1").status, 200)
            t.eq(w.post(w.links["a"], {"answer": "received"},
                        X_Forwarded_For="203.0.113.5").status, 200)
    finally:
        done.set()
        thread.join()

run()
