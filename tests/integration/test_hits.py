"""Links of real mail while the store is locked, away or its server killed."""

import email
import email.policy
import os
import re
import sqlite3

from harness import run, test, wait_for
from hosting import Hosting
from tracker import Load

HITS = 100  # under the bound of a day, past which events are counted only


def mailed(t):
    """A server, a message that it sent, and the paths of pixel and links."""
    r = t.receiver()
    a = Hosting(t, to=[r])
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


def all_answered(t, a, paths):
    answered = Load(a.ports["public"], 8, paths).run()
    t.eq(len(answered), len(paths))


def in_ledger(t, a, mref, opened, clicked):
    for kind, n in (("message.opened", opened), ("message.clicked", clicked)):
        wait_for(lambda: len(a.events(mref, kind)) >= n,
                 what="%d %s" % (n, kind))
        t.eq(len(a.events(mref, kind)), n, kind)


@test("links lead on while the store is locked; hits follow when it is not")
def _(t):
    a, mref, pixel, click = mailed(t)
    lock = sqlite3.connect(os.path.join(a.state, "acuse.db"), timeout=20,
                           isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    all_answered(t, a, [pixel, click] * (HITS // 2))
    a.wait_log("drain.stalled")
    all_answered(t, a, [click])
    lock.execute("ROLLBACK")
    lock.close()
    in_ledger(t, a, mref, HITS // 2, HITS // 2 + 1)


@test("links lead on while the store's file is away; no hit goes elsewhere")
def _(t):
    a, mref, pixel, click = mailed(t)
    path = os.path.join(a.state, "acuse.db")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.rename(path + suffix, path + ".away" + suffix)
    all_answered(t, a, [pixel, click] * (HITS // 2))
    a.wait_log("drain.stalled")
    t.ok(not os.path.exists(path), "no new store was made")
    all_answered(t, a, [click])
    a.kill()
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + ".away" + suffix):
            os.rename(path + ".away" + suffix, path + suffix)
    a.start()
    in_ledger(t, a, mref, HITS // 2, HITS // 2 + 1)


@test("killed with hits in the journal, each is in the ledger once")
def _(t):
    a, mref, pixel, click = mailed(t)
    for i in range(4):
        all_answered(t, a, [pixel, click] * 10)
        a.kill()
        a.start()
    in_ledger(t, a, mref, 40, 40)


@test("a visitor's address is kept as far as the brand says: its network")
def _(t):
    a, mref, pixel, click = mailed(t)
    all_answered(t, a, [click])
    in_ledger(t, a, mref, 0, 1)
    t.eq(a.events(mref, "message.clicked")[0]["data"]["address"], "127.0.0.0")


if __name__ == "__main__":
    run()
