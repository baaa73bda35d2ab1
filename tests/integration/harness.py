"""What the integration tests share: TAP, temporary directories, waiting
without sleeping, and the programs under test as objects.

    from harness import DEADLINE, run, test

    @test("what would break for a user")
    def _(t):
        r = t.receiver(rules='match=*@x.test stage=rcpt action=drop')
        t.eq(1, 1, "why it matters")

    run()

A test fails by an exception.  What a test started is stopped at its end, in
reverse order, and must end cleanly: exit code 0, no sanitizer's report.
TESTS=text in the environment runs those tests alone whose name has the text;
KEEP=1 keeps the directories.
"""

import json
import os
import shutil
import signal
import smtplib
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import traceback

# Who waits this long waits in vain: a sanitizer on a slow machine with a busy
# disk takes many times what a test takes elsewhere.
DEADLINE = 120.0
_tests = []


class Failed(Exception):
    """A test's own verdict."""


def wait_for(condition, deadline=DEADLINE, what=None):
    """Asks until the condition gives something true, and returns that."""
    end = time.monotonic() + deadline
    pause = 0.001
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed("waited %g s for %s" % (
                deadline, what or getattr(condition, "__name__", "it")))
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def wait_count(found, n, deadline=DEADLINE, what=None):
    """What is found, once there are n of it.  The deadline counts from when
    there last came more."""
    end, most = time.monotonic() + deadline, 0

    def there():
        nonlocal end, most
        list_ = found()
        if len(list_) > most:
            end, most = time.monotonic() + deadline, len(list_)
        if len(list_) < n and time.monotonic() > end:
            raise Failed("waited %g s for %s: there are %d" % (
                deadline, what, len(list_)))
        return list_ if len(list_) >= n else None
    return wait_for(there, float("inf"))


def test(name):
    """Registers a test: a function that takes a Test."""
    def register(function):
        _tests.append((name, function))
        return function
    return register


class Test:
    """One running test: checks, a directory, things to stop."""

    def __init__(self, name):
        self.name = name
        self.dir = tempfile.mkdtemp(prefix="acuse-test-")
        self._cleanups = []

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, content, mode="w"):
        """Writes a file of the test's directory whole, by renaming."""
        path = self.path(name)
        with open(path + ".new", mode) as f:
            f.write(content)
        os.rename(path + ".new", path)
        return path

    def on_end(self, function):
        self._cleanups.append(function)

    def ok(self, condition, why):
        if not condition:
            raise Failed(why)

    def eq(self, got, want, why=""):
        if got != want:
            raise Failed("%s%sgot %r, want %r" % (
                why, ": " if why else "", got, want))

    def raises(self, kind, function, *args):
        try:
            function(*args)
        except kind as e:
            return e
        raise Failed("%s was not raised" % (
            kind.__name__ if isinstance(kind, type) else kind,))

    def receiver(self, **kw):
        r = Receiver(self, **kw)
        self.on_end(r.stop)
        return r

    def fast_clock(self, start_us, name="clock"):
        return FastClock(self.path(name), start_us)

    def finish(self):
        problems = []
        for function in reversed(self._cleanups):
            try:
                function()
            except Exception as e:  # every thing is stopped, whatever fails
                problems.append(str(e))
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)
        if problems:
            raise Failed("; ".join(problems))


class Skip(Exception):
    """What the test needs is not to be had here: its text says what."""


def run():
    """Runs the registered tests, prints TAP, exits 1 if any failed."""
    only = os.environ.get("TESTS", "")
    chosen = [t for t in _tests if only in t[0]]
    failed = 0
    print("1..%d" % len(chosen), flush=True)
    for number, (name, function) in enumerate(chosen, 1):
        t = Test(name)
        reason, skipped = None, ""
        try:
            try:
                function(t)
            finally:
                t.finish()
        except Skip as e:
            skipped = " # SKIP %s" % e
        except Failed as e:
            reason = "%s\n%s" % (e, _where())
        except Exception:
            reason = traceback.format_exc()
        if reason:
            failed += 1
            print("not ok %d - %s" % (number, name))
            for line in reason.splitlines():
                print("#   " + line)
        else:
            print("ok %d - %s%s" % (number, name, skipped))
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


def _where():
    frames = traceback.extract_tb(sys.exc_info()[2])
    mine = [f for f in frames if os.path.basename(f.filename) != "harness.py"]
    return "".join("line %d: %s\n" % (f.lineno, f.line) for f in mine)


# ---- processes ----

