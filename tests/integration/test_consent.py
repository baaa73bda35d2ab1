"""A customer's word on being tracked: without another ground it alone allows
it, and withdrawn it ends it, for mail that is out too."""

import re
import urllib.parse

from harness import run, test, wait_for
from portal import World, wants

NO_BASIS = (r'tracking_basis = "contract"$', 'tracking_basis = ""')
SAID = {"at": "2024-03-02T14:00:00Z", "source": "client area",
        "text": "You may record whether I load your images."}


def world(t, *options):
    return World(t, options=[NO_BASIS, *options], send=False)


def html(mail):
    return mail.get_body(("html",)).get_content()


def is_untracked(t, mail):
    for kind in ("html", "plain"):
        text = mail.get_body((kind,)).get_content()
        for part in ("/o/", "/c/", "/u/", "registramos"):
            t.ok(part not in text, "untracked mail has " + part)


def consent(w, body):
    return w.acuse.put("customers/c1/consent", body)


def hits(w, mref):
    return sorted(x["type"] for x in w.acuse.ok(w.acuse.get(
        "messages/%s/events?limit=500" % mref))["items"]
        if x["type"] in ("message.opened", "message.clicked"))


def links(w, mail):
    """Paths of the pixel, of a tracked link and of the preferences, and the
    message's mref."""
    text = html(mail)
    mref = mail["x-evidence-ref"].rpartition("/")[2]
    return [urllib.parse.urlsplit(re.search(
        r'"(https://[^"]+/%s/[^"]+)"' % x, text).group(1)).path
        for x in "ocu"] + [mref]


@test("without a basis a consent alone has mail tracked, and says so there")
def _(t):
    w = world(t)
    is_untracked(t, w.notice())
    told = w.acuse.ok(consent(w, SAID))
    t.eq(told["consent"], SAID)
    t.eq(w.acuse.ok(w.acuse.get("customers/c1"))["consent"], SAID)
    mail = w.notice()
    pixel, link, leave, mref = links(w, mail)
    t.ok("(con su consentimiento)" in html(mail), "no ground is named")
    t.eq(w.get(pixel).status, 200)
    t.eq(w.get(link).status, 302)
    wait_for(lambda: hits(w, mref) == ["message.clicked", "message.opened"],
             what="the hits of one who consented")
    page = w.get(leave)
    wants(t, page, "Registramos cuándo se cargan", "No registrar mi actividad")


@test("a withdrawal by the mail's link ends it, for older mail too")
def _(t):
    w = world(t)
    w.acuse.ok(consent(w, SAID))
    pixel, link, leave, mref = links(w, w.notice())
    t.eq(w.post(leave, {"action": "withdraw"}).status, 200)
    wants(t, w.get(leave), "Retiró su consentimiento")
    t.eq(w.get(pixel).status, 200)
    t.eq(w.get(link).status, 302)
    is_untracked(t, w.notice())
    w.acuse.process.stop()
    w.acuse.start()
    t.eq(hits(w, mref), [], "a hit of older mail was recorded")
    t.eq(consent(w, SAID).status, 409, "told again, it undid the withdrawal")
    is_untracked(t, w.notice())


@test("billing withdraws for a customer by null, whatever the brand's ground")
def _(t):
    w = World(t, send=False)
    pixel, link, leave, mref = links(w, w.notice())
    told = w.acuse.ok(consent(w, b"null"))
    t.eq(list(told["consent"]), ["withdrawn_at"])
    is_untracked(t, w.notice())
    t.eq(w.get(pixel).status, 200)
    w.acuse.process.stop()
    w.acuse.start()
    t.eq(hits(w, mref), [])


@test("opens that are only counted stay of nobody, of one who consented too")
def _(t):
    w = world(t, (r"opens = individual.*$", "opens = aggregate"))
    w.acuse.ok(consent(w, SAID))
    first, link, leave, mref = links(w, w.notice())
    second = links(w, w.notice())[0]
    t.eq(first, second, "each mail has a pixel of its own")
    t.eq(w.get(first).status, 200)
    w.acuse.process.stop()
    w.acuse.start()
    t.eq(hits(w, mref), [])
    t.eq(w.acuse.ok(w.acuse.get("stats"))["counted_opens"], 1)


@test("a customer's PUT leaves the consent; what is no consent is refused")
def _(t):
    w = world(t)
    w.acuse.ok(consent(w, SAID))
    w.customer()
    t.eq(w.acuse.ok(w.acuse.get("customers/c1"))["consent"], SAID)
    t.eq(w.acuse.put("customers/nobody/consent", SAID).status, 404)
    t.eq(w.acuse.put("customers/nobody/consent", b"null").status, 404)
    for change, pointer in (({"at": None}, "/at"), ({"at": "soon"}, "/at"),
                            ({"at": "2200-01-01T00:00:00Z"}, "/at"),
                            ({"source": ""}, "/source"),
                            ({"text": None}, "/text"),
                            ({"text": "x" * 5000}, "/text"),
                            ({"more": 1}, "/more")):
        r = consent(w, {**SAID, **change})
        t.eq(r.status, 422, change)
        t.eq(r.body["errors"][0]["pointer"], pointer)
    for body in (b"", b"[]", b'"yes"', b"{"):
        t.ok(consent(w, body).status in (400, 422), body)
    t.eq(w.acuse.ok(w.acuse.get("customers/c1"))["consent"], SAID)


run()
