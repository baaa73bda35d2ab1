"""The whole of sending: from a queue of twenty-row invoice mails to verdicts
on disk, over loopback to Postfix's smtp-sink; signed with RSA-2048, with
Ed25519, and with both.  Beside it, in the same run and to the same sink:
Postfix relaying ready-made mails of that size (smtp-source in front), and Node
rendering and signing (always with RSA, all that nodemailer can), with no store
at all (send_peer.js)."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ.get("SRC_DIR", "."),
                                "tests/integration"))

from harness import Failed, Test, wait_for
from hosting import Hosting
from postfix import Postfix, free_port, installed

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "6000"))
NODE_MESSAGES = 800
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "2"))
DOMAINS = 10
WORKERS = int(os.environ.get("BENCH_WORKERS", "8"))
NODE_MODULES = os.environ.get("BENCH_MODULES",
                              "build/release/bench/node_modules")
PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "send_peer.js")

ACCEPTED = "count(*) FROM messages WHERE state = 3"
VARIANTS = (("send.rsa", 'dkim_selector = "t"'),
            ("send.both",
             'dkim_selector = "t" dkim_ed25519_selector = "e"'),
            ("send.ed25519", 'dkim_ed25519_selector = "e"'))


class Sink:
    """smtp-sink, and how many messages it has had."""

    def __init__(self, t):
        self.port = free_port()
        self.messages = 0
        user = ["-u", "postfix"] if os.geteuid() == 0 else []
        self.proc = subprocess.Popen(
            ["smtp-sink", "-c", *user, "127.0.0.1:%d" % self.port, "1024"],
            stdout=subprocess.PIPE)
        t.on_end(self.stop)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            block = os.read(self.proc.stdout.fileno(), 65536)
            if not block:
                return
            found = re.findall(rb"mesg=(\d+)", block)
            if found:
                self.messages = int(found[-1])

    def stop(self):
        self.proc.kill()
        self.proc.wait()

    def time(self, n, begin, patience=300):
        """Messages a second from begin() on until n have come."""
        goal, began = self.messages + n, time.monotonic()
        begin()
        wait_for(lambda: self.messages >= goal, patience, "the sink's mail")
        return n / (time.monotonic() - began)


def cpu_s(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- ours ----

def lines():
    return [{"description": "Hosting Pro %d, cliente%d.example" % (k, k),
             "quantity": "1", "amount": "%d.50" % (10 + k),
             "from": "2026-11-21", "to": "2026-12-20"} for k in range(20)]


def notice(id, k, template, **body):
    return [{"put": "customer", "id": id, "body": {
                "name": "Ana Pérez %d" % k, "locale": "es_AR",
                "contacts": [{"id": "k1", "email": "c%d@d%d.example" % (
                    k, k % DOMAINS)}]}},
            {"post": "notice", "key": id, "body": {
                "template": template, "customer": id, **body}}]


def invoice_notice(id, k):
    customer, notify = notice(id, k, "proforma", invoice=id)
    return [customer, {"put": "invoice", "id": id, "body": {
        "customer": id, "number": "PF-%d" % k, "rev": 1, "status": "open",
        "currency": "EUR", "total": "600.00", "due_on": "2099-01-01",
        "lines": lines(),
        "pay_url": "https://pay.hosting.example/i/%d?a=1" % k}}, notify]


def batch(a, ops):
    for at in range(0, len(ops), 9000):
        bad = [x for x in a.batch(ops[at:at + 9000]).values()
               if x["status"] >= 300]
        if bad:
            raise Failed(str(bad[0]))


class Store:
    """The server's, looked at from beside it."""

    def __init__(self, a):
        self.db = sqlite3.connect("file:%s?mode=ro" % os.path.join(
            a.state, "acuse.db"), uri=True, isolation_level=None)

    def one(self, what):
        return self.db.execute("SELECT %s" % what).fetchone()[0]

    def wait(self, what, n):
        wait_for(lambda: self.one(what) >= n, 120, "%d of %s" % (n, what))


