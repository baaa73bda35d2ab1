"""A server with one mail that it sent, and what becomes of its hits."""

import email
import email.policy
import re
import sqlite3

from hosting import Hosting


def mailed(t, put=lambda a: None, **fills):
    """A server, a message that it sent, and the paths of pixel and links; put
    is called with the server before it starts."""
    r = t.receiver()
    a = Hosting(t, to=[r], start=False, **fills)
    put(a)
    a.start()
    a.customer("c1", "ana@one.example")
    a.invoice("i1", "c1", "2027-06-01")
    a.notice("c1", "proforma", invoice="i1")
    m = a.wait_messages(state="accepted")[0]
    mail = email.message_from_bytes(r.messages()[0],
                                    policy=email.policy.default)
    html = mail.get_body(("html",)).get_content()
    ours = r"https://notices\.hosting\.example(/%s/[^\"]+)"
    return a, m["mref"], re.search(ours % "o", html).group(1), \
        re.search(ours % "c", html).group(1)


def metric(a, name):
    text = a.get("/metrics").body.decode()
    return int(re.search(r"^%s (\d+)$" % re.escape(name), text,
                         re.M).group(1))


def counted(a, mref):
    """Hits of a message past the bound, those before it included."""
    db = sqlite3.connect("file:%s/acuse.db?mode=ro" % a.state, uri=True)
    try:
        return (db.execute("SELECT sum(count) FROM hit_days WHERE ref = ?"
                           " AND day > 0",
                           (bytes.fromhex(mref),)).fetchone()[0] or 0)
    finally:
        db.close()
