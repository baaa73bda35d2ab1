"""Links of real mail while the store is locked, away or its server killed."""

import datetime
import json
import os
import resource
import socket
import sqlite3
import struct
import time

from harness import DEADLINE, Failed, run, test, wait_for
from mailed import counted, fill, mailed, metric, on_small_disk
from tracker import Load

HITS = 100  # under the bound of a day, past which events are counted only
DAY_HITS = 200


def all_answered(t, a, paths):
    answered = Load(a.ports["public"], 8, paths).run()
    t.eq(len(answered), len(paths))


def in_ledger(t, a, mref, opened, clicked):
    for kind, n in (("message.opened", opened), ("message.clicked", clicked)):
        wait_for(lambda: len(a.events(mref, kind)) >= n,
                 what="%d %s" % (n, kind))
        t.eq(len(a.events(mref, kind)), n, kind)


def alarms(a, reason):
    """The ledger's alarms for a reason: [("raised", payload) ...]."""
    db = sqlite3.connect("file:%s/acuse.db?mode=ro" % a.state, uri=True)
    try:
        rows = db.execute("SELECT kind, payload FROM events WHERE kind IN "
                          "(160, 161) ORDER BY position").fetchall()
    finally:
        db.close()
    told = [("raised" if kind == 160 else "cleared", json.loads(payload))
            for kind, payload in rows]
    return [x for x in told if x[1]["reason"] == reason]


def raised_and_cleared(t, a, reason, meanwhile=lambda: None):
    """Once, however often it was found so; the payloads of both."""
    name = 'acuse_alarm{reason="%s"}' % reason
    wait_for(lambda: meanwhile() or len(alarms(a, reason)) > 1,
             what="the alarm %s cleared" % reason)
    t.eq(len(alarms(a, reason)), 2, alarms(a, reason))
    (first, raised), (last, cleared) = alarms(a, reason)
    t.eq((first, last), ("raised", "cleared"))
    t.ok(raised["since"] == cleared["since"] <= cleared["until"], cleared)
    wait_for(lambda: metric(a, name) == 0, what="the gauge")
    return raised, cleared