def ours(a, sink, variant):
    """(messages a second, bytes of one, its mref)"""
    store = Store(a)
    before = store.one(ACCEPTED)
    for k in range(DOMAINS):
        batch(a, notice("%s-first-%d" % (variant, k), k,
                        "contact-confirmation"))
    store.wait(ACCEPTED, before + DOMAINS)
    for k in range(DOMAINS):
        a.ok(a.post("queue/hold", {"domain": "d%d.example" % k}))
    batch(a, sum((invoice_notice("%s-%d" % (variant, k), k)
                  for k in range(MESSAGES)), []))
    store.wait("count(*) FROM messages WHERE state = 0", MESSAGES)
    pid, sink_pid = a.process.proc.pid, sink.proc.pid
    used, sink_used, began = cpu_s(pid), cpu_s(sink_pid), time.monotonic()
    for k in range(DOMAINS):
        a.ok(a.post("queue/resume", {"domain": "d%d.example" % k}))
    store.wait(ACCEPTED, before + DOMAINS + MESSAGES)
    rate = MESSAGES / (time.monotonic() - began)
    print("# %s: %.0f us of processor time a message, %.0f us the sink's" % (
        variant, (cpu_s(pid) - used) * 1e6 / MESSAGES,
        (cpu_s(sink_pid) - sink_used) * 1e6 / MESSAGES), flush=True)
    return rate, store.one("size FROM messages ORDER BY id DESC"), store.one(
        "lower(hex(mref)) FROM messages ORDER BY id DESC")


# ---- peers ----

def postfix(t, sink, size):
    if not installed():
        return None
    p = Postfix(t, relay=sink.port).start()
    begin = ["smtp-source", "-s", "20", "-l", str(size), "-m", str(MESSAGES),
             "-f", "a@hosting.example", "-t", "b@d1.example",
             "127.0.0.1:%d" % p.port]
    rates = []
    for _ in range(ROUNDS):
        sources = []
        rates.append(sink.time(MESSAGES, lambda: sources.append(
            subprocess.Popen(begin))))
        sources[0].wait()
    p.stop()
    return max(rates)


def node(t, sink, mail):
    if not shutil.which("node") or not os.path.isdir(NODE_MODULES):
        return None
    path = t.path("mail.eml")
    with open(path, "wb") as f:
        f.write(mail)
    key = t.path("node.pem")
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", key, "2048"],
                   check=True, stderr=subprocess.DEVNULL)
    out = subprocess.run(
        ["node", PEER, path, key, str(sink.port), str(NODE_MESSAGES)],
        check=True, stdout=subprocess.PIPE,
        env={**os.environ, "NODE_PATH": NODE_MODULES}).stdout
    return float(out)


def show(value):
    return "%.0f" % value if value else "-"


t = Test("bench")
try:
    if not shutil.which("smtp-sink"):
        raise SystemExit("# smtp-sink is absent (make bench-deps)")
    sink = Sink(t)
    a = Hosting(t, start=False, general='log_level = "warn" blast_limit = 1000000 '
                'mail_workers = %d' % WORKERS,
                exchangers='exchangers = {"127.0.0.1:%d"}' % sink.port)
    text = open(a.config).read()
    made = text.replace('dkim_selector = "t"', VARIANTS[1][1])
    a.configure(text=made)
    a.run("dkim", "new")
    for variant, keys in VARIANTS:
        a.configure(text=text.replace('dkim_selector = "t"', keys))
        a.start()
        rate, size, mref = ours(a, sink, variant)
        print("%s %.0f /s postfix %s" % (variant, rate, show(
            postfix(t, sink, size))), flush=True)
        content = a.get("messages/%s/content" % mref).body
        a.stop()
        print("%s %.0f /s node %s" % (variant, rate, show(
            node(t, sink, content))), flush=True)
finally:
    t.finish()
