"""acuse template: what an operator sees of the mails before customers do."""

import email
import email.policy
import json
import os
import re
import subprocess

from acuse import Acuse, sending
from harness import run, test, wait_for

MAILS = 22
DATA = {
    "currency": "ARS",
    "brand": {"tracking_basis": "Legal duty"},
    "customer": {"name": "Muñoz & Hijos"},
    "invoices": [
        {"number": "PF-1", "total": "1000.50", "balance": "1000.50",
         "due_on": "2027-03-09", "issued_on": "2027-02-20",
         "pay_url": "https://billing.example/pay/1",
         "lines": [{"description": "Hosting <Pro>", "quantity": "2",
                    "amount": "1000.50"}]},
        {"number": "PF-2", "total": "99.50", "balance": "99.50",
         "due_on": "2027-03-09",
         "pay_url": "https://billing.example/pay/2", "lines": []},
    ],
    "days_left": 3,
}


def made(t, **kw):
    return Acuse(t, start=False, **kw)


def preview(t, a, mail, *more):
    out = t.path("out-" + mail)
    code, said = a.run("template", "preview", mail, "-o", out, *more)
    t.eq(code, 0, said)
    return out


def read(*parts, mode="r"):
    with open(os.path.join(*parts), mode) as f:
        return f.read()


@test("list names all mails with their languages")
def _(t):
    a = made(t)
    code, said = a.run("template", "list")
    t.eq(code, 0)
    rows = dict(x.split(None, 1) for x in said.splitlines())
    t.eq(len(rows), MAILS)
    t.ok({"es", "it", "en"} <= set(rows["receipt"].split()), rows["receipt"])
    code, said = a.run("template", "list", "--json")
    t.eq(len([json.loads(x) for x in said.splitlines()]), MAILS)


@test("lint finds nothing in the mails that come with the program")
def _(t):
    code, said = made(t).run("template", "lint")
    t.eq((code, said), (0, ""))


@test("lint finds, with file, line and column, what an operator got wrong")
def _(t):
    wrong = t.path("texts")
    os.makedirs(t.path("texts", "mail", "receipt"))
    with open(t.path("texts", "mail", "receipt", "text.es"), "w") as f:
        f.write("Hola {{customer.name}}:\n  {{customer.nme}}\n")
    a = made(t, options=[(r"general \{",
                          'general {\n template_dir = "%s"' % wrong)])
    code, said = a.run("template", "lint", "receipt")
    t.eq(code, 65, said)
    t.ok("mail/receipt/text.es:2:3: error" in said, said)
    t.ok("customer.nme" in said, said)


@test("preview writes subject, HTML, text, message and PDF of the given data")
def _(t):
    a = made(t)
    data = t.write("data.json", json.dumps(DATA))
    out = preview(t, a, "proforma", "--locale", "es_AR", "--data", data)
    t.eq(sorted(os.listdir(out)), ["document.pdf", "mail.eml", "mail.html",
                                   "mail.txt", "subject.txt"])
    html, text = read(out, "mail.html"), read(out, "mail.txt")
    for s in (html, text):
        t.ok("1.100,00" in s, "the sum of both balances")
        t.ok("9 de marzo" in s, "the date")
        t.ok("(por obligación legal)" in s, "the ground of tracking")
    t.ok("Muñoz &amp; Hijos" in html, "escaped in HTML")
    t.ok("Muñoz & Hijos" in text, "as it is in text")
    t.ok(html.count("https://billing.example/pay/2") > 0, "each one's link")
    t.ok(read(out, "document.pdf", mode="rb").startswith(b"%PDF-"), "a PDF")
    m = email.message_from_bytes(read(out, "mail.eml", mode="rb"),
                                 policy=email.policy.default)
    t.eq(m["subject"], read(out, "subject.txt").strip())
    t.eq(m.get_body(("html",)).get_content().replace("\r\n", "\n").strip(),
         html.strip())
    t.eq([x.get_content_type() for x in m.iter_attachments()],
         ["application/pdf"])
    t.eq(m.defects, [])


@test("every mail previews in every language")
def _(t):
    a = made(t)
    for row in a.run("template", "list")[1].splitlines():
        mail, locales = row.split(None, 1)
        for locale in locales.split():
            out = preview(t, a, mail, "--locale", locale)
            t.ok(read(out, "subject.txt").strip() != "", mail + locale)


@test("data that is wrong is refused with the name of what is")
def _(t):
    a = made(t)
    for change, at in (
            ({"due_on": "2027-02-30"}, "/due_on"),
            ({"currency": "XXQ"}, "/invoices/0/total"),
            ({"invoices": [{"total": 5}]}, "/invoices/0/total"),
            ({"invoices": [{"lines": [{"amount": "1,5"}]}]},
             "/invoices/0/lines/0/amount")):
        data = t.write("data.json", json.dumps(dict(DATA, **change)))
        code, said = a.run("template", "preview", "proforma", "-o",
                           t.path("o"), "--data", data)
        t.eq(code, 65, said)
        t.ok(data + at + ":" in said, said)
    code, said = a.run("template", "preview", "nothing", "-o", t.path("o"))
    t.ok("there is no mail" in said, said)
    t.ok(code != 0, "an error")


@test("send-test arrives, marked, signed, and nothing is kept of it")
def _(t):
    r = t.receiver()
    a = made(t, **sending(r))
    code, said = a.run("template", "send-test", "reminder", "--to",
                       "ops@x.example", "--locale", "es_AR")
    t.eq(code, 0, said)
    t.ok(said.startswith("250"), said)
    got = r.journal("message")
    t.eq(len(got), 1)
    m = email.message_from_bytes(r.message(got[0]),
                                 policy=email.policy.default)
    t.ok(m["subject"].startswith("[test] "), m["subject"])
    t.eq(m["to"], "ops@x.example")
    t.ok("DKIM-Signature" in m, "signed")
    a.start()
    t.eq(a.ok(a.get("messages"))["items"], [])


@test("send-test tells what a server said that refused, and exits by it")
def _(t):
    r = t.receiver(rules='match=*@x.example stage=rcpt '
                         'action=reply:"550 5.1.1 no such mailbox"\n')
    a = made(t, **sending(r))
    code, said = a.run("template", "send-test", "reminder", "--to",
                       "ops@x.example")
    t.eq(code, 77, said)
    t.ok("RCPT" in said and "no such mailbox" in said, said)
    code, said = a.run("template", "send-test", "reminder", "--to",
                       "ops@x.example\r\nRCPT TO:<x@y.example>")
    t.eq(code, 65, said)
    r.set_rules(r'stage=rcpt action=garbage:"550 \x1b[31mno\r\n"')
    code, said = a.run("template", "send-test", "reminder", "--to",
                       "ops@x.example")
    t.ok(code == 77 and r"\x1b[31mno" in said, said)
    r.set_rules(r'stage=dot action=garbage:"250 \x1b[2Jyes\r\n"')
    code, said = a.run("template", "send-test", "reminder", "--to",
                       "ops@x.example")
    t.ok(code == 0 and r"\x1b[2Jyes" in said and "\x1b" not in said, said)
    r.set_rules('stage=ehlo action=reply:"550 5.7.1 not you"')
    code, said = a.run("template", "send-test", "reminder", "--to",
                       "ops@x.example")
    t.ok(code == 77 and "not you" in said, (code, said))
    r.set_rules('stage=dot action=drop')
    code, said = a.run("template", "send-test", "reminder", "--to",
                       "ops@x.example")
    t.ok(code == 75 and "may have arrived" in said, (code, said))


run()