class Process:
    """A program under test, its standard error kept in a file."""

    def __init__(self, t, argv, name, env=None):
        self.name = name
        self.stderr_path = t.path(name + ".stderr")
        self._stderr = open(self.stderr_path, "ab")
        self.proc = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self._stderr, env=dict(os.environ, **(env or {})))

    def stderr(self):
        with open(self.stderr_path, errors="replace") as f:
            return f.read()

    def alive(self):
        return self.proc.poll() is None

    def must_live(self):
        if not self.alive():
            raise Failed("%s ended with %s:\n%s" % (
                self.name, self.proc.returncode, self.stderr()))

    def kill(self):
        """By SIGKILL; nothing is checked."""
        if self.alive():
            self.proc.kill()
        self.proc.wait()
        self.proc.stdout.close()
        self._stderr.close()

    def stop(self, sig=signal.SIGTERM, want=0):
        """Ends it in order; complains about a bad exit or a sanitizer."""
        if self.proc.returncode is not None and self.proc.stdout.closed:
            return
        if self.alive():
            self.proc.send_signal(sig)
        try:
            rc = self.proc.wait(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            rc = "no end within %g s" % DEADLINE
            self.proc.wait()
        self.proc.stdout.close()
        self._stderr.close()
        text = self.stderr()
        if rc != want or "Sanitizer" in text or "runtime error" in text:
            raise Failed("%s ended with %s:\n%s" % (self.name, rc, text))


class Receiver(Process):
    """tools/receiver, from the environment's RECEIVER.

    rules: text of the rules file; listen: values of --listen; args: more
    arguments; clock: a FastClock.  port() gives the port of a listener's name
    ("mx1" is the first one without a name of its own)."""

    _count = 0

    def __init__(self, t, rules="", listen=("127.0.0.1:0",), args=(),
                 report_to=None, clock=None, name=None):
        Receiver._count += 1
        name = name or "receiver%d" % Receiver._count
        self.t = t
        self.dir = t.path(name)
        os.mkdir(self.dir)
        self.rules_path = os.path.join(self.dir, "rules")
        self.journal_path = os.path.join(self.dir, "journal")
        self.maildir = os.path.join(self.dir, "mail")
        self.cert_path = os.path.join(self.dir, "cert.pem")
        ports = os.path.join(self.dir, "ports")
        self._write_rules(rules)
        argv = [os.environ["RECEIVER"], "--rules", self.rules_path,
                "--journal", self.journal_path, "--maildir", self.maildir,
                "--cert-out", self.cert_path, "--ports-file", ports]
        for value in listen:
            argv += ["--listen", value]
        if report_to:
            argv += ["--report-to", report_to]
        if clock:
            argv += ["--clock", clock.path]
        super().__init__(t, argv + list(args), name)

        def ready():
            self.must_live()
            return os.path.exists(ports)
        try:
            wait_for(ready, what="the receiver's ports file")
        except Failed:
            self.kill()
            raise
        self.ports = {}
        with open(ports) as f:
            for line in f:
                key, address, port = line.split()
                self.ports[key] = (address, int(port))

    def address(self, name=None):
        return self.ports[name or next(iter(self.ports))]

    def port(self, name=None):
        return self.address(name)[1]

    def _write_rules(self, text):
        with open(self.rules_path + ".new", "w") as f:
            f.write(text)
        os.rename(self.rules_path + ".new", self.rules_path)

    def set_rules(self, text):
        """Replaces the rules; returns when they are in force, or refused."""
        before = len(self.journal("rules")) + len(self.journal("rules-refused"))
        self._write_rules(text)
        wait_for(lambda: len(self.journal("rules")) +
                 len(self.journal("rules-refused")) > before,
                 what="the rules being read")

    def journal(self, event=None, **want):
        """Lines of the journal whose event and keys are these."""
        lines = []
        with open(self.journal_path) as f:
            for line in f:
                if not line.endswith("\n"):
                    break
                entry = json.loads(line)
                if event and entry["event"] != event:
                    continue
                if all(entry.get(k) == v for k, v in want.items()):
                    lines.append(entry)
        return lines

    def wait_journal(self, event, n=1, deadline=DEADLINE, **want):
        """The lines, once there are n of them."""
        def found():
            self.must_live()
            return self.journal(event, **want)
        return wait_count(found, n, deadline, "%d journal lines %s %s" % (
            n, event, want or ""))

    def message(self, entry):
        """The kept bytes of a journal line of event "message"."""
        with open(os.path.join(self.maildir, "new", entry["file"]), "rb") as f:
            return f.read()

    def messages(self):
        """All kept bytes, in no order that means anything."""
        new = os.path.join(self.maildir, "new")
        out = []
        for name in sorted(os.listdir(new)):
            with open(os.path.join(new, name), "rb") as f:
                out.append(f.read())
        return out

    def smtp(self, name=None, ehlo=True, timeout=DEADLINE):
        """An smtplib client."""
        host, port = self.address(name)
        client = smtplib.SMTP(host, port, local_hostname="client.test",
                              timeout=timeout)
        self.t.on_end(client.close)
        if ehlo:
            client.ehlo()
        return client

    def raw(self, name=None, greeting=True, timeout=DEADLINE):
        """A client that says exactly what it is told."""
        client = Raw(self.address(name), timeout)
        self.t.on_end(client.close)
        if greeting:
            code, text = client.reply()
            if code != 220:
                raise Failed("greeting is %d %s" % (code, text))
        return client

    def tls_context(self):
        """Trusts the certificate that the receiver made, and no other."""
        return ssl.create_default_context(cafile=self.cert_path)


class Raw:
    """A socket that speaks in lines."""

    def __init__(self, address, timeout=DEADLINE):
        self.sock = socket.create_connection(address, timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.orderly = False

    def close(self):
        self.sock.close()

    def reset(self):
        """Closes by RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def starttls(self, context, host="localhost"):
        self.buffer = b""
        # Python forgives an end without close_notify; orderly must not.
        context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
        self.sock = context.wrap_socket(self.sock, server_hostname=host,
                                        suppress_ragged_eofs=False)
        self.orderly = False

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def receive(self):
        """Some bytes, none when they closed; then orderly says whether by
        close_notify, where there is TLS."""
        try:
            data = self.sock.recv(65536)
        except ssl.SSLError as e:
            # Before 3.12 Python has no kind of its own for it.
            if e.reason != "UNEXPECTED_EOF_WHILE_READING" and not isinstance(
                    e, ssl.SSLEOFError):
                raise
            return b""
        self.orderly = not data
        return data

    def reset_by_peer(self):
        """True when they end by RST; what came before is thrown away.  Below
        TLS, since ssl tells an RST and an end apart no better than it can."""
        self.sock.settimeout(DEADLINE)
        try:
            while socket.socket.recv(self.sock, 65536):
                pass
        except ConnectionResetError:
            return True
        return False

    def line(self):
        """One line with its end; what there is when they close."""
        while b"\n" not in self.buffer:
            data = self.receive()
            if not data:
                line, self.buffer = self.buffer, b""
                return line
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def reply(self):
        """(code, text of all lines); (-1, "") when they closed."""
        text = []
        while True:
            line = self.line()
            if not line.endswith(b"\r\n") or not line[:3].isdigit():
                return -1, line.decode("latin-1")
            text.append(line[4:-2].decode("utf-8"))
            if line[3:4] != b"-":
                return int(line[:3]), "\n".join(text)

    def ask(self, command):
        self.send(command + "\r\n")
        return self.reply()

    def rest(self):
        """All bytes until they close."""
        data, self.buffer = self.buffer, b""
        while True:
            more = self.receive()
            if not more:
                return data
            data += more

    def silent(self, seconds=0.2):
        """True when nothing comes, and they do not close, for a while."""
        if self.buffer:
            return False
        self.sock.settimeout(seconds)
        try:
            self.buffer = self.sock.recv(1)
            return False
        except (socket.timeout, ssl.SSLWantReadError):
            return True
        finally:
            self.sock.settimeout(DEADLINE)


class FastClock:
    """The shared clock of base/clock.h, driven by the test: time stands still
    until advance() or set_us()."""

    SIZE = 4096

    def __init__(self, path, start_us):
        self.path = path
        with open(path + ".new", "wb") as f:
            f.write(b"acuseclk" + struct.pack("<qqq", start_us, 1, 0))
            f.truncate(self.SIZE)
        os.rename(path + ".new", path)

    def now_us(self):
        with open(self.path, "rb") as f:
            f.seek(8)
            return struct.unpack("<q", f.read(8))[0]

    def set_us(self, now_us):
        with open(self.path, "r+b") as f:
            f.seek(8)
            f.write(struct.pack("<q", now_us))

    def advance(self, us):
        self.set_us(self.now_us() + us)

    def limits(self):
        """{pid: limit} of those who take part."""
        with open(self.path, "rb") as f:
            f.seek(64)
            data = f.read(32 * 16)
        slots = [struct.unpack_from("<qq", data, i * 16) for i in range(32)]
        return {pid: limit for pid, limit in slots if pid}
