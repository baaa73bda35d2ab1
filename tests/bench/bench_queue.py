"""Memory with a million messages queued, at rest and while it sends them."""

import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("SRC_DIR", "."),
                                "tests/integration"))

from harness import Process, Test, wait_for
from hosting import Hosting

MESSAGES = int(os.environ.get("ACUSE_BENCH_QUEUE", "1000000"))
DOMAINS = 997
SECONDS = 15

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n" \
    " WHERE i < {%s}) "
# What waits, each tied to a notice of its own.
FILL = (
    COUNT % "domains_n" + "INSERT INTO lanes (domain, {lanes}) SELECT"
    " 'd' || i || '.example', {lanes} FROM n, (SELECT * FROM lanes LIMIT 1)",
    COUNT % "messages_n" + "INSERT INTO notices (ref, subject, {notices})"
    " SELECT randomblob(16), 'request/copy' || i, {notices} FROM n,"
    " (SELECT * FROM notices LIMIT 1)",
    "INSERT INTO messages (mref, lane, address, {messages}) SELECT"
    " randomblob(16), l.id, 'u' || n.id || '@' || l.domain, {m} FROM notices n"
    " JOIN lanes l ON l.domain = 'd' || (1 + n.id % {domains_n}) || '.example',"
    " (SELECT * FROM messages LIMIT 1) m WHERE n.subject LIKE 'request/copy%'",
    "INSERT INTO message_notices (notice, channel, address, message) SELECT"
    " n.id, 0, m.address, m.id FROM notices n JOIN messages m ON m.address ="
    " 'u' || n.id || '@d' || (1 + n.id % {domains_n}) || '.example'",
)


def columns(db, table, *but):
    return [r[1] for r in db.execute("PRAGMA table_info(%s)" % table)
            if r[1] not in ("id",) + but]


def fill(path):
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    messages = columns(db, "messages", "mref", "lane", "address")
    names = {"domains_n": DOMAINS, "messages_n": MESSAGES,
             "lanes": ", ".join(columns(db, "lanes", "domain")),
             "notices": ", ".join(columns(db, "notices", "ref", "subject")),
             "messages": ", ".join(messages),
             "m": ", ".join("m." + c for c in messages)}
    for sql in FILL:
        db.execute(sql.format(**names))
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    waits, = db.execute("SELECT count(*) FROM messages WHERE state = 0"
                        ).fetchone()
    db.close()
    return waits


def anon_kb(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("RssAnon:"))


def sink(t):
    """A receiver that keeps nothing; its port."""
    ports = t.path("sink-ports")
    p = Process(t, [os.environ["RECEIVER"], "--listen", "127.0.0.1:0",
                    "--ports-file", ports], "sink")
    t.on_end(p.stop)
    wait_for(lambda: os.path.exists(ports))
    with open(ports) as f:
        return int(f.read().split()[2])


def bench(t):
    a = Hosting(t, general='log_level = "warn" blast_limit = 100000000',
                exchangers='exchangers = {"127.0.0.1:%d"}' % sink(t))
    a.customer("c1", "ana@one.example")
    a.ok(a.post("queue/hold", {"brand": "default"}))
    a.notice("c1")
    a.wait_messages(state="queued")
    a.ok(a.post("sending/pause", {"reason": "bench"}))
    a.ok(a.post("queue/resume", {"brand": "default"}))
    a.stop()
    waits = fill(os.path.join(a.state, "acuse.db"))
    a.start()
    pid = a.process.proc.pid
    a.ok(a.get("queue"))
    a.ok(a.get("messages?limit=50&state=queued"))
    rest = anon_kb(pid)
    a.ok(a.post("sending/resume", {}))
    end, most = time.monotonic() + SECONDS, 0

    def over():
        nonlocal most
        most = max(most, anon_kb(pid))
        return time.monotonic() > end
    wait_for(over, SECONDS + 60)
    sent = a.ok(a.get("stats"))["messages"]["accepted"]
    print("# %d messages queued; %d MB at rest; %d of them sent in %d s" % (
        waits, rest >> 10, sent, SECONDS))
    print("queue.memory %.1f MB limit 128" % (most / 1024))


t = Test("bench")
try:
    bench(t)
finally:
    t.finish()