@test("links lead on while the store is locked for ten seconds; hits follow")
def _(t):
    a, mref, pixel, click = mailed(t)
    lock = sqlite3.connect(os.path.join(a.state, "acuse.db"), timeout=20,
                           isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    end = time.monotonic() + 10
    all_answered(t, a, [pixel, click] * (HITS // 2))
    clicks = Clicks(t, a, click)
    while time.monotonic() < end:
        clicks.do(1)  # answered while the lock is held
        time.sleep(0.25)  # fewer than the flood's bound
    # what wrote when the lock came has its own wait for it before
    a.wait_log("drain.stalled")
    t.eq(len(a.events(mref, "message.clicked")), 0)
    lock.execute("ROLLBACK")
    lock.close()
    in_ledger(t, a, mref, HITS // 2, HITS // 2 + clicks.answered)
    raised_and_cleared(t, a, "drain_stalled")
    t.eq(alarms(a, "hits_lost"), [])


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


@test("past a day's bound hits are counted, one event an hour says so")
def _(t):
    a, mref, pixel, click = mailed(t, clock="2026-11-03T12:00:00Z,600")
    all_answered(t, a, [pixel] * (DAY_HITS + 30))
    all_answered(t, a, [click] * 10)
    wait_for(lambda: a.events(mref, "message.flooded"), what="the hour's end")
    t.eq(len(a.events(mref, "message.opened")), DAY_HITS)
    t.eq(len(a.events(mref, "message.clicked")), 10, "a kind silences no other")
    told = [e["data"] for e in a.events(mref, "message.flooded")]
    t.eq([f["opens"] for f in told], [30], "each is told once")
    t.eq(told[0]["since"][14:], "00:00Z", "of a whole hour")


HOUR_US = 3600000000


def hour_at(a, later=0):
    """Of the server's fast clock, which is moved on by so many hours."""
    with open(os.path.join(a.state, "clock"), "r+b", buffering=0) as f:
        (us,) = struct.unpack("<q", f.read(16)[8:])
        if later:
            f.seek(8)
            f.write(struct.pack("<q", us + later * HOUR_US))
    return us // HOUR_US


@test("hits past the bound are of the hour that they were made in")
def _(t):
    a, mref, pixel, _ = mailed(t, clock="2026-11-03T12:00:00Z,600")
    all_answered(t, a, [pixel] * DAY_HITS)
    in_ledger(t, a, mref, DAY_HITS, 0)
    lock = sqlite3.connect(os.path.join(a.state, "acuse.db"), timeout=20,
                           isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    first = hour_at(a)
    all_answered(t, a, [pixel] * 30)
    last = hour_at(a)
    hour_at(a, later=2)
    lock.execute("ROLLBACK")
    lock.close()
    wait_for(lambda: sum(e["data"]["opens"]
                         for e in a.events(mref, "message.flooded")) == 30,
             what="all are told of")
    for e in a.events(mref, "message.flooded"):
        since = datetime.datetime.fromisoformat(e["data"]["since"][:-1])
        hour = since.replace(tzinfo=datetime.timezone.utc).timestamp() / 3600
        t.ok(first <= hour <= last, (first, e["data"], last))


class Clicks:
    """Clicks of one client, each with as much about it as a hit may hold, over
    connections whose hits share a sync of the disk; none may lead elsewhere."""

    CONNECTIONS = 25

    WIDE = "".join("%s: %s\r\n" % (name, "w" * 120) for name in (
        "Accept", "Accept-Language", "Via", "From", "X-Requested-With", "DNT"))

    def __init__(self, t, a, path):
        self.sockets = [socket.create_connection(
            ("127.0.0.1", a.ports["public"]), DEADLINE)
            for _ in range(self.CONNECTIONS)]
        for s in self.sockets:
            t.on_end(s.close)
        self.request = ("GET %s HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n%s"
                        "\r\n" % (path, "a" * 512, self.WIDE)).encode()
        self.answered = 0

    def do(self, n):
        shares = [n // self.CONNECTIONS + (i < n % self.CONNECTIONS)
                  for i in range(self.CONNECTIONS)]
        for s, share in zip(self.sockets, shares):
            s.sendall(self.request * share)
        for s, share in zip(self.sockets, shares):
            self.answers(s, share)
        self.answered += n

    def answers(self, s, n):
        data = b""
        while data.count(b"\r\n\r\n") < n:
            more = s.recv(1 << 16)
            if not more:
                raise Failed("a click was not answered")
            data += more
        if data.count(b"HTTP/1.1 302 ") != n:
            raise Failed("a click did not lead on: %r" % data[:200])


@test("with disk and journal full links lead on, and what is lost is counted")
def _(t):
    a, mref, _, click = mailed(t, on_small_disk(t, 15),
                               general="http_threads = 1")
    clicks = Clicks(t, a, click)
    clicks.do(20)
    wait_for(lambda: len(a.events(mref, "message.clicked")) == 20)
    ballast = t.path("small", "ballast")
    fill(ballast)

    def lost():
        clicks.do(50)
        return metric(a, "acuse_hits_lost") > 200
    wait_for(lost, what="hits that find no room")
    t.ok(a.log("hits.lost"), "the log says so")
    t.ok(a.log("drain.stalled"), "and that the ledger takes none")
    # Before there is room, and the ledger can take that it is over.
    wait_for(lambda: metric(a, 'acuse_alarm{reason="hits_lost"}') == 1,
             what="the gauge")
    os.unlink(ballast)
    a.wait_log("drain.resumed")
    clicks.do(DAY_HITS)
    wait_for(lambda: clicks.answered - metric(a, "acuse_hits_lost") ==
             counted(a, mref), what="every hit that was not lost")
    t.eq(len([e for e in a.events(mref, "message.clicked")
              if not e["data"].get("flood")]), DAY_HITS)
    wait_for(lambda: alarms(a, "hits_lost"), what="the alarm")
    lost = metric(a, "acuse_hits_lost")
    a.kill()
    a.start()
    clicks = Clicks(t, a, click)  # once one is kept, all is well again
    raised, _ = raised_and_cleared(t, a, "hits_lost", lambda: clicks.do(1))
    t.ok(0 < raised["hits"] <= lost, raised)


@test("what a redirect role loses the server tells, when it runs again")
def _(t):
    a, mref, _, click = mailed(t)
    a.stop()
    before = len(alarms(a, "hits_lost"))
    a.args = ["--role", "redirect"]
    a.start()
    clicks = Clicks(t, a, click)
    clicks.do(1)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.prlimit(a.process.proc.pid, resource.RLIMIT_FSIZE, (64, hard))
    clicks.do(20)  # the disk is full: they lead on, and are not kept
    with open(os.path.join(a.state, "hits", "lost"), "rb") as f:
        wait_for(lambda: os.pread(f.fileno(), 8, 0) != bytes(8))
    a.kill()
    t.eq(len(alarms(a, "hits_lost")), before, "nobody has told yet")
    a.args = []
    a.start()
    raised = wait_for(lambda: alarms(a, "hits_lost")[before:])[0]
    lost = metric(a, "acuse_hits_lost")
    t.ok(lost > 0 and raised == ("raised", dict(raised[1], hits=lost)), raised)
    wait_for(lambda: clicks.answered - lost == len(
        a.events(mref, "message.clicked")), what="those that were kept")
    a.stop()
    a.start()
    wait_for(lambda: metric(a, "acuse_hits_lost") == lost)
    t.eq([x for x, _ in alarms(a, "hits_lost")[before:]].count("raised"), 1,
         "once")


@test("the hit journal grows to the size that was configured, not past it")
def _(t):
    size = 32 << 20
    a, mref, _, click = mailed(
        t, general="http_threads = 1 hit_journal = %dM" % (size >> 20))
    lock = sqlite3.connect(os.path.join(a.state, "acuse.db"), timeout=20,
                           isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    clicks = Clicks(t, a, click)

    def taken():
        where = os.path.join(a.state, "hits")
        return sum(os.stat(os.path.join(where, x)).st_size
                   for x in os.listdir(where)
                   if not x.endswith((".lock", "lost")))

    def full():
        clicks.do(500)
        t.ok(taken() <= size, "%d bytes" % taken())
        return a.log("hits.lost")
    wait_for(full, 300, what="a full journal")
    t.ok(taken() > size // 2, "%d bytes" % taken())
    lock.execute("ROLLBACK")
    lock.close()
    lost = metric(a, "acuse_hits_lost")
    wait_for(lambda: counted(a, mref) == clicks.answered - lost, 300,
             what="every hit that was not lost")


@test("a visitor's address is kept as far as the brand says: its network")
def _(t):
    a, mref, pixel, click = mailed(t)
    all_answered(t, a, [click])
    in_ledger(t, a, mref, 0, 1)
    t.eq(a.events(mref, "message.clicked")[0]["data"]["address"], "127.0.0.0")


if __name__ == "__main__":
    run()
