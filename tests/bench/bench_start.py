"""Start-up with 100,000 messages in the store, and memory at rest, beside a
Postfix of the same machine with its queue empty."""

import os
import sqlite3
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("SRC_DIR", "."),
                                "tests/integration"))

from harness import Test, wait_for
from hosting import Hosting
from postfix import Postfix, installed

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "100000"))
ROUNDS = 7

# Each as a month leaves it: accepted, tied to a notice, with its bytes and the
# five events of its life.
COPY = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :n)
INSERT INTO messages (mref, %(columns)s)
SELECT randomblob(16), %(columns)s FROM n, (SELECT * FROM messages LIMIT 1);
"""


def columns(db, table, *but):
    return ", ".join(r[1] for r in db.execute("PRAGMA table_info(%s)" % table)
                     if r[1] not in ("id",) + but)


def fill(path):
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    db.execute(COPY % {"columns": columns(db, "messages", "mref")},
               {"n": MESSAGES})
    db.execute("INSERT OR IGNORE INTO contents (message, bytes) SELECT m.id,"
               " (SELECT bytes FROM contents LIMIT 1) FROM messages m")
    db.execute("INSERT OR IGNORE INTO message_notices SELECT m.id + 1000000,"
               " 0, m.address, m.id FROM messages m")
    last = db.execute("SELECT max(position) FROM events").fetchone()[0]
    db.execute("INSERT INTO events (position, kind, time_us, ref, seq, entry,"
               " salt, payload) SELECT ? + row_number() OVER (), e.kind,"
               " e.time_us, m.mref, e.seq, e.entry, e.salt, e.payload FROM"
               " messages m, events e WHERE m.id > 1 AND e.ref = (SELECT mref"
               " FROM messages WHERE id = 1)", (last,))
    db.execute("INSERT INTO event_index SELECT ref, seq, position FROM events"
               " WHERE position > ?", (last,))
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def anon_kb(pid):
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("RssAnon:"):
                return int(line.split()[1])


def cpu_ms(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf(
        "SC_CLK_TCK")


def ours(t):
    r = t.receiver()
    a = Hosting(t, to=[r], general='log_level = "warn"')
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    a.wait_messages(state="accepted")
    a.stop()
    fill(os.path.join(a.state, "acuse.db"))
    times, used = [], []
    for _ in range(ROUNDS):
        began = time.monotonic()
        a.spawn()
        wait_for(lambda: os.path.exists(a.ports_path))
        times.append((time.monotonic() - began) * 1000)
        used.append(cpu_ms(a.process.proc.pid))
        a.stop()
    print("# of its start %.0f ms are processor time"
          % statistics.median(used))
    a.start()
    a.ok(a.get("customers/c1/log?limit=50"))
    end = time.monotonic() + 2
    wait_for(lambda: time.monotonic() > end)
    print("# the store is %d MB" % (
        os.path.getsize(os.path.join(a.state, "acuse.db")) >> 20))
    return statistics.median(times), anon_kb(a.process.proc.pid) / 1024


def postfix(t):
    """(ms until its queue manager runs, MB at rest), or None."""
    if not installed():
        return None
    p = Postfix(t)
    times, rest = [], 0
    for _ in range(ROUNDS):
        began = time.monotonic()
        p.start()
        times.append((time.monotonic() - began) * 1000)
        rest = sum(anon_kb(pid) for pid in p.processes())
        p.stop()
    return statistics.median(times), rest / 1024


t = Test("bench")
try:
    start, rest = ours(t)
    peer = postfix(t)
    print("start.100k %.1f ms postfix %s" % (
        start, "%.1f" % peer[0] if peer else "-"))
    print("idle.rss_anon %.1f MB postfix %s" % (
        rest, "%.1f" % peer[1] if peer else "-"))
finally:
    t.finish()
