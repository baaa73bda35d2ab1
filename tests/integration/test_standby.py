"""The public port while its server stops, is upgraded, dies and starts."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import types

import acuse
from certificates import certificate, shown_at
from harness import DEADLINE, Failed, Process, Skip, run, test, wait_for
from hosting import Hosting
from mailed import Frozen, counted, mailed, on_small_disk
from tokens import Keys


class Visitors:
    """Clients that click in a closed loop, each time on a new connection;
    faults: what went otherwise than 302."""

    def __init__(self, t, a, path, n=4):
        self.port = a.ports["public"]
        self.request = ("GET %s HTTP/1.1\r\nHost: x\r\nUser-Agent: t\r\n"
                        "Connection: close\r\n\r\n" % path).encode()
        self.answered = [0] * n
        self.took = [0.0] * n
        self.slowest = 0
        self.faults = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,))
                        for i in range(n)]
        for thread in self.threads:
            thread.start()
        t.on_end(self.stop)

    def run(self, i):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                with socket.create_connection(("127.0.0.1", self.port),
                                              DEADLINE) as s:
                    s.sendall(self.request)
                    data = b""
                    while more := s.recv(4096):
                        data += more
            except OSError as e:
                self.faults.append(e)
                continue
            if data.startswith(b"HTTP/1.1 302 "):
                self.answered[i] += 1
            else:
                self.faults.append(data[:60])
            took = time.monotonic() - began
            self.took[i] += took
            self.slowest = max(self.slowest, took)

    def more(self, n=200):
        """Waits until so many more were answered."""
        want = sum(self.answered) + n
        wait_for(lambda: sum(self.answered) >= want,
                 what="%d clicks" % n)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        return sum(self.answered)


def stand_by(a, program=None):
    """A standby beside the server a, or before it."""
    a.configure(public=a.ports["public"])
    ports = os.path.join(a.dir, "standby-ports")
    if os.path.exists(ports):
        os.unlink(ports)
    process = acuse_process(a, "standby-ports", "--role", "standby",
                            program=program)
    wait_for(lambda: process.must_live() or os.path.exists(ports),
             what="the standby")
    return process


def acuse_process(a, ports, *args, program=None):
    process = Process(a.t, [program or acuse.PROGRAM, "serve", "--state",
                            a.state, "--config", a.config, "--ports-file",
                            os.path.join(a.dir, ports), *args], ports)
    a.t.on_end(process.stop)
    return process


def said(process, event):
    return sum(" event=%s " % event in line + " "
               for line in process.stderr().splitlines())


def listening(port):
    """Sockets that listen on the port, as the kernel lists them."""
    with open("/proc/net/tcp") as f:
        return sum(line.split()[1].endswith(":%04X" % port) and
                   line.split()[3] == "0A" for line in f)


def all_in_ledger(t, a, mref, n):
    wait_for(lambda: counted(a, mref) == n,
             what="%d hits, there are %d" % (n, counted(a, mref)))


@test("clicks go on, none refused and none lost, as the server is upgraded")
def _(t):
    a, mref, _, click = mailed(t)
    b = stand_by(a)
    t.eq(listening(a.ports["public"]), 2, "one for each thread, shared")
    visitors = Visitors(t, a, click)
    visitors.more()
    upgraded = t.path("acuse-2")
    shutil.copy(acuse.PROGRAM, upgraded)
    for program in (upgraded, acuse.PROGRAM):
        a.stop()
        visitors.more()
        acuse.PROGRAM, was = program, acuse.PROGRAM
        a.start()
        acuse.PROGRAM = was
        visitors.more()
    t.eq((said(b, "standby.accepts"), said(b, "standby.waits")), (2, 2))
    # and who stands by is upgraded too
    b.stop()
    visitors.more()
    b = stand_by(a, program=upgraded)
    a.stop()
    visitors.more()
    a.start()
    visitors.more()
    n = visitors.stop()
    t.eq(visitors.faults, [], "of %d" % n)
    usual = sum(visitors.took) / n
    t.ok(visitors.slowest < max(10, 50 * usual),
         "%.1f s, others %.1f s" % (visitors.slowest, usual))
    all_in_ledger(t, a, mref, n)


@test("who has just connected may still ask of a server that stops")
def _(t):
    a, _, _, click = mailed(t, general="http_threads = 1")
    b = stand_by(a)

    def ask(s):
        s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" %
                   click).encode())
        return s.recv(100)[:13]

    def connect():
        s = socket.create_connection(("127.0.0.1", a.ports["public"]),
                                     DEADLINE)
        t.on_end(s.close)
        return s

    def in_time():
        stopped = said(b, "standby.accepts")
        began = time.monotonic()
        s = connect()
        t.eq(ask(connect()), b"HTTP/1.1 302 ")  # so the first was accepted
        a.process.proc.send_signal(signal.SIGTERM)
        wait_for(lambda: said(b, "standby.accepts") > stopped, what="the stop")
        try:
            answer = ask(s)
        except ConnectionError:
            answer = b""
        late = time.monotonic() - began > 1.5
        a.stop()
        a.start()
        return late or answer == b"HTTP/1.1 302 "
    for _ in range(3):
        t.ok(in_time(), "hung up on")


@test("a server that dies is stood in for; what it had answered is kept")
def _(t):
    a, mref, _, click = mailed(t)
    stand_by(a)
    visitors = Visitors(t, a, click)
    for _ in range(3):
        visitors.more()
        a.kill()
        visitors.more()
        a.start()
    n = visitors.stop()
    for fault in visitors.faults:  # those that the dead one had accepted
        t.ok(isinstance(fault, ConnectionResetError) or fault == b"",
             repr(fault))
    t.ok(len(visitors.faults) <= 12, visitors.faults)
    # a hit may be on disk though its answer was not sent any more
    wait_for(lambda: n <= counted(a, mref) <= n + len(visitors.faults), 60,
             "%d hits, %d faults, there are %d" % (
                 n, len(visitors.faults), counted(a, mref)))


@test("one stands by at a time, alone it answers, and pages say: not now")
def _(t):
    a = Hosting(t, send="false")
    b = stand_by(a)
    code, out = acuse_run(a, "serve", "--role", "standby")
    t.eq(code, 69)
    t.ok("stands by" in out, out)
    a.stop()

    def asked(path):
        with socket.create_connection(
                ("127.0.0.1", a.ports["public"]), DEADLINE) as s:
            s.sendall(b"GET %s HTTP/1.0\r\n\r\n" % path)
            return int(s.recv(100).split()[1])
    wait_for(lambda: said(b, "standby.accepts") == 1, what="it to accept")
    link = b"/a/" + Keys(a.state).token("answer", "0" * 32).encode()
    t.eq((asked(b"/o/x"), asked(b"/"), asked(link)), (200, 200, 503))
    b.stop()
    try:
        asked(b"/")
        raise Failed("the port is open though nobody runs")
    except ConnectionRefusedError:
        pass
    # it may be there first, too
    b = stand_by(a)
    t.eq(asked(link), 503)
    a.start()
    t.eq(asked(link), 404)
    t.eq(said(b, "standby.waits"), 1)


@test("a standby takes over with the certificate that moved, or the last good")
def _(t):
    seen = {name: certificate(t, name) for name in ("one", "two")}

    def options(name):
        return 'public_tls_certificate = "%s" public_tls_key = "%s"' % (
            t.path(name + ".pem"), t.path(name + ".key"))

    def hang_up():
        b.proc.send_signal(signal.SIGHUP)

    def takes_over(n):
        a.stop()
        wait_for(lambda: said(b, "standby.accepts") == n, what="it to accept")
        der, answer = shown_at(port, b"/o/x")
        t.ok(answer.startswith(b"HTTP/1.1 200"), answer)
        return der
    a = Hosting(t, send="false", http=options("one"))
    port = a.ports["public"]
    b = stand_by(a)
    a.configure(http=options("two") + " public_request_timeout = 7s")
    a.stop()
    wait_for(lambda: said(b, "standby.accepts") == 1, what="it to accept")
    a.start()
    wait_for(lambda: said(b, "standby.waits") == 1, what="it to wait")
    os.unlink(t.path("one.pem"))
    hang_up()
    wait_for(lambda: said(b, "conf.reloaded") == 1, what="the reload")
    t.eq(said(b, "conf.waits"), 0, "it will listen by what it has read")
    t.eq(takes_over(2), seen["two"])
    hang_up()
    wait_for(lambda: said(b, "conf.reloaded") == 2, what="the reload")
    t.eq(said(b, "conf.waits"), 0, "it listens by that")
    a.start()
    wait_for(lambda: said(b, "standby.waits") == 2, what="it to wait")
    # what is unreadable now is said at once, and does not keep it out
    t.write("two.key", "nonsense")
    hang_up()
    wait_for(lambda: said(b, "conf.refused") == 1, what="the refusal")
    t.eq(takes_over(3), seen["two"])
    t.eq(said(b, "certificate.kept"), 1)


def clicked(a, path):
    """What a click is answered; "" where nobody listens."""
    try:
        with socket.create_connection(
                ("127.0.0.1", a.ports["public"]), DEADLINE) as s:
            s.sendall(b"GET %s HTTP/1.0\r\n\r\n" % path.encode())
            return s.recv(100)[9:12].decode()
    except ConnectionRefusedError:
        return ""


def mount(*argv):
    done = subprocess.run(["mount", *argv], stderr=subprocess.PIPE)
    if done.returncode:
        raise Skip("mounting is not permitted")


def stand_apart(t, a, mounts):
    """One that stands by with mounts of its own, which the server lacks."""
    ports = os.path.join(a.dir, "standby-ports")
    wrapper = t.write("apart", "#!/bin/sh\nset -e\n%sexec %s \"$@\"\n" %
                      (mounts, acuse.PROGRAM))
    os.chmod(wrapper, 0o755)
    if subprocess.run(["unshare", "-m", "true"],
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip("no mounts of one's own are permitted")
    b = Process(t, ["unshare", "-m", wrapper, "serve", "--state", a.state,
                    "--config", a.config, "--ports-file", ports, "--role",
                    "standby"], "standby-ports")
    t.on_end(b.stop)
    wait_for(lambda: b.must_live() or os.path.exists(ports),
             what="the standby")
    return b


@test("a standby starts on a read-only disk, and redirects once nobody else does")
def _(t):
    a, _, _, click = mailed(t)
    a.configure(public=a.ports["public"])
    b = stand_apart(t, a, "mount --bind %s %s\nmount -o remount,ro,bind %s\n" %
                    (a.state, a.state, a.state))
    t.eq(said(b, "standby.alone"), 1)
    t.eq(clicked(a, click), "302", "by the server")
    a.stop()
    wait_for(lambda: clicked(a, click) == "302", what="a redirect")
    wait_for(lambda: said(b, "hits.lost") > 0, what="the loss to be said")
    t.eq(said(b, "standby.failed"), 0)


@test("a standby whose disk can be written again is found by the server")
def _(t):
    put = on_small_disk(t, 64)
    a, _, _, click = mailed(t, put)
    disk = os.path.dirname(a.state)
    a.configure(public=a.ports["public"])
    a.stop()
    mount("-o", "remount,ro", disk)
    b = stand_by(a)
    t.eq(clicked(a, click), "302")
    mount("-o", "remount,rw", disk)
    wait_for(lambda: said(b, "standby.found") == 1, what="it to be there")
    a.start()
    wait_for(lambda: said(b, "standby.waits") == 1, what="it to wait")
    t.eq(clicked(a, click), "302")
    a.stop()
    wait_for(lambda: clicked(a, click) == "302", what="a redirect")


@test("a standby whose disk does not answer gives way, and takes over again")
def _(t):
    disk = Frozen(t)
    its = types.SimpleNamespace()

    def put(a):
        its.state = a.state
        disk(its)  # a copy: the server's own disk answers
    a, _, _, click = mailed(t, put)
    a.configure(public=a.ports["public"])
    b = stand_apart(t, a, "mount --bind %s/hits %s/hits\n" %
                    (its.state, a.state))
    t.on_end(disk.thaw)  # before it is ended
    a.stop()
    wait_for(lambda: said(b, "standby.accepts") == 1, what="it to accept")
    t.eq(clicked(a, click), "302")
    disk.freeze()
    t.eq(clicked(a, click), "302")
    wait_for(lambda: said(b, "journal.late") == 1, what="its disk to be late")
    for n in 1, 2:
        a.start()
        wait_for(lambda: said(b, "standby.waits") == n, what="it to wait")
        t.eq(clicked(a, click), "302", "by the server")
        a.stop()
        wait_for(lambda: clicked(a, click) == "302", what="a redirect")
    disk.thaw()
    b.stop()


def acuse_run(a, *argv):
    done = subprocess.run([acuse.PROGRAM, *argv, "--state", a.state,
                           "--config", a.config], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          timeout=DEADLINE)
    return done.returncode, done.stdout


if __name__ == "__main__":
    run()
